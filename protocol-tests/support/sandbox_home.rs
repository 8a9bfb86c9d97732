//! A throwaway home: everything that the plugin and `dotnet` read or write is below one temporary
//! folder, and nothing of the real user's environment gets through.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use tempfile::TempDir;

use super::dotnet::find_on_path;
use super::fake_codeartifact::{ACCESS_KEY_ID, FakeCodeArtifact, SECRET_ACCESS_KEY, TOKEN_PREFIX};
use super::process::{self, Run};
use super::secret_scan;

/// The folder of the installed plugin, and the executable in it.
pub const PLUGIN_NAME: &str = "CredentialProvider.CodeArtifact";

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
        let path = root.path().canonicalize().expect("it was just made");
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
        let user = home.home().to_string_lossy().into_owned();
        let host = home.path.join("dotnet").to_string_lossy().into_owned();
        home.set("PATH", "/usr/bin:/bin").set("HOME", &user).set("DOTNET_HOST_PATH", &host);
        #[cfg(unix)]
        home.script("dotnet", "exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\"");
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
        self.home().join(".nuget/plugins/netcore").join(PLUGIN_NAME)
    }

    /// Where nuget.exe and Visual Studio look for it.
    pub fn netfx(&self) -> PathBuf {
        self.home().join(".nuget/plugins/netfx").join(PLUGIN_NAME)
    }

    /// The one folder that may hold tokens.
    pub fn cache_dir(&self) -> PathBuf {
        self.home().join(".cache").join("nuget-plugin-codeartifact")
    }

    /// The plugin's executable: what `CODEARTIFACT_NUGET_TEST_PLUGIN` names (a release to try,
    /// absolute), else what Cargo just built.
    pub fn plugin() -> PathBuf {
        let built = env!("CARGO_BIN_EXE_nuget-plugin-codeartifact");
        env::var_os("CODEARTIFACT_NUGET_TEST_PLUGIN").unwrap_or(built.into()).into()
    }

    /// Puts the plugin's executable at a further path. Linked where that is possible: a file that was
    /// just written cannot be started as long as a child of another test holds it open.
    pub fn link_plugin(path: &Path) {
        let plugin = Self::plugin();
        if fs::hard_link(&plugin, path).is_err() {
            fs::copy(&plugin, path).expect("a copy");
        }
    }

    /// Writes a file; `name` is relative to the temporary folder. Folders are made as needed.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path.join(name);
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

    /// As [`Self::write`], with any bytes.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.write(name, "");
        fs::write(&file, bytes).expect("a file that was just written");
        file
    }

    /// The file's bytes; `name` is relative to the temporary folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path.join(name)).expect("a file that is there")
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

    /// The text with `<root>` for the temporary folder.
    pub fn neutral(&self, text: &str) -> String {
        // A message names the plugin's path where no command is on PATH.
        let text = text.replace(&*Self::plugin().to_string_lossy(), "nuget-plugin-codeartifact");
        text.replace(&*self.path.to_string_lossy(), "<root>")
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
        let dotnet = find_on_path("dotnet").and_then(|file| file.canonicalize().ok());
        let dotnet = dotnet.as_deref().and_then(Path::parent).map(Path::to_owned);
        let commands = Some(self.path.join("commands"));
        let path =
            [Some(self.bin()), dotnet, commands, Some("/usr/bin".into()), Some("/bin".into())];
        let path = env::join_paths(path.into_iter().flatten()).expect("no folder has a colon");
        #[cfg(unix)]
        {
            let link = self.path.join("commands").join("dotnet-codeartifact");
            fs::create_dir(self.path.join("commands")).expect("a new folder");
            std::os::unix::fs::symlink(Self::plugin(), link).expect("a new link");
        }
        #[cfg(windows)]
        self.write("commands/dotnet-codeartifact.exe", "");
        let folders = [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_RUNTIME_DIR", "runtime"),
            ("NUGET_PACKAGES", "packages"),
            ("NUGET_HTTP_CACHE_PATH", "http-cache"),
            ("NUGET_PLUGINS_CACHE_PATH", "plugins-cache"),
        ];
        for (name, folder) in folders {
            self.set(name, &text(self.path.join(folder)));
        }
        self.set("PATH", &path.to_string_lossy());
        self.set("AWS_EC2_METADATA_DISABLED", "true");
        self.set("CODEARTIFACT_NUGET_CACHE", "disk");
        self.set("CODEARTIFACT_NUGET_CACHE_DIR", &text(self.cache_dir()));
    }
}
