//! The AWS credentials of an identity, by the SDK's provider for its source.
//!
//! The SDK's own chain is not used: it goes on to the next source where one yields nothing, and the
//! cache's key was made for the first.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::region::Region;

use super::http::HttpClient;
use super::identity::{Identity, Source};
use super::sso;

/// Loads them.
pub(super) async fn load(
    identity: &Identity,
    client: &HttpClient,
    region: Region,
) -> Result<Credentials, CredentialsError> {
    let config = ProviderConfig::without_region()
        .with_region(Some(region))
        .with_http_client(client.shared())
        .with_timeout_config(super::timeouts());
    match &identity.source {
        Source::EnvironmentKeys => {
            EnvironmentVariableCredentialsProvider::new().provide_credentials().await
        }
        Source::Profile { name } if signs_in(identity, name) => {
            sso_credentials(identity, name, client).await
        }
        Source::Profile { name } => {
            let provider = ProfileFileCredentialsProvider::builder().profile_name(name);
            provider.configure(&config).build().provide_credentials().await
        }
        Source::WebIdentity => {
            let provider = WebIdentityTokenCredentialsProvider::builder();
            provider.configure(&config).build().provide_credentials().await
        }
        Source::Container => {
            let provider = EcsCredentialsProvider::builder();
            provider.configure(&config).build().provide_credentials().await
        }
        Source::Instance => {
            let provider = ImdsCredentialsProvider::builder();
            provider.configure(&config).build().provide_credentials().await
        }
    }
}

/// Whether the profile itself, and none that it builds on, leads to a role by SSO.
fn signs_in(identity: &Identity, name: &str) -> bool {
    identity.sign_in.as_ref().is_some_and(|session| session.profile == name)
}

async fn sso_credentials(
    identity: &Identity,
    name: &str,
    client: &HttpClient,
) -> Result<Credentials, CredentialsError> {
    let profile = identity.profiles.get_profile(name);
    let get = |key| profile.and_then(|profile| profile.get(key)).unwrap_or_default();
    let Some(session) = &identity.sign_in else { return Err(CredentialsError::not_loaded(name)) };
    let config = session.sdk_config(client).await;
    sso::role_credentials(session, get("sso_account_id"), get("sso_role_name"), &config).await
}
