//! A session of `aws login`.

use aws_config::login::LoginCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;

use super::Loader;
use super::selectors::{Selectors, digest};
use crate::aws::AwsError;
use crate::aws::error::classify;
use crate::aws::files::Profile;

/// The session, and the profile that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub profile: String,
    pub session: String,
}

impl Login {
    pub(super) fn find(profile: &Profile) -> Option<Self> {
        let session = profile.get("login_session")?.to_owned();
        Some(Self { profile: profile.name().to_owned(), session })
    }

    /// The selector includes whether somebody is signed in, as with IAM Identity Center. The SDK
    /// names the file by the session's digest.
    pub(super) fn add_to(&self, selectors: &mut Selectors<'_>) {
        selectors.add("login", &self.session);
        let environment = selectors.environment;
        let folder = environment
            .path("AWS_LOGIN_CACHE_DIRECTORY")
            .or_else(|| environment.home().map(|home| home.join(".aws/login/cache")));
        let name = format!("{}.json", digest(self.session.trim()));
        selectors.add_presence("login-sign-in", folder.map(|folder| folder.join(name)));
    }

    pub(super) fn describe(&self) -> String {
        format!("the `aws login` session `{}`", self.session)
    }

    pub(super) async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        let provider = LoginCredentialsProvider::builder(&self.session);
        let provider = provider.configure(&loader.provider_config()).build();
        provider.provide_credentials().await.map_err(|error| {
            classify::provider_error(&error, loader.client)
                .unwrap_or_else(|| AwsError::LoginExpired { profile: self.profile.clone() })
        })
    }
}
