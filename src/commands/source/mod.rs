//! `source`: the package sources of NuGet.Config, for CodeArtifact.

pub mod add;
pub mod check;
mod list;
mod remove;

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

use super::named::OptionError;
use super::progress::Wait;
use crate::base::environment::Environment;
use crate::base::invocation::command;
use crate::base::text::excerpt;
use crate::base::url::redacted;
use crate::cli::source::{SourceArgs, SourceCommand};
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint, repaired};
use crate::locations::Locations;
use crate::nuget_config::{ConfigError, NugetConfig, Source};
use crate::provider::{Provider, ProviderError};
use crate::report::Output;

pub use check::problem;

/// Why a `source` command failed.
#[derive(Debug, Error)]
pub enum SourceError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("The working folder is gone: {0}.")]
    WorkingFolder(io::Error),
    #[error("No home folder is known, so the user's NuGet.Config is not known.")]
    NoFile,
    #[error("`{url}` is {error}.")]
    Foreign { url: String, error: EndpointError },
    #[error(transparent)]
    Path(EndpointError),
    #[error("{0}")]
    RefusedHost(String),
    #[error(transparent)]
    Settings(Box<ProviderError>),
    #[error("The URL has a query or a fragment. The URL of a CodeArtifact source has neither.")]
    Query,
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("AWS returned the URL of {answered} instead of {asked}.")]
    OtherRepository { asked: String, answered: String },
    #[error(
        "NuGet would not see the source in `{}`: of two sections or sources that differ in case, it \
         reads the first only.",
        file.display()
    )]
    NotTaken { file: PathBuf },
    #[error("Source `{name}` is only in `{}`, which NuGet does not change either.", file.display())]
    NotRemovable { name: String, file: PathBuf },
    #[error("Nothing was added: {refusal}.")]
    Refused { refusal: String },
    #[error("The URL of `{repository}` in {domain} cannot be looked up: {error}")]
    LookUp { repository: String, domain: Domain, error: Box<ProviderError> },
    #[error("`{}` has a source `{name}` with another URL: `{url}`.", file.display())]
    NameTaken { name: String, url: String, file: PathBuf },
    #[error("`{asked}` is neither a source of NuGet.Config nor a CodeArtifact URL.")]
    Unknown { asked: String },
    #[error("No CodeArtifact source is enabled in this folder.")]
    NoneHere,
    #[error("Several CodeArtifact sources are enabled in this folder: {names}.")]
    Several { names: String },
    #[error("{count} of {all} sources cannot be used, for the reasons above.")]
    Unusable { count: usize, all: usize },
    #[error("The result cannot be printed: {0}.")]
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
            Self::NotTaken { .. } | Self::Several { .. } => Code::AmbiguousSource,
            Self::NotRemovable { .. } => Code::NuGetConfigNotChanged,
            Self::Refused { .. } => Code::InvalidNuGetConfig,
            Self::NameTaken { .. } => Code::SourceNameTaken,
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
            Self::Option(_)
            | Self::RefusedHost(_)
            | Self::OtherRepository { .. }
            | Self::Refused { .. }
            | Self::Unusable { .. }
            | Self::Output(_) => None,
            Self::WorkingFolder(_) => Some("Change to another folder.".to_owned()),
            Self::NoFile => Some("Choose a file with `--configfile`.".to_owned()),
            Self::Foreign { .. } => Some(format!(
                "If it is your own proxy for CodeArtifact, add its host first: {} --help",
                command(["configure", "host", "add"])
            )),
            Self::Query => Some("Leave out what follows `?` or `#`.".to_owned()),
            Self::NotTaken { .. } => {
                Some("Name the section `packageSources`, or choose another name.".to_owned())
            }
            Self::NameTaken { name, .. } => Some(format!(
                "Choose another name with `--name`, or remove that source: {}",
                command(["source", "remove", name])
            )),
            Self::Unknown { .. } => {
                Some(format!("List the sources: {}", command(["source", "list"])))
            }
            Self::NoneHere => Some(format!("Add one: {} URL", command(["source", "add"]))),
            Self::NotRemovable { .. } => Some("Edit that file by hand.".to_owned()),
            Self::Several { .. } => Some("Give the name of one.".to_owned()),
        }
    }
}

/// The common input of all `source` commands.
pub struct SourceContext<'a> {
    pub environment: &'a Environment,
    pub locations: Locations,
    pub provider: &'a Provider,
    pub wait: Wait<'a>,
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
        SourceCommand::Remove(args) => remove::run(args, &context, out),
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

/// The URL of a source that is given by its name or URL, or of the only CodeArtifact source of this
/// folder. A URL need not be in NuGet.Config.
pub fn url_of(given: Option<&str>, provider: &Provider) -> Result<String, SourceError> {
    let sources = || -> Result<Vec<Source>, SourceError> {
        Ok(config_here(provider.locations())?.sources(provider.environment()))
    };
    let Some(given) = given else {
        let mut ours = enabled(sources()?, provider)?;
        if ours.len() > 1 {
            let names = ours.iter().map(|source| format!("`{}`", excerpt(&source.name)));
            return Err(SourceError::Several { names: names.collect::<Vec<_>>().join(", ") });
        }
        return ours.pop().map(|source| source.url).ok_or(SourceError::NoneHere);
    };
    if given.contains("://") {
        return Ok(given.to_owned());
    }
    let url = repaired(given);
    match find(&sources()?, given) {
        Ok(source) => Ok(source.url.clone()),
        Err(_) if provider.endpoint(&url).is_ok() => Ok(url),
        Err(unknown) => Err(unknown),
    }
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
            "CodeArtifact: repository `{repository}`, domain `{domain}` ({domain_owner}, {region})"
        )
    }
}
