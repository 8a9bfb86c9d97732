//! `--fix`: safe repairs of what belongs to this plugin. Each is shown before it is made.
#![expect(clippy::disallowed_methods, reason = "it removes files of this plugin")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::finding::{Finding, Repair};
use super::nuget::Nuget;
use crate::base::text::printable;
use crate::commands::install;
use crate::commands::progress::Waiting;
use crate::report::Output;

/// One repair. `--json` prints it in this form, so names and values never change.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// The repair.
    pub what: String,
    pub outcome: Ending,
    /// Why it failed or was skipped.
    pub why: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    Done,
    Left,
    Failed,
}

impl Repaired {
    /// The line below the description of the repair.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let word = match self.outcome {
            Ending::Done => "done",
            Ending::Left => "left alone",
            Ending::Failed => "failed",
        };
        match &self.why {
            Some(why) => writeln!(out, "      {word}: {}", printable(why)),
            None => writeln!(out, "      {word}"),
        }
    }
}

/// The repairs for the findings, each once.
pub fn wanted(findings: &[Finding]) -> Vec<Repair> {
    let mut wanted: Vec<Repair> = Vec::new();
    for repair in findings.iter().filter_map(|finding| finding.repair.as_ref()) {
        if !wanted.contains(repair) {
            wanted.push(repair.clone());
        }
    }
    wanted
}

/// The description for people, before the repair.
pub fn description(repair: &Repair) -> String {
    match repair {
        Repair::Install(client) => format!("install this plugin for {}", client.description()),
        Repair::RemoveClaims(path) => {
            format!("remove `{}`, NuGet's note about this plugin", path.display())
        }
        Repair::RemoveLink(path) => {
            format!("remove `{}`, a broken link", path.display())
        }
    }
}

/// Makes the repair, unless it changes something outside the user's home and `anywhere` is false.
pub fn apply(repair: &Repair, nuget: &Nuget<'_>, anywhere: bool) -> Repaired {
    let what = description(repair);
    let outside = places(repair, nuget).into_iter().find(|place| !is_in_home(place, nuget));
    if let Some(path) = outside.filter(|_| !anywhere) {
        let why = format!(
            "`{}` is outside of this user's home; add `--yes` to do it all the same",
            path.display()
        );
        return Repaired { what, outcome: Ending::Left, why: Some(why) };
    }
    match perform(repair, nuget) {
        Ok(()) => Repaired { what, outcome: Ending::Done, why: None },
        Err(why) => Repaired { what, outcome: Ending::Failed, why: Some(why) },
    }
}

/// The folders in which something changes.
fn places(repair: &Repair, nuget: &Nuget<'_>) -> Vec<PathBuf> {
    match repair {
        Repair::Install(client) => {
            let folders = nuget.plugin_folders.iter().filter(|folder| folder.client == *client);
            folders.map(|folder| folder.path.clone()).collect()
        }
        Repair::RemoveClaims(path) | Repair::RemoveLink(path) => {
            path.parent().map(Path::to_path_buf).into_iter().collect()
        }
    }
}

/// Compares real paths, because a link in the home may lead out of it. For a missing path, the
/// nearest existing folder above it counts.
fn is_in_home(folder: &Path, nuget: &Nuget<'_>) -> bool {
    let Some(home) = &nuget.home else { return false };
    let home = home.canonicalize().unwrap_or_else(|_| home.clone());
    let real = folder.ancestors().find_map(|above| above.canonicalize().ok());
    real.is_some_and(|real| real.starts_with(home))
}

fn perform(repair: &Repair, nuget: &Nuget<'_>) -> Result<(), String> {
    match repair {
        Repair::Install(client) => {
            // Its output is not shown: the checks examine the result afterwards.
            let done = install::run(
                &install::options_for(Some(*client)),
                nuget.environment,
                &|_| Waiting::none(),
                &mut Output::new(&mut io::sink(), None),
            );
            done.map_err(|error| error.to_string())
        }
        Repair::RemoveLink(path) if path.exists() => Err("it leads somewhere by now".to_owned()),
        Repair::RemoveClaims(path) | Repair::RemoveLink(path) => {
            std::fs::remove_file(path).map_err(|error| error.to_string())
        }
    }
}
