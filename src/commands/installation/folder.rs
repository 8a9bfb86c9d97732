//! One of our folders: brought to a wanted state, or emptied.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::layout::{Client, File, NAME};
use super::manifest::{self, Manifest};
use super::{Error, disk};

/// What `install` did to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Nothing of ours was there.
    Installed,
    /// Something of ours was there, and not all of it was right.
    Updated,
    /// Everything was right already.
    Unchanged,
}

/// Puts `files` into `folder`, with their list, and removes what an earlier list names besides.
///
/// The list is written first and the file that NuGet looks for last, so that a run that is ended
/// half-way leaves something that can be completed or removed.
pub fn fill(folder: &Path, files: &[File]) -> Result<Change, Error> {
    disk::make_folder(folder)?;
    disk::sweep(folder);
    // A list that cannot be read is written anew.
    let before = Manifest::read(folder).unwrap_or_default();
    let wanted = Manifest::of(files);
    let mut touched = false;
    let obsolete = before.iter().flat_map(|manifest| &manifest.files).map(|entry| &entry.name);
    for name in obsolete.filter(|name| !wanted.names(name)) {
        touched |= disk::remove(folder, Path::new(name))?;
    }
    let text = wanted.text();
    let list = File::new(manifest::FILE.into(), &text);
    for file in std::iter::once(&list).chain(files) {
        touched |= disk::put(folder, file)?;
    }
    Ok(match (before, touched) {
        (None, _) => Change::Installed,
        (Some(_), true) => Change::Updated,
        (Some(_), false) => Change::Unchanged,
    })
}

/// What `uninstall` found in a folder.
#[derive(Debug, Serialize)]
pub struct Emptied {
    /// The folder.
    pub path: PathBuf,
    /// Whose folder it is.
    pub client: Client,
    /// The files that are gone.
    pub removed: Vec<String>,
    /// What is still there: not in the list, so not ours to remove.
    pub left: Vec<String>,
}

/// Removes what the folder's list names, the list, and the folder once it is empty. None where there
/// is nothing at all.
pub fn empty(path: PathBuf, client: Client) -> Result<Option<Emptied>, Error> {
    disk::refuse_foreign_links(&path)?;
    let manifest = Manifest::read(&path)?;
    let mut removed = Vec::new();
    if let Some(manifest) = manifest {
        // The file that NuGet looks for goes first, the list last.
        let names = manifest.files.into_iter().rev().map(|entry| entry.name);
        for name in names.chain([manifest::FILE.to_string()]) {
            if disk::remove(&path, Path::new(&name))? {
                removed.push(name);
            }
        }
    }
    disk::sweep(&path);
    let left = names_in(&path)?;
    if left.is_empty() && path.is_dir() && !path.is_symlink() {
        std::fs::remove_dir(&path)
            .map_err(|source| disk::refused("remove the folder", &path, source))?;
    }
    let anything = !(removed.is_empty() && left.is_empty());
    Ok(anything.then_some(Emptied { path, client, removed, left }))
}

fn names_in(folder: &Path) -> Result<Vec<String>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = |source| disk::refused("read the folder", folder, source);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut names = entries
        .map(|entry| Ok(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>, Error>>()?;
    names.sort();
    Ok(names)
}

/// What stands in a filled folder and keeps the plugin from starting.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(name: &str, content: &'a [u8]) -> File<'a> {
        File::new(name.into(), content)
    }

    #[test]
    fn a_second_run_touches_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        assert_eq!(fill(&folder, &[file("x", b"1")]).unwrap(), Change::Installed);
        assert_eq!(fill(&folder, &[file("x", b"1")]).unwrap(), Change::Unchanged);
        assert_eq!(fill(&folder, &[file("x", b"2")]).unwrap(), Change::Updated);
        assert_eq!(std::fs::read(folder.join("x")).unwrap(), b"2");
    }

    #[test]
    fn what_an_earlier_version_listed_goes_and_what_it_did_not_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("theirs"), "").unwrap();
        fill(folder.path(), &[file("old", b""), file("x", b"")]).unwrap();
        fill(folder.path(), &[file("x", b"")]).unwrap();
        assert_eq!(names_in(folder.path()).unwrap(), [manifest::FILE, "theirs", "x"]);
    }

    #[test]
    fn emptying_leaves_what_it_does_not_know() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("ours");
        fill(&folder, &[file("x", b"1")]).unwrap();
        std::fs::write(folder.join("theirs"), "").unwrap();
        std::fs::write(folder.join("x"), "changed since").unwrap();
        let emptied = empty(folder.clone(), Client::Netfx).unwrap().unwrap();
        assert_eq!(emptied.removed, ["x", manifest::FILE]);
        assert_eq!(emptied.left, ["theirs"]);
        std::fs::remove_file(folder.join("theirs")).unwrap();
        assert!(empty(folder, Client::Netfx).unwrap().is_none());
    }
}
