//! `source`: the package sources of NuGet.Config, for CodeArtifact.

mod add;
mod check;
mod list;

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

use super::named::OptionError;
use super::progress::Wait;
use crate::base::environment::Environment;
use crate::base::invocation::{command, command_name};
use crate::base::text::excerpt;
use crate::base::url::redacted;
use crate::cli::source::{SourceArgs, SourceCommand};
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint};
use crate::locations::Locations;
use crate::nuget_config::{ConfigError, NugetConfig, Source};
use crate::provider::{Provider, ProviderError};
use crate::report::Output;

pub use check::problem;

/// Why a `source` command failed. Each message says what failed, where, and the fix.
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
    #[error("nothing was added, since {refusal}")]
    Refused { refusal: String },
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
         `{}`",
        command(["source", "list"])
    )]
    Unknown { asked: String },
    #[error(
        "no enabled source here is CodeArtifact's; add one with `{} source add <URL>`",
        command_name()
    )]
    NoneHere,
    #[error("{count} of {all} sources cannot be used, for the reasons above")]
    Unusable { count: usize, all: usize },
    #[error("the result cannot be printed: {0}")]
    Output(#[from] io::Error),
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Config(error) => error.code(),
            Self::WorkingFolder(_) => Code::NoWorkingFolder,
            Self::NoFile => Code::NoNuGetConfig,
            Self::Foreign { error, .. } | Self::Path(error) => error.code(),
            Self::RefusedHost(_) => Code::HostNotAllowed,
            Self::Settings(error) | Self::LookUp { error, .. } => error.code(),
            Self::Query => Code::IncompleteUrl,
            Self::Option(error) => error.code(),
            Self::OtherRepository { .. } => Code::OtherRepository,
            Self::NotTaken { .. } => Code::AmbiguousSource,
            Self::Refused { .. } => Code::AccountNotAllowed,
            Self::NameTaken { .. } => Code::SourceNameTaken,
            Self::UrlTaken { .. } => Code::SourceUrlTaken,
            Self::Unknown { .. } => Code::SourceNotFound,
            Self::NoneHere => Code::NoCodeArtifactSource,
            Self::Unusable { .. } => Code::SourcesUnusable,
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.fix(),
            Self::Path(error) => error.fix(),
            Self::Settings(error) | Self::LookUp { error, .. } => error.fix(),
            _ => None,
        }
    }
}

/// The common input of all `source` commands.
struct SourceContext<'a> {
    environment: &'a Environment,
    locations: Locations,
    provider: &'a Provider,
    wait: Wait<'a>,
}

/// Runs one of the commands, and reports on `out`.
pub async fn run(
    args: &SourceArgs,
    environment: &Environment,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut Output<'_>,
) -> Result<(), SourceError> {
    let context =
        SourceContext { environment, locations: Locations::of(environment), provider, wait };
    match &args.command {
        SourceCommand::Add(args) => add::run(args, &context, out).await,
        SourceCommand::List(_) => list::run(&context, out),
        SourceCommand::Check(args) => check::run(args, &context, out).await,
    }
}

impl SourceContext<'_> {
    fn config(&self) -> Result<NugetConfig, SourceError> {
        config_here(&self.locations)
    }
}

/// All files that NuGet reads in the working folder. One that cannot be read is an error, as in
/// NuGet.
pub fn config_here(locations: &Locations) -> Result<NugetConfig, SourceError> {
    let mut config = NugetConfig::read(locations, &working_folder()?);
    match config.broken.pop() {
        Some(broken) => Err(broken.into()),
        None => Ok(config),
    }
}

/// The enabled sources of `CodeArtifact`. None is an error.
pub fn enabled(sources: Vec<Source>, provider: &Provider) -> Result<Vec<Source>, SourceError> {
    let ours = sources.into_iter().filter(|source| {
        let endpoint = provider.endpoint(&source.url);
        source.is_enabled && !matches!(endpoint, Err(EndpointError::Foreign(_)))
    });
    let ours: Vec<_> = ours.collect();
    if ours.is_empty() { Err(SourceError::NoneHere) } else { Ok(ours) }
}

/// The source with this name or URL, in any case.
pub fn find<'a>(sources: &'a [Source], asked: &str) -> Result<&'a Source, SourceError> {
    let lower_case = asked.to_lowercase();
    let is_meant = |source: &&Source| {
        source.name.to_lowercase() == lower_case || source.url.to_lowercase() == lower_case
    };
    let found = sources.iter().find(is_meant);
    found.ok_or_else(|| SourceError::Unknown { asked: excerpt(&redacted(asked)) })
}

#[expect(clippy::disallowed_methods, reason = "the edge: NuGet looks from the working folder up")]
fn working_folder() -> Result<PathBuf, SourceError> {
    std::env::current_dir().map_err(SourceError::WorkingFolder)
}

/// The repository of a source, in the form for reports.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryFields {
    domain: String,
    domain_owner: String,
    region: String,
    repository: String,
}

impl From<RepositoryEndpoint> for RepositoryFields {
    fn from(endpoint: RepositoryEndpoint) -> Self {
        let RepositoryEndpoint { domain: Domain { name, owner, region }, repository, .. } =
            endpoint;
        Self { domain: name, domain_owner: owner, region, repository }
    }
}

impl fmt::Display for RepositoryFields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, domain_owner, region, repository } = self;
        write!(
            formatter,
            "CodeArtifact: repository `{repository}`, domain `{domain}` of account {domain_owner} in {region}"
        )
    }
}
