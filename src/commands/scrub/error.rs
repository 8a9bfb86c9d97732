//! Why nothing was found out, or not all removed. Each message says what, where and the way out.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::nuget_config::ConfigError;
use crate::provider::ProviderError;

/// The command ends with it.
#[derive(Debug, Error)]
pub enum ScrubError {
    #[error(transparent)]
    Config(ConfigError),
    #[error("sources at hosts of your own were passed over, since {0}")]
    Hosts(Box<ProviderError>),
    #[error("`{}` is not there; name a NuGet.Config, or none for all that NuGet reads", path.display())]
    Missing { path: PathBuf },
    #[error("the working folder is gone: {0}; change to another")]
    WorkingFolder(io::Error),
    #[error(
        "`{}` is in the work tree `{}`, where a copy with a password may be committed; name a folder \
         outside with `--backup`",
        folder.display(), tree.display()
    )]
    InWorkTree { folder: PathBuf, tree: PathBuf },
    #[cfg(unix)]
    #[error(
        "others can look into `{}`, where a copy with a password is to go; name a folder of this \
         user's alone with `--backup`, as `chmod 700` makes it",
        folder.display()
    )]
    NotPrivate { folder: PathBuf },
    #[error(
        "no copy can be made in `{}`: {source}; name another folder with `--backup`",
        path.display()
    )]
    NoCopy { path: PathBuf, source: io::Error },
    #[error("the result cannot be printed: {0}; with `--yes` it is done all the same")]
    Output(#[from] io::Error),
}
