//! `PATH`, on which SDK 9.0.200 and newer look for plugins.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::context::{Context, names_in};
use super::finding::{Finding, Repair};
use super::plugin_folders::{self, is_executable, is_newer};
use super::{fix, program, variables};
use crate::base::text::excerpt;

/// How a plugin's file on `PATH` begins; case counts, but on Windows.
const PREFIX: &str = "nuget-plugin-";

pub const OURS: &str = "nuget-plugin-codeartifact";

/// A file on `PATH` that NuGet looks at.
#[derive(Debug)]
pub struct PathFile {
    pub path: PathBuf,
    pub is_ours: bool,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Startable,
    Dangling,
    NotExecutable,
    /// A link to what this user may not see.
    Hidden,
    /// In a folder that `PATH` names by a relative path.
    Relative,
}

pub async fn check(context: &Context<'_>) -> Vec<Finding> {
    let is_searched = variables::named_plugins(context.environment).is_none();
    let mut findings = Vec::new();
    for file in files(&context.path_folders()) {
        findings.extend(finding(&file, is_searched, context).await);
    }
    if !findings.iter().any(|finding| finding.check == "path-dangling-link") {
        findings.push(Finding::pass(
            "path-dangling-link",
            "PATH: no link named `nuget-plugin-…` leads nowhere",
        ));
    }
    findings
}

/// Every file of a plugin's name, in the order of `PATH`.
pub fn files(folders: &[PathBuf]) -> Vec<PathFile> {
    let mut files = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        if !folders[..at].contains(folder) {
            let names = names_in(folder).unwrap_or_default().into_iter();
            let names = names.filter(|name| is_plugins(name));
            files.extend(names.filter_map(|name| look(folder, &name)));
        }
    }
    files
}

fn is_plugins(name: &str) -> bool {
    if cfg!(windows) {
        let name = name.to_ascii_lowercase();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
        stem.starts_with(PREFIX) && matches!(extension, "exe" | "bat")
    } else {
        name.starts_with(PREFIX)
    }
}

/// None where it is a folder.
fn look(folder: &Path, name: &str) -> Option<PathFile> {
    let path = folder.join(name);
    let stem = name.to_ascii_lowercase();
    let is_ours = stem == OURS || stem == format!("{OURS}.exe");
    let state = match path.metadata() {
        // What is behind a folder that may not be looked into may be there.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => State::Hidden,
        Err(_) => State::Dangling,
        Ok(found) if !found.is_file() => return None,
        Ok(_) if !folder.is_absolute() => State::Relative,
        Ok(_) if !is_executable(&path) => State::NotExecutable,
        Ok(_) => State::Startable,
    };
    Some(PathFile { path, is_ours, state })
}

async fn finding(file: &PathFile, is_searched: bool, context: &Context<'_>) -> Option<Finding> {
    let path = file.path.display();
    match file.state {
        State::Dangling => Some(dangling(file, is_searched)),
        State::Hidden => Some(
            Finding::failure(
                "path-not-readable",
                format!("PATH: `{path}` leads to what this user may not see, and NuGet fails on it"),
            )
            .with_advice("let this user read what it leads to, or take its folder out of PATH"),
        ),
        State::Relative => Some(
            Finding::warning(
                "path-relative",
                format!("PATH: `{path}` is in a folder that PATH names by a relative path, which NuGet passes over"),
            )
            .with_advice("name the folder in PATH by its whole path"),
        ),
        State::NotExecutable => Some(
            Finding::warning(
                "path-not-executable",
                format!("PATH: `{path}` lacks the permission to be run, and NuGet passes it over"),
            )
            .with_fix(fix::make_executable(&file.path)),
        ),
        State::Startable if file.is_ours => Some(copy(&file.path, context).await),
        State::Startable => None,
    }
}

fn dangling(file: &PathFile, is_searched: bool) -> Finding {
    let (path, check) = (file.path.display(), "path-dangling-link");
    let link = format!("PATH: `{path}` is a link that leads nowhere");
    let finding = if is_searched {
        Finding::failure(check, format!("{link}: NuGet starts no plugin at all because of it"))
    } else {
        Finding::warning(check, format!("{link}: without NUGET_…PLUGIN_PATHS NuGet starts none"))
    };
    let finding = finding.with_fix(fix::remove_others_file(&file.path));
    if file.is_ours { finding.with_repair(Repair::RemoveLink(file.path.clone())) } else { finding }
}

/// A copy of ours, with its version.
async fn copy(path: &Path, context: &Context<'_>) -> Finding {
    let (check, shown) = ("path-copy", path.display());
    match version(path, context).await {
        Ok(version) => {
            let ours = env!("CARGO_PKG_VERSION");
            if version == ours {
                return answering(path, &version);
            }
            let what = format!("PATH: `{shown}` is version {version}, and this is {ours}");
            if is_newer(&version, ours) {
                let advice = "use that one, which is newer";
                return Finding::warning(check, what).with_advice(advice);
            }
            let fix = tool(path).unwrap_or_else(|| fix::remove_file(path));
            Finding::warning(check, what).with_fix(fix)
        }
        // NuGet tries what anybody may run, and its restore fails with it.
        Err(_) if !is_permitted(path) => {
            let what = format!(
                "PATH: `{shown}` may not be run by this user, and NuGet fails since others may"
            );
            Finding::failure(check, what).with_fix(fix::permit(path))
        }
        Err(why) => {
            Finding::failure(check, format!("PATH: {why}")).with_fix(fix::remove_file(path))
        }
    }
}

/// NuGet starts it by itself.
fn answering(path: &Path, version: &str) -> Finding {
    let (check, shown) = ("path-copy", path.display());
    match plugin_folders::start(path, None) {
        Ok(time) => {
            let time = time.as_millis();
            Finding::pass(
                check,
                format!("PATH: `{shown}`, version {version}, answers in {time} ms"),
            )
        }
        Err(problem) => {
            let problem = problem.to_string().replace("\n  ", " ");
            let what = format!("PATH: `{shown}`, version {version}: {problem}");
            Finding::failure(check, what).with_fix(fix::remove_file(path))
        }
    }
}

/// What renews it, where it is a link to a .NET tool: `.store/ID/VERSION/…` beside the link.
fn tool(path: &Path) -> Option<String> {
    let target = path.canonicalize().ok()?;
    let mut parts = target.components().map(Component::as_os_str);
    parts.find(|part| *part == ".store")?;
    let id = fix::quoted(parts.next()?.to_str()?);
    let global = path.parent()?.ends_with(".dotnet/tools");
    let place = if global {
        "--global".to_owned()
    } else {
        format!("--tool-path {}", fix::quoted_path(path.parent()?))
    };
    Some(format!("dotnet tool update {place} {id}"))
}

/// The version that a program of ours prints, or why it does not.
pub async fn version(path: &Path, context: &Context<'_>) -> Result<String, String> {
    let printed = program::ask(path, &["--version"], &context.folder).await?;
    Ok(excerpt(printed.split_whitespace().last().unwrap_or("unknown")))
}

#[cfg(unix)]
fn is_permitted(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_permitted(_path: &Path) -> bool {
    true
}
