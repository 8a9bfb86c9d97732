//! The AWS credentials of an identity, by the SDK's own providers and order.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::region::Region;

use super::http::HttpClient;
use super::identity::{Identity, Source};
use super::profiles;
use crate::settings::Environment;

/// Loads them. A profile that is named ends the search: a typo never becomes another identity.
pub(super) async fn load(
    identity: &Identity,
    client: &HttpClient,
    region: Region,
    environment: &Environment,
) -> Result<Credentials, CredentialsError> {
    let config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_http_client(client.shared())
        .with_timeout_config(super::timeouts());
    if let Source::Profile { name, is_named: true } = &identity.source {
        let profile = ProfileFileCredentialsProvider::builder().profile_name(name);
        return profile.configure(&config).build().provide_credentials().await;
    }
    let chain = DefaultCredentialsChain::builder().configure(config).region(region);
    let chain = chain.profile_name(profiles::selected(environment));
    chain.build().await.provide_credentials().await
}
