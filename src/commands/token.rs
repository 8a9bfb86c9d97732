//! `token`: prints an authorization token, by the plugin's own provider.

use std::io::{self, Write};

use thiserror::Error;

use super::named::{self, OptionError};
use crate::cli::TokenArgs;
use crate::endpoint::{Domain, EndpointError};
use crate::provider::{Need, Provider, ProviderError, Wanted};

/// Why no token was printed.
#[derive(Debug, Error)]
pub enum TokenError {
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
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("no token for {domain}: {error}")]
    Provider { domain: Domain, error: Box<ProviderError> },
    #[error("the token cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Prints the token and a line end on `out`, and nothing else. It is never one that was given.
pub async fn run(
    args: &TokenArgs,
    provider: &Provider,
    out: &mut dyn Write,
) -> Result<(), TokenError> {
    let (domain, repository) = match &args.url {
        Some(url) => {
            let endpoint =
                provider.endpoint(url).map_err(|error| url_error(url, error, provider))?;
            (endpoint.domain, Some(endpoint.repository))
        }
        None => (named_domain(args)?, None),
    };
    let (repository, need) = (repository.as_deref(), &Need::Any);
    match provider.token(Wanted { domain: &domain, repository, host: None, need, user: None }).await
    {
        Ok(served) => Ok(writeln!(out, "{}", served.secret.expose())?),
        Err(error) => Err(TokenError::Provider { domain, error: Box::new(error) }),
    }
}

fn url_error(url: &str, error: EndpointError, provider: &Provider) -> TokenError {
    if let EndpointError::Path { .. } = error {
        return TokenError::Path(error);
    }
    if let Some(broken) = provider.broken_settings() {
        return TokenError::Settings(Box::new(broken));
    }
    let refusal = provider.refused_host(url);
    refusal.map_or(TokenError::NotOurs(error), TokenError::RefusedHost)
}

fn named_domain(args: &TokenArgs) -> Result<Domain, OptionError> {
    named::domain([&args.domain, &args.domain_owner, &args.region].map(Option::as_deref))
}
