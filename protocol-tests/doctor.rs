//! `doctor`, by the real executable, in homes that are broken on purpose: what it says, the fix that
//! it names pasted into a shell, and nothing left to say afterwards.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]
#![allow(clippy::too_many_lines, reason = "a table is as long as there are failures")]

#[cfg(unix)]
mod support;

#[cfg(unix)]
#[path = "doctor/aws.rs"]
mod aws;
#[cfg(unix)]
#[path = "doctor/plugins.rs"]
mod plugins;
#[cfg(unix)]
#[path = "doctor/results.rs"]
mod results;
#[cfg(unix)]
#[path = "doctor/sources.rs"]
mod sources;
#[cfg(unix)]
#[path = "doctor/stage.rs"]
mod stage;

use libtest_mimic::{Arguments, Trial};

fn main() {
    libtest_mimic::run(&Arguments::from_args(), trials()).exit();
}

#[cfg(unix)]
fn trials() -> Vec<Trial> {
    let trials = [plugins::trials(), sources::trials(), aws::trials(), results::trials()];
    trials.into_iter().flatten().collect()
}

/// The fixes are pasted into a POSIX shell.
#[cfg(not(unix))]
fn trials() -> Vec<Trial> {
    Vec::new()
}
