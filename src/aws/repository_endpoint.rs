//! A repository's URL by its names, from `GetRepositoryEndpoint`.

use aws_sdk_codeartifact::error::ProvideErrorMetadata;
use aws_sdk_codeartifact::types::{EndpointType, PackageFormat};
use aws_types::region::Region;
use std::time::SystemTime;

use super::http::HttpClient;
use super::identity::Identity;
use super::{Aws, AwsError, FETCH_LIMIT, classify};
use crate::base::text::excerpt;
use crate::endpoint::{Domain, Partition};
use crate::settings::EffectiveSettings;

/// What a repository is called.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryNames<'a> {
    pub domain: &'a Domain,
    pub repository: &'a str,
    /// Whether the URL is to be one for IPv6 as well.
    pub dual_stack: bool,
}

/// Why AWS names no URL.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LookupError {
    #[error(
        "`codeartifact:GetRepositoryEndpoint` is not allowed to {label} ({message}); allow it, or give \
         the repository's URL, which needs no permission: `source add \
         https://{}-{}.d.codeartifact.{}.{}/nuget/{repository}/v3/index.json`",
        .domain.name, .domain.owner, .domain.region, Partition::of(&.domain.region).suffix
    )]
    NotAllowed { label: String, message: String, domain: Domain, repository: String },
    #[error(
        "there is no repository `{repository}` in {domain} ({message}); see which there are with \
         `aws codeartifact list-repositories-in-domain --domain {} --domain-owner {} --region {}`",
        .domain.name, .domain.owner, .domain.region
    )]
    NotFound { message: String, domain: Domain, repository: String },
    #[error(transparent)]
    Aws(#[from] AwsError),
}

impl Aws {
    /// Calls `GetRepositoryEndpoint` for NuGet, within [`FETCH_LIMIT`]; the URL is without
    /// `v3/index.json`.
    pub async fn repository_endpoint(
        &self,
        names: RepositoryNames<'_>,
        identity: &Identity,
        effective: &EffectiveSettings,
        now: SystemTime,
    ) -> Result<String, LookupError> {
        let client = self.client(identity, effective).await?;
        let look_up = self.look_up(names, identity, effective, &client, now);
        match tokio::time::timeout(FETCH_LIMIT, look_up).await {
            Ok(found) => found,
            Err(_) => Err(AwsError::timed_out(&client, identity, FETCH_LIMIT).into()),
        }
    }

    async fn look_up(
        &self,
        names: RepositoryNames<'_>,
        identity: &Identity,
        effective: &EffectiveSettings,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<String, LookupError> {
        let domain = names.domain;
        let config = self.config(domain, effective, identity, client, now).await?;
        let config = config.into_builder().region(Region::new(domain.region.clone())).build();
        let kind = if names.dual_stack { EndpointType::Dualstack } else { EndpointType::Ipv4 };
        let answer = aws_sdk_codeartifact::Client::new(&config)
            .get_repository_endpoint()
            .domain(&domain.name)
            .domain_owner(&domain.owner)
            .repository(names.repository)
            .format(PackageFormat::Nuget)
            .endpoint_type(kind)
            .send()
            .await;
        match answer {
            Ok(found) => found
                .repository_endpoint
                .ok_or_else(|| AwsError::nonsense(client, "it has no endpoint").into()),
            Err(error) => Err(refusal(&error, names, identity).unwrap_or_else(|| {
                classify::service_error(&error, client, domain, identity, now).into()
            })),
        }
    }
}

/// Codes that mean something else here than for a token.
fn refusal(
    error: &impl ProvideErrorMetadata,
    names: RepositoryNames<'_>,
    identity: &Identity,
) -> Option<LookupError> {
    let message = excerpt(error.message().unwrap_or("without a message"));
    let (domain, repository) = (names.domain.clone(), names.repository.to_owned());
    match error.code()? {
        "AccessDeniedException" | "AccessDenied" => {
            let label = identity.label.clone();
            Some(LookupError::NotAllowed { label, message, domain, repository })
        }
        "ResourceNotFoundException" => Some(LookupError::NotFound { message, domain, repository }),
        _ => None,
    }
}
