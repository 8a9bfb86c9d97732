//! The tokens in the folders of this user: listed without their secrets, and deleted.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::CacheError;
use super::entry::{self, Description, Label};
use super::folder::{self, EntryKind};
use super::lock;

/// A token in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptToken {
    pub folder: PathBuf,
    pub description: Description,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    pub tokens: usize,
    /// Records of refused tokens.
    pub refusals: usize,
    /// Records of sign-ins that were not completed.
    pub questions: usize,
}

/// The tokens that can be served at `now`, ordered by their labels.
pub fn kept(folders: &[PathBuf], now: SystemTime) -> Vec<KeptToken> {
    let mut kept = Vec::new();
    for folder in folders {
        let files =
            folder::files_in(folder).into_iter().filter(|(kind, _)| *kind == EntryKind::Token);
        let bytes = files.filter_map(|(_, file)| folder::read_file(&file).ok());
        let described = bytes.filter_map(|bytes| entry::describe(&bytes));
        let current = described.filter(|it| it.served_for(now).is_some());
        let of_folder = |description| KeptToken { folder: folder.clone(), description };
        kept.extend(current.map(of_folder));
    }
    kept.sort_by(|one, other| words(one).cmp(&words(other)));
    kept
}

fn words(token: &KeptToken) -> [&str; 4] {
    let Label { domain, owner, region, identity } = &token.description.label;
    [domain, owner, region, identity]
}

/// Removes the tokens whose labels are selected, or all of them if nothing is selected, and all
/// records of refused tokens, of incomplete sign-ins, of failures and of last uses, and all temporary
/// files: one that a killed process left has a whole token. No lock is needed: a concurrent reader gets
/// a token or none, and a concurrent writer keeps its token in memory.
///
/// # Errors
///
/// Returns the error of the first file that could not be removed; the others are removed.
pub fn forget(
    folders: &[PathBuf],
    is_meant: Option<&dyn Fn(&Label) -> bool>,
) -> Result<Forgotten, CacheError> {
    let (mut forgotten, mut uncounted, mut failed) = (Forgotten::default(), 0, None);
    for (kind, path) in folders.iter().flat_map(|folder| folder::files_in(folder)) {
        let count = match kind {
            EntryKind::Temporary | EntryKind::Failure | EntryKind::Told | EntryKind::LastUses => {
                Some(&mut uncounted)
            }
            EntryKind::Lock => {
                lock::remove_if_free(&path);
                None
            }
            _ => count_of(kind, &path, is_meant, &mut forgotten),
        };
        let Some(count) = count else { continue };
        match folder::remove_file(&path) {
            Ok(was_there) => *count += usize::from(was_there),
            Err(error) => failed = failed.or(Some(CacheError::Remove { path, error })),
        }
    }
    failed.map_or(Ok(forgotten), Err)
}

/// Which count a file belongs to; none if the file stays.
fn count_of<'a>(
    kind: EntryKind,
    path: &Path,
    is_meant: Option<&dyn Fn(&Label) -> bool>,
    forgotten: &'a mut Forgotten,
) -> Option<&'a mut usize> {
    match kind {
        EntryKind::Asked => return Some(&mut forgotten.questions),
        EntryKind::Token => {}
        _ => return None,
    }
    let bytes = folder::read_file(path).unwrap_or_default();
    if entry::is_refusal(&bytes) {
        return Some(&mut forgotten.refusals);
    }
    let Some(is_meant) = is_meant else { return Some(&mut forgotten.tokens) };
    let is_it = entry::describe(&bytes).is_some_and(|it| is_meant(&it.label));
    is_it.then_some(&mut forgotten.tokens)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use tempfile::TempDir;

    use super::super::folder::Folder;
    use super::super::place::CachePlace;
    use super::super::{CacheKey, SharedFailure, TokenCache, note_told};
    use super::*;
    use crate::base::secret::Secret;
    use crate::token::AuthorizationToken;

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000)
    }

    /// A cache with a token of each domain, a refused token, and a record that the user was asked.
    fn inventory(domains: &[&str]) -> (TempDir, [PathBuf; 1]) {
        let around = TempDir::new().unwrap();
        let path = around.path().join("cache");
        let cache = TokenCache::at(CachePlace::Folder(Folder::open(path.clone()).unwrap()));
        for domain in domains {
            let text = |text: &str| text.to_owned();
            let token = AuthorizationToken {
                secret: Secret::new("t"),
                obtained: now(),
                expiration: now() + 2 * HOUR,
            };
            let label = Label {
                domain: text(domain),
                owner: text("1"),
                region: text("r"),
                identity: text("i"),
            };
            cache.store(&CacheKey::of(&[domain]), &token, now() + HOUR, &label, now()).unwrap();
        }
        cache.remember_refused(&CacheKey::of(&["refused"]), now());
        cache.note_asked(&CacheKey::of(&["asked"]), now());
        (around, [path])
    }

    fn domains(folders: &[PathBuf], now: SystemTime) -> Vec<String> {
        kept(folders, now).into_iter().map(|token| token.description.label.domain).collect()
    }

    #[test]
    fn tokens_are_listed_while_they_are_served() {
        let (_around, folders) = inventory(&["two", "one"]);
        assert_eq!(domains(&folders, now()), ["one", "two"]);
        assert_eq!(kept(&folders, now())[0].description.served_for(now()), Some(HOUR));
        assert_eq!(domains(&folders, now() + HOUR), [""; 0]);
        assert_eq!(domains(&["/nowhere".into()], now()), [""; 0]);
    }

    #[test]
    fn what_is_meant_is_forgotten_once() {
        let (_around, folders) = inventory(&["one", "two", "three"]);
        let is_one: &dyn Fn(&Label) -> bool = &|label| label.domain == "one";
        let first = Forgotten { tokens: 1, refusals: 1, questions: 1 };
        assert_eq!(forget(&folders, Some(is_one)).unwrap(), first);
        assert_eq!(forget(&folders, Some(is_one)).unwrap(), Forgotten::default());
        assert_eq!(
            forget(&folders, None).unwrap(),
            Forgotten { tokens: 2, ..Forgotten::default() }
        );
        assert_eq!(forget(&folders, None).unwrap(), Forgotten::default());
    }

    #[test]
    fn what_a_killed_process_left_is_gone_too() {
        let (_around, folders) = inventory(&["one", "two"]);
        let cache = TokenCache::at(CachePlace::Folder(Folder::open(folders[0].clone()).unwrap()));
        let failure = SharedFailure { failed: now(), pause: Duration::ZERO, message: None };
        cache.share_failure(&CacheKey::of(&["one"]), &failure);
        note_told(&folders, &CacheKey::of(&["one"]), b"told", now());
        std::fs::write(folders[0].join(".token-a1B2c3"), "a whole token").unwrap();
        std::fs::create_dir_all(folders[0].join(format!("{}.json/x", "1".repeat(64)))).unwrap();
        let is_one: &dyn Fn(&Label) -> bool = &|label| label.domain == "one";
        assert_eq!(forget(&folders, Some(is_one)).unwrap().tokens, 1);
        let left = |kind| folder::files_in(&folders[0]).iter().filter(|it| it.0 == kind).count();
        for kind in [EntryKind::Temporary, EntryKind::Failure, EntryKind::Told] {
            assert_eq!(left(kind), 0, "{kind:?}");
        }
        assert_eq!(forget(&folders, None).unwrap().tokens, 2, "and the folder in a token's place");
        assert!(folder::files_in(&folders[0]).is_empty());
    }

    #[test]
    fn a_broken_file_is_forgotten_and_what_is_not_the_caches_stays() {
        let (_around, folders) = inventory(&[]);
        let other = folders[0].join("notes.json");
        std::fs::write(&other, "{}").unwrap();
        std::fs::write(folders[0].join(format!("{}.json", "0".repeat(64))), "broken").unwrap();
        assert_eq!(forget(&folders, None).unwrap().tokens, 1);
        assert!(other.exists());
    }
}
