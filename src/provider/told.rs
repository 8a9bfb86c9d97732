//! Failures that the user was told of, shared by the copies of the plugin that one NuGet process
//! starts.
//!
//! NuGet asks every copy that it finds, in the plugins folder and on PATH, until one answers with
//! Success. A copy that is asked after another has failed would make the same calls and show the
//! same warning. So a copy records that it has failed and told the user, and the others answer the
//! same request at once and in silence.
//!
//! A copy never uses its own record, nor that of an earlier process in its place: a client that
//! lives long asks it again after the user has acted.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::{Provider, Resolved, now};
use crate::base::environment::Environment;
use crate::base::system::{self, ProcessIdentity};
use crate::cache::{self, CacheKey, TokenCache};

/// A record that is older counts for nothing: another provider may be asked in between, and its
/// sign-in takes minutes.
const COUNTS_FOR: Duration = Duration::from_mins(10);

/// The format of a record. One of any other version counts for nothing.
const VERSION: u32 = 1;

/// A request of one NuGet process.
#[derive(Debug, Clone, Copy)]
pub struct NuGetRequest<'a> {
    /// The process's number; none if it is not known, and nothing is shared then.
    pub nuget: Option<u32>,
    pub uri: &'a str,
    pub is_retry: bool,
}

impl NuGetRequest<'_> {
    fn key(&self, nuget: u32) -> CacheKey {
        let kind = if self.is_retry { "retry" } else { "first" };
        CacheKey::of(&["told", &nuget.to_string(), self.uri, kind])
    }
}

/// That a copy has failed and told the user.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    version: u32,
    nuget: ProcessIdentity,
    /// Containers share folders, and their processes have the same numbers.
    machine: String,
    copy: ProcessIdentity,
    /// A digest of the copy's path.
    executable: String,
    /// The cache key, or a digest of why there is none. The user may act between two requests.
    identity: String,
    /// Seconds since 1970.
    at: u64,
}

impl Told {
    fn of(environment: &Environment, nuget: u32, identity: String, at: SystemTime) -> Option<Self> {
        Some(Self {
            version: VERSION,
            nuget: ProcessIdentity::of(nuget)?,
            machine: digest(&system::machine_identity(environment).join("\n")),
            copy: ProcessIdentity::of(std::process::id())?,
            executable: digest(&executable()),
            identity,
            at: at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs(),
        })
    }

    /// Whether this record of another copy answers the request that would leave the record `ours`.
    fn answers(&self, ours: &Self) -> bool {
        let is_recent = ours.at.checked_sub(self.at).is_some_and(|age| age < COUNTS_FOR.as_secs());
        // Without the first two, it may be this copy's own, or of the process before it.
        let is_of_another = self.copy != ours.copy
            && (self.executable != ours.executable || self.copy.is_running());
        is_recent && is_of_another && self.is_about() == ours.is_about()
    }

    fn is_about(&self) -> (u32, &ProcessIdentity, &str, &str) {
        (self.version, &self.nuget, &self.machine, &self.identity)
    }
}

fn digest(text: &str) -> String {
    CacheKey::of(&[text]).to_string()
}

#[expect(clippy::disallowed_methods, reason = "it tells the copies apart")]
fn executable() -> String {
    std::env::current_exe().unwrap_or_default().to_string_lossy().into_owned()
}

impl Provider {
    /// Whether another copy under the same NuGet process has failed for this request and told the
    /// user. `resolved` is none if the URL names no repository.
    pub async fn was_told(&self, request: NuGetRequest<'_>, resolved: Option<&Resolved>) -> bool {
        let Some(nuget) = request.nuget else { return false };
        let told = cache::told(&self.folders_for_records(), &request.key(nuget));
        let Some(told) = told.and_then(|bytes| serde_json::from_slice::<Told>(&bytes).ok()) else {
            return false;
        };
        let identity = self.identity_digest(resolved).await;
        let ours = Told::of(&self.environment, nuget, identity, now());
        let was_told = ours.is_some_and(|ours| told.answers(&ours));
        self.log.line(format_args!("another copy has told of a failure here: {was_told}"));
        was_told
    }

    /// Records for [`was_told`](Self::was_told) of other copies that the user was told.
    pub async fn note_told(&self, request: NuGetRequest<'_>, resolved: Option<&Resolved>) {
        let Some(nuget) = request.nuget else { return };
        let identity = self.identity_digest(resolved).await;
        let Some(told) = Told::of(&self.environment, nuget, identity, now()) else { return };
        let Ok(bytes) = serde_json::to_vec(&told) else { return };
        cache::note_told(&self.folders_for_records(), &request.key(nuget), &bytes, now());
    }

    async fn identity_digest(&self, resolved: Option<&Resolved>) -> String {
        let Some(resolved) = resolved else { return String::new() };
        match self.caller_of_cache(resolved).await {
            Ok(caller) => caller.key.to_string(),
            Err(error) => digest(&error.to_string()),
        }
    }

    /// The cache's folder; if it has none or the settings are broken, those that it would have on
    /// disk: a record has no secret.
    fn folders_for_records(&self) -> Vec<PathBuf> {
        match self.cache().ok().and_then(TokenCache::folder) {
            Some(folder) => vec![folder.to_owned()],
            None => cache::folders_for_records(&self.environment, &self.locations),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(copy: u32, executable: &str, at: u64) -> Told {
        let nuget = ProcessIdentity::of(std::process::id()).unwrap();
        // The start of a process that this test owns.
        let copy = ProcessIdentity::of(copy).unwrap();
        let (machine, identity) = ("m".to_owned(), "i".to_owned());
        Told { version: VERSION, nuget, machine, copy, executable: executable.into(), identity, at }
    }

    /// It ends by itself, should the test fail.
    fn another_process() -> std::process::Child {
        let line = if cfg!(windows) { "ping.exe -n 100 127.0.0.1" } else { "sleep 100" };
        let mut words = line.split(' ');
        let mut command = std::process::Command::new(words.next().unwrap());
        command.args(words).stdout(std::process::Stdio::null()).spawn().unwrap()
    }

    #[test]
    fn a_record_answers_other_copies_and_never_its_own_place() {
        let mut child = another_process();
        let of_child = told(child.id(), "/plugins/ours", 1000);
        let ours = |executable| told(std::process::id(), executable, 1001);
        assert!(of_child.answers(&ours("/path/ours")), "another copy");
        assert!(of_child.answers(&ours("/plugins/ours")), "the same file, found twice");
        assert!(!of_child.answers(&told(child.id(), "/plugins/ours", 1001)), "its own");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(of_child.answers(&ours("/path/ours")), "another copy after its end");
        assert!(!of_child.answers(&ours("/plugins/ours")), "the process before ours");
    }

    #[test]
    fn a_record_is_for_one_nuget_process_identity_and_time() {
        let ours = told(std::process::id(), "/path/ours", 1000);
        let mut child = another_process();
        let another = || ProcessIdentity::of(child.id()).unwrap();
        let record = |at| Told { copy: another(), ..told(child.id(), "/other", at) };
        assert!(record(1000).answers(&ours) && record(401).answers(&ours));
        assert!(!record(400).answers(&ours), "too old");
        assert!(!record(1001).answers(&ours), "of the future");
        assert!(!Told { nuget: another(), ..record(1000) }.answers(&ours));
        assert!(!Told { identity: "another".into(), ..record(1000) }.answers(&ours));
        assert!(!Told { machine: "another".into(), ..record(1000) }.answers(&ours));
        assert!(!Told { version: 2, ..record(1000) }.answers(&ours));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
