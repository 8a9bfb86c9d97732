//! `source list`: the sources that NuGet uses, where each is set, and what prevents it from
//! working.

use std::io::{self, Write};

use serde::Serialize;

use super::{RepositoryFields, SourceContext, SourceError};
use crate::base::environment::Environment;
use crate::base::invocation::command;
use crate::base::text::excerpt;
use crate::base::url::redacted;
use crate::endpoint::EndpointError;
use crate::nuget_config::{LayerKind, NugetConfig, Problem, Refusal, Saved, Source};
use crate::provider::Provider;
use crate::report::Output;

/// NuGet 6.12 and newer refuse it; older versions warn.
const REFUSED_HTTP: &str = "NuGet refuses plain http; make it https, or set \
                            `allowInsecureConnections=\"true\"` beside its URL";

/// Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceListing {
    sources: Vec<Listed>,
    audit_sources: Vec<Listed>,
    /// What NuGet refuses, and what prevents sources from being used.
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: String,
    url: String,
    enabled: bool,
    path: String,
    line: u32,
    layer: LayerKind,
    /// The patterns of its package source mapping.
    patterns: Vec<String>,
    /// Null if the source is not one of CodeArtifact.
    codeartifact: Option<RepositoryFields>,
    saved_credentials: Option<SavedAt>,
    /// Why it cannot work.
    problem: Option<String>,
}

/// The place of the saved credentials: the path of the file, or the name of the variable.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum SavedAt {
    Path(String),
    Variable(String),
}

/// Prints the sources in NuGet's order.
pub fn run(context: &SourceContext<'_>, out: &mut Output<'_>) -> Result<(), SourceError> {
    let config = context.config()?;
    let listing = listing(&config, context);
    if out.is_json() {
        out.json(&listing, &[])?;
    } else {
        print(&listing, out)?;
    }
    Ok(())
}

fn listing(config: &NugetConfig, context: &SourceContext<'_>) -> SourceListing {
    let sources = listed(config.sources(context.environment), context.provider);
    let audit_sources = listed(config.audit_sources(context.environment), context.provider);
    let warnings = warnings(config, &sources, context.environment);
    SourceListing { sources, audit_sources, warnings }
}

fn listed(sources: Vec<Source>, provider: &Provider) -> Vec<Listed> {
    sources.into_iter().map(|source| Listed::of(source, provider)).collect()
}

impl Listed {
    fn of(source: Source, provider: &Provider) -> Self {
        let (codeartifact, problem) = match provider.endpoint(&source.url) {
            Ok(endpoint) => (Some(endpoint.into()), None),
            Err(error @ EndpointError::Path { .. }) => (None, Some(error.to_string())),
            Err(EndpointError::Foreign(_)) => (None, provider.refused_host(&source.url)),
        };
        let is_plain = source.url.to_lowercase().starts_with("http:");
        let refused = (is_plain && !source.allows_http).then(|| REFUSED_HTTP.to_owned());
        Self {
            name: source.name,
            url: redacted(&source.url),
            enabled: source.is_enabled,
            path: source.file.to_string_lossy().into_owned(),
            line: source.line,
            layer: source.layer,
            patterns: source.patterns,
            codeartifact,
            saved_credentials: source.saved.as_ref().map(SavedAt::of),
            problem: problem.or(refused),
        }
    }

    /// Saved credentials matter for CodeArtifact's sources only: NuGet sends them before it calls
    /// the plugin.
    fn obstacle(&self) -> Option<String> {
        self.codeartifact.as_ref()?;
        self.saved_credentials.as_ref().map(SavedAt::in_words)
    }
}

impl SavedAt {
    fn of(saved: &Saved) -> Self {
        match saved {
            Saved::File { path, .. } => Self::Path(path.to_string_lossy().into_owned()),
            Saved::Variable { name } => Self::Variable(name.clone()),
        }
    }

    fn in_words(&self) -> String {
        match self {
            Self::Path(path) => format!(
                "NuGet sends the credentials saved in `{path}` before it calls the plugin. Remove them: \
                 {}",
                command(["scrub"])
            ),
            Self::Variable(name) => format!(
                "NuGet sends the credentials in the variable `{}` before it calls the plugin. Unset it.",
                excerpt(name)
            ),
        }
    }
}

/// The effect of saved credentials.
pub fn saved(saved: &Saved) -> String {
    SavedAt::of(saved).in_words()
}

/// The most reasons that are listed: a file that a tool writes may have thousands of one kind.
const MOST_REFUSALS: usize = 20;

/// Why NuGet refuses files, one text for each reason.
pub fn refusals(config: &NugetConfig, environment: &Environment) -> Vec<String> {
    let found = config.refusals(environment);
    let mut texts: Vec<String> = found.iter().take(MOST_REFUSALS).map(refusal).collect();
    if let Some(more) = found.len().checked_sub(MOST_REFUSALS + 1) {
        texts.push(format!(
            "NuGet has {} more reasons to refuse files; correct these first",
            more + 1
        ));
    }
    texts
}

/// What NuGet refuses, where, and the fix.
pub fn refusal(refusal: &Refusal<'_>) -> String {
    let Problem { line, column, what, fix } = refusal.problem;
    let file = refusal.file.display();
    if refusal.is_late {
        return format!(
            "NuGet reads `{file}`, and no restore works for line {line}, column {column}: {what}; {fix}"
        );
    }
    format!("NuGet refuses `{file}` for line {line}, column {column}: {what}; {fix}")
}

fn warnings(config: &NugetConfig, sources: &[Listed], environment: &Environment) -> Vec<String> {
    let mut warnings = refusals(config, environment);
    if config.mappings().is_empty() {
        return warnings;
    }
    for source in sources.iter().filter(|it| it.enabled && it.patterns.is_empty()) {
        warnings.push(format!(
            "package source mapping is on, and `{}` has no patterns, so NuGet does not use it. Add \
             them to `packageSourceMapping`.",
            excerpt(&source.name)
        ));
    }
    warnings
}

fn print(listing: &SourceListing, out: &mut dyn Write) -> io::Result<()> {
    if listing.sources.is_empty() {
        writeln!(out, "there are no sources")?;
    }
    for source in &listing.sources {
        print_source(source, "", out)?;
    }
    for source in &listing.audit_sources {
        print_source(source, ", for vulnerabilities", out)?;
    }
    for warning in &listing.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    Ok(())
}

fn print_source(source: &Listed, purpose: &str, out: &mut dyn Write) -> io::Result<()> {
    let state = if source.enabled { "enabled" } else { "disabled" };
    writeln!(out, "{} ({state}{purpose})", excerpt(&source.name))?;
    writeln!(out, "  {}", excerpt(&source.url))?;
    if let Some(repository) = &source.codeartifact {
        writeln!(out, "  {repository}")?;
    }
    writeln!(out, "  in {}:{}", source.path, source.line)?;
    if !source.patterns.is_empty() {
        writeln!(out, "  for {}", excerpt(&source.patterns.join(", ")))?;
    }
    for problem in source.problem.iter().cloned().chain(source.obstacle()) {
        writeln!(out, "  warning: {problem}")?;
    }
    Ok(())
}
