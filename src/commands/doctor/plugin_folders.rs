//! What `install` puts into the plugins folders: there, whole, of this version, and answering.
#![expect(clippy::disallowed_methods, reason = "the installed files are read and started")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::architecture::{Architecture, HEADER};
use super::context::{Context, beginning, names_in};
use super::finding::{Finding, Outcome, Repair};
use super::remedy::{self, INSTALL};
use crate::commands::installation::layout::{Client, LAUNCHER_FILE, NAME};
use crate::commands::installation::manifest::Manifest;
use crate::commands::installation::{folder, handshake, layout};

/// A plugin answers in a tenth of a second, and NuGet gives it five seconds or more.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

const CHECK: &str = "plugin-folder";

/// One finding for every kind of client and plugins folder, or more where more is wrong.
pub fn check(context: &Context<'_>) -> Vec<Finding> {
    if let Err(error) = layout::plugins_folders(None, context.environment) {
        let elsewhere = "nuget-plugin-codeartifact install --dir /opt/nuget/plugins";
        return vec![Finding::failure("plugin-folder-path", error.to_string()).with_fix(elsewhere)];
    }
    let places = Client::ALL.into_iter().flat_map(|client| {
        let folders = context.our_folders(client).into_iter();
        folders.map(move |(path, is_searched)| Place { client, path, is_searched })
    });
    places.flat_map(|place| place.check(context)).collect()
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
    is_searched: bool,
}

impl Place {
    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        if !found_file(self.client, &self.path).is_file() {
            return vec![self.missing()];
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

    fn missing(&self) -> Finding {
        let (whom, file) = (self.whom(), found_file(self.client, &self.path));
        let what = format!("{whom}: not installed, there is no `{}`", file.display());
        let needs = self.client == Client::Netcore || cfg!(windows);
        match (self.is_searched && needs, self.other_spelling()) {
            (true, Some(other)) => Finding::failure(
                CHECK,
                format!("{what}; `{other}` is there, but the name's case counts"),
            )
            .with_fix(INSTALL)
            .with_repair(Repair::Install),
            (true, None) => {
                Finding::failure(CHECK, what).with_fix(INSTALL).with_repair(Repair::Install)
            }
            (false, _) => Finding::skipped(CHECK, what).with_fix(INSTALL),
        }
    }

    fn other_spelling(&self) -> Option<String> {
        let names = names_in(self.path.parent()?)?;
        names.into_iter().find(|name| name != NAME && name.eq_ignore_ascii_case(NAME))
    }

    /// What can be seen without starting it.
    fn wrong(&self, context: &Context<'_>) -> Vec<Finding> {
        let mut wrong: Vec<Finding> = match Manifest::read(&self.path) {
            Err(error) => vec![self.broken(&error.to_string())],
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
            let old = Finding::warning("plugin-version", what);
            wrong.push(old.with_fix(INSTALL).with_repair(Repair::Install));
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
        let fix = remedy::make_executable(&native);
        Some(Finding::failure(CHECK, what).with_fix(fix).with_repair(Repair::Install))
    }

    /// The native file runs on this machine, and the launcher in the process of `dotnet`.
    fn other_processor(&self, context: &Context<'_>) -> Option<Finding> {
        let of = |path: &Path| Architecture::of(&beginning(path, HEADER));
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
        Some(Finding::failure("plugin-architecture", differing).with_fix(fix))
    }

    fn obstacle(&self) -> Option<Finding> {
        let what = folder::obstacle(&self.path).filter(|_| self.client == Client::Netcore)?;
        let file = self.path.join(format!("{NAME}.runtimeconfig.json"));
        let what = format!("{}: {what}", self.whom());
        Some(Finding::failure("plugin-obstacle", what).with_fix(remedy::remove_file(&file)))
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

/// Starts a plugin as NuGet does: by itself, or through the program that is given its file.
pub fn start(program: &Path, plugin: Option<&Path>) -> Result<Duration, handshake::Problem> {
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
