//! The common parts of `install` and `uninstall`: the files of an installation, and the folders
//! that have one.
//!
//! - [`layout`]: the files and their folders, without touching the disk
//! - [`folder`], [`disk`]: one folder filled or emptied, and its list of files
//! - [`signature`], [`signing_clients`]: what signing changes in a file, and which clients demand it
//! - [`command_file`]: `dotnet-codeartifact`, by which people start the plugin
//! - [`package`], [`dotnet_tool`]: the package manager or the .NET tool that a copy on `PATH` belongs to
//! - [`claims`]: NuGet's plugin cache, which may prevent it from starting the plugin
//! - [`dotnet`], [`handshake`]: the installed plugin started as NuGet does
//! - [`global_json`]: how a repository chooses the SDK
#![expect(clippy::disallowed_methods, reason = "the list of other installations is on disk")]

pub mod claims;
pub mod command_file;
pub mod disk;
pub mod dotnet;
pub mod dotnet_tool;
pub mod folder;
pub mod global_json;
pub mod handshake;
pub mod layout;
pub mod package;
pub mod signature;
pub mod signing_clients;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::base::environment::{Environment, HOME};
use crate::base::files;
use crate::base::invocation::command;
use crate::code::{Code, Coded};
use crate::locations::Locations;
use disk::refused;
use layout::InstalledFile;

/// The name of the list of installations outside of the home's plugins folder: a JSON array of
/// absolute paths.
const ELSEWHERE: &str = "installed-elsewhere.json";

/// Why an installation was not made or removed. Each message says what failed, where, and the fix.
#[derive(Debug, Error)]
pub enum InstallationError {
    /// There is no folder for the installation.
    #[error(
        "No home folder is known: `{variable}` is not set to an absolute path, and the system's \
         user database has none for this user."
    )]
    NoHome {
        /// The variable with the home on this system.
        variable: &'static str,
    },
    /// NuGet puts the path in quotes and escapes nothing in it.
    #[error("NuGet cannot start a plugin below `{0}`, because of the `\"` in the path.")]
    Quote(PathBuf),
    /// .NET's paths are Unicode.
    #[error("NuGet cannot start a plugin below `{0}`, because the path is not Unicode.")]
    NotUnicode(PathBuf),
    /// Built with `CODEARTIFACT_NUGET_NO_LAUNCHER`.
    #[error(
        "This build of the plugin has no launcher, and `dotnet` does not find a plugin without one."
    )]
    NoLauncher,
    /// The file to copy.
    #[error("This program's own file cannot be read: {0}.")]
    OwnFile(io::Error),
    /// The file system refuses an operation.
    #[error("Cannot {action} `{path}`: {source}.")]
    Disk {
        /// The verb of the operation.
        action: &'static str,
        /// The path of the operation.
        path: PathBuf,
        /// The reason that the system gives.
        source: io::Error,
    },
    /// Another user may have made it to redirect a more powerful user's writes.
    #[cfg(unix)]
    #[error(
        "`{0}` is a link of one user to a folder of another user, which is not safe to follow."
    )]
    ForeignLink(PathBuf),
    /// Something else has the name of the command's file.
    #[error("`{}` is not from this program.", .0.display())]
    CommandTaken(PathBuf),
    /// The list of installed files cannot be trusted.
    #[error("`{0}` is not a list of installed files.")]
    Manifest(PathBuf),
    /// Everything is installed, and the plugin does not respond.
    #[error("The installed plugin does not work: {0}.")]
    Check(String),
    /// Standard output is closed.
    #[error("Everything is done, but the result cannot be printed: {0}.")]
    Output(#[from] io::Error),
}

impl Coded for InstallationError {
    fn code(&self) -> Code {
        match self {
            Self::NoHome { .. } => Code::NoHome,
            Self::Quote(_) | Self::NotUnicode(_) => Code::InvalidPluginsFolder,
            Self::NoLauncher => Code::NoLauncher,
            Self::OwnFile(_) | Self::Disk { .. } | Self::CommandTaken(_) => Code::NotInstalled,
            #[cfg(unix)]
            Self::ForeignLink(_) => Code::ForeignLink,
            Self::Manifest(_) => Code::InvalidInstallation,
            Self::Check(_) => Code::PluginBroken,
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        let fix = match self {
            Self::NoHome { variable } => {
                return Some(format!("Set `{variable}`, or choose a plugins folder with `--dir`."));
            }
            Self::Quote(_) | Self::NotUnicode(_) => "Choose another plugins folder with `--dir`.",
            Self::NoLauncher => "Use a release build, or `--no-launcher` or `--netfx-only`.",
            Self::OwnFile(_) => "Start it by its full path.",
            Self::Disk { path, source, .. } => {
                let is_denied = source.kind() == io::ErrorKind::PermissionDenied;
                if let Some(fix) = is_denied.then(|| give_back(path)).flatten() {
                    return Some(fix);
                }
                fix_of(source)?
            }
            #[cfg(unix)]
            Self::ForeignLink(_) => {
                "Remove the link, or choose another plugins folder with `--dir`."
            }
            Self::CommandTaken(_) => "Remove it and run this again.",
            Self::Manifest(_) => {
                return Some(format!("Write a new list: {}", command(["install"])));
            }
            Self::Check(_) | Self::Output(_) => return None,
        };
        Some(fix.to_owned())
    }
}

/// For a folder of another user in the home, as `sudo dotnet` leaves it, or root in a container whose
/// home is not root's.
#[cfg(unix)]
fn give_back(path: &Path) -> Option<String> {
    use crate::base::shell::quoted;
    let (folder, other) = files::others_in_ours(path)?;
    let folder_word = quoted(&folder.to_string_lossy());
    Some(format!(
        "`{}` belongs to user {other}, and this runs as user {user}: sudo chown -R {user} {folder_word}",
        folder.display(),
        user = files::our_uid(),
    ))
}

#[cfg(not(unix))]
fn give_back(_: &Path) -> Option<String> {
    None
}

fn fix_of(source: &io::Error) -> Option<&'static str> {
    use io::ErrorKind;
    Some(match source.kind() {
        ErrorKind::PermissionDenied => {
            "Make it writable for this user, or choose another plugins folder with `--dir`."
        }
        ErrorKind::ReadOnlyFilesystem => "Choose a writable plugins folder with `--dir`.",
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => {
            "Something else is in its place: move that away and run this again."
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "Free some space and run this again.",
        _ => return None,
    })
}

/// The plugins folders to use: the named one, or those that this user's clients search.
///
/// # Errors
///
/// If there is none, or if NuGet could not start anything in it.
pub fn plugins_folders(
    named: Option<&Path>,
    environment: &Environment,
) -> Result<Vec<PathBuf>, InstallationError> {
    let folders = match named {
        Some(folder) => match std::path::absolute(folder) {
            Ok(absolute) => vec![files::normal(&absolute)],
            Err(source) => return Err(refused("find", folder, source)),
        },
        None => Locations::of(environment).plugins_dirs(),
    };
    if folders.is_empty() {
        return Err(InstallationError::NoHome { variable: HOME });
    }
    folders.into_iter().map(startable).collect()
}

/// The folders in which this user may have an installation: those that clients search, and those
/// that `install --dir` recorded.
pub fn all_plugins_folders(environment: &Environment) -> Result<Vec<PathBuf>, InstallationError> {
    let mut folders = plugins_folders(None, environment)?;
    for recorded in recorded_elsewhere(&Locations::of(environment)) {
        if !folders.contains(&recorded) {
            folders.push(recorded);
        }
    }
    Ok(folders)
}

fn startable(folder: PathBuf) -> Result<PathBuf, InstallationError> {
    match folder.to_str() {
        None => Err(InstallationError::NotUnicode(folder)),
        Some(text) if text.contains('"') => Err(InstallationError::Quote(folder)),
        Some(_) => Ok(folder),
    }
}

/// The plugins folders outside of the home in which this user has installed, so that `uninstall`
/// finds them. None if the list cannot be read or belongs to another user, who could otherwise make
/// this user remove an installation.
fn recorded_elsewhere(locations: &Locations) -> Vec<PathBuf> {
    let Some(folder) = locations.own_data_dir() else { return Vec::new() };
    let list = folder.join(ELSEWHERE);
    if !files::is_own_file(&list) {
        return Vec::new();
    }
    let mut folders: Vec<PathBuf> =
        serde_json::from_slice(&fs::read(list).unwrap_or_default()).unwrap_or_default();
    folders.retain(|folder| folder.is_absolute());
    folders
}

/// Records those outside of the home. If there is no place for a list, nothing is recorded.
pub fn record_elsewhere(
    locations: &Locations,
    folders: &[PathBuf],
) -> Result<(), InstallationError> {
    let mut recorded = recorded_elsewhere(locations);
    let before = recorded.len();
    for folder in folders {
        if !recorded.contains(folder) && locations.home_plugins_dir().as_ref() != Some(folder) {
            recorded.push(folder.clone());
        }
    }
    if recorded.len() == before { Ok(()) } else { write_elsewhere(locations, &recorded) }
}

/// Removes folders from the list, and the list itself if it is empty then.
pub fn forget_elsewhere(
    locations: &Locations,
    folders: &[PathBuf],
) -> Result<(), InstallationError> {
    let mut recorded = recorded_elsewhere(locations);
    let before = recorded.len();
    recorded.retain(|folder| !folders.contains(folder));
    if recorded.len() == before { Ok(()) } else { write_elsewhere(locations, &recorded) }
}

fn write_elsewhere(locations: &Locations, folders: &[PathBuf]) -> Result<(), InstallationError> {
    let Some(place) = locations.own_data_dir() else { return Ok(()) };
    if folders.is_empty() {
        disk::remove(&place, Path::new(ELSEWHERE))?;
        // The list's folder stays if something else is in it.
        let _ = fs::remove_dir(place);
        return Ok(());
    }
    let text = serde_json::to_vec(folders).map_err(io::Error::from)?;
    disk::make_folder(&place)?;
    disk::put(&place, &InstalledFile::new(ELSEWHERE.into(), &text)).map(drop)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_nuget_cannot_start_is_refused() {
        let refused = |home| {
            let environment = Environment::from_pairs([("HOME", home)]);
            plugins_folders(None, &environment).unwrap_err().to_string()
        };
        assert_eq!(
            refused("/home/a\"b"),
            "NuGet cannot start a plugin below `/home/a\"b/.nuget/plugins`, because of the `\"` in \
             the path."
        );
        assert!(refused("relative").starts_with("No home folder is known: `HOME` is not set"));
    }

    #[test]
    fn a_named_folder_is_the_only_one() {
        let environment = Environment::from_pairs([("HOME", "/home/u")]);
        let named = Path::new("/srv/x/../plugins");
        assert_eq!(
            plugins_folders(Some(named), &environment).unwrap(),
            [PathBuf::from("/srv/plugins")]
        );
    }
}
