//! IAM Identity Center: the sign-in that a profile names, and the role's credentials behind it.

use std::future::Future;

use aws_config::profile::{Profile, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::region::Region;

/// A sign-in of IAM Identity Center, as the AWS files name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// The `sso-session`'s name; none for a profile of the older form.
    pub name: Option<String>,
    pub start_url: String,
    pub region: String,
    /// `sso_registration_scopes`.
    pub scopes: Vec<String>,
    /// The profile that it was found by, for commands that people paste.
    pub profile: String,
}

impl SsoSession {
    /// The sign-in that the profile itself names; none where it names none, or not all of it.
    pub(super) fn of(profiles: &ProfileSet, profile: &Profile) -> Option<Self> {
        let name = profile.get("sso_session");
        let session = name.and_then(|name| profiles.sso_session(name));
        let get = |key| match (name, session) {
            (Some(_), session) => session?.get(key),
            (None, _) => profile.get(key),
        };
        let scopes = get("sso_registration_scopes").unwrap_or_default();
        Some(Self {
            name: name.map(str::to_owned),
            start_url: get("sso_start_url")?.to_owned(),
            region: get("sso_region")?.to_owned(),
            scopes: scopes.split(',').map(|scope| scope.trim().to_owned()).collect(),
            profile: profile.name().to_owned(),
        })
    }
}

/// The credentials of a role behind the sign-in.
pub(super) fn role_credentials(
    session: &SsoSession,
    account: &str,
    role: &str,
    config: &ProviderConfig,
) -> impl Future<Output = Result<Credentials, CredentialsError>> + 'static {
    let mut provider = SsoCredentialsProvider::builder()
        .account_id(account)
        .role_name(role)
        .start_url(&session.start_url)
        .region(Region::new(session.region.clone()))
        .configure(config);
    provider.set_session_name(session.name.clone());
    let provider = provider.build();
    async move { provider.provide_credentials().await }
}
