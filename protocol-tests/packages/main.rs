//! How the plugin gets onto a machine: installers, packages, the .NET tool, the files of a release, and
//! the actions of CI services. The programs of `install` run on what Cargo just built.
//!
//! Without the tool that it needs a test is reported as ignored; see `support/trials.rs`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "the rules are the plugin's; a test fails by a panic"
)]

#[path = "../support/mod.rs"]
mod support;

mod archives;
mod dotnet_tool;
mod installers;
mod integrations;
#[cfg(target_os = "linux")]
mod launchers;
#[cfg(target_os = "linux")]
mod linux_packages;
mod manifests;
mod releases;
#[cfg(target_os = "linux")]
mod signed;
mod upgrades;

use std::process::ExitCode;

use support::trials;

fn main() -> ExitCode {
    let suites = [
        ("dotnet_tool", dotnet_tool::trials()),
        ("installers", installers::trials()),
        ("integrations", integrations::trials()),
        #[cfg(target_os = "linux")]
        ("launchers", launchers::trials()),
        #[cfg(target_os = "linux")]
        ("linux_packages", linux_packages::trials()),
        ("manifests", manifests::trials()),
        ("releases", releases::trials()),
        #[cfg(target_os = "linux")]
        ("signed", signed::trials()),
        ("upgrades", upgrades::trials()),
    ];
    trials::run(suites, trials::processors())
}
