//! Output to closed streams, and output to a terminal.

use std::io;
use std::process::Stdio;

use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{NAMES, SOURCE, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        #[cfg(target_os = "linux")]
        a_standard_error_that_is_full_or_closed_is_no_crash,
        output_that_nobody_reads_is_no_failure,
        #[cfg(unix)]
        output_that_is_closed_from_the_start_is_no_failure,
        control_characters_of_a_files_name_are_not_printed,
    ]
}

/// If nobody reads the streams, the exit code still reports the failure.
#[cfg(target_os = "linux")]
fn a_standard_error_that_is_full_or_closed_is_no_crash() {
    let stage = Stage::new();
    for script in [
        "$PLUGIN configure get profile 2>/dev/full",
        "$PLUGIN scrub nowhere 2>/dev/full",
        "$PLUGIN scrub nowhere 2>&-",
        "$PLUGIN status >/dev/full 2>/dev/full",
    ] {
        let run = stage.sh(script);
        assert_eq!(run.code(), Some(1), "{script}: {run}");
    }
}

/// A stream whose reader is gone.
fn unread() -> Stdio {
    let (_, writer) = io::pipe().expect("a pipe");
    writer.into()
}

/// As in `doctor | head -1`: nothing is said about it, and the exit code is that of the command.
fn output_that_nobody_reads_is_no_failure() {
    let mut stage = Stage::new();
    stage.set("CODEARTIFACT_NUGET_CACHE", "memory");
    let token = [&["token"][..], &NAMES].concat();
    let explain = ["explain", SOURCE, "--json"];
    let commands: [(&[&str], i32); 16] = [
        (&["--help"], 0),
        (&["--version"], 0),
        (&["doctor", "--help"], 0),
        (&["completions", "bash"], 0),
        (&token, 0),
        (&["status"], 0),
        (&["status", "--json"], 0),
        (&["source", "list"], 0),
        (&explain, 0),
        (&["configure", "list"], 0),
        (&["logout"], 0),
        (&["scrub", "--json"], 0),
        // Its findings are the exit code, whoever reads them.
        (&["doctor", "--offline"], 1),
        (&["doctor", "--offline", "--json"], 1),
        (&["scrub", "nowhere"], 1),
        (&["made-up"], 2),
    ];
    for (arguments, code) in commands {
        let command = || {
            let mut command = stage.home.command(SandboxHome::plugin());
            command.args(arguments).stdin(Stdio::null());
            command
        };
        let run = command().stdout(unread()).output().unwrap();
        assert_eq!(run.status.code(), Some(code), "{arguments:?}: {run:?}");
        if code == 0 || arguments[0] == "doctor" {
            assert_eq!(String::from_utf8_lossy(&run.stderr), "", "{arguments:?}");
        }
        for stdout in [unread(), Stdio::piped()] {
            let run = command().stdout(stdout).stderr(unread()).output().unwrap();
            assert_eq!(run.status.code(), Some(code), "{arguments:?}: {run:?}");
        }
    }
}

#[cfg(unix)]
fn output_that_is_closed_from_the_start_is_no_failure() {
    let stage = Stage::new();
    for (script, code) in [
        ("$PLUGIN --help >&-", 0),
        ("$PLUGIN status >&- 2>&-", 0),
        ("$PLUGIN status <&- >&- 2>&-", 0),
        ("$PLUGIN doctor --offline >&-", 1),
        ("$PLUGIN -Plugin <&- >&- 2>&-", 0),
        ("echo | $PLUGIN -Plugin >&-", 0),
    ] {
        let run = stage.sh(script);
        assert_eq!((run.code(), run.stderr.as_str()), (Some(code), ""), "{script}: {run}");
    }
}

/// A file's name must not control a terminal.
fn control_characters_of_a_files_name_are_not_printed() {
    let stage = Stage::new();
    let script = "d=$(printf 'a\\033[31mb'); mkdir \"$d\"; cd \"$d\"; echo '<configuration' > nuget.config; \
                  $PLUGIN scrub; $PLUGIN doctor --offline";
    let run = stage.sh(script);
    run.assert_says("a?[31mb/nuget.config");
    assert!(!run.output().contains('\u{1b}'), "{run}");
}
