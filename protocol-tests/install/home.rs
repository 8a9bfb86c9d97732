//! A throwaway home, and the real executable run in it to its end or to a deadline.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub const PLUGIN: &str = env!("CARGO_BIN_EXE_nuget-plugin-codeartifact");
pub const NAME: &str = "CredentialProvider.CodeArtifact";

/// Longer than anything here takes, on a busy machine as well.
const LIMIT: Duration = Duration::from_mins(1);

/// A host that starts the native file beside the dll, as the launcher makes the real one do.
const GOOD_HOST: &str = "exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\"";

pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("home")).expect("a home in it");
        let home = Self { folder };
        home.host(GOOD_HOST);
        home
    }

    /// The home's path, as `HOME` has it.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A place beside the home.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn netcore(&self) -> PathBuf {
        self.path().join(".nuget/plugins/netcore").join(NAME)
    }

    pub fn netfx(&self) -> PathBuf {
        self.path().join(".nuget/plugins/netfx").join(NAME)
    }

    /// Sets what `dotnet` is for the commands that run here.
    pub fn host(&self, script: &str) {
        let path = self.beside("dotnet");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// A command with nothing of our own environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.path())
            .env("DOTNET_HOST_PATH", self.beside("dotnet"))
            .current_dir(self.folder.path());
        command
    }

    /// Runs the plugin's executable.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(self.command(PLUGIN).args(arguments))
    }

    /// Runs it, and panics unless it succeeds.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    }

    /// A text with the folders of this test by name.
    pub fn neutral(&self, text: &str) -> String {
        text.replace(&self.path().display().to_string(), "HOME")
            .replace(&self.folder.path().display().to_string(), "BESIDE")
    }
}

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs without input to the end.
pub fn run(command: &mut Command) -> Ran {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let out = collect(child.stdout.take());
    let err = collect(child.stderr.take());
    let code = wait(&mut child);
    Ran { code, out: out.join().expect("its output"), err: err.join().expect("its errors") }
}

/// Waits to the deadline, and panics then.
pub fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child to wait for") {
            return status.code();
        }
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("it still ran after {} s", LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn collect(source: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        source.expect("a pipe").read_to_end(&mut bytes).expect("text");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Every file and folder below, with its mode, sorted.
pub fn tree(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = path.symlink_metadata().expect("its metadata");
            let name = path.strip_prefix(folder).expect("a path below").display();
            lines.push(format!("{name} {:o}", metadata.permissions().mode() & 0o777));
            if metadata.is_dir() {
                folders.push(path);
            }
        }
    }
    lines.sort();
    lines
}
