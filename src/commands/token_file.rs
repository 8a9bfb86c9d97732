//! The file that `token --output` writes: this user's alone from its first byte, and there as a whole
//! or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

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
        _ => replace(path, text).map_err(|source| FileError::Io { path: path.to_owned(), source }),
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // Made with mode 0600; on Windows it has what its folder grants.
    let mut unfinished = tempfile::Builder::new()
        .prefix(".codeartifact-token-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    writeln!(unfinished, "{text}")?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}
