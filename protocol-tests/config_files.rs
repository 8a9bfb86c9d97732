//! `source` and `scrub`: NuGet.Config files read and changed by the real executable, in an empty home.
//!
//! The real `dotnet` says what it reads in the same place. Without it those tests are reported as
//! ignored; see `support/trials.rs`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

#[path = "config_files/adding.rs"]
mod adding;
#[path = "config_files/aws_login.rs"]
mod aws_login;
#[path = "config_files/checking.rs"]
mod checking;
#[path = "config_files/layers.rs"]
mod layers;
#[path = "config_files/odd_files.rs"]
mod odd_files;
#[path = "config_files/scrubbing.rs"]
mod scrubbing;
#[path = "support/mod.rs"]
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let trials = [
        layers::trials(),
        adding::trials(),
        checking::trials(),
        odd_files::trials(),
        scrubbing::trials(),
        aws_login::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// A test that needs nothing but the executable.
fn plain(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
