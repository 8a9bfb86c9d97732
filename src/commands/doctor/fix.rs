//! Commands to paste, for the system's usual shell: a POSIX one, or PowerShell.

use std::io::ErrorKind;
use std::path::Path;

use super::finding::Finding;
use super::permission;
use crate::base::environment::{Environment, HOME};
use crate::base::invocation;
use crate::base::shell::{self, powershell_string};

pub use crate::base::shell::{quoted, remove_file, set, unset};

/// The fix for most problems in the plugins folders.
pub fn install() -> String {
    invocation::command(["install"])
}

/// For a folder that may belong to another user.
pub fn remove_others_file(path: &Path) -> String {
    let is_ours = path.parent().is_some_and(permission::is_writable);
    as_owner(remove_file(path), is_ours)
}

/// NuGet ignores a file on `PATH` that nobody may execute.
pub fn stop_running(path: &Path) -> String {
    if cfg!(windows) {
        return move_aside(path);
    }
    as_owner(format!("chmod a-x {}", quoted_path(path)), permission::is_own(path))
}

fn as_owner(command: String, is_ours: bool) -> String {
    if is_ours || cfg!(windows) { command } else { format!("sudo {command}") }
}

pub fn make_executable(path: &Path) -> String {
    format!("chmod +x {}", quoted_path(path))
}

pub fn make_private(folder: &Path) -> String {
    format!("chmod 700 {}", quoted_path(folder))
}

/// Lets nobody but the owner write to it.
pub fn keep_others_out(path: &Path) -> String {
    as_owner(format!("chmod go-w {}", quoted_path(path)), permission::is_own(path))
}

/// Lets all users execute a file of this one's.
pub fn let_all_execute(path: &Path) -> String {
    format!("chmod a+rx {}", quoted_path(path))
}

/// Lets this user execute a file that another user has installed.
pub fn permit(path: &Path) -> String {
    format!("sudo {}", let_all_execute(path))
}

/// Lets this user read and write a folder or a file. The owner is changed only inside this user's
/// home: the nearest existing folder may be `/`, `/home` or `/usr/share`.
pub fn make_usable(finding: Finding, path: &Path, home: Option<&Path>) -> Finding {
    if permission::is_own(path) {
        let rights = if path.is_dir() { "u+rwx" } else { "u+rw" };
        return finding.with_fix(format!("chmod {rights} {}", quoted_path(path)));
    }
    let is_in_home = home.is_some_and(|home| {
        let is_root = home.parent().is_none();
        !is_root && path.starts_with(home) && path != home && permission::is_own(home)
    });
    if is_in_home {
        return finding.with_fix(format!("sudo chown -R \"$(id -un)\" {}", quoted_path(path)));
    }
    finding.with_advice(format!(
        "Set {HOME}, or the variable of the folder, to a folder of this user."
    ))
}

/// What prevents this user from using a folder, or from creating it below the nearest existing
/// folder.
pub fn unusable_folder(
    check: &'static str,
    subject: &str,
    folder: &Path,
    consequence: &str,
    home: Option<&Path>,
) -> Option<Finding> {
    let there = folder.ancestors().find(|above| above.symlink_metadata().is_ok())?;
    let shown = there.display();
    if there.is_dir() && permission::is_readable_and_writable(there) {
        return None;
    }
    // The target of a link may be invisible to this user.
    let is_hidden = there.metadata().is_err_and(|it| it.kind() == ErrorKind::PermissionDenied);
    if there.is_dir() || is_hidden {
        let what = format!("{subject}: this user cannot read and write `{shown}`");
        return Some(make_usable(Finding::failure(check, what), there, home));
    }
    let what = format!("{subject}: `{shown}` is not a folder, {consequence}");
    Some(Finding::failure(check, what).with_fix(move_aside(there)))
}

/// Renames it, so that NuGet does not find it.
pub fn move_aside(path: &Path) -> String {
    let command = if cfg!(windows) { "Move-Item" } else { "mv" };
    let target = format!("{}.off", path.display());
    format!("{command} {} {}", quoted_path(path), quoted(&target))
}

/// Sets this machine's clock.
pub fn set_clock(finding: Finding) -> Finding {
    if cfg!(target_os = "linux") && Environment::of_process().program("timedatectl").is_none() {
        // A container has the clock of its host.
        return finding
            .with_advice("Set the clock of this machine, or of the host of this container.");
    }
    finding.with_fix(shell::set_clock())
}

/// Prepends the folder to the list.
pub fn prepend_to_path(folder: &Path) -> String {
    if cfg!(windows) {
        format!("$env:PATH = {} + $env:PATH", powershell_string(&format!("{};", folder.display())))
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
