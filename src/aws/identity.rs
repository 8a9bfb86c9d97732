//! Who would be asking, told from what is on this machine: the cache's keys hold it.
//!
//! The SDK's order decides which source counts: environment keys, the profile, web identity, container,
//! instance. Each source adds what selects its identity and never what rotates: a new session token of
//! the same key, a refreshed sign-in or a renewed web-identity token changes nothing. Secrets go in by
//! digest only.

mod selectors;
#[cfg(test)]
mod tests;

use aws_config::profile::ProfileSet;

use super::{AwsError, profiles};
use crate::settings::Environment;
use selectors::Selectors;

/// The identity at hand.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What tells it from every other one, in a fixed order; nothing secret is readable in it.
    pub selectors: Vec<String>,
    /// For people: "profile `dev`", "the environment's keys".
    pub label: String,
    /// False where AWS can change the identity without a trace on this machine (an instance's role,
    /// a process's mind): such a token is kept for a shorter time.
    pub is_visible: bool,
    /// The source that the SDK will find first, as far as it can be told.
    pub source: Source,
    /// The region of the AWS settings, for STS and its like.
    pub region: Option<String>,
    /// The `AWS_…` variables that this process sees, by name.
    pub variables: Vec<String>,
    /// The profiles that there are; none where the files were not needed.
    pub profiles: Option<ProfileSet>,
}

/// Where AWS credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    EnvironmentKeys,
    /// A profile; `is_named` where `AWS_PROFILE` names it, so that no other source may step in.
    Profile { name: String, is_named: bool },
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`, or a container's role.
    Surroundings,
    /// The instance's role, if this is an instance: nothing else is set.
    Instance,
}

/// Tells the identity of this process.
pub(super) async fn of(environment: &Environment) -> Result<Identity, AwsError> {
    tell(environment, profiles::load()).await
}

/// The profiles are loaded where they count.
async fn tell(
    environment: &Environment,
    profiles: impl Future<Output = Result<ProfileSet, AwsError>>,
) -> Result<Identity, AwsError> {
    let mut selectors = Selectors::new(environment);
    selectors.add_endpoints();
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    let mut identity = Identity {
        selectors: Vec::new(),
        label: "the environment's keys".to_owned(),
        is_visible: true,
        source: Source::EnvironmentKeys,
        region: region.map(str::to_owned),
        variables: environment.names_with_prefix("AWS_").into_iter().map(Into::into).collect(),
        profiles: None,
    };
    if selectors.add_environment_keys() {
        // The selected profile is not the identity then, and may still name another endpoint.
        if let Ok(profiles) = profiles.await {
            selectors.add_profile_endpoints(&profiles);
        }
        return Ok(identity.finish(selectors));
    }
    let profiles = profiles.await?;
    let name = profiles.selected_profile().to_owned();
    let is_named = environment.get("AWS_PROFILE").is_some();
    if is_named && profiles.get_profile(&name).is_none() {
        return Err(AwsError::unknown_profile(&name, &profiles));
    }
    identity.region = identity.region.or_else(|| profiles.get("region").map(str::to_owned));
    let yields_credentials = selectors.add_profile(&profiles, &name);
    if is_named || yields_credentials {
        identity.label = format!("profile `{name}`");
        identity.source = Source::Profile { name, is_named };
    } else {
        (identity.source, identity.label) = selectors.add_surroundings();
    }
    identity.profiles = Some(profiles);
    Ok(identity.finish(selectors))
}

impl Identity {
    /// The profile in use, if one is.
    pub fn profile(&self) -> Option<&aws_config::profile::Profile> {
        let Source::Profile { name, .. } = &self.source else { return None };
        self.profiles.as_ref()?.get_profile(name)
    }

    fn finish(mut self, selectors: Selectors<'_>) -> Self {
        (self.selectors, self.is_visible) = selectors.into_parts();
        self
    }
}
