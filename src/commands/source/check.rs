//! `source check`: requests the index of sources with a token, as NuGet would.

use std::io::{self, Write};

use serde::Serialize;

use super::{SourceContext, SourceError};
use crate::aws::SourceAnswer;
use crate::base::log::Timing;
use crate::base::text::excerpt;
use crate::base::url::redacted;
use crate::cli::source::SourceCheckArgs;
use crate::code::Code;
use crate::code::Coded;
use crate::endpoint::RepositoryEndpoint;
use crate::provider::Asked;
use crate::report::{Output, ReportedError};

/// Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
struct CheckReport {
    sources: Vec<CheckedSource>,
}

#[derive(Debug, Serialize)]
struct CheckedSource {
    /// Null if the user named a URL that is not in NuGet.Config.
    name: Option<String>,
    url: String,
    /// The HTTP status of the response; null if there was none.
    status: Option<u16>,
    /// The identity of the token; null if there was no token.
    identity: Option<String>,
    /// Null if there is no problem.
    problem: Option<String>,
    #[serde(skip)]
    took: String,
}

/// Checks the named source, or every enabled source of CodeArtifact.
pub async fn run(
    args: &SourceCheckArgs,
    context: &SourceContext<'_>,
    out: &mut Output<'_>,
) -> Result<(), SourceError> {
    let mut sources = Vec::new();
    for (name, url) in wanted(args, context)? {
        let waiting = (context.wait)("an answer");
        let checked = check(name, url, context).await;
        drop(waiting);
        if !out.is_json() {
            print(&checked, out)?;
        }
        sources.push(checked);
    }
    let (all, count) = (sources.len(), sources.iter().filter(|it| it.problem.is_some()).count());
    if out.is_json() {
        let problems = sources.iter().filter_map(|source| source.problem.clone());
        let errors: Vec<_> =
            problems.map(|it| ReportedError::new(Code::SourcesUnusable, it)).collect();
        out.json(&CheckReport { sources }, &errors)?;
    }
    if count == 0 { Ok(()) } else { Err(SourceError::Unusable { count, all }) }
}

/// The names and URLs of the sources.
fn wanted(
    args: &SourceCheckArgs,
    context: &SourceContext<'_>,
) -> Result<Vec<(Option<String>, String)>, SourceError> {
    let sources = context.config()?.sources(context.environment);
    let Some(named) = &args.source else {
        let ours = super::enabled(sources, context.provider)?;
        return Ok(ours.into_iter().map(|source| (Some(source.name), source.url)).collect());
    };
    match super::find(&sources, named) {
        Ok(source) => Ok(vec![(Some(source.name.clone()), source.url.clone())]),
        Err(_) if named.contains("://") => Ok(vec![(None, named.clone())]),
        Err(unknown) => Err(unknown),
    }
}

async fn check(name: Option<String>, url: String, context: &SourceContext<'_>) -> CheckedSource {
    let timing = Timing::start();
    let (status, identity, problem) = match context.provider.endpoint(&url) {
        Ok(endpoint) => ask(&url, &endpoint, context).await,
        Err(error) => {
            let refused = context.provider.refused_host(&url);
            (None, None, Some(refused.unwrap_or_else(|| error.to_string())))
        }
    };
    let url = redacted(&url);
    CheckedSource { name, url, status, identity, problem, took: timing.to_string() }
}

async fn ask(
    url: &str,
    endpoint: &RepositoryEndpoint,
    context: &SourceContext<'_>,
) -> (Option<u16>, Option<String>, Option<String>) {
    let resolved = context.provider.resolve(endpoint);
    match context.provider.ask_source(url, &resolved).await {
        Ok(Asked { answer, label }) => {
            let problem = problem(answer, endpoint, &label);
            (Some(answer.status), Some(label), problem)
        }
        Err(error) => (None, None, Some(error.text())),
    }
}

/// The code of the problem with a response of this status.
pub fn code(status: u16) -> Code {
    match status {
        401 | 403 => Code::RepositoryRefused,
        404 => Code::RepositoryNotFound,
        407 => Code::ProxyPassword,
        429 => Code::Throttled,
        300..=399 => Code::Redirected,
        _ => Code::UnexpectedResponse,
    }
}

/// The problem with a response, and its fix; none if it is an index.
pub fn problem(answer: SourceAnswer, endpoint: &RepositoryEndpoint, label: &str) -> Option<String> {
    let RepositoryEndpoint { domain, repository, .. } = endpoint;
    let status = answer.status;
    Some(match status {
        200 if answer.is_index => return None,
        200..=299 => "The response is not a NuGet index. Check the URL, and the network path to AWS."
            .to_owned(),
        300..=399 => format!(
            "HTTP {status} is a redirect, which is not followed with a token. Check the URL, and the \
             network path to AWS."
        ),
        401 => format!(
            "HTTP 401: the token of {label} is refused, and a new one as well. Check domain, owner and \
             region in the URL, and the clock."
        ),
        403 => format!(
            "HTTP 403: the token of {label} is valid, but may not read `{repository}`. Allow \
             `codeartifact:ReadFromRepository` in the identity's policy and, for another account's \
             domain, in the policy of the repository or the domain."
        ),
        404 => format!(
            "HTTP 404: repository `{repository}` does not exist in {domain}. List its repositories: aws \
             codeartifact list-repositories-in-domain --domain {} --domain-owner {} --region {}",
            domain.name, domain.owner, domain.region
        ),
        407 => "HTTP 407: the proxy requires a user and a password, which NuGet would not send either. \
                Put them into HTTPS_PROXY."
            .to_owned(),
        429 => "HTTP 429: too many requests. Wait a minute and try again.".to_owned(),
        500.. => format!("HTTP {status}: the source has an internal error. Try again later."),
        _ => format!("HTTP {status}, which is not the response of a NuGet source. Check the URL."),
    })
}

fn print(checked: &CheckedSource, out: &mut dyn Write) -> io::Result<()> {
    let name = excerpt(checked.name.as_ref().unwrap_or(&checked.url));
    match (&checked.problem, &checked.identity) {
        (Some(problem), _) => writeln!(out, "failed: {name}: {problem}"),
        (None, Some(identity)) => {
            writeln!(out, "ok: {name}: HTTP 200 with the token of {identity} ({})", checked.took)
        }
        (None, None) => writeln!(out, "ok: {name}"),
    }
}
