//! `exec`: the environment of the command, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;

use crate::support::stage::{NAMES, SOURCE, Stage, failure};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        the_command_finds_the_token_and_its_domain_and_no_older_file,
        it_runs_in_the_place_of_the_plugin_and_ends_as_it_does,
        standard_input_and_arguments_are_the_commands,
        a_command_that_is_missing_is_named_with_where_it_was_looked_for,
        a_command_that_may_not_run_is_named,
        without_a_token_nothing_is_run,
        on_github_actions_the_token_is_masked_before_the_command_runs,
        #[cfg(target_os = "linux")]
        a_process_listing_shows_no_token,
    ]
}

fn the_command_finds_the_token_and_its_domain_and_no_older_file() {
    let mut stage = Stage::new();
    stage.home.set("CODEARTIFACT_AUTH_TOKEN_FILE", "/nonexistent/token");
    let show = "printenv CODEARTIFACT_AUTH_TOKEN CODEARTIFACT_NUGET_TOKEN_DOMAIN CODEARTIFACT_AUTH_TOKEN_FILE";
    for words in [&[SOURCE][..], &NAMES] {
        let run = stage.run(&[&["exec"], words, &["--", "sh", "-c", show]].concat());
        let expected = format!("{}\nmy-domain-111122223333\n", stage.issued());
        assert_eq!((&*run.stdout, &*run.stderr), (&*expected, ""));
    }
}

fn it_runs_in_the_place_of_the_plugin_and_ends_as_it_does() {
    let stage = Stage::new();
    let run =
        stage.sh(&format!("echo $$; exec \"$PLUGIN\" exec {SOURCE} -- sh -c 'echo $$; exit 7'"));
    failure(&run, 7);
    let processes: Vec<_> = run.stdout.lines().collect();
    assert!(processes.len() == 2 && processes[0] == processes[1], "{run}");
    let run = stage.run(&["exec", SOURCE, "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(run.status.and_then(|status| status.signal()), Some(15), "{run}");
}

fn standard_input_and_arguments_are_the_commands() {
    let stage = Stage::new();
    let run = stage.sh(&format!(
        "echo typed | \"$PLUGIN\" exec {SOURCE} -- sh -c 'cat; echo \"$1\"' sh --help"
    ));
    assert_eq!(run.assert_success().output(), "typed\n--help\n");
}

fn a_command_that_is_missing_is_named_with_where_it_was_looked_for() {
    let mut stage = Stage::new();
    stage.home.set("PATH", "/usr/bin:/bin");
    let run = stage.run(&["exec", SOURCE, "--", "no-such-command"]);
    assert_eq!(
        failure(&run, 127),
        "error: [CNP807] `no-such-command` was not found in PATH (`/usr/bin:/bin`). Install it, or give its path.\n"
    );
    let run = stage.run(&["exec", SOURCE, "--", "./no-such-command"]);
    assert_eq!(
        failure(&run, 127),
        "error: [CNP807] `./no-such-command` does not exist, or the interpreter in its first line does not exist. Check the path.\n"
    );
}

fn a_command_that_may_not_run_is_named() {
    let stage = Stage::new();
    let file = stage.home.write("project/script", "#!/bin/sh\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let run = stage.run(&["exec", SOURCE, "--", "./script"]);
    assert_eq!(
        failure(&run, 126),
        "error: [CNP808] `./script` cannot be started: Permission denied (os error 13). Check its permissions and the platform it was built for.\n"
    );
}

fn without_a_token_nothing_is_run() {
    let mut stage = Stage::new();
    stage.without_keys();
    let run = stage.run(&["exec", SOURCE, "--", "echo", "it ran"]);
    let line = "error: [CNP201] No AWS credentials found for domain `my-domain`";
    assert!(failure(&run, 1).starts_with(line), "{run}");
    assert_eq!(run.stdout, "");
}

fn on_github_actions_the_token_is_masked_before_the_command_runs() {
    let mut stage = Stage::new();
    stage.home.set("GITHUB_ACTIONS", "true");
    let run = stage.run(&["exec", SOURCE, "--", "sh", "-c", "echo later >&2"]);
    assert_eq!(run.assert_success().output(), format!("::add-mask::{}\nlater\n", stage.issued()));
}

#[cfg(target_os = "linux")]
fn a_process_listing_shows_no_token() {
    let stage = Stage::new();
    let run = stage.run(&["exec", SOURCE, "--", "cat", "/proc/self/cmdline"]);
    assert_eq!(run.assert_success().stdout, "cat\0/proc/self/cmdline\0");
    stage.issued();
}
