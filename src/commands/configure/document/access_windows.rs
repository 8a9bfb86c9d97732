//! The folder below the user's profile gives its files to that user.
#![expect(clippy::disallowed_methods, reason = "the configuration's folder is made here")]

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// Makes the folder and those above it, where they are missing.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// A file gets what its folder passes on.
#[expect(clippy::unnecessary_wraps, reason = "other systems can fail here")]
pub fn keep(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}
