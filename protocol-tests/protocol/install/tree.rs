//! A folder as a list.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Every file and folder below, with its mode (000 for a link), sorted.
pub fn tree(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = path.symlink_metadata().expect("its metadata");
            let name = path.strip_prefix(folder).expect("a path below").display();
            if metadata.is_symlink() {
                // A link has no mode of its own.
                lines.push(format!("{name} 000"));
                continue;
            }
            lines.push(format!("{name} {:o}", metadata.permissions().mode() & 0o777));
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    lines.sort();
    lines
}
