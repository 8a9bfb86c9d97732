//! `uninstall`: removes what `install` has put somewhere, and nothing else.
#![expect(clippy::disallowed_methods, reason = "it removes what is ours")]

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::installation::folder::Emptied;
use super::installation::layout::Client;
use super::installation::{Error, claims, disk, elsewhere, folder, layout};
use super::print_failure;
use crate::base::environment::Environment;
use crate::cache;
use crate::cli::UninstallArgs;
use crate::locations::Locations;
use crate::settings;

/// What was done. `--json` prints just this; names and values stay as they are.
#[derive(Debug, Serialize)]
struct Report {
    /// The folders of ours in which there was anything.
    folders: Vec<Emptied>,
    /// Entries for the plugin in NuGet's claims cache.
    claims_dropped: Vec<PathBuf>,
    /// Folders that `--purge` removed.
    purged: Vec<PathBuf>,
    warnings: Vec<String>,
}

/// Removes, and reports on `out`. Nothing to remove is no error.
///
/// # Errors
///
/// Where something that is ours could not be removed.
pub fn run(
    args: &UninstallArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let report =
        uninstall(args, environment).inspect_err(|error| print_failure(args.json, error, out))?;
    if args.json {
        let text = serde_json::to_string(&report).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
    } else {
        print(&report, out)?;
    }
    Ok(())
}

fn uninstall(args: &UninstallArgs, environment: &Environment) -> Result<Report, Error> {
    let mut folders = Vec::new();
    let mut plugins = Vec::new();
    let plugins_folders = plugins_folders(args, environment)?;
    for plugins_folder in &plugins_folders {
        for client in Client::ALL {
            let path = client.folder(plugins_folder);
            plugins.extend(client.startable(&path));
            folders.extend(folder::empty(path, client)?);
        }
    }
    elsewhere::remove(&Locations::of(environment), &plugins_folders)?;
    let claims_dropped = claims::drop_all(environment, &plugins)?;
    let purged = if args.purge { purge(environment)? } else { Vec::new() };
    let warnings = if args.purge { moved_elsewhere(environment) } else { Vec::new() };
    Ok(Report { folders, claims_dropped, purged, warnings })
}

/// The folder that was named, or those of the home and whatever else was installed in.
fn plugins_folders(args: &UninstallArgs, environment: &Environment) -> Result<Vec<PathBuf>, Error> {
    let mut folders = layout::plugins_folders(args.dir.as_deref(), environment)?;
    if args.dir.is_none() {
        let mut others = elsewhere::recorded(&Locations::of(environment));
        others.retain(|other| !folders.contains(other));
        folders.extend(others);
    }
    Ok(folders)
}

/// Removes the cache's folders and the configuration's, which are ours alone.
fn purge(environment: &Environment) -> Result<Vec<PathBuf>, Error> {
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

/// A folder or file that the user has named may hold other things as well.
fn moved_elsewhere(environment: &Environment) -> Vec<String> {
    let left = |(variable, path): (&str, PathBuf)| {
        format!("`{variable}` names `{}`, which is left alone", path.display())
    };
    settings::moved_places(environment).into_iter().map(left).collect()
}

fn print(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for emptied in &report.folders {
        print_emptied(emptied, out)?;
    }
    if report.folders.iter().all(|emptied| emptied.removed.is_empty()) {
        writeln!(out, "nothing is installed here")?;
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
            "still runs; run `uninstall` again once it has ended"
        } else {
            "is not from `install` and is left alone"
        };
        writeln!(out, "note: {} {reason}", file.display())?;
    }
    Ok(())
}
