//! `scrub`: finds saved credentials of CodeArtifact sources, and removes them where it is told to.
#![expect(clippy::disallowed_methods, reason = "the edge: the working folder and the time")]

mod backup;
mod error;
pub mod finding;
#[cfg_attr(unix, path = "owner_only_unix.rs")]
#[cfg_attr(windows, path = "owner_only_windows.rs")]
mod owner_only;
mod report;
mod tracked;

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::print_failure;
use super::progress::Wait;
use crate::base::environment::Environment;
use crate::cli::ScrubArgs;
use crate::locations::Locations;
use crate::nuget_config::{ConfigError, Layer, LayerKind, NugetConfig, remove_credentials};
use crate::provider::Provider;
use backup::Backup;
use finding::Finding;
use report::{FileReport, Report};

pub use error::ScrubError;

/// How the command ended, where it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was found, or all of it is removed.
    Clean,
    /// Saved credentials were found, and are still there.
    Found,
}

/// No token lives longer.
const LONGEST_LIFE: Duration = Duration::from_hours(12);

/// Looks, removes with `--yes`, and reports on `out`.
pub fn run(
    args: &ScrubArgs,
    environment: &Environment,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> Result<Outcome, ScrubError> {
    let waiting = wait("git");
    let scrubbed = scrub(args, environment, provider);
    drop(waiting);
    let mut scrubbed = scrubbed.inspect_err(|error| print_failure(args.json, error, out))?;
    let failure = scrubbed.failures.first().map(ToString::to_string);
    if args.json {
        scrubbed.report.print_json(failure.as_deref(), out)?;
    } else if failure.is_none() || !scrubbed.report.files.is_empty() {
        scrubbed.report.print(args.yes, out)?;
    }
    match scrubbed.failures.pop() {
        Some(failure) => Err(failure),
        None if scrubbed.report.is_clean() => Ok(Outcome::Clean),
        None => Ok(Outcome::Found),
    }
}

/// What was done, and what could not be.
struct Scrubbed {
    report: Report,
    failures: Vec<ScrubError>,
}

fn scrub(
    args: &ScrubArgs,
    environment: &Environment,
    provider: &Provider,
) -> Result<Scrubbed, ScrubError> {
    let (config, named) = files(args, environment)?;
    let sources = finding::kinds_of_sources(&config, environment, provider);
    let backup = match (&args.backup, args.yes) {
        (Some(folder), true) => Some(Backup::open(folder)?),
        _ => None,
    };
    let mut scrubbed = Scrubbed { report: Report::default(), failures: Vec::new() };
    let is_meant = |layer: &&Layer| named.as_ref().is_none_or(|path| layer.file.path() == path);
    let mut done = HashSet::new();
    for layer in config.layers.iter().filter(is_meant) {
        // Links of one client's file to another's are usual.
        if !done.insert(layer.file.path().canonicalize().ok()) {
            continue;
        }
        let findings = finding::in_layer(layer, &sources)?;
        if findings.is_empty() {
            continue;
        }
        let mut file = file_report(layer, findings);
        if args.yes {
            match remove(layer, &mut file, backup.as_ref()) {
                Ok(()) => {}
                Err(failure) => scrubbed.failures.push(failure),
            }
        }
        scrubbed.report.files.push(file);
    }
    let hosts = provider.broken_settings().map(|error| ScrubError::Hosts(Box::new(error)));
    scrubbed.failures.extend(hosts);
    let broken = config.broken.into_iter().map(ScrubError::Config);
    // A file that is not asked about may be as broken as it likes.
    scrubbed.failures.extend(broken.filter(|_| named.is_none()));
    Ok(scrubbed)
}

/// All files, and the one that was named, if one was: what counts beside it tells whose its sources are.
fn files(
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

fn file_report(layer: &Layer, findings: Vec<Finding>) -> FileReport {
    let now = SystemTime::now();
    // What was written in the future was so by another clock.
    let written = layer.file.modified().map(|written| written.min(now));
    FileReport {
        path: layer.file.path().to_path_buf(),
        tracked: tracked::by_git(layer.file.path()),
        other_names: layer.file.other_names(),
        tokens_end_by: written.map(|written| written + LONGEST_LIFE),
        now,
        findings,
        removed: false,
        backup: None,
        problem: None,
    }
}

/// Removes what is surely CodeArtifact's, and nothing where a copy was wanted and is not there.
fn remove(
    layer: &Layer,
    report: &mut FileReport,
    backup: Option<&Backup>,
) -> Result<(), ScrubError> {
    let sure = report.findings.iter().filter(|finding| finding.is_certain);
    let doomed: Vec<_> = sure.map(|finding| finding.range.clone()).collect();
    if doomed.is_empty() {
        return Ok(());
    }
    let done = write(layer, &doomed, backup);
    report.problem = done.as_ref().err().map(ToString::to_string);
    report.removed = done.is_ok();
    report.backup = done?;
    Ok(())
}

fn write(
    layer: &Layer,
    doomed: &[std::ops::Range<usize>],
    backup: Option<&Backup>,
) -> Result<Option<PathBuf>, ScrubError> {
    let path: &Path = layer.file.path();
    let edits = remove_credentials(layer.file.text(), path, doomed)?;
    let copy = match (backup, layer.file.bytes()) {
        (Some(backup), Some(bytes)) => Some(backup.copy(path, bytes)?),
        _ => None,
    };
    layer.file.write(&edits)?;
    Ok(copy)
}

impl From<ConfigError> for ScrubError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
