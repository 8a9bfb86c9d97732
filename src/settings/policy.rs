//! `[policy]`: bounds that no other setting can loosen.

use std::path::{Path, PathBuf};

use super::SettingsError;
use super::pattern::{self, is_host_pattern};
use super::toml::{Node, Problem};
use super::value::{CacheMode, Duration, Interactive, KeyValues, OWNER, Setting};
use crate::endpoint::{Domain, HostMapping, is_owner};

/// The policies of all files. All of them apply.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// One for each file that has a policy.
    pub bounds: Vec<Bounds>,
}

/// The `[policy]` of one file.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub file: PathBuf,
    /// The accounts whose domains may be used; all if the key is missing.
    pub allowed_owners: Option<Vec<String>>,
    /// The hosts of `[[hosts]]` that may be used; all if the key is missing.
    pub allowed_hosts: Option<Vec<String>>,
    pub longest_duration: Option<Duration>,
    pub cache: Option<CacheMode>,
    pub interactive: Option<Interactive>,
}

impl Policy {
    /// Fails if a file lists the allowed owners and this domain's owner is not among them.
    pub fn check_owner(&self, domain: &Domain) -> Result<(), SettingsError> {
        match self.bounds.iter().find(|bounds| !bounds.allows_owner(&domain.owner)) {
            Some(Bounds { file, .. }) => {
                Err(SettingsError::Owner { domain: Box::new(domain.clone()), file: file.clone() })
            }
            None => Ok(()),
        }
    }

    /// The file that does not allow this host of `[[hosts]]`.
    pub fn refuses_host(&self, host: &str) -> Option<&Path> {
        let refusing = self.bounds.iter().find(|bounds| !bounds.allows_host(host))?;
        Some(&refusing.file)
    }

    /// Like [`Self::refuses_host`], as a message.
    pub(super) fn refusal_of(&self, HostMapping { host, .. }: &HostMapping) -> Option<String> {
        let file = self.refuses_host(host)?.display();
        Some(format!(
            "The host `{host}` gets no tokens: it is not in `allowed_hosts` of the policy in `{file}`. If \
             you trust it, add it there"
        ))
    }

    /// The duration, or the longest one allowed. 0 counts as longer than any number, because the
    /// lifetime of a role's session is not known here.
    pub(super) fn bound_duration(&self, wanted: Setting<Duration>) -> Setting<Duration> {
        self.bound(
            wanted,
            |bounds| bounds.longest_duration,
            |longest, wanted| wanted == Duration::OF_SESSION || longest < wanted,
        )
    }

    /// The wanted value, or a policy's value if that is stricter.
    pub(super) fn bound_interactive(&self, wanted: Setting<Interactive>) -> Setting<Interactive> {
        self.bound(wanted, |bounds| bounds.interactive, |bound, wanted| bound > wanted)
    }

    /// The wanted value, or a policy's value if that is stricter.
    pub(super) fn bound_cache(&self, wanted: CacheMode) -> CacheMode {
        let wanted = Setting::built_in(wanted);
        self.bound(wanted, |bounds| bounds.cache, |bound, wanted| bound > wanted).value
    }

    /// The setting, bounded by the strictest of the policies.
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

impl Bounds {
    fn allows_owner(&self, owner: &String) -> bool {
        self.allowed_owners.as_ref().is_none_or(|allowed| allowed.contains(owner))
    }

    fn allows_host(&self, host: &str) -> bool {
        self.allowed_hosts
            .as_ref()
            .is_none_or(|allowed| allowed.iter().any(|pattern| pattern::matches(pattern, host)))
    }

    /// Reads a file's `[policy]`.
    pub(super) fn read(node: Node<'_>, file: &Path) -> Result<Self, Problem> {
        const HOST: &str = "a host or a pattern in lower case, without scheme, port and path";
        let mut keys = node.keys()?;
        let bounds = Self {
            file: file.to_owned(),
            allowed_owners: keys.read("allowed_owners", |node| {
                node.list(|owner| owner.checked_text(is_owner, OWNER))
            }),
            allowed_hosts: keys.read("allowed_hosts", |node| {
                node.list(|host| host.checked_text(is_host_pattern, HOST))
            }),
            longest_duration: keys
                .read("longest_duration_seconds", |node| node.number(longest_duration)),
            cache: keys.read("cache", |node| node.text(cache_bound)),
            interactive: keys.read("interactive", |node| node.text(interactive_bound)),
        };
        keys.finish()?;
        Ok(bounds)
    }
}

impl Bounds {
    /// The keys as they are in the file, with their table's name.
    pub fn keys(&self) -> KeyValues {
        let mut keys = KeyValues::default();
        keys.add("policy.allowed_owners", self.allowed_owners.clone());
        keys.add("policy.allowed_hosts", self.allowed_hosts.clone());
        keys.add("policy.longest_duration_seconds", self.longest_duration.map(Duration::seconds));
        keys.add("policy.cache", self.cache.map(CacheMode::name));
        keys.add("policy.interactive", self.interactive.map(Interactive::name));
        keys
    }
}

/// 0 means as long as a role's session, so it bounds nothing.
fn longest_duration(seconds: i64) -> Result<Duration, &'static str> {
    match Duration::try_from(seconds) {
        Ok(duration) if duration != Duration::OF_SESSION => Ok(duration),
        _ => Err("900 to 43200"),
    }
}

/// The default value, and any looser value, bound nothing.
fn cache_bound(text: &str) -> Result<CacheMode, &'static str> {
    match text.parse() {
        Ok(mode @ (CacheMode::Memory | CacheMode::Off)) => Ok(mode),
        _ => Err("memory or off"),
    }
}

/// `always` is the loosest value, so it bounds nothing.
fn interactive_bound(text: &str) -> Result<Interactive, &'static str> {
    match text.parse() {
        Ok(word @ (Interactive::Auto | Interactive::Never)) => Ok(word),
        _ => Err("auto or never"),
    }
}
