//! What NuGet would start from the working folder. It is read once for all checks.
//!
//! A client finds plugins in three places. A variable that names files comes first, and disables
//! the others; then come the plugins folders, and from SDK 9.0.200 on `PATH`.
#![expect(clippy::disallowed_methods, reason = "the machine is looked at here")]

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::permission;
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::text::excerpt;
use crate::commands::installation::global_json::{self, GlobalJson};
use crate::commands::installation::layout::{Client, NAME};
use crate::commands::installation::{dotnet, handshake};
use crate::locations::Locations;
use crate::nuget_config::NugetConfig;

/// The prefix of a plugin's file name on `PATH`. Its case matters, except on Windows.
const PREFIX: &str = "nuget-plugin-";

/// The variable that every client reads if its own is not set. Its files may be missing, and may be
/// folders.
pub const SHARED_VARIABLE: &str = "NUGET_PLUGIN_PATHS";

/// The machine as NuGet sees it. `--fix` reads it again after its repairs.
#[derive(Debug)]
pub struct Nuget<'a> {
    pub environment: &'a Environment,
    pub locations: Locations,
    pub home: Option<PathBuf>,
    /// The working folder, where NuGet starts its search; the root if it was deleted.
    pub folder: PathBuf,
    /// Whether the working folder still exists.
    pub has_folder: bool,
    pub config: NugetConfig,
    /// This program's file.
    pub own_file: Option<PathBuf>,
    /// The `dotnet` that a client would start the plugin with.
    pub host: Option<PathBuf>,
    /// The paths in variables, for each client that reads one.
    pub named: Vec<Named>,
    /// Our folder in every plugins folder, by client.
    pub plugin_folders: Vec<PluginFolder>,
    /// The folders on `PATH`, as written.
    pub path_folders: Vec<PathBuf>,
    /// Every file of a plugin's name, in the order of `PATH`.
    pub path_files: Vec<PathFile>,
    /// The `global.json` that is effective in the working folder.
    pub global_json: Option<GlobalJson>,
    /// The version of the SDK that restores in the working folder, or why there is none. Asked for once.
    sdk: OnceCell<Result<String, String>>,
    /// Where programs run: in the working folder, a file of the repository could choose what `dotnet`
    /// starts.
    run_folder: io::Result<TempDir>,
}

impl<'a> Nuget<'a> {
    pub fn look(environment: &'a Environment) -> Self {
        let locations = Locations::of(environment);
        let working_folder = std::env::current_dir();
        let has_folder = working_folder.is_ok();
        let folder = working_folder.unwrap_or_else(|_| PathBuf::from("/"));
        let path = environment.path("PATH").unwrap_or_default();
        let path_folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let global_json = GlobalJson::find(&folder);
        Self {
            environment,
            home: environment.home(),
            config: NugetConfig::read(&locations, &folder),
            own_file: std::env::current_exe().ok(),
            host: dotnet::find(environment),
            named: Client::ALL.iter().filter_map(|of| Named::read(*of, environment)).collect(),
            plugin_folders: PluginFolder::all(&locations.plugins_dirs()),
            path_files: PathFile::all(&path_folders),
            path_folders,
            sdk: OnceCell::new(),
            run_folder: global_json::folder_with(global_json.as_ref()),
            global_json,
            locations,
            folder,
            has_folder,
        }
    }

    /// The paths in a variable for `dotnet`, if one is set.
    pub fn named_for_dotnet(&self) -> Option<&Named> {
        self.named.iter().find(|named| named.client == Client::Netcore)
    }

    /// This plugin's file in the plugins folder that `dotnet` searches now, if it exists.
    pub fn installed(&self) -> Option<PathBuf> {
        let mut folders = self.plugin_folders.iter();
        let folder = folders.find(|it| it.client == Client::Netcore && it.is_searched)?;
        Some(folder.plugin()).filter(|plugin| plugin.is_file())
    }

    /// Whether `dotnet` finds this plugin without a plugins folder.
    pub async fn is_found_elsewhere(&self) -> bool {
        if let Some(named) = self.named_for_dotnet() {
            return named.names_this_plugin();
        }
        self.copy_on_path().is_some() && self.searches_path().await
    }

    /// The copy of this plugin that NuGet starts from `PATH`, if its SDK searches there.
    pub fn copy_on_path(&self) -> Option<&Path> {
        let mut files = self.path_files.iter();
        let copy = files.find(|it| it.is_ours && it.state == State::Startable)?;
        Some(&copy.path)
    }

    /// Whether the NuGet of the SDK here searches `PATH`. An unknown SDK is taken for a new one.
    pub async fn searches_path(&self) -> bool {
        let Some(host) = &self.host else { return true };
        self.sdk(host).await.as_ref().map_or(true, |version| dotnet::searches_path(version))
    }

    /// The version that `dotnet` says here, or why it says none.
    pub async fn sdk(&self, host: &Path) -> &Result<String, String> {
        self.sdk.get_or_init(|| self.ask(host, &["--version"])).await
    }

    fn run_folder(&self) -> Result<&Path, String> {
        let folder = self.run_folder.as_ref().map(TempDir::path);
        folder.map_err(|error| format!("has no folder to run in: {error}"))
    }

    /// The output of a program, or the reason in one line why there is none. It runs in a folder of
    /// ours, without input.
    pub async fn ask(&self, program: &Path, arguments: &[&str]) -> Result<String, String> {
        // `dotnet` takes a tenth of a second, and some seconds when it runs for the first time.
        const LIMIT: Duration = Duration::from_secs(20);
        let answer = async {
            let folder = self.run_folder()?;
            let mut command = tokio::process::Command::new(program);
            command.args(arguments).current_dir(folder).kill_on_drop(true);
            // What .NET and NuGet do on their first run would stay: files in the home, a certificate.
            command.env("DOTNET_CLI_HOME", folder).env("XDG_DATA_HOME", folder);
            command.envs(dotnet::NO_FIRST_RUN);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let output = tokio::time::timeout(LIMIT, output(command)).await;
            output.unwrap_or_else(|_| Err(format!("took over {} s", LIMIT.as_secs())))
        };
        let answer = answer.await;
        answer.map_err(|why| format!("`{} {}` {why}", program.display(), arguments.join(" ")))
    }

    /// The version that a copy of this program prints, or why it prints none.
    pub async fn version(&self, program: &Path) -> Result<String, String> {
        let printed = self.ask(program, &["--version"]).await?;
        // The commit and the target follow it. A program that prints one word prints its version.
        let mut words = printed.split_whitespace();
        let first = words.next().unwrap_or("unknown");
        Ok(excerpt(words.next().unwrap_or(first)))
    }

    /// Starts a plugin as NuGet does: directly, or through the program that runs its file. Returns
    /// the milliseconds until its response, or the reason for its failure in one line.
    pub async fn start(&self, program: &Path, plugin: Option<&Path>) -> Result<u128, String> {
        // A plugin responds in a tenth of a second, and NuGet waits five seconds or more.
        const LIMIT: Duration = Duration::from_secs(10);
        let mut command = Command::new(program);
        command
            .args(plugin)
            .arg("-Plugin")
            .current_dir(self.run_folder()?)
            .envs(dotnet::NO_FIRST_RUN);
        // It blocks, and other checks run meanwhile.
        let exchanged = spawn_blocking(move || handshake::exchange(&mut command, LIMIT)).await;
        match exchanged.map_err(|error| error.to_string())? {
            Ok(time) => Ok(time.as_millis()),
            Err(problem) => Err(problem.to_string().replace("\n  ", " ")),
        }
    }
}

async fn output(mut command: tokio::process::Command) -> Result<String, String> {
    // Larger than any version or list of SDKs: the file may be any program.
    const LONGEST: u64 = 64 * 1024;
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let (mut printed, mut complaint) = (Vec::new(), Vec::new());
    if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
        let (mut stdout, mut stderr) = (stdout.take(LONGEST), stderr.take(LONGEST));
        let _ = tokio::join!(stdout.read_to_end(&mut printed), stderr.read_to_end(&mut complaint));
    }
    let status = child.wait().await.map_err(|error| format!("cannot be started: {error}"))?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&printed).into_owned());
    }
    complaint.extend(printed);
    Err(format!("ended with {status}: {}", excerpt(&String::from_utf8_lossy(&complaint))))
}

/// Our folder in one plugins folder, for one kind of client.
#[derive(Debug)]
pub struct PluginFolder {
    pub client: Client,
    pub path: PathBuf,
    /// Whether the client searches it now.
    pub is_searched: bool,
}

impl PluginFolder {
    fn all(plugins_folders: &[PathBuf]) -> Vec<Self> {
        let mut all = Vec::new();
        for client in Client::ALL {
            for (at, folder) in plugins_folders.iter().enumerate() {
                // `dotnet` searches the last one. nuget.exe searches both, since it does not read
                // DOTNET_CLI_HOME.
                let is_searched =
                    at + 1 == plugins_folders.len() || client == Client::Netfx && at == 0;
                all.push(Self { client, path: client.folder(folder), is_searched });
            }
        }
        all
    }

    /// The file that the client looks for.
    pub fn plugin(&self) -> PathBuf {
        self.path.join(format!("{NAME}.{}", extension(self.client)))
    }
}

/// The extension of the file that a client looks for in a plugin's folder.
pub fn extension(client: Client) -> &'static str {
    match client {
        Client::Netcore => "dll",
        Client::Netfx => "exe",
    }
}

/// A file on `PATH` that NuGet looks at.
#[derive(Debug)]
pub struct PathFile {
    pub path: PathBuf,
    pub is_ours: bool,
    pub state: State,
}

/// What NuGet can do with a file on `PATH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Startable,
    /// A link without a target.
    Dangling,
    NotExecutable,
    /// A link whose target this user may not see.
    Hidden,
    /// A file in a folder that `PATH` names by a relative path.
    Relative,
}

impl PathFile {
    fn all(folders: &[PathBuf]) -> Vec<Self> {
        let mut files = Vec::new();
        for (at, folder) in folders.iter().enumerate() {
            if !folders[..at].contains(folder) {
                let names = names_in(folder).into_iter().filter(|name| is_plugin_name(name));
                files.extend(names.filter_map(|name| Self::look(folder, &name)));
            }
        }
        files
    }

    /// None if it is a folder.
    fn look(folder: &Path, name: &str) -> Option<Self> {
        let path = folder.join(name);
        let state = match path.metadata() {
            // The file may exist in a folder that this user may not search.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => State::Hidden,
            Err(_) => State::Dangling,
            Ok(found) if !found.is_file() => return None,
            Ok(_) if !folder.is_absolute() => State::Relative,
            Ok(_) if !permission::is_executable(&path) => State::NotExecutable,
            Ok(_) => State::Startable,
        };
        let name = name.to_ascii_lowercase();
        let is_ours = name.strip_suffix(".exe").unwrap_or(&name) == PROGRAM;
        Some(Self { path, is_ours, state })
    }
}

fn is_plugin_name(name: &str) -> bool {
    if !cfg!(windows) {
        return name.starts_with(PREFIX);
    }
    let name = name.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    stem.starts_with(PREFIX) && matches!(extension, "exe" | "bat")
}

/// The paths in the variable that a client reads.
#[derive(Debug)]
pub struct Named {
    /// `dotnet` stands for every client if [`SHARED_VARIABLE`] is read.
    pub client: Client,
    pub variable: &'static str,
    pub files: Vec<(PathBuf, NamedFile)>,
}

/// What a client can do with a path that its variable names.
#[derive(Debug)]
pub enum NamedFile {
    ThisPlugin,
    /// Another plugin, or something that does not make the client fail.
    Other,
    /// The reason why it makes the client fail.
    Unusable(&'static str),
}

impl Named {
    fn read(client: Client, environment: &Environment) -> Option<Self> {
        let own = match client {
            Client::Netcore => "NUGET_NETCORE_PLUGIN_PATHS",
            Client::Netfx => "NUGET_NETFX_PLUGIN_PATHS",
        };
        let (variable, value) = match environment.get(own) {
            Some(value) => (own, value),
            // Problems of the shared variable are reported once.
            None if client == Client::Netfx => return None,
            None => (SHARED_VARIABLE, environment.get(SHARED_VARIABLE)?),
        };
        let separator = if cfg!(windows) { ';' } else { ':' };
        let paths = value.split(separator).filter(|path| !path.is_empty()).map(PathBuf::from);
        let files = paths.map(|path| {
            let file = NamedFile::look(client, variable == SHARED_VARIABLE, &path);
            (path, file)
        });
        Some(Self { client, variable, files: files.collect() })
    }

    pub fn names_this_plugin(&self) -> bool {
        self.files.iter().any(|(_, file)| matches!(file, NamedFile::ThisPlugin))
    }
}

impl NamedFile {
    fn look(client: Client, is_shared: bool, path: &Path) -> Self {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_ours = match path.metadata() {
            _ if !path.is_absolute() => return Self::Unusable("which is relative"),
            // A missing file of the shared variable is ignored.
            Err(_) if is_shared => false,
            Err(_) => return Self::Unusable("which is not there"),
            Ok(found) if found.is_dir() && is_shared => {
                path.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX)).is_file()
            }
            Ok(found) if found.is_dir() => {
                return Self::Unusable("which is a folder, where files are wanted");
            }
            Ok(_) if is_shared && stem.starts_with(PREFIX) => stem == PROGRAM,
            Ok(_) if client == Client::Netcore && !has_extension(path, "dll") => {
                return Self::Unusable("which `dotnet` cannot start: it wants the `.dll`");
            }
            Ok(_) => stem == NAME,
        };
        if is_ours { Self::ThisPlugin } else { Self::Other }
    }
}

pub fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// The names in a folder, sorted; empty if it cannot be read.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_client_reads_its_own_variable_first() {
        let named = |pairs: &[(&str, &str)]| {
            let environment = Environment::from_pairs(pairs.iter().copied());
            let named = Named::read(Client::Netcore, &environment)?;
            Some(named.files.into_iter().map(|(path, _)| path).collect::<Vec<_>>())
        };
        let paths = |paths: &[&str]| Some(paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(
            named(&[
                ("NUGET_NETCORE_PLUGIN_PATHS", "/a.dll:/c.dll:"),
                ("NUGET_PLUGIN_PATHS", "/d:/e")
            ]),
            paths(&["/a.dll", "/c.dll"])
        );
        assert_eq!(
            named(&[("NUGET_NETCORE_PLUGIN_PATHS", ""), ("NUGET_PLUGIN_PATHS", "/d:/e")]),
            paths(&["/d", "/e"])
        );
        assert_eq!(named(&[("NUGET_NETFX_PLUGIN_PATHS", "/f")]), None);
    }
}
