//! Version control: whether git tracks a file, and which folders are in a work tree.
//!
//! No git is started. A repository's own settings choose programs that git runs (a monitor, a
//! pager, filters, a verifier of signatures, a transport for missing objects), and the repository
//! may be a stranger's. So only git's index is read, and of the history nothing is known.
//! Format: <https://git-scm.com/docs/index-format>.

use std::fmt::Write as _;
use std::path::{Component, Path};

use crate::base::files;

/// The folders that mark a work tree of git, Mercurial, Jujutsu or Subversion.
const MARKS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// The entries of a git repository without a work tree.
const BARE: [&str; 3] = ["HEAD", "objects", "refs"];

/// An index of half a million files is smaller. A larger one is not read.
const LARGEST_INDEX: u64 = 64 << 20;

/// The file with the path of the repository, which stands for `.git` in a linked work tree or a
/// submodule.
const LARGEST_LINK: u64 = 64 << 10;

/// The fields of an entry before the name of its object.
const STAT: usize = 40;

/// The lengths of an object's name: SHA-1, SHA-256. Only the repository's settings say which.
const OBJECT_NAMES: [usize; 2] = [20, 32];

/// The flag of an entry that has two more bytes of flags.
const EXTENDED: u16 = 0x4000;

/// The nearest work tree or bare repository that contains the folder.
pub fn work_tree_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| {
        MARKS.iter().any(|mark| above.join(mark).exists())
            || BARE.iter().all(|part| above.join(part).exists())
    })
}

/// Whether git tracks the file; none if it is in a repository whose index does not have it. It may
/// be in the history then.
pub fn is_tracked_by_git(file: &Path) -> Option<bool> {
    // Git may track the link's target.
    let file = file.canonicalize().ok()?;
    let trees = file.ancestors().skip(1).filter(|above| above.join(".git").exists());
    let mut is_tracked = Some(false);
    for tree in trees {
        if index_of(&tree.join(".git")).is_some_and(|index| has(&index, &file, tree)) {
            return Some(true);
        }
        is_tracked = None;
    }
    is_tracked
}

/// The index of the repository: `.git` is its folder, or a file that names the folder.
fn index_of(dot_git: &Path) -> Option<Vec<u8>> {
    let repository = if dot_git.is_dir() {
        dot_git.to_owned()
    } else {
        let text = String::from_utf8(files::read_regular(dot_git, LARGEST_LINK).ok()?).ok()?;
        let named = text.strip_prefix("gitdir:")?.trim();
        // Windows would sign in to the server of a network path.
        if named.starts_with(r"\\") || named.starts_with("//") {
            return None;
        }
        dot_git.parent()?.join(named)
    };
    files::read_regular(&repository.join("index"), LARGEST_INDEX).ok()
}

fn has(index: &[u8], file: &Path, tree: &Path) -> bool {
    let Some(name) = name_in(tree, file) else { return false };
    OBJECT_NAMES.into_iter().any(|length| {
        Entries::of(index, length).is_some_and(|mut entries| entries.any(|entry| is(entry, &name)))
    })
}

/// The file's name in the index: relative, with `/`.
fn name_in(tree: &Path, file: &Path) -> Option<String> {
    let parts = file.strip_prefix(tree).ok()?.components();
    parts.into_iter().try_fold(String::new(), |mut name, part| {
        let Component::Normal(part) = part else { return None };
        let separator = if name.is_empty() { "" } else { "/" };
        write!(name, "{separator}{}", part.to_str()?).ok()?;
        Some(name)
    })
}

/// On systems whose file names have no case, git keeps the case in which the file was added.
fn is(entry: &[u8], name: &str) -> bool {
    if cfg!(any(windows, target_os = "macos")) {
        entry.eq_ignore_ascii_case(name.as_bytes())
    } else {
        entry == name.as_bytes()
    }
}

/// The names in an index, in its order. It ends before an entry that is not whole.
struct Entries<'a> {
    rest: &'a [u8],
    left: u32,
    version: u32,
    object_name: usize,
    name: Vec<u8>,
}

impl<'a> Entries<'a> {
    fn of(index: &'a [u8], object_name: usize) -> Option<Self> {
        let (signature, rest) = index.split_first_chunk::<4>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (left, rest) = rest.split_first_chunk::<4>()?;
        let (version, left) = (u32::from_be_bytes(*version), u32::from_be_bytes(*left));
        let is_known = signature == b"DIRC" && (2..=4).contains(&version);
        is_known.then_some(Self { rest, left, version, object_name, name: Vec::new() })
    }

    fn read(&mut self) -> Option<()> {
        let entry = self.rest;
        let (flags, mut rest) = entry.get(STAT + self.object_name..)?.split_first_chunk::<2>()?;
        if u16::from_be_bytes(*flags) & EXTENDED != 0 {
            rest = rest.get(2..)?;
        }
        if self.version == 4 {
            // A name shares its beginning with the one before it.
            let (removed, after) = offset(rest)?;
            self.name.truncate(self.name.len().checked_sub(removed)?);
            rest = after;
        } else {
            self.name.clear();
        }
        let length = rest.iter().position(|byte| *byte == 0)?;
        self.name.extend_from_slice(&rest[..length]);
        self.rest = if self.version == 4 {
            &rest[length + 1..]
        } else {
            // One to eight zeros fill up to a multiple of eight.
            let unfilled = entry.len() - rest.len() + length;
            entry.get((unfilled / 8 + 1) * 8..)?
        };
        Some(())
    }
}

impl Entries<'_> {
    /// The next name. It is lent and not copied: in version 4, a name of megabytes takes some bytes
    /// if it begins as the one before it.
    fn next(&mut self) -> Option<&[u8]> {
        self.left = self.left.checked_sub(1)?;
        self.read()?;
        Some(&self.name)
    }

    fn any(&mut self, is_wanted: impl Fn(&[u8]) -> bool) -> bool {
        while let Some(name) = self.next() {
            if is_wanted(name) {
                return true;
            }
        }
        false
    }
}

/// A number as git's pack files write an offset, and the bytes after it.
fn offset(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let (mut byte, mut value) = (*first, usize::from(first & 0x7f));
    while byte & 0x80 != 0 {
        let (next, after) = rest.split_first()?;
        (byte, rest) = (*next, after);
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
    }
    Some((value, rest))
}

/// The command with which the user can look for the file in the history. The user knows whether to
/// trust the repository.
pub fn history_command(file: &Path) -> Option<String> {
    use crate::base::shell::quoted;
    let (folder, name) = (file.parent()?, file.file_name()?);
    let (folder, name) = (quoted(folder.to_str()?), quoted(name.to_str()?));
    Some(format!("git -C {folder} log --all --oneline -- {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of version 2 or 3.
    fn entry(name: &str, object_name: usize, is_extended: bool) -> Vec<u8> {
        let mut entry = vec![7; STAT + object_name];
        entry.extend(if is_extended { [0x40, 0, 0, 0].as_slice() } else { &[0, 0] });
        entry.extend(name.as_bytes());
        entry.resize((entry.len() / 8 + 1) * 8, 0);
        entry
    }

    fn index(version: u8, entries: &[Vec<u8>]) -> Vec<u8> {
        let mut index = b"DIRC\0\0\0".to_vec();
        index.push(version);
        index.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        index.extend(entries.concat());
        index.extend([9; 20]);
        index
    }

    fn names(index: &[u8], object_name: usize) -> Vec<String> {
        let mut names = Vec::new();
        let Some(mut entries) = Entries::of(index, object_name) else { return names };
        while let Some(name) = entries.next() {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
        names
    }

    #[test]
    fn names_of_every_version_are_read() {
        for object_name in OBJECT_NAMES {
            let entries = [
                entry("a", object_name, false),
                entry("a/nuget.config", object_name, true),
                entry("b", object_name, false),
            ];
            assert_eq!(names(&index(3, &entries), object_name), ["a", "a/nuget.config", "b"]);
        }
        // `removed` bytes of the name before it go, and `more` is added.
        let entry = |removed: &[u8], more: &str| {
            [&[7; STAT + 20], [0, 0].as_slice(), removed, more.as_bytes(), &[0]].concat()
        };
        let long = format!("a/{}", "x".repeat(300));
        let entries = [entry(&[0], &long), entry(&[0x81, 0x2d], "/y"), entry(&[1], "z")];
        assert_eq!(names(&index(4, &entries), 20), [&*long, "a/y", "a/z"]);
    }

    /// Copies of the name would be gigabytes.
    #[test]
    fn a_long_name_that_is_shared_by_many_is_not_copied() {
        const ENTRIES: usize = 100_000;
        let entry = |removed: u8, more: &str| {
            [&[7; STAT + 20], [0, 0].as_slice(), &[removed], more.as_bytes(), &[0]].concat()
        };
        let mut entries = vec![entry(0, &"x".repeat(1 << 20))];
        entries.resize(ENTRIES, entry(0, ""));
        let index = index(4, &entries);
        let start = std::time::Instant::now();
        let mut entries = Entries::of(&index, 20).unwrap();
        assert!(!entries.any(|name| name == b"y"));
        assert_eq!((entries.name.len(), entries.left), (1 << 20, 0));
        assert!(start.elapsed() < std::time::Duration::from_secs(3), "{:?}", start.elapsed());
    }

    #[test]
    fn an_index_that_is_cut_or_odd_ends() {
        let whole = index(2, &[entry("a", 20, false), entry("b", 20, false)]);
        for length in 0..whole.len() {
            let found = names(&whole[..length], 20);
            assert!(["a", "b"].starts_with(&found.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        assert!(names(&index(5, &[entry("a", 20, false)]), 20).is_empty());
        assert!(names(b"DIRC\0\0\0\x02\xff\xff\xff\xff", 20).is_empty());
        let endless = [vec![7; STAT + 20], vec![0, 0], vec![0xff; 64]].concat();
        assert!(names(&index(4, &[endless]), 20).is_empty());
    }
}
