//! Tokens for the sources that NuGet uses in this folder, in the variables where NuGet looks for
//! credentials before it reads them from a file or starts a plugin.

use std::collections::HashSet;
use std::future::{self, Future};
use std::task::Poll;

use super::{ExecError, NoToken, Tokens};
use crate::base::secret::Secret;
use crate::base::text::{excerpt, printable};
use crate::base::url::redacted;
use crate::cli::ExecArgs;
use crate::code::Coded;
use crate::commands::selection::{Fetched, SelectionError, served};
use crate::commands::source::{self, SourceError};
use crate::endpoint::RepositoryEndpoint;
use crate::nuget_config::{CREDENTIALS_VARIABLE, NugetConfig, Source};
use crate::provider::{Need, Provider, Resolved};
use crate::settings::{AUTH_TOKEN, AUTH_TOKEN_FILE};

/// How many tokens are requested at once. AWS allows 40 requests a second per account and region.
const AT_ONCE: usize = 16;

/// A token, and the sources that it is for.
struct Request {
    resolved: Resolved,
    names: Vec<String>,
}

impl Request {
    /// Whether the plugin would give the same token for the other repository. It may not give it one
    /// that the user provides, if that repository has refused it.
    fn serves(&self, other: &Resolved, are_tokens_provided: bool) -> bool {
        let (ours, theirs) = (&self.resolved.target, &other.target);
        (&ours.domain, ours.host, self.resolved.rule())
            == (&theirs.domain, theirs.host, other.rule())
            && (!are_tokens_provided || ours.repository == theirs.repository)
    }
}

/// Tokens for the enabled `CodeArtifact` sources of this folder, or for the named ones: those that
/// the plugin would hand to NuGet. If one source gets none, nothing does.
pub async fn fetch(args: &ExecArgs, provider: &Provider) -> Result<Tokens, ExecError> {
    let config = match &args.configfile {
        Some(file) if !file.exists() => {
            return Err(ExecError::NoConfig(printable(&file.to_string_lossy())));
        }
        Some(file) => NugetConfig::of_file(file).map_err(SourceError::from)?,
        None => source::config_here(provider.locations())?,
    };
    let mut all = config.sources(provider.environment());
    all.extend(config.audit_sources(provider.environment()));
    let chosen = if args.source.is_empty() {
        source::enabled(all.clone(), provider)?
    } else {
        let named = args.source.iter().map(|asked| Ok(source::find(&all, asked)?.clone()));
        named.collect::<Result<_, SourceError>>()?
    };
    let requests = requests(&chosen, &all, provider)?;
    let mut outcomes = Vec::new();
    for some in requests.chunks(AT_ONCE) {
        outcomes.extend(together(some.iter().map(|it| token(&it.resolved, provider))).await);
    }
    tokens(requests, outcomes)
}

/// Sources that get the same token share a request.
fn requests(
    chosen: &[Source],
    all: &[Source],
    provider: &Provider,
) -> Result<Vec<Request>, ExecError> {
    let environment = provider.environment();
    let variables = [AUTH_TOKEN, AUTH_TOKEN_FILE];
    let are_tokens_provided = variables.iter().any(|name| environment.path(name).is_some());
    let mut requests: Vec<Request> = Vec::new();
    let mut seen = HashSet::new();
    for source in chosen.iter().filter(|source| seen.insert(&source.name)) {
        let resolved = provider.resolve(&endpoint_of(source, all, provider)?);
        let same = requests.iter_mut().find(|it| it.serves(&resolved, are_tokens_provided));
        match same {
            Some(request) => request.names.push(source.name.clone()),
            None => requests.push(Request { resolved, names: vec![source.name.clone()] }),
        }
    }
    Ok(requests)
}

/// The outcomes of all, in their order.
async fn together<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    let all_are_done = future::poll_fn(|context| {
        for (future, outcome) in running.iter_mut().filter(|(_, outcome)| outcome.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *outcome = Some(value);
            }
        }
        let is_done = running.iter().all(|(_, outcome)| outcome.is_some());
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    });
    all_are_done.await;
    running.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

/// Checks that the source's credentials can be in a variable, and that no other source gets them.
fn endpoint_of(
    source: &Source,
    all: &[Source],
    provider: &Provider,
) -> Result<RepositoryEndpoint, ExecError> {
    let shown = excerpt(&source.name);
    let endpoint = provider.endpoint(&source.url).map_err(|error| {
        let reason = provider.refused_host(&source.url).unwrap_or_else(|| error.to_string());
        ExecError::Foreign { name: shown.clone(), reason }
    })?;
    if source.name.contains('=') {
        return Err(ExecError::Unnameable(shown));
    }
    // A source of packages and one of vulnerability data may have the same name.
    let is_other = |other: &&Source| {
        let has_same_variable = if cfg!(windows) {
            other.name.to_lowercase() == source.name.to_lowercase()
        } else {
            other.name == source.name
        };
        let is_of_domain = |other: RepositoryEndpoint| other.domain == endpoint.domain;
        has_same_variable && !provider.endpoint(&other.url).is_ok_and(is_of_domain)
    };
    match all.iter().find(is_other) {
        Some(other) => {
            Err(ExecError::SharedName { name: shown, url: excerpt(&redacted(&other.url)) })
        }
        None => Ok(endpoint),
    }
}

async fn token(resolved: &Resolved, provider: &Provider) -> Result<Fetched, SelectionError> {
    let domain = resolved.target.domain.clone();
    served(provider.token(resolved, &Need::Any, None).await, domain)
}

/// All of them, or an error that names each source without one.
fn tokens(
    requests: Vec<Request>,
    outcomes: Vec<Result<Fetched, SelectionError>>,
) -> Result<Tokens, ExecError> {
    let (mut fetched, mut of_sources) = (Vec::new(), Vec::new());
    let mut failures: Vec<NoToken> = Vec::new();
    for (Request { names, .. }, outcome) in requests.into_iter().zip(outcomes) {
        match outcome {
            Ok(token) if !is_readable(&token.secret) => {
                return Err(ExecError::Unreadable(quoted(&names)));
            }
            Ok(token) => {
                let variables = names.iter().map(|name| format!("{CREDENTIALS_VARIABLE}{name}"));
                of_sources.extend(variables.map(|variable| (variable, token.secret.clone())));
                fetched.push(token);
            }
            Err(error) => {
                let (reason, fix) = (error.to_string(), error.fix());
                match failures.iter_mut().find(|it| it.reason == reason && it.fix == fix) {
                    Some(same) => same.names.extend(names),
                    None => failures.push(NoToken { names, code: error.code(), reason, fix }),
                }
            }
        }
    }
    if !failures.is_empty() {
        return Err(ExecError::NoTokens(failures));
    }
    // The user's own token may be for several domains: then its variable stays as it is.
    let is_same = |it: &[Fetched]| (&it[0].domain, &it[0].secret) == (&it[1].domain, &it[1].secret);
    let is_one = fetched.windows(2).all(is_same);
    let only = fetched.pop().filter(|_| is_one);
    Ok(Tokens { only, of_sources })
}

/// The sources, for a message.
pub(super) fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", excerpt(name))).collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("source{plural} {}", quoted.join(", "))
}

/// The value of a variable with credentials, as NuGet's pattern reads it: blanks around the whole are
/// trimmed, there is no escape, and the password ends at a line feed or at the third field.
///
/// That is `ValidAuthenticationTypes`. Older versions of NuGet take it for a part of the password, and
/// `CodeArtifact` asks for Basic alone, so it is left out.
pub(super) fn credentials(secret: &Secret) -> String {
    format!("Username=aws;Password={}", secret.expose())
}

/// Whether NuGet reads the token from [`credentials`] as it is.
fn is_readable(secret: &Secret) -> bool {
    let token = secret.expose();
    let is_visible = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_visible && !token.to_ascii_lowercase().contains(";validauthenticationtypes=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nuget_would_read_otherwise_is_refused() {
        for (token, is_good) in [
            ("eyJ2ZXIiOjEsImlzdSI6MTY.x-y_z+/=", true),
            ("a;b=c;Password=d", true),
            ("a;ValidAuthenticationTypes", true),
            ("a;validAUTHENTICATIONtypes=ntlm", false),
            ("a\nb", false),
            ("a ", false),
            ("", false),
            ("größe", false),
        ] {
            assert_eq!(is_readable(&Secret::new(token)), is_good, "{token}");
        }
    }
}
