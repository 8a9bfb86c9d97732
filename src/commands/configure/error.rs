//! Why the configuration was not shown or changed. Each message says what, where and the way out.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::commands::aws_provider::AmazonsError;
use crate::settings::{FileError, SettingsError};

/// The command ends with it.
#[derive(Debug, Error)]
pub enum Error {
    /// The configuration as it is.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The user's file as it is.
    #[error(transparent)]
    File(#[from] FileError),
    /// No place for a file.
    #[error(
        "no home folder is known, so there is no place for a configuration file; set \
         `CODEARTIFACT_NUGET_CONFIG_FILE` to an absolute path"
    )]
    NoHome,
    /// `get`, `set` or `unset` of something else.
    #[error("there is no key `{0}`; `configure set --help` lists the keys")]
    UnknownKey(String),
    /// `get` or `unset` of what is not there.
    #[error("`{0}` is not set")]
    NotSet(String),
    /// A value that is no number.
    #[error("`{key}` is `{value}`: it is a number of seconds")]
    NotANumber { key: String, value: String },
    /// The file would be broken.
    #[error("`{}` was not changed, since it could not be used any more: {message}", path.display())]
    WouldBeInvalid { path: PathBuf, message: String },
    /// The parser would not write it as it is.
    #[error(
        "`{}` is written in a way that cannot be kept by this command; change it by hand",
        .0.display()
    )]
    NotKept(PathBuf),
    /// Inline arrays.
    #[error(
        "`{key}` in `{}` is not a list of `[[{key}]]` tables; change it by hand", path.display()
    )]
    NotTables { key: &'static str, path: PathBuf },
    /// Somebody else wrote it meanwhile.
    #[error("`{}` was changed meanwhile and was left alone; run the command again", .0.display())]
    ChangedMeanwhile(PathBuf),
    /// `rule add --at`.
    #[error("a new rule can be number 1 to {last} in `{}`, not {number}", path.display())]
    NoPlace { path: PathBuf, number: usize, last: usize },
    /// `rule remove`.
    #[error("`{}` has no rule {number}: it has {count}; `configure list` shows them", path.display())]
    NoRule { path: PathBuf, number: usize, count: usize },
    /// `rule add`.
    #[error("a rule that says nothing needs no place; give at least one option")]
    EmptyRule,
    /// Command lines are seen by others.
    #[error(
        "a proxy with user and password does not belong on a command line; add the rule without it, \
         and write `proxy` into `{}` by hand",
        .0.display()
    )]
    ProxyPassword(PathBuf),
    /// `host add`.
    #[error("`{}` has the host `{host}` already; remove it first", path.display())]
    HostIsThere { path: PathBuf, host: String },
    /// `host remove`.
    #[error("`{}` has no host `{host}`; `configure list` shows them", path.display())]
    NoHost { path: PathBuf, host: String },
    /// `import` without a file.
    #[error("there is nothing to import: {0}; name AWS's `configuration.json`")]
    NothingToImport(String),
    /// `import` of something else.
    #[error(transparent)]
    Amazons(#[from] AmazonsError),
    /// Anything that the file system refuses.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Disk {
        /// A verb.
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The report cannot be written.
    #[error("the result cannot be written: {0}")]
    Output(#[from] io::Error),
}
