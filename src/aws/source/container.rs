//! The role of a container, or of an EKS pod identity.

use aws_config::ecs::EcsCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;

use super::Loader;
use super::selectors::{Selectors, digest};
use crate::aws::AwsError;
use crate::base::environment::Environment;

pub(super) const DESCRIPTION: &str = "what the container's endpoint gives";

const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

pub(super) fn is_there(environment: &Environment) -> bool {
    environment.get(RELATIVE_URI).is_some() || environment.get(FULL_URI).is_some()
}

pub(super) fn add_to(selectors: &mut Selectors<'_>) {
    let environment = selectors.environment;
    selectors.add_variables(&[RELATIVE_URI, FULL_URI]);
    // The relative URI belongs to one task, whose role stays the same. At another address, another
    // process may answer.
    if environment.get(RELATIVE_URI).is_none() {
        selectors.is_visible = false;
    }
    let token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(digest);
    selectors.add_optional("container-token", token.as_deref());
    if let Some(file) = environment.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        selectors.add_token_file(&file);
    }
}

pub(super) async fn load(loader: &Loader<'_>) -> Result<Credentials, AwsError> {
    let provider = EcsCredentialsProvider::builder().configure(&loader.provider_config()).build();
    provider.provide_credentials().await.map_err(|error| loader.provider_failed(&error))
}
