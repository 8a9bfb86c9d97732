//! `install` and `uninstall`.

#[cfg(unix)]
mod links;
#[cfg(unix)]
mod owners;
#[cfg(unix)]
mod placing;
#[cfg(unix)]
mod removing;
#[cfg(unix)]
mod tree;
#[cfg(windows)]
mod windows;

use std::process::Command;

#[cfg(unix)]
use tree::tree;

use crate::support::process::{self, Run};
use crate::support::stage::LIMIT;
use crate::support::trials::Trial;

#[cfg(unix)]
pub fn trials() -> Vec<Trial> {
    let files = [links::trials(), owners::trials(), placing::trials(), removing::trials()];
    files.into_iter().flatten().collect()
}

/// The others are of modes, owners, links and scripts of `sh`.
#[cfg(windows)]
pub fn trials() -> Vec<Trial> {
    windows::trials()
}

fn run(command: &mut Command) -> Run {
    process::run(command, LIMIT)
}
