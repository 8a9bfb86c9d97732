//! Files that NuGet does not read although their names nearly fit.
#![expect(clippy::disallowed_methods, reason = "it lists the files that exist")]

use std::fs;
use std::path::{Path, PathBuf};

use super::layers::{PROJECT_NAMES, project_file};
use crate::locations::Locations;

/// The most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// A file that NuGet does not read.
#[derive(Debug, PartialEq, Eq)]
pub struct Unread {
    pub path: PathBuf,
    /// The path that NuGet would read.
    pub right: PathBuf,
    /// Whether a file is there already.
    pub is_taken: bool,
}

/// The files in the working folder, those above it, and the user's folder.
pub(super) fn files(locations: &Locations, working_folder: &Path) -> Vec<Unread> {
    let user = locations.nuget_user_dir();
    let mut unread = Vec::new();
    for folder in working_folder.ancestors() {
        if Some(folder) != user.as_deref() {
            unread.extend(in_folder(folder, &folder.join(PROJECT_NAMES[0]), &PROJECT_NAMES));
        }
        // NuGet 2 read it there.
        let old = folder.join(".nuget");
        if working_folder.ancestors().all(|folder| folder != old) {
            let right = project_file(folder);
            let right = right.unwrap_or_else(|| folder.join(PROJECT_NAMES[0]));
            unread.extend(in_folder(&old, &right, &[]));
        }
    }
    if let Some(user) = user {
        unread.extend(in_folder(&user, &user.join("NuGet.Config"), &["NuGet.Config"]));
    }
    unread
}

/// The files of nearly this name in `folder`, apart from the one of `names` that is there first.
/// If none is there, NuGet would read `right`.
fn in_folder(folder: &Path, right: &Path, names: &[&str]) -> Vec<Unread> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_ENTRIES);
    let mut found: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.eq_ignore_ascii_case("nuget.config"))
        .collect();
    found.sort();
    let is_read = |name: &str| {
        names
            .iter()
            .any(|it| if IGNORES_CASE { it.eq_ignore_ascii_case(name) } else { *it == name })
    };
    let read = if IGNORES_CASE {
        found.iter().find(|name| is_read(name))
    } else {
        names.iter().find_map(|name| found.iter().find(|it| it == name))
    };
    let right = read.map_or_else(|| right.to_owned(), |name| folder.join(name));
    let is_taken = right.is_file();
    let others = found.iter().filter(|it| Some(*it) != read).map(|it| folder.join(it));
    let files = others.filter(|path| path.is_file());
    files.map(|path| Unread { path, right: right.clone(), is_taken }).collect()
}

/// Whether NuGet takes the file system for one that ignores case, and asks for one name only.
const IGNORES_CASE: bool = cfg!(any(windows, target_os = "macos"));

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_nearly_the_name_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let (odd, right) = (write("Nuget.Config"), folder.path().join("nuget.config"));
        let find = || in_folder(folder.path(), &right, &PROJECT_NAMES);
        let expected = |is_taken, right: &Path| {
            [Unread { path: odd.clone(), right: right.to_owned(), is_taken }]
        };
        assert_eq!(find(), expected(false, &right));
        let third = write("NuGet.Config");
        assert_eq!(find(), expected(true, &third));
        write("nuget.config");
        assert_eq!(find().len(), 2);
        let old = write(".nuget/NuGet.Config");
        assert_eq!(
            in_folder(&folder.path().join(".nuget"), &right, &[]),
            [Unread { path: old, right: right.clone(), is_taken: true }]
        );
    }
}
