//! The plugin as NuGet and people see it: conversations with the real executable, and its commands, in
//! throwaway homes and against fakes on this machine.
//!
//! `cargo test --test protocol doctor::` runs the tests of one suite, and
//! `cargo test --test protocol -- --provider PATH` the conversations with any other provider.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "the rules are the plugin's; a test fails by a panic, and a table is as long as its rows"
)]

mod commands;
mod concurrency;
mod config_files;
mod conformance;
mod conversations;
#[cfg(unix)]
mod doctor;
mod drivers;
mod head_start;
mod identities;
mod install;
mod messages;
mod settings;
mod sign_in;
mod state;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use support::trials;

/// So many tests at a time: most of them wait most of the time.
const TOGETHER: usize = 8;

fn main() -> ExitCode {
    if let Some(code) = conformance::of_command_line() {
        return code;
    }
    let suites = [
        // The longest waits first.
        ("drivers", drivers::trials()),
        ("messages", messages::trials()),
        ("sign_in", sign_in::trials()),
        ("identities", identities::trials()),
        ("concurrency", concurrency::trials()),
        ("head_start", head_start::trials()),
        ("conversations", conversations::trials()),
        ("conformance", conformance::trials()),
        #[cfg(unix)]
        ("doctor", doctor::trials()),
        ("install", install::trials()),
        ("config_files", config_files::trials()),
        ("settings", settings::trials()),
        ("state", state::trials()),
        ("commands", commands::trials()),
        ("support", support::own_trials()),
    ];
    trials::run(suites, TOGETHER)
}
