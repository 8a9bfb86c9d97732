//! `--fix`: what is ours and safe, shown before it is done.
#![expect(clippy::disallowed_methods, reason = "it removes what is ours and harmful")]

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::context::Context;
use super::finding::{Finding, Repair};
use crate::cli::InstallArgs;
use crate::commands::install;
use crate::commands::installation::layout::Client;
use crate::commands::progress::Waiting;

/// One repair. `--json` prints just this; names and values stay as they are.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// What is to be done.
    pub what: String,
    pub outcome: Ending,
    /// Why it was not done.
    pub why: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    Done,
    Left,
    Failed,
}

/// The repairs that the findings ask for, each once.
pub fn wanted(findings: &[Finding]) -> Vec<Repair> {
    let mut wanted: Vec<Repair> = Vec::new();
    for repair in findings.iter().filter_map(|finding| finding.repair.as_ref()) {
        if !wanted.contains(repair) {
            wanted.push(repair.clone());
        }
    }
    wanted
}

/// For people, before it is done.
pub fn description(repair: &Repair) -> String {
    match repair {
        Repair::Install => "install this plugin in the plugins folders".to_owned(),
        Repair::RemoveClaims(path) => {
            format!("remove `{}`, NuGet's note about this plugin", path.display())
        }
        Repair::RemoveLink(path) => {
            format!("remove `{}`, a link that leads nowhere", path.display())
        }
    }
}

/// Does it, unless it is outside of the user's home and `anywhere` is false.
pub fn apply(repair: &Repair, context: &Context<'_>, anywhere: bool) -> Repaired {
    let what = description(repair);
    let home = context.environment.home();
    // A link in the home may lead out of it.
    let real = |folder: &Path| folder.ancestors().find_map(|above| above.canonicalize().ok());
    let home = home.map(|home| home.canonicalize().unwrap_or(home));
    let is_inside = |folder: &Path| {
        real(folder).zip(home.as_ref()).is_some_and(|(real, home)| real.starts_with(home))
    };
    if let Some(path) = places(repair, context).into_iter().find(|path| !is_inside(path))
        && !anywhere
    {
        let why = format!(
            "`{}` is outside of this user's home; add `--yes` to do it all the same",
            path.display()
        );
        return Repaired { what, outcome: Ending::Left, why: Some(why) };
    }
    match perform(repair, context) {
        Ok(()) => Repaired { what, outcome: Ending::Done, why: None },
        Err(why) => Repaired { what, outcome: Ending::Failed, why: Some(why) },
    }
}

/// The folders in which something changes.
fn places(repair: &Repair, context: &Context<'_>) -> Vec<PathBuf> {
    match repair {
        Repair::Install => {
            let clients = Client::ALL.into_iter();
            let folders = clients.flat_map(|client| context.our_folders(client));
            folders.map(|(folder, _)| folder).collect()
        }
        Repair::RemoveClaims(path) | Repair::RemoveLink(path) => {
            path.parent().map(Path::to_path_buf).into_iter().collect()
        }
    }
}

fn perform(repair: &Repair, context: &Context<'_>) -> Result<(), String> {
    match repair {
        Repair::Install => {
            // What became of it is looked at afterwards.
            let mut said = Vec::new();
            let wait = |_: &str| Waiting::none();
            let args = InstallArgs::default();
            let done = install::run(&args, context.environment, &wait, &mut said);
            done.map_err(|error| error.to_string())
        }
        Repair::RemoveLink(path) if path.exists() => Err("it leads somewhere by now".to_owned()),
        Repair::RemoveClaims(path) | Repair::RemoveLink(path) => {
            std::fs::remove_file(path).map_err(|error| error.to_string())
        }
    }
}
