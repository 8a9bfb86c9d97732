//! What is answered to an ask for credentials.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::console::Console;
use super::message::{AuthenticationCredentials, GetAuthenticationCredentials, ResponseCode};
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint};
use crate::log::Log;
use crate::provider::{Need, Provider, ProviderError, User, Wanted};
use crate::secret::Secret;

mod handed_out;

use handed_out::{HandedOut, Step};

/// Answers the asks of one conversation.
#[derive(Debug)]
pub struct Asks {
    provider: Arc<Provider>,
    log: Log,
    handed_out: Mutex<HandedOut>,
    /// Repositories whose refusal was explained: STS is asked for that, so once is enough.
    explained: Mutex<HashSet<(Domain, String)>>,
}

/// Why there are no credentials.
enum Refusal {
    /// Not our URL: silence.
    Foreign,
    /// Ours, and the user is told this line.
    Failed(String),
}

impl Asks {
    /// A new conversation's: nothing is handed out yet.
    pub fn new(provider: Arc<Provider>, log: Log) -> Self {
        Self { provider, log, handed_out: Mutex::default(), explained: Mutex::default() }
    }

    /// The answer; whatever explains it has been shown before this returns.
    pub async fn answer(
        &self,
        ask: &GetAuthenticationCredentials,
        console: &Console,
    ) -> AuthenticationCredentials {
        match self.credentials(ask, console).await {
            Ok(token) => AuthenticationCredentials::token(token),
            // Remembered by NuGet, so that we are asked once and the next provider in our place.
            Err(Refusal::Foreign) => AuthenticationCredentials::none(ResponseCode::Error),
            Err(Refusal::Failed(text)) => {
                console.warn_once(&text).await;
                // A client that may interact lives long: it shall ask again after a sign-in.
                let may_interact = !ask.is_non_interactive;
                let code = if may_interact { ResponseCode::NotFound } else { ResponseCode::Error };
                AuthenticationCredentials::none(code)
            }
        }
    }

    async fn credentials(
        &self,
        ask: &GetAuthenticationCredentials,
        console: &Console,
    ) -> Result<Secret, Refusal> {
        let endpoint = self.provider.endpoint(&ask.uri).map_err(|error| self.refuse(&error))?;
        self.log.line(format_args!(
            "ours: {}, repository `{}`, retry {}",
            endpoint.domain, endpoint.repository, ask.is_retry
        ));
        let tell = |text: &str| console.announce(text);
        let user = (!ask.is_non_interactive).then(|| User::new(&tell));
        let step = self.handed_out(|all| all.next_step(&endpoint, ask.is_retry, now()));
        let served = match step {
            Step::Serve => self.provider.token(wanted(&endpoint, &Need::Any, user)).await,
            Step::Replace(refused) => {
                self.log
                    .line(format_args!("the repository refused our token: a newer one is needed"));
                let need = Need::OtherThan(refused);
                let newer = self.provider.token(wanted(&endpoint, &need, user)).await;
                if newer.is_ok() {
                    self.handed_out(|all| all.mark_replaced(&endpoint));
                }
                newer
            }
            Step::Give(token) => {
                self.handed_out(|all| all.mark_given(&endpoint));
                return Ok(token);
            }
            Step::Repeat(token) => {
                if self.is_to_be_explained(&endpoint) {
                    console.warn_once(&self.refused_line(&endpoint).await).await;
                }
                return Ok(token);
            }
        };
        let served = served.map_err(|error| failed(&endpoint, &error))?;
        let token = served.token.secret.clone();
        self.handed_out(|all| all.record(&endpoint, served));
        Ok(token)
    }

    fn refuse(&self, error: &EndpointError) -> Refusal {
        match error {
            EndpointError::Foreign(reason) => {
                self.log.line(format_args!("foreign: {reason}"));
                Refusal::Foreign
            }
            EndpointError::Path { .. } => Refusal::Failed(error.to_string()),
        }
    }

    /// AWS issues tokens without looking at repositories, so only the repository's own refusal shows
    /// a missing permission.
    async fn refused_line(&self, endpoint: &RepositoryEndpoint) -> String {
        let RepositoryEndpoint { domain, repository, .. } = endpoint;
        let identity = match self.provider.caller_arn(endpoint).await {
            Some(arn) => format!("`{arn}`"),
            None => "the identity in use".to_owned(),
        };
        format!(
            "AWS issued a token for {domain}, but repository `{repository}` refused it: most likely \
             {identity} lacks `codeartifact:ReadFromRepository` (restore) or \
             `codeartifact:PublishPackageVersion` (push) on it, or the domain has no repository of that \
             name; check the source's URL and the repository's policy"
        )
    }

    fn is_to_be_explained(&self, endpoint: &RepositoryEndpoint) -> bool {
        let mut explained = self.explained.lock().unwrap_or_else(PoisonError::into_inner);
        explained.insert((endpoint.domain.clone(), endpoint.repository.clone()))
    }

    fn handed_out<T>(&self, with: impl FnOnce(&mut HandedOut) -> T) -> T {
        with(&mut self.handed_out.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn wanted<'a>(
    endpoint: &'a RepositoryEndpoint,
    need: &'a Need,
    user: Option<User<'a>>,
) -> Wanted<'a> {
    Wanted { domain: &endpoint.domain, repository: Some(&endpoint.repository), need, user }
}

fn failed(endpoint: &RepositoryEndpoint, error: &ProviderError) -> Refusal {
    Refusal::Failed(format!("no token for {}: {error}", endpoint.domain))
}

#[expect(clippy::disallowed_methods, reason = "the edge: an ask arrives now")]
fn now() -> SystemTime {
    SystemTime::now()
}
