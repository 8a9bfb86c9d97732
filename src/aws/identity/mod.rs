//! Who would be asking, told from what is on this machine: the cache's keys hold it.
//!
//! - [`order`]: which source of credentials counts
//! - [`sources`]: what there is of each of them
//! - [`plan`]: the one that counts, and the roles on top of it
//! - [`description`]: that in words
//! - [`selectors`]: what tells the plan's identity from every other one

mod description;
mod order;
mod plan;
mod selectors;
mod sources;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::AwsError;
use super::profiles::{self, AwsFiles};
use super::sso::SsoSession;
use crate::base::environment::Environment;
use crate::settings::{EffectiveSettings, IdentityOrigin, Prefer};
pub use description::IdentityDescription;
use order::{PROFILE_ALONE, PROFILE_AND_ENVIRONMENT, Place, Search};
pub(super) use plan::{Keys, Plan, Role, Source, SsoRole, WebIdentity};
use selectors::Selectors;

const DEFAULT_PROFILE: &str = "default";

/// The identity at hand.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What tells it from every other one, in a fixed order; nothing secret is readable in it.
    pub selectors: Vec<String>,
    /// For people: "profile `dev`", "the environment's keys".
    pub label: String,
    /// The same without the roles that a rule adds.
    pub(super) source_label: String,
    /// False where AWS can change the identity without a trace on this machine (an instance's role,
    /// a process's mind): such a token is kept for a shorter time.
    pub is_visible: bool,
    /// The sign-in of IAM Identity Center that its credentials come from, where they do.
    pub sign_in: Option<SsoSession>,
    /// Where its credentials are loaded from, and nowhere else: what the cache's key tells is what is
    /// used.
    pub(super) plan: Plan,
    /// The profile whose region and endpoints hold, also for credentials from elsewhere.
    pub(super) profile: String,
    /// The profile that the credentials are of; none where they are of none.
    pub(super) profile_in_use: Option<String>,
    /// What was looked at in vain, in order; nothing where the source was told to be.
    pub(super) looked_at: Vec<&'static str>,
    /// The region of the AWS settings, for STS and its like.
    pub(super) region: Option<String>,
    /// The `ca_bundle` of the profile.
    pub(super) ca_bundle: Option<PathBuf>,
    /// The `ec2_metadata_service_endpoint` of the profile.
    pub(super) metadata_endpoint: Option<String>,
    /// The `AWS_…` variables that this process sees, by name.
    pub(super) variables: Vec<String>,
    pub(super) files: AwsFiles,
}

/// Tells the identity of this process on these terms.
pub(super) async fn of(
    environment: &Environment,
    effective: &EffectiveSettings,
) -> Result<Identity, AwsError> {
    tell(environment, effective, profiles::load(environment).await)
}

fn tell(
    environment: &Environment,
    effective: &EffectiveSettings,
    files: Result<AwsFiles, AwsError>,
) -> Result<Identity, AwsError> {
    let needs_files =
        !goes_environment_first(effective) || !effective.aws.profiles.value.is_empty();
    let files = match files {
        // Keys need no profile, and a broken file moves no endpoint.
        Err(_) if !needs_files && sources::environment_keys(environment).is_some() => {
            AwsFiles::default()
        }
        files => files?,
    };
    let selected = Selected::of(environment, effective, &files);
    let chosen = choose(environment, effective, &files, &selected)?;
    let profile = files.get(&selected.name);
    let property = |key| profile.and_then(|profile| profile.get(key)).map(str::to_owned);
    let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    let region = region.map(str::to_owned).or_else(|| property("region"));
    let mut plan = chosen.plan;
    plan.roles.extend(effective.aws.roles.iter().map(Role::from));
    let (selectors, is_visible) =
        Selectors::new(environment).of(&files, &selected.name, &plan, region.as_deref(), effective);
    Ok(Identity {
        selectors,
        is_visible,
        label: label_of(&chosen.label, effective),
        source_label: chosen.label,
        profile_in_use: chosen.is_of_profile.then(|| selected.name.clone()),
        looked_at: chosen.looked_at,
        sign_in: plan.sign_in().cloned(),
        ca_bundle: property("ca_bundle").map(PathBuf::from),
        metadata_endpoint: property("ec2_metadata_service_endpoint"),
        variables: environment.names_with_prefix("AWS_").into_iter().map(Into::into).collect(),
        plan,
        profile: selected.name,
        region,
        files,
    })
}

/// The profile that counts.
struct Selected {
    name: String,
    /// Somebody named it.
    is_named: bool,
    /// For people, as in "rule 2's profile `ci`".
    label: String,
    /// Why it cannot be used, where it was named and is not there.
    missing: Option<AwsError>,
}

impl Selected {
    fn of(environment: &Environment, effective: &EffectiveSettings, files: &AwsFiles) -> Self {
        let wanted = &effective.aws.profiles.value;
        let is_there = |name: &&String| files.get(name).is_some();
        let named = |name: &str, whose: &str, missing| Self {
            name: name.to_owned(),
            is_named: true,
            label: format!("{whose}profile `{name}`"),
            missing,
        };
        if let Some(name) = wanted.iter().find(is_there) {
            return named(name, &whose_profile(effective), None);
        }
        if !wanted.is_empty() {
            return named(DEFAULT_PROFILE, "", Some(AwsError::no_such_profiles(effective, files)));
        }
        match environment.get("AWS_PROFILE") {
            Some(name) => {
                let missing = || AwsError::unknown_profile(name, files);
                named(name, "", files.get(name).is_none().then(missing))
            }
            None => Self { is_named: false, ..named(DEFAULT_PROFILE, "", None) },
        }
    }
}

/// What was found.
struct Chosen {
    plan: Plan,
    label: String,
    is_of_profile: bool,
    looked_at: Vec<&'static str>,
}

/// The first source that there is, in the order that holds on these terms.
fn choose(
    environment: &Environment,
    effective: &EffectiveSettings,
    files: &AwsFiles,
    selected: &Selected,
) -> Result<Chosen, AwsError> {
    let search = Search { environment, files, profile: &selected.name };
    let (before, of_profile, behind) = places(effective);
    if let Some(found) = search.first_of(before)? {
        return Ok(chosen(found, environment, selected, &[]));
    }
    if let Some(missing) = &selected.missing {
        return Err(missing.clone());
    }
    if let Some(found) = search.first_of(of_profile)? {
        return Ok(chosen(found, environment, selected, &[]));
    }
    if let (true, Some(profile)) = (selected.is_named, files.get(&selected.name)) {
        return Err(sources::broken(profile, sources::nothing_in(profile)));
    }
    // The instance is always there to be asked.
    let found = search.first_of(behind)?.unwrap_or((Place::Instance, Plan::of(Source::Instance)));
    Ok(chosen(found, environment, selected, &[before, of_profile, behind].concat()))
}

/// Before the profile, the profile, and behind it where nobody named it.
fn places(effective: &EffectiveSettings) -> (&'static [Place], &'static [Place], &'static [Place]) {
    const AT_LAST: [Place; 4] =
        [Place::EnvironmentKeys, Place::EnvironmentWebIdentity, Place::Container, Place::Instance];
    match (goes_environment_first(effective), effective.aws.profiles.value.is_empty()) {
        (true, true) => (&AT_LAST[..1], &PROFILE_AND_ENVIRONMENT, &AT_LAST[2..]),
        (true, false) => (&AT_LAST[..1], &PROFILE_ALONE, &[]),
        (false, _) => (&[], &PROFILE_ALONE, &AT_LAST),
    }
}

/// Whether keys of the environment go before the profile. A rule's profile is used alone, unless the
/// rule prefers the environment.
fn goes_environment_first(effective: &EffectiveSettings) -> bool {
    match effective.aws.prefer {
        Some(Prefer::Environment) => true,
        Some(Prefer::Profile) => false,
        None => effective.aws.profiles.value.is_empty(),
    }
}

fn chosen(
    (place, plan): (Place, Plan),
    environment: &Environment,
    selected: &Selected,
    places: &[Place],
) -> Chosen {
    let is_of_environment = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some();
    let label = match place {
        Place::EnvironmentKeys => "the environment's keys",
        Place::EnvironmentWebIdentity => "the role of AWS_WEB_IDENTITY_TOKEN_FILE",
        Place::WebIdentity if is_of_environment => "the role of AWS_WEB_IDENTITY_TOKEN_FILE",
        Place::Container => "the container's role",
        Place::Instance => "the instance's role",
        _ => &selected.label,
    };
    let is_of_profile = label == selected.label;
    let looked_at = order::names(places);
    Chosen { plan, label: label.to_owned(), is_of_profile, looked_at }
}

/// The last role that a rule adds is who asks.
fn label_of(source: &str, effective: &EffectiveSettings) -> String {
    match effective.aws.roles.last() {
        Some(role) => format!("{}role `{}`", of_rule(effective), role.arn),
        None => source.to_owned(),
    }
}

/// Whose a setting is, for people: "rule 2's ".
pub(super) fn of_rule(effective: &EffectiveSettings) -> String {
    effective.rule.map_or_else(of_configuration, |number| format!("rule {number}'s "))
}

/// The same for the profile, which has a default apart from rules.
pub(super) fn whose_profile(effective: &EffectiveSettings) -> String {
    match effective.identity_origin() {
        IdentityOrigin::Rule => of_rule(effective),
        IdentityOrigin::Default => of_configuration(),
        IdentityOrigin::CommandLine => String::new(),
    }
}

fn of_configuration() -> String {
    "the configured ".to_owned()
}

impl Identity {
    /// The profile that names the sign-in of IAM Identity Center: the one in use, or one that it
    /// builds on.
    pub fn sso_profile(&self) -> Option<String> {
        self.sign_in.as_ref().map(|session| session.profile.clone())
    }

    /// The profile that its credentials are of; none where they are of none.
    pub fn profile_of_credentials(&self) -> Option<&str> {
        self.profile_in_use.as_deref()
    }

    /// Whether nothing names it, and it is tried since nothing else was found.
    pub fn is_last_resort(&self) -> bool {
        !self.looked_at.is_empty() && self.plan.source == Source::Instance
    }

    /// The command that tries this identity without us.
    pub fn check(&self) -> String {
        match &self.profile_in_use {
            Some(name) => format!("aws sts get-caller-identity --profile {name}"),
            None => "aws sts get-caller-identity".to_owned(),
        }
    }
}
