//! Where requests would go, told without one: each is made as for real, up to the point where it
//! would be sent.

use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
    SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::region::Region;

use super::http::HttpClient;
use super::identity::of_rule;
use super::route::Route;
use super::{Aws, AwsError, Identity, classify, endpoints, profiles};
use crate::base::url::UrlParts;
use crate::endpoint::{Domain, is_aws_host};
use crate::settings::EffectiveSettings;

/// The way to AWS for one token.
#[derive(Debug)]
pub struct Connection {
    /// Of the APIs that would be asked.
    pub endpoints: Vec<ApiEndpoint>,
    /// Host and port, without credentials, and what names it.
    pub proxy: Option<(String, String)>,
    /// The PEM file, and what names it.
    pub ca_bundle: Option<(PathBuf, String)>,
}

/// Where an API is.
#[derive(Debug)]
pub struct ApiEndpoint {
    pub api: Api,
    /// Scheme, host and port.
    pub url: String,
    /// What chooses it, for people.
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
    /// What people call it.
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
    /// The way that a token for the domain would take. The certificates that the user names are read,
    /// and no connection is made.
    pub async fn connection(
        &self,
        domain: &Domain,
        identity: &Identity,
        effective: &EffectiveSettings,
    ) -> Result<Connection, AwsError> {
        // Whatever stands in the way of a client stands in the way of a token.
        self.client(identity, effective).await?;
        let route = Route::of(&self.environment, identity, effective)?;
        let mut endpoints = Vec::new();
        for api in apis(identity) {
            let url = self.url_of(api, domain, identity, effective).await?;
            let origin = self.origin_of(api, &url, identity, effective);
            endpoints.push(ApiEndpoint { api, url, origin });
        }
        Ok(Connection {
            endpoints,
            proxy: route.proxy.map(|proxy| (proxy.name, proxy.settings)),
            ca_bundle: route.ca_bundle.map(|bundle| (bundle.path, bundle.setting)),
        })
    }

    async fn url_of(
        &self,
        api: Api,
        domain: &Domain,
        identity: &Identity,
        effective: &EffectiveSettings,
    ) -> Result<String, AwsError> {
        let nowhere = Nowhere::default();
        let client = HttpClient::over(SharedHttpClient::new(nowhere.clone()));
        let config = match (api, &identity.sign_in) {
            (Api::Sso, Some(session)) => {
                let config = session.sdk_config(&client, profiles::files(&self.environment)).await;
                endpoints::with_rule(config, &effective.aws.endpoints)
            }
            _ => self.config_without_credentials(domain, effective, identity, &client).await,
        };
        let failed = send(api, domain, config).await;
        let would_be_asked = nowhere.asked();
        would_be_asked.ok_or_else(|| classify::connection(&*failed, &client))
    }

    /// A variable or a profile that is told to be ignored chooses nothing.
    fn origin_of(
        &self,
        api: Api,
        url: &str,
        identity: &Identity,
        effective: &EffectiveSettings,
    ) -> String {
        let rule = &effective.aws.endpoints;
        let of_rule_url = match api {
            Api::CodeArtifact => &rule.codeartifact,
            Api::Sts => &rule.sts,
            Api::Sso => &rule.sso,
        };
        if of_rule_url.is_some() {
            return format!("{}settings", of_rule(effective));
        }
        let chooses = |text: Option<&str>| text.is_some_and(|text| is_at(text, url));
        let variables = [api.variable(), "AWS_ENDPOINT_URL"];
        let variable = variables.into_iter().find(|name| chooses(self.environment.get(name)));
        if let Some(variable) = variable {
            return variable.to_owned();
        }
        let profile = identity.files.get(&identity.profile);
        let of_profile = profile.is_some_and(|it| {
            chooses(it.get("endpoint_url"))
                || it.get("services").is_some() && !is_aws_host(UrlParts::strict(url).host())
        });
        if of_profile { format!("profile `{}`", identity.profile) } else { "AWS's own".to_owned() }
    }
}

fn apis(identity: &Identity) -> Vec<Api> {
    let plan = &identity.plan;
    let asked = [
        (Api::CodeArtifact, true),
        (Api::Sts, plan.asks_sts()),
        (Api::Sso, plan.sign_in().is_some()),
    ];
    asked.into_iter().filter_map(|(api, is_asked)| is_asked.then_some(api)).collect()
}

/// Whether an endpoint's setting leads to this scheme, host and port.
fn is_at(setting: &str, url: &str) -> bool {
    let origin = |url| UrlParts::strict(url).origin();
    origin(setting).eq_ignore_ascii_case(&origin(url))
}

/// Never comes back with anything but an error: nothing is sent.
async fn send(api: Api, domain: &Domain, config: SdkConfig) -> Box<dyn Error> {
    let somebody = Credentials::new("somebody", "nothing", None, None, "nowhere");
    let config = config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(somebody))
        .retry_config(aws_smithy_types::retry::RetryConfig::disabled());
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
            let call = call.access_token("nothing").account_id(&domain.owner).role_name("nobody");
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

/// Takes requests, and sends none.
#[derive(Debug, Clone, Default)]
struct Nowhere(Arc<Mutex<Option<String>>>);

impl Nowhere {
    /// Where the request would have gone; none where it did not come so far.
    fn asked(&self) -> Option<String> {
        let url = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        url.as_deref().map(|url| UrlParts::strict(url).origin())
    }
}

impl HttpConnector for Nowhere {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = request.uri().to_owned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(url);
        HttpConnectorFuture::ready(Err(ConnectorError::user("nothing is sent".into())))
    }
}

impl SdkHttpClient for Nowhere {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
