//! The head start: NuGet asks a plugin some 150 ms after it has started it. If the token that was
//! last used in the working folder is over by then, a new one is requested in this time.
//!
//! NuGet starts a plugin in the folder of the project, the solution or the command. What the first
//! token of a process was served for is recorded by this folder, beside the tokens. A process that
//! starts there resolves the recorded source as it would resolve NuGet's own request, and joins the
//! fetches of this process, so that NuGet's request waits for the same response of AWS. In a folder
//! without a record, the newest one of another folder counts whose source NuGet.Config names here.
//!
//! A wrong guess costs one call that nobody waits for. It is not repeated: the record expects nothing
//! from the moment of the call until the next token is served, nor after a process that was asked
//! for others' sources only. There is no head start if the recorded token is still served, another
//! identity would request the new one, a provided token serves, or a person may be needed: a sign-in
//! has ended, or a program of the user's prints the credentials, which may ask for a code.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::deadline::Deadline;
use super::{
    Need, Provider, ProviderError, Resolved, Served, TokenRequest, UNSEEN_IDENTITY_KEPT, now,
};
use crate::base::url::without_query;
use crate::cache::{self, CacheKey, LastUse};
use crate::nuget_config::NugetConfig;
use crate::settings::HeadStart;
use crate::token::margin_of;

/// What the plugin knows about its working folder; commands do not use it.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// None if nothing is recorded: the head start is off, or tokens are not kept in a folder.
    folder: OnceLock<Option<WorkingFolder>>,
    was_asked_for_ours: AtomicBool,
    was_asked_for_others: AtomicBool,
}

#[derive(Debug)]
struct WorkingFolder {
    key: CacheKey,
    path: PathBuf,
    /// The last uses in all folders when this process began, the newest first.
    uses: Vec<LastUse>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// As in the record, for this folder.
    last_use: Option<LastUse>,
    /// Whether a token was served for a source of ours, which is then recorded.
    has_served: bool,
}

impl WorkingFolder {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider {
    /// Requests the token that NuGet most likely asks for, if it has to be requested at all. Only the
    /// log says why there is none; a request that waits for the same token gets the failure as its
    /// own.
    pub async fn head_start(&self) {
        if let Err(error) = self.request_ahead().await {
            self.log.line(format_args!("head start: {error}"));
        }
    }

    async fn request_ahead(&self) -> Result<(), ProviderError> {
        let Some(last_use) = self.due_use() else { return Ok(()) };
        let Ok(endpoint) = self.endpoint(&last_use.source) else { return Ok(()) };
        let resolved = self.resolve(&endpoint);
        if self.provided(&resolved, &Need::Any)?.served.is_some() {
            return Ok(());
        }
        let caller = self.caller(&resolved).await?;
        if !last_use.is_of(&caller.key) || caller.identity.may_need_a_person(now()) {
            self.log.line(format_args!("no head start with {}", caller.identity.label));
            return Ok(());
        }
        let (need, deadline) = (&Need::Any, &Deadline::start());
        let request = TokenRequest { resolved: &resolved, caller, need, deadline, renews: false };
        if self.cached(request)?.is_some_and(|kept| request.is_met_by(&kept)) {
            return Ok(());
        }
        self.log.line(format_args!("head start for {}", endpoint.domain));
        self.record(last_use.unexpected());
        self.issued(&resolved, &Need::Any, None).await.map(drop)
    }

    /// The last use in this folder, if its token must be renewed.
    fn due_use(&self) -> Option<LastUse> {
        // A user of others' sources only does not even get a folder for tokens.
        if !cache::has_last_uses(&self.cache_folders()) {
            return None;
        }
        let folder = self.working_folder()?;
        let here = folder.known().last_use.clone();
        // NuGet.Config is read only if there may be something to do.
        let may_be_due = folder.uses.iter().any(|it| it.is_due(now()));
        let expected = match here {
            None if may_be_due => self.use_elsewhere(folder),
            here => here,
        };
        expected.filter(|last_use| last_use.is_due(now()))
    }

    /// The newest use in another folder whose source NuGet uses here as well, without credentials
    /// from a file or variable. The folder's files only confirm what the record has.
    fn use_elsewhere(&self, folder: &WorkingFolder) -> Option<LastUse> {
        let config = NugetConfig::read(&self.locations, &folder.path);
        let sources = config.sources(&self.environment);
        let asked_for: Vec<&str> = sources
            .iter()
            .filter(|source| source.is_enabled && source.saved.is_none())
            .map(|source| without_query(&source.url))
            .collect();
        let found = folder.uses.iter().find(|it| asked_for.contains(&&*it.source))?;
        Some(found.clone().moved_to(&folder.key))
    }

    /// Called for each request of NuGet's: whether its source is one of ours. Reads nothing: a source of
    /// others has its answer at once, wherever tokens are kept.
    pub fn note_request(&self, is_ours: bool) {
        let Ahead { was_asked_for_ours, was_asked_for_others, .. } = &self.ahead;
        let noted = if is_ours { was_asked_for_ours } else { was_asked_for_others };
        noted.store(true, Ordering::Relaxed);
    }

    /// Called when NuGet gets this token for the source. The first one of a process is recorded,
    /// unless the record says the same.
    pub fn note_served(&self, source: &str, resolved: &Resolved, served: &Served) {
        let Some(folder) = self.working_folder() else { return };
        let Some(caller) = resolved.known_caller() else { return };
        let Some(fresh_until) = fresh_until(served, caller.identity.is_visible) else { return };
        let source = without_query(source);
        let Some(newest) = LastUse::new(&folder.key, source, &caller.key, fresh_until) else {
            return;
        };
        let mut known = folder.known();
        let is_first = !std::mem::replace(&mut known.has_served, true);
        let is_recorded = known.last_use.as_ref() == Some(&newest);
        drop(known);
        if is_first && !is_recorded {
            self.record(newest);
        }
    }

    /// Called at the end of a conversation. If NuGet asked for others' sources only, the next process
    /// in this folder has no head start.
    pub fn note_end(&self) {
        let Ahead { folder, was_asked_for_ours, was_asked_for_others } = &self.ahead;
        let was_asked = |of: &AtomicBool| of.load(Ordering::Relaxed);
        let is_others = was_asked(was_asked_for_others) && !was_asked(was_asked_for_ours);
        // What was not read until now is not waited for.
        let Some(Some(folder)) = folder.get().filter(|_| is_others) else { return };
        let last_use = folder.known().last_use.clone();
        let Some(last_use) = last_use else { return };
        let unexpected = last_use.clone().unexpected();
        if unexpected != last_use {
            self.record(unexpected);
        }
    }

    fn record(&self, last_use: LastUse) {
        let (Some(folder), Ok(cache)) = (self.working_folder(), self.cache()) else { return };
        cache.note_use(&last_use, now());
        folder.known().last_use = Some(last_use);
    }

    /// The folder and its record, read once.
    #[expect(clippy::disallowed_methods, reason = "the folder in which NuGet starts this process")]
    fn working_folder(&self) -> Option<&WorkingFolder> {
        let find = || {
            let head_start = self.settings().ok()?.head_start().ok()?;
            let cache = self.cache().ok().filter(|cache| cache.folder().is_some())?;
            if head_start.value == HeadStart::Off {
                return None;
            }
            let path = std::env::current_dir().ok()?;
            let key = CacheKey::of(&["working-folder", &path.to_string_lossy()]);
            let uses = cache.last_uses();
            let last_use = uses.iter().find(|it| it.is_in(&key)).cloned();
            let known = Mutex::new(Known { last_use, ..Known::default() });
            Some(WorkingFolder { key, path, uses, known })
        };
        self.ahead.folder.get_or_init(find).as_ref()
    }
}

/// When the cache stops to serve the token. None for a provided one. The times are those that the
/// cache keeps, so that the same token has the same time in each process.
fn fresh_until(served: &Served, is_visible: bool) -> Option<SystemTime> {
    let (obtained, expiration) = (whole(served.obtained)?, whole(served.expiration?)?);
    let life = expiration.duration_since(obtained).unwrap_or_default();
    let fresh_until = expiration.checked_sub(margin_of(life))?;
    let kept_until = if is_visible { expiration } else { obtained + UNSEEN_IDENTITY_KEPT };
    Some(fresh_until.min(kept_until))
}

/// In whole seconds.
fn whole(time: SystemTime) -> Option<SystemTime> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::super::TokenOrigin;
    use super::*;
    use crate::base::secret::Secret;

    #[test]
    fn a_fetched_token_and_the_same_from_the_cache_have_one_time() {
        let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
        let served = |obtained| Served {
            secret: Secret::new("t"),
            obtained,
            expiration: Some(at(3_600_000)),
            origin: TokenOrigin::Fetched,
            label: String::new(),
            note: None,
        };
        let six_minutes_before = Some(at(3_240_000));
        assert_eq!(fresh_until(&served(at(0)), true), six_minutes_before);
        assert_eq!(fresh_until(&served(at(999)), true), six_minutes_before);
        let of_instance = Served { expiration: Some(at(43_200_000)), ..served(at(999)) };
        assert_eq!(fresh_until(&of_instance, false), Some(at(3_600_000)));
        assert_eq!(fresh_until(&Served { expiration: None, ..served(at(0)) }, true), None);
    }
}
