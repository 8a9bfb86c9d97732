//! What is no code and must hold all the same: the ready-made files, and what SECURITY.md says.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the fences are the plugin's; its tests stand outside"
)]

#[path = "documents/dockerfiles.rs"]
mod dockerfiles;
#[path = "documents/examples.rs"]
mod examples;
#[path = "documents/policies.rs"]
mod policies;
#[path = "documents/security.rs"]
mod security;
#[cfg(unix)]
#[path = "documents/snippets.rs"]
mod snippets;
#[path = "documents/yaml.rs"]
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a ready-made file.
fn example(name: &str) -> String {
    let path = repository("install/examples").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below, by its path from there.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}
