//! A throwaway home: everything that the plugin and `dotnet` read or write is below one temporary
//! folder, and nothing of the real user's environment gets through.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use tempfile::TempDir;

use super::dotnet::find_on_path;
use super::fake_codeartifact::{ACCESS_KEY_ID, FakeCodeArtifact, SECRET_ACCESS_KEY, TOKEN_PREFIX};
use super::powershell;
use super::process::{self, Run};
use super::secret_scan;

/// The folder of the installed plugin, and the executable in it.
pub const PLUGIN_NAME: &str = "CredentialProvider.CodeArtifact";

/// NuGet's folder of the user, without `DOTNET_CLI_HOME`.
const NUGET_USER: &str = "home/.nuget/NuGet/";
const NUGET_USER_ON_WINDOWS: &str = "home/.config/NuGet/";

/// Longer than a command of the plugin's takes, on a busy machine as well.
const COMMAND_LIMIT: Duration = Duration::from_mins(1);

/// A temporary home with its environment. Dropping it removes the folder.
#[derive(Debug)]
pub struct SandboxHome {
    root: Option<TempDir>,
    path: PathBuf,
    working_folder: PathBuf,
    variables: BTreeMap<String, String>,
}

impl SandboxHome {
    /// An empty home. No AWS credentials, no configuration, no plugin installed; the command that
    /// messages name is on `PATH`.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("codeartifact-sandbox-").tempdir();
        let root = root.expect("a temporary folder");
        let path = root.path().canonicalize().map(plain).expect("it was just made");
        let working_folder = path.join("project");
        let variables = BTreeMap::new();
        let mut home = Self { root: Some(root), path, working_folder, variables };
        for folder in ["home", "tmp", "bin", "project", "runtime"] {
            fs::create_dir(home.path.join(folder)).expect("a new folder");
        }
        home.set_defaults();
        home
    }

    /// A home of which a program knows the place and nothing else, and a `dotnet` that starts the
    /// native file beside a dll, as the launcher makes the real one do.
    pub fn bare() -> Self {
        let mut home = Self::new();
        home.variables.clear();
        home.set_user();
        home.set("PATH", &joined(system_folders()));
        #[cfg(unix)]
        let host = home
            .script("dotnet", "exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\"");
        #[cfg(windows)]
        let host = home.write("dotnet.cmd", "@\"%~dp1CredentialProvider.CodeArtifact.exe\" %2\r\n");
        home.set("DOTNET_HOST_PATH", &host.to_string_lossy());
        home
    }

    /// A home for `fake`: access keys, API endpoints, and a configuration file that says that the
    /// fake's host is a `CodeArtifact` host whose path names domain and owner.
    pub fn for_codeartifact(fake: &FakeCodeArtifact) -> Self {
        let mut home = Self::new();
        home.set("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID);
        home.set("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &fake.url());
        home.set("AWS_ENDPOINT_URL_STS", &fake.url());
        home.write_configuration(&format!(
            "[[hosts]]\nhost = \"{}\"\nregion = \"eu-west-1\"\n",
            fake.host()
        ));
        home
    }

    /// Sets a variable for every program started in this home.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.variables.remove(name);
        self
    }

    /// The whole environment.
    pub fn environment(&self) -> impl Iterator<Item = (&String, &String)> {
        self.variables.iter()
    }

    /// The temporary folder that holds everything.
    pub fn root(&self) -> &Path {
        &self.path
    }

    /// `$HOME`
    pub fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// The working directory, unless a test works in another one.
    pub fn project(&self) -> PathBuf {
        self.path.join("project")
    }

    /// Programs start in another folder from now on, which is made if it is missing.
    pub fn work_in(&mut self, name: &str) {
        self.working_folder = self.path.join(name);
        fs::create_dir_all(&self.working_folder).expect("a folder");
    }

    /// The folder that is first on PATH.
    pub fn bin(&self) -> PathBuf {
        self.path.join("bin")
    }

    /// Where NuGet under `dotnet` looks for the plugin.
    pub fn netcore(&self) -> PathBuf {
        self.path("home/.nuget/plugins/netcore").join(PLUGIN_NAME)
    }

    /// Where nuget.exe and Visual Studio look for it.
    pub fn netfx(&self) -> PathBuf {
        self.path("home/.nuget/plugins/netfx").join(PLUGIN_NAME)
    }

    /// The one folder that may hold tokens.
    pub fn cache_dir(&self) -> PathBuf {
        self.home().join(".cache").join("nuget-plugin-codeartifact")
    }

    /// The plugin's executable: what `CODEARTIFACT_NUGET_TEST_PLUGIN` names (a release to try,
    /// absolute), else what Cargo just built.
    pub fn plugin() -> PathBuf {
        let built = env!("CARGO_BIN_EXE_nuget-plugin-codeartifact");
        let plugin = env::var_os("CODEARTIFACT_NUGET_TEST_PLUGIN").unwrap_or(built.into());
        // A Windows build that was made on Linux names a path without a drive.
        absolute(plugin).expect("its name is not empty")
    }

    /// Puts the plugin's executable at a further path. Linked where that is possible: a file that was
    /// just written cannot be started as long as a child of another test holds it open.
    pub fn link_plugin(path: &Path) {
        let plugin = Self::plugin();
        if fs::hard_link(&plugin, path).is_err() {
            fs::copy(&plugin, path).expect("a copy");
        }
    }

    /// The path of a file; `name` is relative to the temporary folder, with `/`. NuGet's folder of the
    /// user is elsewhere on Windows.
    pub fn path(&self, name: &str) -> PathBuf {
        let name = match name.strip_prefix(NUGET_USER) {
            Some(name) if cfg!(windows) => format!("{NUGET_USER_ON_WINDOWS}{name}"),
            _ => name.to_owned(),
        };
        name.split('/').fold(self.path.clone(), |path, part| path.join(part))
    }

    /// Writes a file; `name` is relative to the temporary folder. Folders are made as needed.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder");
        fs::write(&file, text).expect("a file in a folder of ours");
        file
    }

    /// Writes a script of `sh` that can be run.
    #[cfg(unix)]
    pub fn script(&self, name: &str, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.write(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        path
    }

    /// Writes a program of the system's shell that prints this line, and makes the file `mark`.
    pub fn program_that_says(&self, name: &str, line: &str, mark: &Path) -> PathBuf {
        #[cfg(unix)]
        return self.script(name, &format!("touch '{}'\necho '{line}'", mark.display()));
        #[cfg(windows)]
        let script = format!("@type nul > \"{}\"\r\n@echo {line}\r\n", mark.display());
        #[cfg(windows)]
        self.write(&format!("{name}.cmd"), &script)
    }

    /// As [`Self::write`], with any bytes.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.write(name, "");
        fs::write(&file, bytes).expect("a file that was just written");
        file
    }

    /// The file's bytes; `name` is relative to the temporary folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file that is there")
    }

    /// Replaces the plugin's configuration file.
    pub fn write_configuration(&self, toml: &str) {
        self.write("home/.config/nuget-plugin-codeartifact/config.toml", toml);
    }

    /// Installs the plugin as a user would: `nuget-plugin-codeartifact install`.
    pub fn install_plugin(&self) -> Run {
        let run = self.run_plugin(&["install"]);
        run.assert_success();
        run
    }

    /// A program in the project folder, with this home's environment and nothing else.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        self.prepare(&mut command);
        command
    }

    /// As [`Self::command`], of a command that is there already.
    pub fn prepare(&self, command: &mut Command) {
        command.current_dir(&self.working_folder).env_clear().envs(self.environment());
    }

    /// Runs the plugin's executable as a command.
    pub fn run_plugin(&self, arguments: &[&str]) -> Run {
        process::run(self.command(Self::plugin()).args(arguments), COMMAND_LIMIT)
    }

    /// As [`Self::run_plugin`]; it has to succeed. Returns its standard output.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let run = self.run_plugin(arguments);
        run.assert_success();
        run.stdout
    }

    /// The text with `<root>` for the temporary folder. That of a Windows program is as elsewhere: with
    /// `/` in the paths below it, and commands for `sh`.
    pub fn neutral(&self, text: &str) -> String {
        // A message names the plugin's path where no command is on PATH.
        let text = text.replace(&*Self::plugin().to_string_lossy(), "nuget-plugin-codeartifact");
        let root = self.path.to_string_lossy();
        let text = text.replace(&*root, "<root>");
        if cfg!(not(windows)) {
            return text;
        }
        let text = with_slashes(&text.replace(&in_json(&root), "<root>"));
        let folder = |name| format!("<root>/{name}");
        let text = text.replace(&folder(NUGET_USER_ON_WINDOWS), &folder(NUGET_USER));
        powershell::as_sh(&text)
    }

    /// Writes the project folder's NuGet.Config: these sources and no others, and nothing but
    /// their URLs.
    pub fn write_nuget_config(&self, sources: &[(&str, &str)]) -> PathBuf {
        self.write_nuget_config_with(sources, "")
    }

    /// As [`Self::write_nuget_config`], with further sections.
    pub fn write_nuget_config_with(&self, sources: &[(&str, &str)], sections: &str) -> PathBuf {
        let add = |(name, url): &(&str, &str)| {
            format!(
                "    <add key=\"{name}\" value=\"{url}\" allowInsecureConnections=\"true\" />\n"
            )
        };
        let lines: String = sources.iter().map(add).collect();
        self.write(
            "project/NuGet.Config",
            &format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  \
                 <packageSources>\n    <clear />\n{lines}  </packageSources>\n{sections}\
                 </configuration>\n"
            ),
        )
    }

    /// Writes a project that wants these packages; returns the file.
    pub fn write_project(&self, name: &str, packages: &[(&str, &str)]) -> PathBuf {
        let reference = |(id, version): &(&str, &str)| {
            format!("    <PackageReference Include=\"{id}\" Version=\"{version}\" />\n")
        };
        let references: String = packages.iter().map(reference).collect();
        self.write(
            &format!("project/{name}/{name}.csproj"),
            &format!(
                "<Project Sdk=\"Microsoft.NET.Sdk\">\n  <PropertyGroup>\n    \
                 <TargetFramework>net10.0</TargetFramework>\n  </PropertyGroup>\n  \
                 <ItemGroup>\n{references}  </ItemGroup>\n</Project>\n"
            ),
        )
    }

    /// Fails when a token of the fake or the secret key is anywhere but in the token cache.
    ///
    /// The installed plugin is not searched: it is large, and nothing writes there later.
    #[track_caller]
    pub fn assert_no_secrets(&self) {
        let secrets = [TOKEN_PREFIX.to_owned(), SECRET_ACCESS_KEY.to_owned()];
        let plugins = self.home().join(".nuget/plugins");
        secret_scan::assert_no_secrets(&self.path, &secrets, &[self.cache_dir(), plugins]);
    }

    /// Keeps the folder after the end of the test; returns it.
    pub fn keep(mut self) -> PathBuf {
        self.root.take().map_or_else(|| self.path.clone(), TempDir::keep)
    }

    fn set_defaults(&mut self) {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let dotnet = find_on_path("dotnet").and_then(|file| file.canonicalize().ok()).map(plain);
        let dotnet = dotnet.as_deref().and_then(Path::parent).map(Path::to_owned);
        let commands = self.path.join("commands");
        fs::create_dir(&commands).expect("a new folder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(Self::plugin(), commands.join("dotnet-codeartifact"))
            .expect("a new link");
        #[cfg(windows)]
        self.write("commands/dotnet-codeartifact.exe", "");
        let path = [self.bin()].into_iter().chain(dotnet).chain([commands]);
        let path = joined(path.chain(system_folders()));
        let folders = [
            (if cfg!(windows) { "TEMP" } else { "TMPDIR" }, "tmp"),
            ("XDG_RUNTIME_DIR", "runtime"),
            ("NUGET_PACKAGES", "packages"),
            ("NUGET_HTTP_CACHE_PATH", "http-cache"),
            ("NUGET_PLUGINS_CACHE_PATH", "plugins-cache"),
        ];
        self.set_user();
        for (name, folder) in folders {
            self.set(name, &text(self.path.join(folder)));
        }
        self.set("PATH", &path);
        self.set("AWS_EC2_METADATA_DISABLED", "true");
        self.set("CODEARTIFACT_NUGET_CACHE", "disk");
        self.set("CODEARTIFACT_NUGET_CACHE_DIR", &text(self.cache_dir()));
    }

    /// The variables that say whose home it is. On Windows the system's own are needed too, and the
    /// folders of the user's programs get the names that they have elsewhere, so that a test names
    /// each file once for all systems.
    fn set_user(&mut self) {
        let home = self.home();
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        if cfg!(not(windows)) {
            self.set("HOME", &text(home));
            return;
        }
        for name in WINDOWS_VARIABLES {
            if let Ok(value) = env::var(name) {
                self.set(name, &value);
            }
        }
        self.set("APPDATA", &text(home.join(".config")));
        self.set("LOCALAPPDATA", &text(home.join(".cache")));
        // NuGet's configuration for the machine is in a folder below it.
        self.set("ProgramFiles(x86)", &text(self.path.join("program-files")));
        self.set("USERPROFILE", &text(home));
    }
}

/// What Windows and its libraries do not do without, or what tells one machine from another.
const WINDOWS_VARIABLES: [&str; 12] = [
    "SystemRoot",
    "SystemDrive",
    "windir",
    "ComSpec",
    "PATHEXT",
    "OS",
    "PROCESSOR_ARCHITECTURE",
    "NUMBER_OF_PROCESSORS",
    "COMPUTERNAME",
    "USERNAME",
    "USERDOMAIN",
    "ProgramData",
];

/// Where the system's own programs are.
pub fn system_folders() -> Vec<PathBuf> {
    if cfg!(not(windows)) {
        return vec!["/usr/bin".into(), "/bin".into()];
    }
    let windows = PathBuf::from(env::var_os("SystemRoot").expect("Windows sets it"));
    vec![windows.join("System32"), windows]
}

/// A value of `PATH`.
pub fn joined(folders: impl IntoIterator<Item = PathBuf>) -> String {
    let path = env::join_paths(folders).expect("no folder has the separator in its name");
    path.to_string_lossy().into_owned()
}

/// The path without the prefix that Windows puts before a canonical one.
pub fn plain(path: PathBuf) -> PathBuf {
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(text) => text.into(),
        None => path,
    }
}

/// The text as it is within a string of JSON.
fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// `\` and, in JSON, `\\` become `/` in every path that begins with `<root>` or `~`, up to what cannot
/// be in a path or usually ends one.
fn with_slashes(text: &str) -> String {
    let (mut result, mut rest) = (String::new(), text);
    while let Some(at) = ["<root>", "~\\"].iter().filter_map(|start| rest.find(start)).min() {
        let (before, path) = rest.split_at(at);
        let begin = if path.starts_with('~') { 1 } else { "<root>".len() };
        let end = path[begin..].find(|c: char| c.is_whitespace() || "`\"',;:()<>|".contains(c));
        let (path, after) = path.split_at(end.map_or(path.len(), |end| end + begin));
        result.push_str(before);
        result.push_str(&path.replace("\\\\", "/").replace('\\', "/"));
        rest = after;
    }
    result + rest
}
