//! The calls of the sign-in service, SSO OIDC, and what the user sees meanwhile. No call is signed.

use std::error::Error;
use std::io;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_ssooidc::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;

use super::session::SsoSession;
use super::token_file::{Client, ClientFile};
use crate::aws::client::{DryRunClient, HttpClient};
use crate::aws::error::{AwsError, classify};
use crate::aws::retry;
use crate::base::PROGRAM;
use crate::base::browser::Address;
use crate::base::secret::Secret;
use crate::base::text::excerpt;

const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The redirect URI that clients register. It allows every port of this machine (RFC 8252).
const REDIRECT_URI: &str = "http://127.0.0.1/oauth/callback";

/// A registration that ends sooner is renewed, because a sign-in takes some time.
const RENEWED_BEFORE: Duration = Duration::from_mins(15);

/// The polling interval if the service names none (RFC 8628).
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const DEFAULT_LIFE: Duration = Duration::from_mins(10);

/// How the user signs in. A client's permissions are fixed when it registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInBy {
    /// In a browser on this machine.
    Browser,
    /// By confirming a code, on any machine.
    Device,
}

/// What the user is shown.
#[derive(Debug)]
pub struct Prompt {
    /// The page to sign in at.
    pub address: Address,
    /// The code that the page asks the user to confirm. None if the browser returns by itself.
    pub code: Option<String>,
}

/// Shows a prompt at once, without waiting.
pub type Show<'a> = &'a (dyn Fn(&Prompt) + Send + Sync);

/// Why there is no sign-in, or no new access token.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInError {
    #[error("it was declined in the browser")]
    Declined,
    #[error("nobody signed in within the time limit")]
    TimedOut,
    /// The service refused it with this code.
    #[error("IAM Identity Center returned {code}")]
    Refused { code: String },
    #[error("the sign-in page at `{endpoint}` is not an https address")]
    Address { endpoint: String },
    #[error("no port of this machine is available ({0})")]
    Io(String),
    /// The service was not reached, or its response was invalid.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

impl SignInError {
    pub(super) fn into_aws_error(self, session: &SsoSession) -> AwsError {
        match self {
            Self::Aws(error) => error,
            error => AwsError::sign_in_failed(&session.profile, error.to_string()),
        }
    }
}

impl From<io::Error> for SignInError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

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
    /// The service identifies the authorization by this.
    pub(super) code: Secret,
    pub(super) user_code: String,
    pub(super) address: Address,
    pub(super) lives: Duration,
    /// The interval between two polls.
    pub(super) interval: Duration,
}

/// New tokens from the service.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) access_token: Secret,
    pub(super) refresh_token: Option<Secret>,
    pub(super) lives: Duration,
}

impl Oidc {
    pub(super) fn of(http: &HttpClient, config: &SdkConfig) -> Self {
        Self { sdk: aws_sdk_ssooidc::Client::new(config), http: http.clone() }
    }

    /// The registered client, or a new one.
    pub(super) async fn client(
        &self,
        session: &SsoSession,
        by: SignInBy,
        now: SystemTime,
    ) -> Result<Client, SignInError> {
        let file = client_file(session, by);
        let kept = file.read().filter(|client| now + RENEWED_BEFORE < client.expires_at);
        if let Some(client) = kept {
            return Ok(client);
        }
        let client = self.register(session, by).await?;
        file.keep(&client);
        Ok(client)
    }

    /// Registers a client of ours, as the AWS CLI registers its own.
    async fn register(&self, session: &SsoSession, by: SignInBy) -> Result<Client, SignInError> {
        let mut call = self.sdk.register_client().client_name(PROGRAM).client_type("public");
        for scope in session.scopes() {
            call = call.scopes(scope);
        }
        if by == SignInBy::Browser {
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
            _ => Err(self.nonsense("HTTP 200, without a client")),
        }
    }

    pub(super) async fn start_device(
        &self,
        client: &Client,
        session: &SsoSession,
    ) -> Result<Device, SignInError> {
        self.http.hide(&client.secret);
        let call = self.sdk.start_device_authorization().client_id(&client.id);
        let call = call.client_secret(client.secret.expose()).start_url(&session.start_url);
        let answer = call.send().await.map_err(|error| self.failure(&error))?;
        let address = answer.verification_uri_complete.or(answer.verification_uri);
        let address = address.as_deref().and_then(Address::parse);
        let address = address.ok_or_else(|| {
            self.nonsense("HTTP 200, and its sign-in page is not an https address")
        })?;
        match (answer.device_code, answer.user_code) {
            (Some(code), Some(user_code)) => Ok(Device {
                code: Secret::new(code),
                user_code: excerpt(&user_code),
                address,
                lives: seconds(answer.expires_in).unwrap_or(DEFAULT_LIFE),
                interval: seconds(answer.interval).unwrap_or(DEFAULT_INTERVAL),
            }),
            _ => Err(self.nonsense("HTTP 200, without a device code")),
        }
    }

    /// Scheme, host and port of the service, for its one page that is not an API call.
    pub(super) async fn origin(&self) -> Result<String, SignInError> {
        let dry_run = DryRunClient::default();
        let config = aws_sdk_ssooidc::Config::builder().http_client(dry_run.clone());
        let call = self.sdk.register_client().client_name(PROGRAM).client_type("public");
        // It fails, since nothing is sent.
        let _ = call.customize().config_override(config).send().await;
        let setting = self.http.broken_endpoint();
        dry_run.origin().ok_or(SignInError::Aws(AwsError::EndpointUrl { setting }))
    }

    pub(super) async fn create_token(
        &self,
        client: &Client,
        grant: Grant<'_>,
    ) -> Result<Granted, SignInError> {
        self.http.hide(&client.secret);
        grant.secrets().into_iter().for_each(|secret| self.http.hide(secret));
        let call = self.sdk.create_token().client_id(&client.id);
        let call = grant.add_to(call.client_secret(client.secret.expose()));
        // Each grant may be accepted only once, also if its answer is lost.
        let config = aws_sdk_ssooidc::Config::builder()
            .retry_config(retry::config())
            .retry_classifier(self.http.patience_for_once());
        let answer = call
            .customize()
            .config_override(config)
            .send()
            .await
            .map_err(|error| self.failure(&error))?;
        let lives = u64::try_from(answer.expires_in).map(Duration::from_secs);
        match (answer.access_token, lives) {
            (Some(access_token), Ok(lives)) => Ok(Granted {
                access_token: Secret::new(access_token),
                refresh_token: answer.refresh_token.map(Secret::new),
                lives,
            }),
            _ => Err(self.nonsense("HTTP 200, without an access token")),
        }
    }

    /// A response without what was asked for.
    fn nonsense(&self, detail: &str) -> SignInError {
        classify::not_as_expected(super::SERVICE, detail, &self.http).into()
    }

    fn failure<E>(&self, error: &SdkError<E, HttpResponse>) -> SignInError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match classify::refusal_by(super::SERVICE, error, &self.http) {
            Ok(refusal) => SignInError::Refused { code: refusal.code },
            Err(error) => error.into(),
        }
    }
}

/// The service no longer knows our client, so the next sign-in registers again.
pub(super) fn forget_client(session: &SsoSession, by: SignInBy) {
    client_file(session, by).remove();
}

fn client_file(session: &SsoSession, by: SignInBy) -> ClientFile {
    let grant = match by {
        SignInBy::Browser => "authorization_code",
        SignInBy::Device => "device_code",
    };
    ClientFile::of(session, grant)
}

fn seconds(seconds: i32) -> Option<Duration> {
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

impl Grant<'_> {
    fn secrets(&self) -> Vec<&Secret> {
        match self {
            Grant::RefreshToken(secret) | Grant::DeviceCode(secret) => vec![secret],
            Grant::AuthorizationCode { code, verifier, .. } => vec![code, verifier],
        }
    }

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
