//! The list of installed files, which stands beside them: what `uninstall` follows.
#![expect(clippy::disallowed_methods, reason = "the list of installed files is on disk")]

use std::io::ErrorKind;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::layout::File;
use super::{Error, disk};

/// The list's own file name.
pub const FILE: &str = "installed-files.json";

/// What an `install` put into one folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the plugin that wrote it.
    pub version: String,
    /// In the order of writing.
    pub files: Vec<Entry>,
}

/// One installed file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// The digest of what was written, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// The list of `files`.
    pub fn of(files: &[File]) -> Self {
        let entry = |file: &File| Entry {
            name: file.path.to_string_lossy().into_owned(),
            sha256: format!("{:x}", Sha256::digest(file.content)),
        };
        let version = env!("CARGO_PKG_VERSION").to_string();
        Self { version, files: files.iter().map(entry).collect() }
    }

    /// The folder's list; none where there is no installation.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, is something else, or names a file outside of the folder.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if is_absent(error.kind()) => return Ok(None),
            Err(source) => return Err(disk::refused("read", &path, source)),
        };
        serde_json::from_slice::<Self>(&text)
            .ok()
            .filter(|manifest| manifest.files.iter().all(|entry| is_file_name(&entry.name)))
            .map_or(Err(Error::Manifest(path)), |manifest| Ok(Some(manifest)))
    }

    /// Its text, for people as well.
    #[expect(clippy::expect_used, reason = "two levels of text always serialize")]
    pub fn text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("text always serializes");
        text.push(b'\n');
        text
    }

    /// Whether the file is in the list.
    pub fn names(&self, name: &str) -> bool {
        self.files.iter().any(|entry| entry.name == name)
    }
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn is_file_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let first = components.next();
    matches!(first, Some(Component::Normal(only)) if only == name) && components.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_this() {
        let file = File::new("a.dll".into(), b"abc");
        let mut manifest = Manifest::of(&[file]);
        manifest.version = "1.2.3".into();
        assert_eq!(
            String::from_utf8(manifest.text()).unwrap(),
            r#"{
  "version": "1.2.3",
  "files": [
    {
      "name": "a.dll",
      "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }
  ]
}
"#
        );
    }

    #[test]
    fn a_list_that_leaves_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../x", "/etc/passwd", "a/b", "a/", "..", "."] {
            let text = format!(r#"{{"version":"1","files":[{{"name":"{name}","sha256":""}}]}}"#);
            std::fs::write(folder.path().join(FILE), text).unwrap();
            assert!(matches!(Manifest::read(folder.path()), Err(Error::Manifest(_))), "{name}");
        }
    }

    #[test]
    fn no_list_is_no_installation() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(&folder.path().join("absent")).unwrap(), None);
    }
}
