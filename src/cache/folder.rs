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
use super::lock;
use crate::base::files::{self, FolderRefusal, Replacement};
use crate::token::LONGEST_LIFE_HERE;

/// Larger than any token's file; a larger file is not ours.
const LONGEST_FILE: u64 = 64 * 1024;

/// The number of tokens that are kept, newest first. A person has a few. As many records of failures
/// are kept.
const MOST_TOKENS: usize = 200;

/// A temporary file this old belongs to a process that was killed: it is written at once.
const STALE_TEMPORARY: Duration = Duration::from_mins(10);

/// A record this old that the user was asked, or was told of a failure, is deleted, and a lock that
/// nobody took for so long.
const STALE_RECORD: Duration = Duration::from_hours(1);

/// The number of lock files that are kept: two for each token.
const MOST_LOCKS: usize = 2 * MOST_TOKENS;

/// A token in a file this old has expired.
const STALE_TOKEN: Duration = LONGEST_LIFE_HERE.saturating_add(Duration::from_hours(1));

/// Temporary files begin like this, and so do locks and failures: `.token-<key>.lock`. Versions of this
/// program that knew only 256 pairs of locks take them for temporary files, and therefore for the
/// cache's own.
const TEMPORARY_PREFIX: &str = ".token-";

/// The ends of a key's lock files, after a dot: the usual one and the second one of each pair.
const LOCKS: [&str; 2] = ["lock", "second.lock"];
const SIGN_IN_LOCKS: [&str; 2] = ["sign-in.lock", "sign-in.second.lock"];
const FAILURE: &str = "failed";
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
        if bytes.len() as u64 > LONGEST_FILE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        exchange(&self.file_of(key), bytes, now)?;
        self.sweep(now);
        Ok(())
    }

    /// The key's pair of lock files.
    pub fn locks(&self, key: &CacheKey) -> [PathBuf; 2] {
        LOCKS.map(|end| self.file_beside(key, end))
    }

    /// Like [`locks`](Self::locks), for the sign-in of a key. These are separate files, because a
    /// user takes longer than a fetch.
    pub fn sign_in_locks(&self, key: &CacheKey) -> [PathBuf; 2] {
        SIGN_IN_LOCKS.map(|end| self.file_beside(key, end))
    }

    /// The content of the key's failure.
    pub fn read_failure(&self, key: &CacheKey) -> io::Result<Zeroizing<Vec<u8>>> {
        read_file(&self.file_beside(key, FAILURE))
    }

    /// Replaces the key's failure.
    pub fn write_failure(&self, key: &CacheKey, bytes: &[u8], now: SystemTime) -> io::Result<()> {
        exchange(&self.file_beside(key, FAILURE), bytes, now)
    }

    /// Removes the key's failure.
    pub fn forget_failure(&self, key: &CacheKey) {
        let _ = fs::remove_file(self.file_beside(key, FAILURE));
    }

    fn file_beside(&self, key: &CacheKey, end: &str) -> PathBuf {
        self.path.join(format!("{TEMPORARY_PREFIX}{key}.{end}"))
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

    /// Removes stale files, expired tokens, and the oldest tokens and locks beyond the limit. What
    /// cannot be removed stays until the next time. A file with a name that is not ours is never
    /// touched.
    fn sweep(&self, now: SystemTime) {
        let Ok(listing) = fs::read_dir(&self.path) else { return };
        let (mut tokens, mut told, mut locks) = (Vec::new(), Vec::new(), Vec::new());
        for found in listing.flatten() {
            let age = age_of(&found, now);
            let is_stale = match kind_of(&found.file_name()) {
                EntryKind::Temporary => age > STALE_TEMPORARY,
                EntryKind::Asked | EntryKind::Failure => age > STALE_RECORD,
                EntryKind::Token if age <= STALE_TOKEN => {
                    tokens.push((Reverse(age), found.path()));
                    false
                }
                EntryKind::Told if age <= STALE_RECORD => {
                    told.push((Reverse(age), found.path()));
                    false
                }
                EntryKind::Token | EntryKind::Told => true,
                EntryKind::Lock => {
                    locks.push((Reverse(age), found.path()));
                    false
                }
                EntryKind::OldLock | EntryKind::LastUses | EntryKind::Other => false,
            };
            if is_stale {
                let _ = remove_file(&found.path());
            }
        }
        for mut kept in [tokens, told] {
            kept.sort();
            let too_many = kept.len().saturating_sub(MOST_TOKENS);
            for (_, path) in kept.iter().take(too_many) {
                let _ = remove_file(path);
            }
        }
        locks.sort();
        let too_many = locks.len().saturating_sub(MOST_LOCKS);
        for (number, (Reverse(age), path)) in locks.iter().enumerate() {
            if number < too_many || *age > STALE_RECORD {
                lock::remove_if_free(path);
            }
        }
    }
}

/// Writes a temporary file in the folder, and renames it. A folder in its place, which a rename does
/// not replace, is removed.
fn exchange(file: &Path, bytes: &[u8], now: SystemTime) -> io::Result<()> {
    if fs::symlink_metadata(file).is_ok_and(|found| found.is_dir()) {
        remove_file(file)?;
    }
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

/// Whether there is a record of last uses in one of these folders.
pub fn has_last_uses(folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| folder.join(LAST_USES).is_file())
}

/// The content of one of these files, if it is not too large.
pub fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    files::read_open(&files::open_private(path)?, LONGEST_FILE).map(Zeroizing::new)
}

/// Removes one of these files, or a folder in its place. True if it existed.
pub fn remove_file(path: &Path) -> io::Result<bool> {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    match if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) } {
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
    /// A failure that other processes learn of.
    Failure,
    Lock,
    LastUses,
    /// A lock of an older version, for all keys with the same first byte. That version does not
    /// notice if it is removed.
    OldLock,
    Other,
}

/// Whether the cache gives its files such names.
fn is_own_name(name: &OsStr) -> bool {
    kind_of(name) != EntryKind::Other
}

fn kind_of(name: &OsStr) -> EntryKind {
    let Some(name) = name.to_str() else { return EntryKind::Other };
    if let Some(rest) = name.strip_prefix(TEMPORARY_PREFIX) {
        return match rest.split_once('.') {
            Some((key, FAILURE)) if is_hex(key, 64) => EntryKind::Failure,
            Some((key, end))
                if is_hex(key, 64) && (LOCKS.contains(&end) || SIGN_IN_LOCKS.contains(&end)) =>
            {
                EntryKind::Lock
            }
            _ => EntryKind::Temporary,
        };
    }
    if name == LAST_USES {
        return EntryKind::LastUses;
    }
    match name.split_once('.') {
        Some((key, "json")) if is_hex(key, 64) => EntryKind::Token,
        Some((key, "asked")) if is_hex(key, 64) => EntryKind::Asked,
        Some((key, "told")) if is_hex(key, 64) => EntryKind::Told,
        Some((slot, end))
            if is_hex(slot, 2) && (LOCKS.contains(&end) || SIGN_IN_LOCKS.contains(&end)) =>
        {
            EntryKind::OldLock
        }
        _ => EntryKind::Other,
    }
}

fn is_hex(stem: &str, length: usize) -> bool {
    stem.len() == length && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The age of the file; zero if it is unknown or in the future.
fn age_of(found: &DirEntry, now: SystemTime) -> Duration {
    let written = found.metadata().and_then(|metadata| metadata.modified());
    written.ok().and_then(|written| now.duration_since(written).ok()).unwrap_or_default()
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
        let failure = folder.file_beside(&key(1), FAILURE);
        let others = [folder.file_of(&key(1)), folder.asked_file(&key(1)), failure, told];
        let files = locks.chain(others).collect::<Vec<_>>();
        assert!(files.iter().all(|file| is_own_name(file.file_name().unwrap())), "{files:?}");
        for older in [".token-abc", "ab.lock", "ab.second.lock", "ab.sign-in.second.lock"] {
            assert!(is_own_name(OsStr::new(older)), "{older}");
        }
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
        let longer = [longest.clone(), vec![b' ']].concat();
        folder.write(&key(1), &longer, now()).unwrap_err();
        assert_eq!(folder.read(&key(1)).unwrap().len(), longest.len(), "it is not written either");
        fs::write(folder.file_of(&key(1)), longer).unwrap();
        assert!(folder.read(&key(1)).is_err());
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_heals() {
        let (_around, folder) = folder();
        for file in [folder.file_of(&key(1)), folder.file_beside(&key(1), FAILURE)] {
            fs::create_dir_all(file.join("full")).unwrap();
        }
        folder.write(&key(1), b"one", now()).unwrap();
        folder.write_failure(&key(1), b"two", now()).unwrap();
        assert_eq!(*folder.read(&key(1)).unwrap(), b"one");
        assert_eq!(*folder.read_failure(&key(1)).unwrap(), b"two");
    }

    #[test]
    fn locks_are_swept_when_nobody_has_them() {
        let (_around, folder) = folder();
        let [[held, _], [free, second]] = [1, 2].map(|number| folder.locks(&key(number)));
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        for path in [&held, &free, &second] {
            drop(files::open_private_to_lock(path).unwrap());
            put(&folder, &name(path), Duration::from_mins(61));
        }
        let holder = files::open_private_to_lock(&held).unwrap();
        holder.lock().unwrap();
        put(&folder, "00.lock", Duration::from_hours(100));
        folder.write(&key(3), b"", now()).unwrap();
        let mut left = names(&folder);
        left.sort();
        assert_eq!(left, [name(&held), "00.lock".to_owned(), format!("{}.json", key(3))]);
    }

    #[test]
    fn the_number_of_locks_is_limited() {
        let (_around, folder) = folder();
        for number in 0..MOST_LOCKS + 5 {
            drop(files::open_private_to_lock(&folder.locks(&key(number))[0]).unwrap());
        }
        folder.write(&key(0), b"", SystemTime::now()).unwrap();
        assert_eq!(names(&folder).len(), MOST_LOCKS + 1);
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
