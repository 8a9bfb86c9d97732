//! The only reader of our environment variables and of the configuration file.

mod effective;
mod environment;
mod file;
mod hosts;
mod machine;
mod overrides;
mod pattern;
mod policy;
mod provided_token;
mod reports;
mod rules;
mod shadow;
mod suggestion;
mod value;
mod values;

use std::path::PathBuf;

use crate::base::environment::Environment;
use crate::endpoint::{Domain, EndpointError, HostMapping, RepositoryEndpoint};
use crate::locations::Locations;

pub use effective::{
    AwsSettings, EffectiveSettings, EndpointSettings, IdentityOrigin, RoleSettings,
};
pub use environment::{
    AUTH_TOKEN, AUTH_TOKEN_FILE, AWS_PROVIDER_LOG_FILE, CACHE_DIR, CONFIG_FILE, LOG_FILE, PROFILE,
    TOKEN_DOMAIN, log_files, moved_places, named_cache_dir, sign_in_method,
};
use file::ConfigurationFile;
pub use file::FileError;
use hosts::HostEntry;
use machine::MachineFile;
pub use overrides::Overrides;
pub use policy::{Bounds, Policy};
pub use provided_token::{Binding, Provided, Unusable, provided_tokens};
pub use reports::{FileReport, check_text, file_reports, text_of};
pub use rules::{Mismatch, Rule, RuleOutcome, RuleReason};
pub use shadow::Shadow;
pub use value::{
    CacheMode, CacheSettings, Duration, Interactive, Origin, Prefer, Setting, SignInMethod,
};

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
    /// What is effective where no rule says otherwise, before a policy bounds it. A wrong variable
    /// fails the request for a token, and leaves the hosts ours, so that the user is told.
    defaults: Result<Defaults, SettingsError>,
    cache: Result<CacheSettings, SettingsError>,
}

/// What the variables or a file say outside of rules.
#[derive(Debug, Clone, Default)]
struct Defaults {
    profiles: Option<Setting<Vec<String>>>,
    duration: Option<Setting<Duration>>,
    interactive: Option<Setting<Interactive>>,
}

impl Defaults {
    /// These, and those of `other` where nothing is said here.
    fn or(self, other: Self) -> Self {
        Self {
            profiles: self.profiles.or(other.profiles),
            duration: self.duration.or(other.duration),
            interactive: self.interactive.or(other.interactive),
        }
    }
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
        let mut defaults = environment::defaults(environment);
        for (mut file, path) in files {
            defaults = defaults.map(|before| before.or(file.defaults(&path)));
            hosts.extend(file.hosts.into_iter().map(|HostEntry(mapping)| mapping));
            for rule in file.rules {
                rules.push(rule.placed_in(&path, rules.len() + 1));
            }
            policy.bounds.extend(file.policy.map(|bounds| bounds.placed_in(&path)));
        }
        let (refused_hosts, hosts): (Vec<HostMapping>, _) =
            hosts.into_iter().partition(|mapping| policy.refuses_host(&mapping.host).is_some());
        let notes = refused_hosts.iter().filter_map(|mapping| policy.refusal_of(mapping)).collect();
        let cache = environment::cache(environment)
            .map(|wanted| CacheSettings { mode: policy.bound_cache(wanted.mode), ..wanted });
        Self { hosts, rules, policy, notes, refused_hosts, defaults, cache }
    }

    /// What is effective for a repository, or for a domain of which no repository is named.
    ///
    /// The duration is part of the cache's key, and all of `aws` that chooses the identity and the
    /// endpoints is part of the identity's selectors; proxy and CA bundle are neither.
    ///
    /// # Errors
    ///
    /// Where a policy does not allow the domain's owner, or a variable cannot be used.
    pub fn effective(
        &self,
        domain: &Domain,
        repository: Option<&str>,
        overrides: &Overrides,
    ) -> Result<EffectiveSettings, SettingsError> {
        self.policy.check_owner(domain)?;
        self.effective_for_any_owner(domain, repository, overrides)
    }

    /// As [`effective`](Self::effective), whether or not a policy allows the domain's owner: for a
    /// report, which shows the rest beside the refusal.
    pub fn effective_for_any_owner(
        &self,
        domain: &Domain,
        repository: Option<&str>,
        overrides: &Overrides,
    ) -> Result<EffectiveSettings, SettingsError> {
        let rule = self.rules.iter().find(|rule| rule.matcher.matches(domain, repository));
        self.with_rule(rule, overrides)
    }

    /// What is effective where no rule matches.
    pub fn without_rule(&self) -> Result<EffectiveSettings, SettingsError> {
        self.with_rule(None, &Overrides::default())
    }

    fn with_rule(
        &self,
        rule: Option<&Rule>,
        overrides: &Overrides,
    ) -> Result<EffectiveSettings, SettingsError> {
        let defaults = self.defaults.clone()?;
        let mut aws = rule.map(|rule| rule.aws.clone()).unwrap_or_default();
        if aws.profiles.value.is_empty() {
            aws.profiles = defaults.profiles.unwrap_or_default();
        }
        let duration = rule.and_then(|rule| rule.duration.clone()).or(defaults.duration);
        let interactive = rule.and_then(|rule| rule.interactive.clone()).or(defaults.interactive);
        let effective = overrides.applied_to(EffectiveSettings {
            rule: rule.map(|rule| rule.number),
            duration: duration.unwrap_or_else(|| Setting::built_in(Duration::LONGEST)),
            interactive: interactive.unwrap_or_default(),
            aws,
        });
        Ok(EffectiveSettings {
            duration: self.policy.bound_duration(effective.duration),
            interactive: self.policy.bound_interactive(effective.interactive),
            ..effective
        })
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
    let named = environment::absolute_path(environment, CONFIG_FILE)?;
    Ok(named.or_else(|| locations.config_file()))
}

#[cfg(test)]
mod tests;
