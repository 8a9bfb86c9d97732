//! NuGet's plugin cache, which records for 30 days which operations a plugin claims.
//!
//! An empty or damaged entry prevents NuGet from starting the plugin for that time, without a
//! message, even after the plugin was replaced. An entry is `FOLDER/H(plugin's
//! path)/H(request).dat`, where `H` is the first 40 hexadecimal digits of SHA-256. Only the entries
//! of the given plugins are read.
#![expect(clippy::disallowed_methods, reason = "NuGet's plugin cache is on disk")]

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{InstallationError, disk};
use crate::base::environment::Environment;
use crate::base::files::normal;
use crate::locations::Locations;

/// The request for all sources. NuGet never starts a plugin that claims nothing in its response.
const SOURCE_AGNOSTIC: &str = "Source-Agnostic";

/// NuGet's name for the claim to authenticate.
const AUTHENTICATION: u64 = 1;

/// Removes the entries that prevent NuGet from starting `plugins`, and returns them.
pub fn drop_harmful(
    environment: &Environment,
    plugins: &[PathBuf],
) -> Result<Vec<PathBuf>, InstallationError> {
    remove(harmful(environment, plugins)?)
}

/// Removes every entry of `plugins`, and returns them.
pub fn drop_all(
    environment: &Environment,
    plugins: &[PathBuf],
) -> Result<Vec<PathBuf>, InstallationError> {
    remove(entries_of(environment, plugins)?)
}

/// The entries that prevent NuGet from starting `plugins`.
pub fn harmful(
    environment: &Environment,
    plugins: &[PathBuf],
) -> Result<Vec<PathBuf>, InstallationError> {
    let mut entries = entries_of(environment, plugins)?;
    entries.retain(|entry| is_harmful(entry));
    Ok(entries)
}

/// The folder that the clients of this environment use, with its name in current clients.
pub fn folder_in_use(environment: &Environment) -> Option<PathBuf> {
    environment
        .path("NUGET_PLUGINS_CACHE_PATH")
        .or_else(|| Some(Locations::of(environment).data_dir()?.join("NuGet").join("plugin-cache")))
}

/// The folders in `cache` that exist for these plugins.
pub fn folders_of(cache: &Path, plugins: &[PathBuf]) -> Vec<PathBuf> {
    let folders = plugins.iter().map(|plugin| folder_of(cache, plugin));
    folders.filter(|folder| folder.symlink_metadata().is_ok()).collect()
}

fn folder_of(cache: &Path, plugin: &Path) -> PathBuf {
    cache.join(digest(&normal(plugin).to_string_lossy()))
}

fn remove(entries: Vec<PathBuf>) -> Result<Vec<PathBuf>, InstallationError> {
    for entry in &entries {
        fs::remove_file(entry).map_err(|source| disk::refused("remove", entry, source))?;
        // The folder of the entries stays if something else is in it.
        let _ = entry.parent().map(fs::remove_dir);
    }
    Ok(entries)
}

fn entries_of(
    environment: &Environment,
    plugins: &[PathBuf],
) -> Result<Vec<PathBuf>, InstallationError> {
    let mut found = Vec::new();
    for cache in folders(environment) {
        for plugin in plugins {
            for entry in entries_in(&folder_of(&cache, plugin))? {
                // One plugin may have two paths, for example if the home is a link.
                if !found.contains(&entry) {
                    found.push(entry);
                }
            }
        }
    }
    Ok(found)
}

/// Every folder in which a client of this user may have its entries, with its name in current
/// clients and in older ones.
fn folders(environment: &Environment) -> Vec<PathBuf> {
    let locations = Locations::of(environment);
    let mut data: Vec<PathBuf> = locations.data_dir().map(Path::to_path_buf).into_iter().collect();
    for plugins in locations.plugins_dirs() {
        // `.nuget/plugins` is two levels below the home of a client.
        data.extend(plugins.ancestors().nth(2).map(|home| home.join(".local").join("share")));
    }
    let mut folders: Vec<PathBuf> =
        environment.path("NUGET_PLUGINS_CACHE_PATH").into_iter().collect();
    for data in data {
        let names = ["plugin-cache", "plugins-cache"];
        folders.extend(names.map(|name| data.join("NuGet").join(name)));
    }
    folders.sort();
    folders.dedup();
    folders
}

fn entries_in(folder: &Path) -> Result<Vec<PathBuf>, InstallationError> {
    let paths: io::Result<Vec<PathBuf>> =
        fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths = match paths {
        Ok(paths) => paths,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(source) => return Err(disk::refused("read the folder", folder, source)),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dat"));
    paths.sort();
    Ok(paths)
}

/// Whether NuGet would conclude from the entry that it need not start the plugin. For a request
/// about one source, an empty list is valid.
fn is_harmful(entry: &Path) -> bool {
    let claims =
        fs::read(entry).ok().and_then(|text| serde_json::from_slice::<Vec<u64>>(&text).ok());
    let agnostic = entry.file_stem().is_some_and(|stem| *stem == *digest(SOURCE_AGNOSTIC));
    claims.is_none_or(|claims| agnostic && !claims.contains(&AUTHENTICATION))
}

/// The file name that NuGet derives from a text.
fn digest(text: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(text));
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
        // NuGet names a plugin by its whole path.
        let root = if cfg!(windows) { r"C:\" } else { "/" };
        let ours = |name: &str| Path::new(root).join("ours").join(name);
        let write = |plugin: &Path, request: &str, text: &str| {
            write(&plugin.to_string_lossy(), request, text)
        };
        let empty = write(&ours("empty"), SOURCE_AGNOSTIC, "[]");
        let garbage = write(&ours("garbage"), SOURCE_AGNOSTIC, "\0\0");
        let good = write(&ours("good"), SOURCE_AGNOSTIC, "[\r\n  1\r\n]");
        let one_source = write(&ours("good"), "https://example.org/index.json", "[]");
        let theirs = write(&Path::new(root).join("theirs"), SOURCE_AGNOSTIC, "[]");
        let plugins = [ours("empty"), ours(".").join("garbage"), ours("good")];

        assert_eq!(drop_harmful(&environment, &plugins).unwrap(), [empty, garbage]);
        assert!(good.exists() && one_source.exists() && theirs.exists());
        let all = drop_all(&environment, &plugins).unwrap();
        assert!(all.len() == 2 && all.contains(&one_source) && all.contains(&good), "{all:?}");
        assert!(theirs.exists());
    }
}
