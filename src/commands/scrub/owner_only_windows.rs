//! A folder and files for this user alone, which is what a user's own folders on Windows give.
#![expect(clippy::disallowed_methods, reason = "copies of a NuGet.Config go there")]

use std::fs::{File, OpenOptions, create_dir_all};
use std::io;
use std::path::Path;

/// Makes the folder where it is missing; who may look into it is what the folder above says.
pub fn make_folder(folder: &Path) -> io::Result<bool> {
    create_dir_all(folder).map(|()| true)
}

/// A file that was not there before.
pub fn make_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

pub fn remove_file(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}
