//! Copies of this plugin outside the plugins folders: on `PATH`, where SDK 9.0.200 and newer look for
//! plugins, and as .NET tools. NuGet finds a global tool on `PATH` alone, and a local one never.

use std::path::Path;

use serde_json::Value;

use super::concurrently;
use super::finding::{Finding, Repair};
use super::fix;
use super::nuget::{Nuget, PathFile, State};
use super::permission;
use crate::base::text::excerpt;
use crate::base::version::is_newer;
use crate::base::{PROGRAM, files};
use crate::commands::installation::dotnet_tool::DotnetTool;
use crate::commands::installation::package::PackageManager;

/// The paths of a list of local tools, relative to a folder.
const TOOL_LISTS: [&str; 2] = [".config/dotnet-tools.json", "dotnet-tools.json"];

/// Larger than any list of tools that people write.
const LONGEST_LIST: u64 = 1 << 20;

pub async fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    let on_path = nuget.path_files.iter().map(|file| on_path(file, nuget));
    let mut findings: Vec<Finding> =
        concurrently::all(on_path).await.into_iter().flatten().collect();
    if findings.iter().all(|finding| finding.check != "path-dangling-link") {
        findings.push(Finding::pass("path-dangling-link", "No broken links on PATH"));
    }
    findings.extend(global_tool(nuget).await);
    findings.extend(local_tools(nuget));
    findings
}

async fn on_path(file: &PathFile, nuget: &Nuget<'_>) -> Option<Finding> {
    let path = file.path.display();
    Some(match file.state {
        State::Startable if file.is_ours => copy(&file.path, nuget).await,
        State::Startable => return None,
        State::Dangling => dangling(file, nuget),
        State::Hidden => {
            let what =
                format!("PATH: this user cannot read the target of `{path}`, so NuGet fails");
            Finding::failure("path-not-readable", what)
                .with_advice("Let this user read its target, or remove its folder from PATH.")
        }
        State::Relative => {
            let what =
                format!("PATH: `{path}` is in a folder with a relative path, which NuGet ignores");
            Finding::warning("path-relative", what)
                .with_advice("Write the whole path of the folder in PATH.")
        }
        State::NotExecutable => {
            let what = format!("PATH: `{path}` is not executable, so NuGet ignores it");
            Finding::warning("path-not-executable", what).with_fix(fix::make_executable(&file.path))
        }
    })
}

fn dangling(file: &PathFile, nuget: &Nuget<'_>) -> Finding {
    let check = "path-dangling-link";
    let link = format!("PATH: `{}` is a broken link", file.path.display());
    let finding = if nuget.named_for_dotnet().is_none() {
        Finding::failure(check, format!("{link}, so NuGet starts no plugin at all"))
    } else {
        Finding::warning(
            check,
            format!("{link}, so NuGet starts no plugin without NUGET_…PLUGIN_PATHS"),
        )
    };
    let finding = finding.with_fix(fix::remove_others_file(&file.path));
    if file.is_ours { finding.with_repair(Repair::RemoveLink(file.path.clone())) } else { finding }
}

/// A copy of this plugin, which NuGet starts by itself.
async fn copy(path: &Path, nuget: &Nuget<'_>) -> Finding {
    let (check, shown) = ("path-copy", path.display());
    let package = PackageManager::of(path);
    let ours = env!("CARGO_PKG_VERSION");
    let (what, fix) = match nuget.version(path).await {
        Ok(version) if version == ours => match nuget.start(path, None).await {
            // A package serves the users who have not installed the plugin as well. A second copy
            // that is asked after a failure answers at once and in silence.
            Ok(_) if package.is_none() && is_started_too(nuget).await => return started_too(path),
            Ok(time) => {
                let of = package.map(|package| format!(" of {}", package.name()));
                let of = of.unwrap_or_default();
                let what = format!("PATH: `{shown}`{of}, version {version}, responds in {time} ms");
                let for_all = kept_from_others(path, nuget.home.as_deref());
                return for_all.unwrap_or_else(|| Finding::pass(check, what));
            }
            Err(problem) => {
                let what = format!("PATH: `{shown}`, version {version}: {problem}");
                (what, removal(path, package))
            }
        },
        Ok(version) => {
            let what = format!("PATH: `{shown}` is version {version}, and this program is {ours}");
            let finding = Finding::warning(check, what);
            return if is_newer(&version, ours) {
                finding.with_advice("Use that newer version.")
            } else {
                to_update(finding, path, package)
            };
        }
        // NuGet tries every file that anybody may run, and the restore fails if it cannot start it.
        Err(_) if !permission::may_run(path) => (
            format!(
                "PATH: `{shown}` cannot be executed by this user but by others, so NuGet fails"
            ),
            fix::permit(path),
        ),
        Err(why) => (format!("PATH: {why}"), removal(path, package)),
    };
    Finding::failure(check, what).with_fix(fix)
}

/// The file of a package is removed by the package manager.
fn removal(path: &Path, package: Option<PackageManager>) -> String {
    package.map_or_else(|| fix::remove_file(path), PackageManager::removal)
}

/// For a copy that is older than this program.
fn to_update(finding: Finding, path: &Path, package: Option<PackageManager>) -> Finding {
    let Some(package) = package else {
        let tool = DotnetTool::of(path);
        return finding.with_fix(tool.map_or_else(|| fix::remove_file(path), |tool| tool.update()));
    };
    match package.update() {
        Some(command) => finding.with_fix(command),
        None => finding.with_advice(format!(
            "Install the newer package of the release, or remove this one: {}",
            package.removal()
        )),
    }
}

/// Whether NuGet starts a copy on `PATH` besides the installed plugin.
async fn is_started_too(nuget: &Nuget<'_>) -> bool {
    let is_installed = nuget.installed().is_some() && nuget.named_for_dotnet().is_none();
    is_installed && nuget.searches_path().await
}

fn started_too(path: &Path) -> Finding {
    let what = format!(
        "PATH: NuGet finds `{}` in addition to the installed plugin. It starts both when a restore \
         fails, and each needs its own updates",
        path.display()
    );
    let tool = DotnetTool::of(path);
    let fix = tool.map_or_else(|| fix::remove_others_file(path), |tool| tool.uninstall());
    Finding::warning("plugin-started-twice", what).with_fix(fix)
}

/// `dotnet tool install` lets nobody but the owner execute a tool, wherever its folder is. NuGet does
/// not pass over a file that only others may execute: it fails.
fn kept_from_others(path: &Path, home: Option<&Path>) -> Option<Finding> {
    let is_in_home = home.is_some_and(|home| path.starts_with(home));
    let mode = permission::mode_for_owner_alone(path).filter(|_| !is_in_home)?;
    let what = format!(
        "PATH: only its owner can execute `{}` (mode {mode:o}), so restores of other users with its \
         folder on PATH fail",
        path.display()
    );
    Some(Finding::warning("path-not-executable", what).with_fix(fix::let_all_execute(path)))
}

/// If the tool's folder is on `PATH`, it was checked there.
async fn global_tool(nuget: &Nuget<'_>) -> Option<Finding> {
    let folder = nuget.locations.dotnet_tools_dir()?;
    let file = folder.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    if !file.is_file() || nuget.path_folders.contains(&folder) {
        return None;
    }
    let version = nuget.version(&file).await;
    let version = version.map_or_else(|why| why, |version| format!("version {version}"));
    let what = format!(
        ".NET tool: `{}` ({version}) is not found by NuGet, because its folder is not on PATH",
        file.display()
    );
    Some(tool(what, fix::prepend_to_path(&folder), nuget))
}

/// A tool that NuGet does not find matters only if NuGet does not find the plugin elsewhere either.
fn tool(what: String, fix: String, nuget: &Nuget<'_>) -> Finding {
    let check = "dotnet-tool";
    match nuget.installed() {
        Some(_) => Finding::pass(check, what),
        None => Finding::warning(check, what).with_fix(fix),
    }
}

/// The lists of this folder and of those above it, up to a list that declares itself the root.
fn local_tools(nuget: &Nuget<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let folders = nuget.folder.ancestors();
    for file in folders.flat_map(|folder| TOOL_LISTS.map(|name| folder.join(name))) {
        let text = files::beginning(&file, LONGEST_LIST);
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let Ok(list) = serde_json::from_slice::<Value>(text) else { continue };
        for found in our_tools(&list) {
            let what = format!(
                ".NET tool: {found} of `{}` is a local tool, which NuGet never finds",
                file.display()
            );
            findings.push(tool(what, fix::install(), nuget));
        }
        if list["isRoot"] == true {
            break;
        }
    }
    findings
}

/// The tools of a list that start this program.
fn our_tools(list: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, tool) in list["tools"].as_object().into_iter().flatten() {
        let mut commands = tool["commands"].as_array().into_iter().flatten();
        if commands.any(|command| command == PROGRAM) {
            let version = tool["version"].as_str().unwrap_or("unknown");
            found.push(format!("`{}` version {}", excerpt(name), excerpt(version)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tools_are_known_by_their_commands() {
        let list = json!({"version": 1, "tools": {
            "other": {"version": "1.0", "commands": ["other"]},
            "codeartifact": {"version": "2.0", "commands": ["x", "nuget-plugin-codeartifact"]},
            "odd": 5,
        }});
        assert_eq!(our_tools(&list), ["`codeartifact` version 2.0"]);
        assert!(our_tools(&json!([])).is_empty());
    }
}
