//! Folders and files of an installation: all users can read them, and running programs can be
//! replaced.
#![expect(clippy::disallowed_methods, reason = "it writes the installed files")]

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use super::layout::{InstalledFile, NAME};
use super::{InstallationError, signature};
use crate::base::files;

const FOLDER_MODE: u32 = 0o755;

/// The suffix of a file while it is written, and on Windows that of a replaced file that still
/// runs, until it can be removed.
const UNFINISHED: &str = ".new";
const RETIRED: &str = ".old";

/// An unfinished file that is older was left by a run that was killed.
const ABANDONED: Duration = Duration::from_hours(1);

/// Creates the missing folders of the path, readable for other users whatever the umask is. A link
/// at the path is followed if [`refuse_foreign_links`] allows it, and its target keeps its mode.
pub fn make_folder(folder: &Path) -> Result<(), InstallationError> {
    refuse_foreign_links(folder)?;
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.is_dir()).collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Ok(()) => give_to_owner_above(folder)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(source) => return Err(refused("make the folder", folder, source)),
        }
        set_mode(folder, FOLDER_MODE)?;
    }
    set_mode(folder, FOLDER_MODE).map(drop)
}

/// Writes the file unless it exists with the same content and mode. Returns whether anything
/// changed. A program that runs from the old file is not disturbed, and a signature that ours does not
/// have is kept.
pub fn put(folder: &Path, file: &InstalledFile) -> Result<bool, InstallationError> {
    let path = folder.join(&file.path);
    let mode = if file.executable { 0o755 } else { 0o644 };
    let longest = signature::longest_signed(file.content.len() as u64);
    let is_there = files::read_regular(&path, longest)
        .is_ok_and(|found| signature::is_as_good(&found, file.content));
    if is_there && !path.is_symlink() {
        clear_quarantine(&path);
        return set_mode(&path, mode);
    }
    replace(folder, &path, file.content, mode).map_err(|source| refused("write", &path, source))?;
    Ok(true)
}

fn replace(folder: &Path, path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut unfinished = temporary_file(folder, UNFINISHED)?;
    unfinished.write_all(content)?;
    change_mode(unfinished.as_file(), mode)?;
    unfinished.as_file().sync_all()?;
    // An executable that is open for writing cannot be started.
    let unfinished = unfinished.into_temp_path();
    clear_quarantine(&unfinished);
    if cfg!(windows) && path.exists() {
        return replace_aside(&unfinished, folder, path);
    }
    unfinished.persist(path).map_err(|failure| failure.error)
}

/// macOS does not start a file with this mark, which a browser, or a program that it has marked, puts on
/// files. Who runs `install` has decided to trust them.
#[cfg(target_os = "macos")]
fn clear_quarantine(file: &Path) {
    // Most files do not have it.
    let _ = rustix::fs::lremovexattr(file, "com.apple.quarantine");
}

#[cfg(not(target_os = "macos"))]
fn clear_quarantine(_: &Path) {}

/// Windows allows a running program's file to be renamed, but not to be overwritten or removed.
fn replace_aside(unfinished: &Path, folder: &Path, path: &Path) -> io::Result<()> {
    let retired = retire(folder, path)?;
    if let Err(error) = fs::rename(unfinished, path) {
        let _ = fs::rename(&retired, path);
        return Err(error);
    }
    // While the program runs this fails, and a later `install` or `uninstall` removes the file.
    let _ = fs::remove_file(&retired);
    Ok(())
}

fn retire(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let name = temporary_file(folder, RETIRED)?;
    let retired = name.path().to_path_buf();
    name.close()?;
    fs::rename(path, &retired)?;
    Ok(retired)
}

fn temporary_file(folder: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(&format!("{NAME}.")).suffix(suffix).tempfile_in(folder)
}

/// Removes the file, or moves it out of the way if it runs and the system does not allow its removal.
/// Returns whether there was one.
pub fn remove(folder: &Path, name: &Path) -> Result<bool, InstallationError> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(_) if cfg!(windows) && put_away(folder, &path).is_ok() => Ok(true),
        Err(source) => Err(refused("remove", &path, source)),
    }
}

/// To a temporary folder, since nothing of ours may be left to remove it later: `uninstall` itself is such
/// a program. A temporary folder on another drive cannot take it.
fn put_away(folder: &Path, path: &Path) -> io::Result<()> {
    let temporary = files::temporary_folder()?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    if fs::rename(path, temporary.path().join(name)).is_err() {
        return retire(folder, path).map(drop);
    }
    let _kept = temporary.keep();
    Ok(())
}

/// Removes what earlier runs left behind, if that is possible by now.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_unfinished = name.starts_with(NAME) && name.ends_with(UNFINISHED);
        if is_retired(&name) || is_unfinished && is_abandoned(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether [`remove`] gave this name to a file that still runs.
pub fn is_retired(name: &str) -> bool {
    name.starts_with(NAME) && name.ends_with(RETIRED)
}

fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
}

/// The error for an operation that the file system refuses.
pub fn refused(action: &'static str, path: &Path, source: io::Error) -> InstallationError {
    InstallationError::Disk { action, path: path.to_path_buf(), source }
}

/// Refuses a folder if a part of its path is a link to another user's folder. Through such a link,
/// another user could make root overwrite files. Links that belong to root are trusted.
#[cfg(unix)]
pub fn refuse_foreign_links(folder: &Path) -> Result<(), InstallationError> {
    use std::os::unix::fs::MetadataExt;
    for path in folder.ancestors() {
        let Ok(link) = path.symlink_metadata() else { continue };
        if link.is_symlink()
            && fs::metadata(path).is_ok_and(|target| ![0, target.uid()].contains(&link.uid()))
        {
            return Err(InstallationError::ForeignLink(path.to_path_buf()));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
pub fn refuse_foreign_links(_folder: &Path) -> Result<(), InstallationError> {
    Ok(())
}

/// Lets others read (and start) it, and not write. Returns whether anything changed. A link and its
/// target stay unchanged.
fn set_mode(path: &Path, mode: u32) -> Result<bool, InstallationError> {
    if path.is_symlink() {
        return Ok(false);
    }
    open_itself(path)
        .and_then(|opened| change_mode(&opened, mode))
        .map_err(|source| refused("change the mode of", path, source))
}

/// Opens the file or folder at the path, but not a link's target. The handle stays with this file,
/// although its owner may replace the path meanwhile.
#[cfg(unix)]
fn open_itself(path: &Path) -> io::Result<fs::File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(unix)]
fn change_mode(opened: &fs::File, mode: u32) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let metadata = opened.metadata()?;
    let is = metadata.permissions().mode() & 0o777;
    if is == mode || metadata.is_dir() && is & (mode | WRITABLE_BY_OTHERS) == mode {
        return Ok(false);
    }
    opened.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(true)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
fn open_itself(path: &Path) -> io::Result<PathBuf> {
    Ok(path.to_path_buf())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
fn change_mode<T>(_opened: &T, _mode: u32) -> io::Result<bool> {
    Ok(false)
}

/// Folders that root creates in a user's home are given to that user, because NuGet must be able to
/// write there.
#[cfg(unix)]
fn give_to_owner_above(folder: &Path) -> Result<(), InstallationError> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let Some(above) = folder.parent().filter(|_| rustix::process::geteuid().is_root()) else {
        return Ok(());
    };
    fs::metadata(above)
        .and_then(|owner| fchown(open_itself(folder)?, Some(owner.uid()), Some(owner.gid())))
        .map_err(|source| refused("change the owner of", folder, source))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
fn give_to_owner_above(_folder: &Path) -> Result<(), InstallationError> {
    Ok(())
}
