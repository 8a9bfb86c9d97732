//! A role that is assumed with a token from a file. GitHub Actions and EKS provide such files.

use std::path::PathBuf;

use aws_credential_types::Credentials;

use super::Loader;
use super::role;
use super::selectors::{self, Selectors};
use crate::aws::AwsError;
use crate::aws::files::Profile;
use crate::aws::retry;
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::secret::Secret;

/// The role, and the token's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    pub token_file: PathBuf,
    pub role_arn: String,
    pub session_name: Option<String>,
}

impl WebIdentity {
    /// From the environment, if its variables count, or else from the profile: each value separately,
    /// as with the AWS CLI.
    pub(super) fn find(
        environment: &Environment,
        variables_count: bool,
        profile: Option<&Profile>,
    ) -> Result<Option<Self>, AwsError> {
        let places = Places { environment: variables_count.then_some(environment), profile };
        let file = places.get("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
        let Some(token_file) = file else { return Ok(None) };
        let token_file = environment.expand(&token_file);
        let session_name = places.get("AWS_ROLE_SESSION_NAME", "role_session_name");
        match (places.get("AWS_ROLE_ARN", "role_arn"), profile) {
            (Some(role_arn), _) => Ok(Some(Self { token_file, role_arn, session_name })),
            (None, Some(profile)) if places.variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_none() => {
                let detail = "it has `web_identity_token_file`, but no `role_arn`";
                Err(profile.broken(detail))
            }
            (None, _) => Err(AwsError::NoRoleArn),
        }
    }

    pub(super) fn add_to(&self, selectors: &mut Selectors<'_>) {
        selectors.add("web-identity", &self.role_arn);
        selectors.add_optional("session-name", self.session_name.as_deref());
        selectors.add_token_file(&self.token_file);
    }

    pub(super) fn describe(&self) -> String {
        format!("role `{}` by the token file `{}`", self.role_arn, self.token_file.display())
    }

    pub(super) async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        let file = self.token_file.display();
        let token = selectors::token_in(&self.token_file).map_err(|error| {
            loader.caller.source_failed(format!("the token file `{file}` cannot be read: {error}"))
        })?;
        if token.trim().is_empty() {
            return Err(loader.caller.source_failed(format!("the token file `{file}` is empty")));
        }
        loader.client.hide(&Secret::new(token.trim()));
        let call = role::client(loader.config, loader)
            .assume_role_with_web_identity()
            .role_arn(&self.role_arn)
            .role_session_name(self.session_name.as_deref().unwrap_or(PROGRAM))
            .web_identity_token(token.trim());
        let assumed =
            retry::until_answered(|| call.clone().send(), || loader.client.silence()).await;
        let assumed = assumed.map_err(|error| role::refused(&error, &self.role_arn, loader))?;
        role::session(assumed.credentials, loader)
    }
}

struct Places<'a> {
    environment: Option<&'a Environment>,
    profile: Option<&'a Profile>,
}

impl<'a> Places<'a> {
    fn variable(&self, name: &str) -> Option<&'a str> {
        self.environment?.get(name)
    }

    fn get(&self, variable: &str, property: &str) -> Option<String> {
        self.variable(variable).or_else(|| self.profile?.get_some(property)).map(str::to_owned)
    }
}
