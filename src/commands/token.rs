//! `token`: prints an authorization token in the form that a script needs.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::selection::{Fetched, SelectionError};
use crate::base::shell::powershell_string;
use crate::base::text::one_line;
use crate::base::{files, time};
use crate::cli::{TokenArgs, TokenFormat};
use crate::code::{Code, Coded};
use crate::report::Output;
use crate::settings::AUTH_TOKEN;

/// Why no token was printed.
#[derive(Debug, Error)]
pub enum TokenError {
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error("The token cannot be quoted for {0}.")]
    Unquotable(&'static str),
    #[error("`{}` is not a regular file.", .0.display())]
    NotAFile(PathBuf),
    #[error("`{}` cannot be written: {source}.", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("The token cannot be written: {0}.")]
    Output(#[from] io::Error),
}

impl Coded for TokenError {
    fn code(&self) -> Code {
        match self {
            Self::Selection(error) => error.code(),
            Self::Unquotable(_) => Code::Unquotable,
            Self::NotAFile(_) | Self::File { .. } => Code::FileNotWritten,
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Selection(error) => error.fix(),
            Self::Unquotable(_) => Some("Use another `--format`.".to_owned()),
            Self::NotAFile(_) => Some("Name a regular file, or a new one.".to_owned()),
            Self::File { .. } => Some("Name a file in a folder that you may write to.".to_owned()),
            Self::Output(_) => None,
        }
    }
}

/// The content of a token file, what `--format json` prints, and the result of `--json`; names must
/// not change. They are those of `aws codeartifact get-authorization-token`, with additions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    domain: &'a str,
    domain_owner: &'a str,
    region: &'a str,
    /// The file with the token, if it is not in this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
}

/// Prints the token on `out`, or writes the named file and prints a line without the token.
pub fn run(
    args: &TokenArgs,
    fetched: Result<Fetched, SelectionError>,
    out: &mut Output<'_>,
) -> Result<(), TokenError> {
    let fetched = fetched?;
    match &args.output {
        Some(path) => write(&fetched, path, out),
        None if out.is_json() => Ok(out.json(&fetched.report(), &[])?),
        None => print(&fetched, args.format, out),
    }
}

fn print(fetched: &Fetched, format: TokenFormat, out: &mut dyn Write) -> Result<(), TokenError> {
    let token = fetched.secret.expose();
    match format {
        TokenFormat::Raw => writeln!(out, "{token}")?,
        TokenFormat::Json => writeln!(out, "{}", fetched.as_json()?)?,
        TokenFormat::Sh => writeln!(out, "export {AUTH_TOKEN}='{}'", token.replace('\'', r"'\''"))?,
        TokenFormat::Powershell => {
            writeln!(out, "$env:{AUTH_TOKEN} = {}", powershell_string(token))?;
        }
        TokenFormat::Cmd if token.bytes().any(|byte| CMD_SPECIAL.contains(&byte)) => {
            return Err(TokenError::Unquotable("cmd"));
        }
        TokenFormat::Cmd => writeln!(out, "set \"{AUTH_TOKEN}={token}\"")?,
    }
    Ok(())
}

/// Characters with a meaning on cmd's command line, in a batch file, or with delayed expansion.
/// AWS's tokens contain none of them.
const CMD_SPECIAL: &[u8] = b"\"%!^&|<>";

fn write(fetched: &Fetched, path: &Path, out: &mut Output<'_>) -> Result<(), TokenError> {
    write_file(path, &fetched.as_json()?)?;
    if out.is_json() {
        let path = Some(path.to_string_lossy());
        out.json(&TokenReport { authorization_token: None, path, ..fetched.report() }, &[])?;
    } else {
        let until = fetched.expiration.map(|time| format!(" until {}", time::utc(time)));
        let (path, until) = (one_line(&path.to_string_lossy()), until.unwrap_or_default());
        writeln!(out, "written: {path} (a token for {}{until})", fetched.domain)?;
    }
    Ok(())
}

/// Creates or replaces the file atomically. It is accessible to this user only, from its first byte
/// on.
fn write_file(path: &Path, text: &str) -> Result<(), TokenError> {
    // A link or a device would be destroyed, and `-` could be mistaken for standard output.
    let is_other = fs::symlink_metadata(path).is_ok_and(|found| !found.is_file());
    if is_other || path == Path::new("-") {
        return Err(TokenError::NotAFile(path.to_owned()));
    }
    files::replace(path, ".codeartifact-token-", format!("{text}\n").as_bytes())
        .map_err(|source| TokenError::File { path: path.to_owned(), source })
}

impl Fetched {
    fn report(&self) -> TokenReport<'_> {
        TokenReport {
            authorization_token: Some(self.secret.expose()),
            expiration: self.expiration.map(time::utc),
            domain: &self.domain.name,
            domain_owner: &self.domain.owner,
            region: &self.domain.region,
            path: None,
        }
    }

    fn as_json(&self) -> io::Result<String> {
        Ok(serde_json::to_string(&self.report())?)
    }
}
