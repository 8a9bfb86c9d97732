//! What `install` puts into the plugins folders: there, whole, of this version, and answering.
#![expect(clippy::disallowed_methods, reason = "the installed files are read and started")]

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::architecture::{Architecture, HEADER};
use super::context::{Context, names_in};
use super::finding::{Finding, Outcome, Repair};
use super::fix::{self, INSTALL};
use super::{path, variables};
use crate::base::files;
use crate::commands::installation::folder::{self, MANIFEST_FILE, Manifest};
use crate::commands::installation::layout::{Client, LAUNCHER_FILE, NAME};
use crate::commands::installation::{self, InstallationError, handshake};

/// A plugin answers in a tenth of a second, and NuGet gives it five seconds or more.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

const CHECK: &str = "plugin-folder";

/// One finding for every kind of client and plugins folder, or more where more is wrong.
pub fn check(context: &Context<'_>) -> Vec<Finding> {
    if let Err(error) = installation::plugins_folders(None, context.environment) {
        return vec![no_folder(&error, context)];
    }
    let is_elsewhere = is_found_elsewhere(context);
    let places = Client::ALL.into_iter().flat_map(|client| {
        let folders = context.our_folders(client).into_iter();
        folders.map(move |(path, is_searched)| {
            let is_needed = is_searched && !(is_elsewhere && client == Client::Netcore);
            Place { client, path, is_needed }
        })
    });
    places.flat_map(|place| place.check(context)).collect()
}

/// NuGet can start nothing in the plugins folders, and may be told of another one.
fn no_folder(error: &InstallationError, context: &Context<'_>) -> Finding {
    let check = "plugin-folder-path";
    if variables::named_plugins(context.environment).is_some() {
        return Finding::skipped(check, format!("{error} (a variable names plugins elsewhere)"));
    }
    let folder = Path::new("/opt/nuget/plugins");
    let dll = Client::Netcore.folder(folder).join(format!("{NAME}.dll"));
    let fix = format!(
        "nuget-plugin-codeartifact install --netcore-only --dir {} && {}",
        folder.display(),
        fix::set("NUGET_NETCORE_PLUGIN_PATHS", &dll.to_string_lossy())
    );
    Finding::failure(check, error.to_string()).with_fix(fix)
}

/// Whether `dotnet` finds us by a variable or on `PATH`, and needs no plugins folder: SDK 9.0.200 and newer
/// do.
fn is_found_elsewhere(context: &Context<'_>) -> bool {
    match variables::named_plugins(context.environment) {
        Some(named) => named.names_this_plugin(),
        None => path::files(&context.path_folders())
            .iter()
            .any(|file| file.is_ours && file.state == path::State::Startable),
    }
}

/// Whether the clients that search plugins folders find us there.
pub fn is_found(context: &Context<'_>) -> bool {
    let mut folders = context.our_folders(Client::Netcore).into_iter();
    folders.any(|(path, is_searched)| is_searched && found_file(Client::Netcore, &path).is_file())
}

/// The file that the clients look for.
fn found_file(client: Client, folder: &Path) -> PathBuf {
    let extension = if client == Client::Netcore { "dll" } else { "exe" };
    folder.join(format!("{NAME}.{extension}"))
}

/// Our folder in one plugins folder.
struct Place {
    client: Client,
    path: PathBuf,
    /// Whether the clients have us from there alone.
    is_needed: bool,
}

impl Place {
    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        if !found_file(self.client, &self.path).is_file() {
            return vec![self.missing(context)];
        }
        let wrong = self.wrong(context);
        if wrong.iter().any(|finding| finding.outcome == Outcome::Failure) {
            return wrong;
        }
        wrong.into_iter().chain([self.handshake(context)]).collect()
    }

    fn whom(&self) -> &'static str {
        self.client.description()
    }

    fn missing(&self, context: &Context<'_>) -> Finding {
        let (whom, file) = (self.whom(), found_file(self.client, &self.path));
        if let Some(finding) = self.in_the_way(&file, context.environment.home().as_deref()) {
            return finding;
        }
        let what = format!("{whom}: not installed, there is no `{}`", file.display());
        let needs = self.client == Client::Netcore || cfg!(windows);
        if !self.is_needed || !needs {
            return Finding::skipped(CHECK, what).with_fix(INSTALL);
        }
        let what = match self.other_spelling() {
            Some(other) => format!("{what}; `{other}` is there, but the name's case counts"),
            None => what,
        };
        Finding::failure(CHECK, what).with_fix(INSTALL).with_repair(Repair::Install)
    }

    /// What keeps `install` from putting it there.
    fn in_the_way(&self, file: &Path, home: Option<&Path>) -> Option<Finding> {
        let whom = self.whom();
        let hidden = file.metadata().err()?;
        let there = file.ancestors().find(|above| above.symlink_metadata().is_ok())?;
        let shown = there.display();
        if hidden.kind() == ErrorKind::PermissionDenied || !fix::is_writable_or_file(there) {
            let what = format!("{whom}: `{shown}` is not readable and writable for this user");
            return Some(fix::make_usable(Finding::failure(CHECK, what), there, home));
        }
        if there.is_dir() {
            return None;
        }
        let what = format!("{whom}: `{shown}` is no folder, where `install` wants one");
        Some(Finding::failure(CHECK, what).with_fix(fix::move_aside(there)))
    }

    fn other_spelling(&self) -> Option<String> {
        let names = names_in(self.path.parent()?)?;
        names.into_iter().find(|name| name != NAME && name.eq_ignore_ascii_case(NAME))
    }

    /// What can be seen without starting it.
    fn wrong(&self, context: &Context<'_>) -> Vec<Finding> {
        let mut wrong: Vec<Finding> = match Manifest::read(&self.path) {
            Err(_) => vec![self.unreadable_list()],
            Ok(None) => vec![self.unlisted()],
            Ok(Some(manifest)) => self.compared(&manifest),
        };
        wrong.extend(self.unstartable());
        wrong.extend(self.other_processor(context));
        wrong.extend(self.obstacle());
        wrong
    }

    fn broken(&self, why: &str) -> Finding {
        Finding::failure(CHECK, format!("{}: {why}", self.whom()))
            .with_fix(INSTALL)
            .with_repair(Repair::Install)
    }

    /// NuGet does not care.
    fn unreadable_list(&self) -> Finding {
        let (whom, path) = (self.whom(), self.path.join(MANIFEST_FILE));
        let what = format!("{whom}: `{}` is no list of installed files", path.display());
        Finding::warning(CHECK, what).with_fix(INSTALL).with_repair(Repair::Install)
    }

    fn unlisted(&self) -> Finding {
        let (whom, path) = (self.whom(), self.path.display());
        Finding::warning(CHECK, format!("{whom}: `{path}` was not filled by `install`"))
            .with_fix(INSTALL)
            .with_repair(Repair::Install)
    }

    fn compared(&self, manifest: &Manifest) -> Vec<Finding> {
        let mut wrong = Vec::new();
        for entry in &manifest.files {
            let file = self.path.join(&entry.name);
            match std::fs::read(&file) {
                Err(error) => {
                    wrong.push(
                        self.broken(&format!("`{}` cannot be read: {error}", file.display())),
                    );
                }
                Ok(content) if format!("{:x}", Sha256::digest(&content)) != entry.sha256 => {
                    let what = format!("`{}` is not what was installed", file.display());
                    wrong.push(self.broken(&what));
                }
                Ok(_) => {}
            }
        }
        let (theirs, ours) = (&manifest.version, env!("CARGO_PKG_VERSION"));
        if theirs != ours {
            let (whom, path) = (self.whom(), self.path.display());
            let what = format!("{whom}: `{path}` is of version {theirs}, and this is {ours}");
            let other = Finding::warning("plugin-version", what);
            wrong.push(if is_newer(theirs, ours) {
                other.with_advice(
                    "use that one, which is newer: `install` would put this one in its place",
                )
            } else {
                other.with_fix(INSTALL).with_repair(Repair::Install)
            });
        }
        wrong
    }

    /// The file that runs in the end.
    fn native(&self) -> PathBuf {
        let name = match self.client {
            Client::Netcore => format!("{NAME}{}", std::env::consts::EXE_SUFFIX),
            Client::Netfx => format!("{NAME}.exe"),
        };
        self.path.join(name)
    }

    fn unstartable(&self) -> Option<Finding> {
        let native = self.native();
        if !native.is_file() || is_executable(&native) {
            return None;
        }
        let what =
            format!("{}: `{}` lacks the permission to be run", self.whom(), native.display());
        let fix = fix::make_executable(&native);
        Some(Finding::failure(CHECK, what).with_fix(fix).with_repair(Repair::Install))
    }

    /// The native file runs on this machine, and the launcher in the process of `dotnet`.
    fn other_processor(&self, context: &Context<'_>) -> Option<Finding> {
        let of = |path: &Path| Architecture::of(&files::beginning(path, HEADER));
        let launcher = self.path.join(LAUNCHER_FILE);
        let needs_host = self.client == Client::Netcore;
        let pairs = [
            (Some(self.native()), context.own_file.clone()),
            (Some(launcher).filter(|_| needs_host), context.host.clone()),
        ];
        let differing = pairs.into_iter().find_map(|(file, runs)| {
            let (file, runs) = (file?, runs?);
            let (is, needed) = (of(&file)?, of(&runs)?);
            (is != needed).then(|| {
                let (whom, file, runs) = (self.whom(), file.display(), runs.display());
                format!("{whom}: `{file}` is for {is}, and `{runs}` for {needed}")
            })
        })?;
        let fix = "install the plugin's release for that processor, then run its `install`";
        Some(Finding::failure("plugin-architecture", differing).with_advice(fix))
    }

    fn obstacle(&self) -> Option<Finding> {
        let what = folder::obstacle(&self.path).filter(|_| self.client == Client::Netcore)?;
        let file = self.path.join(format!("{NAME}.runtimeconfig.json"));
        let what = format!("{}: {what}", self.whom());
        Some(Finding::failure("plugin-obstacle", what).with_fix(fix::remove_file(&file)))
    }

    /// Of an installation that says so.
    fn version(&self) -> String {
        let manifest = Manifest::read(&self.path).ok().flatten();
        manifest.map(|manifest| format!(", version {},", manifest.version)).unwrap_or_default()
    }

    fn handshake(&self, context: &Context<'_>) -> Finding {
        let host = context.host.as_deref().filter(|_| self.client == Client::Netcore);
        let whom = self.whom();
        let folder = self.path.display();
        let plugin = match host {
            Some(_) => found_file(self.client, &self.path),
            None => self.native(),
        };
        let (answer, through) = match host {
            Some(host) => (start(host, Some(&plugin)), format!(" through `{}`", host.display())),
            None => (start(&plugin, None), String::new()),
        };
        match answer {
            Ok(time) => {
                let time = time.as_millis();
                let version = self.version();
                let what = format!("{whom}: `{folder}`{version} answers{through} in {time} ms");
                Finding::pass(CHECK, what)
            }
            Err(problem) => {
                let problem = problem.to_string().replace("\n  ", " ");
                let what = format!("{whom}: `{}`{through}: {problem}", plugin.display());
                Finding::failure("plugin-handshake", what).with_fix(INSTALL)
            }
        }
    }
}

/// Whether the first of two versions is the newer, by their numbers.
pub fn is_newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| {
        let release = text.split(['-', '+']).next().unwrap_or_default().to_owned();
        release.split('.').map(|part| part.parse().unwrap_or_default()).collect::<Vec<u64>>()
    };
    numbers(version) > numbers(than)
}

/// Starts a plugin as NuGet does: by itself, or through the program that is given its file.
pub fn start(program: &Path, plugin: Option<&Path>) -> Result<Duration, handshake::HandshakeError> {
    let mut command = Command::new(program);
    command.args(plugin).arg("-Plugin");
    handshake::exchange(&mut command, HANDSHAKE_LIMIT)
}

#[cfg(unix)]
pub fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub fn is_executable(_file: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, than, newer) in [
            ("0.10.0", "0.9.9", true),
            ("0.1.0", "0.1.0", false),
            ("0.0.1", "0.1.0", false),
            ("1.0.0-rc.1", "0.9", true),
            ("unknown", "0.1.0", false),
        ] {
            assert_eq!(is_newer(version, than), newer, "{version} {than}");
        }
    }
}
