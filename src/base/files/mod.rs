//! Files and folders: bounded reads, atomic replacement, private modes, and checks of who can have
//! written a file.
#![expect(clippy::disallowed_methods, reason = "every file is opened by way of these functions")]

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use tempfile::{NamedTempFile, TempDir};

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

pub use system::{
    FolderRefusal, can_start, canonical, check_administered, give_to_administrators, is_at,
    is_ours, is_private, is_root, keep_owner, let_all_read, machine_config_dir,
    make_administered_folder, make_folder, make_private_folder, may_be_administrator, open_private,
    open_private_to_lock, other_names, owner_on_the_way, prepare_private_folder, resolved,
};
#[cfg(unix)]
pub use system::{others_in_ours, our_uid};

/// A user other than root, and the group of what belongs to that user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub user: u32,
    pub group: u32,
}

/// Why a file is not trusted as the administrator's.
#[derive(Debug)]
pub enum Untrusted {
    /// The file could not be examined.
    Io(io::Error),
    /// Other users may have written it, or decide what is read.
    Reason { reason: String, fix: String },
}

impl From<io::Error> for Untrusted {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Whether the error means that a file is missing. That includes a home that is not a folder, for
/// example `/dev/null` of a service account.
pub fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Like [`read_regular`]. The null device is an empty file.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if is_null_device(path) { Ok(Vec::new()) } else { read_regular(path, limit) }
}

/// Whether the path, or what it leads to, is the null device. It is named where no file is wanted.
pub fn is_null_device(path: &Path) -> bool {
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let is_null = |path: &Path| path.as_os_str().eq_ignore_ascii_case(null);
    is_null(path) || fs::read_link(path).is_ok_and(|target| is_null(&target))
}

/// Reads a regular file if it has at most `limit` bytes. A link is followed. A pipe would block the
/// process, and could be read only once.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_open(&open_regular(path)?, limit)
}

/// When a file was written last, and its length: another version of it differs. None if it cannot be
/// examined.
pub fn version(path: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// Opens a regular file. The kind of the error is `InvalidInput` if it is anything else, which is
/// not even opened: that alone can start a device. A file of the system that waits for its next line
/// (`/proc/kmsg`) fails.
pub fn open_regular(path: &Path) -> io::Result<File> {
    refuse_irregular(&fs::metadata(path)?)?;
    let file = system::without_waiting(OpenOptions::new().read(true)).open(path)?;
    refuse_irregular(&file.metadata()?)?;
    Ok(file)
}

fn refuse_irregular(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"))
}

/// Reads an open file if it has at most `limit` bytes.
pub fn read_open(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let bytes = read_up_to(file, limit + 1)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, too_large(limit)));
    }
    Ok(bytes)
}

fn too_large(limit: u64) -> String {
    if limit >= 1 << 20 {
        format!("it is larger than {} MiB", limit >> 20)
    } else {
        format!("it is larger than {} KiB", limit >> 10)
    }
}

/// The first bytes of a regular file; empty if it cannot be read. A pipe would block the process.
pub fn beginning(path: &Path, length: u64) -> Vec<u8> {
    open_regular(path).and_then(|file| read_up_to(&file, length)).unwrap_or_default()
}

fn read_up_to(file: &File, length: u64) -> io::Result<Vec<u8>> {
    // The capacity fits the usual file, so that one read is enough.
    let mut bytes = Vec::with_capacity(4096);
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Creates a file for this user alone; fails if the file exists.
pub fn create_private(path: &Path) -> io::Result<File> {
    system::for_owner_only(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Opens a file for appending. If it is missing, it is created for this user alone. A link, a pipe
/// and another user's file are refused.
pub fn append_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = system::itself(options.append(true).create(true)).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && is_ours(&found) {
        Ok(file)
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Whether the path is a folder of this user, and not a link.
pub fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && is_ours(&found))
}

/// Whether the path is a file of this user, and not a link.
pub fn is_own_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && is_ours(&found))
}

/// The path as .NET writes it: without `.`, `..` and doubled separators, links not resolved.
pub fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
        normal
    })
}

/// A new file for this user alone that replaces another file atomically. A reader sees the old file
/// or the new one. If this is dropped, everything stays as it was.
#[derive(Debug)]
pub struct Replacement {
    temporary: NamedTempFile,
    target: PathBuf,
    /// The target's folder, while its paths lead through this handle.
    _folder: Option<File>,
}

impl Replacement {
    /// Creates the file beside the target, because a rename works only within one file system. If
    /// the target is a link, the link itself would be replaced.
    ///
    /// For root, no part of the path may be a link in another user's folder: that user could lead
    /// the write to any file. The folder stays the one that was found, whatever happens to its path.
    pub fn of(target: &Path, prefix: &str) -> io::Result<Self> {
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let (handle, folder) = system::fixed_folder(folder)?;
        let target = target.file_name().map(|name| folder.join(name));
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        let temporary = tempfile::Builder::new().prefix(prefix).tempfile_in(folder)?;
        Ok(Self { temporary, target, _folder: handle })
    }

    /// The new file, for setting its mode and owner.
    pub fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Writes the file's text and flushes it to the disk, so that it survives a crash of the
    /// machine.
    pub fn fill(&self, bytes: &[u8]) -> io::Result<()> {
        self.file().write_all(bytes)?;
        self.file().sync_all()
    }

    /// Writes the file's text and replaces the target.
    pub fn commit_with(self, bytes: &[u8]) -> io::Result<()> {
        self.fill(bytes)?;
        self.commit()
    }

    /// Replaces the target.
    pub fn commit(self) -> io::Result<()> {
        system::persist(self.temporary, &self.target)
    }

    /// The same, but fails if the target exists.
    pub fn commit_new(self) -> io::Result<()> {
        self.temporary.persist_noclobber(&self.target).map(drop).map_err(|failed| failed.error)
    }
}

/// A new, empty folder for this user alone, which is removed when it is dropped. A program that runs
/// in it finds nothing of the working folder's.
pub fn temporary_folder() -> io::Result<TempDir> {
    // A relative TMPDIR would lead to the working folder.
    let usual = std::env::temp_dir();
    let folder = if usual.is_absolute() { usual } else { PathBuf::from("/tmp") };
    let mut builder = tempfile::Builder::new();
    system::folder_for_owner_only(builder.prefix("nuget-plugin-codeartifact-")).tempdir_in(folder)
}

/// Replaces or makes a file, for this user alone from its first byte on, whatever its folder grants.
pub fn replace(target: &Path, prefix: &str, bytes: &[u8]) -> io::Result<()> {
    let replacement = Replacement::of(target, prefix)?;
    system::keep_for_owner(replacement.temporary.path())?;
    replacement.commit_with(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_a_long_path_is_replaced() {
        let around = tempfile::tempdir().unwrap();
        let folder = (0..8).fold(around.path().to_owned(), |it, _| it.join("x".repeat(50)));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        for text in ["one", "two"] {
            replace(&file, ".new-", text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn paths_are_written_as_dotnet_writes_them() {
        assert_eq!(normal(Path::new("/a//b/./c/../d/")), Path::new("/a/b/d"));
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, [b'x'; 2048]).unwrap();
        assert_eq!(read_bounded(&path, 2048).unwrap().len(), 2048);
        let error = read_regular(&path, 1024).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1 KiB");
        assert_eq!(beginning(&path, 3), b"xxx");
        let missing = folder.path().join("missing");
        assert!(is_absence(&read_bounded(&missing, 1).unwrap_err()));
        assert!(is_absence(&read_bounded(&path.join("below"), 1).unwrap_err()));
        assert_eq!(beginning(&missing, 3), b"");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_no_regular_file_and_makes_nobody_wait() {
        let folder = TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read_regular(&pipe, 1).unwrap_err().to_string(), "it is no file");
        assert_eq!(read_bounded(&pipe, 1).unwrap_err().to_string(), "it is no file");
        assert!(read_bounded(Path::new("/dev/zero"), 1).is_err());
        assert_eq!(beginning(&pipe, 1), b"");
        assert_eq!(read_bounded(Path::new("/dev/null"), 1).unwrap(), b"");
        assert!(read_regular(Path::new("/dev/null"), 1).is_err());
    }

    #[test]
    fn a_replacement_is_there_as_a_whole_or_not_at_all() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("file");
        replace(&path, ".new-", b"one").unwrap();
        let dropped = Replacement::of(&path, ".new-").unwrap();
        dropped.fill(b"two").unwrap();
        drop(dropped);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let late = Replacement::of(&path, ".new-").unwrap();
        assert_eq!(late.commit_new().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_temporary_folder_is_private_and_goes() {
        let folder = temporary_folder().unwrap();
        assert!(is_private(&folder.path().metadata().unwrap()));
        let path = folder.path().to_owned();
        drop(folder);
        assert!(path.is_absolute() && !path.exists());
    }

    #[test]
    fn a_private_file_is_made_once() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("file");
        create_private(&path).unwrap();
        assert_eq!(create_private(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        append_private(&path).unwrap().write_all(b"x").unwrap();
        assert_eq!(open_private(&path).unwrap().metadata().unwrap().len(), 1);
    }
}
