//! The commands that people run; one file each.

pub mod completions;
pub mod exec;
pub mod install;
mod installation;
pub mod mask;
pub mod selection;
pub mod token;
mod token_file;
pub mod uninstall;

use std::error::Error;
use std::io::Write;

/// With `--json` a failure is an object as well, `{"error": …}`, beside the line on standard error.
fn print_failure(json: bool, error: &dyn Error, out: &mut dyn Write) {
    if json {
        // The exit code and standard error say the same.
        let _ = writeln!(out, "{}", serde_json::json!({ "error": error.to_string() }));
    }
}
