//! The folders of this user and of the machine on each system. Nothing here touches the disk.

use std::path::{Path, PathBuf};

use crate::base::PROGRAM;
use crate::base::environment::Environment;

/// The folders of the user who runs this process.
#[derive(Debug, Clone)]
pub struct Locations {
    home: Option<PathBuf>,
    config: Option<PathBuf>,
    cache: Option<PathBuf>,
    data: Option<PathBuf>,
    dotnet_home: Option<PathBuf>,
    /// Machine-wide data is in the `NuGet` folder below this one.
    machine: Option<PathBuf>,
}

impl Locations {
    /// Derives every folder from `environment`.
    pub fn of(environment: &Environment) -> Self {
        let home = environment.home();
        let (config, cache, data) = if cfg!(windows) {
            let local = folder(environment, "LOCALAPPDATA");
            (folder(environment, "APPDATA"), local.clone(), local)
        } else {
            let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
            (
                folder_or(environment, "XDG_CONFIG_HOME", home.as_deref(), ".config"),
                folder_or(environment, "XDG_CACHE_HOME", home.as_deref(), caches),
                folder_or(environment, "XDG_DATA_HOME", home.as_deref(), ".local/share"),
            )
        };
        // NuGet finds its machine-wide folder in the same way.
        let machine = if cfg!(windows) {
            folder(environment, "ProgramFiles(x86)").or_else(|| folder(environment, "ProgramFiles"))
        } else if cfg!(target_os = "macos") {
            Some("/Library/Application Support".into())
        } else {
            folder(environment, "NUGET_COMMON_APPLICATION_DATA").or_else(|| Some("/etc/opt".into()))
        };
        Self {
            config,
            cache,
            data,
            dotnet_home: folder(environment, "DOTNET_CLI_HOME"),
            machine,
            home,
        }
    }

    /// The configuration file, unless `CODEARTIFACT_NUGET_CONFIG_FILE` moves it.
    pub fn config_file(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join(PROGRAM).join("config.toml"))
    }

    /// The token cache's folder, unless `CODEARTIFACT_NUGET_CACHE_DIR` moves it.
    pub fn cache_dir(&self) -> Option<PathBuf> {
        Some(self.cache.as_ref()?.join(PROGRAM))
    }

    /// The `.nuget/plugins` folders that clients of this user search: the home's, and the one below
    /// `DOTNET_CLI_HOME`, which is where the SDK looks instead while that variable is set.
    pub fn plugins_dirs(&self) -> Vec<PathBuf> {
        let mut homes: Vec<&PathBuf> = self.home.iter().chain(&self.dotnet_home).collect();
        homes.dedup();
        homes.into_iter().map(|home| home.join(".nuget").join("plugins")).collect()
    }

    /// The plugins folder that is searched if `DOTNET_CLI_HOME` is not set.
    pub fn home_plugins_dir(&self) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(".nuget").join("plugins"))
    }

    /// The folder of links that `dotnet tool install --global` makes.
    pub fn dotnet_tools_dir(&self) -> Option<PathBuf> {
        let home = self.dotnet_home.as_ref().or(self.home.as_ref())?;
        Some(home.join(".dotnet").join("tools"))
    }

    /// The folder with the records of this user's installations.
    pub fn own_data_dir(&self) -> Option<PathBuf> {
        Some(self.data.as_ref()?.join(PROGRAM))
    }

    /// The folder of the user's own NuGet.Config, as the NuGet of `dotnet` finds it.
    pub fn nuget_user_dir(&self) -> Option<PathBuf> {
        if cfg!(windows) {
            return Some(self.config.as_ref()?.join("NuGet"));
        }
        let home = self.dotnet_home.as_ref().or(self.home.as_ref())?;
        Some(home.join(".nuget").join("NuGet"))
    }

    /// The folders of other clients' NuGet.Config for this user: `dotnet` without
    /// `DOTNET_CLI_HOME`, Mono.
    pub fn other_nuget_user_dirs(&self) -> Vec<PathBuf> {
        if cfg!(windows) {
            return Vec::new();
        }
        let home = self.home.as_ref().map(|home| home.join(".nuget").join("NuGet"));
        let mono = self.config.as_ref().map(|config| config.join("NuGet"));
        let own = self.nuget_user_dir();
        home.into_iter().chain(mono).filter(|folder| Some(folder) != own.as_ref()).collect()
    }

    /// The folder with the configuration that NuGet reads for every user of this machine.
    pub fn nuget_machine_dir(&self) -> Option<PathBuf> {
        Some(self.machine.as_ref()?.join("NuGet"))
    }

    /// The base folder of NuGet's own local data (`NuGet/plugin-cache` is below it).
    pub fn data_dir(&self) -> Option<&Path> {
        self.data.as_deref()
    }
}

/// The folder in a variable. A relative path is ignored, as the XDG base directory specification
/// demands.
fn folder(environment: &Environment, name: &str) -> Option<PathBuf> {
    environment.path(name).filter(|path| path.is_absolute())
}

/// The same, or a folder below the home if the variable is not set.
fn folder_or(
    environment: &Environment,
    name: &str,
    home: Option<&Path>,
    below: &str,
) -> Option<PathBuf> {
    folder(environment, name).or_else(|| Some(home?.join(below)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn xdg_folders_win_when_they_are_absolute() {
        let environment = Environment::from_pairs([
            ("HOME", "/home/u"),
            ("XDG_CONFIG_HOME", "/cfg"),
            ("XDG_CACHE_HOME", "relative"),
        ]);
        let locations = Locations::of(&environment);
        assert_eq!(
            locations.config_file(),
            Some(PathBuf::from("/cfg/nuget-plugin-codeartifact/config.toml"))
        );
        if cfg!(not(target_os = "macos")) {
            assert_eq!(
                locations.cache_dir(),
                Some(PathBuf::from("/home/u/.cache/nuget-plugin-codeartifact"))
            );
        }
    }

    #[test]
    fn the_sdk_home_is_searched_as_well() {
        let environment =
            Environment::from_pairs([("HOME", "/home/u"), ("DOTNET_CLI_HOME", "/sdk")]);
        assert_eq!(
            Locations::of(&environment).plugins_dirs(),
            [PathBuf::from("/home/u/.nuget/plugins"), PathBuf::from("/sdk/.nuget/plugins")]
        );
    }
}
