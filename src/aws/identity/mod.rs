//! The AWS identity that requests a token. It is read from this machine without any network
//! request.

#[cfg(test)]
mod tests;

use std::time::SystemTime;

use aws_config::SdkConfig;

use super::AwsError;
use super::client::{HttpClient, Network};
use super::error::KeySource;
use super::error::classify::Caller;
use super::files::{AwsFiles, Profile};
use super::region;
use super::route::{FallbackProxy, whose_settings};
use super::source::{
    self, Keys, PROFILE_ALONE, PROFILE_AND_ENVIRONMENT, Place, Plan, Role, Search, Selectors,
    Source,
};
use super::sso::{SignInState, SsoSession};
use crate::base::environment::Environment;
use crate::base::shell::quoted;
use crate::base::text::printable;
use crate::endpoint::Domain;
use crate::settings::{EffectiveSettings, EndpointSettings, IdentityOrigin, Prefer};

const DEFAULT_PROFILE: &str = "default";

/// The AWS identity, and how AWS is reached with it. It is made once for a request: everything that
/// follows uses its shared files, its connections and its cache key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What distinguishes it from every other identity, in a fixed order. No secret can be read
    /// from it.
    pub selectors: Vec<String>,
    /// For people: "profile `dev`", "the environment's keys".
    pub label: String,
    /// False if AWS can change the identity without a trace on this machine, for example the role
    /// of an instance. Tokens of such an identity are kept for a shorter time.
    pub is_visible: bool,
    /// The sign-in of IAM Identity Center that its credentials come from, if they do.
    pub sign_in: Option<SsoSession>,
    /// The label without the roles that a rule adds.
    source_label: String,
    pub(super) plan: Plan,
    /// The profile that the credentials belong to, if they belong to one.
    profile_of_credentials: Option<String>,
    /// Where credentials were searched for without success, in order. Empty if settings named the
    /// source.
    looked_at: Vec<&'static str>,
    /// Why the profile that a variable names is not used, if an instance is tried instead.
    without_credentials: Option<AwsError>,
    /// The region of the AWS settings, for STS and similar services.
    pub(super) region: Option<String>,
    /// The `AWS_…` variables that this process has, by name.
    variables: Vec<String>,
    pub(super) network: Network,
}

/// What may be shown to people about an identity.
#[derive(Debug, Clone, serde::Serialize)]
pub struct IdentityDescription {
    /// "profile `dev`", "rule 2's role `…`".
    pub label: String,
    /// Where the credentials are from: "profile `dev`", "the environment's keys".
    pub from: String,
    /// The kind of credentials: "an access key".
    pub kind: String,
    /// The ARNs of the roles that are assumed with them, in order.
    pub roles: Vec<String>,
    /// The profile whose region and endpoints are effective.
    pub profile: String,
    /// The region of STS and similar services. None if neither the AWS files nor the variables name
    /// one.
    pub region: Option<String>,
}

impl Identity {
    /// The identity of this process under these settings. Reads the shared files once.
    pub(super) fn of(
        environment: &Environment,
        fallback_proxy: &FallbackProxy,
        effective: &EffectiveSettings,
    ) -> Result<Self, AwsError> {
        if effective.aws.profiles.value.is_empty() {
            let unreadable = environment.not_unicode();
            if let Some(variable) = NAMING_VARIABLES.into_iter().find(|it| unreadable.contains(it))
            {
                return Err(AwsError::NotUnicode { variable });
            }
        }
        let needs_files =
            !goes_environment_first(effective) || !effective.aws.profiles.value.is_empty();
        let files = match AwsFiles::load(environment) {
            // Keys need no profile, and a broken file cannot move an endpoint.
            Err(_) if !needs_files && Keys::of_environment(environment)?.is_some() => {
                AwsFiles::empty(environment)
            }
            files => files?,
        };
        let selected = Selected::of(environment, effective, &files);
        let Found { mut plan, label, is_of_profile, looked_at, without_credentials } =
            Found::first(environment, effective, &files, &selected)?;
        plan.roles.extend(effective.aws.roles.iter().map(Role::from));
        let profile = files.get(&selected.name);
        let region = region(environment, profile, plan.asks_sts())?;
        let mut selectors = Selectors::new(environment);
        add_endpoints(&mut selectors, &files, profile, &effective.aws.endpoints);
        plan.add_to(&mut selectors, profile, region.as_deref());
        let Selectors { collected, is_visible, .. } = selectors;
        Ok(Self {
            selectors: collected,
            is_visible,
            // If a rule adds roles, tokens belong to the last of them.
            label: match effective.aws.roles.last() {
                Some(role) => format!("{}role `{}`", whose_settings(effective), role.arn),
                None => label.clone(),
            },
            source_label: label,
            profile_of_credentials: is_of_profile.then(|| selected.name.clone()),
            looked_at,
            without_credentials,
            sign_in: plan.sign_in().cloned(),
            variables: environment.names_with_prefix("AWS_").into_iter().map(Into::into).collect(),
            plan,
            region,
            network: Network::new(
                environment,
                fallback_proxy.clone(),
                files,
                selected.name,
                Some(effective),
            ),
        })
    }

    /// The profile that its credentials belong to, if they belong to one.
    pub fn profile_of_credentials(&self) -> Option<&str> {
        self.profile_of_credentials.as_deref()
    }

    /// Whether no setting names the identity, and it is tried only because nothing else was found.
    pub fn is_last_resort(&self) -> bool {
        !self.looked_at.is_empty() && self.plan.source == Source::Instance
    }

    /// The variables that name missing shared files, each with the path.
    pub fn missing_files(&self) -> Vec<(&'static str, String)> {
        self.network.files.missing()
    }

    /// Fails if it is of another partition than the domain. No request may be sent then, not even one
    /// that renews its sign-in.
    pub fn check_partition(&self, domain: &Domain) -> Result<(), AwsError> {
        self.plan.check_partition(domain)
    }

    /// Whether its credentials may be had only with a person: to sign in, or to answer a program.
    pub fn may_need_a_person(&self, now: SystemTime) -> bool {
        let has_ended = self.sign_in.as_ref().is_some_and(|session| {
            session.state(now) == SignInState::Expired
                && !session.signed_in(now).is_some_and(|it| it.is_refreshable)
        });
        has_ended || matches!(self.plan.source, Source::Process(_))
    }

    /// The command that tries the same credentials without the plugin.
    pub fn check(&self) -> String {
        match &self.profile_of_credentials {
            Some(name) => format!("aws sts get-caller-identity --profile {}", quoted(name)),
            None => "aws sts get-caller-identity".to_owned(),
        }
    }

    /// The output has no secret in it.
    pub fn description(&self) -> IdentityDescription {
        IdentityDescription {
            label: printable(&self.label),
            from: printable(&self.source_label),
            kind: printable(&self.plan.source.describe()),
            roles: self.plan.roles.iter().map(|role| printable(&role.arn)).collect(),
            profile: printable(&self.network.profile),
            region: self.region.as_deref().map(printable),
        }
    }

    pub(super) fn caller(&self) -> Caller {
        let (label, source_label) = (self.label.clone(), self.source_label.clone());
        Caller { label, source_label, check: self.check(), source: self.key_source() }
    }

    /// Where its keys are from, for the fix of a failure.
    fn key_source(&self) -> KeySource {
        let profile = || self.network.profile.clone();
        match &self.plan.source {
            _ if !self.plan.roles.is_empty() => KeySource::Other,
            Source::Keys(_) if self.profile_of_credentials.is_none() => {
                KeySource::Environment { profile: self.profile().map(|it| it.name().to_owned()) }
            }
            Source::Keys(_) => KeySource::Profile(profile()),
            Source::Process(_) => KeySource::Process(profile()),
            Source::Container => KeySource::Container,
            Source::Instance => KeySource::Instance,
            Source::WebIdentity(_) => KeySource::WebIdentity,
            Source::Sso(_) | Source::Login(_) => KeySource::Other,
        }
    }

    /// The profile whose region and endpoints are effective, also for credentials from elsewhere.
    pub(super) fn profile(&self) -> Option<&Profile> {
        self.network.files.get(&self.network.profile)
    }

    /// The SDK's configuration without credentials. STS is called in the region of the AWS settings.
    pub(super) fn config(&self, client: &HttpClient, domain: &Domain) -> SdkConfig {
        let region = self.region.as_ref().unwrap_or(&domain.region);
        self.network.config(client, &self.network.profile, region)
    }

    /// The error of a token request if the last resort has no credentials. None if this identity is
    /// not the last resort.
    pub(super) fn no_credentials(&self, domain: &Domain) -> Option<AwsError> {
        let files = &self.network.files;
        let fitting = files.of_account(&domain.owner);
        self.is_last_resort().then(|| {
            if let Some(error) = &self.without_credentials {
                return error.clone();
            }
            let (looked_at, variables) = (&self.looked_at, &self.variables);
            AwsError::no_credentials(domain, looked_at, variables, &fitting, &files.known())
        })
    }
}

/// The profile that a variable names, and the variable.
pub fn profile_of(environment: &Environment) -> Option<(&'static str, &str)> {
    let mut names = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter();
    names.find_map(|variable| Some((variable, environment.get(variable)?)))
}

/// The region of the AWS settings. It must be one if it is needed.
fn region(
    environment: &Environment,
    profile: Option<&Profile>,
    is_needed: bool,
) -> Result<Option<String>, AwsError> {
    let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    let mut values = variables
        .map(|variable| (environment.get(variable), variable.to_owned()))
        .chain(profile.map(|profile| {
            (profile.get("region"), format!("`region` of profile `{}`", profile.name()))
        }))
        .filter_map(|(value, origin)| Some((value?.trim(), origin)))
        .filter(|(value, _)| !value.is_empty());
    let Some((value, origin)) = values.next() else { return Ok(None) };
    match region::check(value, || origin) {
        Err(error) if is_needed => Err(error),
        _ => Ok(Some(value.to_owned())),
    }
}

/// Another endpoint may be another AWS, with other identities.
fn add_endpoints(
    selectors: &mut Selectors<'_>,
    files: &AwsFiles,
    profile: Option<&Profile>,
    rule: &EndpointSettings,
) {
    selectors.add_variables(&ENDPOINT_VARIABLES);
    if let Some(profile) = profile {
        for property in ENDPOINT_PROPERTIES {
            selectors.add_optional(property, profile.get(property));
        }
        for service in ["codeartifact", "sts", "sso", "ssooidc"] {
            let url = profile.get("services").and_then(|name| files.endpoint_of(name, service));
            selectors.add_optional(service, url);
        }
    }
    let EndpointSettings { codeartifact, sts, sso } = rule;
    selectors.add_optional("rule-codeartifact", codeartifact.as_deref());
    selectors.add_optional("rule-sts", sts.as_deref());
    selectors.add_optional("rule-sso", sso.as_deref());
}

/// Properties of a profile that move an API to another endpoint.
const ENDPOINT_PROPERTIES: [&str; 5] = [
    "endpoint_url",
    "services",
    "ignore_configured_endpoint_urls",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
];

/// Variables that move an API to another endpoint.
const ENDPOINT_VARIABLES: [&str; 7] = [
    "AWS_ENDPOINT_URL_CODEARTIFACT",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// Variables that select an identity. One that cannot be read must not count as unset.
const NAMING_VARIABLES: [&str; 10] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// What names a profile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// A setting of the plugin: nothing else is used in its place.
    BySetting,
    ByVariable,
    /// Nothing: it is the default one.
    Default,
}

/// The profile whose settings are effective.
struct Selected {
    name: String,
    naming: Naming,
    /// For people, as in "rule 2's profile `ci`".
    label: String,
    /// Why it cannot be used, if a setting names it and it does not exist.
    missing: Option<AwsError>,
}

impl Selected {
    fn of(environment: &Environment, effective: &EffectiveSettings, files: &AwsFiles) -> Self {
        let (whose, names) = (whose_profile(effective), &effective.aws.profiles.value);
        let existing = names.iter().find(|name| files.get(name).is_some());
        let (name, whose, naming, missing) = match (existing, profile_of(environment)) {
            (Some(name), _) => (name.as_str(), whose, Naming::BySetting, None),
            (None, _) if !names.is_empty() => {
                let chosen_by = effective.identity_origin();
                let almost = names.iter().find_map(|name| files.almost(name));
                let missing = almost.unwrap_or_else(|| {
                    AwsError::no_such_profiles(names, whose, chosen_by, &files.known())
                });
                (DEFAULT_PROFILE, String::new(), Naming::BySetting, Some(missing))
            }
            (None, Some((variable, name))) => {
                let missing = files.get(name).is_none().then(|| {
                    let unknown = || AwsError::unknown_profile(variable, name, &files.known());
                    files.almost(name).unwrap_or_else(unknown)
                });
                (name, String::new(), Naming::ByVariable, missing)
            }
            (None, None) => (DEFAULT_PROFILE, String::new(), Naming::Default, None),
        };
        let label = format!("{whose}profile `{name}`");
        Self { name: name.to_owned(), naming, label, missing }
    }
}

/// Which setting names the profile, for people. There is a default in addition to rules.
fn whose_profile(effective: &EffectiveSettings) -> String {
    match effective.identity_origin() {
        IdentityOrigin::Rule => whose_settings(effective),
        IdentityOrigin::Default => "the configured ".to_owned(),
        IdentityOrigin::CommandLine => String::new(),
    }
}

/// The instance's place, where it is not asked.
const SWITCHED_OFF: &str = "instance metadata, which AWS_EC2_METADATA_DISABLED switches off";

/// The source of credentials that was found.
struct Found {
    plan: Plan,
    label: String,
    is_of_profile: bool,
    /// Empty if settings named the source.
    looked_at: Vec<&'static str>,
    without_credentials: Option<AwsError>,
}

impl Found {
    /// The first source that exists, in the order that these settings determine.
    fn first(
        environment: &Environment,
        effective: &EffectiveSettings,
        files: &AwsFiles,
        selected: &Selected,
    ) -> Result<Self, AwsError> {
        let search = Search { environment, files, profile: &selected.name };
        let (before, of_profile, after) = places(effective);
        if let Some(found) = search.first_of(before)? {
            return Ok(Self::new(found, environment, selected));
        }
        if let Some(missing) = &selected.missing {
            return Err(missing.clone());
        }
        if let Some(found) = search.first_of(of_profile)? {
            return Ok(Self::new(found, environment, selected));
        }
        let nothing = files.get(&selected.name).map(source::nothing_in);
        let without_credentials = match (selected.naming, nothing) {
            (Naming::BySetting, Some(error)) => return Err(error),
            (Naming::ByVariable, error) => error,
            _ => None,
        };
        // Lines of no profile may be the credentials that are missing.
        if let Some(stray) = files.stray() {
            return Err(stray);
        }
        // Only a response of the metadata service shows whether this is an instance.
        let instance = (Place::Instance, Plan::of(Source::Instance));
        let found = search.first_of(after)?.unwrap_or(instance);
        let mut looked_at = Vec::new();
        for place in [before, of_profile, after].concat() {
            let name = match place {
                Place::Instance if source::instance::is_switched_off(environment) => SWITCHED_OFF,
                _ => place.name(),
            };
            if !looked_at.contains(&name) {
                looked_at.push(name);
            }
        }
        Ok(Self { looked_at, without_credentials, ..Self::new(found, environment, selected) })
    }

    fn new((place, plan): (Place, Plan), environment: &Environment, selected: &Selected) -> Self {
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
        let label = label.to_owned();
        Self { plan, label, is_of_profile, looked_at: Vec::new(), without_credentials: None }
    }
}

/// The places to search before the profile, in the profile, and, if no setting names a profile,
/// after it.
fn places(effective: &EffectiveSettings) -> (&'static [Place], &'static [Place], &'static [Place]) {
    const ELSEWHERE: [Place; 4] =
        [Place::EnvironmentKeys, Place::EnvironmentWebIdentity, Place::Container, Place::Instance];
    match (goes_environment_first(effective), effective.aws.profiles.value.is_empty()) {
        (true, true) => (&ELSEWHERE[..1], &PROFILE_AND_ENVIRONMENT, &ELSEWHERE[2..]),
        (true, false) => (&ELSEWHERE[..1], &PROFILE_ALONE, &[]),
        (false, _) => (&[], &PROFILE_ALONE, &ELSEWHERE),
    }
}

/// Whether the environment's keys go before the profile. A rule's profile is used without them,
/// unless the rule prefers the environment.
fn goes_environment_first(effective: &EffectiveSettings) -> bool {
    match effective.aws.prefer {
        Some(Prefer::Environment) => true,
        Some(Prefer::Profile) => false,
        None => effective.aws.profiles.value.is_empty(),
    }
}
