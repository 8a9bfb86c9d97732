//! Which saved credentials are CodeArtifact's.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::environment::Environment;
use crate::base::url::UrlParts;
use crate::endpoint::{EndpointError, RepositoryEndpoint, resembles_codeartifact};
use crate::nuget_config::{
    ConfigError, CredentialsEntry, Layer, Mentioned, NugetConfig, Password, without_secrets,
};
use crate::provider::Provider;

/// The user name of every token.
const USER_NAME: &str = "aws";

/// The variable that login scripts put the token into.
const TOKEN_VARIABLE: &str = "CODEARTIFACT_AUTH_TOKEN";

/// Credentials that are CodeArtifact's, or may be.
#[derive(Debug)]
pub struct Finding {
    /// The source's name.
    pub source: String,
    /// Where it begins, from 1.
    pub line: usize,
    /// How the password is saved; none where none is.
    pub password: Option<Password>,
    /// Whether it is CodeArtifact's for sure: nothing else is ever removed.
    pub is_certain: bool,
    /// Why it is taken for CodeArtifact's.
    pub reason: String,
    /// What would go, without its secrets.
    pub shown: String,
    pub range: Range<usize>,
}

impl Finding {
    /// One that only the user can judge, with a password in clear text.
    fn new(source: &str, reason: &str, range: Range<usize>) -> Self {
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

/// Whose a source is.
#[derive(Debug)]
enum Kind {
    CodeArtifact(Option<RepositoryEndpoint>),
    /// A host of CodeArtifact's by a URL that the plugin does not serve: plain http, with a user.
    Alike,
    Foreign,
}

impl Kind {
    fn of(url: &str, provider: &Provider) -> Self {
        match provider.endpoint(url) {
            Ok(endpoint) => Self::CodeArtifact(Some(endpoint)),
            Err(EndpointError::Path { .. }) => Self::CodeArtifact(None),
            Err(EndpointError::Foreign(_)) if is_alike(url) => Self::Alike,
            Err(EndpointError::Foreign(_)) => Self::Foreign,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeArtifact(Some(RepositoryEndpoint { domain, repository, .. })) => {
                write!(formatter, "CodeArtifact: repository `{repository}`, {domain}")
            }
            _ => write!(formatter, "the source's host is CodeArtifact's"),
        }
    }
}

/// Whether people would say that the host is CodeArtifact's.
fn is_alike(url: &str) -> bool {
    resembles_codeartifact(UrlParts::tolerant(url).host())
}

/// A source of a file.
#[derive(Debug)]
struct Known {
    file: PathBuf,
    name: String,
    kind: Kind,
    /// Of a URL that holds a password itself.
    secret: Option<Range<usize>>,
}

/// Every source of every file: a name may be there twice.
#[derive(Debug)]
pub struct Sources(Vec<Known>);

/// Tells whose the sources are.
pub fn kinds_of_sources(
    config: &NugetConfig,
    environment: &Environment,
    provider: &Provider,
) -> Sources {
    let sources = config.mentioned_sources(environment).into_iter();
    let known = sources.map(|Mentioned { file, name, url, range }| {
        let kind = Kind::of(url.trim(), provider);
        let is_secret = !matches!(kind, Kind::Foreign) && has_password(&url);
        Known { file, name, kind, secret: is_secret.then_some(range) }
    });
    Sources(known.collect())
}

fn has_password(url: &str) -> bool {
    UrlParts::tolerant(url).user.is_some_and(|user| user.contains(':'))
}

/// The findings of one file, in its order.
pub fn in_layer(layer: &Layer, sources: &Sources) -> Result<Vec<Finding>, ConfigError> {
    let path = layer.file.path();
    let mut findings = Vec::new();
    for entry in &layer.document.all_credentials {
        if let Some((is_certain, reason)) = sources.judge(entry, path) {
            let (password, range) = (entry.password.clone(), entry.range.clone());
            let finding =
                Finding { password, is_certain, ..Finding::new(&entry.name, &reason, range) };
            findings.push(finding);
        }
    }
    for known in sources.0.iter().filter(|known| known.file == path) {
        let reason = "the source's URL holds a password, and the plugin is never asked for it";
        let secret = known.secret.clone();
        findings.extend(secret.map(|range| Finding::new(&known.name, reason, range)));
    }
    for range in &layer.document.commented_credentials {
        let reason = "NuGet passes it over, but it may hold a token";
        findings.push(Finding::new("a comment", reason, range.clone()));
    }
    findings.sort_by_key(|finding| finding.range.start);
    complete(&mut findings, layer)?;
    Ok(findings)
}

/// Adds lines and what is shown, in one walk through the text: a file may have thousands of findings.
fn complete(findings: &mut [Finding], layer: &Layer) -> Result<(), ConfigError> {
    let text = layer.file.text();
    let ranges: Vec<_> = findings.iter().map(|finding| finding.range.clone()).collect();
    let shown = without_secrets(text, layer.file.path(), &ranges)?;
    let (mut line, mut at) = (1, 0);
    for (finding, shown) in findings.iter_mut().zip(shown) {
        let start = finding.range.start;
        line += text[at..start].matches('\n').count();
        at = start;
        (finding.line, finding.shown) = (line, shown);
    }
    Ok(())
}

impl Sources {
    /// Whether the entry of this file is CodeArtifact's for sure, and why; none where nothing speaks for
    /// it.
    fn judge(&self, entry: &CredentialsEntry, file: &Path) -> Option<(bool, String)> {
        let is_named = |known: &&Known| known.name.to_lowercase() == entry.name.to_lowercase();
        let named: Vec<&Known> = self.0.iter().filter(is_named).collect();
        let sign = sign_of_login(entry);
        let Some(ours) = named.iter().find(|known| known.is_ours()) else {
            return judge_without_source(&named, sign);
        };
        // What the file itself says of the name goes before what others say.
        let mut here = named.iter().filter(|known| known.file == file).peekable();
        let is_theirs_here = here.peek().is_some() && !here.any(|known| known.is_ours());
        let is_only_ours = named.iter().all(|known| known.is_ours());
        let is_exact = named.iter().any(|known| known.name == entry.name && known.is_ours());
        let is_certain = !is_theirs_here && (sign.is_some() || is_exact && is_only_ours);
        Some(match (is_certain, sign) {
            (true, Some(Sign::Variable)) => (true, Sign::Variable.to_string()),
            (true, _) => (true, ours.kind.to_string()),
            (false, _) => {
                let reason = "but a source of that name is somebody else's as well";
                (false, format!("{}, {reason}", ours.kind))
            }
        })
    }
}

impl Known {
    fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::CodeArtifact(_))
    }
}

/// What `aws codeartifact login` and login scripts leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Of an entry whose source is nowhere CodeArtifact's.
fn judge_without_source(named: &[&Known], sign: Option<Sign>) -> Option<(bool, String)> {
    if named.iter().any(|known| matches!(known.kind, Kind::Alike)) {
        return Some((false, "the source's URL looks like CodeArtifact's".to_owned()));
    }
    match (named.is_empty(), sign?) {
        (true, Sign::Variable) => Some((true, Sign::Variable.to_string())),
        (true, sign) => Some((false, format!("{sign}, but no file has a source of that name"))),
        (false, Sign::Variable) => {
            Some((false, format!("{}, but the source is somebody else's", Sign::Variable)))
        }
        (false, Sign::UserName) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Sources {
        let known = |file: &str, name: &str, kind| Known {
            file: file.into(),
            name: name.to_owned(),
            kind,
            secret: None,
        };
        Sources(vec![
            known("user", "ours", Kind::CodeArtifact(None)),
            known("user", "theirs", Kind::Foreign),
            known("user", "alike", Kind::Alike),
            known("user", "both", Kind::CodeArtifact(None)),
            known("project", "BOTH", Kind::Foreign),
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
            (format!("https://aws:hun/t?er#2@{host}/x"), true, true),
            ("https://codeartifact.example.com/x".to_owned(), false, false),
        ] {
            assert_eq!((is_alike(&url), has_password(&url)), (alike, password), "{url}");
        }
    }
}
