//! The only user of the AWS SDK: from the identity at hand to an authorization token.
//!
//! - [`route`]: which proxy and which certificates are to be used
//! - [`endpoints`]: API endpoints that a rule moves
//! - [`http`]: connections: trust, proxies, and no plain http but to this machine
//! - [`profiles`]: the AWS files, read by the SDK's own loader
//! - [`identity`]: who would be asking, told locally
//! - [`credentials`]: the AWS credentials of that identity
//! - [`sso`]: sign-ins of IAM Identity Center
//! - [`repository_endpoint`]: a repository's URL by its names
//! - [`source_index`]: a package source asked with a token
//! - [`connection`]: where requests would go
//! - [`error`]: failures, each with a way out
//! - [`classify`]: which failure an SDK error is
//! - [`causes`]: what an SDK error says, made readable
//! - [`system_proxy`]: what is said of the system's own proxy, which is not used
//!
//! Nothing here knows NuGet or the cache.

mod causes;
mod classify;
mod connection;
mod credentials;
mod endpoints;
mod error;
mod http;
mod identity;
mod profiles;
mod repository_endpoint;
mod route;
mod source_index;
mod sso;
mod system_proxy;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;

pub use connection::Connection;
pub use error::{AwsError, Help};
pub use identity::{Identity, IdentityDescription};
pub use repository_endpoint::{LookupError, RepositoryNames};
pub use source_index::SourceAnswer;
pub use sso::{KnownSignIn, Prompt, Refreshed, Show, SignInBy, SignInState, TokenFingerprint};
pub use sso::{SignedIn, SignedInUntil, SignedOut, SsoSession};

use crate::base::environment::Environment;
use crate::base::log::{Log, Timing};
use crate::base::secret::Secret;
use crate::endpoint::Domain;
use crate::settings::EffectiveSettings;
use crate::token::AuthorizationToken;
use credentials::Loader;
use http::HttpClient;
use route::Route;

/// After this, a token that has not come is given up: hung, where slow would have been done.
pub const FETCH_LIMIT: Duration = Duration::from_mins(1);

/// How long a connection may take to be made, each of the SDK's three tries.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How long the identity's name may take, which only decorates a message.
const CALLER_LIMIT: Duration = Duration::from_secs(2);

/// AWS, as this process's environment and files show it.
#[derive(Debug)]
pub struct Aws {
    environment: Environment,
    log: Log,
}

impl Aws {
    /// Reads nothing yet.
    pub fn new(environment: Environment, log: Log) -> Self {
        Self { environment, log }
    }

    /// Who would be asking for a token now. Reads the AWS files at most, and asks nobody.
    pub async fn identity(&self, effective: &EffectiveSettings) -> Result<Identity, AwsError> {
        identity::of(&self.environment, effective).await
    }

    /// What a token of this identity would fail with, where only an instance is left to be asked and
    /// its metadata is switched off.
    pub fn no_source_error(&self, identity: &Identity, domain: &Domain) -> Option<AwsError> {
        let switch = self.environment.get("AWS_EC2_METADATA_DISABLED");
        let is_off = switch.is_some_and(|switch| switch.eq_ignore_ascii_case("true"));
        (is_off && identity.is_last_resort()).then(|| AwsError::no_credentials(identity, domain))
    }

    /// Whether the session's access token can be used, as the shared file says.
    pub fn sign_in_state(session: &SsoSession, now: SystemTime) -> SignInState {
        sso::state(session, now)
    }

    /// Until when the session's access token can be used, as the shared file says; none where nobody
    /// has signed in.
    pub fn sign_in_end(session: &SsoSession) -> Option<SystemTime> {
        sso::end(session)
    }

    /// Which sign-in of the session the shared file holds.
    pub fn token_fingerprint(session: &SsoSession) -> TokenFingerprint {
        sso::fingerprint(session)
    }

    /// Exchanges the refresh token in the shared file for a new access token, which is kept there.
    /// One process at a time, please: the service may accept a refresh token only once.
    pub async fn refresh_sign_in(
        &self,
        session: &SsoSession,
        identity: &Identity,
        effective: &EffectiveSettings,
        now: SystemTime,
    ) -> Result<Refreshed, AwsError> {
        let client = self.client(identity, effective).await?;
        let config = session.sdk_config(&client, profiles::files(&self.environment)).await;
        let config = endpoints::with_rule(config, &effective.aws.endpoints);
        sso::refresh(session, &client, &config, now).await
    }

    /// Signs in with the user's help, and keeps it in the shared file. `asker` is what a token is
    /// wanted for; none where it is the user's own wish.
    pub async fn sign_in(
        &self,
        session: &SsoSession,
        by: SignInBy,
        asker: Option<(&Identity, &EffectiveSettings)>,
        clock: fn() -> SystemTime,
        show: Show<'_>,
    ) -> Result<SignedIn, AwsError> {
        let client = match asker {
            Some((identity, effective)) => self.client(identity, effective).await?,
            None => {
                self.client_of(Route::of_profile(&self.environment, &session.profile).await).await?
            }
        };
        let mut config = session.sdk_config(&client, profiles::files(&self.environment)).await;
        if let Some((_, effective)) = asker {
            config = endpoints::with_rule(config, &effective.aws.endpoints);
        }
        sso::sign_in(session, by, &client, &config, clock, show).await
    }

    /// The sign-in that the first of these profiles stands for that there is, or the one that the
    /// environment chooses; or the `sso-session` of this name.
    pub async fn sso_session(
        &self,
        profiles: &[String],
        session: Option<&str>,
    ) -> Result<SsoSession, AwsError> {
        let files = profiles::load(&self.environment).await?;
        let there = profiles.iter().find(|profile| files.get(profile).is_some());
        let profile = there.or(profiles.first()).map(String::as_str);
        let selected = || self.environment.get("AWS_PROFILE").unwrap_or("default");
        sso::choose(&files, profile.unwrap_or_else(selected), session)
    }

    /// The sign-ins that the AWS files name, as the shared files say.
    pub async fn sign_ins(&self, now: SystemTime) -> Result<Vec<KnownSignIn>, AwsError> {
        Ok(sso::known(&profiles::load(&self.environment).await?, now))
    }

    /// Until when somebody is signed in, as the shared file says.
    pub fn signed_in(session: &SsoSession, now: SystemTime) -> Option<SignedInUntil> {
        sso::signed_in(session, now)
    }

    /// Ends the sign-in for everybody on this machine, and at the portal where that can be reached.
    pub async fn sign_out(
        &self,
        session: &SsoSession,
        now: SystemTime,
    ) -> Result<SignedOut, AwsError> {
        let route = Route::of_profile(&self.environment, &session.profile).await;
        let config = match self.client_of(route).await {
            Ok(client) => Ok(session.sdk_config(&client, profiles::files(&self.environment)).await),
            Err(error) => Err(error),
        };
        sso::sign_out(session, config, now).await
    }

    /// Calls `GetAuthorizationToken` on these terms, within [`FETCH_LIMIT`].
    pub async fn authorization_token(
        &self,
        domain: &Domain,
        identity: &Identity,
        effective: &EffectiveSettings,
        now: SystemTime,
    ) -> Result<AuthorizationToken, AwsError> {
        let client = self.client(identity, effective).await?;
        let fetch = self.fetch(domain, effective, identity, &client, now);
        match tokio::time::timeout(FETCH_LIMIT, fetch).await {
            Ok(fetched) => fetched,
            Err(_) => Err(AwsError::timed_out(&client, identity, FETCH_LIMIT)),
        }
    }

    /// The identity's ARN, from STS; none where it does not come soon.
    pub async fn caller_arn(
        &self,
        domain: &Domain,
        identity: &Identity,
        effective: &EffectiveSettings,
        now: SystemTime,
    ) -> Option<String> {
        let ask = async {
            let client = self.client(identity, effective).await.ok()?;
            let config = self.config(domain, effective, identity, &client, now).await.ok()?;
            let caller = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
            caller.ok()?.arn
        };
        tokio::time::timeout(CALLER_LIMIT, ask).await.ok().flatten()
    }

    async fn client(
        &self,
        identity: &Identity,
        effective: &EffectiveSettings,
    ) -> Result<HttpClient, AwsError> {
        self.client_of(Route::of(&self.environment, identity, effective)).await
    }

    /// Reading the trust store takes some milliseconds, in which other asks are answered.
    async fn client_of(&self, route: Result<Route, AwsError>) -> Result<HttpClient, AwsError> {
        if let Some(variable) = self.environment.set_to_nothing("AWS_ENDPOINT_URL") {
            return Err(AwsError::EmptyEndpoint { variable: variable.to_owned() });
        }
        let made = tokio::task::spawn_blocking(move || HttpClient::new(&route?));
        let panicked =
            |_| Err(AwsError::Trust { detail: "the trusted certificates are unreadable".into() });
        made.await.unwrap_or_else(panicked)
    }

    async fn fetch(
        &self,
        domain: &Domain,
        effective: &EffectiveSettings,
        identity: &Identity,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<AuthorizationToken, AwsError> {
        let config = self.config(domain, effective, identity, client, now).await?;
        let config = config.into_builder().region(Region::new(domain.region.clone())).build();
        let answer = aws_sdk_codeartifact::Client::new(&config)
            .get_authorization_token()
            .domain(&domain.name)
            .domain_owner(&domain.owner)
            .duration_seconds(effective.duration.value.seconds())
            .send()
            .await
            .map_err(|error| classify::service_error(&error, client, domain, identity, now))?;
        // It becomes a part of HTTP headers.
        let is_sound =
            |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let token = answer.authorization_token.filter(is_sound);
        let expiration = answer.expiration.and_then(|time| SystemTime::try_from(time).ok());
        match (token, expiration) {
            (Some(token), Some(expiration)) => {
                Ok(AuthorizationToken { secret: Secret::new(token), obtained: now, expiration })
            }
            _ => Err(AwsError::nonsense(client, "it has no usable token, or no expiration")),
        }
    }

    /// The SDK's configuration with the identity's credentials, which are loaded here, so that a
    /// failure of theirs is not taken for one of the call.
    async fn config(
        &self,
        domain: &Domain,
        effective: &EffectiveSettings,
        identity: &Identity,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<SdkConfig, AwsError> {
        let config = self.config_without_credentials(domain, effective, identity, client).await;
        let timing = Timing::start();
        let environment = &self.environment;
        let loader = Loader { environment, identity, client, domain, config: &config, now };
        let credentials = loader.load().await?;
        self.log.line(format_args!("AWS credentials of {} loaded in {timing}", identity.label));
        let credentials = SharedCredentialsProvider::new(credentials);
        Ok(config.into_builder().credentials_provider(credentials).build())
    }

    /// Region and endpoints as the environment and the profile say, and the rule's endpoints.
    async fn config_without_credentials(
        &self,
        domain: &Domain,
        effective: &EffectiveSettings,
        identity: &Identity,
        client: &HttpClient,
    ) -> SdkConfig {
        let region = identity.region.clone().unwrap_or_else(|| domain.region.clone());
        let config = aws_config::defaults(BehaviorVersion::latest())
            .profile_files(profiles::files(&self.environment))
            .profile_name(&identity.profile)
            .region(Region::new(region))
            .no_credentials()
            .http_client(client.shared())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard())
            // A slow answer is no stalled one.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .framework_metadata(framework())
            .load()
            .await;
        endpoints::with_rule(config, &effective.aws.endpoints)
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).read_timeout(FETCH_LIMIT).build()
}

#[expect(clippy::expect_used, reason = "the crate's name and version have no other characters")]
fn framework() -> FrameworkMetadata {
    let version = Cow::Borrowed(env!("CARGO_PKG_VERSION"));
    FrameworkMetadata::new(env!("CARGO_PKG_NAME"), Some(version)).expect("a valid name and version")
}
