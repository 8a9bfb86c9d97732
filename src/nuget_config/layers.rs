//! Which files NuGet reads, nearest first, as the NuGet of `dotnet` finds them.
//!
//! | layer | files |
//! | --- | --- |
//! | project | in the working folder and every one above it: the first of `nuget.config`, `NuGet.config`, `NuGet.Config` (one name where case does not matter) |
//! | user | `NuGet.Config` in `.nuget/NuGet` of `DOTNET_CLI_HOME`, else of the home; on Windows in `%APPDATA%\NuGet`, whatever `DOTNET_CLI_HOME` says |
//! | user, further | `config/*.config` beside it, by name |
//! | machine | `*.Config` and `*.config` in `NuGet/Config` of `/etc/opt` or `NUGET_COMMON_APPLICATION_DATA`, `/Library/Application Support`, `%ProgramFiles(x86)%` |
//! | defaults | `NuGetDefaults.config` in that `NuGet` folder, whose sources no `<clear />` removes |
//!
//! If the user has no file, NuGet creates one with nuget.org in it: here it is a planned file.
//! Visual Studio also reads machine-wide folders below `Config`, by its version.
#![expect(clippy::disallowed_methods, reason = "it lists the files that exist")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::document::Document;
use super::file::ConfigFile;
use super::{ConfigError, DEFAULT_TEXT};
use crate::locations::Locations;

/// One of the files that NuGet reads.
#[derive(Debug)]
pub struct Layer {
    pub kind: LayerKind,
    pub file: ConfigFile,
    pub document: Document,
}

/// The layer of a file, which also determines who writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerKind {
    Project,
    User,
    UserFurther,
    Machine,
    Defaults,
}

impl LayerKind {
    /// Whether NuGet itself writes such files.
    pub fn is_written_by_nuget(self) -> bool {
        matches!(self, Self::Project | Self::User)
    }
}

impl Layer {
    /// Reads the file; none if it does not exist. The user's file is then planned.
    pub fn read(kind: LayerKind, path: &Path) -> Result<Option<Self>, ConfigError> {
        let file = match ConfigFile::read(path)? {
            Some(file) => file,
            None if kind == LayerKind::User => ConfigFile::planned(path, DEFAULT_TEXT),
            None => return Ok(None),
        };
        let document = Document::parse(file.text(), file.path())?;
        Ok(Some(Self { kind, file, document }))
    }
}

/// The files that may exist, nearest first.
pub(super) fn places(locations: &Locations, working_folder: &Path) -> Vec<(LayerKind, PathBuf)> {
    let mut places = Vec::new();
    let projects = working_folder.ancestors().filter_map(project_file);
    places.extend(projects.map(|path| (LayerKind::Project, path)));
    if let Some(user) = locations.nuget_user_dir() {
        // The working folder may be the user's folder, or a folder below it.
        let path = user.join("NuGet.Config");
        places.retain(|(_, project)| *project != path);
        places.extend(places_of_user(locations));
    }
    if let Some(machine) = locations.nuget_machine_dir() {
        let files = files_in(&machine.join("Config"), &["Config", "config"]);
        places.extend(files.into_iter().map(|path| (LayerKind::Machine, path)));
        places.push((LayerKind::Defaults, machine.join("NuGetDefaults.config")));
    }
    places
}

/// The user's files that may exist, nearest first.
pub(super) fn places_of_user(locations: &Locations) -> Vec<(LayerKind, PathBuf)> {
    let Some(user) = locations.nuget_user_dir() else { return Vec::new() };
    let mut further = files_in(&user.join("config"), &["config", "Config"]);
    further.sort();
    let further = further.into_iter().map(|path| (LayerKind::UserFurther, path));
    std::iter::once((LayerKind::User, user.join("NuGet.Config"))).chain(further).collect()
}

/// The names that NuGet looks for in a folder; the first that exists counts. Where it takes the file
/// system for one that ignores case, it asks for one name.
pub const PROJECT_NAMES: [&str; if cfg!(any(windows, target_os = "macos")) { 1 } else { 3 }] = {
    #[cfg(any(windows, target_os = "macos"))]
    let names = ["NuGet.Config"];
    #[cfg(not(any(windows, target_os = "macos")))]
    let names = ["nuget.config", "NuGet.config", "NuGet.Config"];
    names
};

/// The file that NuGet reads in a folder.
pub(super) fn project_file(folder: &Path) -> Option<PathBuf> {
    PROJECT_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// The files with one of these extensions: first those with the first extension, each group by
/// name.
fn files_in(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(extension) = path.extension().and_then(OsStr::to_str) else { continue };
        let place = extensions.iter().position(|wanted| {
            *wanted == extension || cfg!(windows) && wanted.eq_ignore_ascii_case(extension)
        });
        if path.is_file() {
            files.extend(place.map(|place| (place, path)));
        }
    }
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}
