//! The configuration files as such: for whoever shows or changes them.

use std::path::{Path, PathBuf};

use super::file::{self, FileError};
use super::machine::{self, MachineFile};
use super::{Environment, SettingsError, config_file};
use crate::locations::Locations;

/// One of the configuration files.
#[derive(Debug)]
pub struct FileReport {
    pub kind: FileKind,
    pub path: PathBuf,
    pub state: FileState,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    User,
    Machine,
}

/// What is made of a file.
#[derive(Debug)]
pub enum FileState {
    Used,
    Absent,
    /// It is there and not used: others than the administrator may have written it.
    Untrusted(String),
    /// It ends everything.
    Broken(FileError),
}

/// The configuration files, and what is made of each.
pub fn file_reports(
    environment: &Environment,
    locations: &Locations,
) -> Result<Vec<FileReport>, SettingsError> {
    let mut reports = Vec::new();
    if let Some(path) = config_file(environment, locations)? {
        let state = match text_of(&path) {
            Ok(Some(_)) => FileState::Used,
            Ok(None) => FileState::Absent,
            Err(error) => FileState::Broken(error),
        };
        reports.push(FileReport { kind: FileKind::User, path, state });
    }
    let path = machine::path();
    let state = match machine::read(&path) {
        Ok(MachineFile::Read(_)) => FileState::Used,
        Ok(MachineFile::Absent) => FileState::Absent,
        Ok(MachineFile::Untrusted(reason)) => FileState::Untrusted(reason),
        Err(error) => FileState::Broken(error),
    };
    reports.push(FileReport { kind: FileKind::Machine, path, state });
    Ok(reports)
}

/// The text of a file that can be used; none where there is no file.
pub fn text_of(path: &Path) -> Result<Option<String>, FileError> {
    let Some(text) = file::read_text(path)? else { return Ok(None) };
    check_text(path, &text)?;
    Ok(Some(text))
}

/// Whether a file with this text could be used.
pub fn check_text(path: &Path, text: &str) -> Result<(), FileError> {
    file::parse(path, text).map(drop)
}
