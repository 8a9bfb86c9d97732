//! `install` and `uninstall`.

mod links;
mod owners;
mod placing;
mod removing;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::process::{self, Run};
use crate::support::stage::LIMIT;
use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [links::trials(), owners::trials(), placing::trials(), removing::trials()];
    files.into_iter().flatten().collect()
}

fn run(command: &mut Command) -> Run {
    process::run(command, LIMIT)
}

/// Every file and folder below, with its mode (000 for a link), sorted.
fn tree(folder: &Path) -> Vec<String> {
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
