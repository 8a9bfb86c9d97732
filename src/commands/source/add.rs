//! `source add`: adds a source with only its URL to the file where NuGet would add it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{RepositoryFields, SourceContext, SourceError, list};
use crate::aws::RepositoryNames;
use crate::base::invocation::command_name;
use crate::base::shell::quoted;
use crate::base::text::{excerpt, printable};
use crate::base::url::redacted;
use crate::cli::source::{EndpointKind, SourceAddArgs};
use crate::commands::named::{self, OptionError};
use crate::endpoint::{EndpointError, RepositoryEndpoint, is_repository, repaired};
use crate::nuget_config::{NugetConfig, Source, add_source};
use crate::provider::Provider;
use crate::report::Output;

/// The source that the user wants.
struct NewSource {
    name: String,
    url: String,
}

/// A source that is to be in NuGet.Config.
pub struct Wanted<'a> {
    /// Of its index.
    pub url: String,
    pub name: Option<&'a str>,
    /// The NuGet.Config to change, instead of the one that NuGet would change.
    pub file: Option<&'a Path>,
}

/// A source that is in NuGet.Config.
pub struct Ensured {
    /// False if it was there.
    pub added: bool,
    /// The name by which it is there.
    pub name: String,
    pub url: String,
    pub file: PathBuf,
    /// What prevents NuGet from using it.
    pub obstacles: Vec<String>,
    /// The saved credentials that NuGet would send first, if any.
    pub saved: Option<String>,
}

/// Adds the source, unless its URL is there under any name.
pub fn ensure(
    wanted: Wanted<'_>,
    endpoint: &RepositoryEndpoint,
    context: &SourceContext<'_>,
) -> Result<Ensured, SourceError> {
    let name = match wanted.name {
        Some(name) => checked_name(name)?,
        // `aws codeartifact login` uses the same name.
        None => format!("{}/{}", endpoint.domain.name, endpoint.repository),
    };
    let new = NewSource { name, url: wanted.url };
    let config = config(wanted.file, context)?;
    if let Some(refusal) = config.refusals(context.environment).first() {
        return Err(SourceError::Refused { refusal: list::refusal(refusal) });
    }
    let sources = config.sources(context.environment);
    let same = find_same(&new, &sources)?;
    let (name, file) = match same {
        Some(same) => (same.name.clone(), same.file.clone()),
        None => (new.name.clone(), put(&new, &config)?),
    };
    let (obstacles, saved) = notes(&name, wanted.file, context)?;
    Ok(Ensured { added: same.is_none(), name, url: new.url, file, obstacles, saved })
}

/// Adds the source, unless it exists, and prints the next steps.
pub async fn run(
    args: &SourceAddArgs,
    context: &SourceContext<'_>,
    out: &mut Output<'_>,
) -> Result<(), SourceError> {
    let (url, endpoint) = match &args.url {
        Some(url) => with_index(url, context.provider)?,
        None => look_up(args, context).await?,
    };
    let wanted = Wanted { url, name: args.name.as_deref(), file: args.configfile.as_deref() };
    let Ensured { added, name, url, file, mut obstacles, saved } =
        ensure(wanted, &endpoint, context)?;
    obstacles.extend(saved);
    let report = AddReport {
        added,
        notes: obstacles,
        name,
        url,
        path: file.to_string_lossy().into_owned(),
        repository: endpoint.into(),
    };
    if out.is_json() {
        return Ok(out.json(&report, &[])?);
    }
    // NuGet may not read a named file in this folder, so only the URL is known.
    let which = if args.configfile.is_some() { &report.url } else { &report.name };
    Ok(report.print(which, out)?)
}

/// The files that NuGet reads here, or the named one.
fn config(named: Option<&Path>, context: &SourceContext<'_>) -> Result<NugetConfig, SourceError> {
    match named {
        Some(file) => Ok(NugetConfig::of_file(file)?),
        None => context.config(),
    }
}

/// A name that NuGet reads back unchanged.
fn checked_name(name: &str) -> Result<String, OptionError> {
    // XML allows neither most control characters nor these two, and NuGet trims names.
    let has_bad = name.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    if name.trim() == name && !name.is_empty() && !has_bad {
        return Ok(name.to_owned());
    }
    let expected = "a name, without blanks around it and without control characters";
    Err(OptionError { option: "--name", value: printable(name), expected })
}

/// Writes it into the file that NuGet would use. Returns the file's path.
fn put(new: &NewSource, config: &NugetConfig) -> Result<PathBuf, SourceError> {
    let file = config.file_for_sources().ok_or(SourceError::NoFile)?;
    let edit = add_source(file.text(), file.path(), &new.name, &new.url)?;
    if !file.would_list(&edit, &new.name)? {
        return Err(SourceError::NotTaken { file: file.path().to_owned() });
    }
    file.write(&[edit])?;
    Ok(file.path().to_owned())
}

/// What prevents NuGet from using the source, or from calling the plugin, with the present files.
fn notes(
    name: &str,
    file: Option<&Path>,
    context: &SourceContext<'_>,
) -> Result<(Vec<String>, Option<String>), SourceError> {
    let config = config(file, context)?;
    let mut saved = None;
    let mut notes = list::refusals(&config, context.environment);
    let sources = config.sources(context.environment);
    if let Some(source) = sources.iter().find(|source| source.name == name) {
        notes.extend((!source.is_enabled).then(|| {
            format!(
                "it is disabled, so NuGet does not use it; enable it with `dotnet nuget enable source \
                 {}`",
                quoted(name)
            )
        }));
        saved = source.saved.as_ref().map(list::saved);
        notes.extend(unmapped(source, &config));
    }
    Ok((notes, saved))
}

/// Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
struct AddReport {
    /// False if it existed.
    added: bool,
    name: String,
    url: String,
    path: String,
    #[serde(flatten)]
    repository: RepositoryFields,
    /// What prevents NuGet from using it, or from calling the plugin.
    notes: Vec<String>,
}

impl AddReport {
    fn print(&self, which: &str, out: &mut dyn Write) -> io::Result<()> {
        let (name, file) = (excerpt(&self.name), &self.path);
        if self.added {
            writeln!(out, "Added {name} to {file}")?;
            writeln!(out, "  {}", self.url)?;
            writeln!(out, "  {}", self.repository)?;
        } else {
            writeln!(out, "The source is there already: {name} in {file}")?;
        }
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        let dashes = if which.starts_with('-') { "-- " } else { "" };
        let name = command_name();
        writeln!(out, "Check it: {name} source check {dashes}{}", quoted(which))
    }
}

/// The URL of the source's index, even if the given URL lacks the index.
pub fn with_index(
    url: &str,
    provider: &Provider,
) -> Result<(String, RepositoryEndpoint), SourceError> {
    if url.contains(['?', '#']) {
        return Err(SourceError::Query);
    }
    let whole = repaired(url);
    let endpoint = endpoint(&whole, url, provider)?;
    Ok((whole, endpoint))
}

/// The repository of a URL. An error quotes the URL as the user wrote it.
fn endpoint(
    url: &str,
    as_written: &str,
    provider: &Provider,
) -> Result<RepositoryEndpoint, SourceError> {
    provider.endpoint(url).map_err(|error| match error {
        EndpointError::Path { .. } => SourceError::Path(error),
        EndpointError::Foreign(_) => match (provider.broken_settings(), provider.refused_host(url))
        {
            (Some(broken), _) => SourceError::Settings(Box::new(broken)),
            (None, Some(refused)) => SourceError::RefusedHost(refused),
            (None, None) => SourceError::Foreign { url: excerpt(&redacted(as_written)), error },
        },
    })
}

async fn look_up(
    args: &SourceAddArgs,
    context: &SourceContext<'_>,
) -> Result<(String, RepositoryEndpoint), SourceError> {
    let SourceAddArgs { domain, domain_owner, region, repository, .. } = args;
    let domain = named::domain([domain, domain_owner, region].map(Option::as_deref))?;
    let expected = "2 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`";
    let repository =
        named::checked("--repository", repository.as_deref(), is_repository, expected)?;
    let dual_stack = args.endpoint_type == Some(EndpointKind::Dualstack);
    let names = RepositoryNames { domain: &domain, repository: &repository, dual_stack };
    let waiting = (context.wait)("an answer");
    let found = context.provider.repository_url(names).await;
    drop(waiting);
    let url = match found {
        Ok(url) => url,
        Err(error) => {
            return Err(SourceError::LookUp { repository, domain, error: Box::new(error) });
        }
    };
    let found = endpoint(&url, &url, context.provider)?;
    if found.domain == domain && found.repository == repository {
        return Ok((url, found));
    }
    let asked = format!("`{repository}` in {domain}");
    Err(SourceError::OtherRepository { asked, answered: found.to_string() })
}

/// The existing source with the same URL, whatever its name is. A source with the name but another
/// URL is an error.
fn find_same<'a>(
    new: &NewSource,
    sources: &'a [Source],
) -> Result<Option<&'a Source>, SourceError> {
    let name = new.name.to_lowercase();
    let mut same_url = sources.iter().filter(|source| is_same_url(&source.url, &new.url));
    let first = same_url.clone().next();
    let same = same_url.find(|source| source.name.to_lowercase() == name).or(first);
    if same.is_some() {
        return Ok(same);
    }
    if let Some(same) = sources.iter().find(|source| source.name.to_lowercase() == name) {
        return Err(SourceError::NameTaken {
            name: excerpt(&same.name),
            url: excerpt(&redacted(&same.url)),
            file: same.file.clone(),
        });
    }
    Ok(None)
}

fn is_same_url(left: &str, right: &str) -> bool {
    left.trim_end_matches('/').eq_ignore_ascii_case(right.trim_end_matches('/'))
}

/// The file in which package source mapping excludes the source.
fn unmapped(source: &Source, config: &NugetConfig) -> Option<String> {
    let is_left_out = !config.mappings().is_empty() && source.patterns.is_empty();
    is_left_out.then(|| {
        format!(
            "package source mapping is on, so NuGet does not use it before `packageSourceMapping` \
             has `<packageSource key=\"{}\">` with patterns",
            excerpt(&source.name)
        )
    })
}
