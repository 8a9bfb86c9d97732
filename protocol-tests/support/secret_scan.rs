//! Searches files and outputs for what must be in none of them.

use std::fs;
use std::path::{Path, PathBuf};

/// Fails when a file below `root` holds one of `secrets`, plain or as the Basic password of `aws`.
///
/// Only files below one of `allowed` may hold them: the token cache is the one place for that.
/// Links are not followed.
#[track_caller]
pub fn assert_no_secrets(root: &Path, secrets: &[String], allowed: &[PathBuf]) {
    let found = files_with_secrets(root, secrets, allowed);
    assert!(found.is_empty(), "secrets were left in {found:#?}");
}

/// Fails when `text` holds one of `secrets`.
#[track_caller]
pub fn assert_no_secrets_in(text: &str, secrets: &[String]) {
    assert!(!holds(text.as_bytes(), &needles(secrets)), "a secret was printed:\n{text}");
}

/// The files below `root`, outside `allowed`, that hold one of `secrets`.
pub fn files_with_secrets(root: &Path, secrets: &[String], allowed: &[PathBuf]) -> Vec<PathBuf> {
    let needles = needles(secrets);
    let files = files_below(root);
    let outside = files.into_iter().filter(|file| !allowed.iter().any(|dir| file.starts_with(dir)));
    outside.filter(|file| fs::read(file).is_ok_and(|bytes| holds(&bytes, &needles))).collect()
}

/// The files and folders below `root` that others than their owner may read.
#[cfg(unix)]
pub fn readable_by_others(root: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let is_open = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    };
    let mut all = files_below(root);
    all.push(root.to_owned());
    all.retain(is_open);
    all
}

/// Other systems have no modes.
#[cfg(not(unix))]
pub fn readable_by_others(_: &Path) -> Vec<PathBuf> {
    Vec::new()
}

/// Every file below `root`, links left out.
pub fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

/// Each secret plain, and as it travels in an Authorization header.
fn needles(secrets: &[String]) -> Vec<Vec<u8>> {
    let basic = |secret: &String| aws_smithy_types::base64::encode(format!("aws:{secret}"));
    // Padding and the last group depend on what follows.
    let encoded = secrets.iter().map(|secret| basic(secret).trim_end_matches('=').to_owned());
    let all = secrets.iter().cloned().chain(encoded);
    all.map(|text| text.into_bytes()[..].to_vec()).filter(|needle| !needle.is_empty()).collect()
}

fn holds(bytes: &[u8], needles: &[Vec<u8>]) -> bool {
    needles.iter().any(|needle| {
        let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == needle[0]);
        starts.into_iter().any(|(at, _)| bytes[at..].starts_with(needle))
    })
}
