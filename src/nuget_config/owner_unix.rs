//! Owner, group and names of a file that another takes the place of.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown};

/// Gives the file to the other's owner and group.
pub fn keep(file: &File, of: &Metadata) -> io::Result<()> {
    let made = file.metadata()?;
    if (made.uid(), made.gid()) == (of.uid(), of.gid()) {
        return Ok(());
    }
    fchown(file, Some(of.uid()), Some(of.gid()))
}

/// How many hard links it has besides one.
pub fn other_names(of: &Metadata) -> u64 {
    of.nlink().saturating_sub(1)
}
