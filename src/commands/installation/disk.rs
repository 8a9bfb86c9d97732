//! Folders and files of an installation: readable for everyone, replaced while they run.
#![expect(clippy::disallowed_methods, reason = "it puts the installed files where they belong")]

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use super::Error;
use super::layout::{File, NAME};

const FOLDER_MODE: u32 = 0o755;

/// How a file is called while it is written, and how one that still runs is called on Windows until
/// it can be removed.
const UNFINISHED: &str = ".new";
const RETIRED: &str = ".old";

/// A file that has been unfinished for so long belongs to nobody.
const ABANDONED: Duration = Duration::from_hours(1);

/// Makes the folder and those above it; whatever the umask, others may look into what is new. A link
/// in its place is followed where [`refuse_foreign_links`] lets it pass, and keeps its target's mode.
pub fn make_folder(folder: &Path) -> Result<(), Error> {
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
    set_mode(folder, FOLDER_MODE)?;
    Ok(())
}

/// Writes the file unless it is there already, all of it and with the right mode; says whether it
/// had to. A program that runs from the old file goes on doing so.
pub fn put(folder: &Path, file: &File) -> Result<bool, Error> {
    let path = folder.join(&file.path);
    let mode = if file.executable { 0o755 } else { 0o644 };
    let is_link = path.is_symlink();
    if !is_link && fs::read(&path).is_ok_and(|content| content == file.content) {
        return set_mode(&path, mode);
    }
    replace(folder, &path, file.content, mode).map_err(|source| refused("write", &path, source))?;
    Ok(true)
}

fn replace(folder: &Path, path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let prefix = format!("{NAME}.");
    let mut unfinished =
        tempfile::Builder::new().prefix(&prefix).suffix(UNFINISHED).tempfile_in(folder)?;
    unfinished.write_all(content)?;
    change_mode(unfinished.as_file(), mode)?;
    unfinished.as_file().sync_all()?;
    // An executable that is open for writing cannot be started.
    let unfinished = unfinished.into_temp_path();
    if cfg!(windows) && path.exists() {
        return replace_aside(&unfinished, folder, path);
    }
    unfinished.persist(path).map_err(|failure| failure.error)
}

/// Windows lets a running program's file be renamed, and neither overwritten nor removed.
fn replace_aside(unfinished: &Path, folder: &Path, path: &Path) -> io::Result<()> {
    let retired = retire(folder, path)?;
    if let Err(error) = fs::rename(unfinished, path) {
        let _ = fs::rename(&retired, path);
        return Err(error);
    }
    // Still running: a later `install` or `uninstall` sweeps it away.
    let _ = fs::remove_file(&retired);
    Ok(())
}

fn retire(folder: &Path, path: &Path) -> io::Result<std::path::PathBuf> {
    let prefix = format!("{NAME}.");
    let name = tempfile::Builder::new().prefix(&prefix).suffix(RETIRED).tempfile_in(folder)?;
    let retired = name.path().to_path_buf();
    name.close()?;
    fs::rename(path, &retired)?;
    Ok(retired)
}

/// Removes the file, or renames it aside where it runs and the system keeps it; says whether there
/// was one.
pub fn remove(folder: &Path, name: &Path) -> Result<bool, Error> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(_) if cfg!(windows) && retire(folder, &path).is_ok() => Ok(true),
        Err(source) => Err(refused("remove", &path, source)),
    }
}

/// Removes what earlier runs had to leave behind, as far as it can be removed by now.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let unfinished = name.starts_with(NAME) && name.ends_with(UNFINISHED);
        if is_retired(&name) || unfinished && is_abandoned(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the name is one that [`remove`] gave to a file that still runs.
pub fn is_retired(name: &str) -> bool {
    name.starts_with(NAME) && name.ends_with(RETIRED)
}

fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
}

/// The error for something that the file system refuses.
pub fn refused(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Disk { action, path: path.to_path_buf(), source }
}

/// Refuses a folder on whose way somebody has put a link to the folder of another user: root, who may
/// write anywhere, would be led to files of root's own. Links of root's are trusted.
#[cfg(unix)]
pub fn refuse_foreign_links(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    for path in folder.ancestors() {
        let Ok(link) = path.symlink_metadata() else { continue };
        let is_foreign = |target: fs::Metadata| ![0, target.uid()].contains(&link.uid());
        if link.is_symlink() && fs::metadata(path).is_ok_and(is_foreign) {
            return Err(Error::ForeignLink(path.to_path_buf()));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
pub fn refuse_foreign_links(_folder: &Path) -> Result<(), Error> {
    Ok(())
}

/// Adds what others need to read (and start) it; says whether anything was missing. A link is left
/// as it is, and so is what it leads to.
fn set_mode(path: &Path, mode: u32) -> Result<bool, Error> {
    if path.is_symlink() {
        return Ok(false);
    }
    open_itself(path)
        .and_then(|opened| change_mode(&opened, mode))
        .map_err(|source| refused("change the mode of", path, source))
}

/// Opens what stands at the path, and no link's target. Whatever is asked of the handle is about just
/// that, although its owner may exchange it meanwhile.
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
    let metadata = opened.metadata()?;
    let is = metadata.permissions().mode() & 0o777;
    if is == mode || metadata.is_dir() && is & mode == mode {
        return Ok(false);
    }
    opened.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(true)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
fn open_itself(path: &Path) -> io::Result<std::path::PathBuf> {
    Ok(path.to_path_buf())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems' twin can fail")]
fn change_mode<T>(_opened: &T, _mode: u32) -> io::Result<bool> {
    Ok(false)
}

/// Root makes folders in somebody's home: they are that person's, or NuGet could not write there.
#[cfg(unix)]
fn give_to_owner_above(folder: &Path) -> Result<(), Error> {
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
fn give_to_owner_above(_folder: &Path) -> Result<(), Error> {
    Ok(())
}
