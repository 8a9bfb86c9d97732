//! What this user may do with files and folders, according to the read-only attribute. Access
//! control lists are not read: what they forbid shows only when it is tried.

use std::path::Path;

pub fn is_executable(_file: &Path) -> bool {
    true
}

pub fn may_run(_file: &Path) -> bool {
    true
}

pub fn is_writable(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|found| !found.permissions().readonly())
}

pub fn is_readable_and_writable(folder: &Path) -> bool {
    is_writable(folder)
}

pub fn is_own(_path: &Path) -> bool {
    true
}

pub fn mode_for_owner_alone(_: &Path) -> Option<u32> {
    None
}

/// Access lists are not looked at here: files in a user's folders are the user's by default.
pub fn mode_for_everybody(_: &Path) -> Option<u32> {
    None
}
