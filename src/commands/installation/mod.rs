//! What `install` and `uninstall` share: which files make an installation, and where they are.

pub mod claims;
pub mod disk;
pub mod dotnet;
pub mod elsewhere;
mod error;
pub mod folder;
pub mod handshake;
pub mod layout;
pub mod manifest;

pub use error::Error;

/// With `--json` a failure is an object as well, `{"error": …}`, beside the line on standard error.
pub fn print_failure(json: bool, error: &Error, out: &mut dyn std::io::Write) {
    if json {
        // The exit code and standard error say the same.
        let _ = writeln!(out, "{}", serde_json::json!({ "error": error.to_string() }));
    }
}
