//! The role of an EC2 instance, if this is one.

use std::time::Duration;

use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;

use super::Loader;
use super::selectors::Selectors;
use crate::aws::AwsError;
use crate::aws::files::Profile;
use crate::base::system;

pub(super) const DESCRIPTION: &str = "what the instance metadata gives, if this is an instance";

/// Time limit for connecting to the instance metadata service, and for its response. The service is
/// near or does not exist, and in the second case the message about missing credentials should come
/// soon. For the same reason there is only one attempt.
const METADATA_LIMIT: Duration = Duration::from_secs(1);

const ENDPOINT_PROPERTY: &str = "ec2_metadata_service_endpoint";
const ENDPOINT_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// AWS may replace the role. So only the machine and the address of its metadata service identify
/// it.
pub(super) fn add_to(selectors: &mut Selectors<'_>, profile: Option<&Profile>) {
    selectors.is_visible = false;
    let endpoint = profile.and_then(|profile| profile.get(ENDPOINT_PROPERTY));
    selectors.add_optional(ENDPOINT_PROPERTY, endpoint);
    selectors.add_variables(&[ENDPOINT_VARIABLE, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]);
    for part in system::machine_identity(selectors.environment) {
        selectors.add("machine", &part);
    }
}

pub(super) async fn load(loader: &Loader<'_>) -> Result<Credentials, AwsError> {
    let mut client = imds::Client::builder()
        .configure(&loader.provider_config())
        .max_attempts(1)
        .connect_timeout(METADATA_LIMIT)
        .read_timeout(METADATA_LIMIT);
    // The SDK reads the variable, and of profiles only the one that AWS_PROFILE names.
    let endpoint = loader.profile.and_then(|profile| profile.get(ENDPOINT_PROPERTY));
    if let (None, Some(url)) = (loader.environment.get(ENDPOINT_VARIABLE), endpoint) {
        client = client.endpoint(url).map_err(|_| AwsError::EndpointUrl)?;
    }
    let provider = ImdsCredentialsProvider::builder().configure(&loader.provider_config());
    let provider = provider.imds_client(client.build()).build();
    provider.provide_credentials().await.map_err(|error| match &loader.last_resort {
        Some(no_credentials) => no_credentials.clone(),
        None => loader.provider_failed(&error),
    })
}
