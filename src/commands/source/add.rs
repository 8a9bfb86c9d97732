//! `source add`: a source with its URL and nothing else, put where NuGet would put it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Context, SourceError, list};
use crate::aws::RepositoryNames;
use crate::base::text::{excerpt, printable};
use crate::cli::source::{EndpointKind, SourceAddArgs};
use crate::commands::format::{quoted, without_secrets};
use crate::commands::named::{self, OptionError};
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint, is_repository};
use crate::nuget_config::{NugetConfig, Source, add_source};

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
    // As `aws codeartifact login` calls it.
    let usual = || format!("{}/{}", endpoint.domain.name, endpoint.repository);
    let name = args.name.as_deref().map(checked_name).transpose()?.unwrap_or_else(usual);
    let new = New { name, url, endpoint };
    let config = config(args, context)?;
    let sources = config.sources(context.environment);
    let same = find_same(&new, args.name.is_some(), &sources)?;
    let (name, file) = match same {
        Some(same) => (same.name.clone(), same.file.clone()),
        None => (new.name.clone(), put(&new, &config)?),
    };
    let notes = notes(&name, args, context)?;
    let report = Report::of(&new, same.is_none(), &name, &file, notes);
    Ok(report.print(args, out)?)
}

/// The files that count, or the one that was named.
fn config(args: &SourceAddArgs, context: &Context<'_>) -> Result<NugetConfig, SourceError> {
    match &args.configfile {
        Some(file) => Ok(NugetConfig::of_file(file)?),
        None => context.config(),
    }
}

/// A name that NuGet reads as it is written.
fn checked_name(name: &str) -> Result<String, OptionError> {
    let is_good = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    if name.trim() == name && !name.is_empty() && name.chars().all(is_good) {
        return Ok(name.to_owned());
    }
    let expected = "a name, without blanks around it and without control characters";
    Err(OptionError { option: "--name", value: printable(name), expected })
}

/// Writes it where NuGet would; says where.
fn put(new: &New, config: &NugetConfig) -> Result<PathBuf, SourceError> {
    let file = config.file_for_sources().ok_or(SourceError::NoFile)?;
    let edit = add_source(file.text(), file.path(), &new.name, &new.url)?;
    if !file.would_list(&edit, &new.name)? {
        return Err(SourceError::NotTaken { file: file.path().to_owned() });
    }
    file.write(&[edit])?;
    Ok(file.path().to_owned())
}

/// What keeps NuGet from asking it, or the plugin, as the files are now.
fn notes(
    name: &str,
    args: &SourceAddArgs,
    context: &Context<'_>,
) -> Result<Vec<String>, SourceError> {
    let config = config(args, context)?;
    let mut notes = list::refusals(&config);
    let sources = config.sources(context.environment);
    if let Some(source) = sources.iter().find(|source| source.name == name) {
        notes.extend((!source.is_enabled).then(|| {
            format!(
                "it is disabled, and NuGet does not ask it; enable it with `dotnet nuget enable source \
                 {}`",
                quoted(name)
            )
        }));
        notes.extend(source.saved.as_ref().map(list::saved));
        notes.extend(unmapped(source, &config));
    }
    Ok(notes)
}

/// What `--json` prints; names and values stay as they are.
#[derive(Debug, Serialize)]
struct Report<'a> {
    /// False where it was there.
    added: bool,
    name: &'a str,
    url: &'a str,
    file: String,
    domain: &'a str,
    owner: &'a str,
    region: &'a str,
    repository: &'a str,
    /// What keeps NuGet from asking it, or the plugin.
    notes: Vec<String>,
}

impl<'a> Report<'a> {
    fn of(new: &'a New, added: bool, name: &'a str, file: &Path, notes: Vec<String>) -> Self {
        let RepositoryEndpoint { domain, repository, .. } = &new.endpoint;
        let Domain { name: domain, owner, region } = domain;
        let file = file.to_string_lossy().into_owned();
        Self { added, name, url: &new.url, file, domain, owner, region, repository, notes }
    }

    fn print(&self, args: &SourceAddArgs, out: &mut dyn Write) -> io::Result<()> {
        if args.json {
            return writeln!(out, "{}", serde_json::to_string(self)?);
        }
        let (name, file) = (excerpt(self.name), &self.file);
        if self.added {
            let Self { url, domain, owner, region, repository, .. } = self;
            writeln!(out, "added: {name} in {file}\n  {url}")?;
            writeln!(
                out,
                "  CodeArtifact: repository `{repository}`, domain `{domain}` of account {owner} in \
                 {region}"
            )?;
        } else {
            writeln!(out, "already there: {name} in {file}")?;
        }
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        // A file that was named may be none that counts here.
        let which = if args.configfile.is_some() { self.url } else { self.name };
        let dashes = if which.starts_with('-') { "-- " } else { "" };
        writeln!(out, "try it: nuget-plugin-codeartifact source check {dashes}{}", quoted(which))
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
    let url = match found {
        Ok(url) => url,
        Err(error) => {
            return Err(SourceError::LookUp { repository, domain, error: Box::new(error) });
        }
    };
    let found = endpoint(&url, context)?;
    if found.domain == domain && found.repository == repository {
        return Ok(url);
    }
    let asked = format!("`{repository}` in {domain}");
    Err(SourceError::OtherRepository { asked, answered: found.to_string() })
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
fn unmapped(source: &Source, config: &NugetConfig) -> Option<String> {
    let is_left_out = !config.mappings().is_empty() && source.patterns.is_empty();
    is_left_out.then(|| {
        format!(
            "package source mapping is on, so nothing is asked of it before `packageSourceMapping` \
             has `<packageSource key=\"{}\">` with patterns",
            excerpt(&source.name)
        )
    })
}
