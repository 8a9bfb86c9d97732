//! Folders and files below the user's profile, which the system gives to that user alone. Elsewhere
//! the protection of the token itself keeps it from others.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;

/// Opens a link itself instead of what it points to.
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// Why a folder is not used.
pub type Refusal = io::Error;

/// The folder at `path`, made where it is missing.
pub fn prepare_folder(path: &Path, _of_cache: fn(&OsStr) -> bool) -> Result<(), Refusal> {
    fs::create_dir_all(path)?;
    if fs::symlink_metadata(path)?.is_dir() {
        return Ok(());
    }
    Err(io::Error::other("it is a link, not a folder"))
}

/// An existing file that is no link.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)?;
    check_file(file)
}

/// A file to lock, made where it is missing.
pub fn open_to_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    check_file(options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)?)
}

/// Whether a folder, and no link, is there.
pub fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn check_file(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a regular file"))
}
