//! `exec`: runs a command with tokens in its environment, so that they are stored nowhere else.
//!
//! - [`program`]: the command's file on Windows
//! - [`sources`]: the tokens for the sources that NuGet uses in this folder
#![expect(clippy::disallowed_methods, reason = "it starts the user's command")]

mod program;
mod sources;

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;

use thiserror::Error;

use super::selection::Fetched;
use super::source::SourceError;
use crate::base::environment::Environment;
use crate::base::invocation::command;
use crate::base::secret::Secret;
use crate::base::system;
use crate::base::text::printable;
use crate::code::{Code, Coded};
use crate::settings::{AUTH_TOKEN, AUTH_TOKEN_FILE, TOKEN_DOMAIN};

pub use sources::fetch;

/// Why the command was not started.
#[derive(Debug, Error)]
pub enum ExecError {
    #[error(transparent)]
    Sources(#[from] SourceError),
    #[error("`{0}` does not exist.")]
    NoConfig(String),
    #[error("Source `{name}` gets no token: {reason}")]
    Foreign { name: String, reason: String },
    #[error("The name of source `{0}` contains `=`, which no variable's name may contain.")]
    Unnameable(String),
    #[error(
        "NuGet would also send the token for `{name}` to `{url}`, because both sources have this name."
    )]
    SharedName { name: String, url: String },
    #[error("The command was not started. {}", .0.iter().map(NoToken::text).collect::<Vec<_>>().join(" "))]
    NoTokens(Vec<NoToken>),
    #[error(
        "NuGet cannot read the token for {0} from a variable: it contains characters that AWS's \
         tokens do not have."
    )]
    Unreadable(String),
    #[error("`{command}` was not found in PATH (`{path}`).")]
    Missing { command: String, path: String },
    #[error("`{0}` does not exist, or the interpreter in its first line does not exist.")]
    Absent(String),
    #[error("`{0}` is a batch file, and one of its arguments cannot be passed to it safely.")]
    BatchArgument(String),
    #[error("The tokens and the environment are too long to start `{0}`.")]
    TooLong(String),
    #[error("`{command}` cannot be started: {source}.")]
    Unstartable { command: String, source: io::Error },
}

impl Coded for ExecError {
    fn code(&self) -> Code {
        match self {
            Self::Sources(error) => error.code(),
            Self::NoConfig(_) => Code::NoNuGetConfig,
            Self::Foreign { .. } => Code::NotCodeArtifact,
            Self::Unnameable(_) | Self::SharedName { .. } => Code::AmbiguousSource,
            Self::NoTokens(_) => Code::SourcesUnusable,
            Self::Unreadable(_) => Code::UnexpectedResponse,
            Self::Missing { .. } | Self::Absent(_) => Code::CommandNotFound,
            Self::BatchArgument(_) | Self::TooLong(_) | Self::Unstartable { .. } => {
                Code::CommandNotStarted
            }
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Sources(error) => error.fix(),
            Self::NoTokens(sources) => fix_of(sources),
            Self::NoConfig(_) => Some("Give the path of a NuGet.Config.".to_owned()),
            Self::Foreign { .. } => None,
            Self::Unnameable(_) => Some(
                "Rename it in NuGet.Config, or name each of the other sources with `--source`."
                    .to_owned(),
            ),
            Self::SharedName { .. } => Some("Rename one of them in NuGet.Config.".to_owned()),
            Self::Unreadable(_) => {
                Some("Check the proxy or endpoint between this machine and AWS.".to_owned())
            }
            Self::Missing { .. } => Some("Install it, or give its path.".to_owned()),
            Self::Absent(_) => Some("Check the path.".to_owned()),
            Self::BatchArgument(_) => Some(
                "Remove line breaks from the arguments, or start the program that the batch file \
                 starts."
                    .to_owned(),
            ),
            Self::TooLong(_) => Some("Name fewer sources with `--source`.".to_owned()),
            Self::Unstartable { .. } => {
                Some("Check its permissions and the platform it was built for.".to_owned())
            }
        }
    }
}

/// Sources without a token, for one reason.
#[derive(Debug)]
pub struct NoToken {
    names: Vec<String>,
    code: Code,
    /// The reason without its fix.
    reason: String,
    fix: Option<String>,
}

impl NoToken {
    fn text(&self) -> String {
        let Self { names, code, reason, .. } = self;
        let end = if reason.ends_with('.') { "" } else { "." };
        format!("No token for {}: [{code}] {reason}{end}", sources::quoted(names))
    }
}

/// The fix of all of them, else where each is shown: what follows a command on its line could be
/// taken for a part of it.
fn fix_of(sources: &[NoToken]) -> Option<String> {
    let mut fixes: Vec<&str> = sources.iter().filter_map(|it| it.fix.as_deref()).collect();
    fixes.dedup();
    match fixes[..] {
        [] => None,
        [fix] => Some(fix.to_owned()),
        _ => Some(format!("Show the fix for each: {}", command(["doctor"]))),
    }
}

impl ExecError {
    /// The exit codes that shells use for a command that did not start, else ours.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Sources(SourceError::NoneHere | SourceError::Unknown { .. })
            | Self::Foreign { .. }
            | Self::NoConfig(_) => 2,
            Self::Missing { .. } | Self::Absent(_) => 127,
            Self::Unstartable { .. } | Self::BatchArgument(_) | Self::TooLong(_) => 126,
            _ => 1,
        }
    }
}

/// The tokens that the command finds.
#[derive(Debug)]
pub struct Tokens {
    /// The one token that there is. If the command starts this plugin, it serves its domain.
    pub only: Option<Fetched>,
    /// NuGet's variables, and the password for each.
    pub of_sources: Vec<(String, Secret)>,
}

impl From<Fetched> for Tokens {
    fn from(fetched: Fetched) -> Self {
        Self { only: Some(fetched), of_sources: Vec::new() }
    }
}

impl Tokens {
    /// Each of them once.
    pub fn secrets(&self) -> Vec<&Secret> {
        let only = self.only.iter().map(|fetched| &fetched.secret);
        let mut secrets: Vec<&Secret> = Vec::new();
        for secret in only.chain(self.of_sources.iter().map(|(_, secret)| secret)) {
            if !secrets.contains(&secret) {
                secrets.push(secret);
            }
        }
        secrets
    }

    /// The user's own credentials that the command does not see.
    pub fn replaced<'a>(&'a self, environment: &'a Environment) -> impl Iterator<Item = &'a str> {
        let names = self.of_sources.iter().map(|(name, _)| name.as_str());
        names.filter(|name| environment.path(name).is_some())
    }
}

/// Replaces this process by the command, so it does not return.
///
/// A token is bound to its domain: if the command starts this plugin, it uses the token for that
/// domain only. A variable that names a file with a token would take precedence, so it is removed.
pub fn run(
    words: &[OsString],
    tokens: &Tokens,
    environment: &Environment,
) -> Result<Infallible, ExecError> {
    let program = words.first().map(OsString::as_os_str).unwrap_or_default();
    // Unix finds it itself.
    let file = cfg!(windows).then(|| program::find(program.as_ref(), environment)).flatten();
    let file = file.unwrap_or_else(|| program.into());
    let mut command = Command::new(&file);
    command.args(words.get(1..).unwrap_or_default());
    for (variable, secret) in &tokens.of_sources {
        command.env(variable, sources::credentials(secret));
    }
    if let Some(Fetched { domain, secret, .. }) = &tokens.only {
        command
            .env(AUTH_TOKEN, secret.expose())
            .env(TOKEN_DOMAIN, format!("{}-{}", domain.name, domain.owner))
            .env_remove(AUTH_TOKEN_FILE);
    }
    system::run_in_our_place(command)
        .map_err(|source| failure(program.as_ref(), &file, source, environment))
}

/// From the first word, and the file that it means.
fn failure(word: &Path, file: &Path, source: io::Error, environment: &Environment) -> ExecError {
    let command = printable(&word.to_string_lossy());
    let is_path = word.components().count() > 1;
    match source.kind() {
        ErrorKind::NotFound if is_path => ExecError::Absent(command),
        ErrorKind::NotFound => {
            let path = environment.path("PATH").unwrap_or_default();
            ExecError::Missing { command, path: printable(&path.to_string_lossy()) }
        }
        // The standard library quotes what `cmd` reads, and refuses what nothing can quote for it.
        ErrorKind::InvalidInput if cfg!(windows) && program::is_batch(file) => {
            ExecError::BatchArgument(printable(&file.to_string_lossy()))
        }
        ErrorKind::ArgumentListTooLong => ExecError::TooLong(command),
        _ => ExecError::Unstartable { command, source },
    }
}
