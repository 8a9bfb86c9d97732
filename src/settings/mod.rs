//! Settings: the only reader of our environment variables and of the configuration files.

#[cfg(any(test, fuzzing))]
#[path = "../../protocol-tests/fuzz/checks/configuration.rs"]
pub mod check;
mod edit;
mod environment;
mod file;
mod machine;
mod pattern;
mod policy;
mod provided_token;
mod rule;
mod toml;
mod value;

use std::path::{Path, PathBuf};

use crate::base::environment::Environment;
use crate::code::{Code, Coded};
use crate::endpoint::{Domain, EndpointError, HostMapping, RepositoryEndpoint};
use crate::locations::Locations;

pub use edit::{Document, EditError, KEYS, Key, word_or_list};
pub use environment::{
    AUTH_TOKEN, AUTH_TOKEN_FILE, AWS_PROVIDER_LOG_FILE, CACHE_DIR, CONFIG_FILE, HEAD_START,
    LOG_FILE, PROFILE, TOKEN_DOMAIN, log_files, moved_places, named_cache_dir, sign_in_method,
};
use file::ConfigurationFile;
pub use file::{FileError, config_file};
use machine::MachineFile;
pub use policy::{Bounds, Policy};
pub use provided_token::{Binding, Provided, Unusable, provided_tokens};
pub use rule::{
    AwsSettings, EndpointSettings, Mismatch, RoleSettings, Rule, RuleOutcome, RuleReason,
};
pub use value::{
    CacheMode, CacheSettings, Duration, HeadStart, Interactive, KeyValues, Origin, Prefer, Setting,
    SignInMethod, one_or_more,
};

/// The settings of the variables, the user's configuration file and the machine-wide one.
///
/// For one repository, the first matching rule goes before everything else: the user's rules are
/// tried first, and then the machine's. What that rule does not set, or everything if no rule
/// matches, comes from the variables, then from the user's file, then from the machine's. The
/// policies of both files bound the result.
#[derive(Debug)]
pub struct Settings {
    /// The hosts of `[[hosts]]` that policies allow, the user's first.
    pub hosts: Vec<HostMapping>,
    /// In the order in which they are tried.
    pub rules: Vec<Rule>,
    pub policy: Policy,
    /// Notes about the files, for a log.
    pub notes: Vec<String>,
    /// Hosts of `[[hosts]]` that a policy does not allow.
    refused_hosts: Vec<HostMapping>,
    /// What is effective if no rule sets it, before a policy bounds it. An invalid variable fails
    /// the request for a token. Hosts stay recognized, so that the user gets the message.
    defaults: Result<Defaults, SettingsError>,
    cache: Result<CacheSettings, SettingsError>,
}

/// What the variables or a file set outside of rules.
#[derive(Debug, Clone, Default)]
struct Defaults {
    profiles: Option<Setting<Vec<String>>>,
    duration: Option<Setting<Duration>>,
    interactive: Option<Setting<Interactive>>,
    head_start: Option<Setting<HeadStart>>,
}

impl Defaults {
    /// These settings; what they do not set comes from `other`.
    fn or(self, other: Self) -> Self {
        Self {
            profiles: self.profiles.or(other.profiles),
            duration: self.duration.or(other.duration),
            interactive: self.interactive.or(other.interactive),
            head_start: self.head_start.or(other.head_start),
        }
    }
}

/// A setting that cannot be used. No other value is guessed instead.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("Invalid value `{value}` for {name}: expected {expected}.")]
    Variable { name: &'static str, value: String, expected: &'static str },
    #[error(
        "Account {} is not in `allowed_owners` of the policy in `{}`, so no token for its domain `{}` is \
         requested.",
        domain.owner, file.display(), domain.name
    )]
    Owner { domain: Box<Domain>, file: PathBuf },
}

impl Coded for SettingsError {
    fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Variable { .. } => Code::InvalidVariable,
            Self::Owner { .. } => Code::AccountNotAllowed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::File(error) => error.fix(),
            Self::Variable { .. } => Some("Correct or unset it".to_owned()),
            Self::Owner { .. } => Some("If you trust the account, add it there".to_owned()),
        }
    }
}

impl Settings {
    /// Reads both configuration files and the variables that take precedence over them.
    ///
    /// # Errors
    ///
    /// If a file cannot be used, because its policies and rules are unknown then.
    pub fn load(environment: &Environment, locations: &Locations) -> Result<Self, SettingsError> {
        let path = config_file(environment, locations)?;
        let user = path.map(|path| file::read(&path, 0)).transpose()?.unwrap_or_default();
        let rules_before = user.rules.len();
        let mut files = vec![user];
        let path = machine::path();
        match machine::read(&path, rules_before)? {
            MachineFile::Absent => {}
            MachineFile::Untrusted { reason, fix } => {
                return Err(FileError::Untrusted { path, reason, fix }.into());
            }
            MachineFile::Read(file) => files.push(*file),
        }
        Ok(Self::of(environment, files))
    }

    /// The settings of the variables and of these files. Earlier files take precedence.
    fn of(environment: &Environment, files: Vec<ConfigurationFile>) -> Self {
        let (mut hosts, mut rules, mut policy) = (Vec::new(), Vec::new(), Policy::default());
        let mut defaults = environment::defaults(environment);
        for file in files {
            defaults = defaults.map(|before| before.or(file.defaults));
            hosts.extend(file.hosts);
            rules.extend(file.rules);
            policy.bounds.extend(file.policy);
        }
        let (refused_hosts, hosts): (Vec<HostMapping>, _) =
            hosts.into_iter().partition(|mapping| policy.refuses_host(&mapping.host).is_some());
        let notes = refused_hosts.iter().filter_map(|mapping| policy.refusal_of(mapping)).collect();
        let cache = environment::cache(environment)
            .map(|wanted| CacheSettings { mode: policy.bound_cache(wanted.mode), ..wanted });
        Self { hosts, rules, policy, notes, refused_hosts, defaults, cache }
    }

    /// What is effective for a repository, or for a domain if no repository is named.
    ///
    /// The duration is part of the cache's key, and all of `aws` that chooses the identity and the
    /// endpoints is part of the identity's selectors; proxy and CA bundle are neither.
    ///
    /// # Errors
    ///
    /// If a policy does not allow the domain's owner, or a variable is invalid.
    pub fn effective(
        &self,
        domain: &Domain,
        repository: Option<&str>,
        overrides: &Overrides,
    ) -> Result<EffectiveSettings, SettingsError> {
        self.policy.check_owner(domain)?;
        self.effective_for_any_owner(domain, repository, overrides)
    }

    /// Like [`effective`](Self::effective), but also if a policy does not allow the domain's owner.
    /// A report shows the settings beside the refusal.
    pub fn effective_for_any_owner(
        &self,
        domain: &Domain,
        repository: Option<&str>,
        overrides: &Overrides,
    ) -> Result<EffectiveSettings, SettingsError> {
        let rule = self.rules.iter().find(|rule| rule.matcher.matches(domain, repository));
        self.with_rule(rule, overrides)
    }

    /// What is effective if no rule matches.
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

    /// Whether a token is requested before NuGet asks for it.
    pub fn head_start(&self) -> Result<Setting<HeadStart>, SettingsError> {
        Ok(self.defaults.clone()?.head_start.unwrap_or_default())
    }

    /// Where tokens are kept.
    pub fn cache(&self) -> Result<&CacheSettings, SettingsError> {
        self.cache.as_ref().map_err(Clone::clone)
    }

    /// Why the host of this URL is not among [`Self::hosts`] although a file lists it: a policy
    /// does not allow it.
    pub fn refusal_of_host(&self, url: &str) -> Option<String> {
        let refused = self.refused_hosts.iter().find(|mapping| {
            let parsed = RepositoryEndpoint::parse(url, std::slice::from_ref(mapping));
            !matches!(parsed, Err(EndpointError::Foreign(_)))
        })?;
        self.policy.refusal_of(refused)
    }
}

/// One of the configuration files.
#[derive(Debug)]
pub struct FileReport {
    pub kind: FileKind,
    pub path: PathBuf,
    pub state: FileState,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    User,
    Machine,
}

/// What was found, and whether it is used.
#[derive(Debug)]
pub enum FileState {
    Used,
    Absent,
    /// Others than the administrator may have written it. Every request fails because of it.
    Untrusted(FileError),
    /// Every request fails because of it.
    Broken(FileError),
}

impl FileReport {
    /// The owner of the file, in one word.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            FileKind::User => "user",
            FileKind::Machine => "machine",
        }
    }

    /// The state in one word, and the error if the file exists and is not used.
    pub fn state(&self) -> (&'static str, Option<&FileError>) {
        match &self.state {
            FileState::Used => ("used", None),
            FileState::Absent => ("absent", None),
            FileState::Untrusted(error) => ("untrusted", Some(error)),
            FileState::Broken(error) => ("broken", Some(error)),
        }
    }
}

/// Checks a file that is, or will be, a configuration file. Returns whether there is one.
pub fn check_file(path: &Path) -> Result<bool, FileError> {
    Ok(file::text_of(path)?.is_some())
}

/// The configuration files, and the state of each.
pub fn file_reports(
    environment: &Environment,
    locations: &Locations,
) -> Result<Vec<FileReport>, SettingsError> {
    let mut reports = Vec::new();
    if let Some(path) = config_file(environment, locations)? {
        let state = match file::text_of(&path) {
            Ok(Some(_)) => FileState::Used,
            Ok(None) => FileState::Absent,
            Err(error) => FileState::Broken(error),
        };
        reports.push(FileReport { kind: FileKind::User, path, state });
    }
    let path = machine::path();
    let state = match machine::read(&path, 0) {
        Ok(MachineFile::Read(_)) => FileState::Used,
        Ok(MachineFile::Absent) => FileState::Absent,
        Ok(MachineFile::Untrusted { reason, fix }) => {
            FileState::Untrusted(FileError::Untrusted { path: path.clone(), reason, fix })
        }
        Err(error) => FileState::Broken(error),
    };
    reports.push(FileReport { kind: FileKind::Machine, path, state });
    Ok(reports)
}

/// All that is effective for one repository: the first rule that matches it, the defaults for what
/// the rule leaves out, and the bounds of the policies.
#[derive(Debug, Clone)]
pub struct EffectiveSettings {
    /// The number of the rule that matched.
    pub rule: Option<usize>,
    /// How long a token should be valid.
    pub duration: Setting<Duration>,
    /// Whether the user may be asked to sign in.
    pub interactive: Setting<Interactive>,
    /// The settings for AWS.
    pub aws: AwsSettings,
}

/// What chooses the identity that requests a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityOrigin {
    /// The rule that matched.
    Rule,
    /// The default of the settings, or AWS's own settings.
    Default,
    /// An option of the command line.
    CommandLine,
}

impl EffectiveSettings {
    /// What chooses the identity. A rule that only adds a role to the default profile also counts
    /// as choosing it.
    pub fn identity_origin(&self) -> IdentityOrigin {
        match self.aws.profiles.origin {
            Origin::CommandLine(_) => IdentityOrigin::CommandLine,
            Origin::Rule(_) => IdentityOrigin::Rule,
            // Only a rule can set these.
            _ if self.aws.prefer.is_some() || !self.aws.roles.is_empty() => IdentityOrigin::Rule,
            _ => IdentityOrigin::Default,
        }
    }
}

/// Options for one token. What is left out stays as in the settings.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The only profile to use.
    pub profile: Option<String>,
    /// How long the token should be valid.
    pub duration: Option<Duration>,
}

impl Overrides {
    /// The settings with these options. Endpoints, proxy and CA bundle stay those of the rule; a
    /// chosen profile replaces everything that a rule sets about the identity.
    fn applied_to(&self, mut effective: EffectiveSettings) -> EffectiveSettings {
        if let Some(duration) = self.duration {
            effective.duration = Setting::new(duration, Origin::CommandLine("--duration-seconds"));
        }
        let Some(profile) = &self.profile else { return effective };
        let aws = AwsSettings {
            profiles: Setting::new(vec![profile.clone()], Origin::CommandLine("--profile")),
            prefer: Some(Prefer::Profile),
            roles: Vec::new(),
            ..effective.aws
        };
        // If the profile lacks something, the rule must not be blamed for it.
        EffectiveSettings { rule: None, aws, ..effective }
    }
}

#[cfg(test)]
mod tests;
