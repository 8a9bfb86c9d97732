//! A folder and files for this user alone.
#![expect(clippy::disallowed_methods, reason = "copies of a NuGet.Config go there")]

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Makes the folder where it is missing; says whether it is this user's alone.
pub fn make_folder(folder: &Path) -> io::Result<bool> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let found = folder.metadata()?;
    let is_own = found.uid() == rustix::process::geteuid().as_raw();
    Ok(is_own && found.mode() & 0o077 == 0)
}

/// A file that was not there before.
pub fn make_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

pub fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}
