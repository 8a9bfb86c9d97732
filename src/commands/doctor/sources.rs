//! The sources of NuGet.Config as NuGet sees them from this folder, and their saved credentials,
//! which NuGet sends before it calls any plugin.

use std::collections::{HashMap, HashSet};

use super::finding::Finding;
use super::fix::{self, quoted, quoted_path};
use super::nuget::Nuget;
use crate::base::invocation::{command, command_name};
use crate::base::text::{excerpt, nearest};
use crate::base::url::{UrlParts, redacted, without_query};
use crate::code::Code;
use crate::commands::scrub::finding as scrub;
use crate::endpoint::{Domain, EndpointError, HostKind, RepositoryEndpoint};
use crate::nuget_config::{Layer, NugetConfig, Password, Problem, Refusal, Saved, Source, Unread};
use crate::provider::{Provider, Resolved};
use crate::settings::AUTH_TOKEN;

const SAVED: &str = "saved-credentials";

/// The most reasons that are listed: a file that a tool writes may have thousands of one kind.
const MOST_REFUSALS: usize = 20;

/// The suffix of the URL of every CodeArtifact source.
const INDEX: &str = "/v3/index.json";

/// The regions of CodeArtifact, by the page "AWS CodeArtifact endpoints and quotas" of AWS's general
/// reference, as of November 2026.
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

/// A source for which this plugin can request a token.
#[derive(Debug)]
pub struct Examined {
    /// None if only a URL was given.
    pub name: Option<String>,
    pub url: String,
    pub endpoint: RepositoryEndpoint,
    /// The request for its token; each check reads a part of it.
    pub resolved: Resolved,
}

impl Examined {
    fn new(
        name: Option<String>,
        url: &str,
        endpoint: RepositoryEndpoint,
        provider: &Provider,
    ) -> Self {
        let resolved = provider.resolve(&endpoint);
        Self { name, url: url.to_owned(), endpoint, resolved }
    }

    /// The finding, about this source.
    pub fn finding(&self, finding: Finding) -> Finding {
        let name = self.name.clone().unwrap_or_else(|| redacted(&self.url));
        finding.of_source(excerpt(&name), Some(in_brackets(&self.endpoint.domain)))
    }

    /// The source described in one line.
    pub fn shown(&self) -> String {
        let name = self.name.clone().unwrap_or_else(|| redacted(&self.url));
        format!("source `{}`", excerpt(&name))
    }
}

/// Checks the named source, or all sources of CodeArtifact.
pub fn check(
    nuget: &Nuget<'_>,
    provider: &Provider,
    wanted: Option<&str>,
) -> (Vec<Finding>, Vec<Examined>) {
    let mut findings = unreadable(nuget);
    let mut examined = Vec::new();
    let mut is_any_ours = false;
    // Merged once: a NuGet.Config may have thousands of sources with as many mappings.
    let is_mapped = !nuget.config.mappings().is_empty();
    for source in wanted_sources(nuget, wanted) {
        let (found, endpoint) = check_source(&source, is_mapped, provider);
        let domain = endpoint.as_ref().map(|endpoint| in_brackets(&endpoint.domain));
        let found = found.into_iter().map(|it| it.of_source(excerpt(&source.name), domain.clone()));
        let found: Vec<Finding> = found.collect();
        is_any_ours |= !found.is_empty();
        findings.extend(found);
        if let Some(endpoint) = endpoint.filter(|_| source.is_enabled) {
            examined.push(Examined::new(Some(source.name), &source.url, endpoint, provider));
        }
    }
    if !is_any_ours && findings.is_empty() {
        match wanted {
            Some(url) if url.contains("://") => {
                let (found, alone) = check_url(url, provider);
                findings.push(found);
                examined.extend(alone);
            }
            // Broken settings were reported already, and then the user's own hosts are unknown.
            _ if provider.broken_settings().is_some() => {}
            _ => findings.push(nothing(wanted)),
        }
    }
    findings.extend(shared_hosts(&examined));
    findings.extend(unread(nuget));
    (findings, examined)
}

/// The files that NuGet does not read although their names nearly fit.
fn unread(nuget: &Nuget<'_>) -> Vec<Finding> {
    let unread = NugetConfig::unread(&nuget.locations, &nuget.folder);
    let warnings = unread.into_iter().map(|Unread { path, right, is_taken }| {
        let (path, right) = (path.display(), right.display());
        let what = format!("NuGet does not read `{path}`: on this system it reads `{right}`");
        let advice = if is_taken {
            format!("Move what you need to `{right}`, and remove it.")
        } else {
            format!("Rename it to `{right}` if NuGet should read it, or remove it.")
        };
        Finding::warning("nuget-config-name", what).with_advice(advice)
    });
    warnings.collect()
}

/// Why NuGet cannot use its configuration.
fn unreadable(nuget: &Nuget<'_>) -> Vec<Finding> {
    let check = "nuget-config";
    let mut findings = Vec::new();
    for error in &nuget.config.broken {
        findings.push(Finding::failure(check, format!("NuGet fails in this folder: {error}")));
    }
    if !nuget.has_folder {
        let what =
            "The working folder does not exist any more, so NuGet reads no NuGet.Config above it";
        findings.push(Finding::failure(check, what).with_fix("cd"));
    }
    let refusals = nuget.config.refusals(nuget.environment);
    for Refusal { file, problem, is_late } in refusals.iter().take(MOST_REFUSALS) {
        let Problem { line, column, what, fix } = problem;
        let effect = if *is_late { "every restore fails" } else { "NuGet fails in this folder" };
        let file = file.display();
        let what = format!("{effect}: `{file}`, line {line}, column {column}: {what}");
        findings.push(Finding::failure(check, what).with_advice(*fix));
    }
    if let Some(more) = refusals.len().checked_sub(MOST_REFUSALS + 1) {
        let what = format!("NuGet has {} more reasons to refuse files", more + 1);
        findings.push(Finding::failure(check, what));
    }
    findings
}

fn wanted_sources(nuget: &Nuget<'_>, wanted: Option<&str>) -> Vec<Source> {
    let mut sources = nuget.config.sources(nuget.environment);
    let mut urls: HashSet<String> = sources.iter().map(|source| source.url.clone()).collect();
    for audit in nuget.config.audit_sources(nuget.environment) {
        if urls.insert(audit.url.clone()) {
            sources.push(audit);
        }
    }
    if let Some(wanted) = wanted.map(str::to_lowercase) {
        sources.retain(|source| {
            source.name.to_lowercase() == wanted || source.url.to_lowercase() == wanted
        });
    }
    sources
}

/// There is no finding for a source that is not one of CodeArtifact.
fn check_source(
    source: &Source,
    is_mapped: bool,
    provider: &Provider,
) -> (Vec<Finding>, Option<RepositoryEndpoint>) {
    let name = excerpt(&source.name);
    match provider.endpoint(&source.url) {
        Ok(endpoint) => {
            let mut findings = obstacles(source, &endpoint, is_mapped);
            if findings.is_empty() {
                let RepositoryEndpoint { domain, repository, .. } = &endpoint;
                let file = source.file.display();
                let what =
                    format!("source `{name}` of `{file}`: repository `{repository}`, {domain}");
                findings.push(Finding::pass("source", what));
            }
            (findings, Some(endpoint))
        }
        // NuGet does not use a disabled source.
        Err(_) if !source.is_enabled => (Vec::new(), None),
        Err(EndpointError::Path { right, .. }) => {
            let what = format!("source `{name}` does not name a NuGet repository");
            (vec![to_be_updated(source, "source-url", &what, &right)], None)
        }
        Err(EndpointError::Foreign(reason)) => {
            let unset = unset_variable(source);
            (unset.or_else(|| look_alike(source, reason, provider)).into_iter().collect(), None)
        }
    }
}

/// As the text shows it beside the name of a source.
fn in_brackets(Domain { name, owner, region }: &Domain) -> String {
    format!("{name} ({owner}, {region})")
}

/// Names are compared without regard to case, as in NuGet.
fn without_end<'a>(text: &'a str, end: &str) -> &'a str {
    let at = text.len().saturating_sub(end.len());
    match text.get(at..) {
        Some(rest) if rest.eq_ignore_ascii_case(end) => &text[..at],
        _ => text,
    }
}

/// What prevents NuGet from using a CodeArtifact source.
fn obstacles(source: &Source, endpoint: &RepositoryEndpoint, is_mapped: bool) -> Vec<Finding> {
    let name = excerpt(&source.name);
    let mut findings = Vec::new();
    if !source.is_enabled {
        let enable = format!("dotnet nuget enable source {}", quoted(&source.name));
        let what = format!("source `{name}` is disabled, so NuGet ignores it");
        findings.push(Finding::warning("source-disabled", what).with_fix(enable));
    }
    if is_mapped && source.patterns.is_empty() {
        let what = format!(
            "source `{name}` has no patterns in `packageSourceMapping`, so NuGet takes no package from it"
        );
        let fix = format!(
            "<packageSource key=\"{name}\"><package pattern=\"*\" /></packageSource> \
             inside of <packageSourceMapping>"
        );
        findings.push(Finding::warning("source-mapping", what).with_advice(fix));
    }
    findings.extend(unknown_region(source, endpoint));
    let stem = without_query(&source.url);
    if !stem.ends_with(INDEX) {
        let stem = without_end(without_end(stem.trim_end_matches('/'), "/index.json"), "/v3");
        let right = format!("{stem}{INDEX}");
        let what = format!("source `{name}`: its URL does not end in `{INDEX}`");
        findings.push(to_be_updated(source, "source-url", &what, &right));
    }
    if source.url.starts_with("http:") && !source.allows_http {
        let what = format!("source `{name}` uses plain http, which NuGet refuses");
        findings.push(to_be_updated(source, "source-http", &what, &source.url));
    }
    findings
}

/// A region that is not in the list. It is only a warning, because AWS adds regions.
fn unknown_region(source: &Source, endpoint: &RepositoryEndpoint) -> Option<Finding> {
    let region = &*endpoint.domain.region;
    if endpoint.host == HostKind::Listed || REGIONS.contains(&region) {
        return None;
    }
    let name = excerpt(&source.name);
    let what = format!("source `{name}`: `{region}` is not a known region of CodeArtifact");
    Some(match nearest(region, REGIONS) {
        Some(right) => {
            let what = format!("{what}. Did you mean `{right}`?");
            let fix = update(source, &source.url.replace(region, right));
            Finding::warning("source-region", what).with_fix(fix)
        }
        None => Finding::warning("source-region", what).with_advice(
            "List the domains of a region: aws codeartifact list-domains --region <region>",
        ),
    })
}

/// NuGet leaves the name of an unset variable in the text, and then treats the text as a folder's
/// name.
fn unset_variable(source: &Source) -> Option<Finding> {
    // An escaped character has no second `%`.
    let (_, behind) = source.url.split_once('%')?;
    let (name, _) = behind.split_once('%')?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let what = format!(
        "source `{}`: the variable {name} in its URL is not set, and every restore fails",
        excerpt(&source.name)
    );
    Some(
        Finding::failure("source-url", what)
            .with_advice(format!("Set it: {}", fix::set(name, "<value>"))),
    )
}

/// A URL that looks like CodeArtifact's and gets no token.
fn look_alike(source: &Source, reason: &str, provider: &Provider) -> Option<Finding> {
    let name = excerpt(&source.name);
    if let Some(refusal) = provider.refused_host(&source.url) {
        return Some(Finding::failure("source-host", format!("source `{name}`: {refusal}")));
    }
    let parts = UrlParts::tolerant(&source.url);
    let bare = parts.without_user();
    let is_ours_without_user = provider.endpoint(&bare).is_ok();
    if !parts.host().to_ascii_lowercase().contains("codeartifact") && !is_ours_without_user {
        return None;
    }
    let what = format!("source `{name}` gets no token: {reason}");
    if is_ours_without_user && bare != source.url {
        return Some(to_be_updated(source, "source-host", &what, &bare));
    }
    let secure = source.url.replacen("http://", "https://", 1);
    if secure != source.url && provider.endpoint(&secure).is_ok() {
        return Some(to_be_updated(source, "source-http", &what, &secure));
    }
    let add = command_name();
    let advice = format!(
        "Add the source by its names: {add} source add --domain <domain> --domain-owner <account> \
         --region <region> --repository <repository>"
    );
    Some(Finding::failure("source-host", what).with_advice(advice))
}

fn to_be_updated(source: &Source, check: &'static str, what: &str, right: &str) -> Finding {
    let finding = Finding::failure(check, what);
    // `<…>` marks a part that the URL does not have.
    if right.contains('<') {
        finding.with_advice(format!("its URL is `{right}`"))
    } else {
        finding.with_fix(update(source, right))
    }
}

/// Without a query, which may be a secret and which no source needs.
fn update(source: &Source, url: &str) -> String {
    let url = quoted(without_query(url));
    let (name, file) = (quoted(&source.name), quoted_path(&source.file));
    let insecure = if url.contains("http:") { " --allow-insecure-connections" } else { "" };
    format!("dotnet nuget update source {name} --source {url} --configfile {file}{insecure}")
}

fn check_url(url: &str, provider: &Provider) -> (Finding, Option<Examined>) {
    match provider.endpoint(url) {
        Ok(endpoint) => {
            let RepositoryEndpoint { domain, repository, .. } = &endpoint;
            let what = format!(
                "No NuGet.Config file of this folder has the URL of repository `{repository}`, {domain}"
            );
            let add = command(["source", "add", without_query(url)]);
            let examined = Examined::new(None, url, endpoint, provider);
            (Finding::warning("source", what).with_fix(add), Some(examined))
        }
        // The configuration file may list the URL's host.
        Err(error) => {
            let broken = provider.broken_settings().map(|error| error.to_string());
            let refused = broken.or_else(|| provider.refused_host(url));
            let what = refused.unwrap_or_else(|| error.to_string());
            (Finding::failure("source-host", what), None)
        }
    }
}

fn nothing(wanted: Option<&str>) -> Finding {
    let check = "source";
    let Some(name) = wanted.map(excerpt) else {
        return Finding::warning(
            check,
            "No CodeArtifact source in the NuGet.Config files of this folder",
        )
        .with_advice(format!(
            "Add one: {} source add https://<domain>-<account>.d.codeartifact.<region>.amazonaws.com/\
             nuget/<repository>/v3/index.json",
            command_name()
        ));
    };
    let what = format!("No CodeArtifact source `{name}` in the NuGet.Config files of this folder");
    let list = command(["source", "list"]);
    let finding = Finding::failure(check, what).with_code(Code::SourceNotFound);
    finding.with_advice(format!("List the sources: {list}"))
}

/// NuGet remembers one password for each host.
fn shared_hosts(examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The first source of each host, until a source of another domain is found there.
    let mut first_of_host: HashMap<&str, Option<&Examined>> = HashMap::new();
    for source in examined {
        let RepositoryEndpoint { origin, domain, .. } = &source.endpoint;
        let first = first_of_host.entry(origin).or_insert(Some(source));
        if let Some(one) = first.filter(|first| first.endpoint.domain != *domain) {
            *first = None;
            let what = format!(
                "{} and {} belong to two domains on one host, for which NuGet remembers one password: \
                 every restore requests both tokens in turn",
                one.shown(),
                source.shown()
            );
            let advice = "Give each domain its own host name (VPC endpoints: enable private DNS).";
            findings.push(Finding::warning("source-shared-host", what).with_advice(advice));
        }
    }
    findings
}

/// Saved credentials of CodeArtifact sources, in files and in variables.
pub fn saved(nuget: &Nuget<'_>, provider: &Provider) -> Vec<Finding> {
    let everywhere = NugetConfig::read_everywhere(&nuget.locations, &nuget.folder);
    let sources = scrub::kinds_of_sources(&everywhere, nuget.environment, provider);
    let mut findings = Vec::new();
    for layer in &everywhere.layers {
        match scrub::in_layer(layer, &sources) {
            Ok(found) => findings.extend(found.iter().map(|it| saved_in_file(it, layer, nuget))),
            Err(error) => findings.push(Finding::failure("nuget-config", error.to_string())),
        }
    }
    for source in nuget.config.sources(nuget.environment) {
        if let Some(Saved::Variable { name }) = &source.saved
            && provider.endpoint(&source.url).is_ok()
        {
            findings.push(saved_in_variable(name, nuget));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::pass(SAVED, "No saved passwords"));
    }
    findings
}

fn saved_in_variable(name: &str, nuget: &Nuget<'_>) -> Finding {
    let token = nuget.environment.get(AUTH_TOKEN);
    let is_of_exec = token.is_some_and(|token| {
        nuget.environment.get(name).is_some_and(|value| value.ends_with(&format!("={token}")))
    });
    if is_of_exec {
        let what = format!("The variable {} has the token of `exec`", excerpt(name));
        return Finding::pass(SAVED, what);
    }
    let what = format!(
        "The variable {} has a saved password, which NuGet tries before the plugin",
        excerpt(name)
    );
    Finding::warning(SAVED, what).with_fix(fix::unset(name))
}

fn saved_in_file(found: &scrub::SavedCredentials, layer: &Layer, nuget: &Nuget<'_>) -> Finding {
    let how = match &found.password {
        Some(Password::ClearText) => "a saved password in clear text".to_owned(),
        Some(Password::Encrypted) => "an encrypted saved password".to_owned(),
        Some(Password::Variable(variable)) => match nuget.environment.get(variable) {
            Some(_) => format!("the password `%{variable}%`"),
            None => format!("the password `%{variable}%`, a variable that is not set,"),
        },
        None => "a saved user name".to_owned(),
    };
    let (name, reason, path) = (excerpt(&found.source), &found.reason, layer.file.path());
    let place = format!("`{}:{}`", path.display(), found.line);
    if !found.is_certain {
        let what = format!("{place} may have {how} for CodeArtifact (`{name}`: {reason})");
        return Finding::warning(SAVED, what)
            .with_advice("Remove it by hand if it is for CodeArtifact.");
    }
    let what = format!("`{name}` has {how} in {place}, which NuGet");
    let finding = if found.password == Some(Password::Encrypted) && !cfg!(windows) {
        let why = "cannot decrypt on this system, so every restore fails";
        Finding::failure(SAVED, format!("{what} {why}"))
    } else {
        Finding::warning(SAVED, format!("{what} tries before the plugin"))
    };
    // Only here it is known that the source in another folder's file is one of CodeArtifact.
    finding.with_fix(if path.parent() == Some(&*nuget.folder) {
        command(["scrub", &path.to_string_lossy(), "--yes"])
    } else {
        command(["scrub", "--yes"])
    })
}
