//! What the AWS files say of a sign-in. Nothing else names one: no variable can point a user's
//! sign-in at somebody else's start URL.

use aws_config::profile::{Profile, ProfileSet};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::Region;

use super::super::http::HttpClient;
use crate::base::text::printable;

/// What a client may ask for where `sso_registration_scopes` says nothing.
const USUAL_SCOPE: &str = "sso:account:access";

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
    pub(in crate::aws) fn of(profiles: &ProfileSet, profile: &Profile) -> Option<Self> {
        let name = profile.get("sso_session");
        let session = name.and_then(|name| profiles.sso_session(name));
        let get = |key: &str| match (name, session) {
            (Some(_), session) => session?.get(key),
            (None, _) => profile.get(key),
        };
        Self::from_properties(name, profile.name(), get)
    }

    fn from_properties<'a>(
        name: Option<&str>,
        profile: &str,
        get: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<Self> {
        let scopes = get("sso_registration_scopes").unwrap_or_default().split(',');
        let scopes = scopes.map(str::trim).filter(|scope| !scope.is_empty());
        Some(Self {
            name: name.map(str::to_owned),
            start_url: get("sso_start_url")?.to_owned(),
            region: get("sso_region")?.to_owned(),
            scopes: scopes.map(str::to_owned).collect(),
            profile: profile.to_owned(),
        })
    }

    /// The `sso-session` of this name, which no profile needs to use.
    pub(super) fn named(profiles: &ProfileSet, name: &str) -> Option<Self> {
        let session = profiles.sso_session(name)?;
        Self::from_properties(Some(name), "default", |key| session.get(key))
    }

    /// For people.
    pub fn in_words(&self) -> String {
        match &self.name {
            Some(name) => format!("the SSO session `{}`", printable(name)),
            None => format!("the SSO start URL {}", printable(&self.start_url)),
        }
    }

    /// What the shared file is named by.
    pub fn identifier(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.start_url)
    }

    /// What is asked for. Without a scope the service issues no refresh token; the older form never
    /// gets one.
    pub(super) fn scopes(&self) -> Vec<String> {
        match &*self.scopes {
            [] if self.name.is_some() => vec![USUAL_SCOPE.to_owned()],
            scopes => scopes.to_vec(),
        }
    }

    /// For the services of the sign-in, which sign nothing.
    pub(in crate::aws) async fn sdk_config(
        &self,
        client: &HttpClient,
        files: EnvConfigFiles,
    ) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .profile_files(files)
            .profile_name(&self.profile)
            .region(Region::new(self.region.clone()))
            .no_credentials()
            .http_client(client.shared())
            .timeout_config(super::super::timeouts())
            .retry_config(RetryConfig::standard())
            .load()
            .await
    }
}
