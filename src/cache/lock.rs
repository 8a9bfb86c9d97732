//! The lock between processes, so that many that need a token at once fetch it once.
//!
//! A process that has the lock shows that it lives by touching the lock file every second. The
//! others wait for as long as it does. When it dies, the system frees the lock. When it is stopped,
//! it keeps the lock but falls silent; then the others go on to a second file, which elects one of
//! them just like the first. Nothing is taken from the silent one: when it goes on, its token is as
//! good as any, and it finds nothing changed below its feet.
//!
//! Each key has its own lock files. One that nobody needed for long is removed by who has locked it.
//! So whoever gets a lock makes sure that the path still leads to the locked file, and otherwise tries
//! again. On Windows a file that is open cannot be removed.
//!
//! A holder that failed makes the file one byte longer before it frees the lock. A process that
//! waited for it then continues without the lock: what failed for one most likely fails for all,
//! and one after the other they would wait for as many time-outs as there are processes. Only the
//! length is used, because on Windows nobody can read what another process has locked.
//!
//! The lock saves calls and protects no data: if it cannot be taken, the process continues without
//! it.
#![expect(
    clippy::disallowed_methods,
    reason = "a lock is awaited on the machine's clock, and is a file"
)]

use std::fs::{self, File, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::OwnedMutexGuard;

use crate::base::files;

/// Lengths count failures up to this number and then start again, so that no lock file grows.
const LENGTHS: u64 = 4096;

/// The intervals of the lock; they differ from [`Pace::NORMAL`] only in tests.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Interval between two signs of life.
    pub beat: Duration,
    /// How long the holder may be silent before the others go on.
    pub silence: Duration,
    /// Interval between two attempts. Up to half of it is added at random.
    pub poll: Duration,
}

impl Pace {
    pub const NORMAL: Self = Self {
        beat: Duration::from_secs(1),
        silence: Duration::from_secs(5),
        poll: Duration::from_millis(50),
    };
}

/// A lock that is held until it is dropped, or that holds nothing.
#[derive(Debug, Default)]
#[must_use = "the lock is free as soon as this is dropped"]
pub struct Lock {
    /// Frees the lock and stops the heartbeat when it is dropped.
    held: Option<Held>,
    note: Option<String>,
    follows_failure: bool,
}

impl Lock {
    /// Waits for the lock of these two files: the usual one, and the one for when its holder is
    /// silent. Missing files are created.
    pub async fn acquire([usual, second]: [PathBuf; 2], pace: Pace) -> Self {
        match Self::climb(&usual, &second, pace).await {
            Ok(lock) => lock,
            Err(error) => {
                Self::without(format!("going on without the lock `{}`: {error}", usual.display()))
            }
        }
    }

    /// A lock that holds nothing.
    fn without(note: String) -> Self {
        Self { held: None, note: Some(note), follows_failure: false }
    }

    /// A note for the log if the lock was not taken in the usual way.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Whether other processes are kept out.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether this waited for a holder whose work failed.
    pub fn follows_failure(&self) -> bool {
        self.follows_failure
    }

    /// Lets waiting processes continue without the lock, because the holder's work failed.
    pub fn mark_failed(&self) {
        if let Some(Held { file, .. }) = &self.held {
            let length = file.metadata().map(|found| found.len());
            let _ = length.and_then(|length| file.set_len((length + 1) % LENGTHS));
        }
    }

    async fn climb(usual: &Path, second: &Path, pace: Pace) -> io::Result<Self> {
        match wait_for(usual, pace).await? {
            Waited::Locked(file) => {
                let held = Held::beating(file, pace);
                // A process that passed a silent holder, which is gone now, may still be working.
                if second.exists() {
                    drop(wait_for(second, pace).await?);
                }
                return Ok(Self { held: Some(held), ..Self::default() });
            }
            Waited::Failed => return Ok(Self::after_failure(usual)),
            Waited::Silent => {}
        }
        let silent = format!("the holder of the lock `{}` is silent", usual.display());
        Ok(match wait_for(second, pace).await? {
            Waited::Locked(file) => {
                let note = Some(format!("{silent}: took over"));
                Self { held: Some(Held::beating(file, pace)), note, follows_failure: false }
            }
            Waited::Failed => Self::after_failure(second),
            Waited::Silent => {
                Self::without(format!("{silent} and the one after it too: going on without"))
            }
        })
    }

    fn after_failure(path: &Path) -> Self {
        let note = format!("the holder of the lock `{}` failed: going on without", path.display());
        Self { follows_failure: true, ..Self::without(note) }
    }
}

/// Keeps everybody else from the sign-in of a key: the tasks of this process, and, if tokens are
/// cached in a folder, other processes of this user.
#[derive(Debug)]
#[must_use = "the lock is free as soon as this is dropped"]
pub struct SignInLock {
    pub(super) between_processes: Lock,
    pub(super) _here: OwnedMutexGuard<()>,
}

impl SignInLock {
    /// Like [`Lock::note`].
    pub fn note(&self) -> Option<&str> {
        self.between_processes.note()
    }

    /// Like [`Lock::mark_failed`].
    pub fn mark_failed(&self) {
        self.between_processes.mark_failed();
    }
}

/// A locked file and the thread that touches it. Dropping it frees the lock at once.
#[derive(Debug)]
struct Held {
    file: File,
    _stop: Sender<()>,
}

impl Held {
    /// Without the thread the lock still works, but others pass it after a while.
    fn beating(file: File, pace: Pace) -> Self {
        let (stop, stopped) = mpsc::channel();
        touch(&file);
        if let Ok(file) = file.try_clone() {
            let beat = move || {
                while stopped.recv_timeout(pace.beat) == Err(RecvTimeoutError::Timeout) {
                    touch(&file);
                }
            };
            let _ = thread::Builder::new().name("lock".to_owned()).spawn(beat);
        }
        Self { file, _stop: stop }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing the file is not enough, because the thread's handle shares the lock.
        let _ = self.file.unlock();
    }
}

#[expect(clippy::disallowed_methods, reason = "a beat is nothing but the clock, written down")]
fn touch(file: &File) {
    let _ = file.set_modified(SystemTime::now());
}

/// Removes a lock file if nobody has locked it.
pub fn remove_if_free(path: &Path) {
    if cfg!(windows) {
        // The system refuses it while anybody has the file open.
        let _ = fs::remove_file(path);
    } else if let Ok(file) = files::open_private_to_lock(path)
        && file.try_lock().is_ok()
        && files::is_at(&file, path).unwrap_or(false)
    {
        let _ = fs::remove_file(path);
    }
}

/// How a wait ended.
enum Waited {
    Locked(File),
    /// The holder has failed meanwhile.
    Failed,
    /// The holder has shown no sign of life for too long.
    Silent,
}

/// Waits until the file can be locked, or until there is nothing to wait for any more.
async fn wait_for(path: &Path, pace: Pace) -> io::Result<Waited> {
    let mut watch = Watch::new(pace);
    let mut length_at_first = None;
    loop {
        // The file is opened anew each time: on a network file system this refreshes its times.
        let file = files::open_private_to_lock(path)?;
        let is_locked = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => false,
        };
        if is_locked && !files::is_at(&file, path).unwrap_or(false) {
            continue; // it was removed between the opening and the lock
        }
        // This is read after the attempt, because a holder marks its failure before it frees the
        // lock.
        let found = file.metadata()?;
        if *length_at_first.get_or_insert(found.len()) != found.len() {
            return Ok(Waited::Failed);
        }
        if is_locked {
            return Ok(Waited::Locked(file));
        }
        if watch.is_silent(found.modified().ok()) {
            return Ok(Waited::Silent);
        }
        drop(file);
        tokio::time::sleep(pace.poll + jitter(pace.poll / 2)).await;
    }
}

/// Random delays, so that processes that started together do not keep trying at the same time.
fn jitter(most: Duration) -> Duration {
    let random = RandomState::new().hash_one(0);
    most * u32::from(random.to_le_bytes()[0]) / 255
}

/// Measures by this process's own steady clock for how long the heartbeat has not changed.
///
/// Time counts only in small steps: a waiter that was itself stopped, or suspended with the
/// machine, has not observed the time in between.
struct Watch {
    pace: Pace,
    beat: Option<SystemTime>,
    looked: Instant,
    silence: Duration,
}

impl Watch {
    fn new(pace: Pace) -> Self {
        Self { pace, beat: None, looked: Instant::now(), silence: Duration::ZERO }
    }

    fn is_silent(&mut self, beat: Option<SystemTime>) -> bool {
        let now = Instant::now();
        let step = now.duration_since(self.looked).min(self.pace.poll * 4);
        self.looked = now;
        self.silence = if beat == self.beat { self.silence + step } else { Duration::ZERO };
        self.beat = beat;
        self.silence >= self.pace.silence
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tempfile::TempDir;

    use super::*;

    const QUICK: Pace = Pace {
        beat: Duration::from_millis(20),
        silence: Duration::from_millis(600),
        poll: Duration::from_millis(5),
    };

    fn files(folder: &TempDir) -> [PathBuf; 2] {
        [folder.path().join("lock"), folder.path().join("lock.second")]
    }

    #[tokio::test]
    async fn a_second_task_waits_for_the_first_and_the_runtime_goes_on() {
        let folder = TempDir::new().unwrap();
        let first = Lock::acquire(files(&folder), QUICK).await;
        assert!(first.is_held());
        let mut second = Box::pin(Lock::acquire(files(&folder), QUICK));
        let longer_than_the_silence = 2 * QUICK.silence;
        tokio::time::timeout(longer_than_the_silence, &mut second).await.unwrap_err();
        drop(first);
        let second = tokio::time::timeout(Duration::from_secs(10), second).await.unwrap();
        assert!(second.is_held());
        assert_eq!(second.note(), None);
    }

    #[tokio::test]
    async fn one_goes_past_a_silent_holder_and_the_next_waits_for_that_one() {
        let folder = TempDir::new().unwrap();
        let [usual, _] = files(&folder);
        let silent = files::open_private_to_lock(&usual).unwrap();
        silent.try_lock().unwrap();
        let winner = Lock::acquire(files(&folder), QUICK).await;
        assert!(winner.is_held());
        assert!(winner.note().unwrap().ends_with("is silent: took over"));

        // This includes a process that finds the usual lock free, because the silent holder is gone
        // by now.
        drop(silent);
        let next = Lock::acquire(files(&folder), QUICK);
        let mut next = Box::pin(next);
        tokio::time::timeout(2 * QUICK.silence, &mut next).await.unwrap_err();
        drop(winner);
        assert!(next.await.is_held());
    }

    #[tokio::test]
    async fn after_two_silent_holders_one_goes_on_without() {
        let folder = TempDir::new().unwrap();
        let silent = files(&folder).map(|path| files::open_private_to_lock(&path).unwrap());
        for file in &silent {
            file.try_lock().unwrap();
        }
        let lock = Lock::acquire(files(&folder), QUICK).await;
        assert!(!lock.is_held());
        assert!(lock.note().unwrap().ends_with("going on without"));
    }

    #[tokio::test]
    async fn whoever_waited_for_one_that_failed_goes_on_without_and_the_next_has_the_lock() {
        let folder = TempDir::new().unwrap();
        let first = Lock::acquire(files(&folder), QUICK).await;
        let waiters = [(); 2].map(|()| Box::pin(Lock::acquire(files(&folder), QUICK)));
        let [mut second, mut third] = waiters;
        tokio::time::timeout(10 * QUICK.poll, &mut second).await.unwrap_err();
        tokio::time::timeout(10 * QUICK.poll, &mut third).await.unwrap_err();
        first.mark_failed();
        let second = second.await; // while the first still has it
        drop(first);
        for waited in [second, third.await] {
            assert!(!waited.is_held());
            assert!(waited.note().unwrap().ends_with("failed: going on without"));
            waited.mark_failed(); // which it has nothing to say with
        }
        let next = Lock::acquire(files(&folder), QUICK).await;
        assert!(next.is_held());
        assert_eq!(next.note(), None);
    }

    #[tokio::test]
    async fn failures_of_long_ago_leave_a_short_file() {
        let folder = TempDir::new().unwrap();
        let lock = Lock::acquire(files(&folder), QUICK).await;
        for _ in 0..=LENGTHS {
            lock.mark_failed();
        }
        assert_eq!(files(&folder)[0].metadata().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn where_the_file_cannot_be_had_there_is_no_lock() {
        let folder = TempDir::new().unwrap();
        let lock =
            Lock::acquire([folder.path().to_owned(), files(&folder)[1].clone()], QUICK).await;
        assert!(!lock.is_held());
        assert!(lock.note().unwrap().starts_with("going on without the lock `"));
    }

    #[test]
    fn silence_is_what_was_listened_to_without_a_change() {
        let beat = |number| Some(UNIX_EPOCH + Duration::from_secs(number));
        let mut watch = Watch::new(Pace { silence: Duration::from_millis(50), ..QUICK });
        let a_while_ago = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        assert!(!watch.is_silent(beat(1)));
        watch.looked = a_while_ago;
        assert!(
            !watch.is_silent(beat(1)),
            "a minute in which nobody listened is one step of 20 ms"
        );
        watch.looked = a_while_ago;
        assert!(!watch.is_silent(beat(1)));
        watch.looked = a_while_ago;
        assert!(watch.is_silent(beat(1)), "three steps are 60 ms");
        assert!(!watch.is_silent(beat(2)), "it lives");
    }
}
