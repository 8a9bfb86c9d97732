//! A real `dotnet restore --interactive`, as a person sees it in both loggers.

use std::fs;
use std::thread;

use libtest_mimic::Trial;

use super::stage::{Stage, keep_transcript, secrets};
use super::support::dotnet::Dotnet;
use super::support::fake_codeartifact::{Package, Repository};
use super::support::fake_sso::UserWill;
use super::support::process::{self, Run};
use super::support::secret_scan;
use super::support::trials::{Tool, trial};

const PACKAGE: &str = "Sandbox.Greeting";

const SHOWN: &str = "[CredentialProvider]CodeArtifact: sign in to AWS for profile `dev`: open https://device.sso.eu-west-1.amazonaws.com/?user_code=WXYZ-0003 and confirm the code WXYZ-0003";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("restore_signs_in_with_the_plain_console", Tool::Dotnet, plain_console),
        trial("restore_signs_in_with_the_terminal_logger", Tool::Dotnet, terminal_logger),
        trial("restore_that_is_declined_asks_once", Tool::Dotnet, declined),
        trial("restore_without_interactive_asks_nobody", Tool::Dotnet, not_interactive),
    ]
}

fn stage() -> (Stage, Dotnet) {
    let stage = Stage::new();
    let repository = Repository::new("my-repo");
    stage.fake.add_package(&repository, &Package::library(PACKAGE, "1.0.0"));
    stage.home.install_plugin();
    stage.home.write_nuget_config(&[("my-repo", &stage.source)]);
    stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
    stage.sso.user_will(UserWill::Wait);
    (stage, Dotnet::find().expect("checked before"))
}

/// Runs the restore; the user confirms as soon as the code is in the terminal.
fn restore_in_terminal(stage: &Stage, dotnet: &Dotnet, arguments: &[&str]) -> (Run, String) {
    let typescript = stage.home.root().join("typescript");
    let run = thread::scope(|scope| {
        let run = scope.spawn(|| dotnet.run_in_terminal(&stage.home, arguments, &typescript));
        if process::wait_for_text(&typescript, "WXYZ-0003") {
            stage.sso.user_will(UserWill::Agree);
        }
        run.join().expect("a run")
    });
    let shown = fs::read_to_string(&typescript).unwrap_or_default();
    secret_scan::assert_no_secrets_in(&shown, &secrets());
    (run, shown)
}

/// What was written, without the terminal's commands and line breaks.
fn written(shown: &str) -> String {
    let mut text = String::new();
    let mut characters = shown.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                let _ = characters.by_ref().skip(1).find(char::is_ascii_alphabetic);
            }
            '\r' | '\n' => {}
            _ => text.push(character),
        }
    }
    text
}

#[track_caller]
fn assert_restored(stage: &Stage, run: &Run) {
    run.assert_success();
    let package = stage.home.root().join("packages").join(PACKAGE.to_lowercase()).join("1.0.0");
    assert!(package.is_dir(), "the package did not come: {run}");
    assert_eq!(stage.sso.count("StartDeviceAuthorization"), 1);
    assert!(stage.token()["refreshToken"].is_string());
    assert_eq!(stage.fake.token_calls().len(), 1);
}

fn plain_console() {
    let (stage, dotnet) = stage();
    let arguments = ["restore", "app", "--interactive", "--tl:off"];
    let (run, shown) = restore_in_terminal(&stage, &dotnet, &arguments);
    keep_transcript("restore-plain-console.txt", &shown);
    assert!(shown.contains(SHOWN), "{shown}");
    assert_restored(&stage, &run);
}

fn terminal_logger() {
    let (stage, dotnet) = stage();
    let arguments = ["restore", "app", "--interactive", "--tl:on"];
    let (run, shown) = restore_in_terminal(&stage, &dotnet, &arguments);
    keep_transcript("restore-terminal-logger.txt", &shown);
    assert!(written(&shown).contains(SHOWN), "{shown}");
    assert_restored(&stage, &run);
}

fn declined() {
    let (mut stage, dotnet) = stage();
    stage.may_ask("device").sso.user_will(UserWill::Decline);
    let run = dotnet.run(&stage.home, &["restore", "app", "--interactive", "--tl:off"]);
    keep_transcript("restore-declined.txt", &run.to_string());
    run.assert_failure().assert_says(SHOWN).assert_says("it was declined in the browser");
    assert_eq!(stage.sso.count("StartDeviceAuthorization"), 1, "NuGet asks four times");
    let lines = run.stdout.lines().filter(|line| line.contains("[CredentialProvider]CodeArtifact"));
    assert_eq!(lines.filter(|line| line.contains("declined in the browser")).count(), 1, "{run}");
}

fn not_interactive() {
    let (mut stage, dotnet) = stage();
    stage.may_ask("device");
    let run = dotnet.run(&stage.home, &["restore", "app", "--tl:off"]);
    keep_transcript("restore-not-interactive.txt", &run.to_string());
    run.assert_failure().assert_says("`nuget-plugin-codeartifact login --profile dev`");
    assert_eq!(stage.sso.calls(), [] as [String; 0]);
}
