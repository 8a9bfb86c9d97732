//! A real `dotnet restore --interactive`, as a person sees it in both loggers.

use std::fs;
use std::thread;

use crate::support::dotnet::Dotnet;
use crate::support::fake_sso::UserWill;
use crate::support::process::{self, Run};
use crate::support::secret_scan;
use crate::support::stage::restore::PACKAGE;
use crate::support::stage::{Stage, keep_transcript, secrets};
use crate::support::trials::{Trial, with_dotnet};

const SHOWN: &str = "[CredentialProvider]CodeArtifact: sign in to AWS for profile `dev`: open https://device.sso.eu-west-1.amazonaws.com/?user_code=WXYZ-0003 and confirm the code WXYZ-0003";

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_signs_in_with_the_plain_console", plain_console),
        with_dotnet("restore_signs_in_with_the_terminal_logger", terminal_logger),
        with_dotnet("restore_that_is_declined_asks_once", declined),
        with_dotnet("restore_without_interactive_asks_nobody", not_interactive),
    ]
}

fn stage() -> Stage {
    let stage = Stage::signing_in().with_package().with_nuget_config().with_project();
    stage.sso().user_will(UserWill::Wait);
    stage
}

/// Runs the restore; the user confirms as soon as the code is in the terminal.
fn restore_in_terminal(stage: &Stage, arguments: &[&str]) -> (Run, String) {
    let typescript = stage.home.root().join("typescript");
    let run = thread::scope(|scope| {
        let run =
            scope.spawn(|| Dotnet::needed().run_in_terminal(&stage.home, arguments, &typescript));
        if process::wait_for_text(&typescript, "WXYZ-0003") {
            stage.sso().user_will(UserWill::Agree);
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
    assert!(stage.has_package(PACKAGE, "1.0.0"), "the package did not come: {run}");
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
    assert!(stage.token()["refreshToken"].is_string());
    assert_eq!(stage.fake.token_calls().len(), 1);
}

fn plain_console() {
    let stage = stage();
    let arguments = ["restore", "app", "--interactive", "--tl:off"];
    let (run, shown) = restore_in_terminal(&stage, &arguments);
    keep_transcript("restore-plain-console.txt", &shown);
    assert!(shown.contains(SHOWN), "{shown}");
    assert_restored(&stage, &run);
}

fn terminal_logger() {
    let stage = stage();
    let arguments = ["restore", "app", "--interactive", "--tl:on"];
    let (run, shown) = restore_in_terminal(&stage, &arguments);
    keep_transcript("restore-terminal-logger.txt", &shown);
    assert!(written(&shown).contains(SHOWN), "{shown}");
    assert_restored(&stage, &run);
}

fn declined() {
    let mut stage = stage();
    stage.may_ask("device").sso().user_will(UserWill::Decline);
    let run = stage.dotnet(&["restore", "app", "--interactive", "--tl:off"]);
    keep_transcript("restore-declined.txt", &run.to_string());
    run.assert_failure().assert_says(SHOWN).assert_says("it was declined in the browser");
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1, "NuGet asks four times");
    let lines = run.stdout.lines().filter(|line| line.contains("[CredentialProvider]CodeArtifact"));
    assert_eq!(lines.filter(|line| line.contains("declined in the browser")).count(), 1, "{run}");
}

fn not_interactive() {
    let mut stage = stage();
    stage.may_ask("device");
    let run = stage.dotnet(&["restore", "app", "--tl:off"]);
    keep_transcript("restore-not-interactive.txt", &run.to_string());
    run.assert_failure().assert_says("[CNP210] ").assert_says(" login --profile dev");
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}
