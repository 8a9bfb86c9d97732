//! What reaches the user's eyes, by verbosity and logger.

use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_with_warnings_as_errors", warnings_as_errors),
        with_dotnet("restore_in_quiet", quiet),
        with_dotnet("restore_with_the_terminal_logger", terminal_logger),
    ]
}

fn warnings_as_errors() {
    let stage = Stage::restoring();
    stage.restore(&["-warnaserror"]).assert_success();
    stage.assert_restored();
}

fn quiet() {
    let stage = Stage::restoring();
    let run = stage.restore(&["-v:q"]);
    run.assert_success();
    assert_eq!(run.output().trim(), "", "a good restore has nothing to say at -v q: {run}");
    stage.assert_restored();
}

fn terminal_logger() {
    let stage = Stage::restoring();
    let run = stage.dotnet(&["restore", "app", "--tl:on"]);
    run.assert_success().assert_silent_on(OUR_LINE);
    stage.assert_restored();
}
