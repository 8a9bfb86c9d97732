//! What is answered to an ask for credentials.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::console::Console;
use super::message::{AuthenticationCredentials, GetAuthenticationCredentials, ResponseCode};
use crate::base::log::Log;
use crate::base::secret::Secret;
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint};
use crate::provider::{Need, Origin, Provider, ProviderError, Served, User, Wanted};

use super::history::{Asked, History, Step};

/// Answers the asks of one conversation.
#[derive(Debug)]
pub struct Credentials {
    provider: Arc<Provider>,
    log: Log,
    history: Mutex<History>,
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

impl Credentials {
    /// A new conversation's: nothing is handed out yet.
    pub fn new(provider: Arc<Provider>, log: Log) -> Self {
        Self { provider, log, history: Mutex::default(), explained: Mutex::default() }
    }

    /// The answer; whatever explains it has been shown before this returns.
    pub async fn answer(
        &self,
        ask: &GetAuthenticationCredentials,
        console: &Console,
    ) -> AuthenticationCredentials {
        let console = &console.for_source(&ask.uri);
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
        let asked = Asked { endpoint: &endpoint, rule: self.provider.rule(&endpoint) };
        match self.history(|all| all.next_step(asked, ask.is_retry, now())) {
            Step::Serve => {
                let served = self.provider.token(wanted(&endpoint, &Need::Any, user)).await;
                let served = served.map_err(|error| Refusal::Failed(failure(&endpoint, &error)))?;
                Ok(self.hand_out(asked, served, console).await)
            }
            Step::Replace(refused) => self.replace(asked, refused, console, user).await,
            Step::Give(token) => {
                self.history(|all| all.mark_handed_out(asked));
                Ok(token)
            }
            Step::Repeat(token) => {
                if self.is_to_be_explained(&endpoint) {
                    console.warn_once(&self.refused_line(asked).await).await;
                }
                Ok(token)
            }
        }
    }

    async fn replace(
        &self,
        asked: Asked<'_>,
        refused: Secret,
        console: &Console,
        user: Option<User<'_>>,
    ) -> Result<Secret, Refusal> {
        self.log.line(format_args!("the repository refused our token: a newer one is needed"));
        let need = Need::OtherThan(refused.clone());
        let was_given = self.history(|all| all.given_place(asked)).is_some();
        match self.provider.token(wanted(asked.endpoint, &need, user)).await {
            Ok(newer) => {
                // In a given one's place, one of the cache or given as well is a first try of its kind.
                if !was_given || newer.origin == Origin::Fetched {
                    self.history(|all| all.mark_replaced(asked));
                }
                Ok(self.hand_out(asked, newer, console).await)
            }
            // Nothing takes its place, and it may be good for the host's other repositories.
            Err(error) if was_given => {
                self.history(|all| all.mark_replaced(asked));
                self.is_to_be_explained(asked.endpoint);
                console.warn_once(&failure(asked.endpoint, &error)).await;
                Ok(refused)
            }
            Err(error) => Err(Refusal::Failed(failure(asked.endpoint, &error))),
        }
    }

    async fn hand_out(&self, asked: Asked<'_>, served: Served, console: &Console) -> Secret {
        if let Some(note) = &served.note {
            console.inform_once(note).await;
        }
        let token = served.secret.clone();
        self.history(|all| all.record(asked, served));
        token
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
    async fn refused_line(&self, asked: Asked<'_>) -> String {
        let RepositoryEndpoint { domain, repository, .. } = asked.endpoint;
        if let Some(place) = self.history(|all| all.given_place(asked)) {
            return format!(
                "repository `{repository}` of {domain} refused the token of {place}: it has expired, \
                 is another domain's, or may not be used there; renew or unset it"
            );
        }
        let identity = match self.provider.caller_arn(asked.endpoint).await {
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

    fn history<T>(&self, with: impl FnOnce(&mut History) -> T) -> T {
        with(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn wanted<'a>(
    endpoint: &'a RepositoryEndpoint,
    need: &'a Need,
    user: Option<User<'a>>,
) -> Wanted<'a> {
    let RepositoryEndpoint { domain, repository, host, .. } = endpoint;
    let repository = Some(&**repository);
    Wanted { domain, repository, host: Some(*host), need, user }
}

fn failure(endpoint: &RepositoryEndpoint, error: &ProviderError) -> String {
    format!("no token for {}: {error}", endpoint.domain)
}

#[expect(clippy::disallowed_methods, reason = "the edge: an ask arrives now")]
fn now() -> SystemTime {
    SystemTime::now()
}
