//! What reaches the user's eyes, by verbosity and logger.

use libtest_mimic::Trial;

use super::stage::{OUR_LINE, Stage};
use super::support::trials::{Tool, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("restore_with_warnings_as_errors", Tool::Dotnet, warnings_as_errors),
        trial("restore_in_quiet", Tool::Dotnet, quiet),
        trial("restore_with_the_terminal_logger", Tool::Dotnet, terminal_logger),
    ]
}

fn warnings_as_errors() {
    let stage = Stage::new();
    stage.restore(&["-warnaserror"]).assert_success();
    stage.assert_restored();
}

fn quiet() {
    let stage = Stage::new();
    let run = stage.restore(&["-v:q"]);
    run.assert_success();
    assert_eq!(run.output().trim(), "", "a good restore has nothing to say at -v q: {run}");
    stage.assert_restored();
}

fn terminal_logger() {
    let stage = Stage::new();
    let run = stage.dotnet(&["restore", "app", "--tl:on"]);
    run.assert_success().assert_silent_on(OUR_LINE);
    stage.assert_restored();
}
