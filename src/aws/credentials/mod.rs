//! The AWS credentials of an identity: its plan's source, and the roles on top.
//!
//! The SDK's own chain is not used: it goes on to the next source where one yields nothing, and the
//! cache's key was made for the first.
//!
//! - [`process`]: programs that print credentials
//! - [`roles`]: roles that STS gives
//! - [`words`]: command lines

mod process;
mod roles;
mod shell_words;

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::login::LoginCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;

use super::http::HttpClient;
use super::identity::{Identity, Keys, Source, SsoRole};
use super::{AwsError, classify, sso};
use crate::base::environment::Environment;
use crate::endpoint::Domain;

/// How long the instance metadata service may take to connect, and to answer: it is near, or not
/// there at all, and then "no credentials" shall be said soon. So it is asked once.
const METADATA_LIMIT: Duration = Duration::from_secs(1);

/// What credentials are loaded with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loader<'a> {
    pub environment: &'a Environment,
    pub identity: &'a Identity,
    pub client: &'a HttpClient,
    pub domain: &'a Domain,
    /// Region and endpoints; no credentials yet.
    pub config: &'a SdkConfig,
    pub now: SystemTime,
}

impl Loader<'_> {
    /// Loads them.
    pub(super) async fn load(self) -> Result<Credentials, AwsError> {
        let mut credentials = self.source().await?;
        for role in &self.identity.plan.roles {
            credentials = self.assume(role, credentials).await?;
        }
        Ok(credentials)
    }

    async fn source(self) -> Result<Credentials, AwsError> {
        let loaded = match &self.identity.plan.source {
            Source::Keys(keys) => return Ok(keys.into()),
            Source::WebIdentity(web_identity) => return self.assume_by_token(web_identity).await,
            Source::Process(command) => {
                let printed = process::credentials(command, self.environment, self.now).await;
                return printed.map_err(|error| self.failed(error.to_string()));
            }
            Source::Sso(SsoRole { session, account, role }) => {
                sso::role_credentials(session, account, role, self.config).await
            }
            Source::Login { session, .. } => {
                let provider = LoginCredentialsProvider::builder(session);
                provider.configure(&self.provider_config()).build().provide_credentials().await
            }
            Source::Container => {
                let provider = EcsCredentialsProvider::builder();
                provider.configure(&self.provider_config()).build().provide_credentials().await
            }
            Source::Instance => self.instance()?.provide_credentials().await,
        };
        loaded.map_err(|error| {
            classify::credentials_error(&error, self.client, self.identity, self.domain)
        })
    }

    fn instance(self) -> Result<ImdsCredentialsProvider, AwsError> {
        let mut client = imds::Client::builder()
            .configure(&self.provider_config())
            .max_attempts(1)
            .connect_timeout(METADATA_LIMIT)
            .read_timeout(METADATA_LIMIT);
        // The SDK reads the variable, and of profiles only the one that AWS_PROFILE names.
        let variable = self.environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        if let (None, Some(url)) = (variable, &self.identity.metadata_endpoint) {
            client = client.endpoint(url).map_err(|_| AwsError::EndpointUrl)?;
        }
        let provider = ImdsCredentialsProvider::builder().configure(&self.provider_config());
        Ok(provider.imds_client(client.build()).build())
    }

    fn provider_config(self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(self.config.region().cloned())
            .with_use_fips(self.config.use_fips())
            .with_use_dual_stack(self.config.use_dual_stack())
            .with_http_client(self.client.shared())
            .with_timeout_config(super::timeouts())
    }

    fn failed(self, detail: String) -> AwsError {
        let label = self.identity.source_label.clone();
        AwsError::SourceFailed { label, detail, check: self.identity.check() }
    }
}

impl From<&Keys> for Credentials {
    fn from(Keys { id, secret, session_token }: &Keys) -> Self {
        let token = session_token.as_ref().map(|token| token.expose().to_owned());
        Self::new(id, secret.expose(), token, None, "keys")
    }
}
