//! A `credential_process` inherits the plugin's streams, and must not be able to use them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::fake_codeartifact::{ACCESS_KEY_ID, FakeCodeArtifact, SECRET_ACCESS_KEY};
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_credential_process_cannot_disturb_the_conversation,
        #[cfg(target_os = "linux")]
        a_credential_process_inherits_no_pipe_of_the_conversation,
        a_credential_process_that_fails_is_explained,
        a_slow_credential_process_is_waited_for,
    ]
}

/// Reads all input there is, and writes to every stream, also through its children.
fn a_credential_process_cannot_disturb_the_conversation() {
    let (fake, home, source) = stage_with_process(
        "cat > stolen\necho to-stderr >&2\nsh -c 'echo to-stderr-too >&2; cat' > /dev/null\n",
    );
    let mut nuget = FakeNuget::start(&home);
    let id = nuget.begin_ask(&source, false, true);
    nuget.initialize("00:00:30");
    nuget.answer_to(&id, LIMIT).assert_success();
    assert_eq!(fs::read_to_string(home.project().join("stolen")).unwrap(), "");
    assert_eq!(fake.token_calls()[0].access_key_id, ACCESS_KEY_ID);
    nuget.finish();
}

/// The file descriptors of the conversation are closed in children.
#[cfg(target_os = "linux")]
fn a_credential_process_inherits_no_pipe_of_the_conversation() {
    let (_fake, home, source) = stage_with_process("ls -l /proc/self/fd > descriptors\n");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success();
    let listed = fs::read_to_string(home.project().join("descriptors")).unwrap();
    let input = listed.lines().find(|line| line.contains(" 0 -> ")).unwrap();
    assert!(input.ends_with("/dev/null"), "{input}");
    let inherited = listed.lines().filter(|line| line.contains("pipe:")).count();
    // Its own stdout and stderr, which the plugin reads.
    assert!(inherited <= 2, "{listed}");
    nuget.finish();
}

fn a_credential_process_that_fails_is_explained() {
    let (_fake, home, source) = stage_with_process("echo no luck today >&2\nexit 3\n");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_refusal("Error").the_warning();
    nuget.finish();
}

fn a_slow_credential_process_is_waited_for() {
    let (_fake, home, source) = stage_with_process("sleep 7\n");
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    assert!(answer.assert_success().progress.len() >= 2, "{answer:?}");
    nuget.finish();
}

/// A home whose credentials come from a script that begins with `commands`.
fn stage_with_process(commands: &str) -> (FakeCodeArtifact, SandboxHome, String) {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    let credentials = format!(
        "{{\"Version\": 1, \"AccessKeyId\": \"{ACCESS_KEY_ID}\", \
         \"SecretAccessKey\": \"{SECRET_ACCESS_KEY}\"}}"
    );
    let script =
        home.write("home/.aws/process.sh", &format!("#!/bin/sh\n{commands}echo '{credentials}'\n"));
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let process = format!("[default]\ncredential_process = {}\n", script.display());
    home.write("home/.aws/config", &process);
    (fake, home, source)
}
