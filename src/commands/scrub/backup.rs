//! Copies of files before a change. They contain the passwords that are removed.
#![expect(clippy::disallowed_methods, reason = "half a copy is removed from the disk")]

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf, absolute};

use super::{ScrubError, version_control};
use crate::base::files;

/// The limit of copies of one file, which bounds the search for a free name.
const MOST_COPIES: usize = 1000;

/// A folder for copies that only this user can read, outside of every work tree.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
}

impl Backup {
    /// Checks the folder. It is created with the first copy.
    pub fn open(folder: &Path) -> Result<Self, ScrubError> {
        let folder = absolute(folder)
            .and_then(|folder| resolved(&folder))
            .map_err(|source| ScrubError::NoCopy { path: folder.to_path_buf(), source })?;
        match version_control::work_tree_of(&folder) {
            Some(tree) => Err(ScrubError::InWorkTree { tree: tree.to_path_buf(), folder }),
            None => Ok(Self { folder }),
        }
    }

    /// Writes a copy with a name that shows where the file was. Returns the copy's path.
    pub fn copy(&self, of: &Path, bytes: &[u8]) -> Result<PathBuf, ScrubError> {
        self.make()?;
        let name = of.display().to_string().replace(['/', '\\', ':'], "_");
        let name = name.trim_start_matches('_');
        for number in 0..MOST_COPIES {
            let suffix = if number == 0 { String::new() } else { format!(".{number}") };
            let path = self.folder.join(format!("{name}{suffix}"));
            match write_new(&path, bytes) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(ScrubError::NoCopy { path, source }),
            }
        }
        let source = ErrorKind::AlreadyExists.into();
        Err(ScrubError::NoCopy { path: self.folder.clone(), source })
    }

    fn make(&self) -> Result<(), ScrubError> {
        let folder = self.folder.clone();
        match files::make_private_folder(&folder).and_then(|()| folder.metadata()) {
            Ok(found) if files::is_private(&found) => Ok(()),
            Ok(_) => Err(ScrubError::NotPrivate { folder }),
            Err(source) => Err(ScrubError::NoCopy { path: folder, source }),
        }
    }
}

/// Writes a new file. An incomplete copy could be mistaken for a complete one, so it is removed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = files::create_private(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// The path without links and `..`, as far as it exists: a link may lead into a work tree.
fn resolved(folder: &Path) -> io::Result<PathBuf> {
    let existing = folder.ancestors().find(|above| above.exists()).unwrap_or(folder);
    let mut resolved = files::canonical(existing)?;
    resolved.extend(folder.strip_prefix(existing).unwrap_or(Path::new("")));
    Ok(resolved)
}
