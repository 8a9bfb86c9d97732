//! A session of `aws login`.

use aws_config::login::LoginCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;

use super::Loader;
use super::selectors::{Selectors, digest};
use super::usable::Names;
use crate::aws::AwsError;
use crate::aws::client::timeouts;
use crate::aws::error::{causes, classify};
use crate::aws::files::Profile;
use crate::base::panic;

const SERVICE: &str = "the service of `aws login`";

const FOLDER: &str = "AWS_LOGIN_CACHE_DIRECTORY";

/// What the service says when the user has to sign in again.
const ENDED: [&str; 3] = ["AccessDeniedException", "reauthenticate", "Login token is expired"];

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
        let folder = environment.path(FOLDER).or_else(|| {
            environment.home().map(|home| home.join(".aws").join("login").join("cache"))
        });
        let name = format!("{}.json", digest(self.session.trim()));
        selectors.add_presence("login-sign-in", folder.map(|folder| folder.join(name)));
    }

    pub(super) fn describe(&self) -> String {
        format!("the `aws login` session `{}`", self.session)
    }

    pub(super) fn names() -> Names {
        let keys = ["accessKeyId", "secretAccessKey", "sessionToken"];
        Names::in_json(keys, "of the `aws login` session")
    }

    pub(super) async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        // The AWS CLI expands it, the SDK does not.
        let folder = loader.environment.get(FOLDER).unwrap_or_default();
        if folder.contains('$') || folder.starts_with('~') {
            let detail = format!("{FOLDER} contains `$` or `~`; set it to an absolute path");
            return Err(loader.caller.source_failed(detail));
        }
        let provider = LoginCredentialsProvider::builder(&self.session);
        let provider = provider.configure(&provider_config(loader)).build();
        // The SDK expects an answer in full, and panics at another one.
        match panic::catch_in(provider.provide_credentials()).await {
            Ok(Err(error)) => Err(self.failed(&error, loader)),
            Ok(Ok(credentials)) if !credentials.access_key_id().is_empty() => Ok(credentials),
            _ => Err(classify::not_as_expected(
                SERVICE,
                "HTTP 200, without credentials",
                loader.client,
            )),
        }
    }

    fn failed(&self, error: &CredentialsError, loader: &Loader<'_>) -> AwsError {
        if let Some(failed) = classify::provider_error(error, loader.client) {
            return failed;
        }
        let is_missing = causes::find::<std::io::Error>(error)
            .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if is_missing || causes::says(error, &ENDED) {
            return AwsError::LoginExpired { profile: self.profile.clone() };
        }
        let detail = classify::said(error, loader.client);
        if loader.client.host().is_some() {
            classify::not_as_expected(SERVICE, detail, loader.client)
        } else {
            loader.caller.source_failed(format!("its sign-in cannot be used: {detail}"))
        }
    }
}

fn provider_config(loader: &Loader<'_>) -> ProviderConfig {
    ProviderConfig::without_region()
        .with_region(loader.config.region().cloned())
        .with_use_fips(loader.config.use_fips())
        .with_use_dual_stack(loader.config.use_dual_stack())
        .with_http_client(loader.client.shared())
        .with_timeout_config(timeouts())
}
