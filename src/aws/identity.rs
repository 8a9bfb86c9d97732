//! Who would be asking, told from what is on this machine: the cache's keys hold it.
//!
//! The SDK's order decides which source counts: environment keys, the profile, web identity, container,
//! instance. Each source adds what selects its identity and never what rotates: a new session token of
//! the same key, a refreshed sign-in or a renewed web-identity token changes nothing. Secrets go in by
//! digest only.

mod selectors;
#[cfg(test)]
mod tests;

use aws_config::profile::{Profile, ProfileSet};

use super::sso::SsoSession;
use super::{AwsError, profiles};
use crate::settings::{AwsSettings, Environment};
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
    /// Where its credentials are loaded from, and nowhere else: what the cache's key tells is what is
    /// used.
    pub source: Source,
    /// The region of the AWS settings, for STS and its like.
    pub region: Option<String>,
    /// The `AWS_…` variables that this process sees, by name.
    pub variables: Vec<String>,
    /// The profiles that there are.
    pub profiles: ProfileSet,
    /// The SSO sign-in that its credentials come from, where they do.
    pub sign_in: Option<SsoSession>,
}

/// Where AWS credentials come from: the one source that is asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    EnvironmentKeys,
    /// A profile: the one that `AWS_PROFILE` names, or `default` where it yields credentials.
    Profile { name: String },
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`.
    WebIdentity,
    /// The role of a container, or of an EKS pod identity.
    Container,
    /// The instance's role, if this is an instance: nothing else is set.
    Instance,
}

/// Tells the identity of this process.
pub(super) async fn of(
    environment: &Environment,
    _settings: &AwsSettings,
) -> Result<Identity, AwsError> {
    tell(environment, profiles::load(environment).await)
}

fn tell(
    environment: &Environment,
    profiles: Result<ProfileSet, AwsError>,
) -> Result<Identity, AwsError> {
    let name = profiles::selected(environment).to_owned();
    let mut selectors = Selectors::new(environment);
    selectors.add_endpoints();
    let has_keys = selectors.add_environment_keys();
    let profiles = match profiles {
        Ok(profiles) => profiles,
        // Keys need no profile, and a broken file moves no endpoint.
        Err(_) if has_keys => ProfileSet::default(),
        Err(error) => return Err(error),
    };
    let (source, label) = if has_keys {
        selectors.add_profile_endpoints(&profiles, &name);
        (Source::EnvironmentKeys, "the environment's keys".to_owned())
    } else {
        choose(environment, &profiles, name, &mut selectors)?
    };
    let (selectors, is_visible) = selectors.into_parts();
    let sign_in = match &source {
        Source::Profile { name } => {
            let mut chain = profiles::chain(&profiles, name).into_iter();
            chain.find_map(|profile| SsoSession::of_role(&profiles, profile))
        }
        _ => None,
    };
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    Ok(Identity {
        selectors,
        label,
        is_visible,
        source,
        region: region.or_else(|| profiles.get("region")).map(str::to_owned),
        variables: environment.names_with_prefix("AWS_").into_iter().map(Into::into).collect(),
        sign_in,
        profiles,
    })
}

/// The source behind the environment's keys. A profile that is named ends the search, whatever it
/// holds: a typo never becomes another identity.
fn choose(
    environment: &Environment,
    profiles: &ProfileSet,
    name: String,
    selectors: &mut Selectors<'_>,
) -> Result<(Source, String), AwsError> {
    let is_named = environment.get("AWS_PROFILE").is_some();
    if is_named && profiles.get_profile(&name).is_none() {
        return Err(AwsError::unknown_profile(&name, profiles));
    }
    let yields_credentials = selectors.add_profile(profiles, &name);
    if is_named || yields_credentials {
        let label = format!("profile `{name}`");
        return Ok((Source::Profile { name }, label));
    }
    Ok(selectors.add_surroundings())
}

impl Identity {
    /// The profile that signs in by SSO: the one in use, or one that it builds on.
    pub fn sso_profile(&self) -> Option<String> {
        self.profile_with(&["sso_session", "sso_start_url"])
    }

    /// The profile that signs in by `aws login`, found alike.
    pub fn login_profile(&self) -> Option<String> {
        self.profile_with(&["login_session"])
    }

    /// The command that tries this identity without us.
    pub fn check(&self) -> String {
        match &self.source {
            Source::Profile { name } => format!("aws sts get-caller-identity --profile {name}"),
            _ => "aws sts get-caller-identity".to_owned(),
        }
    }

    fn profile_with(&self, properties: &[&str]) -> Option<String> {
        let Source::Profile { name } = &self.source else { return None };
        let mut chain = profiles::chain(&self.profiles, name).into_iter();
        let has = |profile: &&Profile| properties.iter().any(|name| profile.get(name).is_some());
        chain.find(has).map(|profile| profile.name().to_owned())
    }
}
