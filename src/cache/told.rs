//! Records that the user was told of a failure, for the other copies of the plugin. They have no
//! secret, and are stored beside the tokens.

use std::path::PathBuf;
use std::time::SystemTime;

use super::folder::{self, Folder};
use super::key::CacheKey;

/// The record of the first folder that has one for the key.
pub fn told(folders: &[PathBuf], key: &CacheKey) -> Option<Vec<u8>> {
    let mut files = folders.iter().map(|path| folder::told_file(path, key));
    files.find_map(|file| Some(folder::read_file(&file).ok()?.to_vec()))
}

/// Stores a record in the first folder that can be used, which is created if it is missing. If there
/// is none, the other copies tell the user again.
pub fn note_told(folders: &[PathBuf], key: &CacheKey, bytes: &[u8], now: SystemTime) {
    let mut folders = folders.iter().filter_map(|path| Folder::open(path.clone()).ok());
    let _ = folders.find(|folder| folder.note_told(key, bytes, now).is_ok());
}
