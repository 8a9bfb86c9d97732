//! `install` and `uninstall`, by the real executable, in throwaway homes.
//!
//! What needs a real `dotnet` is reported as ignored where `PATH` has none, and fails instead where
//! `CODEARTIFACT_NUGET_TEST_REQUIRE` says `dotnet` or `all`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test says by a panic what it missed"
)]
#![allow(clippy::disallowed_methods, reason = "a test looks at its own environment")]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[cfg(unix)]
#[path = "install/home.rs"]
mod home;
#[cfg(unix)]
#[path = "install/launcher.rs"]
mod launcher;
#[cfg(unix)]
#[path = "install/links.rs"]
mod links;
#[cfg(unix)]
#[path = "install/placing.rs"]
mod placing;
#[cfg(unix)]
#[path = "install/removing.rs"]
mod removing;

fn main() -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

#[cfg(unix)]
fn trials() -> Vec<Trial> {
    [placing::trials(), removing::trials(), links::trials(), launcher::trials()]
        .into_iter()
        .flatten()
        .collect()
}

/// The helpers know Unix modes and scripts only.
#[cfg(not(unix))]
fn trials() -> Vec<Trial> {
    Vec::new()
}

#[cfg(unix)]
fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// A trial that is ignored without `requirement`, unless that is required here.
#[cfg(unix)]
fn trial_with(name: &str, requirement: &str, is_there: bool, test: fn()) -> Trial {
    let required = std::env::var("CODEARTIFACT_NUGET_TEST_REQUIRE").unwrap_or_default();
    let required = required.split(',').any(|word| word == requirement || word == "all");
    let missing = format!("{requirement} is required here, and missing");
    let trial = Trial::test(name, move || {
        if !is_there {
            return Err(missing.into());
        }
        test();
        Ok(())
    });
    trial.with_kind(format!("needs {requirement}")).with_ignored_flag(!is_there && !required)
}
