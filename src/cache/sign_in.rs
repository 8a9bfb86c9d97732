//! One sign-in at a time, and none again soon after one that did not come about.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::OwnedMutexGuard;

use super::folder::Folder;
use super::lock::{Lock, Pace};
use super::place::Place;
use super::{CacheKey, TokenCache};

/// Keeps everybody else from the sign-in that a key stands for: the tasks of this process, and where
/// tokens are kept in a folder the other processes of this user.
#[derive(Debug)]
#[must_use = "the lock is free as soon as this is dropped"]
pub struct SignInLock {
    between_processes: Lock,
    _here: OwnedMutexGuard<()>,
}

impl SignInLock {
    /// What a log should say about how it was had, if it was not in the usual way.
    pub fn note(&self) -> Option<&str> {
        self.between_processes.note()
    }

    /// Lets the processes that wait go on without the lock.
    pub fn mark_failed(&self) {
        self.between_processes.mark_failed();
    }
}

impl TokenCache {
    /// Waits until nobody else is at the sign-in, however long that takes a user. Look again
    /// afterwards whether there is still something to do.
    pub async fn lock_sign_in(&self, key: &CacheKey) -> SignInLock {
        let here = Arc::clone(self.sign_ins().locks.entry(key.clone()).or_default());
        let here = here.lock_owned().await;
        let between_processes = match &self.place {
            Place::Folder(folder) => Lock::acquire(folder.sign_in_locks(key), Pace::NORMAL).await,
            Place::Process | Place::Nowhere => Lock::default(),
        };
        SignInLock { between_processes, _here: here }
    }

    /// For how long the user has been left alone after a sign-in that did not come about; none where
    /// there was none within `limit`.
    pub fn asked_ago(&self, key: &CacheKey, now: SystemTime, limit: Duration) -> Option<Duration> {
        let here = self.sign_ins().asked.get(key).copied();
        let folder = self.folder().and_then(|folder| folder.asked(key));
        let times = [here, folder].into_iter().flatten();
        let ages = times.filter_map(|asked| now.duration_since(asked).ok());
        ages.filter(|age| *age < limit).min()
    }

    /// The user is asked, or was in vain: nobody asks again soon.
    pub fn note_asked(&self, key: &CacheKey, now: SystemTime) {
        self.sign_ins().asked.insert(key.clone(), now);
        if let Some(folder) = self.folder() {
            // Where it cannot be written, this process knows.
            let _ = folder.note_asked(key, now);
        }
    }

    /// The user has signed in, or is about to of their own accord.
    pub fn forget_asked(&self, key: &CacheKey) {
        self.sign_ins().asked.remove(key);
        if let Some(folder) = self.folder() {
            folder.forget_asked(key);
        }
    }

    fn folder(&self) -> Option<&Folder> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Process | Place::Nowhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tempfile::TempDir;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(10);

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000)
    }

    fn caches(folder: &TempDir) -> [TokenCache; 2] {
        let path = folder.path().join("cache");
        [(); 2].map(|()| TokenCache::at(Place::Folder(Folder::open(path.clone()).unwrap())))
    }

    #[test]
    fn whoever_asked_in_vain_is_known_to_every_process_for_a_while() {
        let folder = TempDir::new().unwrap();
        let ([one, other], key) = (caches(&folder), CacheKey::of(&["corp"]));
        assert_eq!(other.asked_ago(&key, now(), LIMIT), None);
        one.note_asked(&key, now());
        let minute = Duration::from_mins(1);
        assert_eq!(other.asked_ago(&key, now() + minute, LIMIT), Some(minute));
        assert_eq!(other.asked_ago(&key, now() + LIMIT, LIMIT), None);
        assert_eq!(other.asked_ago(&key, now() - minute, LIMIT), None, "a clock set back");
        assert_eq!(other.asked_ago(&CacheKey::of(&["other"]), now(), LIMIT), None);
        other.forget_asked(&key);
        assert_eq!(other.asked_ago(&key, now(), LIMIT), None);
    }

    #[tokio::test]
    async fn without_a_folder_the_tasks_of_this_process_wait_for_each_other() {
        let (cache, key) = (TokenCache::at(Place::Process), CacheKey::of(&["corp"]));
        let first = cache.lock_sign_in(&key).await;
        let mut second = Box::pin(cache.lock_sign_in(&key));
        tokio::time::timeout(Duration::from_millis(50), &mut second).await.unwrap_err();
        drop(first);
        let _second = second.await;
        cache.note_asked(&key, now());
        assert_eq!(cache.asked_ago(&key, now(), LIMIT), Some(Duration::ZERO));
    }

    #[tokio::test]
    async fn the_lock_of_a_sign_in_is_not_the_one_of_a_token() {
        let folder = TempDir::new().unwrap();
        let ([cache, _], key) = (caches(&folder), CacheKey::of(&["corp"]));
        let _sign_in = cache.lock_sign_in(&key).await;
        assert!(cache.lock(&key).await.is_held());
    }
}
