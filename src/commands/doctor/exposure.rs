//! Who else can write what NuGet starts and what this plugin reads.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::fix;
use super::nuget::Nuget;
use super::permission;
use crate::settings;

const CHECK: &str = "writable-by-others";

/// A finding for each file and folder that everybody on this machine can write: the installed
/// plugin, this program and the configuration file, and the folders above them, in which somebody
/// could exchange them.
pub fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    let mut exposed = BTreeSet::new();
    for path in read_or_started(nuget) {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        for path in path.ancestors().chain(real.ancestors()) {
            if permission::mode_for_everybody(path).is_some() {
                exposed.insert(path.to_owned());
            }
        }
    }
    exposed.iter().filter_map(|path| finding(path)).collect()
}

/// What exists of it.
fn read_or_started(nuget: &Nuget<'_>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in &nuget.plugin_folders {
        let names = super::nuget::names_in(&folder.path);
        paths.extend(names.iter().map(|name| folder.path.join(name)));
    }
    paths.extend(nuget.own_file.clone());
    paths.extend(settings::config_file(nuget.environment, &nuget.locations).ok().flatten());
    paths.retain(|path| path.exists());
    paths
}

fn finding(path: &Path) -> Option<Finding> {
    let mode = permission::mode_for_everybody(path)?;
    let what = format!(
        "Every user can write to `{}` (mode {mode:04o}), and so change what NuGet starts or this \
         plugin reads",
        path.display()
    );
    Some(Finding::failure(CHECK, what).with_fix(fix::keep_others_out(path)))
}
