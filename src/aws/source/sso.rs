//! A role behind a sign-in of IAM Identity Center.
//!
//! The SDK's own provider is not used: it refreshes by itself and writes its file in place, and a file
//! half written signs the user out everywhere.

use aws_credential_types::Credentials;
use aws_sdk_sso::error::SdkError;
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_types::region::Region;
use std::time::SystemTime;

use super::selectors::Selectors;
use super::usable::Names;
use super::{Loader, usable};
use crate::aws::AwsError;
use crate::aws::error::classify;
use crate::aws::files::{AwsFiles, Profile};
use crate::aws::retry;
use crate::aws::sso::{SERVICE, SsoSession, TokenFile};

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
                        format!("its `sso_session` `{name}` does not exist")
                    }
                    _ => "`sso_start_url` or `sso_region` is missing".to_owned(),
                },
            },
        };
        Err(profile.broken(detail))
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

    pub(super) fn names() -> Names {
        let keys = ["accessKeyId", "secretAccessKey", "sessionToken"];
        Names::in_json(keys, "in the response of IAM Identity Center")
    }

    /// Uses the access token of the shared file as it is. Everything of the configuration is used
    /// except the region: the portal is in the session's region.
    pub(super) async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        let file = TokenFile::of(&self.session).ok_or_else(|| self.expired())?;
        let sign_in = file.read().ok_or_else(|| self.expired())?;
        let name = || format!("`accessToken` in `{}`", file.path().display());
        usable::check(sign_in.access_token.expose(), name)?;
        let region = Region::new(self.session.region.clone());
        let config = loader.config.to_builder().region(region).build();
        let config = aws_sdk_sso::config::Builder::from(&config)
            .retry_config(retry::config())
            .retry_classifier(loader.client.patience());
        let call = aws_sdk_sso::Client::from_conf(config.build())
            .get_role_credentials()
            .access_token(sign_in.access_token.expose())
            .account_id(&self.account)
            .role_name(&self.role);
        let answer =
            retry::until_answered(|| call.clone().send(), || loader.client.silence()).await;
        let answer = answer.map_err(|error| self.refused(&error, loader))?;
        // Only the service's own word ends a sign-in: this is another's answer, or an outage.
        let other =
            || classify::not_as_expected(SERVICE, "HTTP 200, without credentials", loader.client);
        let answer = answer.role_credentials.ok_or_else(other)?;
        let (Some(id), Some(secret)) = (answer.access_key_id, answer.secret_access_key) else {
            return Err(other());
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
        match classify::refusal_by(SERVICE, error, loader.client) {
            Ok(refusal) => match refusal.code.as_str() {
                "UnauthorizedException" => self.expired(),
                "ForbiddenException" | "ResourceNotFoundException" => {
                    let (profile, message) = (self.session.profile.clone(), refusal.message);
                    AwsError::SsoRoleRefused { profile, message }
                }
                code if retry::is_throttling(code) => {
                    AwsError::Throttled { code: refusal.code, again_at: refusal.again_at }
                }
                code => loader.caller.source_failed(format!(
                    "IAM Identity Center returned {code}: {}",
                    refusal.message
                )),
            },
            Err(error) => error,
        }
    }

    fn expired(&self) -> AwsError {
        AwsError::SsoExpired { profile: self.session.profile.clone() }
    }
}
