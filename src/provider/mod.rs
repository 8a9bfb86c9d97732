//! The one policy on tokens: provided, or cached if a fresh one exists, or else fetched, once for
//! all requests.
//!
//! A request is resolved first ([`resolve`]), and everything downstream takes that one value. A
//! token that the user provides is handed out unchanged ([`provided`]). Any other token is cached
//! for (domain, owner, region, API endpoints, duration, identity). To serve one: look into the
//! cache; renew the SSO session if the identity needs one ([`sign_in`]); join a fetch of the same
//! token in this process; take the lock between processes; look again; fetch; store. A process that
//! waited for a lock learns what AWS answered to its holder. If the holder failed for a reason of its
//! own, or has a token that cannot be stored, the others fetch at once. A token that is still good is
//! renewed before it expires ([`renewal`]). All of it has one time limit ([`deadline`]). The plugin
//! and the `token` command use this.

mod deadline;
mod head_start;
mod provided;
mod renewal;
mod resolve;
mod sign_in;
mod sources;
mod told;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use tokio::sync::OnceCell;

pub use crate::aws::Connection;
use crate::code::{Code, Coded};
pub use provided::ProvidedReport;
pub use resolve::{CacheReport, Caller, Resolved, SettingsReport, Target};
pub use sign_in::{SignIn, User};
pub use sources::{AskError, Asked};
pub use told::NuGetRequest;

use crate::aws::{
    Aws, AwsError, FallbackProxy, KnownSignIn, LookupError, ProxySetting, SignedOut, SsoSession,
};
use crate::base::environment::Environment;
use crate::base::log::{Log, Timing};
use crate::base::secret::Secret;
use crate::cache::{
    self, CacheError, CacheKey, Forgotten, Kept, KeptToken, Label, Lock, SharedFailure,
    SharedMessage, TokenCache,
};
use crate::endpoint::{EndpointError, RepositoryEndpoint};
use crate::locations::Locations;
use crate::nuget_config::UserProxy;
use crate::settings::{EffectiveSettings, Overrides, Settings, SettingsError};
use crate::token::AuthorizationToken;
use deadline::{Deadline, Stage};
use renewal::Renewal;

/// How long a token is cached if AWS can change its identity without a trace on this machine.
const UNSEEN_IDENTITY_KEPT: Duration = Duration::from_hours(1);

/// Serves tokens.
#[derive(Debug)]
pub struct Provider {
    environment: Environment,
    locations: Locations,
    log: Log,
    aws: Aws,
    /// The options of the command line; the plugin has none.
    overrides: Overrides,
    settings: OnceLock<Settings>,
    /// With the reason why tokens are kept there.
    cache: OnceLock<(TokenCache, Vec<String>)>,
    in_flight: Mutex<HashMap<InFlight, Fetch>>,
    /// The sign-ins of this process that failed, and why. Later requests fail the same way without
    /// asking the user.
    failed_sign_ins: Mutex<HashMap<CacheKey, ProviderError>>,
    ahead: head_start::Ahead,
    /// This provider, if its process goes on after a request.
    this: Weak<Self>,
    /// The last renewal of each token.
    renewals: Mutex<HashMap<CacheKey, Renewal>>,
    /// Tokens that were refused. In their last minutes they are not served again.
    refused: Mutex<HashSet<Secret>>,
}

/// A fetch in progress, and its result for all requests that wait for it.
type Fetch = Arc<OnceCell<Result<Served, ProviderError>>>;

/// Which token the request accepts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    /// Any fresh one.
    Any,
    /// A fresh one other than this.
    OtherThan(Secret),
}

/// A token, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    pub secret: Secret,
    /// When it was issued; for a provided one, when it was read.
    pub obtained: SystemTime,
    /// When CodeArtifact stops accepting it; none for a provided one.
    pub expiration: Option<SystemTime>,
    pub origin: TokenOrigin,
    /// The origin, for people: an identity, or the place of a provided token.
    pub label: String,
    /// A warning for the user although there is a token.
    pub note: Option<String>,
}

/// The origin of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenOrigin {
    /// The user provides it.
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
    /// No other token may replace the provided tokens.
    #[error("{what} {error}")]
    Provided { what: String, error: Box<ProviderError> },
    /// What AWS answered to another process that needed the same token at the same time.
    #[error("{}", .0.line)]
    Learnt(SharedMessage),
    #[error("No token within {} s: {stage}.", .limit.as_secs())]
    Late { limit: Duration, stage: Stage },
}

impl Coded for ProviderError {
    fn code(&self) -> Code {
        match self {
            Self::Settings(error) => error.code(),
            Self::Aws(error) => error.code(),
            Self::Lookup(error) => error.code(),
            Self::Provided { .. } => Code::ProvidedToken,
            Self::Learnt(message) => message.code,
            Self::Late { .. } => Code::TimeLimit,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.fix(),
            Self::Aws(error) => error.fix(),
            Self::Lookup(error) => error.fix(),
            Self::Provided { error, .. } => error.fix(),
            Self::Learnt(message) => message.fix.clone(),
            Self::Late { stage, .. } => Some(stage.fix()),
        }
    }
}

/// What requests must have in common so that one fetch serves them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct InFlight {
    key: CacheKey,
    need: Need,
}

/// A request that needs a token from AWS.
#[derive(Clone, Copy)]
struct TokenRequest<'a> {
    resolved: &'a Resolved,
    caller: &'a Caller,
    need: &'a Need,
    deadline: &'a Deadline,
    /// Whether there is a token that is still good.
    renews: bool,
}

impl TokenRequest<'_> {
    fn settings(&self) -> Result<&EffectiveSettings, ProviderError> {
        self.resolved.settings()
    }

    /// Whether a token of the cache makes a fetch unnecessary.
    fn is_met_by(&self, Kept { token, keep_until }: &Kept) -> bool {
        token.is_fresh(now()) && !(self.renews && token.is_due(*keep_until, now()))
    }

    fn served(&self, token: AuthorizationToken, origin: TokenOrigin) -> Served {
        let AuthorizationToken { secret, obtained, expiration } = token;
        let (expiration, label) = (Some(expiration), self.caller.identity.label.clone());
        Served { secret, obtained, expiration, origin, label, note: None }
    }
}

/// The proxy that NuGet uses by the user's own files. They are read when a call to AWS needs them.
fn proxy_of_nuget(environment: Environment, locations: Locations) -> FallbackProxy {
    FallbackProxy::new(move || {
        let UserProxy { url, credentials, no_proxy, file } =
            UserProxy::read(&locations, &environment)?;
        let origin = format!("`http_proxy` of `{}`", file.display());
        Some(ProxySetting::new(url, credentials, &no_proxy, origin))
    })
}

/// Tokens.
impl Provider {
    /// Reads nothing yet, so that a request for another provider's source costs nothing.
    pub fn new(environment: Environment, locations: Locations, log: Log) -> Self {
        let aws = Aws::new(environment.clone(), log.clone())
            .with_fallback_proxy(proxy_of_nuget(environment.clone(), locations.clone()));
        Self {
            environment,
            locations,
            log,
            aws,
            overrides: Overrides::default(),
            settings: OnceLock::new(),
            cache: OnceLock::new(),
            in_flight: Mutex::default(),
            failed_sign_ins: Mutex::default(),
            ahead: head_start::Ahead::default(),
            this: Weak::new(),
            renewals: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// The same, with the options of the command line.
    pub fn with_overrides(self, overrides: Overrides) -> Self {
        Self { overrides, ..self }
    }

    /// The repository that a source's URL names. The configuration file is read only if the URL is
    /// not one of CodeArtifact's own; a broken file lists no hosts.
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

    /// Why the settings cannot be used, if so. The user's own hosts are unknown then.
    pub fn broken_settings(&self) -> Option<ProviderError> {
        self.settings().err()
    }

    /// Why a URL is not ours although a configuration file lists its host, if so.
    pub fn refused_host(&self, url: &str) -> Option<String> {
        self.settings().ok()?.refusal_of_host(url)
    }

    /// A token for a request. `user` is the user who may be asked to sign in, if allowed.
    pub async fn token(
        &self,
        resolved: &Resolved,
        need: &Need,
        user: Option<User<'_>>,
    ) -> Result<Served, ProviderError> {
        let mut provided = self.provided(resolved, need)?;
        let served = match provided.served.take() {
            Some(served) => Ok(served),
            None => self.issued(resolved, need, user).await,
        };
        match served {
            Ok(served) => {
                self.remember_refusal(&provided);
                Ok(Served { note: provided.note(&served), ..served })
            }
            Err(error) => Err(provided.explain(error)),
        }
    }

    /// A token that AWS issues to the caller, within the limit of a request.
    async fn issued(
        &self,
        resolved: &Resolved,
        need: &Need,
        user: Option<User<'_>>,
    ) -> Result<Served, ProviderError> {
        if let Need::OtherThan(refused) = need {
            self.refused().insert(refused.clone());
        }
        let deadline = &Deadline::start();
        let issued = Box::pin(async {
            let caller = self.caller_of_cache(resolved).await?;
            let request = TokenRequest { resolved, need, caller, deadline, renews: false };
            if let Some(odd) = self.odd(request)? {
                return Ok(request.served(odd, TokenOrigin::Cache));
            }
            match self.cached(request)? {
                Some(kept) => self.kept_or_renewed(request, kept, user).await,
                None => self.newly_issued(request, user).await,
            }
        });
        deadline
            .limit(issued)
            .await
            .unwrap_or_else(|(limit, stage)| Err(ProviderError::Late { limit, stage }))
    }

    /// The token of the cache, or in its last minutes a newer one if there soon is one.
    async fn kept_or_renewed(
        &self,
        request: TokenRequest<'_>,
        Kept { token, keep_until }: Kept,
        user: Option<User<'_>>,
    ) -> Result<Served, ProviderError> {
        if token.is_fresh(now()) {
            if token.is_due(keep_until, now()) {
                self.renew_behind(request);
            }
            return Ok(request.served(token, TokenOrigin::Cache));
        }
        self.try_renewal(request).await;
        match self.cached(request)? {
            Some(kept) if kept.token == token => Ok(request.served(token, TokenOrigin::Cache)),
            Some(newer) => Ok(request.served(newer.token, TokenOrigin::Fetched)),
            None => self.newly_issued(request, user).await,
        }
    }

    /// A token that is not in the cache.
    async fn newly_issued(
        &self,
        mut request: TokenRequest<'_>,
        user: Option<User<'_>>,
    ) -> Result<Served, ProviderError> {
        let resolved = request.resolved;
        request.caller.identity.check_partition(&resolved.target.domain)?;
        // A sign-in may change the caller's identity, so it is looked up again.
        let renewed;
        if Box::pin(self.renew_sign_in(request, user)).await? {
            renewed = self.find_caller(resolved)?;
            request.caller = &renewed;
        }
        let served = Box::pin(self.fetched(request)).await;
        let Err(failure) = served else { return served };
        if !Box::pin(self.renew_ended_sign_in(request, &failure, user)).await? {
            return Err(failure);
        }
        let caller = &self.find_caller(resolved)?;
        Box::pin(self.fetched(TokenRequest { caller, ..request })).await
    }

    /// Shares a fetch of the same token in this process.
    async fn fetched(&self, request: TokenRequest<'_>) -> Result<Served, ProviderError> {
        let wanted = InFlight { key: request.caller.key.clone(), need: request.need.clone() };
        let joined = Arc::clone(self.in_flight().entry(wanted.clone()).or_default());
        let outcome = joined.get_or_init(|| self.fetch_once(request)).await.clone();
        let mut in_flight = self.in_flight();
        if in_flight.get(&wanted).is_some_and(|current| Arc::ptr_eq(current, &joined)) {
            in_flight.remove(&wanted);
        }
        outcome
    }

    /// The ARN of the caller, if STS answers soon.
    pub async fn caller_arn(&self, resolved: &Resolved) -> Option<String> {
        let identity = &self.caller_of_cache(resolved).await.ok()?.identity;
        self.aws.caller_arn(&resolved.target.domain, identity, now()).await
    }

    /// Takes the lock between processes: its previous holder has most likely stored a token, or knows
    /// why there is none.
    async fn fetch_once(&self, request: TokenRequest<'_>) -> Result<Served, ProviderError> {
        let (cache, key) = (self.cache()?, &request.caller.key);
        request.deadline.at(Stage::AnotherProcess);
        let lock = cache.lock(key).await;
        let note = lock.note().unwrap_or_default();
        self.log.line(format_args!("locked {} {note}", lock.is_held()));
        if let Some(kept) = self.cached(request)?.filter(|kept| request.is_met_by(kept)) {
            return Ok(request.served(kept.token, TokenOrigin::Cache));
        }
        if let Some(message) = cache.shared_failure(key, request.deadline.began, now()) {
            self.log.line(format_args!("another process has failed: {}", message.line));
            return Err(ProviderError::Learnt(message));
        }
        if request.renews && lock.follows_failure() {
            // A renewal in the background fails in silence.
            let (code, line) = (Code::TimeLimit, note.to_owned());
            return Err(ProviderError::Learnt(SharedMessage { code, line, fix: None }));
        }
        tokio::time::sleep(cache.pause(key, now())).await;
        request.deadline.at(Stage::Aws);
        self.fetch(request, &lock).await
    }

    async fn fetch(&self, request: TokenRequest<'_>, lock: &Lock) -> Result<Served, ProviderError> {
        let timing = Timing::start();
        let (domain, identity) = (&request.resolved.target.domain, &request.caller.identity);
        let (duration, limit) = (request.settings()?.duration.value, request.deadline.for_fetch());
        let fetched = self.aws.authorization_token(domain, identity, duration, now(), limit).await;
        match &fetched {
            Ok(token) => {
                // One after the other the others would wait as long as it takes to fetch one each.
                if !self.store(request, token)? || !token.is_fresh(now()) {
                    lock.mark_failed();
                }
            }
            Err(error) => {
                let message = error.is_of_aws().then(|| SharedMessage {
                    code: error.code(),
                    line: error.to_string(),
                    fix: error.fix(),
                });
                let failure = SharedFailure { failed: now(), pause: error.pause(now()), message };
                self.cache()?.share_failure(&request.caller.key, &failure);
                lock.mark_failed();
                self.log.line(format_args!("no token after {timing}: {error}"));
            }
        }
        let token = fetched?;
        self.log.line(format_args!("a token for {domain} fetched in {timing}"));
        Ok(request.served(token, TokenOrigin::Fetched))
    }

    /// What the cache has for the request and may be served at all, even in its last minutes.
    fn cached(&self, request: TokenRequest<'_>) -> Result<Option<Kept>, ProviderError> {
        let (cache, key) = (self.cache()?, &request.caller.key);
        let usable = |token: &AuthorizationToken| match request.need {
            Need::Any => token.is_fresh(now()) || !self.refused().contains(&token.secret),
            Need::OtherThan(refused) => token.secret != *refused,
        };
        let kept = cache.load(key, now()).filter(|kept| usable(&kept.token));
        let found = if kept.is_some() { "has one" } else { "has none" };
        self.log.line(format_args!("the cache {found} for {}", request.resolved.target.domain));
        Ok(kept)
    }

    /// A token of this process whose times cannot be right. It is not fetched for each request.
    fn odd(&self, request: TokenRequest<'_>) -> Result<Option<AuthorizationToken>, ProviderError> {
        let odd = self.cache()?.odd(&request.caller.key);
        Ok(odd.filter(|token| !self.refused().contains(&token.secret)))
    }

    /// False if other processes will not find the token.
    fn store(
        &self,
        request: TokenRequest<'_>,
        token: &AuthorizationToken,
    ) -> Result<bool, ProviderError> {
        let (domain, Caller { identity, key }) = (&request.resolved.target.domain, request.caller);
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
        let stored = self.cache()?.store(key, token, keep_until, &label, now());
        if let Err(error) = &stored {
            self.log.line(format_args!("{error}"));
        }
        Ok(stored.is_ok())
    }

    /// The settings of this process, read once. A file that cannot be used is read again, because the
    /// user may have corrected it.
    pub fn settings(&self) -> Result<&Settings, ProviderError> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = Settings::load(&self.environment, &self.locations)?;
        Ok(self.settings.get_or_init(|| {
            for note in &settings.notes {
                self.log.line(format_args!("{note}"));
            }
            settings
        }))
    }

    fn refused(&self) -> MutexGuard<'_, HashSet<Secret>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_flight(&self) -> MutexGuard<'_, HashMap<InFlight, Fetch>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Tokens and sign-ins on this machine, for people: to show and to delete them.
impl Provider {
    /// One time for everything that is shown together.
    pub fn clock() -> SystemTime {
        now()
    }

    /// The environment that this process was started with.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The folders of our files.
    pub fn locations(&self) -> &Locations {
        &self.locations
    }

    /// The folders that may have tokens of this user, whether they exist or not.
    pub fn cache_folders(&self) -> Vec<PathBuf> {
        cache::all_folders(&self.environment, &self.locations)
    }

    /// Why tokens are kept where they are, and which folders are not used and why.
    pub fn cache_notes(&self) -> Result<&[String], ProviderError> {
        self.cache_and_notes().map(|(_, notes)| notes.as_slice())
    }

    /// The configured log files that cannot be written, and why.
    pub fn refused_logs(&self) -> &[(PathBuf, String)] {
        self.log.refused()
    }

    /// The tokens in these folders.
    pub fn kept_tokens(&self) -> Vec<KeptToken> {
        cache::kept(&self.cache_folders(), now())
    }

    /// Removes the tokens with the selected labels, or all of them if nothing is selected.
    pub fn forget_tokens(
        &self,
        is_meant: Option<&dyn Fn(&Label) -> bool>,
    ) -> Result<Forgotten, CacheError> {
        cache::forget(&self.cache_folders(), is_meant)
    }

    /// The sign-ins that the AWS files name.
    pub fn sign_ins(&self) -> Result<Vec<KnownSignIn>, AwsError> {
        self.aws.sign_ins(now())
    }

    /// Ends the sign-in of a profile, or of an `sso-session`, or else of the profile that the
    /// environment selects.
    pub async fn sign_out(
        &self,
        profile: Option<&str>,
        session: Option<&str>,
    ) -> Result<(SsoSession, SignedOut), ProviderError> {
        let session = self.session_meant(profile, session)?;
        let signed_out = self.aws.sign_out(&session, now()).await?;
        Ok((session, signed_out))
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge: tokens are fetched and served now")]
fn now() -> SystemTime {
    SystemTime::now()
}
