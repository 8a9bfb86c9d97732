//! The machine-wide configuration file, which is the administrator's.
//!
//! No variable moves it or switches it off. It is used only if nobody but the administrator can
//! have written it. If somebody else can have, or if it cannot be read or parsed, every request
//! fails, because the machine's policy is unknown.

use std::path::{Path, PathBuf};

use super::file::{self, ConfigurationFile, FileError};
use crate::base::PROGRAM;
use crate::base::files::{self, Untrusted};

/// What was found.
pub(super) enum MachineFile {
    Absent,
    /// It exists and is not used, for this reason; the command that makes it the administrator's.
    Untrusted {
        reason: String,
        fix: String,
    },
    Read(Box<ConfigurationFile>),
}

/// Its path.
pub fn path() -> PathBuf {
    files::machine_config_dir().join(PROGRAM).join("config.toml")
}

pub(super) fn read(path: &Path, rules_before: usize) -> Result<MachineFile, FileError> {
    match files::check_administered(path) {
        Ok(()) => file::read(path, rules_before).map(|file| MachineFile::Read(Box::new(file))),
        Err(Untrusted::Reason { reason, fix }) => Ok(MachineFile::Untrusted { reason, fix }),
        Err(Untrusted::Io(error)) if files::is_absence(&error) => Ok(MachineFile::Absent),
        Err(Untrusted::Io(error)) => {
            Err(FileError::Unreadable { path: path.into(), detail: error.to_string() })
        }
    }
}
