//! Copies of files before a change: they hold the passwords that are removed.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf, absolute};

use super::{ScrubError, owner_only};

/// What marks a work tree of git, Mercurial or Subversion.
const MARKS: [&str; 3] = [".git", ".hg", ".svn"];

/// So many copies of one file; nobody makes more.
const MOST_COPIES: usize = 1000;

/// A folder that is this user's alone, and in no work tree.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
}

impl Backup {
    /// Makes the folder where it is missing.
    pub fn open(folder: &Path) -> Result<Self, ScrubError> {
        let failed = |source| ScrubError::NoCopy { path: folder.to_path_buf(), source };
        let folder = absolute(folder).map_err(failed)?;
        refuse_work_tree(&folder)?;
        let is_private = owner_only::make_folder(&folder).map_err(failed)?;
        // A link may have led elsewhere.
        refuse_work_tree(&folder.canonicalize().map_err(failed)?)?;
        #[cfg(unix)]
        if !is_private {
            return Err(ScrubError::NotPrivate { folder });
        }
        #[cfg(not(unix))]
        let _ = is_private;
        Ok(Self { folder })
    }

    /// Writes a copy under a name that tells where the file was; says where.
    pub fn copy(&self, of: &Path, bytes: &[u8]) -> Result<PathBuf, ScrubError> {
        let name = of.display().to_string().replace(['/', '\\', ':'], "_");
        let name = name.trim_start_matches('_');
        for number in 0..MOST_COPIES {
            let suffix = if number == 0 { String::new() } else { format!(".{number}") };
            let path = self.folder.join(format!("{name}{suffix}"));
            match owner_only::make_file(&path).and_then(|mut file| file.write_all(bytes)) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(ScrubError::NoCopy { path, source }),
            }
        }
        let source = ErrorKind::AlreadyExists.into();
        Err(ScrubError::NoCopy { path: self.folder.clone(), source })
    }
}

fn refuse_work_tree(folder: &Path) -> Result<(), ScrubError> {
    let is_tree = |above: &&Path| MARKS.iter().any(|mark| above.join(mark).exists());
    match folder.ancestors().find(is_tree) {
        Some(tree) => {
            let (folder, tree) = (folder.to_path_buf(), tree.to_path_buf());
            Err(ScrubError::InWorkTree { folder, tree })
        }
        None => Ok(()),
    }
}
