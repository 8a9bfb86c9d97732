//! No file system of this system is known to be in memory.

#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

use crate::base::environment::Environment;

/// None.
pub fn memory_folders(_environment: &Environment) -> Vec<PathBuf> {
    Vec::new()
}

/// None is.
#[cfg(test)]
pub fn is_memory(_path: &Path) -> bool {
    false
}
