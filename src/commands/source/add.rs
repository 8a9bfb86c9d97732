//! `source add`: a source with its URL and nothing else, put where NuGet would put it.

use std::io::Write;

use super::{Context, SourceError};
use crate::aws::RepositoryNames;
use crate::cli::{EndpointKind, SourceAddArgs};
use crate::commands::named;
use crate::commands::words::{quoted, without_secrets};
use crate::endpoint::{EndpointError, RepositoryEndpoint, is_repository_byte};
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
        writeln!(out, "already there: {} in {}", excerpt(&same.name), same.file.display())?;
        return Ok(());
    }
    let file = config.file_for_sources().ok_or(SourceError::NoFile)?;
    file.write(&[add_source(file.text(), file.path(), &new.name, &new.url)?])?;
    writeln!(out, "added: {} in {}", excerpt(&new.name), file.path().display())?;
    writeln!(out, "  {}", new.url)?;
    print_next(&new, &config, out)
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
    let found = context.provider.repository_url(names).await;
    found.map_err(|error| SourceError::LookUp { repository, domain, error: Box::new(error) })
}

fn is_repository(text: &str) -> bool {
    (2..=100).contains(&text.len()) && text.bytes().all(is_repository_byte)
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

fn print_next(new: &New, config: &NugetConfig, out: &mut dyn Write) -> Result<(), SourceError> {
    let RepositoryEndpoint { domain, repository, .. } = &new.endpoint;
    writeln!(out, "  CodeArtifact: repository `{repository}`, {domain}")?;
    let name = excerpt(&new.name);
    if !config.mappings().is_empty() {
        writeln!(
            out,
            "note: package source mapping is on, so nothing is asked of it before `packageSourceMapping` \
             has `<packageSource key=\"{name}\">` with patterns"
        )?;
    }
    writeln!(out, "try it: nuget-plugin-codeartifact source check {}", quoted(&new.name))?;
    Ok(())
}
