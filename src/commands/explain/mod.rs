//! `explain`: shows what is effective for a source's URL, and why, without network requests.

mod report;

use std::io;

use thiserror::Error;

use super::selection::{self, SelectionError};
use super::source::{self, SourceError};
use crate::base::invocation::command;
use crate::cli::state::ExplainArgs;
use crate::code::{Code, Coded};
use crate::endpoint::EndpointError;
use crate::provider::{Provider, ProviderError};
use crate::report::{Output, ReportedError};
use report::{Explanation, ForeignReport};

/// Why there would be no token, with the message of a restore.
#[derive(Debug, Error)]
pub enum ExplainError {
    #[error("This is {0}. The plugin ignores such sources.")]
    NotOurs(EndpointError),
    #[error(transparent)]
    Url(SelectionError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{0}")]
    Provider(Box<ProviderError>),
    #[error("The result cannot be written: {0}.")]
    Output(#[from] io::Error),
}

impl Coded for ExplainError {
    fn code(&self) -> Code {
        match self {
            Self::NotOurs(error) => error.code(),
            Self::Url(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Provider(error) => error.code(),
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Url(error) => error.fix(),
            Self::Source(error) => error.fix(),
            Self::Provider(error) => error.fix(),
            Self::NotOurs(_) => Some(format!(
                "If it is your own proxy for CodeArtifact, add its host: {}",
                command(["configure", "host", "add", "--help"])
            )),
            Self::Output(_) => None,
        }
    }
}

/// Prints everything that is known on `out`, and fails if a restore would fail before it calls AWS.
pub async fn run(
    args: &ExplainArgs,
    provider: &Provider,
    out: &mut Output<'_>,
) -> Result<(), ExplainError> {
    let url = &source::url_of(args.url.as_deref(), provider)?;
    let endpoint = match provider.endpoint(url) {
        Ok(endpoint) => endpoint,
        Err(error) => return explain_foreign(url, error, provider, out),
    };
    let resolved = provider.resolve(&endpoint);
    let problem = Box::pin(provider.problem(&resolved))
        .await
        .map(|error| ExplainError::Provider(Box::new(error)));
    let report = Box::pin(Explanation::of(url, &endpoint, &resolved, provider)).await;
    if out.is_json() {
        let error = problem.as_ref().map(|error| ReportedError::of(error));
        out.json(&report, error.as_slice())?;
    } else {
        report.rows().print(out)?;
    }
    problem.map_or(Ok(()), Err)
}

fn explain_foreign(
    url: &str,
    error: EndpointError,
    provider: &Provider,
    out: &mut Output<'_>,
) -> Result<(), ExplainError> {
    let (problem, error) = match selection::url_error(url, error, provider) {
        SelectionError::NotOurs(reason) => (reason.to_string(), ExplainError::NotOurs(reason)),
        other => (other.to_string(), ExplainError::Url(other)),
    };
    let report = ForeignReport::new(url, problem);
    if out.is_json() {
        out.json(&report, &[ReportedError::of(&error)])?;
    } else {
        report.rows().print(out)?;
    }
    Err(error)
}
