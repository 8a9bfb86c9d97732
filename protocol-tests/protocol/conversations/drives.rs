//! Files on drives that do not answer, and what is no file.

use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::hung_drive::HungDrive;
use crate::support::stage::conversation::HEAD;
use crate::support::stage::{FOREIGN, SOURCE, Stage};
use crate::support::trials::{Need, Trial, named, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = HUNG
        .into_iter()
        .map(|(name, variable)| {
            trial(format!("a_hung_drive_holds_up_nobody_else_{name}"), move || holds_up(variable))
                .needing(Need::HungDrive)
        })
        .collect();
    trials.push(trial("a_hung_ca_bundle_is_named", ca_bundle).needing(Need::HungDrive));
    trials.extend(named![
        a_pipe_a_device_or_a_socket_is_no_token_file,
        a_pipe_a_device_or_a_socket_is_no_aws_file,
        a_pipe_a_device_or_a_socket_is_no_settings_file,
    ]);
    trials
}

/// What is on the drive. The settings are not: without them no URL is known to be foreign.
const HUNG: [(&str, &str); 4] = [
    ("token_file", "CODEARTIFACT_AUTH_TOKEN_FILE"),
    ("aws_config", "AWS_CONFIG_FILE"),
    ("aws_credentials", "AWS_SHARED_CREDENTIALS_FILE"),
    ("cache", "CODEARTIFACT_NUGET_CACHE_DIR"),
];

/// Progress goes on, another request is answered meanwhile, and this one gets its answer in the end.
fn holds_up(variable: &str) {
    let mut stage = Stage::new().with_log();
    let drive = HungDrive::at(stage.home.root().join("drive"));
    stage.set(variable, &drive.file("file"));
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.initialize("00:00:03");
    let ours = nuget.begin_ask(SOURCE, false, true);
    nuget.wait_for_progress(&ours);
    let asked = Instant::now();
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let answer = nuget.answer_to(&ours, LIMIT * 4);
    assert!(answer.progress.len() >= 10, "{:?}", answer.progress.len());
    assert_eq!(
        answer.assert_refusal("Error").the_warning(),
        "[CredentialProvider]CodeArtifact: [CNP610] No token: a file was not read or written within 30 s. Check the drives of the home folder, of the shared AWS files and of the token cache; most likely one is on a network."
    );
    nuget.close_stdin();
    assert!(nuget.wait_exit(Duration::from_secs(5)).success());
    drop(drive);
}

fn ca_bundle() {
    let mut stage = Stage::new().with_log();
    // Not in the home, which is searched for secrets at the end.
    let elsewhere = TempDir::new().expect("a folder");
    let drive = HungDrive::at(elsewhere.path().join("drive"));
    let bundle = drive.file("ca.pem");
    stage.set("AWS_CA_BUNDLE", &bundle);
    stage.assert_fails_late(&format!("[CNP307] AWS_CA_BUNDLE `{bundle}` cannot be used: reading it did not end within 20 s. Correct it, or remove it: unset AWS_CA_BUNDLE"));
    drop(drive);
}

/// A pipe that nobody writes to, a device that never ends, one that waits for a terminal, and a socket.
fn no_files(stage: &Stage) -> Vec<String> {
    let (pipe, socket) = (stage.home.root().join("pipe"), stage.home.root().join("socket"));
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    drop(UnixListener::bind(&socket).expect("a socket"));
    let made = [pipe, socket].map(|path| path.to_string_lossy().into_owned());
    made.into_iter().chain(["/dev/zero", "/dev/tty"].map(str::to_owned)).collect()
}

/// Each is refused at once, by its name.
fn refused(set: impl Fn(&mut Stage, &str), expected: impl Fn(&str) -> String) {
    let made_in = Stage::new();
    for path in no_files(&made_in) {
        let mut stage = Stage::new().with_log();
        set(&mut stage, &path);
        let asked = Instant::now();
        let line = stage.line_for(SOURCE);
        assert!(asked.elapsed() < Duration::from_secs(10), "{line}");
        let expected = stage.readable(&expected(&path));
        assert!(line.contains(&expected), "{line}\ndoes not contain\n{expected}");
    }
}

fn a_pipe_a_device_or_a_socket_is_no_token_file() {
    refused(
        |stage, path| {
            stage.without_keys().set("AWS_WEB_IDENTITY_TOKEN_FILE", path);
            stage.set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/web");
        },
        |path| {
            format!(
                "{HEAD}[CNP220] No AWS credentials from the role of AWS_WEB_IDENTITY_TOKEN_FILE: the token file `{path}` cannot be read: it is no file"
            )
        },
    );
    refused(
        |stage, path| {
            stage.without_keys().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
            stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
        },
        |path| {
            format!(
                "the token file `{path}`, which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, cannot be read: it is no file"
            )
        },
    );
    refused(
        |stage, path| {
            stage.without_keys().set("CODEARTIFACT_AUTH_TOKEN_FILE", path);
        },
        |path| format!("CODEARTIFACT_AUTH_TOKEN_FILE `{path}` cannot be read: it is no file"),
    );
}

fn a_pipe_a_device_or_a_socket_is_no_aws_file() {
    for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        refused(
            |stage, path| {
                stage.without_keys().set(variable, path);
            },
            |path| {
                format!(
                    "{HEAD}[CNP205] A shared config or credentials file cannot be used: `{path}` cannot be read: it is no file. Correct it (it must be UTF-8), or name another file in {variable}."
                )
            },
        );
    }
    refused(
        |stage, path| {
            stage.set("AWS_CA_BUNDLE", path);
        },
        |path| format!("AWS_CA_BUNDLE `{path}` cannot be used: it is no file"),
    );
}

fn a_pipe_a_device_or_a_socket_is_no_settings_file() {
    refused(
        |stage, path| {
            stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", path);
        },
        |path| format!("`{path}`"),
    );
}
