//! The files of `install` in the plugins folders: complete, of this version, and responding.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::concurrently;
use super::finding::{Finding, Outcome, Repair};
use super::fix;
use super::nuget::{self, Nuget, PluginFolder};
use super::permission;
use crate::base::executable_format::Architecture;
use crate::base::files;
use crate::base::invocation::command_name;
use crate::base::text::excerpt;
use crate::base::version::is_newer;
use crate::code::Code;
use crate::commands::installation::folder::{self, MANIFEST_FILE, Manifest};
use crate::commands::installation::layout::{Client, LAUNCHER_FILE, NAME};
use crate::commands::installation::{self, InstallationError};

const CHECK: &str = "plugin-folder";

/// Larger than any file that `install` writes.
const LARGEST_FILE: u64 = 256 << 20;

/// One finding for every kind of client and plugins folder, or several for several problems.
pub async fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    if let Err(error) = installation::plugins_folders(None, nuget.environment) {
        return vec![no_folder(&error, nuget)];
    }
    let checks = nuget.plugin_folders.iter().map(|folder| FolderCheck { folder, nuget }.check());
    concurrently::all(checks).await.into_iter().flatten().collect()
}

/// NuGet can start nothing in the plugins folders. A variable may name plugins elsewhere.
fn no_folder(error: &InstallationError, nuget: &Nuget<'_>) -> Finding {
    let check = "plugin-folder-path";
    if nuget.named_for_dotnet().is_some() {
        return Finding::skipped(check, format!("{error} A variable names plugins elsewhere"));
    }
    let folder = Path::new("/opt/nuget/plugins");
    let dll = Client::Netcore.folder(folder).join(format!("{NAME}.dll"));
    let fix = format!(
        "{} install --netcore-only --dir {} && {}",
        command_name(),
        folder.display(),
        fix::set("NUGET_NETCORE_PLUGIN_PATHS", &dll.to_string_lossy())
    );
    Finding::failure(check, error.to_string()).with_fix(fix)
}

/// Our folder in one plugins folder.
struct FolderCheck<'a> {
    folder: &'a PluginFolder,
    nuget: &'a Nuget<'a>,
}

impl FolderCheck<'_> {
    async fn check(self) -> Vec<Finding> {
        let plugin = self.folder.plugin();
        if !plugin.is_file() {
            let in_the_way = fix::unusable_folder(
                CHECK,
                self.folder.client.description(),
                &plugin,
                "and `install` needs one there",
                self.nuget.home.as_deref(),
            );
            return vec![match in_the_way {
                Some(finding) => finding,
                None => self.missing(&plugin).await,
            }];
        }
        let manifest = Manifest::read(&self.folder.path);
        let mut findings = match &manifest {
            Ok(Some(manifest)) => self.compared(manifest),
            Ok(None) => {
                let what = format!("`{}` was not created by `install`", self.folder.path.display());
                vec![self.to_install(Finding::warning(CHECK, self.of_clients(what)))]
            }
            // NuGet does not read it.
            Err(_) => {
                let list = self.folder.path.join(MANIFEST_FILE);
                let what = format!("`{}` is not a list of installed files", list.display());
                vec![self.to_install(Finding::warning(CHECK, self.of_clients(what)))]
            }
        };
        findings.extend(self.unstartable());
        findings.extend(self.other_processor());
        findings.extend(self.obstacle());
        if findings.iter().all(|finding| finding.outcome != Outcome::Failure) {
            findings.push(self.handshake(&plugin, manifest.ok().flatten()).await);
        }
        findings
    }

    fn is_netcore(&self) -> bool {
        self.folder.client == Client::Netcore
    }

    fn to_install(&self, finding: Finding) -> Finding {
        finding.with_fix(fix::install()).with_repair(Repair::Install(self.folder.client))
    }

    fn of_clients(&self, what: impl Display) -> String {
        format!("{}: {what}", self.folder.client.description())
    }

    async fn missing(&self, plugin: &Path) -> Finding {
        let unfound = self.unfound_on_path().await.unwrap_or_default();
        let what = self.of_clients(format!(
            "the plugin is not installed (`{}` is missing){unfound}",
            plugin.display()
        ));
        // Clients on .NET Framework run on Windows. On other systems a few run on Mono.
        let is_needed = match self.folder.client {
            Client::Netcore => !self.nuget.is_found_elsewhere().await,
            Client::Netfx => cfg!(windows),
        };
        if !self.folder.is_searched || !is_needed {
            return Finding::skipped(CHECK, what).with_fix(fix::install());
        }
        let names = self.folder.path.parent().map(nuget::names_in).unwrap_or_default();
        // The folder's own name is not among them, or it contains no plugin.
        let other = names.iter().find(|name| *name != NAME && name.eq_ignore_ascii_case(NAME));
        self.to_install(match other {
            Some(other) => Finding::failure(
                CHECK,
                format!(
                    "{what}; `{other}` is there, but NuGet needs the same upper and lower case"
                ),
            ),
            None => Finding::failure(CHECK, what),
        })
    }

    /// That the SDK here is too old for the copy on `PATH`.
    async fn unfound_on_path(&self) -> Option<String> {
        let (host, copy) = (self.nuget.host.as_deref()?, self.nuget.copy_on_path()?);
        if !self.is_netcore() || self.nuget.searches_path().await {
            return None;
        }
        let sdk = self.nuget.sdk(host).await.as_deref().unwrap_or_default().trim();
        Some(format!(
            ", and SDK {} does not search PATH, where `{}` is",
            excerpt(sdk),
            copy.display()
        ))
    }

    /// The files compared with the list of what was installed, and its version with this one.
    fn compared(&self, manifest: &Manifest) -> Vec<Finding> {
        let mut findings = Vec::new();
        for entry in &manifest.files {
            let file = self.folder.path.join(&entry.name);
            let shown = file.display();
            let what = match files::read_regular(&file, LARGEST_FILE) {
                Ok(content) if entry.is_of(&content) => continue,
                Ok(_) => format!("`{shown}` is not the file that was installed"),
                Err(error) => format!("`{shown}` cannot be read: {error}"),
            };
            findings.push(self.to_install(Finding::failure(CHECK, self.of_clients(what))));
        }
        let (theirs, ours) = (&manifest.version, env!("CARGO_PKG_VERSION"));
        if theirs != ours {
            let path = self.folder.path.display();
            let what = format!("`{path}` has version {theirs}, and this program {ours}");
            let other = Finding::warning("plugin-version", self.of_clients(what));
            findings.push(if is_newer(theirs, ours) {
                other.with_advice("Run that newer version; `install` of this one would replace it.")
            } else {
                self.to_install(other)
            });
        }
        findings
    }

    /// The native file, which every way to start the plugin runs in the end.
    fn native(&self) -> PathBuf {
        let suffix = if self.is_netcore() { std::env::consts::EXE_SUFFIX } else { ".exe" };
        self.folder.path.join(format!("{NAME}{suffix}"))
    }

    fn unstartable(&self) -> Option<Finding> {
        let native = self.native();
        if !native.is_file() || permission::is_executable(&native) {
            return None;
        }
        let what = format!("`{}` is not executable", native.display());
        let finding = Finding::failure(CHECK, self.of_clients(what)).with_code(Code::PluginBroken);
        let finding = finding.with_repair(Repair::Install(self.folder.client));
        Some(finding.with_fix(fix::make_executable(&native)))
    }

    /// The native file must fit this machine, and the launcher must fit the process of `dotnet`.
    fn other_processor(&self) -> Option<Finding> {
        let host = self.nuget.host.as_deref().filter(|_| self.is_netcore());
        let pairs = [
            (self.native(), self.nuget.own_file.as_deref()),
            (self.folder.path.join(LAUNCHER_FILE), host),
        ];
        pairs.into_iter().find_map(|(file, runs)| {
            let runs = runs?;
            let (is, needed) = (architectures(&file), architectures(runs));
            // A universal file fits if one of its parts does, and macOS may start either of a host's.
            if needed.iter().any(|needed| is.contains(needed)) {
                return None;
            }
            let (is, needed) = (is.first()?, needed.first()?);
            let (file, runs) = (file.display(), runs.display());
            let what = self.of_clients(format!("`{file}` is for {is}, and `{runs}` for {needed}"));
            let advice = "Download the plugin's release for that processor, and run its `install`.";
            Some(Finding::failure("plugin-architecture", what).with_advice(advice))
        })
    }

    fn obstacle(&self) -> Option<Finding> {
        let what = folder::obstacle(&self.folder.path).filter(|_| self.is_netcore())?;
        let file = self.folder.path.join(format!("{NAME}.runtimeconfig.json"));
        let finding = Finding::failure("plugin-obstacle", self.of_clients(what));
        Some(finding.with_fix(fix::remove_file(&file)))
    }

    async fn handshake(&self, plugin: &Path, manifest: Option<Manifest>) -> Finding {
        let native = self.native();
        let (answer, file, through) = match &self.nuget.host {
            Some(host) if self.is_netcore() => {
                let through = format!(" through `{}`", host.display());
                (self.nuget.start(host, Some(plugin)).await, plugin, through)
            }
            _ => (self.nuget.start(&native, None).await, &*native, String::new()),
        };
        match answer {
            Ok(time) => {
                let folder = self.folder.path.display();
                let version = manifest.map(|manifest| format!(", version {},", manifest.version));
                let version = version.unwrap_or_default();
                let what = format!("`{folder}`{version} responds{through} in {time} ms");
                Finding::pass(CHECK, self.of_clients(what))
            }
            Err(problem) => {
                let what = format!("`{}`{through}: {problem}", file.display());
                Finding::failure("plugin-handshake", self.of_clients(what)).with_fix(fix::install())
            }
        }
    }
}

/// Those of a file. The headers of all formats are shorter.
fn architectures(file: &Path) -> Vec<Architecture> {
    const HEADER: u64 = 1024;
    Architecture::all_of(&files::beginning(file, HEADER))
}
