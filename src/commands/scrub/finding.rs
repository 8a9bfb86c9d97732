//! Which saved credentials belong to CodeArtifact, and which may.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::environment::Environment;
use crate::base::url::UrlParts;
use crate::endpoint::{EndpointError, RepositoryEndpoint, resembles_codeartifact};
use crate::nuget_config::{
    ConfigError, CredentialsEntry, Layer, NugetConfig, Password, without_secrets,
};
use crate::provider::Provider;

/// The user name of every CodeArtifact token.
const USER_NAME: &str = "aws";

/// The variable in which login scripts store the token.
const TOKEN_VARIABLE: &str = "CODEARTIFACT_AUTH_TOKEN";

/// Credentials in a file that belong, or may belong, to CodeArtifact.
#[derive(Debug)]
pub struct SavedCredentials {
    /// The source's name.
    pub source: String,
    /// The line on which they begin, from 1.
    pub line: usize,
    /// How the password is saved; none if there is none.
    pub password: Option<Password>,
    /// Whether they certainly belong to CodeArtifact. Others are never removed.
    pub is_certain: bool,
    /// Why they are attributed to CodeArtifact.
    pub reason: String,
    /// The text that would be removed, without its secrets.
    pub shown: String,
    pub range: Range<usize>,
}

impl SavedCredentials {
    /// A password in clear text that only the user can judge.
    fn uncertain(source: &str, reason: &str, range: Range<usize>) -> Self {
        Self {
            source: source.to_owned(),
            line: 0,
            password: Some(Password::ClearText),
            is_certain: false,
            reason: reason.to_owned(),
            shown: String::new(),
            range,
        }
    }
}

/// Whether a source belongs to CodeArtifact.
#[derive(Debug)]
enum SourceKind {
    /// Yes, with its repository if the URL's path names one.
    CodeArtifact(Option<RepositoryEndpoint>),
    /// Its host does, or seems to, but the plugin does not serve the URL: it is plain http, or
    /// contains a user.
    Alike,
    Foreign,
}

impl SourceKind {
    fn of(url: &str, provider: &Provider) -> Self {
        match provider.endpoint(url) {
            Ok(endpoint) => Self::CodeArtifact(Some(endpoint)),
            Err(EndpointError::Path { .. }) => Self::CodeArtifact(None),
            Err(EndpointError::Foreign(_)) if is_alike(url) => Self::Alike,
            Err(EndpointError::Foreign(_)) => Self::Foreign,
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeArtifact(Some(RepositoryEndpoint { domain, repository, .. })) => {
                write!(formatter, "CodeArtifact: repository `{repository}`, {domain}")
            }
            _ => write!(formatter, "the source's host is CodeArtifact's"),
        }
    }
}

/// Whether people would take the URL's host for one of CodeArtifact. After the colon of
/// `user:password`, each `@` may be the one before the host, because people paste passwords that
/// contain `@`, `/`, `?` and `#`.
fn is_alike(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let colon = rest.find(':').unwrap_or(rest.len());
    let after_user = rest[colon..].match_indices('@').map(|(at, _)| &rest[colon + at + 1..]);
    let mut readings = after_user.chain([rest]);
    readings.any(|reading| resembles_codeartifact(UrlParts::strict(reading).authority))
}

/// Why the URL itself may contain a secret, if so.
fn secret_in(url: &str, kind: &SourceKind) -> Option<&'static str> {
    let parts = match kind {
        // A URL that the plugin serves has no user, so a later `@` belongs to the path.
        SourceKind::CodeArtifact(_) => UrlParts::strict(url),
        SourceKind::Alike | SourceKind::Foreign => UrlParts::tolerant(url),
    };
    if parts.user.is_some_and(|user| user.contains(':')) {
        Some("the source's URL contains a password, so NuGet does not call the plugin for it")
    } else if !parts.tail.is_empty() {
        Some("the source's URL has a query, which may contain a key")
    } else {
        None
    }
}

/// Whether the user listed the URL's host as one of CodeArtifact: without the secret the plugin
/// would serve it.
fn is_at_listed_host(url: &str, provider: &Provider) -> bool {
    let bare = format!("https://{}/", UrlParts::tolerant(url).authority);
    !matches!(provider.endpoint(&bare), Err(EndpointError::Foreign(_)))
}

/// A source of a file.
#[derive(Debug)]
struct KnownSource {
    file: PathBuf,
    name: String,
    kind: SourceKind,
    /// Why its URL may contain a secret, and the range of its element.
    secret: Option<(&'static str, Range<usize>)>,
}

impl KnownSource {
    fn is_ours(&self) -> bool {
        matches!(self.kind, SourceKind::CodeArtifact(_))
    }
}

/// Every source of every file. Several may have the same name.
#[derive(Debug)]
pub struct KnownSources {
    all: Vec<KnownSource>,
    /// The places of the sources with a name, in lower case.
    by_name: HashMap<String, Vec<usize>>,
}

/// Determines which sources belong to CodeArtifact.
pub fn kinds_of_sources(
    config: &NugetConfig,
    environment: &Environment,
    provider: &Provider,
) -> KnownSources {
    let sources = config.mentioned_sources(environment).into_iter();
    let known = sources.map(|source| {
        let url = source.url.trim();
        let kind = SourceKind::of(url, provider);
        let secret = secret_in(url, &kind)
            .filter(|_| !matches!(kind, SourceKind::Foreign) || is_at_listed_host(url, provider));
        let secret = secret.map(|reason| (reason, source.range));
        KnownSource { file: source.file, name: source.name, kind, secret }
    });
    KnownSources::of(known.collect())
}

/// The findings of one file, in its order.
pub fn in_layer(
    layer: &Layer,
    sources: &KnownSources,
) -> Result<Vec<SavedCredentials>, ConfigError> {
    let path = layer.file.path();
    let mut findings = Vec::new();
    // A name is judged once: a file may have thousands of entries and sources with the same one.
    let mut judged = HashMap::new();
    for entry in &layer.document.all_credentials {
        let known = judged.entry((&entry.name, sign_of_login(entry)));
        let judged = known.or_insert_with(|| sources.judge(entry, path)).clone();
        if let Some((is_certain, reason)) = judged {
            let found = SavedCredentials::uncertain(&entry.name, &reason, entry.range.clone());
            findings.push(SavedCredentials {
                password: entry.password.clone(),
                is_certain,
                ..found
            });
        }
    }
    for known in sources.all.iter().filter(|known| known.file == path) {
        if let Some((reason, range)) = &known.secret {
            findings.push(SavedCredentials::uncertain(&known.name, reason, range.clone()));
        }
    }
    for range in &layer.document.commented_credentials {
        let reason = "NuGet ignores it, but it may contain a token";
        findings.push(SavedCredentials::uncertain("a comment", reason, range.clone()));
    }
    findings.sort_by_key(|found| found.range.start);
    add_lines_and_texts(&mut findings, layer)?;
    Ok(findings)
}

/// In one pass through the text, because a file may have thousands of findings.
fn add_lines_and_texts(
    findings: &mut [SavedCredentials],
    layer: &Layer,
) -> Result<(), ConfigError> {
    let text = layer.file.text();
    let ranges: Vec<_> = findings.iter().map(|found| found.range.clone()).collect();
    let shown = without_secrets(text, layer.file.path(), &ranges)?;
    let (mut line, mut at) = (1, 0);
    for (found, shown) in findings.iter_mut().zip(shown) {
        line += text[at..found.range.start].matches('\n').count();
        at = found.range.start;
        (found.line, found.shown) = (line, shown);
    }
    Ok(())
}

impl KnownSources {
    fn of(all: Vec<KnownSource>) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, known) in all.iter().enumerate() {
            by_name.entry(known.name.to_lowercase()).or_default().push(place);
        }
        Self { all, by_name }
    }

    /// Whether the entry of this file certainly belongs to CodeArtifact, and why; none if nothing
    /// suggests it.
    fn judge(&self, entry: &CredentialsEntry, file: &Path) -> Option<(bool, String)> {
        let places = self.by_name.get(&entry.name.to_lowercase()).into_iter().flatten();
        let named: Vec<&KnownSource> = places.map(|place| &self.all[*place]).collect();
        let sign = sign_of_login(entry);
        let Some(ours) = named.iter().find(|known| known.is_ours()) else {
            return judge_without_source(&named, sign);
        };
        // The file's own source with this name takes precedence over those of other files.
        let mut here = named.iter().filter(|known| known.file == file).peekable();
        let is_theirs_here = here.peek().is_some() && !here.any(|known| known.is_ours());
        let is_only_ours = named.iter().all(|known| known.is_ours());
        let is_exact = named.iter().any(|known| known.name == entry.name && known.is_ours());
        let is_certain = !is_theirs_here && (sign.is_some() || is_exact && is_only_ours);
        let reason = match (is_certain, sign) {
            (true, Some(Sign::Variable)) => Sign::Variable.to_string(),
            (true, _) => ours.kind.to_string(),
            (false, _) => {
                format!("{}, but another provider also has a source of that name", ours.kind)
            }
        };
        Some((is_certain, reason))
    }
}

/// The marks that `aws codeartifact login` and login scripts leave in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sign {
    Variable,
    UserName,
}

impl fmt::Display for Sign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => write!(formatter, "the password is `%{TOKEN_VARIABLE}%`"),
            Self::UserName => write!(formatter, "the user is `{USER_NAME}`"),
        }
    }
}

fn sign_of_login(entry: &CredentialsEntry) -> Option<Sign> {
    if entry.password == Some(Password::Variable(TOKEN_VARIABLE.to_owned())) {
        return Some(Sign::Variable);
    }
    (entry.user_name.as_deref() == Some(USER_NAME)).then_some(Sign::UserName)
}

/// Judges an entry whose source belongs to CodeArtifact in no file.
fn judge_without_source(named: &[&KnownSource], sign: Option<Sign>) -> Option<(bool, String)> {
    if named.iter().any(|known| matches!(known.kind, SourceKind::Alike)) {
        return Some((false, "the source's URL looks like CodeArtifact's".to_owned()));
    }
    match (named.is_empty(), sign?) {
        (true, Sign::Variable) => Some((true, Sign::Variable.to_string())),
        (true, sign) => Some((false, format!("{sign}, but no file has a source of that name"))),
        (false, Sign::Variable) => {
            Some((false, format!("{}, but the source is another provider's", Sign::Variable)))
        }
        (false, Sign::UserName) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> KnownSources {
        let known = |file: &str, name: &str, kind| KnownSource {
            file: file.into(),
            name: name.to_owned(),
            kind,
            secret: None,
        };
        KnownSources::of(vec![
            known("user", "ours", SourceKind::CodeArtifact(None)),
            known("user", "theirs", SourceKind::Foreign),
            known("user", "alike", SourceKind::Alike),
            known("user", "both", SourceKind::CodeArtifact(None)),
            known("project", "BOTH", SourceKind::Foreign),
        ])
    }

    fn judge(user_name: &str, password: Password, name: &str, file: &str) -> Option<bool> {
        let entry = CredentialsEntry {
            name: name.to_owned(),
            user_name: Some(user_name.to_owned()),
            password: Some(password),
            range: 0..0,
        };
        sources().judge(&entry, Path::new(file)).map(|(is_certain, _)| is_certain)
    }

    #[test]
    fn only_what_is_surely_ours_is_certain() {
        for (user_name, name, certain) in [
            ("aws", "ours", Some(true)),
            ("me", "ours", Some(true)),
            ("aws", "OURS", Some(true)),
            ("me", "OURS", Some(false)),
            ("aws", "both", Some(true)),
            ("me", "both", Some(false)),
            ("aws", "theirs", None),
            ("me", "theirs", None),
            ("aws", "gone", Some(false)),
            ("me", "gone", None),
            ("me", "alike", Some(false)),
        ] {
            let judged = judge(user_name, Password::ClearText, name, "other");
            assert_eq!(judged, certain, "{user_name} {name}");
        }
    }

    #[test]
    fn what_the_file_says_of_a_name_goes_before_what_others_say() {
        let of = |file| judge("aws", Password::ClearText, "both", file);
        assert_eq!([of("user"), of("project"), of("third")], [Some(true), Some(false), Some(true)]);
    }

    #[test]
    fn the_variable_of_login_scripts_is_ours_unless_the_source_is_not() {
        let of = |name| judge("me", Password::Variable(TOKEN_VARIABLE.into()), name, "user");
        assert_eq!(["ours", "gone", "theirs"].map(of), [Some(true), Some(true), Some(false)]);
    }

    #[test]
    fn a_url_tells_whether_it_looks_like_ours_and_holds_a_password() {
        let host = "d-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
        for (url, alike, password) in [
            (format!("http://{host}/nuget/r/v3/index.json"), true, false),
            (format!("https://aws:hunter2@{host}./x"), true, true),
            (format!("https://aws@{host}/x"), true, false),
            ("https://codeartifact.example.com/x".to_owned(), false, false),
            (format!("https://aws:hun/t?er#2@{host}/x"), true, true),
            (format!("https://aws:hun/ter2@{host}/x"), true, true),
            (format!("https://aws:hun?ter2@{host}/x"), true, true),
            (format!("https://aws:hun#t@er2@{host}/x"), true, true),
            (format!("https://aws:hun@t?er2@{host}/x"), true, true),
            (format!("https://mirror.example/x@{host}"), false, false),
            // .NET reads a backslash as a slash.
            (format!(r"https:\\{host}\nuget\r\v3\index.json"), true, false),
        ] {
            assert_eq!(is_alike(&url), alike, "{url}");
            let secret = secret_in(&url, &SourceKind::Alike);
            assert_eq!(secret.is_some_and(|it| it.contains("password")), password, "{url}");
        }
    }
}
