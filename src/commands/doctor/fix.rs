//! Commands for people to paste, in the words of the system's usual shell: a POSIX one, or PowerShell.

pub use crate::commands::format::quoted;
use std::path::Path;

use super::finding::Finding;

/// What most things are mended with.
pub const INSTALL: &str = "nuget-plugin-codeartifact install";

/// What is safe to repair.
pub const FIX: &str = "nuget-plugin-codeartifact doctor --fix";

pub fn remove_file(path: &Path) -> String {
    let command = if cfg!(windows) { "Remove-Item" } else { "rm" };
    format!("{command} {}", quoted_path(path))
}

/// The same where the folder may be another user's.
pub fn remove_others_file(path: &Path) -> String {
    let command = remove_file(path);
    let is_ours = path.parent().is_some_and(is_writable);
    if is_ours { command } else { as_administrator(&command) }
}

fn as_administrator(command: &str) -> String {
    if cfg!(windows) { command.to_owned() } else { format!("sudo {command}") }
}

#[cfg(unix)]
pub fn is_writable(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
pub fn is_writable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.permissions().readonly())
}

/// Whether a folder takes files, or it is none.
pub fn is_writable_or_file(path: &Path) -> bool {
    !path.is_dir() || is_writable(path)
}

/// NuGet tries no file that nobody may run.
pub fn stop_running(path: &Path) -> String {
    if cfg!(windows) {
        return move_aside(path);
    }
    let command = format!("chmod a-x {}", quoted_path(path));
    if is_own(path) { command } else { as_administrator(&command) }
}

pub fn make_executable(path: &Path) -> String {
    format!("chmod +x {}", quoted_path(path))
}

pub fn make_private(folder: &Path) -> String {
    format!("chmod 700 {}", quoted_path(folder))
}

/// What another user has put there.
pub fn permit(path: &Path) -> String {
    format!("sudo chmod a+rx {}", quoted_path(path))
}

/// Lets this user read and write a folder, or a file. Nothing is taken from another user but what is in
/// this one's home.
pub fn make_usable(finding: Finding, path: &Path, home: Option<&Path>) -> Finding {
    let is_in_home = home.is_some_and(|home| {
        home.parent().is_some() && path.starts_with(home) && path != home && is_own(home)
    });
    if is_own(path) {
        let rights = if path.is_dir() { "u+rwx" } else { "u+rw" };
        finding.with_fix(format!("chmod {rights} {}", quoted_path(path)))
    } else if is_in_home {
        finding.with_fix(format!("sudo chown -R \"$(id -un)\" {}", quoted_path(path)))
    } else {
        let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        finding.with_advice(format!(
            "name a folder of this user's in {variable}, or in the variable that leads there"
        ))
    }
}

#[cfg(unix)]
fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    path.symlink_metadata().map_or(true, |found| found.uid() == user)
}

#[cfg(not(unix))]
fn is_own(_path: &Path) -> bool {
    true
}

/// Under a name by which NuGet does not find it.
pub fn move_aside(path: &Path) -> String {
    let command = if cfg!(windows) { "Move-Item" } else { "mv" };
    let target = format!("{}.off", path.display());
    format!("{command} {} {}", quoted_path(path), quoted(&target))
}

/// The command of these words.
pub fn command(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

pub fn unset(variable: &str) -> String {
    if cfg!(windows) {
        format!("Remove-Item {}", quoted(&format!("Env:{variable}")))
    } else if variable.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        format!("unset {variable}")
    } else {
        // No shell has a name for it.
        format!("exec env -u {} \"${{SHELL:-/bin/sh}}\"", quoted(variable))
    }
}

pub fn set_clock() -> &'static str {
    if cfg!(windows) { "w32tm /resync" } else { "sudo timedatectl set-ntp true" }
}

/// For this shell and what it starts.
pub fn set(variable: &str, value: &str) -> String {
    if cfg!(windows) {
        format!("$env:{variable} = '{}'", value.replace('\'', "''"))
    } else {
        format!("export {variable}={}", quoted(value))
    }
}

/// The folder before all others.
pub fn prepend_to_path(folder: &Path) -> String {
    if cfg!(windows) {
        let folder = folder.display().to_string().replace('\'', "''");
        format!("$env:PATH = '{folder};' + $env:PATH")
    } else {
        format!("export PATH={}:\"$PATH\"", quoted_path(folder))
    }
}

pub fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// `/`, `/home` or `/usr/share` may be the nearest folder that is there.
    #[test]
    fn nothing_outside_of_this_users_home_is_taken() {
        let usable = |path: &Path, home: &Path| {
            make_usable(Finding::failure("plugin-folder", ""), path, Some(home))
        };
        let root = Path::new("/");
        if !rustix::process::geteuid().is_root() {
            assert_eq!(usable(root, root).fix, None);
            assert_eq!(usable(Path::new("/usr"), Path::new("/nowhere")).fix, None);
            return;
        }
        let home = tempfile::tempdir().unwrap();
        let inside = home.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::os::unix::fs::chown(&inside, Some(65534), None).unwrap();
        let shown = inside.display();
        let fix = format!("sudo chown -R \"$(id -un)\" {shown}");
        assert_eq!(usable(&inside, home.path()).fix, Some(fix));
        for (path, home) in
            [(&*inside, &*inside), (&inside, root), (&inside, Path::new("/nowhere"))]
        {
            let finding = usable(path, home);
            assert!(finding.fix.is_none() && finding.advice.is_some(), "{finding:?}");
        }
        assert_eq!(
            usable(home.path(), root).fix,
            Some(format!("chmod u+rwx {}", home.path().display()))
        );
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_cut_them() {
        for (text, word) in [
            ("/a/b-c.d", "/a/b-c.d"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), word);
        }
        assert_eq!(move_aside(Path::new("/p/a b")), "mv '/p/a b' '/p/a b.off'");
    }
}
