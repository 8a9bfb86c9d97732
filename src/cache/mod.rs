//! Tokens that outlive the process that fetched them, and a lock so that concurrent processes fetch
//! only once.
//!
//! A folder has one file for each token, named by a [`CacheKey`], and beside it the lock for fetching
//! that token and, for a moment, the failure of the last fetch. All of them are swept.
//! If a token that the user provided was refused, only this fact is stored, in a file named by a
//! digest of the token.
//! Everything in it can be deleted at any time. What cannot be used (a folder of somebody else, a
//! broken file) costs a fetch and never a restore.
//!
//! Deliberately not decided here: who may get which token (the key decides), and whether a token
//! lives long enough to be served (`AuthorizationToken::is_fresh`).

#[cfg(any(test, fuzzing))]
#[path = "../../protocol-tests/fuzz/checks/cache_entry.rs"]
pub mod check;
mod entry;
mod folder;
mod inventory;
mod key;
mod last_use;
mod lock;
mod place;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod told;

#[cfg(test)]
mod process_tests;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use tokio::time::Instant;
use zeroize::Zeroizing;

pub use entry::{Description, Kept, Label, SharedFailure, SharedMessage};
pub use folder::has_last_uses;
pub use inventory::{Forgotten, KeptToken, forget, kept};
pub use key::CacheKey;
pub use last_use::LastUse;
pub use lock::{Lock, SignInLock};
pub use place::{all_folders, folders, folders_for_records};
pub use told::{note_told, told};

use crate::base::environment::Environment;
use crate::code::{Code, Coded};
use crate::locations::Locations;
use crate::settings::CacheSettings;
use crate::token::AuthorizationToken;
use folder::Folder;
use lock::Pace;
use place::CachePlace;

/// Why a token was not stored. It can still be used. If the file could not be written, this process
/// keeps the token in memory.
#[derive(Debug, Error)]
pub enum CacheError {
    /// Most likely this machine's clock is wrong.
    #[error(
        "A token that has expired or is valid for more than 12 hours is not cached; the clock of this machine may be wrong."
    )]
    Implausible,
    #[error("Cannot write to the cache folder `{}`: {error}.", .path.display())]
    Write { path: PathBuf, error: io::Error },
    #[error("Cannot delete `{}` from the cache: {error}. Delete the file.", .path.display())]
    Remove { path: PathBuf, error: io::Error },
}

impl Coded for CacheError {
    fn code(&self) -> Code {
        match self {
            Self::Implausible => Code::ImplausibleToken,
            Self::Write { .. } => Code::CacheNotWritable,
            Self::Remove { .. } => Code::CacheNotRemovable,
        }
    }
}

/// The cache of one process.
#[derive(Debug)]
pub struct TokenCache {
    place: CachePlace,
    /// All tokens if the place is this process; otherwise those that could not be stored in the
    /// folder.
    here: Mutex<HashMap<CacheKey, Kept>>,
    /// Tokens whose times cannot be right, and when each came by this machine's steady clock.
    odd: Mutex<HashMap<CacheKey, (AuthorizationToken, Instant)>>,
    /// The refusals that could not be stored in the folder.
    refused_here: Mutex<HashSet<CacheKey>>,
    sign_ins: Mutex<SignIns>,
}

/// What this process knows about sign-ins, by the key of each.
#[derive(Debug, Default)]
struct SignIns {
    locks: HashMap<CacheKey, Arc<tokio::sync::Mutex<()>>>,
    /// When the user was last asked.
    asked: HashMap<CacheKey, SystemTime>,
}

/// How long this process serves a token whose times cannot be right.
const ODD_TOKEN_KEPT: Duration = Duration::from_mins(15);

/// How long a failure is learnt by processes that needed the token when it happened.
const FAILURE_SHARED: Duration = Duration::from_secs(10);

/// How long a failure may keep processes from calling AWS.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl TokenCache {
    /// Chooses the place and creates its folder. The notes are for the log: why tokens are kept in
    /// memory only, or why a folder is not used.
    pub fn open(
        settings: &CacheSettings,
        environment: &Environment,
        locations: &Locations,
    ) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        let place =
            CachePlace::choose(settings, environment, locations, Path::new("/"), &mut notes);
        (Self::at(place), notes)
    }

    fn at(place: CachePlace) -> Self {
        Self {
            place,
            here: Mutex::default(),
            odd: Mutex::default(),
            refused_here: Mutex::default(),
            sign_ins: Mutex::default(),
        }
    }

    /// The key's newest token, if it may be used at `now` at all. A file that cannot be read counts
    /// as none.
    pub fn load(&self, key: &CacheKey, now: SystemTime) -> Option<Kept> {
        let stored = self.read(key).and_then(|bytes| entry::decode(&bytes, now));
        let here = self.here().get(key).filter(|kept| kept.may_be_served(now)).cloned();
        match (stored, here) {
            (Some(stored), Some(here)) if stored.token.obtained < here.token.obtained => Some(here),
            (stored, here) => stored.or(here),
        }
    }

    /// A token of this process whose times cannot be right, as long as it is not old. Nobody knows
    /// when it expires.
    pub fn odd(&self, key: &CacheKey) -> Option<AuthorizationToken> {
        let odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, came) = odd.get(key)?;
        (came.elapsed() < ODD_TOKEN_KEPT).then(|| token.clone())
    }

    /// The description of what a folder has for the key, without the token.
    pub fn description(&self, key: &CacheKey, now: SystemTime) -> Option<Description> {
        let described = entry::describe(&self.read(key)?)?;
        described.served_for(now).is_some().then_some(described)
    }

    /// Stores the token for [`load`](Self::load) until `keep_until`, but not beyond its expiry.
    pub fn store(
        &self,
        key: &CacheKey,
        token: &AuthorizationToken,
        keep_until: SystemTime,
        label: &Label,
        now: SystemTime,
    ) -> Result<(), CacheError> {
        if !entry::is_plausible(token, now) {
            if !matches!(self.place, CachePlace::Nowhere) {
                let mut odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
                odd.insert(key.clone(), (token.clone(), Instant::now()));
            }
            return Err(CacheError::Implausible);
        }
        if let Some(folder) = self.place.folder() {
            folder.forget_failure(key);
        }
        let folder = match &self.place {
            CachePlace::Folder(folder) => folder,
            CachePlace::Process => {
                self.keep_here(key, token, keep_until);
                return Ok(());
            }
            CachePlace::Nowhere => return Ok(()),
        };
        let written = entry::encode(token, keep_until, label)
            .and_then(|bytes| folder.write(key, &bytes, now));
        written.map_err(|error| {
            self.keep_here(key, token, keep_until);
            CacheError::Write { path: folder.path().to_owned(), error }
        })
    }

    /// Records for [`was_refused`](Self::was_refused) that a token was refused. The key contains
    /// the token's digest.
    pub fn remember_refused(&self, key: &CacheKey, now: SystemTime) {
        if let Some(folder) = self.place.folder()
            && entry::encode_refused(now).and_then(|it| folder.write(key, &it, now)).is_ok()
        {
            return;
        }
        if !matches!(self.place, CachePlace::Nowhere) {
            self.refused_here().insert(key.clone());
        }
    }

    /// Whether a refusal was recorded that still counts at `now`.
    pub fn was_refused(&self, key: &CacheKey, now: SystemTime) -> bool {
        match self.read(key) {
            Some(bytes) => entry::counts_as_refused(&bytes, now),
            None => self.refused_here().contains(key),
        }
    }

    /// Waits until no other process of this user is fetching the key's token. Load the token again
    /// before fetching: the other process has most likely stored it.
    ///
    /// It never fails: if there is no lock between processes, the result holds nothing and its note
    /// says why.
    pub async fn lock(&self, key: &CacheKey) -> Lock {
        match self.place.folder() {
            Some(folder) => Lock::acquire(folder.locks(key), Pace::NORMAL).await,
            None => Lock::default(),
        }
    }

    /// Lets the other processes learn that the fetch of this key's token failed. If it cannot be
    /// written, they find out by themselves.
    pub fn share_failure(&self, key: &CacheKey, failure: &SharedFailure) {
        if let Some(folder) = self.place.folder() {
            let written = entry::encode_failure(failure)
                .and_then(|bytes| folder.write_failure(key, &bytes, failure.failed));
            drop(written);
        }
    }

    /// What a failure says that happened to another process while this one needed the same token,
    /// which it does since `began`.
    pub fn shared_failure(
        &self,
        key: &CacheKey,
        began: SystemTime,
        now: SystemTime,
    ) -> Option<SharedMessage> {
        let failure = self.failure(key)?;
        let is_recent = now.duration_since(failure.failed).is_ok_and(|age| age < FAILURE_SHARED);
        failure.message.filter(|_| is_recent && began <= failure.failed)
    }

    /// How long AWS should not be called for this key's token, because it asked for a pause.
    pub fn pause(&self, key: &CacheKey, now: SystemTime) -> Duration {
        let Some(failure) = self.failure(key) else { return Duration::ZERO };
        let Ok(age) = now.duration_since(failure.failed) else { return Duration::ZERO };
        failure.pause.min(LONGEST_PAUSE).saturating_sub(age)
    }

    fn failure(&self, key: &CacheKey) -> Option<SharedFailure> {
        entry::decode_failure(&self.place.folder()?.read_failure(key).ok()?)
    }

    /// Waits until no other process or task is signing in, however long a user takes. Check
    /// afterwards whether a sign-in is still needed.
    pub async fn lock_sign_in(&self, key: &CacheKey) -> SignInLock {
        let here = Arc::clone(self.sign_ins().locks.entry(key.clone()).or_default());
        let here = here.lock_owned().await;
        let between_processes = match self.place.folder() {
            Some(folder) => Lock::acquire(folder.sign_in_locks(key), Pace::NORMAL).await,
            None => Lock::default(),
        };
        SignInLock { between_processes, _here: here }
    }

    /// How long ago the user was asked to sign in and did not; none if that is not within `limit`.
    pub fn asked_ago(&self, key: &CacheKey, now: SystemTime, limit: Duration) -> Option<Duration> {
        let here = self.sign_ins().asked.get(key).copied();
        let in_folder = self.place.folder().and_then(|folder| folder.asked(key));
        let times = [here, in_folder].into_iter().flatten();
        let ages = times.filter_map(|asked| now.duration_since(asked).ok());
        ages.filter(|age| *age < limit).min()
    }

    /// Records for [`asked_ago`](Self::asked_ago) that the user is asked now. If it cannot be
    /// written, only this process remembers it.
    pub fn note_asked(&self, key: &CacheKey, now: SystemTime) {
        self.sign_ins().asked.insert(key.clone(), now);
        let _ = self.place.folder().map(|folder| folder.note_asked(key, now));
    }

    /// Deletes this record: the user has signed in, or is about to without being asked.
    pub fn forget_asked(&self, key: &CacheKey) {
        self.sign_ins().asked.remove(key);
        if let Some(folder) = self.place.folder() {
            folder.forget_asked(key);
        }
    }

    /// The folder of the tokens, if they are in one.
    pub fn folder(&self) -> Option<&Path> {
        self.place.folder().map(Folder::path)
    }

    /// The last use in each working folder, the newest first. None are known if tokens are not kept in
    /// a folder, or if the record cannot be read.
    pub fn last_uses(&self) -> Vec<LastUse> {
        let bytes = self.place.folder().and_then(|folder| folder.read_last_uses().ok());
        last_use::decode(&bytes.unwrap_or_default())
    }

    /// Records for [`last_uses`](Self::last_uses) the newest use of a token in its folder. If it cannot
    /// be written, the next process there makes no early request.
    pub fn note_use(&self, newest: &LastUse, now: SystemTime) {
        let Some(folder) = self.place.folder() else { return };
        let before = folder.read_last_uses().unwrap_or_default();
        if let Ok(bytes) = last_use::with(&before, newest) {
            let _ = folder.write_last_uses(&bytes, now);
        }
    }

    /// Describes the place of tokens for the log.
    pub fn place(&self) -> String {
        match &self.place {
            CachePlace::Folder(folder) => format!("the folder `{}`", folder.path().display()),
            CachePlace::Process => "this process only".to_owned(),
            CachePlace::Nowhere => "nowhere, the cache is off".to_owned(),
        }
    }

    fn read(&self, key: &CacheKey) -> Option<Zeroizing<Vec<u8>>> {
        self.place.folder()?.read(key).ok()
    }

    fn keep_here(&self, key: &CacheKey, token: &AuthorizationToken, keep_until: SystemTime) {
        self.here().insert(key.clone(), Kept { token: token.clone(), keep_until });
    }

    fn refused_here(&self) -> MutexGuard<'_, HashSet<CacheKey>> {
        self.refused_here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign_ins(&self) -> MutexGuard<'_, SignIns> {
        self.sign_ins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn here(&self) -> MutexGuard<'_, HashMap<CacheKey, Kept>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
