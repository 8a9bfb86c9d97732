//! The calls of the sign-in service, SSO OIDC. None is signed.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_ssooidc::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_ssooidc::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ssooidc::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;

use super::super::http::HttpClient;
use super::super::{AwsError, FETCH_LIMIT, classify, error};
use super::loopback::REDIRECT_URI;
use super::registration::Purpose;
use super::{Client, SsoSession};
use crate::base::browser::Address;
use crate::base::secret::Secret;
use crate::base::text::{excerpt, printable};

const CLIENT_NAME: &str = env!("CARGO_PKG_NAME");

const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Where the service names none (RFC 8628).
const USUAL_INTERVAL: Duration = Duration::from_secs(5);
const USUAL_LIFE: Duration = Duration::from_mins(10);

/// The service of one session.
#[derive(Debug)]
pub(super) struct Oidc {
    sdk: aws_sdk_ssooidc::Client,
    http: HttpClient,
}

/// What is exchanged for tokens.
#[derive(Debug)]
pub(super) enum Grant<'a> {
    RefreshToken(&'a Secret),
    DeviceCode(&'a Secret),
    AuthorizationCode { code: &'a Secret, verifier: &'a Secret, redirect_uri: &'a str },
}

/// A device authorization that has begun.
#[derive(Debug)]
pub(super) struct Device {
    /// What the service knows it by.
    pub(super) code: Secret,
    pub(super) user_code: String,
    pub(super) address: Address,
    pub(super) lives: Duration,
    /// From one poll to the next.
    pub(super) interval: Duration,
}

/// Tokens, fresh from the service.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) access_token: Secret,
    pub(super) refresh_token: Option<Secret>,
    pub(super) lives: Duration,
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(super) enum OidcError {
    /// The service said no, by this code.
    Refused { code: String },
    /// It was not reached, or did not answer as it should.
    Failed(AwsError),
}

impl Oidc {
    pub(super) fn of(http: &HttpClient, config: &SdkConfig) -> Self {
        Self { sdk: aws_sdk_ssooidc::Client::new(config), http: http.clone() }
    }

    /// Registers a client of ours, as the AWS CLI registers its own.
    pub(super) async fn register(
        &self,
        session: &SsoSession,
        purpose: Purpose,
    ) -> Result<Client, OidcError> {
        let mut call = self.sdk.register_client().client_name(CLIENT_NAME).client_type("public");
        for scope in session.scopes() {
            call = call.scopes(scope);
        }
        if purpose == Purpose::Browser {
            call = call
                .grant_types("authorization_code")
                .grant_types("refresh_token")
                .redirect_uris(REDIRECT_URI)
                .issuer_url(&session.start_url);
        }
        let answer = call.send().await.map_err(|error| self.failure(&error))?;
        let expires_at = DateTime::from_secs(answer.client_secret_expires_at);
        match (answer.client_id, answer.client_secret, SystemTime::try_from(expires_at)) {
            (Some(id), Some(secret), Ok(expires_at)) => {
                Ok(Client { id, secret: Secret::new(secret), expires_at })
            }
            _ => Err(self.nonsense("it has no client, or no expiration")),
        }
    }

    pub(super) async fn start_device(
        &self,
        client: &Client,
        session: &SsoSession,
    ) -> Result<Device, OidcError> {
        let call = self.sdk.start_device_authorization().client_id(&client.id);
        let call = call.client_secret(client.secret.expose()).start_url(&session.start_url);
        let answer = call.send().await.map_err(|error| self.failure(&error))?;
        let address = answer.verification_uri_complete.or(answer.verification_uri);
        let address = address.as_deref().and_then(Address::parse);
        let address =
            address.ok_or_else(|| self.nonsense("its sign-in page is no https address"))?;
        let seconds = |seconds| u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        match (answer.device_code, answer.user_code) {
            (Some(code), Some(user_code)) => Ok(Device {
                code: Secret::new(code),
                user_code: excerpt(&user_code),
                address,
                lives: seconds(answer.expires_in).map_or(USUAL_LIFE, Duration::from_secs),
                interval: seconds(answer.interval).map_or(USUAL_INTERVAL, Duration::from_secs),
            }),
            _ => Err(self.nonsense("it has no device code")),
        }
    }

    /// Scheme and host that the service is called at, for the one page of it that is no call: told
    /// by a call that is stopped before it is sent.
    pub(super) async fn endpoint(&self) -> Result<String, OidcError> {
        let seen = Arc::new(OnceLock::new());
        let stop = StopBeforeSending { seen: Arc::clone(&seen) };
        let call = self.sdk.register_client().client_name(CLIENT_NAME).client_type("public");
        // That it fails is what is wanted.
        let _ = call.customize().interceptor(stop).send().await;
        seen.get().cloned().ok_or(OidcError::Failed(AwsError::EndpointUrl))
    }

    pub(super) async fn create_token(
        &self,
        client: &Client,
        grant: Grant<'_>,
    ) -> Result<Granted, OidcError> {
        let call = self.sdk.create_token().client_id(&client.id);
        let call = grant.add_to(call.client_secret(client.secret.expose()));
        let answer = call.send().await.map_err(|error| self.failure(&error))?;
        let lives = u64::try_from(answer.expires_in).map(Duration::from_secs);
        match (answer.access_token, lives) {
            (Some(access_token), Ok(lives)) => Ok(Granted {
                access_token: Secret::new(access_token),
                refresh_token: answer.refresh_token.map(Secret::new),
                lives,
            }),
            _ => Err(self.nonsense("it has no access token, or no expiration")),
        }
    }

    pub(super) fn nonsense(&self, detail: &str) -> OidcError {
        OidcError::Failed(AwsError::nonsense(&self.http, detail))
    }

    fn failure<E>(&self, error: &SdkError<E, HttpResponse>) -> OidcError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(failure) => {
                if let Some(code) = failure.err().code() {
                    return OidcError::Refused { code: printable(code) };
                }
                let status = failure.raw().status();
                self.nonsense(&format!("status {status}, and no error code of AWS's"))
            }
            SdkError::TimeoutError(_) => OidcError::Failed(AwsError::TimedOut {
                host: error::host_of(&self.http),
                limit: FETCH_LIMIT,
            }),
            _ => OidcError::Failed(classify::connection(error, &self.http)),
        }
    }
}

impl Grant<'_> {
    fn add_to(&self, call: CreateTokenFluentBuilder) -> CreateTokenFluentBuilder {
        match self {
            Grant::RefreshToken(token) => {
                call.grant_type("refresh_token").refresh_token(token.expose())
            }
            Grant::DeviceCode(code) => {
                call.grant_type(DEVICE_CODE_GRANT).device_code(code.expose())
            }
            Grant::AuthorizationCode { code, verifier, redirect_uri } => call
                .grant_type("authorization_code")
                .code(code.expose())
                .code_verifier(verifier.expose())
                .redirect_uri(*redirect_uri),
        }
    }
}

impl Granted {
    pub(super) fn expires_at(&self, now: SystemTime) -> SystemTime {
        now + self.lives
    }
}

/// Notes where a call would have gone.
#[derive(Debug)]
struct StopBeforeSending {
    seen: Arc<OnceLock<String>>,
}

#[derive(Debug, thiserror::Error)]
#[error("this call is not to be sent")]
struct Stopped;

impl Intercept for StopBeforeSending {
    fn name(&self) -> &'static str {
        "StopBeforeSending"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri();
        let path = uri.find("://").and_then(|at| uri[at + 3..].find('/').map(|end| at + 3 + end));
        let _ = self.seen.set(uri[..path.unwrap_or(uri.len())].to_owned());
        Err(Stopped.into())
    }
}
