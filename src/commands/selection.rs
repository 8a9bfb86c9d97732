//! Which token a command needs, and getting it from the plugin's own provider.

use std::io;
use std::time::SystemTime;

use thiserror::Error;

use super::named::{self, OptionError};
use super::source::{self, SourceError};
use crate::base::panic::Panicked;
use crate::base::secret::Secret;
use crate::cli::SelectionArgs;
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, EndpointError, is_repository};
use crate::provider::{Need, Provider, ProviderError, Served, Target};

/// Why there is no token.
#[derive(Debug, Error)]
pub enum SelectionError {
    #[error("This is {0}.")]
    NotOurs(EndpointError),
    #[error(transparent)]
    Path(EndpointError),
    #[error("{0}")]
    RefusedHost(String),
    #[error("{0}")]
    Settings(Box<ProviderError>),
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{0}")]
    Provider(Box<ProviderError>),
    #[error("AWS issued a token for {domain} that has already expired by this machine's clock.")]
    Expired { domain: Domain },
    #[error("The system cannot start network requests: {0}.")]
    Runtime(#[from] io::Error),
    #[error(transparent)]
    Defect(#[from] Panicked),
}

impl Coded for SelectionError {
    fn code(&self) -> Code {
        match self {
            Self::NotOurs(error) | Self::Path(error) => error.code(),
            Self::RefusedHost(_) => Code::HostNotAllowed,
            Self::Settings(error) | Self::Provider(error) => error.code(),
            Self::Option(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Expired { .. } => Code::ClockWrong,
            Self::Runtime(error) => error.code(),
            Self::Defect(error) => error.code(),
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Settings(error) | Self::Provider(error) => error.fix(),
            Self::Path(error) => error.fix(),
            Self::Source(error) => error.fix(),
            Self::NotOurs(_) => Some(
                "Give the name of a source, `--domain` with `--domain-owner` and `--region`, or a \
                 repository's URL: \
                 https://<domain>-<owner>.d.codeartifact.<region>.amazonaws.com/nuget/<repository>/v3/index.json"
                    .to_owned(),
            ),
            Self::Expired { .. } => Some("Set this machine's clock.".to_owned()),
            Self::Option(error) => error.fix(),
            Self::RefusedHost(_) | Self::Runtime(_) | Self::Defect(_) => None,
        }
    }
}

/// A domain and a token for it.
#[derive(Debug)]
pub struct Fetched {
    pub domain: Domain,
    pub secret: Secret,
    pub expiration: Option<SystemTime>,
}

/// The token that the arguments select, from a provider with their options. It is never a provided
/// token.
pub async fn fetch(args: &SelectionArgs, provider: &Provider) -> Result<Fetched, SelectionError> {
    let target = if args.domain.is_some() {
        Target { domain: named_domain(args)?, repository: named_repository(args)?, host: None }
    } else {
        let url = source::url_of(args.url.as_deref(), provider)?;
        let endpoint = provider.endpoint(&url).map_err(|error| url_error(&url, error, provider))?;
        Target { host: None, ..Target::from(&endpoint) }
    };
    let resolved = provider.resolve_target(target);
    let domain = resolved.target.domain.clone();
    served(provider.token(&resolved, &Need::Any, None).await, domain)
}

/// The provider's outcome, if the token can still be used.
pub(super) fn served(
    outcome: Result<Served, ProviderError>,
    domain: Domain,
) -> Result<Fetched, SelectionError> {
    match outcome {
        Ok(Served { expiration: Some(end), .. }) if end <= Provider::clock() => {
            Err(SelectionError::Expired { domain })
        }
        Ok(Served { secret, expiration, .. }) => Ok(Fetched { domain, secret, expiration }),
        Err(error) => Err(SelectionError::Provider(Box::new(error))),
    }
}

/// Why a URL names no repository that may get a token.
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

fn named_domain(args: &SelectionArgs) -> Result<Domain, OptionError> {
    let SelectionArgs { domain, domain_owner, region, .. } = args;
    named::domain([domain.as_deref(), domain_owner.as_deref(), region.as_deref()])
}

fn named_repository(args: &SelectionArgs) -> Result<Option<String>, OptionError> {
    let Some(name) = args.repository.as_deref() else { return Ok(None) };
    let expected = "2 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`";
    named::checked("--repository", Some(name), is_repository, expected).map(Some)
}
