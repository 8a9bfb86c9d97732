//! Copies of files before a change: they hold the passwords that are removed.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf, absolute};

use super::{ScrubError, owner_only};

/// What marks a work tree of git, Mercurial, Jujutsu or Subversion.
const MARKS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// What a repository of git consists of that has no work tree.
const BARE: [&str; 3] = ["HEAD", "objects", "refs"];

/// So many copies of one file; nobody makes more.
const MOST_COPIES: usize = 1000;

/// A folder that is this user's alone, and in no work tree.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
}

impl Backup {
    /// Nothing is made yet.
    pub fn open(folder: &Path) -> Result<Self, ScrubError> {
        let failed = |source| ScrubError::NoCopy { path: folder.to_path_buf(), source };
        let folder = resolved(&absolute(folder).map_err(failed)?).map_err(failed)?;
        refuse_work_tree(&folder)?;
        Ok(Self { folder })
    }

    /// Makes the folder where it is missing.
    fn make(&self) -> Result<(), ScrubError> {
        let failed = |source| ScrubError::NoCopy { path: self.folder.clone(), source };
        let is_private = owner_only::make_folder(&self.folder).map_err(failed)?;
        #[cfg(unix)]
        if !is_private {
            return Err(ScrubError::NotPrivate { folder: self.folder.clone() });
        }
        #[cfg(not(unix))]
        let _ = is_private;
        Ok(())
    }

    /// Writes a copy under a name that tells where the file was; says where.
    pub fn copy(&self, of: &Path, bytes: &[u8]) -> Result<PathBuf, ScrubError> {
        self.make()?;
        let name = of.display().to_string().replace(['/', '\\', ':'], "_");
        let name = name.trim_start_matches('_');
        for number in 0..MOST_COPIES {
            let suffix = if number == 0 { String::new() } else { format!(".{number}") };
            let path = self.folder.join(format!("{name}{suffix}"));
            let mut file = match owner_only::make_file(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(source) => return Err(ScrubError::NoCopy { path, source }),
            };
            return match file.write_all(bytes).and_then(|()| file.sync_all()) {
                Ok(()) => Ok(path),
                Err(source) => {
                    // Half a copy is none.
                    let _ = owner_only::remove_file(&path);
                    Err(ScrubError::NoCopy { path, source })
                }
            };
        }
        let source = ErrorKind::AlreadyExists.into();
        Err(ScrubError::NoCopy { path: self.folder.clone(), source })
    }
}

/// Without links and `..`, as far as it is there.
fn resolved(folder: &Path) -> io::Result<PathBuf> {
    let there = folder.ancestors().find(|above| above.exists()).unwrap_or(folder);
    let mut resolved = there.canonicalize()?;
    resolved.extend(folder.strip_prefix(there).unwrap_or(Path::new("")));
    Ok(resolved)
}

fn refuse_work_tree(folder: &Path) -> Result<(), ScrubError> {
    let has = |above: &Path, name: &&str| above.join(name).exists();
    let is_tree = |above: &&Path| {
        MARKS.iter().any(|mark| has(above, mark)) || BARE.iter().all(|part| has(above, part))
    };
    match folder.ancestors().find(is_tree) {
        Some(tree) => {
            let (folder, tree) = (folder.to_path_buf(), tree.to_path_buf());
            Err(ScrubError::InWorkTree { folder, tree })
        }
        None => Ok(()),
    }
}
