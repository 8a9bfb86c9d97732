//! Why a `source` command failed. Each message says what, where and the way out.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::commands::named::OptionError;
use crate::endpoint::{Domain, EndpointError};
use crate::nuget_config::ConfigError;
use crate::provider::ProviderError;

/// The command ends with it.
#[derive(Debug, Error)]
pub enum SourceError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the working folder is gone: {0}; change to another")]
    WorkingFolder(io::Error),
    #[error(
        "no user's NuGet.Config is known, since no home folder is; name a file with `--configfile`"
    )]
    NoFile,
    #[error(
        "`{url}` is {error}; add a source of somebody else's with `dotnet nuget add source`, a host of \
         your own to `hosts` of the configuration file first"
    )]
    Foreign { url: String, error: EndpointError },
    #[error(transparent)]
    Path(EndpointError),
    #[error("{0}")]
    RefusedHost(String),
    #[error("the URL may be of a host of your own, but {0}")]
    Settings(Box<ProviderError>),
    #[error(
        "the URL has a query or a fragment, which no source of CodeArtifact's has; leave it out"
    )]
    Query,
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error(
        "AWS answered with the URL of {answered} where {asked} was asked for; check what stands between this machine and AWS"
    )]
    OtherRepository { asked: String, answered: String },
    #[error(
        "NuGet would not see the source in `{}`, since it reads the first alone of two sections or sources \
         that differ in case; make its section `packageSources`, and name the source otherwise",
        file.display()
    )]
    NotTaken { file: PathBuf },
    #[error("no URL for `{repository}` in {domain}: {error}")]
    LookUp { repository: String, domain: Domain, error: Box<ProviderError> },
    #[error(
        "`{}` has a source `{name}` already, at `{url}`; give another name with `--name`, or remove \
         that one with `dotnet nuget remove source \"{name}\"`",
        file.display()
    )]
    NameTaken { name: String, url: String, file: PathBuf },
    #[error(
        "`{}` has this URL already, as `{name}`; use it by that name, or remove it with \
         `dotnet nuget remove source \"{name}\"`",
        file.display()
    )]
    UrlTaken { name: String, file: PathBuf },
    #[error(
        "NuGet.Config has no source `{asked}`, nor is it a CodeArtifact URL; see which there are with \
         `nuget-plugin-codeartifact source list`"
    )]
    Unknown { asked: String },
    #[error(
        "no enabled source here is CodeArtifact's; add one with `nuget-plugin-codeartifact source add \
         <URL>`"
    )]
    NoneToCheck,
    #[error("{count} of {all} sources cannot be used, for the reasons above")]
    Unusable { count: usize, all: usize },
    #[error("the result cannot be printed: {0}")]
    Output(#[from] io::Error),
}
