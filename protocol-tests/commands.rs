//! The commands that people and scripts run, by the real executable, in a throwaway home.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod support;

#[path = "commands/completions.rs"]
mod completions;
#[cfg(unix)]
#[path = "commands/exec.rs"]
mod exec;
#[path = "commands/stage.rs"]
mod stage;
#[cfg(unix)]
#[path = "commands/streams.rs"]
mod streams;
#[path = "commands/token.rs"]
mod token;
#[cfg(unix)]
#[path = "commands/token_file.rs"]
mod token_file;
