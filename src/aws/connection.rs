//! Where requests would go, found out without sending one: each request is built as usual, up to
//! the point where it would be sent.

use std::error::Error;
use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;

use super::Aws;
use super::client::{DryRunClient, HttpClient};
use super::error::{AwsError, classify};
use super::identity::Identity;
use crate::base::url::UrlParts;
use crate::endpoint::{Domain, is_aws_host};

/// How AWS is reached for one token.
#[derive(Debug)]
pub struct Connection {
    /// The APIs that would be called.
    pub endpoints: Vec<ApiEndpoint>,
    /// The proxy's host and port, without credentials, and the setting that names it.
    pub proxy: Option<(String, String)>,
    /// The PEM file, and the setting that names it.
    pub ca_bundle: Option<(PathBuf, String)>,
}

/// The address of an API.
#[derive(Debug)]
pub struct ApiEndpoint {
    pub api: Api,
    /// Scheme, host and port.
    pub url: String,
    /// The setting that decides it, in words for people.
    pub origin: String,
}

/// An API of AWS's that a token needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    CodeArtifact,
    Sts,
    Sso,
}

impl Api {
    /// The name that people use for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeArtifact => "CodeArtifact",
            Self::Sts => "STS",
            Self::Sso => "SSO",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::CodeArtifact => "AWS_ENDPOINT_URL_CODEARTIFACT",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::Sso => "AWS_ENDPOINT_URL_SSO",
        }
    }
}

impl Aws {
    /// How a token for the domain would be requested. This reads the certificates that the user
    /// names, and makes no connection.
    pub async fn connection(
        &self,
        domain: &Domain,
        identity: &Identity,
    ) -> Result<Connection, AwsError> {
        // If no client can be made, no token can be requested either.
        identity.network.client().await?;
        let route = identity.network.route()?;
        let plan = &identity.plan;
        let apis = [
            (Api::CodeArtifact, true),
            (Api::Sts, plan.asks_sts()),
            (Api::Sso, plan.sign_in().is_some()),
        ];
        let mut endpoints = Vec::new();
        for (api, _) in apis.into_iter().filter(|(_, is_needed)| *is_needed) {
            let url = url_of(api, domain, identity).await?;
            let origin = self.origin_of(api, &url, identity)?;
            endpoints.push(ApiEndpoint { api, url, origin });
        }
        let (proxy, ca_bundle) = (route.proxy.clone(), route.ca_bundle.clone());
        Ok(Connection {
            endpoints,
            proxy: proxy.map(|proxy| (proxy.name, proxy.settings)),
            ca_bundle: ca_bundle.map(|bundle| (bundle.path, bundle.setting)),
        })
    }

    /// A variable or a profile that the settings tell AWS to ignore decides nothing.
    fn origin_of(&self, api: Api, url: &str, identity: &Identity) -> Result<String, AwsError> {
        let route = identity.network.route()?;
        let of_rule = match api {
            Api::CodeArtifact => &route.endpoints.codeartifact,
            Api::Sts => &route.endpoints.sts,
            Api::Sso => &route.endpoints.sso,
        };
        if of_rule.is_some() {
            return Ok(format!("{}settings", route.whose));
        }
        let variable = [api.variable(), "AWS_ENDPOINT_URL"]
            .into_iter()
            .find(|name| self.environment.get(name).is_some_and(|setting| is_at(setting, url)));
        if let Some(variable) = variable {
            return Ok(variable.to_owned());
        }
        let is_of_profile = identity.profile().is_some_and(|profile| {
            profile.get("endpoint_url").is_some_and(|setting| is_at(setting, url))
                || profile.get("services").is_some() && !is_aws_host(UrlParts::strict(url).host())
        });
        Ok(if is_of_profile {
            format!("profile `{}`", identity.network.profile)
        } else {
            "AWS's own".to_owned()
        })
    }
}

async fn url_of(api: Api, domain: &Domain, identity: &Identity) -> Result<String, AwsError> {
    let dry_run = DryRunClient::default();
    let client = HttpClient::dry_run(&dry_run);
    let config = match (api, &identity.sign_in) {
        (Api::Sso, Some(session)) => {
            identity.network.config(&client, &session.profile, &session.region)
        }
        _ => identity.config(&client, domain),
    };
    let failure = send(api, domain, config).await;
    dry_run.origin().ok_or_else(|| classify::connection(&*failure, &client))
}

/// Whether an endpoint's setting leads to this scheme, host and port.
fn is_at(setting: &str, url: &str) -> bool {
    UrlParts::strict(setting).origin().eq_ignore_ascii_case(&UrlParts::strict(url).origin())
}

/// Always an error, since nothing is sent.
async fn send(api: Api, domain: &Domain, config: SdkConfig) -> Box<dyn Error> {
    let credentials = Credentials::new("dry-run", "dry-run", None, None, "dry-run");
    let config = config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled());
    match api {
        Api::CodeArtifact => {
            let config = config.region(Region::new(domain.region.clone())).build();
            let call = aws_sdk_codeartifact::Client::new(&config).get_authorization_token();
            let sent = call.domain(&domain.name).domain_owner(&domain.owner).send().await;
            failure(sent)
        }
        Api::Sts => {
            failure(aws_sdk_sts::Client::new(&config.build()).get_caller_identity().send().await)
        }
        Api::Sso => {
            let call = aws_sdk_sso::Client::new(&config.build()).get_role_credentials();
            let call = call.access_token("dry-run").account_id(&domain.owner).role_name("dry-run");
            failure(call.send().await)
        }
    }
}

fn failure<T, E: Error + 'static>(sent: Result<T, E>) -> Box<dyn Error> {
    match sent {
        Ok(_) => "nothing was sent".into(),
        Err(error) => error.into(),
    }
}
