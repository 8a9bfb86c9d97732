//! Folders 0700 and files 0600 that belong to this user alone, opened without following links.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that makes and opens the cache's files"
)]

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags};
use thiserror::Error;

use crate::base::text::printable;

const STICKY: u32 = 0o1000;
const WRITABLE_BY_GROUP_OR_OTHERS: u32 = 0o022;
const ANYTHING_FOR_GROUP_OR_OTHERS: u32 = 0o077;
const WRITABLE_BY_OTHERS: u32 = 0o002;

/// Why a folder is not used.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is a link or a file, not a folder")]
    NotAFolder,
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

/// What many share is not to be taken from them.
fn hint(mode: u32) -> &'static str {
    if mode & STICKY == 0 { "`chmod 700` makes it usable" } else { "name a folder of its own" }
}

/// The folder at `path`, made where it is missing, and nobody else's.
///
/// One that others may only read is tightened, unless a name in it is none `of_cache`: somebody may
/// look for that there. Folders above it may belong to anybody, since every
/// file is checked again when it is opened, but not everybody may be able to exchange this one.
pub fn prepare_folder(path: &Path, of_cache: fn(&OsStr) -> bool) -> Result<(), Refusal> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        check_above(&parent.canonicalize()?)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => tighten(path, of_cache)?,
    }
    Ok(rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from)?)
}

fn check_above(folder: &Path) -> Result<(), Refusal> {
    for above in folder.ancestors() {
        let mode = above.metadata()?.mode();
        if mode & WRITABLE_BY_OTHERS != 0 && mode & STICKY == 0 {
            return Err(Refusal::WritableAbove(above.to_owned()));
        }
    }
    Ok(())
}

/// Through one handle, so that what is checked is what is changed.
fn tighten(path: &Path, of_cache: fn(&OsStr) -> bool) -> Result<(), Refusal> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return Err(Refusal::NotAFolder);
    }
    let flags = custom(OFlags::NOFOLLOW | OFlags::DIRECTORY);
    let folder = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let found = folder.metadata()?;
    if found.uid() != our_uid() {
        return Err(Refusal::OtherOwner(found.uid()));
    }
    if found.mode() & WRITABLE_BY_GROUP_OR_OTHERS != 0 {
        return Err(Refusal::WritableByOthers(found.mode() & 0o7777));
    }
    if found.mode() & 0o777 != 0o700 {
        check_names(path, of_cache)?;
        folder.set_permissions(fs::Permissions::from_mode(0o700))?;
    }
    check_kept(folder.metadata()?.mode())
}

fn check_names(folder: &Path, of_cache: fn(&OsStr) -> bool) -> Result<(), Refusal> {
    let mut names = fs::read_dir(folder)?.flatten().map(|found| found.file_name());
    let other = names.find(|name| !of_cache(name));
    other.map_or(Ok(()), |name| Err(Refusal::NotOnlyOurs(printable(&name.to_string_lossy()))))
}

/// Some file systems take a change of mode and keep their own.
fn check_kept(mode: u32) -> Result<(), Refusal> {
    match mode & 0o777 {
        0o700 => Ok(()),
        mode => Err(Refusal::NoModes(mode)),
    }
}

/// An existing file of ours that nobody else can read or write.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    // Non-blocking, so that opening a pipe comes back, and is then refused as no regular file.
    let flags = custom(OFlags::NOFOLLOW | OFlags::NONBLOCK);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    check_file(&file.metadata()?)?;
    Ok(file)
}

/// A file to lock, made where it is missing.
pub fn open_to_lock(path: &Path) -> io::Result<File> {
    let flags = custom(OFlags::NOFOLLOW | OFlags::NONBLOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
    let file = options.open(path)?;
    check_file(&file.metadata()?)?;
    Ok(file)
}

fn check_file(found: &Metadata) -> io::Result<()> {
    let for_others = found.mode() & ANYTHING_FOR_GROUP_OR_OTHERS;
    if found.is_file() && found.uid() == our_uid() && for_others == 0 {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a file of this user alone"))
}

/// Whether a folder of this user, and no link, is there.
pub fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == our_uid())
}

/// The user whose files these are.
pub fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn custom(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use tempfile::TempDir;

    use super::*;

    fn prepare(path: &Path) -> Result<(), Refusal> {
        prepare_folder(path, |name| name == "token")
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    /// A folder of this mode, and the temporary one around it.
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

    #[test]
    fn a_folder_that_others_can_read_is_tightened_unless_other_things_are_in_it() {
        let (_around, path) = folder_of_mode(0o755);
        fs::write(path.join("token"), "").unwrap();
        fs::write(path.join("stuff"), "").unwrap();
        assert!(matches!(prepare(&path), Err(Refusal::NotOnlyOurs(name)) if name == "stuff"));
        assert_eq!(mode(&path), 0o755);
        fs::remove_file(path.join("stuff")).unwrap();
        prepare(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused_and_left_alone() {
        for writable in [0o770, 0o707, 0o777, 0o1777] {
            let (_around, path) = folder_of_mode(writable);
            assert!(matches!(prepare(&path), Err(Refusal::WritableByOthers(_))));
            assert_eq!(mode(&path), writable);
        }
    }

    #[test]
    fn a_folder_below_one_that_everybody_can_write_is_refused_unless_it_is_sticky() {
        let (_around, path) = folder_of_mode(0o777);
        assert!(matches!(prepare(&path.join("ours")), Err(Refusal::WritableAbove(_))));
        assert!(matches!(prepare(&path.join("a/b")), Err(Refusal::WritableAbove(_))));
        set_mode(&path, 0o1777);
        prepare(&path.join("ours")).unwrap();
    }

    #[test]
    fn a_link_or_a_file_is_no_folder() {
        let (around, path) = folder_of_mode(0o700);
        let link = around.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(prepare(&link), Err(Refusal::NotAFolder)));
        let dangling = around.path().join("dangling");
        symlink(around.path().join("nowhere"), &dangling).unwrap();
        assert!(matches!(prepare(&dangling), Err(Refusal::NotAFolder)));
        let file = around.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(prepare(&file), Err(Refusal::NotAFolder)));
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
        assert!(open_to_read(&file).is_err());
        assert!(open_to_lock(&file).is_err());
        chown(&path, Some(12345), None).unwrap();
        assert!(is_own_folder(path.parent().unwrap()) && !is_own_folder(&path));
        assert!(matches!(prepare(&path), Err(Refusal::OtherOwner(12345))));
    }

    #[test]
    fn a_mode_that_was_not_kept_is_refused() {
        assert!(check_kept(0o4_0700).is_ok());
        assert!(check_kept(0o4_2700).is_ok(), "a set-group-id bit from the folder above");
        assert!(matches!(check_kept(0o4_0755), Err(Refusal::NoModes(0o755))));
    }

    #[test]
    fn a_file_is_opened_only_when_it_is_ours_alone() {
        let around = TempDir::new().unwrap();
        let file = around.path().join("file");
        open_to_lock(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        open_to_read(&file).unwrap();
        for loose in [0o640, 0o604, 0o620, 0o602, 0o644] {
            set_mode(&file, loose);
            assert!(open_to_read(&file).is_err());
            assert!(open_to_lock(&file).is_err());
        }
    }

    #[test]
    fn links_folders_and_pipes_are_not_opened() {
        let around = TempDir::new().unwrap();
        let file = around.path().join("file");
        open_to_lock(&file).unwrap();
        let link = around.path().join("link");
        symlink(&file, &link).unwrap();
        let pipe = around.path().join("pipe");
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [link.as_path(), around.path(), &pipe] {
            assert!(open_to_read(path).is_err());
            assert!(open_to_lock(path).is_err());
        }
    }
}
