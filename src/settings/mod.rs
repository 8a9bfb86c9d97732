//! The only reader of our environment variables and of the configuration file.

mod cache;
mod defaults;
mod overrides;

mod effective;
mod file;
mod hosts;
mod machine;
mod pattern;
mod policy;
mod provided_token;
mod reasons;
mod reports;
mod rules;
mod shadow;
mod sign_in;
mod suggestion;
mod values;

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::base::environment::Environment;
use crate::endpoint::{Domain, EndpointError, HostMapping, RepositoryEndpoint};
use crate::locations::Locations;

pub use cache::{CacheMode, CacheSettings};
pub use defaults::Defaults;
pub use overrides::Overrides;

pub use effective::{
    AwsSettings, EffectiveSettings, EndpointSettings, Interactive, Prefer, ProfileOrigin,
    RoleSettings,
};
use file::ConfigurationFile;
pub use file::FileError;
use hosts::HostEntry;
use machine::MachineFile;
pub use policy::{Bounds, Policy};
pub use provided_token::{Binding, Provided, ProvidedToken, Unusable, provided_tokens};
pub use reasons::{Reason, RuleOutcome, RuleReason};
pub use reports::{FileReport, check_text, file_reports, text_of};
pub use rules::{Mismatch, Rule};
pub use shadow::Shadow;
pub use sign_in::SignInMethod;

/// Moves the configuration file; absolute.
pub const CONFIG_FILE: &str = "CODEARTIFACT_NUGET_CONFIG_FILE";
/// How long a token is asked for, in seconds.
const DURATION_SECONDS: &str = "CODEARTIFACT_NUGET_DURATION_SECONDS";
/// The profiles of the default identity, with commas between them.
pub const PROFILE: &str = "CODEARTIFACT_NUGET_PROFILE";
/// Whether the user may be asked to sign in.
const INTERACTIVE: &str = "CODEARTIFACT_NUGET_INTERACTIVE";
/// How the user signs in.
const SIGN_IN: &str = "CODEARTIFACT_NUGET_SIGN_IN";
/// Where tokens are kept.
const CACHE: &str = "CODEARTIFACT_NUGET_CACHE";
/// The folder that they are kept in; absolute.
pub const CACHE_DIR: &str = "CODEARTIFACT_NUGET_CACHE_DIR";
/// A token that the user brings along: the variable of AWS's own guides.
pub const AUTH_TOKEN: &str = "CODEARTIFACT_AUTH_TOKEN";
/// The file that holds such a token; absolute. It goes before the variable, since it can be renewed.
pub const AUTH_TOKEN_FILE: &str = "CODEARTIFACT_AUTH_TOKEN_FILE";
/// The domain that such a token is for.
pub const TOKEN_DOMAIN: &str = "CODEARTIFACT_NUGET_TOKEN_DOMAIN";
/// The log file.
pub const LOG_FILE: &str = "CODEARTIFACT_NUGET_LOG_FILE";
/// The variable of AWS's own provider, for people who move over.
pub const AWS_PROVIDER_LOG_FILE: &str = "AWS_CODEARTIFACT_NUGET_LOGFILE";

/// What is set, by the variables, the user's configuration file and the machine-wide one.
///
/// For one repository, what a rule says goes before everything: the first that matches, of the user's
/// rules and then of the machine's. For what it leaves out, and where none matches, the variables go
/// before the user's file, and that before the machine's. The policies of both files hold at once,
/// and bound all of it.
#[derive(Debug)]
pub struct Settings {
    /// Hosts of the user's own and of the machine's that may be used.
    pub hosts: Vec<HostMapping>,
    /// In the order in which they are tried.
    pub rules: Vec<Rule>,
    pub policy: Policy,
    /// What is worth a line in the log.
    pub notes: Vec<String>,
    /// Hosts that a policy keeps out.
    refused_hosts: Vec<HostMapping>,
    /// A bad variable fails the ask for a token, and leaves the hosts ours, so that the user is told.
    variables: Result<Defaults, SettingsError>,
    /// The defaults of each file, the one that goes before the others first.
    files: Vec<(PathBuf, Defaults)>,
    cache: Result<CacheSettings, SettingsError>,
}

/// Where a setting comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    Variables,
    File(&'a Path),
}

/// A setting that cannot be used: nothing is guessed in its place.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the variable {name} is `{value}`: {expected}; correct or unset it")]
    Variable { name: &'static str, value: String, expected: &'static str },
    #[error(
        "account {} is not among `allowed_owners` of the policy in `{}`, so its domain `{}` is not \
         asked for; if that account is to be trusted, it has to be added there",
        domain.owner, file.display(), domain.name
    )]
    Owner { domain: Box<Domain>, file: PathBuf },
}

impl Settings {
    /// Reads both configuration files and the variables that go before them.
    ///
    /// # Errors
    ///
    /// Where a file cannot be used: what it bounds or chooses is unknown then.
    pub fn load(environment: &Environment, locations: &Locations) -> Result<Self, SettingsError> {
        let mut files = Vec::new();
        let mut notes = Vec::new();
        if let Some(path) = config_file(environment, locations)? {
            files.push((file::read(&path)?, path));
        }
        let path = machine::path();
        match machine::read(&path)? {
            MachineFile::Absent => {}
            MachineFile::Untrusted(reason) => notes.push(format!(
                "the machine-wide configuration file `{}` is not used: {reason}",
                path.display()
            )),
            MachineFile::Read(file) => files.push((file, path)),
        }
        let mut settings = Self::of(environment, files);
        settings.notes.extend(notes);
        Ok(settings)
    }

    /// Of files that were read, the one that goes before the others first.
    fn of(environment: &Environment, files: Vec<(ConfigurationFile, PathBuf)>) -> Self {
        let (mut hosts, mut rules, mut policy) = (Vec::new(), Vec::new(), Policy::default());
        let mut defaults = Vec::new();
        for (mut file, path) in files {
            defaults.push((path.clone(), Defaults::of_file(&mut file)));
            hosts.extend(file.hosts.into_iter().map(|HostEntry(mapping)| mapping));
            rules.extend(file.rules.into_iter().map(|rule| rule.placed_in(&path)));
            policy.bounds.extend(file.policy.map(|bounds| bounds.placed_in(&path)));
        }
        let (refused_hosts, hosts): (Vec<HostMapping>, _) =
            hosts.into_iter().partition(|mapping| policy.refuses_host(&mapping.host).is_some());
        let notes = refused_hosts.iter().filter_map(|mapping| policy.refusal_of(mapping)).collect();
        let cache = cache_settings(environment)
            .map(|wanted| CacheSettings { mode: policy.bound_cache(wanted.mode), ..wanted });
        Self {
            hosts,
            rules,
            policy,
            notes,
            refused_hosts,
            variables: Defaults::of_variables(environment),
            files: defaults,
            cache,
        }
    }

    /// What holds for a repository, or for a domain of which no repository is named.
    ///
    /// Of it the duration is part of the cache's key here, and all of `aws` that says who asks and
    /// where is part of the identity's selectors; proxy and CA bundle are neither.
    ///
    /// # Errors
    ///
    /// Where a policy does not allow the domain's owner, or a variable cannot be used.
    pub fn effective(
        &self,
        domain: &Domain,
        repository: Option<&str>,
    ) -> Result<EffectiveSettings, SettingsError> {
        self.policy.check_owner(domain)?;
        let Defaults { profiles, duration, interactive } = self.defaults()?;
        let place = self.rules.iter().position(|rule| rule.matcher.matches(domain, repository));
        let rule = place.map(|place| &self.rules[place]);
        let mut aws = rule.map(|rule| rule.aws.clone()).unwrap_or_default();
        let chooser =
            if aws.chooses_identity() { ProfileOrigin::Rule } else { ProfileOrigin::Default };
        if aws.profiles.is_empty() {
            aws.profiles = profiles;
        }
        let duration = rule.and_then(|rule| rule.duration).or(duration);
        let interactive = rule.and_then(|rule| rule.interactive).or(interactive);
        Ok(EffectiveSettings {
            rule: place.map(|place| place + 1),
            duration: self.policy.bound_duration(duration.unwrap_or(Duration::LONGEST)),
            interactive: self.policy.bound_interactive(interactive.unwrap_or_default()),
            aws,
            chooser,
        })
    }

    /// As [`effective`](Self::terms), with what the command line has chosen. A policy bounds that as well.
    pub fn effective_with(
        &self,
        domain: &Domain,
        repository: Option<&str>,
        overrides: &Overrides,
    ) -> Result<EffectiveSettings, SettingsError> {
        let effective = overrides.applied_to(self.effective(domain, repository)?);
        Ok(EffectiveSettings {
            duration: self.policy.bound_duration(effective.duration),
            ..effective
        })
    }

    /// The profiles that are used where no rule says otherwise; none where AWS's own settings choose.
    pub fn default_profiles(&self) -> Result<Vec<String>, SettingsError> {
        self.defaults().map(|defaults| defaults.profiles)
    }

    /// What holds where no rule says otherwise, before any policy bounds it.
    fn defaults(&self) -> Result<Defaults, SettingsError> {
        let files = self.files.iter().map(|(_, defaults)| defaults.clone());
        Ok(files.fold(self.variables.clone()?, Defaults::or))
    }

    /// What the variables say, and then each file.
    pub fn layers(&self) -> Result<Vec<(Origin<'_>, &Defaults)>, SettingsError> {
        let variables = self.variables.as_ref().map_err(Clone::clone)?;
        let files = self.files.iter().map(|(path, defaults)| (Origin::File(path), defaults));
        Ok(std::iter::once((Origin::Variables, variables)).chain(files).collect())
    }

    /// Where tokens are kept.
    pub fn cache(&self) -> Result<&CacheSettings, SettingsError> {
        self.cache.as_ref().map_err(Clone::clone)
    }

    /// Why a host of the files is none of [`Self::hosts`], where a URL names one that a policy keeps
    /// out.
    pub fn refusal_of_host(&self, url: &str) -> Option<String> {
        let of_url = |mapping: &&HostMapping| {
            let parsed = RepositoryEndpoint::parse(url, std::slice::from_ref(mapping));
            !matches!(parsed, Err(EndpointError::Foreign(_)))
        };
        self.policy.refusal_of(self.refused_hosts.iter().find(of_url)?)
    }
}

/// The user's file, which may not be there; none where the user has no home.
pub fn config_file(
    environment: &Environment,
    locations: &Locations,
) -> Result<Option<PathBuf>, SettingsError> {
    match environment.path(CONFIG_FILE) {
        Some(path) => absolute(CONFIG_FILE, path).map(Some),
        None => Ok(locations.config_file()),
    }
}

/// What the variables say of the cache.
fn cache_settings(environment: &Environment) -> Result<CacheSettings, SettingsError> {
    Ok(CacheSettings { mode: parsed(environment, CACHE)?, dir: environment.path(CACHE_DIR) })
}

/// How the user signs in, where the plugin asks for it.
pub fn sign_in_method(environment: &Environment) -> Result<SignInMethod, SettingsError> {
    parsed(environment, SIGN_IN)
}

/// The variable's value, or the default where it is not set.
fn parsed<T>(environment: &Environment, name: &'static str) -> Result<T, SettingsError>
where
    T: Default + std::str::FromStr<Err = &'static str>,
{
    let Some(value) = environment.get(name) else { return Ok(T::default()) };
    let variable = |expected| SettingsError::Variable { name, value: value.to_owned(), expected };
    value.parse().map_err(variable)
}

fn absolute(name: &'static str, path: PathBuf) -> Result<PathBuf, SettingsError> {
    if path.is_absolute() {
        return Ok(path);
    }
    let value = path.display().to_string();
    Err(SettingsError::Variable { name, value, expected: "the path must be absolute" })
}

/// The cache folder that the user named.
pub fn named_cache_dir(environment: &Environment) -> Option<PathBuf> {
    environment.path(CACHE_DIR).filter(|path| path.is_absolute())
}

/// The variables with which the user named a place of their own, and what they say.
pub fn moved_places(environment: &Environment) -> Vec<(&'static str, PathBuf)> {
    let names = [CACHE_DIR, CONFIG_FILE];
    names.into_iter().filter_map(|name| Some((name, environment.path(name)?))).collect()
}

/// The log files: ours, and the one that AWS's variable names.
pub fn log_files(environment: &Environment) -> (Option<PathBuf>, Option<PathBuf>) {
    (environment.path(LOG_FILE), environment.path(AWS_PROVIDER_LOG_FILE))
}

/// How long a token is asked for: 0 (as long as the role's own credentials) or 900 to 43,200 seconds,
/// the limits of `GetAuthorizationToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "i64")]
pub struct Duration(i64);

impl Duration {
    /// Twelve hours, which is what is asked for where nothing is set.
    pub const LONGEST: Self = Self(43_200);

    /// As long as the role's own credentials.
    const OF_SESSION: Self = Self(0);

    /// What it should have been.
    pub const EXPECTED: &str =
        "the duration is 0 (as long as the role's session) or 900 to 43200 seconds";

    /// The seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Duration {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        match seconds {
            0 | 900..=43_200 => Ok(Self(seconds)),
            _ => Err(Self::EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests;
