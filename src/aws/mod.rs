//! The only user of the AWS SDK: from this machine's settings to an authorization token.
//!
//! - [`error`]: failures, each with its fix; how an error of the SDK is classified
//! - [`files`]: the shared config and credentials files, read as the AWS CLI reads them
//! - [`region`]: names of regions, wherever they come from
//! - [`endpoints`]: the endpoints that variables and profiles configure
//! - [`proxy`]: what a setting says about a proxy
//! - [`proxy_answer`]: what a proxy says about a connection that it does not make
//! - [`trust`]: the trusted certificates
//! - [`route`]: which proxy, certificates and endpoints are used
//! - [`client`]: connections: trust, proxies, and no plain http but to this machine
//! - [`headers`]: what the headers of an answer say about time
//! - [`retry_policy`]: when a call is repeated, as numbers
//! - [`retry`]: calls that are repeated, and lost answers
//! - [`request`]: a single request without the SDK's services
//! - [`sso`]: sign-ins of IAM Identity Center
//! - [`source`]: sources of AWS credentials, one file each, and their order
//! - [`identity`]: whose credentials they are, read without a network request
//! - [`connection`]: where requests would go
//! - [`repository_endpoint`]: a repository's URL by its names
//! - [`source_index`]: a package source's index, requested with a token
//!
//! Imports go up this list. Nothing here knows NuGet or the cache.

mod client;
mod connection;
mod endpoints;
mod error;
mod files;
mod headers;
mod identity;
mod proxy;
mod proxy_answer;
mod region;
mod repository_endpoint;
mod request;
mod retry;
mod retry_policy;
mod route;
mod source;
mod source_index;
mod sso;
mod trust;

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::region::Region;

pub use connection::Connection;
pub use error::{AwsError, Help};
#[cfg(fuzzing)]
pub use files::check;
pub use identity::{Identity, IdentityDescription, profile_of};
pub use proxy::ProxySetting;
pub use repository_endpoint::{LookupError, RepositoryNames};
pub use retry_policy::FETCH_LIMIT;
pub use route::{FallbackProxy, system_proxy_hint};
pub use source_index::SourceAnswer;
pub use sso::{KnownSignIn, Prompt, Refreshed, Show, SignInBy, SignInState, TokenFingerprint};
pub use sso::{SignedIn, SignedInUntil, SignedOut, SsoSession};

use crate::base::environment::Environment;
use crate::base::log::{Log, Timing};
use crate::base::secret::Secret;
use crate::endpoint::Domain;
use crate::settings::{self, EffectiveSettings};
use crate::token::{AuthorizationToken, fits_into_header};
use client::{HttpClient, Network};
use error::classify;
use files::AwsFiles;
use source::Loader;

/// Time limit for looking up the identity's ARN. The ARN only adds detail to a message.
const CALLER_LIMIT: Duration = Duration::from_secs(2);

/// AWS, as this process's environment and files show it.
#[derive(Debug)]
pub struct Aws {
    environment: Environment,
    log: Log,
    fallback_proxy: FallbackProxy,
}

/// The names of the profiles in the shared files, sorted; none if a file cannot be used.
pub fn profile_names(environment: &Environment) -> Vec<String> {
    let files = AwsFiles::load(environment);
    files.map(|files| files.names().into_iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// The names of the profiles whose credentials are of this account, as far as the shared files show.
pub fn profiles_of_account(environment: &Environment, account: &str) -> Vec<String> {
    let files = AwsFiles::load(environment);
    let names =
        |files: AwsFiles| files.of_account(account).into_iter().map(str::to_owned).collect();
    files.map(names).unwrap_or_default()
}

impl Aws {
    /// Reads nothing yet.
    pub fn new(environment: Environment, log: Log) -> Self {
        Self { environment, log, fallback_proxy: FallbackProxy::default() }
    }

    /// The same, with a proxy that is used if no setting of AWS's names one.
    pub fn with_fallback_proxy(self, fallback_proxy: FallbackProxy) -> Self {
        Self { fallback_proxy, ..self }
    }

    /// The identity that would request a token now. Reads the shared files, and makes no network
    /// request. The functions below that take an identity use its files and its connections.
    pub fn identity(&self, effective: &EffectiveSettings) -> Result<Identity, AwsError> {
        Identity::of(&self.environment, &self.fallback_proxy, effective)
    }

    /// The error of a token request with this identity, if only an instance is left to try and its
    /// metadata service is switched off.
    pub fn no_source_error(&self, identity: &Identity, domain: &Domain) -> Option<AwsError> {
        if source::instance::is_switched_off(&self.environment) {
            identity.no_credentials(domain)
        } else {
            None
        }
    }

    /// Exchanges the refresh token in the shared file for a new access token, which is kept there.
    /// Only one process may do so at a time: the service may accept a refresh token only once.
    pub async fn refresh_sign_in(
        &self,
        session: &SsoSession,
        identity: &Identity,
        now: SystemTime,
    ) -> Result<Refreshed, AwsError> {
        let client = identity.network.client().await?;
        let config = identity.network.config(&client, &session.profile, &session.region);
        sso::refresh(session, &client, &config, now).await
    }

    /// Signs in with the user's help, and keeps the sign-in in the shared file. `identity` is the
    /// one that a token is requested for. None if the user only wants to sign in.
    pub async fn sign_in(
        &self,
        session: &SsoSession,
        by: SignInBy,
        identity: Option<&Identity>,
        clock: fn() -> SystemTime,
        show: Show<'_>,
    ) -> Result<SignedIn, AwsError> {
        let network = match identity {
            Some(identity) => identity.network.clone(),
            None => self.network(session)?,
        };
        let client = network.client().await?;
        let config = network.config(&client, &session.profile, &session.region);
        sso::sign_in(session, by, &client, &config, clock, show).await
    }

    /// The sign-in of the first of these profiles that exists, or of the one that the environment
    /// chooses; or the `sso-session` of this name.
    pub fn sso_session(
        &self,
        profiles: &[String],
        session: Option<&str>,
    ) -> Result<SsoSession, AwsError> {
        let files = AwsFiles::load(&self.environment)?;
        let existing = profiles.iter().find(|profile| files.get(profile).is_some());
        let profile = match existing.or(profiles.first()) {
            Some(profile) => profile,
            None => profile_of(&self.environment).map_or("default", |(_, name)| name),
        };
        SsoSession::choose(&files, profile, session)
    }

    /// The sign-ins that the shared config file names, and when each expires.
    pub fn sign_ins(&self, now: SystemTime) -> Result<Vec<KnownSignIn>, AwsError> {
        let files = AwsFiles::load(&self.environment)?;
        match files.stray() {
            Some(error) => Err(error),
            None => Ok(sso::known(&files, now)),
        }
    }

    /// Ends the sign-in for every program on this machine, and at the portal if the portal can be
    /// reached.
    pub async fn sign_out(
        &self,
        session: &SsoSession,
        now: SystemTime,
    ) -> Result<SignedOut, AwsError> {
        let reached = async {
            let network = self.network(session)?;
            let client = network.client().await?;
            let config = network.config(&client, &session.profile, &session.region);
            Ok((client, config))
        };
        sso::sign_out(session, reached.await, now).await
    }

    /// Calls `GetAuthorizationToken`, within `limit`, which is at most [`FETCH_LIMIT`].
    pub async fn authorization_token(
        &self,
        domain: &Domain,
        identity: &Identity,
        duration: settings::Duration,
        now: SystemTime,
        limit: Duration,
    ) -> Result<AuthorizationToken, AwsError> {
        let until = tokio::time::Instant::now() + limit;
        let client = identity.network.client().await?;
        let fetch = self.fetch(domain, identity, duration, &client, now);
        match tokio::time::timeout_at(until, fetch).await {
            Ok(fetched) => fetched,
            Err(_) => Err(identity.caller().timed_out(&client, limit)),
        }
    }

    /// The identity's ARN, from STS. None if STS does not answer soon.
    pub async fn caller_arn(
        &self,
        domain: &Domain,
        identity: &Identity,
        now: SystemTime,
    ) -> Option<String> {
        let answer = async {
            let client = identity.network.client().await.ok()?;
            let config = self.config(domain, identity, &client, now).await.ok()?;
            let caller = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
            caller.ok()?.arn
        };
        tokio::time::timeout(CALLER_LIMIT, answer).await.ok().flatten()
    }

    /// For a sign-in without an identity: only the session's profile is known.
    fn network(&self, session: &SsoSession) -> Result<Network, AwsError> {
        let files = AwsFiles::load(&self.environment)?;
        let (profile, fallback) = (session.profile.clone(), self.fallback_proxy.clone());
        Ok(Network::new(&self.environment, fallback, files, profile, None))
    }

    async fn fetch(
        &self,
        domain: &Domain,
        identity: &Identity,
        duration: settings::Duration,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<AuthorizationToken, AwsError> {
        let call = self
            .codeartifact(domain, identity, client, now)
            .await?
            .get_authorization_token()
            .domain(&domain.name)
            .domain_owner(&domain.owner)
            .duration_seconds(duration.seconds());
        let answer = retry::until_answered(|| call.clone().send(), || client.silence()).await;
        let answer = answer.map_err(|error| match classify::refusal(&error, client) {
            Ok(refusal) => classify::service_refusal(refusal, domain, &identity.caller(), now),
            Err(error) => error,
        })?;
        let token = answer.authorization_token.filter(|token| fits_into_header(token));
        let expiration = answer.expiration.and_then(|time| SystemTime::try_from(time).ok());
        match (token, expiration) {
            (Some(token), Some(expiration)) => {
                Ok(AuthorizationToken { secret: Secret::new(token), obtained: now, expiration })
            }
            _ => Err(classify::nonsense(client, "it has no usable token, or no expiration")),
        }
    }

    /// The SDK makes this variable a part of the user agent's name.
    fn check_user_agent(&self) -> Result<(), AwsError> {
        const VARIABLE: &str = "AWS_EXECUTION_ENV";
        let value = self.environment.get(VARIABLE).unwrap_or_default();
        source::usable::check(value, || VARIABLE.to_owned())
    }

    async fn codeartifact(
        &self,
        domain: &Domain,
        identity: &Identity,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<aws_sdk_codeartifact::Client, AwsError> {
        let config = self.config(domain, identity, client, now).await?;
        let config = config.into_builder().region(Region::new(domain.region.clone())).build();
        let config = aws_sdk_codeartifact::config::Builder::from(&config)
            .retry_config(retry::config())
            .retry_classifier(client.patience());
        Ok(aws_sdk_codeartifact::Client::from_conf(config.build()))
    }

    /// The SDK's configuration with the identity's credentials. They are loaded here, so that a
    /// failure to load them is not mistaken for a failure of the call.
    async fn config(
        &self,
        domain: &Domain,
        identity: &Identity,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<SdkConfig, AwsError> {
        let config = identity.config(client, domain);
        identity.plan.check_partition(domain)?;
        self.check_user_agent()?;
        for name in SECRET_VARIABLES {
            self.environment.get(name).into_iter().for_each(|it| client.hide(&Secret::new(it)));
        }
        let timing = Timing::start();
        let loader = Loader {
            environment: &self.environment,
            caller: &identity.caller(),
            files: &identity.network.files,
            client,
            config: &config,
            profile: identity.profile(),
            last_resort: identity.no_credentials(domain),
            now,
        };
        let credentials = identity.plan.load(&loader).await?;
        self.log.line(format_args!("AWS credentials of {} loaded in {timing}", identity.label));
        let credentials = SharedCredentialsProvider::new(credentials);
        Ok(config.into_builder().credentials_provider(credentials).build())
    }
}

/// Variables whose values no message may repeat, though a program that is started sees them.
const SECRET_VARIABLES: [&str; 4] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];
