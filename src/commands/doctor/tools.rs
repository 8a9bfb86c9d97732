//! Copies of ours as .NET tools. NuGet finds a global one on `PATH` alone, and a local one never.

use std::path::Path;

use serde_json::Value;

use super::context::Context;
use super::finding::Finding;
use super::fix::{self, INSTALL};
use super::path::OURS;
use super::{path, plugin_folders};
use crate::base::files;
use crate::base::text::excerpt;

const CHECK: &str = "dotnet-tool";

/// Where a list of local tools may stand below a folder.
const MANIFESTS: [&str; 2] = [".config/dotnet-tools.json", "dotnet-tools.json"];

/// No honest list is longer.
const LONGEST_MANIFEST: u64 = 1 << 20;

pub async fn check(context: &Context<'_>) -> Vec<Finding> {
    let is_found = plugin_folders::is_found(context);
    let global = global(context, is_found).await;
    global.into_iter().chain(local(&context.folder, is_found)).collect()
}

/// One on `PATH` is looked at there.
async fn global(context: &Context<'_>, is_found: bool) -> Option<Finding> {
    let folder = context.locations.dotnet_tools_dir()?;
    let file = folder.join(format!("{OURS}{}", std::env::consts::EXE_SUFFIX));
    if !file.is_file() || context.path_folders().contains(&folder) {
        return None;
    }
    let version = path::version(&file, context).await;
    let version = version.map_or_else(|why| why, |version| format!("version {version}"));
    let what = format!(
        ".NET tool: `{}` ({version}) is not found by NuGet, since its folder is not on PATH",
        file.display()
    );
    Some(if is_found {
        Finding::pass(CHECK, what)
    } else {
        Finding::warning(CHECK, what).with_fix(fix::prepend_to_path(&folder))
    })
}

/// The lists of this folder and those above it, up to one that says that it is the root.
fn local(folder: &Path, is_found: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in folder.ancestors().flat_map(|folder| MANIFESTS.map(|name| folder.join(name))) {
        let text = files::beginning(&manifest, LONGEST_MANIFEST);
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let Ok(list) = serde_json::from_slice::<Value>(text) else { continue };
        findings.extend(tools_of(&list).map(|tool| in_manifest(&tool, &manifest, is_found)));
        if list["isRoot"] == true {
            break;
        }
    }
    findings
}

/// The tools that are ours, in words.
fn tools_of(list: &Value) -> impl Iterator<Item = String> {
    let tools = list["tools"].as_object().into_iter().flatten();
    let is_ours = |tool: &Value| {
        let commands = tool["commands"].as_array();
        commands.is_some_and(|commands| commands.iter().any(|command| command == OURS))
    };
    tools.filter(move |(_, tool)| is_ours(tool)).map(|(name, tool)| {
        let version = tool["version"].as_str().unwrap_or("unknown");
        format!("`{}` version {}", excerpt(name), excerpt(version))
    })
}

fn in_manifest(tool: &str, manifest: &Path, is_found: bool) -> Finding {
    let what = format!(
        ".NET tool: {tool} of `{}` is a local tool, which NuGet never finds",
        manifest.display()
    );
    if is_found {
        Finding::pass(CHECK, what)
    } else {
        Finding::warning(CHECK, what).with_fix(INSTALL)
    }
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
        assert_eq!(tools_of(&list).collect::<Vec<_>>(), ["`codeartifact` version 2.0"]);
        assert_eq!(tools_of(&json!([])).count(), 0);
    }
}
