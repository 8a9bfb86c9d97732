//! The commands that people run; one file each.

use std::error::Error;
use std::io::Write;

mod aws_provider;
pub mod completions;
pub mod configure;
pub mod doctor;
pub mod exec;
pub mod explain;
mod format;
pub mod install;
mod installation;
pub mod login;
pub mod logout;
pub mod mask;
mod named;
pub mod progress;
pub mod scrub;
pub mod selection;
pub mod source;
pub mod status;
pub mod token;
mod token_file;
pub mod uninstall;

/// Of the objects that `--json` prints: it grows when a name or a meaning in them changes.
const SCHEMA: u32 = 1;

/// With `--json` a failure is an object as well, `{"error": …}`, beside the line on standard error.
fn print_failure(json: bool, error: &dyn Error, out: &mut dyn Write) {
    if json {
        // The exit code and standard error say the same.
        let _ = writeln!(out, "{}", serde_json::json!({ "error": error.to_string() }));
    }
}
