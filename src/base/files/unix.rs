//! Linux and macOS: owners, modes, and opening without following links.
#![expect(clippy::disallowed_methods, reason = "owners and modes are asked of the disk")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Component, Path, PathBuf, absolute};

use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags, openat, readlinkat, statat};
use rustix::io::Errno;
use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

use super::{Owner, Untrusted, is_absence};
use crate::base::shell::quoted;
use crate::base::text::printable;

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
const WRITABLE_BY_OTHERS: u32 = 0o002;
const WRITABLE_BY_GROUP_OR_OTHERS: u32 = 0o022;
const ANYTHING_FOR_GROUP_OR_OTHERS: u32 = 0o077;

/// The number of links that the system follows.
const MOST_LINKS: u32 = 40;

/// The user that this process runs as.
pub fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether this process may do anything to anybody's files.
pub fn is_root() -> bool {
    our_uid() == ROOT
}

/// The first user other than root who can change what the path leads to: the owner of a folder or a
/// link on the way to it, as far as it exists.
pub fn owner_on_the_way(path: &Path) -> Option<Owner> {
    let mut links = 0;
    let mut walked = PathBuf::from("/");
    let mut ahead = names(path);
    while let Some(name) = ahead.pop() {
        if name == ".." {
            walked.pop();
            continue;
        }
        let next = walked.join(&name);
        let found = fs::symlink_metadata(&next).ok()?;
        if found.uid() != ROOT {
            return Some(Owner { user: found.uid(), group: found.gid() });
        }
        if !found.is_symlink() {
            walked = next;
            continue;
        }
        links += 1;
        let target = fs::read_link(&next).ok().filter(|_| links <= MOST_LINKS)?;
        if target.is_absolute() {
            walked = PathBuf::from("/");
        }
        ahead.extend(names(&target));
    }
    None
}

/// What another user has made in a folder of this user on the way to the path, and who that is. A
/// restore that ran by `sudo` leaves such folders.
pub fn others_in_ours(path: &Path) -> Option<(PathBuf, u32)> {
    let owner = |path: &Path| fs::symlink_metadata(path).ok().map(|found| found.uid());
    let found = path.ancestors().find(|above| owner(above).is_some())?;
    let is_in_ours = found.parent().and_then(owner) == Some(our_uid());
    let other = owner(found).filter(|user| *user != our_uid() && is_in_ours)?;
    Some((found.to_path_buf(), other))
}

/// The folder, and a path to it that stays with it whatever others rename meanwhile. Only root has
/// to fear that, in a folder of another user.
///
/// A handle has a path on Linux only. Elsewhere the path is checked once.
pub(super) fn fixed_folder(folder: &Path) -> io::Result<(Option<File>, PathBuf)> {
    if !is_root() || owner_on_the_way(&absolute(folder)?).is_none() {
        return Ok((None, folder.to_owned()));
    }
    let handle = open_without_strangers_links(&absolute(folder)?)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
    if path.exists() { Ok((Some(handle), path)) } else { Ok((None, folder.to_owned())) }
}

/// Gives the file its name, whatever has the name now.
pub(super) fn persist(temporary: NamedTempFile, target: &Path) -> io::Result<()> {
    temporary.persist(target).map(drop).map_err(|failed| failed.error)
}

/// The path without links, whoever made them.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// The path without links. In another user's folder, root follows no link of that user's, and the
/// path stays as it is: [`fixed_folder`] walks it again.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    let whole = absolute(path)?;
    if !is_root() || owner_on_the_way(&whole).is_none() {
        return path.canonicalize();
    }
    let (Some(folder), Some(name)) = (whole.parent(), whole.file_name()) else {
        return path.canonicalize();
    };
    let folder = open_without_strangers_links(folder)?;
    let found = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
        return Err(others_link());
    }
    Ok(whole)
}

fn others_link() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "root does not follow another user's link")
}

/// Opens the folder name by name. Links of root's in a folder of root's are followed.
fn open_without_strangers_links(folder: &Path) -> io::Result<File> {
    let mut links = 0;
    let root = File::open("/")?;
    // The folders on the way, for `..`.
    let mut walked = vec![root];
    let mut ahead = names(folder);
    while let (Some(name), Some(above)) = (ahead.pop(), walked.last()) {
        if name == ".." {
            walked.truncate((walked.len() - 1).max(1));
            continue;
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match openat(above, &name, flags, Mode::empty()) {
            Ok(next) => walked.push(next.into()),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                let target = trusted_link(above, &name).ok_or_else(others_link)?;
                links += 1;
                if links > MOST_LINKS {
                    return Err(Errno::LOOP.into());
                }
                if target.is_absolute() {
                    walked.truncate(1);
                }
                ahead.extend(names(&target));
            }
            Err(error) => return Err(error.into()),
        }
    }
    walked.pop().ok_or(io::ErrorKind::NotFound.into())
}

/// The target of a link that nobody but root can have made.
fn trusted_link(folder: &File, name: &OsStr) -> Option<PathBuf> {
    let target = readlinkat(folder, name, Vec::new()).ok()?;
    let link = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let is_roots = folder.metadata().ok()?.uid() == ROOT && link.st_uid == ROOT;
    is_roots.then(|| PathBuf::from(OsString::from_vec(target.into_bytes())))
}

/// Whether the file belongs to this user.
pub fn is_ours(found: &Metadata) -> bool {
    found.uid() == our_uid()
}

/// Whether it belongs to this user, and others have no access.
pub fn is_private(found: &Metadata) -> bool {
    is_ours(found) && found.mode() & ANYTHING_FOR_GROUP_OR_OTHERS == 0
}

/// Whether the file is a program that somebody may start.
pub fn can_start(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.mode() & 0o111 != 0)
}

/// Whether this open file is the one at the path, and not one that was moved away or removed.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (open, there) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
}

/// Opening a pipe does not block.
pub(super) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed())
}

/// New files and folders are accessible only to their owner.
pub(super) fn for_owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

pub(super) fn folder_for_owner_only<'a, 'b, 'c>(
    builder: &'c mut Builder<'a, 'b>,
) -> &'c mut Builder<'a, 'b> {
    builder.permissions(fs::Permissions::from_mode(0o700))
}

/// A temporary file is for its owner alone from the beginning.
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Windows")]
pub(super) fn keep_for_owner(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Both options, and a link at the path is not followed.
pub(super) fn itself(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    for_owner_only(options).custom_flags(flags.bits().cast_signed())
}

/// How many hard links the file has in addition to the one by which it was found.
pub fn other_names(found: &Metadata) -> u64 {
    found.nlink().saturating_sub(1)
}

/// Gives the file to the owner and the group of the one that it replaces.
pub fn keep_owner(file: &File, replaced: &Metadata) -> io::Result<()> {
    let made = file.metadata()?;
    if (made.uid(), made.gid()) == (replaced.uid(), replaced.gid()) {
        return Ok(());
    }
    fchown(file, Some(replaced.uid()), Some(replaced.gid()))
}

/// Creates the missing folders of the path with access for their owner only. Existing folders stay
/// unchanged.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Creates the missing folders of the path. Group and others cannot write to them, whatever the
/// umask is.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder)
}

/// Why a folder is not used.
#[derive(Debug, Error)]
pub enum FolderRefusal {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is a link or a file, not a folder")]
    NotAFolder,
    #[error("user {0} can move it, and this is root")]
    Others(u32),
    #[error("it belongs to user {0}, not to this one")]
    OtherOwner(u32),
    #[error("group or others may write to it (mode {0:04o}); {hint}", hint = hint(*.0))]
    WritableByOthers(u32),
    #[error("everybody may write to `{}` above it", .0.display())]
    WritableAbove(PathBuf),
    #[error("its file system keeps no modes (mode {0:04o} after 0700 was asked for)")]
    NoModes(u32),
    #[error("others may read it, and `{0}` in it is not the cache's; name a folder of its own")]
    NotOnlyOurs(String),
}

/// A folder that many users share must not be taken from them.
fn hint(mode: u32) -> &'static str {
    if mode & STICKY == 0 { "`chmod 700` makes it usable" } else { "name a folder of its own" }
}

/// Creates the folder if it is missing, and refuses it if others can write to it.
///
/// A folder that others can only read is made private, unless it contains a name that is not
/// `of_cache`: somebody else may need that file. Folders above it may belong to anybody, because
/// every file is checked again when it is opened; but it must not be possible for everybody to
/// replace this folder.
pub fn prepare_private_folder(
    path: &Path,
    of_cache: fn(&OsStr) -> bool,
) -> Result<(), FolderRefusal> {
    if let Some(parent) = path.parent() {
        if is_root()
            && let Some(owner) = owner_on_the_way(parent)
        {
            return Err(FolderRefusal::Others(owner.user));
        }
        let resolved = match parent.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_private_folder(parent)?;
                parent.canonicalize()
            }
            resolved => resolved,
        };
        check_above(&resolved?)?;
    }
    let folder = match open_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match DirBuilder::new().mode(0o700).create(path) {
                // Another process has made it meanwhile.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => open_folder(path),
            }
        }
        opened => opened,
    };
    tighten(path, &folder.map_err(|error| not_opened(path, error))?, of_cache)?;
    Ok(rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)?)
}

fn check_above(folder: &Path) -> Result<(), FolderRefusal> {
    for above in folder.ancestors() {
        let mode = above.metadata()?.mode();
        if mode & WRITABLE_BY_OTHERS != 0 && mode & STICKY == 0 {
            return Err(FolderRefusal::WritableAbove(above.to_owned()));
        }
    }
    Ok(())
}

/// Check and change use one handle, so that both apply to the same folder.
fn tighten(path: &Path, folder: &File, of_cache: fn(&OsStr) -> bool) -> Result<(), FolderRefusal> {
    let found = folder.metadata()?;
    if !is_ours(&found) {
        return Err(FolderRefusal::OtherOwner(found.uid()));
    }
    if found.mode() & WRITABLE_BY_GROUP_OR_OTHERS != 0 {
        return Err(FolderRefusal::WritableByOthers(found.mode() & 0o7777));
    }
    if found.mode() & 0o777 == 0o700 {
        return Ok(());
    }
    check_names(path, of_cache)?;
    folder.set_permissions(fs::Permissions::from_mode(0o700))?;
    check_kept(folder.metadata()?.mode())
}

/// Opens the folder itself, and not what a link leads to.
fn open_folder(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::DIRECTORY;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Why the folder cannot be opened. Systems differ in their error for a link.
fn not_opened(path: &Path, error: io::Error) -> FolderRefusal {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() => FolderRefusal::NotAFolder,
        _ => error.into(),
    }
}

fn check_names(folder: &Path, of_cache: fn(&OsStr) -> bool) -> Result<(), FolderRefusal> {
    let mut names = fs::read_dir(folder)?.flatten().map(|found| found.file_name());
    let other = names.find(|name| !of_cache(name));
    other.map_or(Ok(()), |name| Err(FolderRefusal::NotOnlyOurs(printable(&name.to_string_lossy()))))
}

/// Some file systems accept a change of mode and ignore it.
fn check_kept(mode: u32) -> Result<(), FolderRefusal> {
    match mode & 0o777 {
        0o700 => Ok(()),
        mode => Err(FolderRefusal::NoModes(mode)),
    }
}

/// Opens an existing file of this user that nobody else can read or write.
pub fn open_private(path: &Path) -> io::Result<File> {
    private(itself(OpenOptions::new().read(true)).open(path)?)
}

/// The same for a lock file, which is created if it is missing.
pub fn open_private_to_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(itself(&mut options).open(path)?)
}

fn private(file: File) -> io::Result<File> {
    let found = file.metadata()?;
    if found.is_file() && is_private(&found) {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a file of this user alone"))
}

/// The folder with the machine-wide configuration of programs.
pub fn machine_config_dir() -> PathBuf {
    PathBuf::from("/etc")
}

/// Whether this process may change files for all users of the machine.
pub fn may_be_administrator() -> bool {
    is_root()
}

/// Makes a folder in [`machine_config_dir`] that all users can read, whatever the process's mask.
pub fn make_administered_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o755).create(folder) {
        Ok(()) => fs::set_permissions(folder, fs::Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Lets all users read a new file.
pub fn let_all_read(file: &File) -> io::Result<()> {
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Nothing is left to do: a file of root's belongs to the administrator.
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Windows")]
pub fn give_to_administrators(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Accepts a regular file that belongs to root and that nobody else can write, replace or redirect.
/// The same is required of every folder and link of its path, from the root of the file system on.
/// In a folder with the sticky bit, users cannot replace files of others.
pub fn check_administered(path: &Path) -> Result<(), Untrusted> {
    if let Err(error) = fs::symlink_metadata(path) {
        return Err(dangling_above(path).unwrap_or(error.into()));
    }
    let mut links = 0;
    let mut walked = PathBuf::from("/");
    check_step(&walked, &fs::symlink_metadata(&walked)?)?;
    let mut ahead = names(path);
    while let Some(name) = ahead.pop() {
        if name == ".." {
            walked.pop();
            continue;
        }
        let next = walked.join(&name);
        let found = match fs::symlink_metadata(&next) {
            Err(error) if links > 0 && is_absence(&error) => return Err(dangling(path)),
            found => found?,
        };
        check_step(&next, &found)?;
        if !found.is_symlink() {
            walked = next;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            let reason = format!("too many links lead to `{}`", path.display());
            return Err(Untrusted::Reason { reason, fix: remove(path) });
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            walked = PathBuf::from("/");
        }
        ahead.extend(names(&target));
    }
    if fs::symlink_metadata(&walked)?.is_file() {
        return Ok(());
    }
    let reason = format!("`{}` is no regular file", walked.display());
    Err(Untrusted::Reason { reason, fix: remove(path) })
}

/// The broken link above a missing file: its target is not known.
fn dangling_above(path: &Path) -> Option<Untrusted> {
    let mut above = path.ancestors().skip(1);
    let (there, found) = above.find_map(|it| Some((it, it.symlink_metadata().ok()?)))?;
    found.is_symlink().then(|| dangling(there))
}

fn dangling(link: &Path) -> Untrusted {
    let reason = format!("`{}` is a broken link", link.display());
    Untrusted::Reason { reason, fix: remove(link) }
}

fn remove(path: &Path) -> String {
    format!("sudo rm {}", quoted(&path.to_string_lossy()))
}

/// The names of a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}

fn check_step(path: &Path, found: &Metadata) -> Result<(), Untrusted> {
    let (shown, word) = (path.display(), quoted(&path.to_string_lossy()));
    if found.uid() != ROOT {
        return Err(Untrusted::Reason {
            reason: format!("`{shown}` belongs to user {}", found.uid()),
            fix: format!("sudo chown -h root {word}"),
        });
    }
    let mode = found.mode() & 0o7777;
    let is_writable = mode & WRITABLE_BY_GROUP_OR_OTHERS != 0;
    let is_sticky_folder = found.is_dir() && mode & STICKY != 0;
    // A link's own mode means nothing.
    if is_writable && !is_sticky_folder && !found.is_symlink() {
        return Err(Untrusted::Reason {
            reason: format!("group or others may write to `{shown}` (mode {mode:04o})"),
            fix: format!("sudo chmod go-w {word}"),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use tempfile::TempDir;

    use super::super::is_own_folder;
    use super::*;

    fn prepare(path: &Path) -> Result<(), FolderRefusal> {
        prepare_private_folder(path, |name| name == "token")
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    /// A folder with this mode, and the temporary folder around it.
    fn folder_of_mode(mode: u32) -> (TempDir, PathBuf) {
        let around = TempDir::new().unwrap();
        let path = around.path().join("cache");
        fs::create_dir(&path).unwrap();
        set_mode(&path, mode);
        (around, path)
    }

    #[test]
    fn a_missing_folder_is_made_for_the_owner_only_with_those_above() {
        let around = TempDir::new().unwrap();
        let path = around.path().join("new").join("cache");
        prepare(&path).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o700, 0o700));
        prepare(&path).unwrap();
    }

    /// As many processes of one restore do on a new machine.
    #[test]
    fn a_folder_that_is_made_by_many_at_once_is_taken_by_all() {
        for _ in 0..50 {
            let around = TempDir::new().unwrap();
            let path = around.path().join("cache");
            std::thread::scope(|scope| {
                let all: Vec<_> = (0..8).map(|_| scope.spawn(|| prepare(&path))).collect();
                for made in all {
                    made.join().unwrap().unwrap();
                }
            });
        }
    }

    #[test]
    fn a_folder_that_others_can_read_is_tightened_unless_other_things_are_in_it() {
        let (_around, path) = folder_of_mode(0o755);
        fs::write(path.join("token"), "").unwrap();
        fs::write(path.join("stuff"), "").unwrap();
        assert!(matches!(prepare(&path), Err(FolderRefusal::NotOnlyOurs(name)) if name == "stuff"));
        assert_eq!(mode(&path), 0o755);
        fs::remove_file(path.join("stuff")).unwrap();
        prepare(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused_and_left_alone() {
        for writable in [0o770, 0o707, 0o777, 0o1777] {
            let (_around, path) = folder_of_mode(writable);
            assert!(matches!(prepare(&path), Err(FolderRefusal::WritableByOthers(_))));
            assert_eq!(mode(&path), writable);
        }
    }

    #[test]
    fn a_folder_below_one_that_everybody_can_write_is_refused_unless_it_is_sticky() {
        let (_around, path) = folder_of_mode(0o777);
        assert!(matches!(prepare(&path.join("ours")), Err(FolderRefusal::WritableAbove(_))));
        assert!(matches!(prepare(&path.join("a/b")), Err(FolderRefusal::WritableAbove(_))));
        set_mode(&path, 0o1777);
        prepare(&path.join("ours")).unwrap();
    }

    #[test]
    fn a_link_or_a_file_is_no_folder() {
        let (around, path) = folder_of_mode(0o700);
        let link = around.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(prepare(&link), Err(FolderRefusal::NotAFolder)));
        let dangling = around.path().join("dangling");
        symlink(around.path().join("nowhere"), &dangling).unwrap();
        assert!(matches!(prepare(&dangling), Err(FolderRefusal::NotAFolder)));
        let file = around.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(prepare(&file), Err(FolderRefusal::NotAFolder)));
        assert!(prepare(&file.join("below")).is_err());
    }

    #[test]
    fn a_folder_or_file_of_another_user_is_refused() {
        if our_uid() != 0 {
            eprintln!("skipped: only root can give a file away");
            return;
        }
        let (_around, path) = folder_of_mode(0o700);
        let file = path.join("file");
        fs::write(&file, "").unwrap();
        set_mode(&file, 0o600);
        chown(&file, Some(12345), None).unwrap();
        assert!(open_private(&file).is_err());
        assert!(open_private_to_lock(&file).is_err());
        chown(&path, Some(12345), Some(54321)).unwrap();
        let owner = Some(Owner { user: 12345, group: 54321 });
        assert_eq!(owner_on_the_way(&path.join("a/b")), owner);
        assert!(matches!(prepare(&path.join("below")), Err(FolderRefusal::Others(12345))));
        assert!(matches!(prepare(&path.join("a/b")), Err(FolderRefusal::Others(12345))));
        assert!(!path.join("a").exists());
        assert!(is_own_folder(path.parent().unwrap()) && !is_own_folder(&path));
        assert!(matches!(prepare(&path), Err(FolderRefusal::OtherOwner(12345))));
    }

    #[test]
    fn root_follows_no_link_in_another_users_folder() {
        if our_uid() != ROOT {
            eprintln!("skipped: only root can give a folder away");
            return;
        }
        let (around, theirs) = folder_of_mode(0o755);
        let ours = around.path().join("ours");
        fs::create_dir(&ours).unwrap();
        fs::write(ours.join("file"), "").unwrap();
        symlink(&ours, theirs.join("folder")).unwrap();
        symlink(ours.join("file"), theirs.join("file")).unwrap();
        symlink(&theirs, around.path().join("link")).unwrap();
        // As long as all is root's, links are followed.
        assert_eq!(
            resolved(&theirs.join("file")).unwrap(),
            ours.join("file").canonicalize().unwrap()
        );
        chown(&theirs, Some(12345), None).unwrap();
        for path in ["cache/file", "cache/folder/file", "link/file", "link/folder/file"] {
            let path = around.path().join(path);
            assert!(resolved(&path).is_err(), "{}", path.display());
        }
        for path in ["cache/folder", "link/folder"] {
            assert!(fixed_folder(&around.path().join(path)).is_err(), "{path}");
        }
        fs::write(theirs.join("plain"), "").unwrap();
        assert_eq!(resolved(&theirs.join("plain")).unwrap(), theirs.join("plain"));
        // The folder that was found stays the one that is written to.
        let (handle, fixed) = fixed_folder(&around.path().join("link")).unwrap();
        fs::rename(&theirs, around.path().join("moved")).unwrap();
        symlink(&ours, &theirs).unwrap();
        if handle.is_some() {
            fs::write(fixed.join("new"), "").unwrap();
            assert!(around.path().join("moved/new").exists() && !ours.join("new").exists());
        }
    }

    #[test]
    fn a_mode_that_was_not_kept_is_refused() {
        assert!(check_kept(0o4_0700).is_ok());
        assert!(check_kept(0o4_2700).is_ok(), "a set-group-id bit from the folder above");
        assert!(matches!(check_kept(0o4_0755), Err(FolderRefusal::NoModes(0o755))));
    }

    #[test]
    fn a_file_is_opened_only_when_it_is_ours_alone() {
        let around = TempDir::new().unwrap();
        let file = around.path().join("file");
        open_private_to_lock(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        open_private(&file).unwrap();
        for loose in [0o640, 0o604, 0o620, 0o602, 0o644] {
            set_mode(&file, loose);
            assert!(open_private(&file).is_err());
            assert!(open_private_to_lock(&file).is_err());
        }
    }

    #[test]
    fn links_folders_and_pipes_are_not_opened() {
        let around = TempDir::new().unwrap();
        let file = around.path().join("file");
        open_private_to_lock(&file).unwrap();
        let link = around.path().join("link");
        symlink(&file, &link).unwrap();
        let pipe = around.path().join("pipe");
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [link.as_path(), around.path(), &pipe] {
            assert!(open_private(path).is_err());
            assert!(open_private_to_lock(path).is_err());
        }
    }

    /// A folder of root's with the file `config.toml`; none if this process does not run as root.
    fn stage() -> Option<(TempDir, PathBuf)> {
        if our_uid() != ROOT {
            eprintln!("skipped: only root can make what root has made");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "").unwrap();
        set_mode(&file, 0o644);
        Some((folder, file))
    }

    fn reason(path: &Path) -> String {
        match check_administered(path) {
            Err(Untrusted::Reason { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_of_roots_passes_and_one_that_others_can_write_does_not() {
        let Some((folder, file)) = stage() else { return };
        check_administered(&file).unwrap();
        set_mode(&file, 0o664);
        assert!(reason(&file).contains("may write to `"));
        set_mode(&file, 0o644);
        set_mode(folder.path(), 0o777);
        assert!(reason(&file).contains("(mode 0777)"));
    }

    #[test]
    fn a_file_or_folder_of_another_user_does_not_pass() {
        let Some((folder, file)) = stage() else { return };
        chown(&file, Some(12345), None).unwrap();
        assert!(reason(&file).ends_with("config.toml` belongs to user 12345"));
        chown(&file, Some(0), None).unwrap();
        chown(folder.path(), Some(12345), None).unwrap();
        assert!(reason(&file).ends_with("belongs to user 12345"));
    }

    #[test]
    fn a_link_passes_where_all_on_its_way_is_roots() {
        let Some((folder, file)) = stage() else { return };
        let link = folder.path().join("link");
        symlink("./config.toml", &link).unwrap();
        check_administered(&link).unwrap();
        let between = folder.path().join("between");
        fs::create_dir(&between).unwrap();
        symlink(&file, between.join("next")).unwrap();
        let far = folder.path().join("far");
        symlink("between/../between/next", &far).unwrap();
        check_administered(&far).unwrap();
        set_mode(&between, 0o777);
        assert!(reason(&far).contains("between` (mode 0777)"));
    }

    #[test]
    fn what_is_missing_is_told_from_what_is_not_trusted() {
        let Some((folder, _)) = stage() else { return };
        let missing = check_administered(&folder.path().join("missing/config.toml"));
        assert!(
            matches!(missing, Err(Untrusted::Io(error)) if error.kind() == io::ErrorKind::NotFound)
        );
        assert!(reason(folder.path()).ends_with("is no regular file"));
        let circle = folder.path().join("circle");
        symlink(&circle, &circle).unwrap();
        assert!(reason(&circle).starts_with("too many links"));
        let link = folder.path().join("dangling");
        symlink("nowhere/config.toml", &link).unwrap();
        assert!(reason(&link).ends_with("dangling` is a broken link"));
        assert!(reason(&link.join("config.toml")).ends_with("is a broken link"));
    }
}
