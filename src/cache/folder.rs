//! The tokens in a folder: one file for each key, replaced as a whole, and cleaned up while
//! storing.
#![expect(clippy::disallowed_methods, reason = "the tokens' files are the cache's own")]

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use super::key::CacheKey;
use crate::base::files::{self, FolderRefusal, Replacement};
use crate::token::LONGEST_LIFE_HERE;

/// Larger than any token's file; a larger file is not ours.
const LONGEST_FILE: u64 = 64 * 1024;

/// The number of tokens that are kept, newest first. A person has a few. As many records of failures
/// are kept.
const MOST_TOKENS: usize = 200;

/// A temporary file this old belongs to a process that was killed. A record this old that the user
/// was asked, or was told of a failure, is deleted.
const STALE_TEMPORARY: Duration = Duration::from_hours(1);

/// A token in a file this old has expired.
const STALE_TOKEN: Duration = LONGEST_LIFE_HERE.saturating_add(Duration::from_hours(1));

const TEMPORARY_PREFIX: &str = ".token-";

/// The record of the last use of a token in each working folder.
const LAST_USES: &str = "last-uses";

/// A folder that was checked to be this user's alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at this absolute path, created if it is missing. If others can read it, it is
    /// made private, but only if it contains nothing but the cache's own files.
    pub fn open(path: PathBuf) -> Result<Self, FolderRefusal> {
        files::prepare_private_folder(&path, is_own_name)?;
        Ok(Self { path })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of the key's file, if the file is ours and not too large.
    pub fn read(&self, key: &CacheKey) -> io::Result<Zeroizing<Vec<u8>>> {
        read_file(&self.file_of(key))
    }

    /// Replaces the key's file as a whole, then removes stale files as of `now`.
    pub fn write(&self, key: &CacheKey, bytes: &[u8], now: SystemTime) -> io::Result<()> {
        exchange(&self.file_of(key), bytes, now)?;
        self.sweep(now);
        Ok(())
    }

    /// One pair of lock files for each first byte of a key: at most 256 pairs, which are never
    /// removed. Two keys with the same pair wait for each other as long as a fetch takes.
    pub fn locks(&self, key: &CacheKey) -> [PathBuf; 2] {
        let slot = &key.as_str()[..2];
        [".lock", ".second.lock"].map(|end| self.path.join(format!("{slot}{end}")))
    }

    /// Like [`locks`](Self::locks), for the sign-in of a key. These are separate files, because a
    /// user takes longer than a fetch.
    pub fn sign_in_locks(&self, key: &CacheKey) -> [PathBuf; 2] {
        let slot = &key.as_str()[..2];
        [".sign-in.lock", ".sign-in.second.lock"].map(|end| self.path.join(format!("{slot}{end}")))
    }

    /// When the user was last asked to sign in for this key: the time of its file.
    pub fn asked(&self, key: &CacheKey) -> Option<SystemTime> {
        files::open_private(&self.asked_file(key)).ok()?.metadata().ok()?.modified().ok()
    }

    /// Records that the user is asked now.
    pub fn note_asked(&self, key: &CacheKey, now: SystemTime) -> io::Result<()> {
        exchange(&self.asked_file(key), b"", now)
    }

    /// Deletes the record that the user was asked.
    pub fn forget_asked(&self, key: &CacheKey) {
        let _ = fs::remove_file(self.asked_file(key));
    }

    /// Records that the user was told of a failure, then removes stale files as of `now`.
    pub fn note_told(&self, key: &CacheKey, bytes: &[u8], now: SystemTime) -> io::Result<()> {
        exchange(&told_file(&self.path, key), bytes, now)?;
        self.sweep(now);
        Ok(())
    }

    /// The record of the last uses, if the file is ours and not too large.
    pub fn read_last_uses(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        read_file(&self.path.join(LAST_USES))
    }

    /// Replaces this record.
    pub fn write_last_uses(&self, bytes: &[u8], now: SystemTime) -> io::Result<()> {
        exchange(&self.path.join(LAST_USES), bytes, now)
    }

    fn asked_file(&self, key: &CacheKey) -> PathBuf {
        self.path.join(format!("{key}.asked"))
    }

    fn file_of(&self, key: &CacheKey) -> PathBuf {
        self.path.join(format!("{key}.json"))
    }

    /// Removes stale temporary files, expired tokens and the oldest tokens beyond the limit. What
    /// cannot be removed stays until the next time. A file with a name that is not ours is never
    /// touched.
    fn sweep(&self, now: SystemTime) {
        let Ok(listing) = fs::read_dir(&self.path) else { return };
        let (mut tokens, mut told) = (Vec::new(), Vec::new());
        for found in listing.flatten() {
            match (kind_of(&found.file_name()), age_of(&found, now)) {
                (EntryKind::Temporary | EntryKind::Asked | EntryKind::Told, age)
                    if age > STALE_TEMPORARY =>
                {
                    remove(&found);
                }
                (EntryKind::Token, age) if age > STALE_TOKEN => remove(&found),
                (EntryKind::Token, age) => tokens.push((Reverse(age), found)),
                (EntryKind::Told, age) => told.push((Reverse(age), found)),
                _ => {}
            }
        }
        for mut kept in [tokens, told] {
            kept.sort_by_key(|(age, _)| *age);
            let too_many = kept.len().saturating_sub(MOST_TOKENS);
            kept.iter().take(too_many).for_each(|(_, found)| remove(found));
        }
    }
}

/// Writes a temporary file in the folder, and renames it.
fn exchange(file: &Path, bytes: &[u8], now: SystemTime) -> io::Result<()> {
    let replacement = Replacement::of(file, TEMPORARY_PREFIX)?;
    // The file is not flushed to the disk: if a crash loses the token, it is fetched again.
    replacement.file().write_all(bytes)?;
    // Clean-up uses the clock that the caller passed, not the file system's.
    replacement.file().set_modified(now)?;
    replacement.commit()
}

/// The cache's own files in a folder of this user's; none if the folder does not exist or belongs
/// to somebody else.
pub fn files_in(path: &Path) -> Vec<(EntryKind, PathBuf)> {
    if !files::is_own_folder(path) {
        return Vec::new();
    }
    let Ok(listing) = fs::read_dir(path) else { return Vec::new() };
    let found = listing.flatten().map(|found| (kind_of(&found.file_name()), found.path()));
    found.filter(|(kind, _)| *kind != EntryKind::Other).collect()
}

/// The content of one of these files, if it is not too large.
pub fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    files::read_open(&files::open_private(path)?, LONGEST_FILE).map(Zeroizing::new)
}

/// Removes one of these files. True if it existed.
pub fn remove_file(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The record in this folder that the user was told of a failure.
pub fn told_file(folder: &Path, key: &CacheKey) -> PathBuf {
    folder.join(format!("{key}.told"))
}

/// The kind of a file of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A token, or the record of a refused one.
    Token,
    Temporary,
    /// The record that the user was asked to sign in.
    Asked,
    /// The record that the user was told of a failure.
    Told,
    Lock,
    LastUses,
    Other,
}

/// Whether the cache gives its files such names.
fn is_own_name(name: &OsStr) -> bool {
    kind_of(name) != EntryKind::Other
}

fn kind_of(name: &OsStr) -> EntryKind {
    let Some(name) = name.to_str() else { return EntryKind::Other };
    let is_hex =
        |stem: &str, length| stem.len() == length && stem.bytes().all(|b| b.is_ascii_hexdigit());
    let lock = name.strip_suffix(".lock").map(|stem| stem.strip_suffix(".second").unwrap_or(stem));
    let lock = lock.map(|stem| stem.strip_suffix(".sign-in").unwrap_or(stem));
    match name.strip_suffix(".json") {
        Some(stem) if is_hex(stem, 64) => EntryKind::Token,
        _ if name.strip_suffix(".asked").is_some_and(|stem| is_hex(stem, 64)) => EntryKind::Asked,
        _ if name.strip_suffix(".told").is_some_and(|stem| is_hex(stem, 64)) => EntryKind::Told,
        _ if name.starts_with(TEMPORARY_PREFIX) => EntryKind::Temporary,
        _ if name == LAST_USES => EntryKind::LastUses,
        _ if lock.is_some_and(|stem| is_hex(stem, 2)) => EntryKind::Lock,
        _ => EntryKind::Other,
    }
}

/// The age of the file; zero if it is unknown or in the future.
fn age_of(found: &DirEntry, now: SystemTime) -> Duration {
    let written = found.metadata().and_then(|metadata| metadata.modified());
    written.ok().and_then(|written| now.duration_since(written).ok()).unwrap_or_default()
}

fn remove(found: &DirEntry) {
    let _ = fs::remove_file(found.path());
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tempfile::TempDir;

    use super::*;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000)
    }

    fn folder() -> (TempDir, Folder) {
        let around = TempDir::new().unwrap();
        let folder = Folder::open(around.path().join("cache")).unwrap();
        (around, folder)
    }

    fn key(number: usize) -> CacheKey {
        CacheKey::of(&[&number.to_string()])
    }

    fn names(folder: &Folder) -> Vec<String> {
        let listing = fs::read_dir(folder.path()).unwrap();
        listing.map(|found| found.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Creates a file there with this age at `now`.
    fn put(folder: &Folder, name: &str, age: Duration) {
        let path = folder.path().join(name);
        fs::write(&path, "").unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(now() - age).unwrap();
    }

    #[test]
    fn a_file_is_exchanged_as_a_whole_and_nothing_else_is_left() {
        let (_around, folder) = folder();
        folder.write(&key(1), b"one", now()).unwrap();
        folder.write(&key(1), b"two", now()).unwrap();
        assert_eq!(*folder.read(&key(1)).unwrap(), b"two");
        assert_eq!(names(&folder), [format!("{}.json", key(1))]);
        assert!(folder.read(&key(2)).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_the_owner_only_and_a_link_is_replaced_not_followed() {
        use std::os::unix::fs::{MetadataExt, symlink};

        let (around, folder) = folder();
        let elsewhere = around.path().join("elsewhere");
        fs::write(&elsewhere, "untouched").unwrap();
        symlink(&elsewhere, folder.file_of(&key(1))).unwrap();
        assert!(folder.read(&key(1)).is_err());
        folder.write(&key(1), b"one", now()).unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "untouched");
        let found = fs::symlink_metadata(folder.file_of(&key(1))).unwrap();
        assert!(found.is_file());
        assert_eq!(found.mode() & 0o7777, 0o600);
    }

    #[test]
    fn the_files_that_the_cache_makes_have_names_of_its_own() {
        let (_around, folder) = folder();
        let locks = folder.locks(&key(1)).into_iter().chain(folder.sign_in_locks(&key(1)));
        let told = told_file(folder.path(), &key(1));
        let others = [folder.file_of(&key(1)), folder.asked_file(&key(1)), told];
        let files = locks.chain(others).collect::<Vec<_>>();
        assert!(files.iter().all(|file| is_own_name(file.file_name().unwrap())), "{files:?}");
        assert!(is_own_name(OsStr::new(".token-abc")));
        for other in ["notes.json", "Cargo.lock", "zz.lock", "ab.third.lock", ".profile", "ab"] {
            assert!(!is_own_name(OsStr::new(other)), "{other}");
        }
    }

    #[test]
    fn a_long_file_is_not_read() {
        let (_around, folder) = folder();
        let longest = vec![b' '; usize::try_from(LONGEST_FILE).unwrap()];
        folder.write(&key(1), &longest, now()).unwrap();
        assert_eq!(folder.read(&key(1)).unwrap().len(), longest.len());
        folder.write(&key(1), &[longest, vec![b' ']].concat(), now()).unwrap();
        assert!(folder.read(&key(1)).is_err());
    }

    #[test]
    fn storing_sweeps_what_is_stale_and_leaves_what_is_not_ours() {
        let (_around, folder) = folder();
        let minutes = Duration::from_mins;
        let (old, young) = (format!("{}.json", key(1)), format!("{}.json", key(2)));
        put(&folder, &old, minutes(13 * 60 + 6));
        put(&folder, &young, minutes(12 * 60));
        put(&folder, ".token-killed", minutes(61));
        put(&folder, ".token-writing", minutes(1));
        put(&folder, &format!("{}.told", key(1)), minutes(61));
        put(&folder, "notes.json", minutes(100 * 60));
        put(&folder, "lock-00", minutes(100 * 60));
        folder.write(&key(3), b"", now()).unwrap();
        let mut left = names(&folder);
        left.sort();
        let stored = format!("{}.json", key(3));
        let mut expected =
            [&young, ".token-writing", "notes.json", "lock-00", &stored].map(str::to_owned);
        expected.sort();
        assert_eq!(left, expected);
    }

    #[test]
    fn the_newest_tokens_are_kept_up_to_the_limit() {
        let (_around, folder) = folder();
        for number in 0..MOST_TOKENS + 10 {
            let age = Duration::from_secs(10 * 60 - number as u64);
            put(&folder, &format!("{}.json", key(number)), age);
        }
        folder.write(&key(MOST_TOKENS + 10), b"new", now()).unwrap();
        let left = names(&folder);
        assert_eq!(left.len(), MOST_TOKENS);
        for (number, kept) in [(0, false), (10, false), (11, true), (MOST_TOKENS + 10, true)] {
            assert_eq!(left.contains(&format!("{}.json", key(number))), kept, "{number}");
        }
    }
}
