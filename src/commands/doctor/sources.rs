//! The sources of NuGet.Config, as NuGet sees them from this folder.

use super::context::Context;
use super::finding::Finding;
use super::fix::{self, quoted, quoted_path};
use crate::base::text::{excerpt, nearest};
use crate::base::url::UrlParts;
use crate::endpoint::{EndpointError, HostKind, RepositoryEndpoint};
use crate::nuget_config::{ConfigError, Layer, Source};

/// How every source's URL ends.
const INDEX: &str = "/v3/index.json";

/// Where CodeArtifact is, by the page "AWS CodeArtifact endpoints and quotas" of AWS's general reference,
/// as of November 2026.
const REGIONS: [&str; 13] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "us-east-1",
    "us-east-2",
    "us-west-2",
];

/// A source that a token can be asked for.
#[derive(Debug)]
pub struct Examined {
    /// None where only a URL was given.
    pub name: Option<String>,
    pub url: String,
    pub endpoint: RepositoryEndpoint,
}

impl Examined {
    /// How it is called in a line.
    pub fn shown(&self) -> String {
        let name = self.name.as_deref().unwrap_or(&self.url);
        format!("source `{}`", excerpt(name))
    }
}

/// Checks the source that was named, or all of CodeArtifact's.
pub fn check(context: &Context<'_>, wanted: Option<&str>) -> (Vec<Finding>, Vec<Examined>) {
    let mut findings: Vec<Finding> = context.config.broken.iter().map(broken).collect();
    findings.extend((!context.has_folder).then(|| {
        let what = "the working folder is gone, and with it every NuGet.Config on the way";
        Finding::failure("nuget-config", what).with_fix("cd")
    }));
    findings.extend(context.config.layers.iter().flat_map(refused));
    let (mut examined, mut seen) = (Vec::new(), 0);
    for source in wanted_sources(context, wanted) {
        let (found, endpoint) = check_source(&source, context);
        seen += usize::from(!found.is_empty());
        findings.extend(found);
        examined.extend(endpoint.filter(|_| source.is_enabled).map(|endpoint| Examined {
            name: Some(source.name),
            url: source.url,
            endpoint,
        }));
    }
    if seen == 0 && findings.is_empty() {
        match wanted.filter(|wanted| wanted.contains("://")) {
            Some(url) => {
                let (found, alone) = check_url(url, context);
                findings.push(found);
                examined.extend(alone);
            }
            // A host of the user's own is unknown then, and that was said.
            None if context.provider.broken_settings().is_some() => {}
            None => findings.push(nothing(wanted)),
        }
    }
    findings.extend(shared_hosts(&examined));
    (findings, examined)
}

fn wanted_sources(context: &Context<'_>, wanted: Option<&str>) -> Vec<Source> {
    let mut sources = context.config.sources(context.environment);
    let audit = context.config.audit_sources(context.environment);
    let known: Vec<String> = sources.iter().map(|source| source.url.clone()).collect();
    sources.extend(audit.into_iter().filter(|source| !known.contains(&source.url)));
    if let Some(wanted) = wanted {
        let is_wanted = |text: &str| text.to_lowercase() == wanted.to_lowercase();
        sources.retain(|source| is_wanted(&source.name) || is_wanted(&source.url));
    }
    sources
}

fn broken(error: &ConfigError) -> Finding {
    Finding::failure("nuget-config", format!("NuGet does nothing here: {error}"))
}

/// What NuGet refuses a file for.
fn refused(layer: &Layer) -> Vec<Finding> {
    let path = layer.file.path().display();
    let problems = layer.document.problems.iter();
    let finding = problems.map(|problem| {
        let what = format!(
            "NuGet does nothing here: `{path}`, line {}, column {}: {}",
            problem.line, problem.column, problem.what
        );
        Finding::failure("nuget-config", what)
    });
    finding.collect()
}

/// Nothing is said about a source that is somebody else's.
fn check_source(
    source: &Source,
    context: &Context<'_>,
) -> (Vec<Finding>, Option<RepositoryEndpoint>) {
    match context.provider.endpoint(&source.url) {
        Ok(endpoint) => {
            let mut findings = obstacles(source, &endpoint, context);
            if findings.is_empty() {
                findings.push(Finding::pass("source", described(source, &endpoint)));
            }
            (findings, Some(endpoint))
        }
        // NuGet does not ask it.
        Err(_) if !source.is_enabled => (Vec::new(), None),
        Err(EndpointError::Path { right, .. }) => {
            let what = format!("source `{}` names no NuGet repository", excerpt(&source.name));
            (vec![to_be_updated(source, "source-url", &what, &right)], None)
        }
        Err(EndpointError::Foreign(reason)) => {
            let unset = unset_variable(source);
            (unset.or_else(|| look_alike(source, reason, context)).into_iter().collect(), None)
        }
    }
}

fn described(source: &Source, endpoint: &RepositoryEndpoint) -> String {
    let RepositoryEndpoint { domain, repository, .. } = endpoint;
    let (name, file) = (excerpt(&source.name), source.file.display());
    format!("source `{name}` of `{file}`: repository `{repository}`, {domain}")
}

/// In whatever case.
fn without_end<'a>(text: &'a str, end: &str) -> &'a str {
    let at = text.len().saturating_sub(end.len());
    match text.get(at..) {
        Some(rest) if rest.eq_ignore_ascii_case(end) => &text[..at],
        _ => text,
    }
}

/// What keeps NuGet from asking a source of ours as it should.
fn obstacles(
    source: &Source,
    endpoint: &RepositoryEndpoint,
    context: &Context<'_>,
) -> Vec<Finding> {
    let name = excerpt(&source.name);
    let mut findings = Vec::new();
    if !source.is_enabled {
        let enable = format!("dotnet nuget enable source {}", quoted(&source.name));
        let what = format!("source `{name}` is disabled, and NuGet does not ask it");
        findings.push(Finding::warning("source-disabled", what).with_fix(enable));
    }
    if !context.config.mappings().is_empty() && source.patterns.is_empty() {
        let what = format!(
            "source `{name}` has no patterns in `packageSourceMapping`, and NuGet asks it for nothing"
        );
        let fix = format!(
            "<packageSource key=\"{name}\"><package pattern=\"*\" /></packageSource> \
             inside of <packageSourceMapping>"
        );
        findings.push(Finding::warning("source-mapping", what).with_advice(fix));
    }
    findings.extend(unknown_region(source, endpoint));
    let stem = source.url.split(['?', '#']).next().unwrap_or_default();
    if !stem.ends_with(INDEX) {
        let stem = without_end(without_end(stem.trim_end_matches('/'), "/index.json"), "/v3");
        let right = format!("{stem}{INDEX}");
        let what = format!("source `{name}`: its URL does not end in `{INDEX}`");
        findings.push(to_be_updated(source, "source-url", &what, &right));
    }
    if source.url.starts_with("http:") && !source.allows_http {
        let what = format!("source `{name}` is of plain http, which NuGet refuses");
        findings.push(to_be_updated(source, "source-http", &what, &source.url));
    }
    findings
}

/// A region in which CodeArtifact was not when this was written. New ones come, so that it is a warning.
fn unknown_region(source: &Source, endpoint: &RepositoryEndpoint) -> Option<Finding> {
    let region = &*endpoint.domain.region;
    if endpoint.host == HostKind::Listed || REGIONS.contains(&region) {
        return None;
    }
    let name = excerpt(&source.name);
    let what = format!("source `{name}`: CodeArtifact is not known to be in `{region}`");
    Some(match nearest(region, REGIONS) {
        Some(right) => {
            let what = format!("{what}; `{right}` was probably meant");
            let fix = update(source, &source.url.replace(region, right));
            Finding::warning("source-region", what).with_fix(fix)
        }
        None => Finding::warning("source-region", what).with_advice(
            "see which domains there are with `aws codeartifact list-domains --region <region>`",
        ),
    })
}

/// NuGet takes the text as it stands, and for the name of a folder.
fn unset_variable(source: &Source) -> Option<Finding> {
    let mut parts = source.url.split('%').skip(1);
    let is_name = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    // What is escaped in a URL is shorter, and begins with its digits.
    let name = parts.next().filter(is_name).filter(|_| parts.next().is_some())?;
    let what = format!(
        "source `{}`: the variable {name} in its URL is not set, and every restore fails",
        excerpt(&source.name)
    );
    Some(Finding::failure("source-url", what).with_fix(fix::set(name, "<its value>")))
}

/// A URL that people take for CodeArtifact's, and that gets no token.
fn look_alike(source: &Source, reason: &str, context: &Context<'_>) -> Option<Finding> {
    let name = excerpt(&source.name);
    if let Some(refusal) = context.provider.refused_host(&source.url) {
        return Some(Finding::failure("source-host", format!("source `{name}`: {refusal}")));
    }
    let parts = UrlParts::tolerant(&source.url);
    let bare = parts.without_user();
    let is_ours_without_user = context.provider.endpoint(&bare).is_ok();
    if !parts.host().to_ascii_lowercase().contains("codeartifact") && !is_ours_without_user {
        return None;
    }
    let what = format!("source `{name}` gets no token: {reason}");
    if is_ours_without_user && bare != source.url {
        return Some(to_be_updated(source, "source-host", &what, &bare));
    }
    let secure = source.url.replacen("http://", "https://", 1);
    if secure != source.url && context.provider.endpoint(&secure).is_ok() {
        return Some(to_be_updated(source, "source-http", &what, &secure));
    }
    let list = "nuget-plugin-codeartifact source add --domain <domain> --domain-owner <account> \
                --region <region> --repository <repository>";
    Some(Finding::failure("source-host", what).with_advice(list))
}

fn to_be_updated(source: &Source, check: &'static str, what: &str, right: &str) -> Finding {
    let finding = Finding::failure(check, what);
    // `<…>` stands for what the URL does not say.
    if right.contains('<') {
        finding.with_advice(format!("its URL is `{right}`"))
    } else {
        finding.with_fix(update(source, right))
    }
}

fn update(source: &Source, url: &str) -> String {
    let (name, url, file) = (quoted(&source.name), quoted(url), quoted_path(&source.file));
    let insecure = if url.contains("http:") { " --allow-insecure-connections" } else { "" };
    format!("dotnet nuget update source {name} --source {url} --configfile {file}{insecure}")
}

fn check_url(url: &str, context: &Context<'_>) -> (Finding, Option<Examined>) {
    match context.provider.endpoint(url) {
        Ok(endpoint) => {
            let RepositoryEndpoint { domain, repository, .. } = &endpoint;
            let what = format!(
                "the URL names repository `{repository}`, {domain}; no NuGet.Config that counts here has it"
            );
            let add = format!("nuget-plugin-codeartifact source add {}", quoted(url));
            let examined = Examined { name: None, url: url.to_owned(), endpoint };
            (Finding::warning("source", what).with_fix(add), Some(examined))
        }
        // It may be of a host of the user's own.
        Err(error) => {
            let broken = context.provider.broken_settings().map(|error| error.to_string());
            let refused = broken.or_else(|| context.provider.refused_host(url));
            let what = refused.unwrap_or_else(|| error.to_string());
            (Finding::failure("source-host", what), None)
        }
    }
}

fn nothing(wanted: Option<&str>) -> Finding {
    let list = "nuget-plugin-codeartifact source list";
    match wanted {
        Some(name) => {
            let name = excerpt(name);
            let what = format!("no CodeArtifact source `{name}` in any NuGet.Config that counts here");
            Finding::failure("source", what).with_fix(list)
        }
        None => Finding::warning("source", "no CodeArtifact source in any NuGet.Config that counts here")
            .with_advice("nuget-plugin-codeartifact source add https://<domain>-<account>.d.codeartifact.<region>.amazonaws.com/nuget/<repository>/v3/index.json"),
    }
}

/// NuGet remembers one password for a host.
fn shared_hosts(examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for (at, one) in examined.iter().enumerate() {
        let origin = one.endpoint.origin.as_str();
        let is_other = |other: &&Examined| {
            other.endpoint.origin == origin && other.endpoint.domain != one.endpoint.domain
        };
        let other = examined[at + 1..].iter().find(is_other);
        if let Some(other) = other.filter(|_| !told.contains(&origin)) {
            told.push(origin);
            let what = format!(
                "{} and {} are of two domains on one host, for which NuGet remembers one password: \
                 every restore asks for both tokens in turn",
                one.shown(),
                other.shown()
            );
            let fix =
                "give each domain a host name of its own (VPC endpoints: switch private DNS on)";
            findings.push(Finding::warning("source-shared-host", what).with_advice(fix));
        }
    }
    findings
}
