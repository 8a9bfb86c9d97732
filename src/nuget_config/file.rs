//! One NuGet.Config on disk: read with a limit, and exchanged as a whole.
#![expect(clippy::disallowed_methods, reason = "the one reader and writer of NuGet.Config files")]

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::slice;
use std::time::SystemTime;

use super::edit::{Edit, apply};
use super::encoding::{Encoding, UTF_8};
use super::{ConfigError, Document, owner};
use crate::base::files::{self, Replacement};

/// No honest NuGet.Config is longer.
const LARGEST: u64 = 4 << 20;

const TEMPORARY_PREFIX: &str = ".nuget-config-";

/// A file's text, and what is needed to write it back.
pub struct ConfigFile {
    path: PathBuf,
    /// As they are on disk; none where there is no such file yet.
    bytes: Option<Vec<u8>>,
    encoding: Encoding,
    text: String,
    modified: Option<SystemTime>,
    other_names: u64,
}

/// Without the text, which may hold passwords.
impl fmt::Debug for ConfigFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ConfigFile").field(&self.path).finish()
    }
}

impl ConfigFile {
    /// Reads the file; none where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let (bytes, found) = match read_bounded(path) {
            Ok(read) => read,
            Err(error) if files::is_absence(&error) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                return Err(ConfigError::NoFile { path: path.to_path_buf() });
            }
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(ConfigError::TooLarge { path: path.to_path_buf() });
            }
            Err(error) => return Err(ConfigError::unreadable(path, error)),
        };
        let (encoding, text) = Encoding::decode(&bytes)
            .map_err(|detail| ConfigError::Encoding { path: path.to_path_buf(), detail })?;
        let (modified, other_names) = (found.modified().ok(), owner::other_names(&found));
        let path = path.to_path_buf();
        Ok(Some(Self { path, bytes: Some(bytes), encoding, text, modified, other_names }))
    }

    /// A file that is not there yet, and would hold this.
    pub fn planned(path: &Path, text: &str) -> Self {
        let (path, text) = (path.to_path_buf(), text.to_owned());
        Self { path, bytes: None, encoding: UTF_8, text, modified: None, other_names: 0 }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says, decoded; every range in it is of this.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file as it is on disk; none where it is not there yet.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// When it was last written, if the file system tells.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// How many hard links it has besides this one.
    pub fn other_names(&self) -> u64 {
        self.other_names
    }

    /// Whether NuGet would read a source of this name there after the edit.
    pub fn would_list(&self, edit: &Edit, name: &str) -> Result<bool, ConfigError> {
        let text = apply(&self.text, slice::from_ref(edit)).unwrap_or_default();
        let document = Document::parse(&text, &self.path)?;
        Ok(document.package_sources.entries().any(|entry| entry.name == name))
    }

    /// Writes the file with these edits, and nothing else changed. A link stays one.
    ///
    /// # Errors
    ///
    /// Where it cannot be written as it was (encoding, mode, owner), and where it is not what was read
    /// any more: it is left alone then.
    #[expect(clippy::expect_used, reason = "edits are made of the text's own ranges")]
    pub fn write(&self, edits: &[Edit]) -> Result<(), ConfigError> {
        let text = apply(&self.text, edits).expect("disjoint edits within the text");
        let lacking = || ConfigError::NotInEncoding {
            path: self.path.clone(),
            encoding: self.encoding.name(),
        };
        let bytes = self.encoding.encode(&text).ok_or_else(lacking)?;
        match &self.bytes {
            Some(before) => self.exchange(before, &bytes),
            None => self.create(&bytes),
        }
    }

    fn exchange(&self, before: &[u8], bytes: &[u8]) -> Result<(), ConfigError> {
        let failed = |error| ConfigError::not_written(&self.path, error);
        let target = fs::canonicalize(&self.path).map_err(failed)?;
        let found = fs::metadata(&target).map_err(failed)?;
        // The folder may be one that can be written where the file is not meant to be.
        File::options().append(true).open(&target).map_err(failed)?;
        let replacement = Replacement::of(&target, TEMPORARY_PREFIX).map_err(failed)?;
        files::keep_owner(replacement.file(), &found)
            .map_err(|source| ConfigError::OwnerLost { path: self.path.clone(), source })?;
        replacement.file().set_permissions(found.permissions()).map_err(failed)?;
        replacement.fill(bytes).map_err(failed)?;
        if fs::read(&target).map_err(failed)? != before {
            return Err(ConfigError::ChangedMeanwhile { path: self.path.clone() });
        }
        replacement.commit().map_err(failed)
    }

    fn create(&self, bytes: &[u8]) -> Result<(), ConfigError> {
        let failed = |error| ConfigError::not_written(&self.path, error);
        // NuGet takes it for missing, and would write where it leads.
        if self.path.is_symlink() {
            return Err(ConfigError::DeadLink { path: self.path.clone() });
        }
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let replacement = Replacement::of(&self.path, TEMPORARY_PREFIX).map_err(failed)?;
        replacement.fill(bytes).map_err(failed)?;
        replacement.commit_new().map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                ConfigError::ChangedMeanwhile { path: self.path.clone() }
            }
            _ => failed(error),
        })
    }
}

fn read_bounded(path: &Path) -> io::Result<(Vec<u8>, fs::Metadata)> {
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok((files::read_bounded(path, LARGEST)?, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nuget.config");
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let (folder, path) = file(b"before");
        let read = ConfigFile::read(&path).unwrap().unwrap();
        fs::write(&path, "other").unwrap();
        let refused = read.write(&[Edit::insert(0, "x".into())]).unwrap_err().to_string();
        assert!(refused.contains("was changed by somebody else meanwhile"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"other");
        let planned = ConfigFile::planned(&path, "");
        assert!(planned.write(&[]).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_in_the_files_encoding_is_not_written() {
        let (_folder, path) = file(b"<?xml encoding='us-ascii'?>");
        let read = ConfigFile::read(&path).unwrap().unwrap();
        let refused = read.write(&[Edit::insert(0, "\u{e4}".into())]).unwrap_err().to_string();
        assert!(refused.contains("is written in US-ASCII"), "{refused}");
    }

    #[test]
    fn a_long_file_and_a_folder_are_refused() {
        let (folder, path) = file(&vec![b' '; (4 << 20) + 1]);
        let refused = ConfigFile::read(&path).unwrap_err().to_string();
        assert!(refused.contains("is larger than 4 MiB"), "{refused}");
        let refused = ConfigFile::read(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("is no file, but a folder"), "{refused}");
        assert!(ConfigFile::read(&path.join("x")).unwrap().is_none());
    }

    #[test]
    fn debug_shows_no_text() {
        let (_folder, path) = file(b"hunter2");
        let read = ConfigFile::read(&path).unwrap();
        assert!(!format!("{read:?}").contains("hunter2"));
    }
}
