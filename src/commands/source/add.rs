//! `source add`: a source with its URL and nothing else, put where NuGet would put it.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::{Context, SourceError};
use crate::aws::RepositoryNames;
use crate::cli::source::{EndpointKind, SourceAddArgs};
use crate::commands::named;
use crate::commands::words::{quoted, without_secrets};
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint, is_repository};
use crate::nuget_config::{NugetConfig, Source, add_source};
use crate::text::excerpt;

/// What every source's URL ends with.
const INDEX: &str = "v3/index.json";

/// A source that is to be there.
struct New {
    name: String,
    url: String,
    endpoint: RepositoryEndpoint,
}

/// Adds the source, unless it is there already, and says what comes next.
pub async fn run(
    args: &SourceAddArgs,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> Result<(), SourceError> {
    let url = match &args.url {
        Some(url) => with_index(url, context)?,
        None => look_up(args, context).await?,
    };
    let endpoint = endpoint(&url, context)?;
    let config = match &args.configfile {
        Some(file) => NugetConfig::of_file(file)?,
        None => context.config()?,
    };
    let name = args.name.clone();
    // As `aws codeartifact login` calls it.
    let name = name.unwrap_or(format!("{}/{}", endpoint.domain.name, endpoint.repository));
    let new = New { name, url, endpoint };
    let sources = config.sources(context.environment);
    if let Some(same) = find_same(&new, args.name.is_some(), &sources)? {
        let report = Report::of(&new, &same.name, &same.file, None);
        return Ok(report.print(args.json, out)?);
    }
    let file = config.file_for_sources().ok_or(SourceError::NoFile)?;
    file.write(&[add_source(file.text(), file.path(), &new.name, &new.url)?])?;
    let note = unmapped(&new, &config);
    let report = Report { added: true, ..Report::of(&new, &new.name, file.path(), note) };
    Ok(report.print(args.json, out)?)
}

/// What `--json` prints; names and values stay as they are.
#[derive(Debug, Serialize)]
struct Report<'a> {
    /// False where it was there.
    added: bool,
    name: &'a str,
    url: &'a str,
    file: &'a Path,
    domain: &'a str,
    owner: &'a str,
    region: &'a str,
    repository: &'a str,
    /// What keeps NuGet from asking it.
    note: Option<String>,
}

impl<'a> Report<'a> {
    fn of(new: &'a New, name: &'a str, file: &'a Path, note: Option<String>) -> Self {
        let RepositoryEndpoint { domain, repository, .. } = &new.endpoint;
        let Domain { name: domain, owner, region } = domain;
        Self { added: false, name, url: &new.url, file, domain, owner, region, repository, note }
    }

    fn print(&self, as_json: bool, out: &mut dyn Write) -> io::Result<()> {
        if as_json {
            return writeln!(out, "{}", serde_json::to_string(self)?);
        }
        let (name, file) = (excerpt(self.name), self.file.display());
        if !self.added {
            return writeln!(out, "already there: {name} in {file}");
        }
        let Self { url, domain, owner, region, repository, .. } = self;
        writeln!(out, "added: {name} in {file}\n  {url}")?;
        writeln!(
            out,
            "  CodeArtifact: repository `{repository}`, domain `{domain}` of account {owner} in {region}"
        )?;
        if let Some(note) = &self.note {
            writeln!(out, "note: {note}")?;
        }
        writeln!(out, "try it: nuget-plugin-codeartifact source check {}", quoted(self.name))
    }
}

/// The URL of the source's index, where the index is left out as well.
fn with_index(url: &str, context: &Context<'_>) -> Result<String, SourceError> {
    if url.contains(['?', '#']) {
        return Err(SourceError::Query);
    }
    let stem = url.trim_end_matches('/');
    let stem = stem.strip_suffix("/index.json").unwrap_or(stem);
    let stem = stem.strip_suffix("/v3").unwrap_or(stem);
    let whole = format!("{stem}/{INDEX}");
    // What is wrong is said of what was given.
    endpoint(&whole, context).map_err(|error| match error {
        SourceError::Foreign { error, .. } => {
            SourceError::Foreign { url: excerpt(&without_secrets(url)), error }
        }
        other => other,
    })?;
    Ok(whole)
}

fn endpoint(url: &str, context: &Context<'_>) -> Result<RepositoryEndpoint, SourceError> {
    let provider = context.provider;
    provider.endpoint(url).map_err(|error| match error {
        EndpointError::Path { .. } => SourceError::Path(error),
        EndpointError::Foreign(_) => match (provider.broken_settings(), provider.refused_host(url))
        {
            (Some(broken), _) => SourceError::Settings(Box::new(broken)),
            (None, Some(refused)) => SourceError::RefusedHost(refused),
            (None, None) => SourceError::Foreign { url: excerpt(&without_secrets(url)), error },
        },
    })
}

async fn look_up(args: &SourceAddArgs, context: &Context<'_>) -> Result<String, SourceError> {
    let SourceAddArgs { domain, domain_owner, region, repository, .. } = args;
    let domain = named::domain([domain, domain_owner, region].map(Option::as_deref))?;
    let expected = "2 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`";
    let repository =
        named::checked("--repository", repository.as_deref(), is_repository, expected)?;
    let dual_stack = args.endpoint_type == Some(EndpointKind::Dualstack);
    let names = RepositoryNames { domain: &domain, repository: &repository, dual_stack };
    let _waiting = (context.wait)("an answer");
    let found = context.provider.repository_url(names).await;
    found.map_err(|error| SourceError::LookUp { repository, domain, error: Box::new(error) })
}

/// The source that makes a new one needless. One that is in its way is an error: nothing is guessed.
fn find_same<'a>(
    new: &New,
    is_name_given: bool,
    sources: &'a [Source],
) -> Result<Option<&'a Source>, SourceError> {
    let has_name = |source: &&Source| source.name.to_lowercase() == new.name.to_lowercase();
    let has_url = |source: &&Source| source.url.eq_ignore_ascii_case(&new.url);
    match (sources.iter().find(has_name), sources.iter().find(has_url)) {
        (Some(same), _) if has_url(&same) => Ok(Some(same)),
        (Some(other), _) => Err(SourceError::NameTaken {
            name: excerpt(&other.name),
            url: excerpt(&without_secrets(&other.url)),
            file: other.file.clone(),
        }),
        (None, Some(other)) if is_name_given => {
            Err(SourceError::UrlTaken { name: excerpt(&other.name), file: other.file.clone() })
        }
        (None, same) => Ok(same),
    }
}

/// Where package source mapping leaves it out.
fn unmapped(new: &New, config: &NugetConfig) -> Option<String> {
    let is_left_out = !config.mappings().is_empty();
    is_left_out.then(|| {
        format!(
            "package source mapping is on, so nothing is asked of it before `packageSourceMapping` \
             has `<packageSource key=\"{}\">` with patterns",
            excerpt(&new.name)
        )
    })
}
