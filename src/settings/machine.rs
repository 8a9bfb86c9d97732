//! The machine-wide configuration file: the administrator's, or nobody's.
//!
//! No variable moves it or switches it off. It counts only where nobody but the administrator can
//! have put it there; one that cannot be read or parsed ends everything, since its policy is unknown.

use std::io;
use std::path::{Path, PathBuf};

use super::file::{self, ConfigurationFile, FileError};
use crate::sys::{self, Distrust};

/// What became of it.
pub(super) enum MachineFile {
    Absent,
    /// It is there and not used, for this reason.
    Untrusted(String),
    Read(ConfigurationFile),
}

/// Where it is.
pub fn path() -> Option<PathBuf> {
    Some(sys::machine_config_dir()?.join("nuget-plugin-codeartifact").join("config.toml"))
}

pub(super) fn read(path: &Path) -> Result<MachineFile, FileError> {
    match trust(path) {
        Ok(Trust::Absent) => Ok(MachineFile::Absent),
        Ok(Trust::Untrusted(reason)) => Ok(MachineFile::Untrusted(reason)),
        Ok(Trust::Trusted) => file::read(path).map(MachineFile::Read),
        Err(error) => Err(FileError::Unreadable { path: path.into(), detail: error.to_string() }),
    }
}

/// Whether the file counts.
pub(super) enum Trust {
    Absent,
    Untrusted(String),
    Trusted,
}

pub(super) fn trust(path: &Path) -> io::Result<Trust> {
    match sys::check_administered(path) {
        Ok(()) => Ok(Trust::Trusted),
        Err(Distrust::Reason(reason)) => Ok(Trust::Untrusted(reason)),
        Err(Distrust::Io(error)) if file::is_absence(error.kind()) => Ok(Trust::Absent),
        Err(Distrust::Io(error)) => Err(error),
    }
}
