//! `[policy]`: bounds that nothing else loosens.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::value::{CacheMode, Duration, Interactive, Setting};
use super::values::{HostPattern, Owner};
use super::{SettingsError, pattern};
use crate::endpoint::{Domain, HostMapping};

/// The bounds of all files, which hold at once.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// One for each file that has any.
    pub bounds: Vec<Bounds>,
}

/// What one file's `[policy]` says.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub file: PathBuf,
    /// The accounts whose domains may be asked; every one, where it is none.
    pub allowed_owners: Option<Vec<String>>,
    /// Which of `[[hosts]]` may be used; every one, where it is none.
    pub allowed_hosts: Option<Vec<String>>,
    pub longest_duration: Option<Duration>,
    pub cache: Option<CacheMode>,
    pub interactive: Option<Interactive>,
}

impl Policy {
    /// Fails where a file names the owners that are allowed, and this domain's is none of them.
    pub fn check_owner(&self, domain: &Domain) -> Result<(), SettingsError> {
        let lacks_owner = |bounds: &&Bounds| {
            let allowed = bounds.allowed_owners.as_ref();
            allowed.is_some_and(|owners| !owners.contains(&domain.owner))
        };
        let Some(bounds) = self.bounds.iter().find(lacks_owner) else { return Ok(()) };
        let (domain, file) = (domain.clone(), bounds.file.clone());
        Err(SettingsError::Owner { domain: Box::new(domain), file })
    }

    /// The file that does not let this one of `[[hosts]]` be used.
    pub fn refuses_host(&self, host: &str) -> Option<&Path> {
        let refuses = |bounds: &&Bounds| {
            let allowed = bounds.allowed_hosts.as_ref();
            allowed.is_some_and(|all| !all.iter().any(|allowed| pattern::matches(allowed, host)))
        };
        self.bounds.iter().find(refuses).map(|bounds| bounds.file.as_path())
    }

    /// As [`Self::refuses_host`], in words.
    pub(super) fn refusal_of(&self, HostMapping { host, .. }: &HostMapping) -> Option<String> {
        let file = self.refuses_host(host)?.display();
        Some(format!(
            "the host `{host}` is not used, being none of `allowed_hosts` of the policy in `{file}`; \
             if it is to be trusted, it has to be added there"
        ))
    }

    /// The duration, or the longest that is allowed. 0 counts as longer than any number: how long a
    /// role's session lives is not known here.
    pub(super) fn bound_duration(&self, wanted: Setting<Duration>) -> Setting<Duration> {
        let is_stricter =
            |longest: Duration, wanted| wanted == Duration::OF_SESSION || longest < wanted;
        self.bound(wanted, |bounds| bounds.longest_duration, is_stricter)
    }

    /// What is wanted, or what is stricter.
    pub(super) fn bound_interactive(&self, wanted: Setting<Interactive>) -> Setting<Interactive> {
        self.bound(wanted, |bounds| bounds.interactive, |bound, wanted| bound > wanted)
    }

    /// What is wanted, or what is stricter.
    pub(super) fn bound_cache(&self, wanted: CacheMode) -> CacheMode {
        let bound = |bounds: &Bounds| bounds.cache;
        self.bound(Setting::built_in(wanted), bound, |bound, wanted| bound > wanted).value
    }

    /// The setting under the strictest of the policies.
    fn bound<T: Copy>(
        &self,
        wanted: Setting<T>,
        bound: impl Fn(&Bounds) -> Option<T>,
        is_stricter: impl Fn(T, T) -> bool,
    ) -> Setting<T> {
        self.bounds.iter().fold(wanted, |setting, bounds| match bound(bounds) {
            Some(value) if is_stricter(value, setting.value) => {
                setting.bounded(value, &bounds.file)
            }
            _ => setting,
        })
    }
}

/// `[policy]` as it is in the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPolicy {
    allowed_owners: Option<Vec<Owner>>,
    allowed_hosts: Option<Vec<HostPattern>>,
    longest_duration_seconds: Option<LongestDuration>,
    cache: Option<CacheBound>,
    interactive: Option<InteractiveBound>,
}

impl RawPolicy {
    pub(super) fn placed_in(self, file: &Path) -> Bounds {
        let owners = |list: Vec<Owner>| list.into_iter().map(Into::into).collect();
        let hosts = |list: Vec<HostPattern>| list.into_iter().map(Into::into).collect();
        Bounds {
            file: file.to_owned(),
            allowed_owners: self.allowed_owners.map(owners),
            allowed_hosts: self.allowed_hosts.map(hosts),
            longest_duration: self.longest_duration_seconds.map(|longest| longest.0),
            cache: self.cache.map(|cache| cache.0),
            interactive: self.interactive.map(|interactive| interactive.0),
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "i64")]
struct LongestDuration(Duration);

impl TryFrom<i64> for LongestDuration {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        match Duration::try_from(seconds) {
            Ok(duration) if duration != Duration::OF_SESSION => Ok(Self(duration)),
            _ => Err("`longest_duration_seconds` is 900 to 43200"),
        }
    }
}

/// A mode that bounds anything.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct CacheBound(CacheMode);

impl TryFrom<String> for CacheBound {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.parse() {
            Ok(mode @ (CacheMode::Memory | CacheMode::Off)) => Ok(Self(mode)),
            _ => Err("a policy's `cache` is memory or off"),
        }
    }
}

/// A word that bounds anything.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct InteractiveBound(Interactive);

impl TryFrom<String> for InteractiveBound {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.parse() {
            Ok(word @ (Interactive::Auto | Interactive::Never)) => Ok(Self(word)),
            _ => Err("a policy's `interactive` is auto or never"),
        }
    }
}
