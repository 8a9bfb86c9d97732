//! Which token a command is about, and getting it by the plugin's own provider.

use std::io;
use std::time::SystemTime;

use thiserror::Error;

use crate::cli::SelectionArgs;
use crate::endpoint::{Domain, EndpointError, is_domain, is_owner, is_region, is_repository};
use crate::provider::{Need, Provider, ProviderError, Served, Wanted};
use crate::secret::Secret;
use crate::settings::Chosen;
use crate::text::printable;

/// Why there is no token.
#[derive(Debug, Error)]
pub enum SelectionError {
    #[error(
        "{0}; give a repository's URL, as in \
         `https://<domain>-<owner>.d.codeartifact.<region>.amazonaws.com/nuget/<repository>/v3/index.json`, \
         or `--domain`, `--domain-owner` and `--region`"
    )]
    NotOurs(EndpointError),
    #[error(transparent)]
    Path(EndpointError),
    #[error("{0}")]
    RefusedHost(String),
    #[error("the URL may be of a host of your own, but {0}")]
    Settings(Box<ProviderError>),
    #[error("`{option}` is `{value}`: {expected}")]
    Option { option: &'static str, value: String, expected: &'static str },
    #[error("no token for {domain}: {error}")]
    Provider { domain: Domain, error: Box<ProviderError> },
    #[error("the system lets nothing be waited for: {0}")]
    Runtime(#[from] io::Error),
}

/// A domain and a token for it.
#[derive(Debug)]
pub struct Fetched {
    pub domain: Domain,
    pub secret: Secret,
    pub expiration: Option<SystemTime>,
}

/// The token that the arguments select. It is never one that was given.
pub async fn fetch(args: &SelectionArgs, provider: &Provider) -> Result<Fetched, SelectionError> {
    let (domain, repository) = match &args.url {
        Some(url) => {
            let endpoint =
                provider.endpoint(url).map_err(|error| url_error(url, error, provider))?;
            (endpoint.domain, Some(endpoint.repository))
        }
        None => (named_domain(args)?, named_repository(args)?),
    };
    let chosen = Chosen { profile: args.profile.clone(), duration: args.duration_seconds };
    let (repository, need) = (repository.as_deref(), &Need::Any);
    let wanted =
        Wanted { domain: &domain, repository, host: None, need, user: None, chosen: Some(&chosen) };
    match provider.token(wanted).await {
        Ok(Served { secret, expiration, .. }) => Ok(Fetched { domain, secret, expiration }),
        Err(error) => Err(SelectionError::Provider { domain, error: Box::new(error) }),
    }
}

/// Why a URL names no repository that a token is handed over for.
pub(super) fn url_error(url: &str, error: EndpointError, provider: &Provider) -> SelectionError {
    if let EndpointError::Path { .. } = error {
        return SelectionError::Path(error);
    }
    if let Some(broken) = provider.broken_settings() {
        return SelectionError::Settings(Box::new(broken));
    }
    let refusal = provider.refused_host(url);
    refusal.map_or(SelectionError::NotOurs(error), SelectionError::RefusedHost)
}

fn named_domain(args: &SelectionArgs) -> Result<Domain, SelectionError> {
    let named = |option, value: &Option<String>, check, expected| {
        checked(option, value.clone().unwrap_or_default(), check, expected)
    };
    Ok(Domain {
        name: named("--domain", &args.domain, is_domain, "2 to 50 of a-z, 0-9 and `-`")?,
        owner: named("--domain-owner", &args.domain_owner, is_owner, "it is twelve digits")?,
        region: named("--region", &args.region, is_region, "it is as in `us-east-1`")?,
    })
}

fn named_repository(args: &SelectionArgs) -> Result<Option<String>, SelectionError> {
    let Some(name) = args.repository.clone() else { return Ok(None) };
    let expected = "2 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`";
    checked("--repository", name, is_repository, expected).map(Some)
}

fn checked(
    option: &'static str,
    value: String,
    check: fn(&str) -> bool,
    expected: &'static str,
) -> Result<String, SelectionError> {
    if check(&value) {
        Ok(value)
    } else {
        Err(SelectionError::Option { option, value: printable(&value), expected })
    }
}
