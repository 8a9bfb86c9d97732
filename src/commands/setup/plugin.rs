//! The steps of the installation.

use std::path::Path;

use super::steps::{Step, StepName};
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::invocation::{DOTNET_COMMAND, DOTNET_FILE};
use crate::base::version::is_newer;
use crate::code::{Code, Coded};
use crate::commands::install::{self, InstallReport};
use crate::commands::installation::command_file::path_command;
use crate::commands::installation::dotnet;
use crate::commands::installation::folder::{Change, Manifest};
use crate::commands::installation::global_json::GlobalJson;
use crate::commands::installation::layout::{Client, NAME};
use crate::locations::Locations;

/// The variables with which NuGet looks for plugins nowhere else.
const PLUGIN_PATHS: [&str; 2] = ["NUGET_NETCORE_PLUGIN_PATHS", "NUGET_PLUGIN_PATHS"];

/// Installs the plugin and the command, unless NuGet finds a plugin of ours already. Clients that an
/// earlier `install` left out stay left out. Returns the command with which people restore, too.
pub fn install(environment: &Environment) -> (Vec<Step>, &'static str) {
    if let Some(step) = named_by_variable(environment).or_else(|| on_path(environment)) {
        return (vec![step], install::restore_with(None));
    }
    let only = install::only_client(environment);
    (install_for(only, environment), install::restore_with(only))
}

fn install_for(only: Option<Client>, environment: &Environment) -> Vec<Step> {
    if let Some(version) = newer_version(environment) {
        let message = format!("version {version} is installed, newer than this program");
        return vec![Step::unchanged(StepName::Plugin, message)];
    }
    match install::install(&install::options_for(only), environment) {
        Ok(report) => {
            let failure = report.failure();
            let plugin = match failure {
                Some(error) => Step::failed(StepName::Plugin, &error),
                None => plugin_step(&report, only),
            };
            let command = command_step(&report, environment);
            [plugin].into_iter().chain(command).collect()
        }
        Err(error) => vec![Step::failed(StepName::Plugin, &error)],
    }
}

fn plugin_step(report: &InstallReport, only: Option<Client>) -> Step {
    let (version, change) = (env!("CARGO_PKG_VERSION"), report.change());
    let folder = report.first_folder().unwrap_or(Path::new(""));
    let clients = only.map(|client| format!(" for {} only", client.description()));
    let what = format!("version {version} in {}{}", folder.display(), clients.unwrap_or_default());
    match change {
        Change::Installed => Step::done(StepName::Plugin, format!("installed {what}")),
        Change::Updated => Step::done(StepName::Plugin, format!("updated to {what}")),
        Change::Unchanged => Step::unchanged(StepName::Plugin, what),
    }
}

fn command_step(report: &InstallReport, environment: &Environment) -> Option<Step> {
    let Some(file) = report.command() else {
        let other = environment.program(DOTNET_FILE)?;
        let message = format!("{DOTNET_COMMAND} ({})", other.display());
        return Some(Step::unchanged(StepName::Command, message));
    };
    let path = file.path.display();
    Some(if !file.on_path {
        let folder = file.path.parent().unwrap_or(&file.path).display();
        let message = format!("`{DOTNET_COMMAND}` is not found: {folder} is not on PATH.");
        let fix = format!("Add it: {}", path_command(environment, file));
        Step::warning(StepName::Command, Code::InvalidPluginsFolder, message, fix)
    } else if file.change == Change::Unchanged {
        Step::unchanged(StepName::Command, format!("{DOTNET_COMMAND} ({path})"))
    } else {
        Step::done(StepName::Command, format!("{DOTNET_COMMAND} ({path})"))
    })
}

/// With one of these variables NuGet does not look into the home.
fn named_by_variable(environment: &Environment) -> Option<Step> {
    let variable = PLUGIN_PATHS.into_iter().find(|name| environment.path(name).is_some())?;
    let list = environment.path(variable)?;
    let ours = std::env::split_paths(&list).find(|file| is_plugin(file));
    Some(match ours {
        Some(file) => {
            Step::unchanged(StepName::Plugin, format!("{}, from {variable}", file.display()))
        }
        None => Step::failed(StepName::Plugin, &HiddenPlugin { variable }),
    })
}

/// A file or a folder with the plugin, as the variables may name either.
fn is_plugin(path: &Path) -> bool {
    let names = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default();
        path.is_file() && (stem == NAME || stem == PROGRAM)
    };
    let suffix = std::env::consts::EXE_SUFFIX;
    names(path) || names(&path.join(format!("{PROGRAM}{suffix}")))
}

/// NuGet starts it from there, and a second one would be one more to update. The SDK that restores in
/// this folder may be too old for that: the plugin is installed for it.
fn on_path(environment: &Environment) -> Option<Step> {
    let dotnet::OnPath { file, sdk } =
        dotnet::found_on_path(environment, GlobalJson::here().as_ref())?;
    let finds = sdk.map_or_else(
        || "SDK 9.0.200 and newer find".to_owned(),
        |version| format!("SDK {version} finds"),
    );
    let message = format!("{}, which {finds} on PATH", file.display());
    Some(Step::unchanged(StepName::Plugin, message))
}

/// The installed version, if it is newer than this program.
fn newer_version(environment: &Environment) -> Option<String> {
    let plugins = Locations::of(environment).plugins_dirs();
    let folders = plugins.iter().flat_map(|it| Client::ALL.map(|client| client.folder(it)));
    let mut installed = folders.filter_map(|folder| Manifest::read(&folder).ok().flatten());
    let is_newer = |it: &Manifest| is_newer(&it.version, env!("CARGO_PKG_VERSION"));
    installed.find(is_newer).map(|it| it.version)
}

/// A variable that hides every installed plugin from NuGet.
#[derive(Debug, thiserror::Error)]
#[error("{variable} is set and does not name this plugin, so NuGet finds no other plugin.")]
struct HiddenPlugin {
    variable: &'static str,
}

impl Coded for HiddenPlugin {
    fn code(&self) -> Code {
        Code::InvalidPluginsFolder
    }

    fn fix(&self) -> Option<String> {
        Some(format!("Unset {}, and run this command again.", self.variable))
    }
}
