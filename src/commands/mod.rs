//! The commands that people run; one file each.

pub mod install;
mod installation;
mod named;
pub mod scrub;
pub mod source;
pub mod token;
pub mod uninstall;

/// With `--json` a failure is an object as well, `{"error": …}`, beside the line on standard error.
fn print_failure(json: bool, error: &dyn std::error::Error, out: &mut dyn std::io::Write) {
    if json {
        // The exit code and standard error say the same.
        let _ = writeln!(out, "{}", serde_json::json!({ "error": error.to_string() }));
    }
}
