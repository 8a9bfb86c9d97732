//! `configure validate`: checks configuration files without using them.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::{Context, Error};
use crate::report::{Output, ReportedError};
use crate::settings::{self, FileError, FileReport};

/// The checked files.
#[derive(Serialize)]
struct Validation {
    files: Vec<Validated>,
}

#[derive(Serialize)]
struct Validated {
    path: String,
    /// False if there is no such file, which is no error for the user's and the machine's.
    exists: bool,
    /// Where the error is, if it has a place.
    line: Option<usize>,
    column: Option<usize>,
    error: Option<ReportedError>,
}

/// Checks the file, or the user's and the machine's. Fails with the first error.
pub(super) fn run(
    file: Option<&Path>,
    context: &Context<'_>,
    out: &mut Output<'_>,
) -> Result<(), Error> {
    let (files, failures): (Vec<_>, Vec<_>) = match file {
        Some(file) => vec![named(file)],
        None => settings::file_reports(context.environment, &context.locations)?
            .iter()
            .map(of_report)
            .collect(),
    }
    .into_iter()
    .unzip();
    let validation = Validation { files };
    let failures: Vec<FileError> = failures.into_iter().flatten().collect();
    if out.is_json() {
        let errors: Vec<_> = failures.iter().map(|error| ReportedError::of(error)).collect();
        out.json(&validation, &errors)?;
    } else {
        super::print(&validation, out)?;
    }
    let failure = failures.into_iter().next();
    failure.map_or(Ok(()), |error| Err(settings::SettingsError::from(error).into()))
}

/// A file that the user has named must be there.
fn named(file: &Path) -> (Validated, Option<FileError>) {
    let (exists, error) = match settings::check_file(file) {
        Ok(true) => (true, None),
        Ok(false) => (false, Some(FileError::missing(file))),
        Err(error) => (true, Some(error)),
    };
    (Validated::of(file, exists, error.as_ref()), error)
}

fn of_report(report: &FileReport) -> (Validated, Option<FileError>) {
    let (state, error) = report.state();
    (Validated::of(&report.path, state != "absent", error), error.cloned())
}

impl Validated {
    fn of(path: &Path, exists: bool, error: Option<&FileError>) -> Self {
        let (line, column) = error.and_then(FileError::position).unzip();
        Self {
            path: path.to_string_lossy().into_owned(),
            exists,
            line,
            column,
            error: error.map(|error| ReportedError::of(error)),
        }
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Validated { path, exists, error, .. } in &self.files {
            match (exists, error) {
                (_, Some(_)) => writeln!(formatter, "invalid: {path}")?,
                (true, None) => writeln!(formatter, "valid: {path}")?,
                (false, None) => writeln!(formatter, "no file: {path}")?,
            }
        }
        Ok(())
    }
}
