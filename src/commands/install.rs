//! `install`: copies the plugin to where every NuGet client finds it, and checks that it works
//! there.
#![expect(clippy::disallowed_methods, reason = "it copies this program, and starts the copy")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Serialize;

use super::installation::command_file::{self, CommandFile, InstalledNative, path_command};
use super::installation::dotnet_tool::DotnetTool;
use super::installation::handshake::{self, HandshakeError};
use super::installation::layout::{Client, LAUNCHER};
use super::installation::package::PackageManager;
use super::installation::signing_clients::{self, Trust, refusal};
use super::installation::{self, InstallationError, claims, disk, dotnet, folder};
use super::progress::Wait;
use crate::base::environment::Environment;
use crate::base::files;
use crate::base::invocation::{DOTNET_COMMAND, command};
use crate::base::shell::remove_file;
use crate::base::text::printable;
use crate::cli::InstallArgs;
use crate::locations::Locations;
use crate::report::{Output, ReportedError};

/// A plugin responds in a tenth of a second; NuGet itself waits five seconds or more.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// The result. Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstallReport {
    /// Whether these are the folders that clients search by themselves.
    #[serde(skip)]
    in_home: bool,
    /// Whether the files that clients look for there were installed.
    #[serde(skip)]
    launcher: bool,
    version: &'static str,
    folders: Vec<Filled>,
    /// What people start as `dotnet codeartifact`; null if it was not put anywhere.
    command: Option<CommandFile>,
    /// Entries of NuGet's plugin cache that prevented it from starting the plugin.
    claims_dropped: Vec<PathBuf>,
    checks: Vec<HandshakeCheck>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Filled {
    path: PathBuf,
    client: Client,
    change: folder::Change,
    files: Vec<PathBuf>,
}

/// One handshake.
#[derive(Debug, Serialize)]
struct HandshakeCheck {
    /// The file that was started, or that was the argument of the host.
    plugin: PathBuf,
    /// The `dotnet` host; null if the native file was started directly.
    through: Option<PathBuf>,
    milliseconds: Option<u128>,
    problem: Option<String>,
}

/// Installs, checks, and reports on `out`.
///
/// # Errors
///
/// If something could not be written, or the installed plugin does not respond.
pub fn run(
    args: &InstallArgs,
    environment: &Environment,
    wait: Wait<'_>,
    out: &mut Output<'_>,
) -> Result<(), InstallationError> {
    let waiting = wait("the installed plugin");
    let installed = install(args, environment);
    drop(waiting);
    let report = installed?;
    let mut failures: Vec<_> = report.checks.iter().filter_map(HandshakeCheck::failure).collect();
    if out.is_json() {
        let errors: Vec<_> = failures.iter().map(|error| ReportedError::of(error)).collect();
        out.json(&report, &errors)?;
    } else {
        print(&report, out)?;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.swap_remove(0)) }
}

/// Installs, and starts what was installed.
pub(super) fn install(
    args: &InstallArgs,
    environment: &Environment,
) -> Result<InstallReport, InstallationError> {
    let launcher = launcher(args)?;
    let plugins_folders = installation::plugins_folders(args.dir.as_deref(), environment)?;
    let native = own_file()?;
    let mut folders = Vec::new();
    let paths: Vec<_> = paths(args, &plugins_folders).collect();
    // All of them first: a run that is interrupted must not look like a choice of one kind of client.
    paths.iter().try_for_each(|(_, path)| disk::make_folder(path))?;
    for (client, path) in paths {
        let files = client.files(&native, launcher);
        let change = folder::fill(&path, &files)?;
        let files = files.into_iter().map(|file| file.path).collect();
        folders.push(Filled { path, client, change, files });
    }
    let plugins: Vec<PathBuf> =
        folders.iter().flat_map(|filled| filled.client.startable(&filled.path)).collect();
    let claims_dropped = claims::drop_harmful(environment, &plugins)?;
    let host = launcher.and_then(|_| dotnet::find(environment));
    // If both kinds are in one plugins folder, their native files are the same.
    let checked = folders.iter().filter(|filled| filled.client == first(args));
    let checks = checked.map(|filled| check(filled, host.as_deref())).collect();
    let mut warnings = warnings(args, &folders, host.is_some());
    warnings.extend(refusals(environment, &folders, host.as_deref()));
    let command = put_command(args, environment, &folders, &native, &mut warnings);
    warnings.extend(for_root_alone(args, environment));
    warnings.extend(started_twice(args, environment));
    let recorded = installation::record_elsewhere(&Locations::of(environment), &plugins_folders);
    warnings.extend(recorded.err().map(|error| format!("`uninstall` will need `--dir`: {error}")));
    let version = env!("CARGO_PKG_VERSION");
    let (in_home, launcher) = (args.dir.is_none(), !args.no_launcher);
    Ok(InstallReport {
        in_home,
        launcher,
        version,
        folders,
        command,
        claims_dropped,
        checks,
        warnings,
    })
}

/// The clients that this user's installation is for, if it left out the others.
pub(super) fn only_client(environment: &Environment) -> Option<Client> {
    let plugins = Locations::of(environment).plugins_dirs();
    let is_there = |client: Client| plugins.iter().any(|plugins| client.folder(plugins).is_dir());
    match Client::ALL.map(is_there) {
        [true, false] => Some(Client::Netcore),
        [false, true] => Some(Client::Netfx),
        _ => None,
    }
}

/// The options that install for one kind of client, or for both.
pub(super) fn options_for(only: Option<Client>) -> InstallArgs {
    InstallArgs {
        netcore_only: only == Some(Client::Netcore),
        netfx_only: only == Some(Client::Netfx),
        ..InstallArgs::default()
    }
}

/// The command with which people restore then.
pub(super) fn restore_with(only: Option<Client>) -> &'static str {
    if only == Some(Client::Netfx) { "nuget restore" } else { "dotnet restore" }
}

impl InstallReport {
    /// Why the installed plugin does not work, if so.
    pub(super) fn failure(&self) -> Option<InstallationError> {
        self.checks.iter().find_map(HandshakeCheck::failure)
    }

    /// The largest change of a folder.
    pub(super) fn change(&self) -> folder::Change {
        let changes = self.folders.iter().map(|filled| filled.change);
        let changes: Vec<_> = changes.collect();
        let largest = [folder::Change::Installed, folder::Change::Updated];
        let largest = largest.into_iter().find(|change| changes.contains(change));
        largest.unwrap_or(folder::Change::Unchanged)
    }

    /// Whether anything is another than before.
    fn has_changes(&self) -> bool {
        let command = self.command.as_ref().map(|file| file.change);
        let changes = [self.change(), command.unwrap_or(folder::Change::Unchanged)];
        changes != [folder::Change::Unchanged; 2] || !self.claims_dropped.is_empty()
    }

    pub(super) fn first_folder(&self) -> Option<&Path> {
        self.folders.first().map(|filled| &*filled.path)
    }

    pub(super) fn command(&self) -> Option<&CommandFile> {
        self.command.as_ref()
    }
}

/// The command that people type, for this user's own installation. With `--dir` the installation may
/// serve other users, who do not share this user's home.
fn put_command(
    args: &InstallArgs,
    environment: &Environment,
    folders: &[Filled],
    content: &[u8],
    warnings: &mut Vec<String>,
) -> Option<CommandFile> {
    let filled = folders.first().filter(|_| args.dir.is_none())?;
    let native = InstalledNative { path: filled.native(), content };
    match command_file::put(environment, &native) {
        Ok(file) => {
            if let Some(file) = file.as_ref().filter(|file| !file.on_path) {
                let (folder, command) = (file.path.parent(), path_command(environment, file));
                let folder = folder.unwrap_or(&file.path).display();
                warnings.push(format!("{folder} is not on PATH; to add it: {command}"));
            }
            file
        }
        Err(error) => {
            warnings.push(format!("{DOTNET_COMMAND} was not installed: {error}"));
            None
        }
    }
}

/// A warning if NuGet starts this program from `PATH` already, as a .NET tool for one. The working
/// folder has no say: the installation is for all folders.
fn started_twice(args: &InstallArgs, environment: &Environment) -> Option<String> {
    if args.dir.is_some() || args.netfx_only {
        return None;
    }
    // A package may stay: it serves other users too.
    let file = dotnet::found_on_path(environment, None)?.file;
    if PackageManager::of(&file).is_some() {
        return None;
    }
    let tool = DotnetTool::of(&file);
    let fix = tool.map_or_else(|| remove_file(&file), |tool| tool.uninstall());
    Some(format!(
        "NuGet also finds `{}` on PATH, and starts both when a restore fails; to keep the installed \
         one: {fix}",
        file.display()
    ))
}

/// A warning if a user runs this as root by `sudo`: the installation is in root's home,
/// where that user's restore does not look.
fn for_root_alone(args: &InstallArgs, environment: &Environment) -> Option<String> {
    let user = environment.get("SUDO_USER").filter(|user| *user != "root")?;
    if args.dir.is_some() || !files::is_root() {
        return None;
    }
    let home = environment.home()?;
    Some(format!(
        "this installed the plugin for root, in {}. A restore of {} does not find it there; run this \
         without sudo, or for all users: sudo {}",
        home.display(),
        printable(user),
        command(["install", "--dir", "/opt/nuget/plugins"])
    ))
}

/// The embedded launcher, if it is needed.
fn launcher(args: &InstallArgs) -> Result<Option<&'static [u8]>, InstallationError> {
    let wanted = !args.no_launcher && !args.netfx_only;
    if wanted && LAUNCHER.is_empty() {
        return Err(InstallationError::NoLauncher);
    }
    Ok(wanted.then_some(LAUNCHER))
}

fn own_file() -> Result<Vec<u8>, InstallationError> {
    std::env::current_exe().and_then(std::fs::read).map_err(InstallationError::OwnFile)
}

fn clients(args: &InstallArgs) -> impl Iterator<Item = Client> {
    let (netcore_only, netfx_only) = (args.netcore_only, args.netfx_only);
    Client::ALL.into_iter().filter(move |client| match client {
        Client::Netcore => !netfx_only,
        Client::Netfx => !netcore_only,
    })
}

/// Our folders to fill, by client.
fn paths(args: &InstallArgs, plugins: &[PathBuf]) -> impl Iterator<Item = (Client, PathBuf)> {
    plugins
        .iter()
        .flat_map(|plugins| clients(args).map(move |client| (client, client.folder(plugins))))
}

fn first(args: &InstallArgs) -> Client {
    if args.netfx_only { Client::Netfx } else { Client::Netcore }
}

impl Filled {
    fn native(&self) -> PathBuf {
        self.files.first().map(|file| self.path.join(file)).unwrap_or_default()
    }

    /// The file that NuGet finds, or that a variable must name.
    fn plugin(&self) -> PathBuf {
        self.files.last().map(|file| self.path.join(file)).unwrap_or_default()
    }
}

/// Exchanges a handshake with the installed plugin, through `host` if that starts it.
fn check(filled: &Filled, host: Option<&Path>) -> HandshakeCheck {
    let host = host.filter(|_| filled.client == Client::Netcore);
    let plugin = if host.is_some() { filled.plugin() } else { filled.native() };
    let mut command = Command::new(host.unwrap_or(&plugin));
    command.args(host.map(|_| &plugin)).arg("-Plugin");
    // The working folder may be a repository's.
    let answer = files::temporary_folder().map_err(HandshakeError::from).and_then(|folder| {
        handshake::exchange(command.current_dir(folder.path()), HANDSHAKE_LIMIT)
    });
    HandshakeCheck {
        plugin,
        through: host.map(Path::to_path_buf),
        milliseconds: answer.as_ref().ok().map(Duration::as_millis),
        problem: answer.err().map(|problem| problem.to_string()),
    }
}

impl HandshakeCheck {
    fn failure(&self) -> Option<InstallationError> {
        let problem = self.problem.as_ref()?;
        let plugin = self.plugin.display();
        Some(InstallationError::Check(match &self.through {
            Some(host) => format!("`{} {plugin} -Plugin`: {problem}", host.display()),
            None => format!("`{plugin} -Plugin`: {problem}"),
        }))
    }
}

fn warnings(args: &InstallArgs, folders: &[Filled], host: bool) -> Vec<String> {
    let netcore = folders.iter().filter(|filled| filled.client == Client::Netcore);
    let mut warnings: Vec<String> =
        netcore.filter_map(|filled| folder::obstacle(&filled.path)).collect();
    if !args.no_launcher && !args.netfx_only && !host {
        warnings.push(
            "no `dotnet` was found, so the native file was checked and the launcher was not tried; \
             run `install` again once there is one"
                .into(),
        );
    }
    warnings
}

/// That clients of this machine refuse what was installed for them, since it has no trusted signature.
fn refusals(environment: &Environment, folders: &[Filled], host: Option<&Path>) -> Vec<String> {
    let mut warnings = Vec::new();
    for filled in folders.iter().filter(|_| cfg!(windows)) {
        let clients = match filled.client {
            Client::Netcore => host.map(signing_clients::of_dotnet).unwrap_or_default(),
            Client::Netfx => signing_clients::of_framework(environment),
        };
        let trust = Trust::of(&filled.plugin()).filter(|_| !clients.is_empty());
        let refused = trust.and_then(|it| refusal(&clients.join(", "), &filled.plugin(), &it));
        warnings.extend(refused.map(|(what, advice)| format!("{what}. {advice}")));
    }
    warnings
}

fn print(report: &InstallReport, out: &mut dyn Write) -> std::io::Result<()> {
    let works = report.checks.iter().all(|check| check.problem.is_none());
    if works && !report.has_changes() {
        let folders = report.folders.iter().map(|filled| filled.path.display().to_string());
        let folders = folders.collect::<Vec<_>>().join(", ");
        writeln!(out, "{}: version {} in {folders}", report.change(), report.version)?;
        print_warnings(report, out)?;
        return if report.in_home { Ok(()) } else { print_next_step(report, out) };
    }
    for filled in &report.folders {
        let (path, clients) = (filled.path.display(), filled.client.description());
        writeln!(out, "{}: {path} ({clients})", filled.change)?;
    }
    if let Some(file) = &report.command {
        writeln!(out, "{}: {} ({DOTNET_COMMAND})", file.change, file.path.display())?;
    }
    for entry in &report.claims_dropped {
        writeln!(out, "removed: {} (it kept NuGet from starting the plugin)", entry.display())?;
    }
    for check in &report.checks {
        print_check(check, out)?;
    }
    print_warnings(report, out)?;
    if works { print_next_step(report, out) } else { Ok(()) }
}

fn print_warnings(report: &InstallReport, out: &mut dyn Write) -> std::io::Result<()> {
    report.warnings.iter().try_for_each(|warning| writeln!(out, "note: {warning}"))
}

fn print_check(check: &HandshakeCheck, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(milliseconds) = check.milliseconds else { return Ok(()) };
    match &check.through {
        Some(host) => {
            writeln!(out, "checked: it answers through {} in {milliseconds} ms", host.display())
        }
        None => writeln!(out, "checked: {} answers in {milliseconds} ms", check.plugin.display()),
    }
}

/// The next steps for the user. A named folder may be one that clients search, but for another
/// user.
fn print_next_step(report: &InstallReport, out: &mut dyn Write) -> std::io::Result<()> {
    if report.in_home && report.launcher {
        let is_netfx = |filled: &Filled| filled.client == Client::Netfx;
        let restore = restore_with(report.folders.iter().all(is_netfx).then_some(Client::Netfx));
        return match report.command {
            Some(_) => writeln!(
                out,
                "next: `{restore}`, or `{DOTNET_COMMAND} setup URL` for a source that is not in \
                 NuGet.Config yet"
            ),
            None => writeln!(out, "next: `{restore}`"),
        };
    }
    let reason = if report.launcher { "outside of a `.nuget/plugins`" } else { "without launcher" };
    writeln!(out, "next: name the plugin to NuGet, which does not find it {reason}:")?;
    for filled in &report.folders {
        let variable = match filled.client {
            Client::Netcore if report.launcher => "NUGET_NETCORE_PLUGIN_PATHS",
            // A plugin that the variable above names is always started by `dotnet`.
            Client::Netcore => "NUGET_PLUGIN_PATHS",
            // In the home, clients find the file for .NET Framework without the launcher as well.
            Client::Netfx if report.in_home => continue,
            Client::Netfx => "NUGET_NETFX_PLUGIN_PATHS",
        };
        writeln!(out, "  {variable}={}", filled.plugin().display())?;
    }
    Ok(())
}
