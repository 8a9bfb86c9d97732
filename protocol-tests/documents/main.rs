//! Checks of what is not code: the pages and the ready-made files.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod checks;
mod dockerfiles;
mod examples;
mod links;
mod messages;
mod pages;
mod policies;
#[allow(dead_code, reason = "files are listed by it, and no secrets are searched here")]
#[path = "../support/secret_scan.rs"]
mod secret_scan;
mod security;
#[cfg(unix)]
mod snippets;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

use secret_scan::files_below;

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a ready-made file.
fn example(name: &str) -> String {
    let path = repository("install/examples").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
