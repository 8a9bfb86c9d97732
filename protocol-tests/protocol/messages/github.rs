//! The log of GitHub Actions, read by the runner's own rules: tokens are masked in it before anything
//! can print them, and nothing that a command of ours prints is run by the runner.

use crate::support::github_runner::Runner;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_command_that_prints_its_token_shows_none_in_the_log,
        a_script_that_prints_the_token_it_captured_shows_none_in_the_log,
        a_json_token_that_is_printed_shows_none_in_the_log,
        no_failure_is_run_by_the_runner,
    ]
}

fn on_github() -> Stage {
    let mut stage = Stage::new();
    stage.home.set("GITHUB_ACTIONS", "true").set("CI", "true");
    stage
}

/// Runs a script of a step, whose streams come to the runner in the order in which they are written.
fn log_of(stage: &Stage, script: &str) -> Runner {
    let script = format!("exec 2>&1\n{script}");
    let run = stage.sh(&script);
    Runner::of(&run.assert_success().stdout)
}

fn assert_masked(stage: &Stage, runner: &Runner) {
    let token = stage.issued();
    assert_eq!(runner.ran, [("add-mask".to_owned(), token.clone())], "{runner:?}");
    let log = runner.log.join("\n");
    assert!(log.contains("the token is ***") && !log.contains(&token), "{runner:?}");
}

fn a_command_that_prints_its_token_shows_none_in_the_log() {
    let stage = on_github();
    let child = "echo \"the token is $CODEARTIFACT_AUTH_TOKEN\"";
    let runner = log_of(&stage, &format!("\"$PLUGIN\" exec {SOURCE} -- sh -c '{child}'"));
    assert_masked(&stage, &runner);
}

fn a_script_that_prints_the_token_it_captured_shows_none_in_the_log() {
    let stage = on_github();
    let script = format!("token=$(\"$PLUGIN\" token {SOURCE} 2>&3)\necho \"the token is $token\"");
    let runner = log_of(&stage, &format!("exec 3>&2\n{script}"));
    assert_masked(&stage, &runner);
}

fn a_json_token_that_is_printed_shows_none_in_the_log() {
    let stage = on_github();
    let script =
        format!("echo 'the token is '\"$(\"$PLUGIN\" token {SOURCE} --format json 2>&3)\"");
    let runner = log_of(&stage, &format!("exec 3>&2\n{script}"));
    let token = stage.issued();
    assert!(!runner.log.join("\n").contains(&token), "{runner:?}");
    assert_eq!(runner.ran.len(), 1, "{runner:?}");
}

fn no_failure_is_run_by_the_runner() {
    let mut stage = on_github();
    stage.without_keys().set("AWS_PROFILE", "x\n::set-env name=a::b\r##[add-path]/x");
    for words in
        [&["token", SOURCE][..], &["explain", SOURCE], &["doctor"], &["status"], &["login"]]
    {
        let run = stage.run(words);
        let runner = Runner::of(&run.output());
        assert!(runner.ran.is_empty() && !runner.log.is_empty(), "{words:?}: {runner:?}");
    }
}
