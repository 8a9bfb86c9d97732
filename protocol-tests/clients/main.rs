//! The plugin under real clients: `dotnet`, nuget.exe where mono is there, and the AWS CLI. Most tests
//! are a command as a user would type it, with only the source's URL in NuGet.Config.
//!
//! Without its client a test is reported as ignored; see `support/trials.rs`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "the rules are the plugin's; a test fails by a panic"
)]

mod accounts;
mod aws_cli;
mod aws_login;
#[cfg(unix)]
mod botocore;
#[cfg(target_os = "linux")]
mod captures;
mod commands;
mod consoles;
#[cfg(unix)]
mod doctor;
mod exec;
#[cfg(unix)]
mod launcher;
#[cfg(unix)]
mod life;
mod mono;
mod mutations;
mod nuget_config;
mod nuget_rules;
#[cfg(unix)]
mod pages;
mod provided;
#[cfg(target_os = "linux")]
mod proxies;
mod refusals;
mod restores;
#[cfg(target_os = "linux")]
#[cfg(unix)]
mod setup;
#[cfg(target_os = "linux")]
mod sign_in;
mod sources;
#[path = "../support/mod.rs"]
mod support;
#[cfg(windows)]
mod windows;

use std::process::ExitCode;

use support::trials;

fn main() -> ExitCode {
    let suites = [
        // Failed restores take long by waiting, so they go first.
        ("refusals", refusals::trials()),
        #[cfg(target_os = "linux")]
        ("setup", setup::trials()),
        #[cfg(target_os = "linux")]
        ("sign_in", sign_in::trials()),
        ("aws_cli", aws_cli::trials()),
        ("aws_login", aws_login::trials()),
        #[cfg(unix)]
        ("botocore", botocore::trials()),
        ("mono", mono::trials()),
        ("sources", sources::trials()),
        ("restores", restores::trials()),
        ("accounts", accounts::trials()),
        ("provided", provided::trials()),
        ("commands", commands::trials()),
        ("exec", exec::trials()),
        #[cfg(target_os = "linux")]
        ("proxies", proxies::trials()),
        ("consoles", consoles::trials()),
        #[cfg(unix)]
        ("doctor", doctor::trials()),
        #[cfg(unix)]
        ("launcher", launcher::trials()),
        #[cfg(unix)]
        ("life", life::trials()),
        ("nuget_config", nuget_config::trials()),
        ("nuget_rules", nuget_rules::trials()),
        #[cfg(target_os = "linux")]
        ("captures", captures::trials()),
        #[cfg(unix)]
        ("pages", pages::trials()),
        #[cfg(windows)]
        ("windows", windows::trials()),
    ];
    trials::run(suites, trials::processors())
}
