//! `install`: puts the plugin where every NuGet client finds it, and sees whether it works there.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Serialize;

use super::installation::layout::{Client, LAUNCHER};
use super::installation::{Error, claims, dotnet, folder, handshake, layout};
use crate::cli::InstallArgs;
use crate::settings::Environment;

/// A plugin answers in a tenth of a second; NuGet itself waits for five seconds or more.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// What was done. `--json` prints just this; names and values stay as they are.
#[derive(Debug, Serialize)]
struct Report {
    /// Whether clients search these folders by themselves.
    #[serde(skip)]
    in_home: bool,
    version: &'static str,
    folders: Vec<Filled>,
    /// Entries of NuGet's claims cache that kept it from starting the plugin.
    claims_dropped: Vec<PathBuf>,
    checks: Vec<Check>,
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
struct Check {
    /// The file that was started, or that the host was given.
    plugin: PathBuf,
    /// The `dotnet` host; null where the native file was started by itself.
    through: Option<PathBuf>,
    milliseconds: Option<u128>,
    problem: Option<String>,
}

/// Installs, checks, and reports on `out`.
///
/// # Errors
///
/// Where something could not be put in its place, or does not answer there.
pub fn run(
    args: &InstallArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let report = install(args, environment)?;
    if args.json {
        let text = serde_json::to_string(&report).map_err(std::io::Error::from)?;
        writeln!(out, "{text}")?;
    } else {
        print(&report, out)?;
    }
    report.checks.iter().find_map(Check::failure).map_or(Ok(()), Err)
}

fn install(args: &InstallArgs, environment: &Environment) -> Result<Report, Error> {
    let launcher = launcher(args)?;
    let plugins_folders = layout::plugins_folders(args.dir.as_deref(), environment)?;
    let native = own_file()?;
    let mut folders = Vec::new();
    for plugins in &plugins_folders {
        for client in clients(args) {
            let path = client.folder(plugins);
            let files = client.files(&native, launcher);
            let change = folder::fill(&path, &files)?;
            let files = files.into_iter().map(|file| file.path).collect();
            folders.push(Filled { path, client, change, files });
        }
    }
    let plugins: Vec<PathBuf> = folders.iter().flat_map(Filled::startable).collect();
    let claims_dropped = claims::drop_harmful(environment, &plugins)?;
    let host = launcher.and_then(|_| dotnet::find(environment));
    // Where both kinds are in a plugins folder, their native files are the same.
    let checked = folders.iter().filter(|filled| filled.client == first(args));
    let checks = checked.map(|filled| check(filled, host.as_deref())).collect();
    let warnings = warnings(args, &folders, host.is_some());
    let version = env!("CARGO_PKG_VERSION");
    let in_home = args.dir.is_none();
    Ok(Report { in_home, version, folders, claims_dropped, checks, warnings })
}

/// The embedded launcher, where it is wanted.
fn launcher(args: &InstallArgs) -> Result<Option<&'static [u8]>, Error> {
    let wanted = !args.no_launcher && !args.netfx_only;
    if wanted && LAUNCHER.is_empty() {
        Err(Error::NoLauncher)
    } else {
        Ok(wanted.then_some(LAUNCHER))
    }
}

fn own_file() -> Result<Vec<u8>, Error> {
    std::env::current_exe().and_then(std::fs::read).map_err(Error::OwnFile)
}

fn clients(args: &InstallArgs) -> impl Iterator<Item = Client> {
    let (netcore_only, netfx_only) = (args.netcore_only, args.netfx_only);
    Client::ALL.into_iter().filter(move |client| match client {
        Client::Netcore => !netfx_only,
        Client::Netfx => !netcore_only,
    })
}

fn first(args: &InstallArgs) -> Client {
    if args.netfx_only { Client::Netfx } else { Client::Netcore }
}

impl Filled {
    /// What NuGet may be told to start, by finding it or by a variable.
    fn startable(&self) -> [PathBuf; 2] {
        [self.client.plugin(&self.path), self.client.native(&self.path)]
    }
}

/// Exchanges a handshake with what was put there, through `host` where that starts it.
fn check(filled: &Filled, host: Option<&Path>) -> Check {
    let host = host.filter(|_| filled.client == Client::Netcore);
    let native = filled.client.native(&filled.path);
    let plugin = if host.is_some() { filled.client.plugin(&filled.path) } else { native };
    let mut command = Command::new(host.unwrap_or(&plugin));
    command.args(host.map(|_| &plugin)).arg("-Plugin");
    let answer = handshake::exchange(&mut command, HANDSHAKE_LIMIT);
    let through = host.map(Path::to_path_buf);
    let milliseconds = answer.as_ref().ok().map(Duration::as_millis);
    Check {
        plugin,
        through,
        milliseconds,
        problem: answer.err().map(|problem| problem.to_string()),
    }
}

impl Check {
    fn failure(&self) -> Option<Error> {
        let problem = self.problem.as_ref()?;
        let plugin = self.plugin.display();
        Some(Error::Check(match &self.through {
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
    if cfg!(windows) {
        warnings.push(
            "NuGet 6.12 and older (Visual Studio 17.12, .NET SDK 8 and 9.0.1xx) starts signed \
             plugins only: \"did not have a valid embedded signature\" means that this file needs \
             an Authenticode signature, or the client an update"
                .into(),
        );
    }
    warnings
}

fn print(report: &Report, out: &mut dyn Write) -> std::io::Result<()> {
    for filled in &report.folders {
        let change = match filled.change {
            folder::Change::Installed => "installed",
            folder::Change::Updated => "updated",
            folder::Change::Unchanged => "already up to date",
        };
        let (path, clients) = (filled.path.display(), filled.client.description());
        writeln!(out, "{change}: {path} ({clients})")?;
    }
    for entry in &report.claims_dropped {
        writeln!(out, "removed: {} (it kept NuGet from starting the plugin)", entry.display())?;
    }
    for check in &report.checks {
        print_check(check, out)?;
    }
    for warning in &report.warnings {
        writeln!(out, "note: {warning}")?;
    }
    if report.checks.iter().all(|check| check.problem.is_none()) {
        writeln!(out, "{}", next_step(report))?;
    }
    Ok(())
}

fn print_check(check: &Check, out: &mut dyn Write) -> std::io::Result<()> {
    let Some(milliseconds) = check.milliseconds else { return Ok(()) };
    match &check.through {
        Some(host) => {
            writeln!(out, "checked: it answers through {} in {milliseconds} ms", host.display())
        }
        None => writeln!(out, "checked: {} answers in {milliseconds} ms", check.plugin.display()),
    }
}

fn next_step(report: &Report) -> String {
    let files = report.folders.iter().map(|filled| filled.files.len());
    let native = report.folders.iter().find(|filled| filled.client == Client::Netcore);
    match native {
        Some(netcore) if files.max() == Some(1) => format!(
            "next: `dotnet` does not find it by itself; set NUGET_NETCORE_PLUGIN_PATHS={}",
            netcore.client.native(&netcore.path).display()
        ),
        _ if report.in_home => {
            "next: run `dotnet restore`; the token for a CodeArtifact source is fetched by itself"
                .into()
        }
        _ => "next: NuGet does not search this folder by itself; name the plugin's file by \
              NUGET_PLUGIN_PATHS"
            .into(),
    }
}
