//! Commands for people to paste, in the words of the system's usual shell: a POSIX one, or PowerShell.

pub use crate::commands::words::quoted;
use std::path::Path;

/// What most things are mended with.
pub const INSTALL: &str = "nuget-plugin-codeartifact install";

/// What is safe to repair.
pub const FIX: &str = "nuget-plugin-codeartifact doctor --fix";

pub fn remove_file(path: &Path) -> String {
    let command = if cfg!(windows) { "Remove-Item" } else { "rm" };
    format!("{command} {}", quoted_path(path))
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

pub fn make_usable(folder: &Path) -> String {
    format!("chmod u+rwx {}", quoted_path(folder))
}

/// Under a name by which NuGet does not find it.
pub fn move_aside(path: &Path) -> String {
    let command = if cfg!(windows) { "Move-Item" } else { "mv" };
    let target = format!("{}.off", path.display());
    format!("{command} {} {}", quoted_path(path), quoted(&target))
}

pub fn unset(variable: &str) -> String {
    if cfg!(windows) {
        format!("Remove-Item {}", quoted(&format!("Env:{variable}")))
    } else {
        // The shell's own command takes no quotes, and not every name.
        format!("unset {variable}")
    }
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
