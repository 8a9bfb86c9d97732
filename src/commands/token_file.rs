//! The file that `token --output` writes: this user's alone from its first byte, and there as a whole
//! or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::base::files;

/// Why it was not written.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("`{}` is no regular file; name one, or a new one", .0.display())]
    NotAFile(PathBuf),
    #[error("`{}` cannot be written: {source}; name a file in a folder of yours", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Replaces or makes the file. A link or a device in its place is refused: the rename would destroy
/// it.
pub fn write(path: &Path, text: &str) -> Result<(), FileError> {
    // It would be taken for standard output.
    if path == Path::new("-") {
        return Err(FileError::NotAFile(path.to_owned()));
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(FileError::NotAFile(path.to_owned())),
        // On Windows it has the access that its folder grants.
        _ => files::replace(path, ".codeartifact-token-", format!("{text}\n").as_bytes())
            .map_err(|source| FileError::Io { path: path.to_owned(), source }),
    }
}
