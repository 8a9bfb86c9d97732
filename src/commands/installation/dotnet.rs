//! The `dotnet` host with which a client would start the plugin, and whether its NuGet finds the plugin
//! on `PATH`.
#![expect(clippy::disallowed_methods, reason = "`dotnet` is asked for its version")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use super::global_json::{self, GlobalJson};
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::files::can_start;
use crate::base::text::excerpt;
use crate::base::version::numbers;

const HOST: &str = if cfg!(windows) { "dotnet.exe" } else { "dotnet" };

/// The folders of installers and distributions. They are searched if neither a variable nor `PATH`
/// names one.
const USUAL_FOLDERS: &[&str] = if cfg!(windows) {
    &[r"C:\Program Files\dotnet"]
} else {
    &[
        "/usr/share/dotnet",
        "/usr/lib/dotnet",
        "/usr/lib64/dotnet",
        "/usr/local/share/dotnet",
        "/opt/homebrew/bin",
        "/snap/bin",
    ]
};

/// The first SDK whose NuGet searches `PATH`.
const FINDS_ON_PATH: [u64; 3] = [9, 0, 200];

/// Variables with which .NET does nothing more than it is asked for.
pub const NO_FIRST_RUN: [(&str, &str); 5] = [
    ("DOTNET_ADD_GLOBAL_TOOLS_TO_PATH", "false"),
    ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
    ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
    ("DOTNET_NOLOGO", "1"),
    ("DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "1"),
];

/// Whether the NuGet of the SDK of this version searches `PATH`.
pub fn searches_path(version: &str) -> bool {
    *numbers(version.trim()) >= FINDS_ON_PATH[..]
}

/// This program on `PATH`.
pub struct OnPath {
    pub file: PathBuf,
    /// The SDK whose NuGet finds it there; none if no `dotnet` says its version.
    pub sdk: Option<String>,
}

/// This program on `PATH`, if the SDK that the file chooses starts it from there. Without a file it is
/// the newest SDK. An unknown SDK is taken for a new one.
pub fn found_on_path(environment: &Environment, choice: Option<&GlobalJson>) -> Option<OnPath> {
    let file = environment.program(PROGRAM)?;
    let sdk = find(environment).and_then(|host| {
        let chosen = choice.and_then(|choice| version(&host, Some(choice)));
        chosen.or_else(|| version(&host, None))
    });
    sdk.as_deref().is_none_or(searches_path).then_some(OnPath { file, sdk })
}

/// What `dotnet --version` prints where this file chooses the SDK. None after some seconds.
fn version(host: &Path, choice: Option<&GlobalJson>) -> Option<String> {
    const LIMIT: Duration = Duration::from_secs(20);
    let folder = global_json::folder_with(choice).ok()?;
    let mut command = Command::new(host);
    command.arg("--version").current_dir(folder.path()).envs(NO_FIRST_RUN);
    command.env("DOTNET_CLI_HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let output = child.stdout.take()?;
    let (sender, printed) = channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = output.take(1024).read_to_string(&mut text);
        let _ = sender.send(read.is_ok().then_some(text));
    });
    let text = printed.recv_timeout(LIMIT).ok().flatten();
    // It has closed its output, or takes too long.
    let _ = child.kill();
    let _ = child.wait();
    // Where the chosen SDK is missing, the host lists the others, with their folders.
    let text = text.filter(|text| text.split_whitespace().count() == 1)?;
    text.starts_with(|first: char| first.is_ascii_digit()).then(|| excerpt(text.trim()))
}

/// The first existing one of: the host that a running SDK names, the one on `PATH`, the one that
/// `DOTNET_ROOT` names, and those in the usual folders.
pub fn find(environment: &Environment) -> Option<PathBuf> {
    let named = environment.path("DOTNET_HOST_PATH").filter(|path| path.is_absolute());
    named.into_iter().chain(candidates(environment)).find(|path| can_start(path))
}

fn candidates(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let mut folders = environment.path_folders();
    folders.extend(environment.path("DOTNET_ROOT"));
    folders.extend(environment.path("ProgramFiles").map(|folder| folder.join("dotnet")));
    folders.extend(environment.home().map(|home| home.join(".dotnet")));
    folders.extend(USUAL_FOLDERS.iter().map(PathBuf::from));
    folders.into_iter().filter(|folder| folder.is_absolute()).map(|folder| folder.join(HOST))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A `dotnet` on `PATH` that runs this script, beside this program.
    fn found_with(script: &str) -> bool {
        found_in(script, None).is_some()
    }

    /// As [`found_with`], where a repository chooses the SDK.
    fn found_in(script: &str, choice: Option<&str>) -> Option<OnPath> {
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in [(HOST, script), (PROGRAM, "")] {
            let file = folder.path().join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = folder.path().to_str().unwrap();
        let choice = choice.and_then(|text| {
            fs::write(folder.path().join("global.json"), text).unwrap();
            GlobalJson::find(folder.path())
        });
        found_on_path(&Environment::from_pairs([("PATH", path)]), choice.as_ref())
    }

    #[test]
    fn the_sdk_that_the_repository_chooses_decides() {
        let of = |version| Some(format!(r#"{{"sdk": {{"version": "{version}"}}}}"#));
        let two = "grep -q 7.0.1 global.json && echo '8.0.404 [/x]' && exit 1; grep -q 8.0.404 global.json && echo 8.0.404 || echo 10.0.401";
        let sdk = |choice: Option<String>| {
            let found = found_in(two, choice.as_deref());
            found.map(|found| found.sdk.unwrap())
        };
        assert_eq!(sdk(None).as_deref(), Some("10.0.401"));
        assert_eq!(sdk(of("10.0.401")).as_deref(), Some("10.0.401"));
        assert_eq!(sdk(of("8.0.404")), None);
        assert_eq!(sdk(of("7.0.1")).as_deref(), Some("10.0.401"), "one that is not installed");
    }

    #[test]
    fn an_old_sdk_does_not_find_the_plugin_on_path() {
        assert!(!found_with("echo 8.0.404"));
        assert!(!found_with("echo 2.2.104"));
        assert!(found_with("echo 9.0.200"));
        assert!(found_with("echo 10.0.100-rc.1.25451.107"));
        assert!(found_with("echo no SDK; exit 1"), "an unknown one is taken for a new one");
    }

    #[test]
    fn the_one_that_can_be_started_and_is_named_first_wins() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| place.path().join(name);
        let host = |name: &str, mode| {
            fs::create_dir_all(folder(name)).unwrap();
            let host = folder(name).join("dotnet");
            fs::write(&host, "").unwrap();
            fs::set_permissions(&host, fs::Permissions::from_mode(mode)).unwrap();
            host
        };
        host("unstartable", 0o644);
        let on_path = host("on-path", 0o755);
        let named = host("named", 0o755);
        let path =
            std::env::join_paths([folder("absent"), folder("unstartable"), folder("on-path")]);
        let path = path.unwrap().into_string().unwrap();

        let by_path = Environment::from_pairs([("PATH", path.as_str())]);
        assert_eq!(find(&by_path), Some(on_path));
        let by_name = Environment::from_pairs([
            ("PATH", path.as_str()),
            ("DOTNET_HOST_PATH", named.to_str().unwrap()),
        ]);
        assert_eq!(find(&by_name), Some(named));
    }
}
