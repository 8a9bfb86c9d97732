//! What the checks look at.
#![expect(clippy::disallowed_methods, reason = "what surrounds the process is read here, once")]

use std::path::{Path, PathBuf};

use super::fix;
use super::path::OURS;
use crate::base::environment::Environment;
use crate::commands::installation::dotnet;
use crate::commands::installation::layout::Client;
use crate::locations::Locations;
use crate::nuget_config::NugetConfig;
use crate::provider::Provider;

/// Read once; nothing in it is changed by a check.
#[derive(Debug)]
pub struct Context<'a> {
    pub environment: &'a Environment,
    pub provider: &'a Provider,
    pub locations: Locations,
    /// The working folder, where NuGet begins to look.
    pub folder: PathBuf,
    /// Whether that is there any more.
    pub has_folder: bool,
    /// This program's file.
    pub own_file: Option<PathBuf>,
    /// How a shell here starts it.
    pub program: String,
    /// The `dotnet` that a client would start the plugin with.
    pub host: Option<PathBuf>,
    pub config: NugetConfig,
}

impl<'a> Context<'a> {
    pub fn new(provider: &'a Provider) -> Self {
        let environment = provider.environment();
        let locations = Locations::of(environment);
        let folder = std::env::current_dir();
        let has_folder = folder.is_ok();
        let folder = folder.unwrap_or_else(|_| PathBuf::from("/"));
        let config = NugetConfig::read(&locations, &folder);
        let own_file = std::env::current_exe().ok();
        let host = dotnet::find(environment);
        let program = program(environment, own_file.as_deref());
        Self {
            environment,
            provider,
            locations,
            folder,
            has_folder,
            own_file,
            program,
            host,
            config,
        }
    }

    /// Our folder for these clients in every plugins folder, and whether the clients search it now.
    pub fn our_folders(&self, client: Client) -> Vec<(PathBuf, bool)> {
        let folders = self.locations.plugins_dirs();
        let last = folders.len().saturating_sub(1);
        let is_searched = |at| client == Client::Netfx && at == 0 || at == last;
        let folders = folders.iter().enumerate();
        folders.map(|(at, folder)| (client.folder(folder), is_searched(at))).collect()
    }

    /// Whether a file may choose an SDK in this folder.
    pub fn has_global_json(&self) -> bool {
        self.folder.ancestors().any(|folder| folder.join("global.json").is_file())
    }

    /// A command that names this program, as a shell here finds it.
    pub fn command(&self, fix: String) -> String {
        match fix.strip_prefix(OURS).filter(|rest| rest.starts_with(' ')) {
            Some(rest) => format!("{}{rest}", self.program),
            None => fix,
        }
    }

    /// The folders on `PATH`, as written.
    pub fn path_folders(&self) -> Vec<PathBuf> {
        let path = self.environment.path("PATH").unwrap_or_default();
        std::env::split_paths(&path).collect()
    }
}

/// By its name where that is on `PATH`, else by its path.
fn program(environment: &Environment, own_file: Option<&Path>) -> String {
    let name = format!("{OURS}{}", std::env::consts::EXE_SUFFIX);
    let path = environment.path("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(&name).is_file());
    match own_file {
        Some(file) if !is_there => fix::quoted_path(file),
        _ => OURS.to_owned(),
    }
}

/// The names in a folder, sorted; none where it cannot be read.
pub fn names_in(folder: &Path) -> Option<Vec<String>> {
    let listing = std::fs::read_dir(folder).ok()?;
    let names = listing.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Some(names)
}
