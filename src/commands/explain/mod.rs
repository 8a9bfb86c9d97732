//! `explain`: what holds for a source's URL, and why, without asking anybody.

mod report;
mod rows;

use std::io::{self, Write};

use thiserror::Error;

use super::selection::{self, SelectionError};
use crate::cli::state::ExplainArgs;
use crate::endpoint::{Domain, EndpointError};
use crate::provider::{Provider, ProviderError};

/// Why there would be no token: as a restore says it.
#[derive(Debug, Error)]
pub enum ExplainError {
    #[error(
        "{0}; nothing is to be done for somebody else's source, and a host of your own is added with `nuget-plugin-codeartifact configure host add`"
    )]
    NotOurs(EndpointError),
    #[error(transparent)]
    Url(SelectionError),
    #[error("no token for {domain}: {error}")]
    Provider { domain: Domain, error: ProviderError },
    #[error("the result cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Prints all that can be told on `out`, and fails where a restore would before it asks anybody.
pub async fn run(
    args: &ExplainArgs,
    provider: &Provider,
    out: &mut dyn Write,
) -> Result<(), ExplainError> {
    let endpoint = match provider.endpoint(&args.url) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            let error = match selection::url_error(&args.url, error, provider) {
                SelectionError::NotOurs(reason) => ExplainError::NotOurs(reason),
                other => ExplainError::Url(other),
            };
            let problem = match &error {
                ExplainError::NotOurs(reason) => reason.to_string(),
                other => other.to_string(),
            };
            if args.json {
                writeln!(out, "{}", report::of_foreign(&args.url, &problem))?;
            } else {
                rows::of_foreign(&args.url, &problem).print(out)?;
            }
            return Err(error);
        }
    };
    let explanation = Box::pin(provider.explain(&endpoint)).await;
    let problem = explanation.problem.clone().map(|error| {
        let domain = endpoint.domain.clone();
        ExplainError::Provider { domain, error }
    });
    if args.json {
        let problem = problem.as_ref().map(ToString::to_string);
        writeln!(out, "{}", report::of(&args.url, &endpoint, &explanation, problem.as_deref()))?;
    } else {
        rows::of(&args.url, &endpoint, &explanation, Provider::clock()).print(out)?;
    }
    problem.map_or(Ok(()), Err)
}
