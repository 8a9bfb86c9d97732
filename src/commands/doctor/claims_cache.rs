//! NuGet's plugin cache ("claims cache"): an empty or damaged entry keeps NuGet from starting the
//! plugin for 30 days.

use std::path::PathBuf;

use super::finding::{Finding, Repair};
use super::fix;
use super::nuget::Nuget;
use crate::base::invocation::command;
use crate::commands::installation::claims;

const CHECK: &str = "claims-cache";

const NAME: &str = "NuGet's plugin cache";

pub fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    let files = our_files(nuget);
    if let Some(finding) = unusable_folder(&files, nuget) {
        return vec![finding];
    }
    match claims::harmful(nuget.environment, &files) {
        Err(error) => vec![Finding::failure(CHECK, format!("{NAME}: {error}"))],
        Ok(entries) if entries.is_empty() => {
            let what = format!("{NAME} is OK");
            vec![Finding::pass(CHECK, what)]
        }
        Ok(entries) => entries.into_iter().map(|entry| harmful(entry, nuget)).collect(),
    }
}

fn unusable_folder(files: &[PathBuf], nuget: &Nuget<'_>) -> Option<Finding> {
    let (check, variable) = ("claims-cache-folder", "NUGET_PLUGINS_CACHE_PATH");
    let folder = claims::folder_in_use(nuget.environment)?;
    if !folder.is_absolute() {
        let what = format!(
            "{NAME}: {variable} is `{}`, which is relative, so NuGet starts no plugin",
            folder.display()
        );
        return Some(Finding::failure(check, what).with_fix(fix::unset(variable)));
    }
    let of_plugins = claims::folders_of(&folder, files);
    std::iter::once(folder).chain(of_plugins).find_map(|folder| {
        let consequence = "and every restore fails";
        fix::unusable_folder(check, NAME, &folder, consequence, nuget.home.as_deref())
    })
}

/// Every file of this plugin for which NuGet may have an entry.
fn our_files(nuget: &Nuget<'_>) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = nuget
        .plugin_folders
        .iter()
        .flat_map(|folder| folder.client.startable(&folder.path))
        .collect();
    let on_path = nuget.path_files.iter().filter(|file| file.is_ours);
    files.extend(on_path.map(|file| file.path.clone()));
    let named = nuget.named.iter().flat_map(|named| &named.files);
    files.extend(named.map(|(path, _)| path.clone()).filter(|path| path.is_absolute()));
    files
}

fn harmful(entry: PathBuf, nuget: &Nuget<'_>) -> Finding {
    let shown = entry.display();
    if entry.is_dir() {
        let what = format!("{NAME}: `{shown}` is a folder, where NuGet expects a file");
        return Finding::failure(CHECK, what).with_fix(fix::move_aside(&entry));
    }
    let what = format!("{NAME}: `{shown}` is empty or damaged, so NuGet does not start the plugin");
    let is_in_home = nuget.home.as_ref().is_some_and(|home| entry.starts_with(home));
    let anywhere = (!is_in_home).then_some("--yes");
    Finding::failure(CHECK, what)
        .with_fix(command(["doctor", "--fix"].into_iter().chain(anywhere)))
        .with_repair(Repair::RemoveClaims(entry))
}
