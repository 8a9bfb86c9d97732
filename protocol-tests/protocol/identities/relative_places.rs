//! A relative home or a relative folder of PATH is another one in each working folder, where a
//! stranger's repository may have what looks like it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::stage::Stage;
use crate::support::stage::conversation::failing;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "a_relative_home_is_an_error_and_not_the_working_folder",
            |stage| {
                stage.without_keys().set("HOME", ".").unset("CODEARTIFACT_NUGET_CONFIG_FILE");
                stage.home.write("project/.aws/credentials", STRANGERS);
            },
            "[CNP101] Invalid value `.` for HOME: expected an absolute path. Correct or unset it",
        ),
        trial("a_relative_home_is_named_by_each_command", commands),
        trial("a_program_in_a_relative_folder_of_path_is_not_run", path),
    ]
}

const STRANGERS: &str = "[default]\naws_access_key_id = AKIASTRANGER\naws_secret_access_key = x\n";

fn commands() {
    let mut stage = Stage::new();
    stage.without_keys().set("HOME", "home/..");
    stage.home.write("project/.aws/credentials", STRANGERS);
    for words in [&["token", &stage.source.clone()][..], &["status"], &["configure", "list"]] {
        let run = stage.run(words);
        let says = "[CNP101] Invalid value `home/..` for HOME: expected an absolute path";
        assert!(run.assert_failure().stderr.contains(says), "{run:?}");
    }
    assert!(stage.fake.token_calls().is_empty());
}

fn path() {
    let mut stage = Stage::new();
    stage.with_profile("[profile dev]\ncredential_process = ticket-of-hunters x\n");
    stage.set("PATH", ".:sub:/usr/bin:/bin");
    for place in ["project", "project/sub"] {
        let script = format!("{place}/ticket-of-hunters");
        let script = stage.home.write(&script, "#!/bin/sh\ntouch \"$HOME/ran\"\n");
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("our own file");
    }
    stage.assert_fails(
        "[CNP220] No AWS credentials from profile `dev`: the program `ticket-of-hunters` is not in PATH, which may differ from that of your shell; write its whole path. See the failure without the plugin: aws sts get-caller-identity --profile dev",
    );
    assert!(!stage.home.home().join("ran").exists());
}
