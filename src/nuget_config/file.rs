//! One NuGet.Config on disk: read with a limit, and replaced as a whole.
#![expect(clippy::disallowed_methods, reason = "the one reader and writer of NuGet.Config files")]

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::slice;
use std::time::SystemTime;

use super::edit::{Edit, apply};
use super::encoding::{Encoding, UTF_8, Undecodable};
use super::{ConfigError, Document};
use crate::base::files::{self, Replacement};

/// The largest file that is read. A NuGet.Config has a few KiB.
const LARGEST: u64 = 4 << 20;

const TEMPORARY_PREFIX: &str = ".nuget-config-";

/// A file's text, and what is needed to write it back.
pub struct ConfigFile {
    path: PathBuf,
    /// The file's content; none if it does not exist yet.
    bytes: Option<Vec<u8>>,
    encoding: Encoding,
    text: String,
    modified: Option<SystemTime>,
    other_names: u64,
}

/// The text is left out, because it may contain passwords.
impl fmt::Debug for ConfigFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ConfigFile").field(&self.path).finish()
    }
}

impl ConfigFile {
    /// Reads the file; none if it does not exist.
    pub fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let read = read_bounded(path);
        let path = path.to_path_buf();
        let (bytes, found) = match read {
            Ok(read) => read,
            Err(source) if files::is_absence(&source) => return Ok(None),
            Err(source) => {
                return match source.kind() {
                    io::ErrorKind::InvalidInput => Err(ConfigError::NoFile { path }),
                    io::ErrorKind::FileTooLarge => Err(ConfigError::TooLarge { path }),
                    _ => Err(ConfigError::Unreadable { path, source }),
                };
            }
        };
        let (encoding, text) = match Encoding::decode(&bytes) {
            Ok(decoded) => decoded,
            Err(Undecodable { line, detail }) => {
                return Err(ConfigError::Encoding { path, line, detail });
            }
        };
        let (modified, other_names) = (found.modified().ok(), files::other_names(&found));
        Ok(Some(Self { path, bytes: Some(bytes), encoding, text, modified, other_names }))
    }

    /// A planned file with this text, which does not exist yet.
    pub fn planned(path: &Path, text: &str) -> Self {
        let (path, text) = (path.to_path_buf(), text.to_owned());
        Self { path, bytes: None, encoding: UTF_8, text, modified: None, other_names: 0 }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The decoded text; all ranges refer to it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's content; none if it does not exist yet.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// When it was last written, if the file system knows.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// The number of its other hard links.
    pub fn other_names(&self) -> u64 {
        self.other_names
    }

    /// Whether NuGet would read a source with this name there after the edit.
    pub fn would_list(&self, edit: &Edit, name: &str) -> Result<bool, ConfigError> {
        let text = apply(&self.text, slice::from_ref(edit)).unwrap_or_default();
        let document = Document::parse(&text, &self.path)?;
        Ok(document.package_sources.entries().any(|entry| entry.name == name))
    }

    /// Writes the file with these edits; nothing else changes. A link stays a link.
    ///
    /// # Errors
    ///
    /// If encoding, mode or owner cannot be kept, or if the file has changed since it was read. The
    /// file is unchanged then.
    #[expect(clippy::expect_used, reason = "edits are made of the text's own ranges")]
    pub fn write(&self, edits: &[Edit]) -> Result<(), ConfigError> {
        let text = apply(&self.text, edits).expect("disjoint edits within the text");
        let Some(bytes) = self.encoding.encode(&text) else {
            let encoding = self.encoding.name();
            return Err(ConfigError::NotInEncoding { path: self.path.clone(), encoding });
        };
        match &self.bytes {
            Some(before) if self.encoding.encode(&self.text).as_ref() == Some(before) => {
                self.replace(before, &bytes)
            }
            // .NET reads other characters in the place of some bytes, and they must stay.
            Some(before) => {
                let mut edits = edits.to_vec();
                edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
                let encoding = self.encoding.name();
                let spliced = self.encoding.spliced(before, &edits);
                let lost = || ConfigError::BytesLost { path: self.path.clone(), encoding };
                self.replace(before, &spliced.ok_or_else(lost)?)
            }
            None => self.create(&bytes),
        }
    }

    fn replace(&self, before: &[u8], bytes: &[u8]) -> Result<(), ConfigError> {
        let target = files::resolved(&self.path).map_err(|error| self.not_written(error))?;
        let found = fs::metadata(&target).map_err(|error| self.not_written(error))?;
        // The folder may be writable although the file itself is protected.
        File::options().append(true).open(&target).map_err(|error| self.not_written(error))?;
        let replacement =
            Replacement::of(&target, TEMPORARY_PREFIX).map_err(|error| self.not_written(error))?;
        files::keep_owner(replacement.file(), &found)
            .map_err(|source| ConfigError::OwnerLost { path: self.path.clone(), source })?;
        let now = replacement
            .file()
            .set_permissions(found.permissions())
            .and_then(|()| replacement.fill(bytes))
            .and_then(|()| fs::read(&target))
            .map_err(|error| self.not_written(error))?;
        if now != before {
            return Err(ConfigError::ChangedMeanwhile { path: self.path.clone() });
        }
        replacement.commit().map_err(|error| self.not_written(error))
    }

    fn create(&self, bytes: &[u8]) -> Result<(), ConfigError> {
        // NuGet treats such a link as a missing file, and would create the file at its target.
        if self.path.is_symlink() {
            return Err(ConfigError::DeadLink { path: self.path.clone() });
        }
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            files::make_folder(folder).map_err(|error| self.not_written(error))?;
        }
        let written = Replacement::of(&self.path, TEMPORARY_PREFIX).and_then(|replacement| {
            replacement.fill(bytes)?;
            replacement.commit_new()
        });
        written.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                ConfigError::ChangedMeanwhile { path: self.path.clone() }
            }
            _ => self.not_written(error),
        })
    }

    fn not_written(&self, source: io::Error) -> ConfigError {
        ConfigError::NotWritten { path: self.path.clone(), source }
    }
}

fn read_bounded(path: &Path) -> io::Result<(Vec<u8>, Metadata)> {
    let file = files::open_regular(path)?;
    Ok((files::read_open(&file, LARGEST)?, file.metadata()?))
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
        assert!(refused.contains("was changed by another program meanwhile"), "{refused}");
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
