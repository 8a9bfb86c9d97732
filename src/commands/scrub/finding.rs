//! Which saved credentials are CodeArtifact's.

use std::ops::Range;

use crate::endpoint::{EndpointError, RepositoryEndpoint};
use crate::nuget_config::{
    ConfigError, CredentialsEntry, Layer, NugetConfig, Password, without_secrets,
};
use crate::provider::Provider;
use crate::settings::Environment;

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
    pub line: u32,
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

/// Whose a source is.
#[derive(Debug)]
enum Kind {
    CodeArtifact(Option<RepositoryEndpoint>),
    Foreign,
}

/// Every source of every file, by name: a name may be there twice.
#[derive(Debug)]
pub struct Sources(Vec<(String, Kind)>);

/// Tells whose the sources are.
pub fn kinds_of_sources(
    config: &NugetConfig,
    environment: &Environment,
    provider: &Provider,
) -> Sources {
    let kind = |url: &str| match provider.endpoint(url) {
        Ok(endpoint) => Kind::CodeArtifact(Some(endpoint)),
        Err(EndpointError::Path { .. }) => Kind::CodeArtifact(None),
        Err(EndpointError::Foreign(_)) => Kind::Foreign,
    };
    let sources = config.mentioned_sources(environment).into_iter();
    Sources(sources.map(|(name, url)| (name, kind(&url))).collect())
}

/// The findings of one file, in its order.
pub fn in_layer(layer: &Layer, sources: &Sources) -> Result<Vec<Finding>, ConfigError> {
    let entries = layer.document.credentials.entries();
    let judged = entries.filter_map(|entry| Some((entry, sources.judge(entry)?)));
    let finding = |(entry, (is_certain, reason)): (&CredentialsEntry, _)| {
        let (text, path) = (layer.file.text(), layer.file.path());
        Ok(Finding {
            source: entry.name.clone(),
            line: entry.line,
            password: entry.password.clone(),
            is_certain,
            reason,
            shown: without_secrets(text, path, &entry.range)?,
            range: entry.range.clone(),
        })
    };
    judged.map(finding).collect()
}

impl Sources {
    /// Whether the entry is CodeArtifact's for sure, and why; none where nothing speaks for it.
    fn judge(&self, entry: &CredentialsEntry) -> Option<(bool, String)> {
        let is_aws = entry.user_name.as_deref() == Some(USER_NAME);
        let exact = |(name, _): &&(String, Kind)| *name == entry.name;
        let alike = |(name, _): &&(String, Kind)| name.to_lowercase() == entry.name.to_lowercase();
        let is_ours = |(_, kind): &(String, Kind)| matches!(kind, Kind::CodeArtifact(_));
        if entry.password == Some(Password::Variable(TOKEN_VARIABLE.to_owned())) {
            return Some((true, format!("the password is `%{TOKEN_VARIABLE}%`")));
        }
        let named: Vec<_> = self.0.iter().filter(alike).collect();
        let Some((_, Kind::CodeArtifact(endpoint))) = named.iter().find(|source| is_ours(source))
        else {
            let reason =
                if named.is_empty() { "no file has a source of that name" } else { return None };
            return is_aws.then(|| (false, format!("the user is `{USER_NAME}`, but {reason}")));
        };
        let is_only_ours = named.iter().all(|source| is_ours(source));
        let is_exact = self.0.iter().any(|source| exact(&source) && is_ours(source));
        let reason = match endpoint {
            Some(RepositoryEndpoint { domain, repository, .. }) => {
                format!("CodeArtifact: repository `{repository}`, {domain}")
            }
            None => "the source's host is CodeArtifact's".to_owned(),
        };
        if is_aws || is_exact && is_only_ours {
            return Some((true, reason));
        }
        Some((false, format!("{reason}, but a source of that name is somebody else's as well")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(user_name: &str, name: &str) -> Option<bool> {
        let source = |name: &str, kind| (name.to_owned(), kind);
        let sources = Sources(vec![
            source("ours", Kind::CodeArtifact(None)),
            source("theirs", Kind::Foreign),
            source("both", Kind::CodeArtifact(None)),
            source("BOTH", Kind::Foreign),
        ]);
        let entry = CredentialsEntry {
            name: name.to_owned(),
            user_name: Some(user_name.to_owned()),
            password: Some(Password::ClearText),
            range: 0..0,
            line: 1,
        };
        sources.judge(&entry).map(|(is_certain, _)| is_certain)
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
        ] {
            assert_eq!(judge(user_name, name), certain, "{user_name} {name}");
        }
    }
}
