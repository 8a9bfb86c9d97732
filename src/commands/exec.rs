//! `exec`: runs a command with a token in its environment, so that the token is stored nowhere
//! else.
#![expect(clippy::disallowed_methods, reason = "it starts the user's command")]

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;

use thiserror::Error;

use super::selection::Fetched;
use crate::base::environment::Environment;
use crate::base::system;
use crate::base::text::printable;
use crate::settings::{AUTH_TOKEN, AUTH_TOKEN_FILE, TOKEN_DOMAIN};

/// Why the command was not started.
#[derive(Debug, Error)]
pub enum ExecError {
    #[error("`{command}` was not found in PATH (`{path}`); install it, or give its path")]
    Missing { command: String, path: String },
    #[error("`{0}`, or the interpreter in its first line, is not there; check the path")]
    Absent(String),
    #[error("`{command}` cannot be started: {source}; check its mode and what it was built for")]
    Unstartable { command: String, source: io::Error },
}

impl ExecError {
    /// The exit codes that shells use.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Missing { .. } | Self::Absent(_) => 127,
            Self::Unstartable { .. } => 126,
        }
    }
}

/// Replaces this process by the command, so it does not return.
///
/// The token is bound to its domain: if the command starts this plugin, it uses the token for that
/// domain only. A variable that names a file with a token would take precedence, so it is removed.
pub fn run(
    words: &[OsString],
    fetched: &Fetched,
    environment: &Environment,
) -> Result<Infallible, ExecError> {
    let Fetched { domain, secret, .. } = fetched;
    let program = words.first().map(OsString::as_os_str).unwrap_or_default();
    let mut command = Command::new(program);
    command
        .args(words.get(1..).unwrap_or_default())
        .env(AUTH_TOKEN, secret.expose())
        .env(TOKEN_DOMAIN, format!("{}-{}", domain.name, domain.owner))
        .env_remove(AUTH_TOKEN_FILE);
    system::run_in_our_place(command)
        .map_err(|source| failure(program.as_ref(), source, environment))
}

fn failure(program: &Path, source: io::Error, environment: &Environment) -> ExecError {
    let command = printable(&program.to_string_lossy());
    let is_path = program.components().count() > 1;
    match source.kind() {
        ErrorKind::NotFound if is_path => ExecError::Absent(command),
        ErrorKind::NotFound => {
            let path = environment.path("PATH").unwrap_or_default();
            ExecError::Missing { command, path: printable(&path.to_string_lossy()) }
        }
        _ => ExecError::Unstartable { command, source },
    }
}
