//! A role behind a sign-in of IAM Identity Center.
//!
//! The SDK's own provider is not used: it refreshes by itself and writes its file in place, and a file
//! half written signs the user out everywhere.

use aws_credential_types::Credentials;
use aws_sdk_sso::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::DateTime;
use aws_types::region::Region;
use std::time::SystemTime;

use super::Loader;
use super::selectors::Selectors;
use crate::aws::AwsError;
use crate::aws::error::{causes, classify};
use crate::aws::files::{AwsFiles, Profile};
use crate::aws::sso::{SsoSession, TokenFile};

/// The role, and the sign-in that gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoRole {
    pub session: SsoSession,
    pub account: String,
    pub role: String,
}

impl SsoRole {
    /// An account or a role makes a profile an SSO profile. A profile with neither may still name a
    /// session, because other programs get access tokens from it.
    pub(super) fn find(files: &AwsFiles, profile: &Profile) -> Result<Option<Self>, AwsError> {
        let detail = match (profile.get("sso_account_id"), profile.get("sso_role_name")) {
            (None, None) => return Ok(None),
            (Some(_), None) => "it has `sso_account_id`, but no `sso_role_name`".to_owned(),
            (None, Some(_)) => "it has `sso_role_name`, but no `sso_account_id`".to_owned(),
            (Some(account), Some(role)) => match SsoSession::of(files, profile) {
                Some(session) => {
                    session.check(files)?;
                    let (account, role) = (account.to_owned(), role.to_owned());
                    return Ok(Some(Self { session, account, role }));
                }
                None => match profile.get("sso_session") {
                    Some(name) if !files.sso_sessions().contains(&name) => {
                        format!("its `sso_session` `{name}` is in no AWS file")
                    }
                    _ => "`sso_start_url` or `sso_region` is missing".to_owned(),
                },
            },
        };
        Err(AwsError::broken_profile(profile.name(), detail))
    }

    /// The selector includes whether somebody is signed in at all: a sign-out makes another
    /// identity, a refresh does not.
    pub(super) fn add_to(&self, selectors: &mut Selectors<'_>) {
        let Self { session, account, role } = self;
        selectors.add_optional("sso-session", session.name.as_deref());
        selectors.add("sso-start-url", &session.start_url);
        selectors.add("sso-region", &session.region);
        selectors.add("sso-account", account);
        selectors.add("sso-role", role);
        let file = TokenFile::of(session).map(|file| file.path().to_owned());
        selectors.add_presence("sso-sign-in", file);
    }

    pub(super) fn describe(&self) -> String {
        let Self { session, account, role } = self;
        format!("role `{role}` in account {account} by {}", session.in_words())
    }

    /// Uses the access token of the shared file as it is. Everything of the configuration is used
    /// except the region: the portal is in the session's region.
    pub(super) async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        let sign_in = TokenFile::of(&self.session).and_then(|file| file.read());
        let sign_in = sign_in.ok_or_else(|| self.expired())?;
        let region = Region::new(self.session.region.clone());
        let config = loader.config.to_builder().region(region).build();
        let answer = aws_sdk_sso::Client::new(&config)
            .get_role_credentials()
            .access_token(sign_in.access_token.expose())
            .account_id(&self.account)
            .role_name(&self.role)
            .send()
            .await
            .map_err(|error| self.refused(&error, loader))?;
        let answer = answer.role_credentials.ok_or_else(|| self.expired())?;
        let (Some(id), Some(secret)) = (answer.access_key_id, answer.secret_access_key) else {
            return Err(self.expired());
        };
        let mut credentials = Credentials::builder()
            .access_key_id(id)
            .secret_access_key(secret)
            .account_id(&self.account)
            .provider_name("SSO");
        credentials.set_session_token(answer.session_token);
        let expiry = SystemTime::try_from(DateTime::from_millis(answer.expiration));
        credentials.set_expiry(expiry.ok());
        Ok(credentials.build())
    }

    fn refused(
        &self,
        error: &SdkError<GetRoleCredentialsError, HttpResponse>,
        loader: &Loader<'_>,
    ) -> AwsError {
        if error.code().is_none() {
            let is_connection = causes::find::<ConnectorError>(error).is_some();
            return if is_connection {
                classify::connection(error, loader.client)
            } else {
                self.expired()
            };
        }
        match classify::refusal(error, loader.client) {
            Ok(refusal) => match refusal.code.as_str() {
                "UnauthorizedException" => self.expired(),
                "ForbiddenException" | "ResourceNotFoundException" => {
                    let (profile, message) = (self.session.profile.clone(), refusal.message);
                    AwsError::SsoRoleRefused { profile, message }
                }
                "TooManyRequestsException" => AwsError::Throttled { code: refusal.code },
                code => {
                    loader.caller.source_failed(format!("SSO answered {code}: {}", refusal.message))
                }
            },
            Err(error) => error,
        }
    }

    fn expired(&self) -> AwsError {
        AwsError::SsoExpired { profile: self.session.profile.clone() }
    }
}
