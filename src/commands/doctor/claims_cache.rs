//! NuGet's claims cache: an entry that says nothing keeps the plugin from being started for 30 days.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::finding::{Finding, Repair};
use super::{fix, path, variables};
use crate::commands::installation::claims;
use crate::commands::installation::layout::Client;

const CHECK: &str = "claims-cache";

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    let folder = claims::folder_in_use(context.environment);
    if let Some(folder) = folder.as_deref().filter(|folder| !folder.is_absolute()) {
        return vec![relative(folder)];
    }
    let files = our_files(context);
    let of_plugins = folder.iter().flat_map(|folder| claims::folders_of(folder, &files));
    let folders = folder.iter().cloned().chain(of_plugins);
    let home = context.environment.home();
    if let Some(finding) = folders.into_iter().find_map(|folder| unusable(&folder, home.as_deref()))
    {
        return vec![finding];
    }
    match claims::harmful(context.environment, &files) {
        Err(error) => vec![Finding::failure(CHECK, format!("NuGet's claims cache: {error}"))],
        Ok(entries) if entries.is_empty() => {
            vec![Finding::pass(
                CHECK,
                "NuGet's claims cache does not keep the plugin from starting",
            )]
        }
        Ok(entries) => entries.into_iter().map(|entry| harmful(entry, context)).collect(),
    }
}

/// Every file of ours that NuGet may have notes about.
fn our_files(context: &Context<'_>) -> Vec<PathBuf> {
    let in_folders = Client::ALL.into_iter().flat_map(|client| {
        let folders = context.our_folders(client).into_iter();
        folders.flat_map(move |(folder, _)| client.startable(&folder))
    });
    let on_path = path::files(&context.path_folders()).into_iter();
    let on_path = on_path.filter(|file| file.is_ours).map(|file| file.path);
    let named = variables::all_named(context.environment).into_iter();
    let named = named.filter(|path| path.is_absolute());
    in_folders.chain(on_path).chain(named).collect()
}

fn relative(folder: &Path) -> Finding {
    let variable = "NUGET_PLUGINS_CACHE_PATH";
    let what = format!(
        "NuGet's claims cache: {variable} is `{}`, which is relative, and NuGet starts no plugin because \
         of it",
        folder.display()
    );
    Finding::failure("claims-cache-folder", what).with_fix(fix::unset(variable))
}

fn harmful(entry: PathBuf, context: &Context<'_>) -> Finding {
    let shown = entry.display();
    if entry.is_dir() {
        let what = format!("NuGet's claims cache: `{shown}` is a folder, where NuGet wants a file");
        return Finding::failure(CHECK, what).with_fix(fix::move_aside(&entry));
    }
    let what = format!(
        "NuGet's claims cache: `{shown}` is empty or damaged, and NuGet does not start the plugin because \
         of it"
    );
    let is_in_home = context.environment.home().is_some_and(|home| entry.starts_with(home));
    let fix = if is_in_home { fix::FIX.to_owned() } else { format!("{} --yes", fix::FIX) };
    Finding::failure(CHECK, what).with_fix(fix).with_repair(Repair::RemoveClaims(entry))
}

/// The folder, or the nearest one above it that is there.
fn unusable(folder: &Path, home: Option<&Path>) -> Option<Finding> {
    let there = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok())?;
    let shown = there.display();
    let check = "claims-cache-folder";
    if !there.is_dir() {
        let what = format!("NuGet's claims cache: `{shown}` is no folder, and every restore fails");
        return Some(Finding::failure(check, what).with_fix(fix::move_aside(there)));
    }
    if is_usable(there) {
        return None;
    }
    let what =
        format!("NuGet's claims cache: `{shown}` is not readable and writable for this user");
    Some(fix::make_usable(Finding::failure(check, what), there, home))
}

#[cfg(unix)]
fn is_usable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_usable(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|found| !found.permissions().readonly())
}
