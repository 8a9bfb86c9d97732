//! The machine-wide configuration file, which is the administrator's.
//!
//! No variable moves it or switches it off. It is used only where nobody but the administrator can
//! have put it there. One that cannot be read or parsed fails every request: its policy is unknown.

use std::path::{Path, PathBuf};

use super::file::{self, ConfigurationFile, FileError};
use crate::base::PROGRAM;
use crate::base::files::{self, Untrusted};

/// What became of it.
pub(super) enum MachineFile {
    Absent,
    /// It is there and not used, for this reason.
    Untrusted(String),
    Read(Box<ConfigurationFile>),
}

/// Where it is.
pub fn path() -> PathBuf {
    files::machine_config_dir().join(PROGRAM).join("config.toml")
}

pub(super) fn read(path: &Path, rules_before: usize) -> Result<MachineFile, FileError> {
    match files::check_administered(path) {
        Ok(()) => file::read(path, rules_before).map(|file| MachineFile::Read(Box::new(file))),
        Err(Untrusted::Reason(reason)) => Ok(MachineFile::Untrusted(reason)),
        Err(Untrusted::Io(error)) if files::is_absence(&error) => Ok(MachineFile::Absent),
        Err(Untrusted::Io(error)) => {
            Err(FileError::Unreadable { path: path.into(), detail: error.to_string() })
        }
    }
}
