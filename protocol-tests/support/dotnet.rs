//! The real `dotnet`, where there is one on PATH.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{self, Run};
use super::sandbox_home::{SandboxHome, plain};

/// Ends a run that hangs. A failed restore takes 7 s on a quiet machine.
pub const LIMIT: Duration = Duration::from_mins(2);

/// A `dotnet` that was found.
#[derive(Debug, Clone)]
pub struct Dotnet {
    program: PathBuf,
}

impl Dotnet {
    /// The first `dotnet` on PATH; none where there is none.
    pub fn find() -> Option<Self> {
        Some(Self { program: find_on_path("dotnet")? })
    }

    /// The same in a test that is run only where there is one.
    pub fn needed() -> Self {
        Self::find().expect("a test that needs `dotnet` is run where it is")
    }

    /// The file that was found.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs `dotnet` in the home's project folder and environment, to its end or [`LIMIT`].
    pub fn run(&self, home: &SandboxHome, arguments: &[&str]) -> Run {
        process::run(&mut self.command(home, arguments), LIMIT)
    }

    /// As [`Self::run`], with further variables.
    pub fn run_with(
        &self,
        home: &SandboxHome,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Run {
        let mut command = self.command(home, arguments);
        command.envs(variables.iter().copied());
        process::run(&mut command, LIMIT)
    }

    /// As [`Self::run`], started by the plugin's `exec`.
    pub fn run_by_exec(&self, home: &SandboxHome, plugin: &Path, arguments: &[&str]) -> Run {
        let mut command = Command::new(plugin);
        command.args(["exec", "--"]).arg(self.real_program()).args(arguments);
        self.prepare(&mut command, home);
        process::run(&mut command, LIMIT)
    }

    /// As [`Self::run`], in a terminal of its own, with all that is shown there in `typescript` as it
    /// appears. Arguments go through a shell.
    #[cfg(target_os = "linux")]
    pub fn run_in_terminal(
        &self,
        home: &SandboxHome,
        arguments: &[&str],
        typescript: &Path,
    ) -> Run {
        let line = format!("{} {}", self.real_program().display(), arguments.join(" "));
        let mut command = process::in_terminal(&line, typescript);
        self.prepare(&mut command, home);
        command.env("TERM", "xterm-256color");
        process::run(&mut command, LIMIT)
    }

    /// As [`Self::run_in_terminal`], with so many columns.
    #[cfg(target_os = "linux")]
    pub fn run_in_columns(
        &self,
        home: &SandboxHome,
        arguments: &[&str],
        typescript: &Path,
        columns: usize,
    ) -> Run {
        let program = self.real_program();
        let words = arguments.join(" ");
        let line = format!("stty cols {columns}; exec '{}' {words}", program.display());
        let mut command = process::in_terminal(&line, typescript);
        self.prepare(&mut command, home);
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        process::run(&mut command, LIMIT)
    }

    /// The file itself, where PATH has a link.
    pub fn real_program(&self) -> PathBuf {
        self.program.canonicalize().map_or_else(|_| self.program.clone(), plain)
    }

    fn command(&self, home: &SandboxHome, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.real_program());
        command.args(arguments);
        self.prepare(&mut command, home);
        command
    }

    /// Gives the home's environment to a command that starts `dotnet`.
    pub fn prepare(&self, command: &mut Command, home: &SandboxHome) {
        home.prepare(command);
        command
            .env("DOTNET_NOLOGO", "1")
            .env("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
            .env("DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "1")
            .env("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false")
            .env("MSBUILDDISABLENODEREUSE", "1")
            .env("DOTNET_CLI_USE_MSBUILD_SERVER", "0");
        if let Some(folder) = self.real_program().parent() {
            command.env("DOTNET_ROOT", folder);
        }
    }
}

/// The first file of this name on the PATH of the tests.
pub fn find_on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file())
}
