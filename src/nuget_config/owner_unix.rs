//! The other names of a file that another takes the place of.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// How many hard links it has besides one.
pub fn other_names(of: &Metadata) -> u64 {
    of.nlink().saturating_sub(1)
}
