//! Output to closed streams, and output to a terminal.

use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        #[cfg(target_os = "linux")]
        a_standard_error_that_is_full_or_closed_is_no_crash,
        control_characters_of_a_files_name_are_not_printed,
    ]
}

/// If nobody reads the streams, the exit code still reports the failure.
#[cfg(target_os = "linux")]
fn a_standard_error_that_is_full_or_closed_is_no_crash() {
    let stage = Stage::new();
    for script in [
        "$PLUGIN configure get profil 2>/dev/full",
        "$PLUGIN scrub nowhere 2>/dev/full",
        "$PLUGIN scrub nowhere 2>&-",
        "$PLUGIN status >/dev/full 2>/dev/full",
    ] {
        let run = stage.sh(script);
        assert_eq!(run.code(), Some(1), "{script}: {run}");
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
