//! `dotnet-codeartifact`, by which a person starts the installed plugin as `dotnet codeartifact`.
//!
//! The SDK looks for it on `PATH`. On Unix it is a link to the installed native file, so that an
//! update needs no second step. On Windows, where a link needs a privilege, it is a copy. The
//! plugin's own name must not be on `PATH`: NuGet would start it a second time there.
#![expect(clippy::disallowed_methods, reason = "it writes and removes an installed file")]

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;
#[cfg(windows)]
use std::os::windows::fs::symlink_file as symlink;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::folder::Change;
use super::layout::{InstalledFile, NAME};
use super::package::PackageManager;
use super::{InstallationError, disk};
use crate::base::environment::{Environment, HOME};
use crate::base::files::normal;
use crate::base::invocation::DOTNET_FILE;
use crate::base::shell::{powershell_string, quoted};
use crate::locations::Locations;

/// The file, as `install` has left it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandFile {
    pub path: PathBuf,
    pub change: Change,
    /// Whether a shell of this environment finds it.
    pub on_path: bool,
}

/// Puts the file into a folder of this user on `PATH`, or into the one for tools of the SDK.
/// An error is for a note: the plugin works without the file.
///
/// None if the command starts this program already, from a file of the user's own or of a package.
pub fn put(
    environment: &Environment,
    native: &InstalledNative<'_>,
) -> Result<Option<CommandFile>, InstallationError> {
    if let Some(other) = environment.program(DOTNET_FILE).filter(|file| !is_ours(file)) {
        // On Windows only a canonical path equals another one.
        let started = std::env::current_exe().and_then(fs::canonicalize);
        let is_this = fs::canonicalize(&other).ok() == started.ok();
        let is_started = is_this || PackageManager::of(&other).is_some();
        return if is_started { Ok(None) } else { Err(InstallationError::CommandTaken(other)) };
    }
    let folders = folders(environment);
    let on_path = folders.iter().find(|folder| is_on_path(environment, folder));
    let no_home = InstallationError::NoHome { variable: HOME };
    let folder = on_path.or(folders.first()).ok_or(no_home)?;
    let path = folder.join(file_name());
    let change = write(folder, native)?;
    for other in folders.iter().filter(|other| *other != folder) {
        remove_ours(other, |_| true)?;
    }
    Ok(Some(CommandFile { path, change, on_path: on_path.is_some() }))
}

/// The installed native file.
#[derive(Debug)]
pub struct InstalledNative<'a> {
    pub path: PathBuf,
    pub content: &'a [u8],
}

/// Removes our file from every folder in which [`put`] may have written it, if it starts one of
/// the plugins in these folders. Returns the removed files.
pub fn remove(
    environment: &Environment,
    plugins: &[PathBuf],
) -> Result<Vec<PathBuf>, InstallationError> {
    let is_meant = |target: &Path| plugins.iter().any(|folder| target.starts_with(folder));
    let mut removed = Vec::new();
    for folder in folders(environment) {
        removed.extend(remove_ours(&folder, is_meant)?);
    }
    Ok(removed)
}

/// The command that adds the file's folder to `PATH` for the shells that this user starts from now
/// on.
pub fn path_command(environment: &Environment, file: &CommandFile) -> String {
    let folder = file.path.parent().unwrap_or(&file.path);
    if cfg!(windows) {
        let folder = powershell_string(&format!(";{}", folder.display()));
        return format!(
            "[Environment]::SetEnvironmentVariable('Path', \
             [Environment]::GetEnvironmentVariable('Path', 'User') + {folder}, 'User')"
        );
    }
    let home = environment.home();
    let below = home.as_deref().and_then(|home| folder.strip_prefix(home).ok());
    let shown = below
        .map_or_else(|| folder.display().to_string(), |below| format!("$HOME/{}", below.display()));
    if environment.get("GITHUB_ACTIONS") == Some("true") {
        return format!("echo \"{shown}\" >> \"$GITHUB_PATH\"");
    }
    let shell = environment.path("SHELL").unwrap_or_default();
    let file = match shell.file_name().and_then(|name| name.to_str()) {
        Some("fish") => return format!("fish_add_path {}", quoted(&folder.to_string_lossy())),
        Some("zsh") => "~/.zshrc",
        Some("bash") => "~/.bashrc",
        _ => "~/.profile",
    };
    let line = quoted(&format!("export PATH=\"$PATH:{shown}\""));
    format!("echo {line} >> {file} && . {file}")
}

fn file_name() -> String {
    format!("{DOTNET_FILE}{}", std::env::consts::EXE_SUFFIX)
}

/// The folders of this user's own programs that are usual, the SDK's first.
fn folders(environment: &Environment) -> Vec<PathBuf> {
    let tools = Locations::of(environment).dotnet_tools_dir();
    let home = environment.home().filter(|_| cfg!(unix));
    let others = home.into_iter().flat_map(|home| [home.join(".local/bin"), home.join("bin")]);
    tools.into_iter().chain(others).collect()
}

fn is_on_path(environment: &Environment, folder: &Path) -> bool {
    environment.path_folders().iter().any(|on_path| normal(on_path) == normal(folder))
}

fn write(folder: &Path, native: &InstalledNative<'_>) -> Result<Change, InstallationError> {
    disk::refuse_foreign_links(folder)?;
    if !folder.is_dir() {
        disk::make_folder(folder)?;
    }
    let path = folder.join(file_name());
    let is_there = path.symlink_metadata().is_ok();
    if is_there && !is_ours(&path) {
        return Err(InstallationError::CommandTaken(path));
    }
    let changed = put_file(folder, &path, native)?;
    Ok(match (is_there, changed) {
        (false, _) => Change::Installed,
        (true, true) => Change::Updated,
        (true, false) => Change::Unchanged,
    })
}

/// Returns whether anything changed.
fn put_file(
    folder: &Path,
    path: &Path,
    native: &InstalledNative<'_>,
) -> Result<bool, InstallationError> {
    if cfg!(windows) {
        disk::sweep(folder);
        return disk::put(folder, &InstalledFile::executable(file_name(), native.content));
    }
    if fs::read_link(path).is_ok_and(|target| target == native.path) {
        return Ok(false);
    }
    // A link at a temporary name replaces the old one at once.
    let link = tempfile::Builder::new()
        .prefix(NAME)
        .make_in(folder, |link| symlink(&native.path, link))
        .map_err(|source| disk::refused("make a link in", folder, source))?;
    let placed = link.into_temp_path().persist(path);
    placed.map_err(|failure| disk::refused("write", path, failure.error))?;
    Ok(true)
}

/// Whether `install` has written it: on Unix, by what it leads to; on Windows, by the name that only
/// our executable has in it.
fn is_ours(file: &Path) -> bool {
    if cfg!(unix) {
        return target(file).is_some();
    }
    let content = fs::read(file).unwrap_or_default();
    content.windows(NAME.len()).any(|part| part == NAME.as_bytes())
}

/// The installed plugin that a link of ours leads to.
fn target(link: &Path) -> Option<PathBuf> {
    let target = fs::read_link(link).ok()?;
    let is_plugin = target.parent().is_some_and(|folder| folder.ends_with(NAME));
    is_plugin.then_some(target)
}

/// Removes the file in the folder if it is ours, and on Unix leads to what is meant. Returns it.
fn remove_ours(
    folder: &Path,
    is_meant: impl Fn(&Path) -> bool,
) -> Result<Option<PathBuf>, InstallationError> {
    let path = folder.join(file_name());
    let is_there = path.symlink_metadata().is_ok();
    if !is_there || !is_ours(&path) || target(&path).is_some_and(|target| !is_meant(&target)) {
        return Ok(None);
    }
    disk::refuse_foreign_links(folder)?;
    disk::remove(folder, Path::new(&file_name()))?;
    // `~/.dotnet/tools` is made for the first tool; other folders there are not ours to judge.
    if folder.ends_with(".dotnet/tools") && fs::remove_dir(folder).is_ok() {
        let _ = folder.parent().map(fs::remove_dir);
    }
    Ok(Some(path))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A home with these folders on `PATH`, below it.
    fn environment(home: &Path, on_path: &[&str], shell: &str) -> Environment {
        let path = std::env::join_paths(on_path.iter().map(|folder| home.join(folder))).unwrap();
        let home = home.to_str().unwrap();
        let pairs = [("HOME", home), ("PATH", path.to_str().unwrap()), ("SHELL", shell)];
        Environment::from_pairs(pairs)
    }

    fn native(home: &Path) -> InstalledNative<'static> {
        let folder = home.join(".nuget/plugins/netcore").join(NAME);
        fs::create_dir_all(&folder).unwrap();
        InstalledNative { path: folder.join(NAME), content: b"" }
    }

    #[test]
    fn the_folder_for_tools_is_first_then_what_is_on_path() {
        for (on_path, place, is_on_path) in [
            (&["bin", ".local/bin", ".dotnet/tools"][..], ".dotnet/tools", true),
            (&["bin", ".local/bin"], ".local/bin", true),
            (&["bin"], "bin", true),
            (&["elsewhere"], ".dotnet/tools", false),
        ] {
            let home = tempfile::tempdir().unwrap();
            let environment = environment(home.path(), on_path, "");
            let native = native(home.path());
            let file = put(&environment, &native).unwrap().unwrap();
            assert_eq!(file.path, home.path().join(place).join(DOTNET_FILE));
            assert_eq!((file.change, file.on_path), (Change::Installed, is_on_path));
            assert_eq!(fs::read_link(&file.path).unwrap(), native.path);
            assert_eq!(put(&environment, &native).unwrap().unwrap().change, Change::Unchanged);

            let plugins = home.path().join(".nuget/plugins");
            let elsewhere = remove(&environment, &[home.path().join("other")]).unwrap();
            assert_eq!(elsewhere, Vec::<PathBuf>::new());
            assert_eq!(remove(&environment, &[plugins]).unwrap(), [file.path]);
            assert!(!home.path().join(".dotnet").exists());
        }
    }

    #[test]
    fn it_moves_with_path_and_follows_the_installed_file() {
        let home = tempfile::tempdir().unwrap();
        let native = native(home.path());
        let before = put(&environment(home.path(), &[], ""), &native).unwrap().unwrap();
        let after = put(&environment(home.path(), &["bin"], ""), &native).unwrap().unwrap();
        assert!(before.path.symlink_metadata().is_err());
        let moved = InstalledNative { path: native.path.with_file_name("other"), content: b"" };
        let again = put(&environment(home.path(), &["bin"], ""), &moved).unwrap().unwrap();
        assert_eq!((again.path, again.change), (after.path.clone(), Change::Updated));
        assert_eq!(fs::read_link(after.path).unwrap(), moved.path);
    }

    #[test]
    fn what_is_not_ours_stays() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("bin")).unwrap();
        let theirs = home.path().join("bin").join(DOTNET_FILE);
        fs::write(&theirs, "theirs").unwrap();
        let environment = environment(home.path(), &["bin"], "");
        let refused = put(&environment, &native(home.path())).unwrap_err().to_string();
        assert!(refused.contains(theirs.to_str().unwrap()), "{refused}");
        assert_eq!(remove(&environment, &[home.path().to_owned()]).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(fs::read(theirs).unwrap(), b"theirs");
    }

    #[test]
    fn each_shell_gets_its_own_command() {
        let home = Path::new("/home/u");
        let file = CommandFile {
            path: home.join(".dotnet/tools").join(DOTNET_FILE),
            change: Change::Installed,
            on_path: false,
        };
        for (shell, command) in [
            (
                "/bin/bash",
                "echo 'export PATH=\"$PATH:$HOME/.dotnet/tools\"' >> ~/.bashrc && . ~/.bashrc",
            ),
            (
                "/bin/zsh",
                "echo 'export PATH=\"$PATH:$HOME/.dotnet/tools\"' >> ~/.zshrc && . ~/.zshrc",
            ),
            ("", "echo 'export PATH=\"$PATH:$HOME/.dotnet/tools\"' >> ~/.profile && . ~/.profile"),
            ("/usr/bin/fish", "fish_add_path /home/u/.dotnet/tools"),
        ] {
            assert_eq!(path_command(&environment(home, &[], shell), &file), command);
        }
    }
}
