//! A repository's URL by its names, from `GetRepositoryEndpoint`.

use std::time::SystemTime;

use aws_sdk_codeartifact::types::{EndpointType, PackageFormat};

use super::Aws;
use super::client::HttpClient;
use super::error::AwsError;
use super::error::classify::{self, Refusal};
use super::identity::Identity;
use super::retry;
use super::retry_policy::FETCH_LIMIT;
use crate::base::invocation;
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, Partition};

/// The names of a repository.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryNames<'a> {
    pub domain: &'a Domain,
    pub repository: &'a str,
    /// Whether the URL should be for IPv6 as well.
    pub dual_stack: bool,
}

/// Why AWS gave no URL.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LookupError {
    #[error(
        "AWS denied `codeartifact:GetRepositoryEndpoint` to {label} for repository `{repository}` of \
         {domain} ({message})."
    )]
    NotAllowed { label: String, message: String, domain: Domain, repository: String },
    #[error("Repository `{repository}` does not exist in {domain} ({message}).")]
    NotFound { message: String, domain: Domain, repository: String },
    #[error(transparent)]
    Aws(#[from] AwsError),
}

impl Coded for LookupError {
    fn code(&self) -> Code {
        match self {
            Self::NotAllowed { .. } => Code::EndpointDenied,
            Self::NotFound { .. } => Code::RepositoryNotFound,
            Self::Aws(error) => error.code(),
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::NotAllowed { domain: Domain { name, owner, region }, repository, .. } => {
                let suffix = Partition::of(region).suffix;
                let url = format!(
                    "https://{name}-{owner}.d.codeartifact.{region}.{suffix}/nuget/{repository}/v3/index.json"
                );
                let command = invocation::command(["source", "add", &url]);
                Some(format!("Allow it, or add the URL, which needs no permission: {command}"))
            }
            Self::NotFound { domain: Domain { name, owner, region }, .. } => Some(format!(
                "List the repositories: aws codeartifact list-repositories-in-domain --domain {name} \
                 --domain-owner {owner} --region {region}"
            )),
            Self::Aws(error) => error.fix(),
        }
    }
}

impl Aws {
    /// Calls `GetRepositoryEndpoint` for NuGet, within [`FETCH_LIMIT`]; the URL is without
    /// `v3/index.json`.
    pub async fn repository_endpoint(
        &self,
        names: RepositoryNames<'_>,
        identity: &Identity,
        now: SystemTime,
    ) -> Result<String, LookupError> {
        let client = identity.network.client().await?;
        let look_up = self.look_up(names, identity, &client, now);
        match tokio::time::timeout(FETCH_LIMIT, look_up).await {
            Ok(found) => found,
            Err(_) => Err(identity.caller().timed_out(&client, FETCH_LIMIT).into()),
        }
    }

    async fn look_up(
        &self,
        names: RepositoryNames<'_>,
        identity: &Identity,
        client: &HttpClient,
        now: SystemTime,
    ) -> Result<String, LookupError> {
        let domain = names.domain;
        let kind = if names.dual_stack { EndpointType::Dualstack } else { EndpointType::Ipv4 };
        let call = self
            .codeartifact(domain, identity, client, now)
            .await?
            .get_repository_endpoint()
            .domain(&domain.name)
            .domain_owner(&domain.owner)
            .repository(names.repository)
            .format(PackageFormat::Nuget)
            .endpoint_type(kind);
        match retry::until_answered(|| call.clone().send(), || client.silence()).await {
            Ok(found) => found
                .repository_endpoint
                .ok_or_else(|| classify::nonsense(client, "it has no endpoint").into()),
            Err(error) => Err(refused(classify::refusal(&error, client)?, names, identity, now)),
        }
    }
}

/// Two codes mean something else here than for a token.
fn refused(
    refusal: Refusal,
    names: RepositoryNames<'_>,
    identity: &Identity,
    now: SystemTime,
) -> LookupError {
    let (domain, repository) = (names.domain.clone(), names.repository.to_owned());
    match refusal.code.as_str() {
        "AccessDeniedException" | "AccessDenied" => LookupError::NotAllowed {
            label: identity.label.clone(),
            message: refusal.message,
            domain,
            repository,
        },
        "ResourceNotFoundException" => {
            LookupError::NotFound { message: refusal.message, domain, repository }
        }
        _ => classify::service_refusal(refusal, &domain, &identity.caller(), now).into(),
    }
}
