//! Roles that STS gives: to credentials, or to a token in a file.
#![expect(clippy::disallowed_methods, reason = "a web identity's token is in a file")]

use std::fs;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::types::Credentials as Session;

use super::Loader;
use crate::aws::identity::{Role, WebIdentity};
use crate::aws::{AwsError, classify};

/// What `CloudTrail` shows where nobody chose a name.
const SESSION_NAME: &str = env!("CARGO_PKG_NAME");

impl Loader<'_> {
    /// The role's credentials, asked for with these.
    pub(super) async fn assume(
        self,
        role: &Role,
        with: Credentials,
    ) -> Result<Credentials, AwsError> {
        let signer = SharedCredentialsProvider::new(with);
        let config = self.config.clone().into_builder().credentials_provider(signer).build();
        let assumed = Client::new(&config)
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration)
            .send()
            .await;
        let assumed = assumed
            .map_err(|error| classify::role_error(&error, &role.arn, self.client, self.identity))?;
        self.session(assumed.credentials, &role.arn)
    }

    /// The role's credentials, asked for with the token in the file.
    pub(super) async fn assume_by_token(
        self,
        identity: &WebIdentity,
    ) -> Result<Credentials, AwsError> {
        let WebIdentity { token_file, role_arn, session_name } = identity;
        let token = fs::read_to_string(token_file).map_err(|error| {
            self.failed(format!(
                "the token file `{}` cannot be read: {error}",
                token_file.display()
            ))
        })?;
        let assumed = Client::new(self.config)
            .assume_role_with_web_identity()
            .role_arn(role_arn)
            .role_session_name(session_name.as_deref().unwrap_or(SESSION_NAME))
            .web_identity_token(token.trim())
            .send()
            .await;
        let assumed = assumed
            .map_err(|error| classify::role_error(&error, role_arn, self.client, self.identity))?;
        self.session(assumed.credentials, role_arn)
    }

    fn session(self, session: Option<Session>, role: &str) -> Result<Credentials, AwsError> {
        let session = session
            .ok_or_else(|| self.failed(format!("STS answered without credentials for `{role}`")))?;
        let Session { access_key_id, secret_access_key, session_token, expiration, .. } = session;
        let expiration = SystemTime::try_from(expiration).ok();
        let token = Some(session_token);
        Ok(Credentials::new(access_key_id, secret_access_key, token, expiration, "role"))
    }
}
