//! `scrub`: finds saved credentials of CodeArtifact sources, and removes them with `--yes`.
#![expect(clippy::disallowed_methods, reason = "the edge: the working folder and the time")]

mod backup;
pub mod finding;
pub mod report;
mod version_control;

use std::collections::HashSet;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::time::SystemTime;

use thiserror::Error;

use crate::base::environment::Environment;
use crate::cli::ScrubArgs;
use crate::code::{Code, Coded};
use crate::locations::Locations;
use crate::nuget_config::{ConfigError, Layer, LayerKind, NugetConfig, remove_credentials};
use crate::provider::{Provider, ProviderError};
use crate::report::{Output, ReportedError};
use backup::Backup;
use report::{ScrubReport, ScrubbedFile};

/// The result of the command, unless it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was found, or everything found was removed.
    Clean,
    /// Saved credentials were found and not removed.
    Found,
}

/// Why the command failed. Each message says what failed, where, and the fix.
#[derive(Debug, Error)]
pub enum ScrubError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("Sources at your own hosts were skipped. {0}")]
    Hosts(Box<ProviderError>),
    #[error("`{}` does not exist. Name a NuGet.Config, or none for all that NuGet reads.", path.display())]
    Missing { path: PathBuf },
    #[error("The working folder is gone: {0}. Change to another folder.")]
    WorkingFolder(io::Error),
    #[error(
        "`{}` is in the work tree `{}`, where a copy with a password may be committed. Name a folder \
         outside with --backup.",
        folder.display(), tree.display()
    )]
    InWorkTree { folder: PathBuf, tree: PathBuf },
    #[error(
        "Other users can read `{}`, where a copy with a password would go. Name a folder with --backup \
         that only you can read (chmod 700).",
        folder.display()
    )]
    NotPrivate { folder: PathBuf },
    #[error(
        "Cannot make a copy in `{}`: {source}. Name another folder with --backup.",
        path.display()
    )]
    NoCopy { path: PathBuf, source: io::Error },
    #[error(
        "The result cannot be written: {0}. With --yes, the passwords are removed nevertheless."
    )]
    Output(#[from] io::Error),
}

impl Coded for ScrubError {
    fn code(&self) -> Code {
        match self {
            Self::Config(error) => error.code(),
            Self::Hosts(error) => error.code(),
            Self::Missing { .. } => Code::NoNuGetConfig,
            Self::WorkingFolder(_) => Code::NoWorkingFolder,
            Self::InWorkTree { .. } | Self::NotPrivate { .. } | Self::NoCopy { .. } => {
                Code::NoBackup
            }
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.fix(),
            Self::Hosts(error) => error.fix(),
            _ => None,
        }
    }
}

/// Searches, removes with `--yes`, and reports on `out`.
pub fn run(
    args: &ScrubArgs,
    environment: &Environment,
    provider: &Provider,
    out: &mut Output<'_>,
) -> Result<Outcome, ScrubError> {
    let (report, mut failures) = scrub(args, environment, provider)?;
    if out.is_json() {
        let mut errors: Vec<_> = failures.iter().map(|error| ReportedError::of(error)).collect();
        if errors.is_empty() && !report.is_clean() {
            errors.push(ReportedError::new(
                Code::SavedPassword,
                "Saved passwords were found. Remove them with --yes",
            ));
        }
        out.json(&report, &errors)?;
    } else if failures.is_empty() || !report.files.is_empty() {
        report.print(args.yes, out)?;
    }
    match failures.pop() {
        Some(failure) => Err(failure),
        None if report.is_clean() => Ok(Outcome::Clean),
        None => Ok(Outcome::Found),
    }
}

/// The results and the failures: a failure in one file does not affect the others.
pub(super) fn scrub(
    args: &ScrubArgs,
    environment: &Environment,
    provider: &Provider,
) -> Result<(ScrubReport, Vec<ScrubError>), ScrubError> {
    let (config, named) = read_files(args, environment)?;
    let sources = finding::kinds_of_sources(&config, environment, provider);
    let backup = args.backup.as_deref().filter(|_| args.yes).map(Backup::open).transpose()?;
    let (mut report, mut failures) = (ScrubReport::default(), Vec::new());
    let mut done = HashSet::new();
    for layer in &config.layers {
        let is_other = named.as_deref().is_some_and(|named| layer.file.path() != named);
        // Often one client's file is a link to another's, so the same file may be a layer twice.
        if is_other || !done.insert(layer.file.path().canonicalize().ok()) {
            continue;
        }
        let findings = finding::in_layer(layer, &sources)?;
        if findings.is_empty() {
            continue;
        }
        let mut file = ScrubbedFile::of(layer, findings, SystemTime::now());
        if args.yes
            && let Err(failure) = remove(layer, &mut file, backup.as_ref())
        {
            file.problem = Some(failure.to_string());
            failures.push(failure);
        }
        report.files.push(file);
    }
    failures.extend(provider.broken_settings().map(|error| ScrubError::Hosts(Box::new(error))));
    if named.is_none() {
        // If one file is named, broken other files do not matter.
        failures.extend(config.broken.into_iter().map(ScrubError::Config));
    }
    Ok((report, failures))
}

/// All files, and the path of the named one, if any: the other effective files show which of its
/// sources belong to CodeArtifact.
fn read_files(
    args: &ScrubArgs,
    environment: &Environment,
) -> Result<(NugetConfig, Option<PathBuf>), ScrubError> {
    let working_folder = std::env::current_dir().map_err(ScrubError::WorkingFolder)?;
    let locations = Locations::of(environment);
    let path = args.file.as_ref().map(|file| working_folder.join(file));
    let folder = path.as_ref().and_then(|path| path.parent()).unwrap_or(&working_folder);
    let mut config = NugetConfig::read_everywhere(&locations, folder);
    let (Some(path), Some(file)) = (path, &args.file) else { return Ok((config, None)) };
    if !config.layers.iter().any(|layer| layer.file.path() == path) {
        let layer = Layer::read(LayerKind::Project, &path)?;
        config.layers.push(layer.ok_or_else(|| ScrubError::Missing { path: file.clone() })?);
    }
    Ok((config, Some(path)))
}

/// Removes what certainly belongs to CodeArtifact, unless a copy was requested and failed.
fn remove(
    layer: &Layer,
    report: &mut ScrubbedFile,
    backup: Option<&Backup>,
) -> Result<(), ScrubError> {
    let certain = report.findings.iter().filter(|finding| finding.is_certain);
    let doomed: Vec<Range<usize>> = certain.map(|finding| finding.range.clone()).collect();
    if doomed.is_empty() {
        return Ok(());
    }
    let path = layer.file.path();
    let edits = remove_credentials(layer.file.text(), path, &doomed)?;
    let copy = match (backup, layer.file.bytes()) {
        (Some(backup), Some(bytes)) => Some(backup.copy(path, bytes)?),
        _ => None,
    };
    layer.file.write(&edits)?;
    report.backup = copy.map(|copy| copy.display().to_string());
    report.removed = true;
    Ok(())
}
