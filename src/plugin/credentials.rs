//! The responses to requests for credentials.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::console::Console;
use super::history::{History, RepositoryKey, Step};
use super::message::{AuthenticationCredentials, GetAuthenticationCredentials, ResponseCode};
use crate::base::log::Log;
use crate::base::secret::Secret;
use crate::base::system;
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, EndpointError, RepositoryEndpoint};
use crate::provider::{Need, NuGetRequest, Provider, Resolved, Served, TokenOrigin, User};

/// Responds to the requests of one conversation.
#[derive(Debug)]
pub struct Credentials {
    provider: Arc<Provider>,
    log: Log,
    history: Mutex<History>,
    /// Repositories whose refusal was explained. Each explanation calls STS, so once is enough.
    explained: Mutex<HashSet<(Domain, String)>>,
    /// The number of NuGet's process.
    nuget: Mutex<Option<u32>>,
}

/// A request for a repository of CodeArtifact, and what determines its token.
struct Request<'a> {
    source: &'a str,
    endpoint: &'a RepositoryEndpoint,
    resolved: &'a Resolved,
    console: &'a Console,
    /// The user who may be asked to sign in, if NuGet allows it.
    user: Option<User<'a>>,
}

impl Request<'_> {
    fn repository(&self) -> RepositoryKey<'_> {
        RepositoryKey { endpoint: self.endpoint, rule: self.resolved.rule() }
    }
}

/// Why there are no credentials.
enum NoCredentials {
    /// The URL is not ours: the user sees no message.
    Foreign,
    /// The URL is ours, and the user has seen why: from us or from another copy of the plugin.
    Told,
}

impl Credentials {
    /// For a new conversation, which has handed out nothing yet.
    pub fn new(provider: Arc<Provider>, log: Log) -> Self {
        Self {
            provider,
            log,
            history: Mutex::default(),
            explained: Mutex::default(),
            nuget: Mutex::new(system::parent_process()),
        }
    }

    /// NuGet's process has this number. Until this is called, it is taken for our parent.
    pub fn set_nuget_process(&self, id: u32) {
        *locked(&self.nuget) = Some(id);
    }

    /// Requests the token that NuGet most likely asks for first.
    pub async fn head_start(&self) {
        self.provider.head_start().await;
    }

    /// Called when the conversation has ended.
    pub fn end(&self) {
        self.provider.note_end();
    }

    /// The response; whatever explains it has been shown before this returns.
    pub async fn respond(
        &self,
        request: &GetAuthenticationCredentials,
        console: &Console,
    ) -> AuthenticationCredentials {
        #[cfg(all(test, unix))]
        if let Some(answer) = super::model::answer(&request.uri, console).await {
            return answer;
        }
        let console = &console.for_source(&request.uri);
        // Boxed, so that a request that waits for its turn takes little memory.
        match Box::pin(self.credentials(request, console)).await {
            Ok(token) => AuthenticationCredentials::token(token),
            // NuGet remembers Error for the whole host: it requests nothing again here and asks the
            // next provider. NotFound would make it ask repeatedly and print a warning each time.
            Err(NoCredentials::Foreign) => AuthenticationCredentials::none(ResponseCode::Error),
            Err(NoCredentials::Told) => {
                // A client that may interact lives long, and NuGet does not remember NotFound: so
                // it asks again after the user has signed in.
                let may_interact = !request.is_non_interactive;
                let code = if may_interact { ResponseCode::NotFound } else { ResponseCode::Error };
                AuthenticationCredentials::none(code)
            }
        }
    }

    async fn credentials(
        &self,
        request: &GetAuthenticationCredentials,
        console: &Console,
    ) -> Result<Secret, NoCredentials> {
        let asked = NuGetRequest {
            nuget: *locked(&self.nuget),
            uri: &request.uri,
            is_retry: request.is_retry,
        };
        let endpoint = &match self.provider.endpoint(&request.uri) {
            Ok(endpoint) => endpoint,
            Err(EndpointError::Foreign(reason)) => {
                self.log.line(format_args!("foreign: {reason}"));
                self.provider.note_request(false);
                return Err(NoCredentials::Foreign);
            }
            Err(error @ EndpointError::Path { .. }) => {
                if !self.provider.was_told(asked, None).await {
                    self.tell(console, &error.message(), asked, None).await;
                }
                return Err(NoCredentials::Told);
            }
        };
        self.provider.note_request(true);
        self.log.line(format_args!(
            "ours: {}, repository `{}`, retry {}",
            endpoint.domain, endpoint.repository, request.is_retry
        ));
        let announce = |text: &str| console.announce(text);
        let user = (!request.is_non_interactive).then(|| User::new(&announce));
        let resolved = &self.provider.resolve(endpoint);
        let request = &Request { source: asked.uri, endpoint, resolved, console, user };
        let step = self.history(|it| it.next_step(request.repository(), asked.is_retry, now()));
        if step == Step::Serve && self.provider.was_told(asked, Some(resolved)).await {
            return Err(NoCredentials::Told);
        }
        match self.take(step, request).await {
            Ok(token) => Ok(token),
            Err(failure) => {
                self.tell(console, &failure, asked, Some(resolved)).await;
                Err(NoCredentials::Told)
            }
        }
    }

    /// Shows the failure, and lets the other copies of the plugin know that it was shown.
    async fn tell(
        &self,
        console: &Console,
        failure: &str,
        asked: NuGetRequest<'_>,
        resolved: Option<&Resolved>,
    ) {
        if console.warn_once(failure).await {
            self.provider.note_told(asked, resolved).await;
        }
    }

    /// The token, or a line for the user.
    async fn take(&self, step: Step, request: &Request<'_>) -> Result<Secret, String> {
        let Request { endpoint, resolved, console, user, .. } = *request;
        match step {
            Step::Serve => match self.provider.token(resolved, &Need::Any, user).await {
                Ok(served) => {
                    self.provider.note_served(request.source, resolved, &served);
                    Ok(self.hand_out(request, served).await)
                }
                Err(error) => Err(error.message()),
            },
            Step::Replace(refused) => self.replace(request, refused).await,
            Step::Give(token) => {
                self.history(|history| history.mark_handed_out(request.repository()));
                Ok(token)
            }
            Step::Repeat(token) => {
                if self.is_first_explanation(endpoint) {
                    console.warn_once(&self.explain_refusal(request).await).await;
                }
                Ok(token)
            }
        }
    }

    async fn replace(&self, request: &Request<'_>, refused: Secret) -> Result<Secret, String> {
        self.log.line(format_args!("the repository refused our token: a newer one is needed"));
        let Request { endpoint, resolved, console, user, .. } = *request;
        let repository = request.repository();
        let was_provided = self.history(|history| history.provided_place(repository)).is_some();
        let need = Need::OtherThan(refused.clone());
        match self.provider.token(resolved, &need, user).await {
            Ok(newer) => {
                // If a provided token was refused, another cached or provided one is now tried for
                // the first time, and may be replaced in turn.
                if !was_provided || newer.origin == TokenOrigin::Fetched {
                    self.history(|history| history.mark_replaced(repository));
                }
                Ok(self.hand_out(request, newer).await)
            }
            // No other token is available, and this one may be good for the host's other
            // repositories.
            Err(error) if was_provided => {
                self.history(|history| history.mark_replaced(repository));
                self.is_first_explanation(endpoint);
                console.warn_once(&error.message()).await;
                Ok(refused)
            }
            Err(error) => Err(error.message()),
        }
    }

    async fn hand_out(&self, request: &Request<'_>, served: Served) -> Secret {
        if let Some(note) = &served.note {
            request.console.inform_once(note).await;
        }
        let token = served.secret.clone();
        self.history(|history| history.record(request.repository(), served));
        token
    }

    /// AWS issues tokens without checking permissions for repositories, so only the repository's
    /// own refusal shows a missing permission.
    async fn explain_refusal(&self, request: &Request<'_>) -> String {
        let RepositoryEndpoint { domain, repository, .. } = request.endpoint;
        if let Some(place) = self.history(|history| history.provided_place(request.repository())) {
            return format!(
                "[{}] Repository `{repository}` of {domain} refused the token of {place}: it has expired, is for \
                 another domain, or is not allowed there. Renew it, or unset the variable.",
                Code::ProvidedTokenRefused
            );
        }
        let identity = match self.provider.caller_arn(request.resolved).await {
            Some(arn) => format!("`{arn}`"),
            None => "the AWS identity".to_owned(),
        };
        format!(
            "[{}] Repository `{repository}` of {domain} refused a new token of {identity}. Allow \
             `codeartifact:ReadFromRepository` (restore) or `codeartifact:PublishPackageVersion` (push), \
             or correct the repository's name in the source's URL.",
            Code::RepositoryRefused
        )
    }

    /// Whether the repository's refusal must still be explained. From now on it counts as
    /// explained.
    fn is_first_explanation(&self, endpoint: &RepositoryEndpoint) -> bool {
        locked(&self.explained).insert((endpoint.domain.clone(), endpoint.repository.clone()))
    }

    fn history<T>(&self, with: impl FnOnce(&mut History) -> T) -> T {
        with(&mut locked(&self.history))
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "the edge: a request arrives now")]
fn now() -> SystemTime {
    SystemTime::now()
}
