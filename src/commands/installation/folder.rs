//! One of our folders: filled, emptied, and the list of the files that were installed in it.
#![expect(clippy::disallowed_methods, reason = "the installed folders are on disk")]

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::layout::{Client, InstalledFile, NAME};
use super::signature::Parts;
use super::{InstallationError, disk};
use crate::base::files;

/// The effect of `install` on a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The folder had nothing of ours.
    Installed,
    /// The folder had something of ours, but it was incomplete or outdated.
    Updated,
    /// Everything was up to date.
    Unchanged,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Installed => "installed",
            Self::Updated => "updated",
            Self::Unchanged => "already up to date",
        })
    }
}

/// Writes `files` and their list into `folder`, and removes other files that an earlier list names.
///
/// The list is written first, and the file that NuGet searches for last. If a run is killed
/// half-way, the rest can be completed or removed.
pub fn fill(folder: &Path, files: &[InstalledFile]) -> Result<Change, InstallationError> {
    disk::make_folder(folder)?;
    disk::sweep(folder);
    // A list that cannot be read is replaced.
    let before = Manifest::read(folder).unwrap_or_default();
    let wanted = Manifest::of(files);
    let mut touched = false;
    let obsolete = before.iter().flat_map(|manifest| &manifest.files).map(|entry| &entry.name);
    for name in obsolete.filter(|name| !wanted.names(name)) {
        touched |= disk::remove(folder, Path::new(name))?;
    }
    // A list of the same files stays, whichever of them has the better signature.
    let list = before.as_ref().filter(|before| before.is_same_apart_from_signatures(&wanted));
    let text = list.unwrap_or(&wanted).text();
    let list = InstalledFile::new(MANIFEST_FILE.into(), &text);
    for file in std::iter::once(&list).chain(files) {
        touched |= disk::put(folder, file)?;
    }
    Ok(match (before, touched) {
        (None, _) => Change::Installed,
        (Some(_), true) => Change::Updated,
        (Some(_), false) => Change::Unchanged,
    })
}

/// The effect of `uninstall` on a folder.
#[derive(Debug, Serialize)]
pub struct Emptied {
    /// The folder.
    pub path: PathBuf,
    /// The clients whose folder it is.
    pub client: Client,
    /// The removed files.
    pub removed: Vec<String>,
    /// The remaining files: they are not in the list, so they are not ours to remove.
    pub left: Vec<String>,
}

/// Removes the files in the folder's list, the list, and the folder if it is empty then. None if
/// the folder has nothing of ours.
pub fn empty(path: PathBuf, client: Client) -> Result<Option<Emptied>, InstallationError> {
    disk::refuse_foreign_links(&path)?;
    let manifest = Manifest::read(&path)?;
    let mut removed = Vec::new();
    if let Some(manifest) = manifest {
        // The file that NuGet searches for is removed first, and the list last.
        let names = manifest.files.into_iter().rev().map(|entry| entry.name);
        for name in names.chain([MANIFEST_FILE.to_string()]) {
            if disk::remove(&path, Path::new(&name))? {
                removed.push(name);
            }
        }
    }
    disk::sweep(&path);
    let left = names_in(&path)?;
    if left.is_empty() && path.is_dir() && !path.is_symlink() {
        fs::remove_dir(&path)
            .map_err(|source| disk::refused("remove the folder", &path, source))?;
    }
    let anything = !(removed.is_empty() && left.is_empty());
    Ok(anything.then_some(Emptied { path, client, removed, left }))
}

fn names_in(folder: &Path) -> Result<Vec<String>, InstallationError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let names: io::Result<Vec<String>> = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    });
    let mut names = names.map_err(|source| disk::refused("read the folder", folder, source))?;
    names.sort();
    Ok(names)
}

/// A file in a filled folder that prevents the plugin from starting.
pub fn obstacle(folder: &Path) -> Option<String> {
    let file = folder.join(format!("{NAME}.runtimeconfig.json"));
    file.exists().then(|| {
        format!(
            "`{}` makes `dotnet` look for a .NET application, so the plugin may not start; remove \
             that file",
            file.display()
        )
    })
}

/// The name of the list of installed files, which is in the same folder. `uninstall` removes the
/// files in it.
pub const MANIFEST_FILE: &str = "installed-files.json";

/// A list of some files is much smaller.
const LARGEST_LIST: u64 = 1 << 20;

/// The list of the files that an `install` wrote into one folder.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the plugin that wrote it.
    pub version: String,
    /// In the order of writing.
    pub files: Vec<ManifestEntry>,
}

/// One file of the list.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// Its name in the folder.
    pub name: String,
    /// The digest of its content, in hexadecimal digits.
    pub sha256: String,
    /// The digest of what stays when the file is signed, if it can be signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsigned: Option<String>,
}

impl ManifestEntry {
    fn of(file: &InstalledFile) -> Self {
        Self {
            name: file.path.to_string_lossy().into_owned(),
            sha256: digest(file.content),
            unsigned: unsigned_digest(file.content),
        }
    }

    /// Whether it is the file that was installed, or that file signed since.
    pub fn is_of(&self, content: &[u8]) -> bool {
        self.sha256 == digest(content)
            || self.unsigned.is_some() && self.unsigned == unsigned_digest(content)
    }

    fn is_same_apart_from_signature(&self, other: &Self) -> bool {
        let is_same_unsigned = self.unsigned.is_some() && self.unsigned == other.unsigned;
        self.name == other.name
            && (is_same_unsigned
                || (&self.sha256, &self.unsigned) == (&other.sha256, &other.unsigned))
    }
}

fn digest(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

fn unsigned_digest(content: &[u8]) -> Option<String> {
    let parts = Parts::of(content);
    parts.is_signable().then(|| digest(&parts.content))
}

impl Manifest {
    /// The list of `files`.
    pub fn of(files: &[InstalledFile]) -> Self {
        let files = files.iter().map(ManifestEntry::of).collect();
        Self { version: env!("CARGO_PKG_VERSION").to_string(), files }
    }

    /// The folder's list; none if there is no installation.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is something else, or names a file outside of the folder.
    pub fn read(folder: &Path) -> Result<Option<Self>, InstallationError> {
        let path = folder.join(MANIFEST_FILE);
        let text = match files::read_regular(&path, LARGEST_LIST) {
            Ok(text) => text,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(source) => return Err(disk::refused("read", &path, source)),
        };
        serde_json::from_slice::<Self>(&text)
            .ok()
            .filter(|manifest| manifest.files.iter().all(|entry| is_file_name(&entry.name)))
            .map_or(Err(InstallationError::Manifest(path)), |manifest| Ok(Some(manifest)))
    }

    /// Its text, formatted for people as well.
    #[expect(clippy::expect_used, reason = "two levels of text always serialize")]
    pub fn text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("text always serializes");
        text.push(b'\n');
        text
    }

    fn is_same_apart_from_signatures(&self, other: &Self) -> bool {
        let mut pairs = self.files.iter().zip(&other.files);
        self.version == other.version
            && self.files.len() == other.files.len()
            && pairs.all(|(own, other)| own.is_same_apart_from_signature(other))
    }

    /// Whether the file is in the list.
    pub fn names(&self, name: &str) -> bool {
        self.files.iter().any(|entry| entry.name == name)
    }
}

/// Whether it is a plain file name: the list may name files of its own folder only.
fn is_file_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let first = components.next();
    matches!(first, Some(Component::Normal(only)) if only == name) && components.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(name: &str, content: &'a [u8]) -> InstalledFile<'a> {
        InstalledFile::new(name.into(), content)
    }

    #[test]
    fn a_second_run_touches_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        assert_eq!(fill(&folder, &[file("x", b"1")]).unwrap(), Change::Installed);
        assert_eq!(fill(&folder, &[file("x", b"1")]).unwrap(), Change::Unchanged);
        assert_eq!(fill(&folder, &[file("x", b"2")]).unwrap(), Change::Updated);
        assert_eq!(fs::read(folder.join("x")).unwrap(), b"2");
    }

    #[test]
    fn a_file_that_was_signed_since_is_kept_and_one_that_is_signed_by_us_is_placed() {
        const PLAIN: &[u8] = include_bytes!("../../../protocol-tests/signatures/unsigned.dll");
        const SIGNED: &[u8] = include_bytes!("../../../protocol-tests/signatures/signed.dll");
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ours");
        let is_known = || {
            let entry = &Manifest::read(&folder).unwrap().unwrap().files[0];
            entry.is_of(&fs::read(folder.join("x")).unwrap())
        };
        fill(&folder, &[file("x", PLAIN)]).unwrap();
        fs::write(folder.join("x"), SIGNED).unwrap();
        assert!(is_known());
        assert_eq!(fill(&folder, &[file("x", PLAIN)]).unwrap(), Change::Unchanged);
        assert!(fs::read(folder.join("x")).unwrap() == SIGNED && is_known());

        fs::write(folder.join("x"), PLAIN).unwrap();
        assert_eq!(fill(&folder, &[file("x", SIGNED)]).unwrap(), Change::Updated);
        assert!(fs::read(folder.join("x")).unwrap() == SIGNED && is_known());
        assert_eq!(fill(&folder, &[file("x", PLAIN)]).unwrap(), Change::Unchanged);

        let mut newer = PLAIN.to_vec();
        newer[0x400] ^= 1;
        assert_eq!(fill(&folder, &[file("x", &newer)]).unwrap(), Change::Updated);
        assert!(fs::read(folder.join("x")).unwrap() == newer && is_known());
        fs::write(folder.join("x"), SIGNED).unwrap();
        assert!(!is_known());
        assert_eq!(empty(folder, Client::Netfx).unwrap().unwrap().left, [""; 0]);
    }

    #[test]
    fn what_an_earlier_version_listed_goes_and_what_it_did_not_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("theirs"), "").unwrap();
        fill(folder.path(), &[file("old", b""), file("x", b"")]).unwrap();
        fill(folder.path(), &[file("x", b"")]).unwrap();
        assert_eq!(names_in(folder.path()).unwrap(), [MANIFEST_FILE, "theirs", "x"]);
    }

    #[test]
    fn emptying_leaves_what_it_does_not_know() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ours");
        fill(&folder, &[file("x", b"1")]).unwrap();
        fs::write(folder.join("theirs"), "").unwrap();
        fs::write(folder.join("x"), "changed since").unwrap();
        let emptied = empty(folder.clone(), Client::Netfx).unwrap().unwrap();
        assert_eq!(emptied.removed, ["x", MANIFEST_FILE]);
        assert_eq!(emptied.left, ["theirs"]);
        fs::remove_file(folder.join("theirs")).unwrap();
        assert!(empty(folder, Client::Netfx).unwrap().is_none());
    }

    #[test]
    fn the_text_is_this() {
        let file = InstalledFile::new("a.dll".into(), b"abc");
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
            fs::write(folder.path().join(MANIFEST_FILE), text).unwrap();
            assert!(
                matches!(Manifest::read(folder.path()), Err(InstallationError::Manifest(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn no_list_is_no_installation() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(&folder.path().join("absent")).unwrap(), None);
    }
}
