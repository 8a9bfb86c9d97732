//! A machine as an installer sees it: a home, a folder for temporary files, and programs on PATH.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::release::{Release, script_file, write_program};
use crate::support::dotnet::find_on_path;
use crate::support::process::{self, Run};
use crate::support::secret_scan::files_below;

/// Longer than an installation takes on a busy machine.
pub const LIMIT: Duration = Duration::from_mins(2);

/// What an installer needs besides `curl` or `wget`, and a program for SHA-256.
pub const TOOLS: [&str; 18] = [
    "sh", "tar", "gzip", "mktemp", "uname", "rm", "chmod", "cp", "wc", "date", "grep", "tr", "cut",
    "cat", "id", "ls", "timeout", "sleep",
];

pub struct Machine {
    root: TempDir,
    pub variables: BTreeMap<String, String>,
}

impl Machine {
    /// Without any release. All of its folders have names that need care.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("a machine, Zoë's `own` ").tempdir();
        let mut machine = Self { root: root.expect("a folder"), variables: BTreeMap::new() };
        for folder in ["home of Zoë", "tmp $TMP", "bin", "work"] {
            fs::create_dir(machine.path(folder)).expect("a folder");
        }
        let home = machine.home().to_string_lossy().into_owned();
        let temporary = machine.temporary().to_string_lossy().into_owned();
        // On CI tokens are in memory otherwise, which all homes of a user share.
        let cache = machine.path("cache").to_string_lossy().into_owned();
        machine.set("CODEARTIFACT_NUGET_CACHE_DIR", &cache);
        if cfg!(windows) {
            // PowerShell needs the rest of it.
            machine.variables.extend(env::vars().filter(|(name, _)| !is_ours(name)));
            machine.set("USERPROFILE", &home).set("TEMP", &temporary).set("TMP", &temporary);
            let folder = |name: &str| format!("{home}\\AppData\\{name}");
            machine.set("APPDATA", &folder("Roaming")).set("LOCALAPPDATA", &folder("Local"));
        } else {
            let path = format!("{}:/usr/bin:/bin", machine.path("bin").display());
            machine.set("PATH", &path).set("HOME", &home).set("TMPDIR", &temporary);
            // Nobody waits between two attempts.
            machine.program("sleep", "exit 0");
        }
        machine
    }

    /// Where the installers download from this release.
    pub fn of(release: &Release) -> Self {
        let mut machine = Self::new();
        machine.set("CODEARTIFACT_NUGET_RELEASES", &release.url());
        machine
    }

    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn home(&self) -> PathBuf {
        self.path("home of Zoë")
    }

    pub fn temporary(&self) -> PathBuf {
        self.path("tmp $TMP")
    }

    /// A script that is first on PATH.
    pub fn program(&self, name: &str, script: &str) -> &Self {
        let file = self.path("bin").join(name);
        let _ = fs::remove_file(&file);
        write_program(&file, format!("#!/bin/sh\n{script}\n").as_bytes());
        self
    }

    /// Only these programs of the system are on PATH from now on, as links to them; with a `:` the
    /// name of a link is before it and the program behind.
    #[cfg(unix)]
    pub fn only_with(&mut self, programs: &[&str]) -> &mut Self {
        for program in TOOLS.iter().chain(programs) {
            let (name, program) = program.split_once(':').unwrap_or((program, program));
            let Some(file) = find_on_path(program) else { continue };
            let link = self.path("bin").join(name);
            if !link.exists() {
                std::os::unix::fs::symlink(file, link).expect("a link");
            }
        }
        let path = self.path("bin").to_string_lossy().into_owned();
        self.set("PATH", &path)
    }

    /// A command in this machine's working folder, with its environment.
    pub fn command(&self, words: &[&str]) -> Command {
        let (program, words) = words.split_first().expect("a program");
        let mut command = Command::new(find_on_path(program).unwrap_or(program.into()));
        command.args(words).current_dir(self.path("work")).env_clear().envs(&self.variables);
        command
    }

    pub fn run(&self, words: &[&str]) -> Run {
        process::run(&mut self.command(words), LIMIT)
    }

    /// Runs `install.sh` as one file of its own, as it is after a download.
    pub fn install(&self, arguments: &[&str]) -> Run {
        self.install_by("sh", arguments)
    }

    /// The same by a shell, which may have arguments.
    pub fn install_by(&self, shell: &str, arguments: &[&str]) -> Run {
        let script = self.script("install.sh");
        let script = script.to_string_lossy();
        let words: Vec<_> = shell.split(' ').chain([&*script]).chain(arguments.to_vec()).collect();
        self.run(&words)
    }

    /// A copy of an installer that is in a folder without anything else.
    pub fn script(&self, name: &str) -> PathBuf {
        let folder = self.path("downloaded script");
        fs::create_dir_all(&folder).expect("a folder");
        fs::copy(script_file(name), folder.join(name)).expect("a copy");
        folder.join(name)
    }

    /// How the stub was started, one line each time.
    pub fn started(&self) -> String {
        fs::read_to_string(self.home().join("started")).unwrap_or_default()
    }

    /// Every file of the home with its content.
    pub fn state(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files_below(&self.home()).into_iter().map(|file| (file.clone(), read(&file))).collect()
    }

    /// Nothing of an installer is left.
    #[track_caller]
    pub fn assert_tidy(&self, run: &Run) {
        for folder in [self.temporary(), self.path("work")] {
            let left: Vec<_> = fs::read_dir(&folder).expect("a folder").flatten().collect();
            assert!(left.is_empty(), "left: {left:?}\n{run}");
        }
        let homes = fs::read_dir(self.home()).expect("a folder").flatten();
        let homes: Vec<_> = homes.filter(|it| is_temporary(&it.path())).collect();
        assert!(homes.is_empty(), "left: {homes:?}\n{run}");
    }
}

/// What would tell an installer or the plugin something of this machine.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let starts = ["CODEARTIFACT_", "AWS_", "DOTNET_", "NUGET_", "HTTP_PROXY", "HTTPS_PROXY", "GH_"];
    starts.iter().any(|start| name.starts_with(start))
}

fn is_temporary(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().contains("nuget-plugin-codeartifact."))
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_default()
}

/// The one line that an installer has to print when it fails.
#[track_caller]
pub fn error_of(run: &Run) -> String {
    let errors: Vec<_> = run.stderr.lines().filter(|it| it.starts_with("error: ")).collect();
    let [error] = errors[..] else { panic!("one line with an error: {run}") };
    error.to_owned()
}
