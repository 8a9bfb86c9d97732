//! The one policy on tokens: given, cached where one is fresh, else fetched, once for everybody.
//!
//! A token that the user brings along is handed over as it is ([`provided`]). Any other is kept for
//! (domain, owner, region, API endpoints, duration, identity). To serve one: tell the identity locally;
//! look into the cache; renew the SSO session where the identity needs one ([`sign_in`]); join whoever
//! in this process is fetching the same; take the lock between processes; look again; fetch; store.
//! Whoever waited for the lock of one that failed fetches without it. The plugin and the `token`
//! command call this.

mod explanation;
mod provided;
mod sign_in;
mod sources;
mod state;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::OnceCell;

pub use crate::aws::Connection;
pub use explanation::{CacheReport, Explanation, IdentityReport, SettingsReport};
pub use provided::ProvidedReport;
pub use sign_in::{SignIn, User};
pub use sources::{AskError, Asked};

use crate::aws::{Aws, AwsError, Identity, LookupError};
use crate::base::environment::Environment;
use crate::base::log::{Log, Timing};
use crate::base::secret::Secret;
use crate::cache::{CacheKey, Label, TokenCache};
use crate::endpoint::{Domain, EndpointError, HostKind, RepositoryEndpoint};
use crate::locations::Locations;
use crate::settings::{EffectiveSettings, Overrides, Settings, SettingsError};
use crate::token::AuthorizationToken;

/// How long a token is kept whose identity can change without a trace on this machine.
const UNSEEN_IDENTITY_KEPT: Duration = Duration::from_hours(1);

/// Serves tokens.
#[derive(Debug)]
pub struct Provider {
    environment: Environment,
    locations: Locations,
    log: Log,
    aws: Aws,
    /// Of the command line; the plugin chooses nothing.
    overrides: Overrides,
    settings: OnceLock<Result<Settings, SettingsError>>,
    /// With why tokens are kept there.
    cache: OnceLock<(TokenCache, Vec<String>)>,
    flights: Mutex<Flights>,
    /// The sign-ins of this process that did not come about, and why: asks that follow are told the
    /// same.
    failed_sign_ins: Mutex<HashMap<CacheKey, ProviderError>>,
}

/// The fetches under way.
type Flights = HashMap<InFlight, Arc<OnceCell<Result<Served, ProviderError>>>>;

/// Which token will do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    /// Any fresh one.
    Any,
    /// A fresh one that is not this.
    OtherThan(Secret),
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub domain: &'a Domain,
    /// The repository, where one is named: rules may match it.
    pub repository: Option<&'a str>,
    /// The kind of host that gets it; none where it is printed.
    pub host: Option<HostKind>,
    pub need: &'a Need,
    /// Whom to ask for a sign-in, where somebody may be asked.
    pub user: Option<User<'a>>,
}

/// A token, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    pub secret: Secret,
    /// When it was issued; for a given one, when it was read.
    pub obtained: SystemTime,
    /// When CodeArtifact stops accepting it; none for a given one.
    pub expiration: Option<SystemTime>,
    pub origin: Origin,
    /// Whose it is, for people: an identity, or where a given one stands.
    pub label: String,
    /// What the user should know all the same.
    pub note: Option<String>,
}

/// Where a token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user brought it along.
    Provided,
    Cache,
    Fetched,
}

/// Why there is no token: one line for the user.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProviderError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error(transparent)]
    Lookup(#[from] Box<LookupError>),
    /// Nothing else serves in the place of given tokens.
    #[error("{said}; without it: {error}")]
    Provided { said: String, error: Box<ProviderError> },
}

/// Asks that one fetch serves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct InFlight {
    key: CacheKey,
    need: Need,
}

/// All that one token is fetched and kept by.
struct Request<'a> {
    domain: &'a Domain,
    effective: EffectiveSettings,
    identity: Identity,
    key: CacheKey,
    need: &'a Need,
}

impl Request<'_> {
    fn served(&self, token: AuthorizationToken, origin: Origin) -> Served {
        let AuthorizationToken { secret, obtained, expiration } = token;
        let (expiration, label) = (Some(expiration), self.identity.label.clone());
        Served { secret, obtained, expiration, origin, label, note: None }
    }
}

impl Provider {
    /// Reads nothing yet: an ask that is not ours costs nothing.
    pub fn new(environment: Environment, locations: Locations, log: Log) -> Self {
        let aws = Aws::new(environment.clone(), log.clone());
        Self {
            environment,
            locations,
            log,
            aws,
            overrides: Overrides::default(),
            settings: OnceLock::new(),
            cache: OnceLock::new(),
            flights: Mutex::default(),
            failed_sign_ins: Mutex::default(),
        }
    }

    /// The same for tokens by what the command line has chosen.
    pub fn with_overrides(self, overrides: Overrides) -> Self {
        Self { overrides, ..self }
    }

    /// What a source's URL names. The configuration file is read where the URL is not one of
    /// CodeArtifact's own; a broken one lists no hosts.
    pub fn endpoint(&self, url: &str) -> Result<RepositoryEndpoint, EndpointError> {
        match RepositoryEndpoint::parse(url, &[]) {
            Err(EndpointError::Foreign(reason)) => match self.settings() {
                Ok(settings) => {
                    if let Some(refusal) = settings.refusal_of_host(url) {
                        self.log.line(format_args!("{refusal}"));
                    }
                    RepositoryEndpoint::parse(url, &settings.hosts)
                }
                Err(error) => {
                    self.log.line(format_args!("no hosts of the user's own: {error}"));
                    Err(EndpointError::Foreign(reason))
                }
            },
            parsed => parsed,
        }
    }

    /// Why the settings cannot be used, if they cannot: hosts of the user's own are unknown then.
    pub fn broken_settings(&self) -> Option<ProviderError> {
        self.settings().err()
    }

    /// Why a URL is not ours although a configuration file lists its host, if that is so.
    pub fn refused_host(&self, url: &str) -> Option<String> {
        self.settings().ok()?.refusal_of_host(url)
    }

    /// A token for the domain.
    pub async fn token(&self, wanted: Wanted<'_>) -> Result<Served, ProviderError> {
        let effective = self.effective(wanted.domain, wanted.repository)?;
        let mut provided = self.provided(wanted, &effective)?;
        let served = match provided.served.take() {
            Some(served) => Ok(served),
            None => self.issued(wanted, effective).await,
        };
        match served {
            Ok(served) => {
                self.remember_refusal(&provided);
                Ok(Served { note: provided.note(&served), ..served })
            }
            Err(error) => Err(provided.explain(error)),
        }
    }

    /// A token that AWS issued to the identity at hand.
    async fn issued(
        &self,
        wanted: Wanted<'_>,
        effective: EffectiveSettings,
    ) -> Result<Served, ProviderError> {
        let mut request = self.request(wanted, effective).await?;
        if let Some(served) = self.cached(&request)? {
            return Ok(served);
        }
        if Box::pin(self.renew_sign_in(&request, wanted.user)).await? {
            request = self.request(wanted, request.effective).await?;
        }
        let served = Box::pin(self.fetched(&request)).await;
        let Err(failure) = served else { return served };
        if !Box::pin(self.renew_ended_sign_in(&request, &failure, wanted.user)).await? {
            return Err(failure);
        }
        request = self.request(wanted, request.effective).await?;
        Box::pin(self.fetched(&request)).await
    }

    /// Together with whoever in this process is fetching the same.
    async fn fetched(&self, request: &Request<'_>) -> Result<Served, ProviderError> {
        let flight = InFlight { key: request.key.clone(), need: request.need.clone() };
        let joined = Arc::clone(self.flights().entry(flight.clone()).or_default());
        let outcome = joined.get_or_init(|| self.fetch_once(request)).await.clone();
        let mut flights = self.flights();
        if flights.get(&flight).is_some_and(|current| Arc::ptr_eq(current, &joined)) {
            flights.remove(&flight);
        }
        outcome
    }

    /// The rule that holds for the repository, if one does: tokens of two rules may be of two
    /// identities.
    pub fn rule(&self, endpoint: &RepositoryEndpoint) -> Option<usize> {
        let RepositoryEndpoint { domain, repository, .. } = endpoint;
        self.effective(domain, Some(repository)).ok()?.rule
    }

    /// The ARN of the identity that tokens are fetched with, where STS tells it soon.
    pub async fn caller_arn(&self, endpoint: &RepositoryEndpoint) -> Option<String> {
        let RepositoryEndpoint { domain, repository, .. } = endpoint;
        let effective = self.effective(domain, Some(repository)).ok()?;
        let identity = self.aws.identity(&effective).await.ok()?;
        self.aws.caller_arn(domain, &identity, &effective, now()).await
    }

    async fn request<'a>(
        &self,
        wanted: Wanted<'a>,
        effective: EffectiveSettings,
    ) -> Result<Request<'a>, ProviderError> {
        let Wanted { domain, need, .. } = wanted;
        match effective.rule {
            Some(number) => self.log.line(format_args!("rule {number} holds")),
            None => self.log.line(format_args!("no rule matches")),
        }
        let identity = self.aws.identity(&effective).await?;
        let seconds = effective.duration.value.seconds().to_string();
        let mut parts = vec![&*domain.name, &*domain.owner, &*domain.region, &*seconds];
        parts.extend(identity.selectors.iter().map(String::as_str));
        let key = CacheKey::of(&parts);
        self.log.line(format_args!("identity {}, cache key {key}", identity.label));
        Ok(Request { domain, effective, identity, key, need })
    }

    /// With the lock between processes: whoever had it before has most likely stored a token.
    async fn fetch_once(&self, request: &Request<'_>) -> Result<Served, ProviderError> {
        let lock = self.cache()?.lock(&request.key).await;
        let note = lock.note().unwrap_or_default();
        self.log.line(format_args!("locked {} {note}", lock.is_held()));
        if let Some(served) = self.cached(request)? {
            return Ok(served);
        }
        let timing = Timing::start();
        let Request { domain, identity, effective, .. } = request;
        let fetched = self.aws.authorization_token(domain, identity, effective, now()).await;
        match &fetched {
            Ok(token) => self.store(request, token)?,
            Err(error) => {
                lock.mark_failed();
                self.log.line(format_args!("no token after {timing}: {error}"));
            }
        }
        let token = fetched?;
        self.log.line(format_args!("a token for {domain} fetched in {timing}"));
        Ok(request.served(token, Origin::Fetched))
    }

    fn cached(&self, request: &Request<'_>) -> Result<Option<Served>, ProviderError> {
        let token = self.cache()?.load(&request.key, now());
        let refused = |token: &AuthorizationToken| match request.need {
            Need::Any => false,
            Need::OtherThan(refused) => token.secret == *refused,
        };
        let usable = token.filter(|token| token.is_fresh(now()) && !refused(token));
        let found = if usable.is_some() { "has one" } else { "has none" };
        self.log.line(format_args!("the cache {found} for {}", request.domain));
        Ok(usable.map(|token| request.served(token, Origin::Cache)))
    }

    fn store(
        &self,
        request: &Request<'_>,
        token: &AuthorizationToken,
    ) -> Result<(), ProviderError> {
        let Request { domain, identity, key, .. } = request;
        let keep_until = if identity.is_visible {
            token.expiration
        } else {
            token.expiration.min(token.obtained + UNSEEN_IDENTITY_KEPT)
        };
        let label = Label {
            domain: domain.name.clone(),
            owner: domain.owner.clone(),
            region: domain.region.clone(),
            identity: identity.label.clone(),
        };
        if let Err(error) = self.cache()?.store(key, token, keep_until, &label, now()) {
            self.log.line(format_args!("{error}"));
        }
        Ok(())
    }

    fn effective(
        &self,
        domain: &Domain,
        repository: Option<&str>,
    ) -> Result<EffectiveSettings, ProviderError> {
        Ok(self.settings()?.effective(domain, repository, &self.overrides)?)
    }

    fn settings(&self) -> Result<&Settings, ProviderError> {
        let load = || {
            let settings = Settings::load(&self.environment, &self.locations);
            for note in settings.iter().flat_map(|settings| &settings.notes) {
                self.log.line(format_args!("{note}"));
            }
            settings
        };
        self.settings.get_or_init(load).as_ref().map_err(|error| error.clone().into())
    }

    fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> Result<&TokenCache, ProviderError> {
        self.cache_and_notes().map(|(cache, _)| cache)
    }

    fn cache_and_notes(&self) -> Result<&(TokenCache, Vec<String>), ProviderError> {
        if let Some(opened) = self.cache.get() {
            return Ok(opened);
        }
        let settings = self.settings()?.cache()?;
        let (cache, notes) = TokenCache::open(settings, &self.environment, &self.locations);
        for note in &notes {
            self.log.line(format_args!("{note}"));
        }
        self.log.line(format_args!("tokens are kept in {}", cache.place()));
        Ok(self.cache.get_or_init(|| (cache, notes)))
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge: tokens are fetched and served now")]
fn now() -> SystemTime {
    SystemTime::now()
}
