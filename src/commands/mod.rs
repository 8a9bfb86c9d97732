//! The commands that people run; one file each.

use std::error::Error;
use std::io::Write;

pub mod configure;
pub mod doctor;
pub mod install;
mod installation;
pub mod login;
mod named;
pub mod scrub;
pub mod source;
pub mod token;
pub mod uninstall;

/// With `--json` a failure is an object as well, `{"error": …}`, beside the line on standard error.
fn print_failure(json: bool, error: &dyn Error, out: &mut dyn Write) {
    if json {
        // The exit code and standard error say the same.
        let _ = writeln!(out, "{}", serde_json::json!({ "error": error.to_string() }));
    }
}
