//! The calls of the sign-in service, SSO OIDC. None is signed.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_ssooidc::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ssooidc::operation::create_token::builders::CreateTokenFluentBuilder;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::super::http::HttpClient;
use super::super::{AwsError, FETCH_LIMIT, classify, error};
use super::Client;
use crate::secret::Secret;
use crate::text::printable;

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
            SdkError::ServiceError(failure) => match failure.err().code() {
                Some(code) => OidcError::Refused { code: printable(code) },
                None => {
                    let status = failure.raw().status();
                    self.nonsense(&format!("status {status}, and no error code of AWS's"))
                }
            },
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
        }
    }
}

impl Granted {
    pub(super) fn expires_at(&self, now: SystemTime) -> SystemTime {
        now + self.lives
    }
}
