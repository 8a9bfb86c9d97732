//! The plugins folders outside of the home's that this user has installed in, so that `uninstall`
//! finds them without being told.
#![expect(clippy::disallowed_methods, reason = "the list of other installations is on disk")]

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::File;
use super::{Error, disk};
use crate::base::files;
use crate::locations::Locations;

/// The list's file name: a JSON array of absolute paths.
const FILE: &str = "installed-elsewhere.json";

/// The folders in the list; none where it cannot be read, or is another user's, who could make this
/// one remove an installation of its own.
pub fn recorded(locations: &Locations) -> Vec<PathBuf> {
    let Some(folder) = locations.own_data_dir() else { return Vec::new() };
    let list = folder.join(FILE);
    let text =
        if files::is_own_file(&list) { fs::read(list).unwrap_or_default() } else { Vec::new() };
    let mut folders: Vec<PathBuf> = serde_json::from_slice(&text).unwrap_or_default();
    folders.retain(|folder| folder.is_absolute());
    folders
}

/// Adds what is not the home's. Where there is no place for a list, nothing is recorded.
pub fn add(locations: &Locations, folders: &[PathBuf]) -> Result<(), Error> {
    let before = recorded(locations);
    let is_new = |folder: &&PathBuf| {
        !before.contains(folder) && locations.home_plugins_dir().as_ref() != Some(folder)
    };
    let new: Vec<PathBuf> = folders.iter().filter(is_new).cloned().collect();
    if new.is_empty() {
        return Ok(());
    }
    write(locations, &[before, new].concat())
}

/// Takes folders out of the list, and removes the list once it is empty.
pub fn remove(locations: &Locations, folders: &[PathBuf]) -> Result<(), Error> {
    let before = recorded(locations);
    let left: Vec<PathBuf> =
        before.iter().filter(|folder| !folders.contains(folder)).cloned().collect();
    if left.len() == before.len() {
        return Ok(());
    }
    write(locations, &left)
}

fn write(locations: &Locations, folders: &[PathBuf]) -> Result<(), Error> {
    let Some(place) = locations.own_data_dir() else { return Ok(()) };
    if folders.is_empty() {
        disk::remove(&place, Path::new(FILE))?;
        // Stays where something else is in it.
        let _ = fs::remove_dir(place);
        return Ok(());
    }
    let text = serde_json::to_vec(folders).map_err(std::io::Error::from)?;
    disk::make_folder(&place)?;
    disk::put(&place, &File::new(FILE.into(), &text)).map(drop)
}
