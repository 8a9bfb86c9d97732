//! `uninstall`: removes what `install` has written, and nothing else.
#![expect(clippy::disallowed_methods, reason = "it removes what is ours")]

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::installation::folder::Emptied;
use super::installation::layout::Client;
use super::installation::package::PackageManager;
use super::installation::{self, InstallationError, claims, command_file, disk, folder};
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::invocation::DOTNET_COMMAND;
use crate::cache;
use crate::cli::UninstallArgs;
use crate::locations::Locations;
use crate::report::Output;
use crate::settings;

/// The result. Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UninstallReport {
    /// Our folders that were not empty.
    folders: Vec<Emptied>,
    /// What people started as `dotnet codeartifact`.
    commands: Vec<PathBuf>,
    /// Entries for the plugin in NuGet's plugin cache.
    claims_dropped: Vec<PathBuf>,
    /// Folders that `--purge` removed.
    purged: Vec<PathBuf>,
    warnings: Vec<String>,
}

/// Removes everything, and reports on `out`. It is no error if there is nothing to remove.
///
/// # Errors
///
/// If something that is ours could not be removed.
pub fn run(
    args: &UninstallArgs,
    environment: &Environment,
    out: &mut Output<'_>,
) -> Result<(), InstallationError> {
    let report = uninstall(args, environment)?;
    if out.is_json() {
        out.json(&report, &[])?;
    } else {
        print(&report, out)?;
    }
    Ok(())
}

fn uninstall(
    args: &UninstallArgs,
    environment: &Environment,
) -> Result<UninstallReport, InstallationError> {
    let mut folders = Vec::new();
    let mut plugins = Vec::new();
    let plugins_folders = match &args.dir {
        Some(named) => installation::plugins_folders(Some(named), environment)?,
        None => installation::all_plugins_folders(environment)?,
    };
    let commands = command_file::remove(environment, &plugins_folders)?;
    for plugins_folder in &plugins_folders {
        for client in Client::ALL {
            let path = client.folder(plugins_folder);
            plugins.extend(client.startable(&path));
            folders.extend(folder::empty(path, client)?);
        }
    }
    installation::forget_elsewhere(&Locations::of(environment), &plugins_folders)?;
    let claims_dropped = claims::drop_all(environment, &plugins)?;
    let (purged, mut warnings) = if args.purge {
        (purge(environment)?, moved_elsewhere(environment))
    } else {
        (Vec::new(), Vec::new())
    };
    warnings.extend(of_a_package(environment).filter(|_| args.dir.is_none()));
    Ok(UninstallReport { folders, commands, claims_dropped, purged, warnings })
}

/// Removes the folders of the cache and of the configuration, unless they contain other files.
fn purge(environment: &Environment) -> Result<Vec<PathBuf>, InstallationError> {
    let locations = Locations::of(environment);
    let configuration = locations.config_file();
    let configuration = configuration.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let mut purged = Vec::new();
    for folder in cache::folders(environment, &locations).into_iter().chain(configuration) {
        match std::fs::remove_dir_all(&folder) {
            Ok(()) => purged.push(folder),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(disk::refused("remove the folder", &folder, source)),
        }
    }
    Ok(purged)
}

/// A note on the copy on `PATH` of a package manager, which NuGet still finds.
fn of_a_package(environment: &Environment) -> Option<String> {
    let file = environment.program(PROGRAM)?;
    let package = PackageManager::of(&file)?;
    let (file, name, removal) = (file.display(), package.name(), package.removal());
    Some(format!("{file} belongs to a package of {name} and stays; to remove it: {removal}"))
}

/// Warns that folders and files that the user has named stay, because they may contain other data.
fn moved_elsewhere(environment: &Environment) -> Vec<String> {
    let places = settings::moved_places(environment).into_iter();
    let warnings = places.map(|(variable, path)| {
        format!("`{variable}` names `{}`, which is left alone", path.display())
    });
    warnings.collect()
}

fn print(report: &UninstallReport, out: &mut dyn Write) -> std::io::Result<()> {
    for emptied in &report.folders {
        print_emptied(emptied, out)?;
    }
    if report.folders.iter().all(|emptied| emptied.removed.is_empty()) {
        writeln!(out, "nothing is installed here")?;
    }
    for file in &report.commands {
        writeln!(out, "removed: {} ({DOTNET_COMMAND})", file.display())?;
    }
    for entry in &report.claims_dropped {
        writeln!(out, "removed: {} (NuGet's note about the plugin)", entry.display())?;
    }
    for folder in &report.purged {
        writeln!(out, "removed: {}", folder.display())?;
    }
    for warning in &report.warnings {
        writeln!(out, "note: {warning}")?;
    }
    Ok(())
}

fn print_emptied(emptied: &Emptied, out: &mut dyn Write) -> std::io::Result<()> {
    let path = emptied.path.display();
    if !emptied.removed.is_empty() {
        writeln!(out, "removed: {path} ({})", emptied.client.description())?;
    }
    for name in &emptied.left {
        let file = emptied.path.join(name);
        let reason = if disk::is_retired(name) {
            "still runs; delete it once it has ended"
        } else {
            "is not from `install` and is left alone"
        };
        writeln!(out, "note: {} {reason}", file.display())?;
    }
    Ok(())
}
