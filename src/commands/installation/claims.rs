//! NuGet's claims cache, in which it remembers for 30 days what a plugin can do.
//!
//! An entry that is empty or damaged keeps NuGet from ever starting the plugin, and nothing is said
//! about it. An entry is `FOLDER/H(plugin's path)/H(request).dat`, `H` being the first 40 hexadecimal
//! digits of SHA-256; only the entries of the given plugins are looked at.
#![expect(clippy::disallowed_methods, reason = "NuGet's claims cache is on disk")]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::layout::normal;
use super::{Error, disk};
use crate::base::environment::Environment;
use crate::locations::Locations;

/// The request that is not about one source; to it a plugin must claim something.
const SOURCE_AGNOSTIC: &str = "Source-Agnostic";

/// How NuGet writes that the plugin authenticates.
const AUTHENTICATION: u64 = 1;

/// Removes the entries that keep NuGet from starting `plugins`, and names them.
pub fn drop_harmful(environment: &Environment, plugins: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    drop_where(environment, plugins, is_harmful)
}

/// The entries that keep NuGet from starting `plugins`.
pub fn harmful(environment: &Environment, plugins: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    entries_where(environment, plugins, is_harmful)
}

/// The folder that the clients of this environment use, under the name that is used now.
pub fn folder_in_use(environment: &Environment) -> Option<PathBuf> {
    let locations = Locations::of(environment);
    let usual = || Some(locations.data_dir()?.join("NuGet").join("plugin-cache"));
    environment.path("NUGET_PLUGINS_CACHE_PATH").or_else(usual)
}

/// The folders of the plugins in this one that are there.
pub fn folders_of(cache: &Path, plugins: &[PathBuf]) -> Vec<PathBuf> {
    let folder = |plugin: &PathBuf| cache.join(digest(&normal(plugin).to_string_lossy()));
    plugins.iter().map(folder).filter(|folder| folder.symlink_metadata().is_ok()).collect()
}

/// Removes every entry of `plugins`, and names them.
pub fn drop_all(environment: &Environment, plugins: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    drop_where(environment, plugins, |_| true)
}

fn drop_where(
    environment: &Environment,
    plugins: &[PathBuf],
    condition: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Error> {
    let dropped = entries_where(environment, plugins, condition)?;
    for entry in &dropped {
        fs::remove_file(entry).map_err(|source| disk::refused("remove", entry, source))?;
        // Its folder stays where something is in it; NuGet makes it again.
        let _ = entry.parent().map(fs::remove_dir);
    }
    Ok(dropped)
}

fn entries_where(
    environment: &Environment,
    plugins: &[PathBuf],
    condition: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for cache in folders(environment) {
        for plugin in plugins {
            let folder = cache.join(digest(&normal(plugin).to_string_lossy()));
            for entry in entries(&folder)?.into_iter().filter(|entry| condition(entry)) {
                // One plugin may be named twice, as by a linked home.
                if !found.contains(&entry) {
                    found.push(entry);
                }
            }
        }
    }
    Ok(found)
}

/// Every folder where a client of this user may have its entries, under the name that is used now
/// and the one that older clients use.
fn folders(environment: &Environment) -> Vec<PathBuf> {
    let locations = Locations::of(environment);
    let homes = locations.plugins_dirs();
    let homes = homes.iter().filter_map(|plugins| plugins.ancestors().nth(2));
    let mut data: Vec<PathBuf> = homes.map(|home| home.join(".local").join("share")).collect();
    data.extend(locations.data_dir().map(Path::to_path_buf));
    let mut folders: Vec<PathBuf> =
        environment.path("NUGET_PLUGINS_CACHE_PATH").into_iter().collect();
    folders.extend(data.iter().flat_map(|data| {
        ["plugin-cache", "plugins-cache"].map(|name| data.join("NuGet").join(name))
    }));
    folders.sort();
    folders.dedup();
    folders
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| disk::refused("read the folder", folder, source);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(unreadable(source)),
    };
    let mut paths = entries
        .map(|entry| Ok(entry.map_err(unreadable)?.path()))
        .collect::<Result<Vec<_>, Error>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dat"));
    paths.sort();
    Ok(paths)
}

/// Whether NuGet would conclude from the entry that there is nothing to start the plugin for. To a
/// request about one source an empty list is the right answer.
fn is_harmful(entry: &Path) -> bool {
    let claims =
        fs::read(entry).ok().and_then(|text| serde_json::from_slice::<Vec<u64>>(&text).ok());
    let agnostic = entry.file_stem().is_some_and(|stem| *stem == *digest(SOURCE_AGNOSTIC));
    claims.is_none_or(|claims| agnostic && !claims.contains(&AUTHENTICATION))
}

/// NuGet's name for the files of something.
fn digest(text: &str) -> String {
    let mut digits = format!("{:x}", Sha256::digest(text));
    digits.truncate(40);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_nuget() {
        assert_eq!(digest(SOURCE_AGNOSTIC), "e31fb857036daf0857c70f5a13956500adde37dc");
    }

    #[test]
    fn only_harmful_entries_go() {
        let cache = tempfile::tempdir().unwrap();
        let environment =
            Environment::from_pairs([("NUGET_PLUGINS_CACHE_PATH", cache.path().to_str().unwrap())]);
        let write = |plugin: &str, request: &str, text: &str| {
            let folder = cache.path().join(digest(plugin));
            fs::create_dir_all(&folder).unwrap();
            let entry = folder.join(digest(request)).with_extension("dat");
            fs::write(&entry, text).unwrap();
            entry
        };
        let empty = write("/ours/empty", SOURCE_AGNOSTIC, "[]");
        let garbage = write("/ours/garbage", SOURCE_AGNOSTIC, "\0\0");
        let good = write("/ours/good", SOURCE_AGNOSTIC, "[\r\n  1\r\n]");
        let one_source = write("/ours/good", "https://example.org/index.json", "[]");
        let theirs = write("/theirs", SOURCE_AGNOSTIC, "[]");
        let plugins = ["/ours/empty", "/ours/./garbage", "/ours/good"].map(PathBuf::from);

        assert_eq!(drop_harmful(&environment, &plugins).unwrap(), [empty, garbage]);
        assert!(good.exists() && one_source.exists() && theirs.exists());
        let all = drop_all(&environment, &plugins).unwrap();
        assert!(all.len() == 2 && all.contains(&one_source) && all.contains(&good), "{all:?}");
        assert!(theirs.exists());
    }
}
