//! What this user may do with files and folders, according to the system.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{Access, access};

use crate::base::files::is_ours;

/// Whether anybody may execute the file: NuGet checks no more than that.
pub fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

/// Whether this user may execute the file.
pub fn may_run(file: &Path) -> bool {
    access(file, Access::EXEC_OK).is_ok()
}

/// Whether this user can create files in the folder.
pub fn is_writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether this user can also list the folder.
pub fn is_readable_and_writable(folder: &Path) -> bool {
    access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether it belongs to this user, or does not exist.
pub fn is_own(path: &Path) -> bool {
    path.symlink_metadata().map_or(true, |found| is_ours(&found))
}

/// The file's mode, if it is this user's, and other users can reach but not execute it.
pub fn mode_for_owner_alone(file: &Path) -> Option<u32> {
    const EXECUTED_BY_OTHERS: u32 = 0o001;
    let mode = |path: &Path| Some(path.metadata().ok()?.permissions().mode() & 0o7777);
    let lets_others = |path: &Path| mode(path).is_some_and(|mode| mode & EXECUTED_BY_OTHERS != 0);
    let is_reached = file.canonicalize().ok()?.ancestors().skip(1).all(lets_others);
    mode(file).filter(|_| is_own(file) && is_reached && !lets_others(file))
}

/// Its mode, if everybody may write to it. In a folder with the sticky bit, users cannot exchange
/// what belongs to others.
pub fn mode_for_everybody(path: &Path) -> Option<u32> {
    const WRITABLE_BY_OTHERS: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let found = path.metadata().ok()?;
    let mode = found.permissions().mode() & 0o7777;
    let is_sticky_folder = found.is_dir() && mode & STICKY != 0;
    (mode & WRITABLE_BY_OTHERS != 0 && !is_sticky_folder).then_some(mode)
}
