//! Files that nobody but root can have put where they are.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::Untrusted;

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
const WRITABLE_BY_GROUP_OR_OTHERS: u32 = 0o022;

/// As many links as the system follows.
const MOST_LINKS: u32 = 40;

/// Where the machine-wide configuration of programs is.
pub fn machine_config_dir() -> PathBuf {
    PathBuf::from("/etc")
}

/// Passes a regular file of root's that nobody else can write, exchange or redirect: the same goes
/// for every folder and link on the way to it, from the root of the file system on. In a folder with
/// the sticky bit nobody can exchange what is another's.
pub fn check_administered(path: &Path) -> Result<(), Untrusted> {
    fs::symlink_metadata(path)?;
    let mut links = 0;
    let mut walked = PathBuf::from("/");
    check(&walked, &fs::symlink_metadata(&walked)?)?;
    let mut ahead = names(path);
    while let Some(name) = ahead.pop() {
        if name == ".." {
            walked.pop();
            continue;
        }
        let next = walked.join(&name);
        let found = fs::symlink_metadata(&next)?;
        check(&next, &found)?;
        if !found.is_symlink() {
            walked = next;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(Untrusted::Reason(format!("too many links lead to `{}`", path.display())));
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            walked = PathBuf::from("/");
        }
        ahead.extend(names(&target));
    }
    if fs::symlink_metadata(&walked)?.is_file() {
        return Ok(());
    }
    Err(Untrusted::Reason(format!("`{}` is no regular file", walked.display())))
}

/// The names of a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}

fn check(path: &Path, found: &Metadata) -> Result<(), Untrusted> {
    let path = path.display();
    if found.uid() != ROOT {
        return Err(Untrusted::Reason(format!("`{path}` belongs to user {}", found.uid())));
    }
    let mode = found.mode() & 0o7777;
    let is_writable = mode & WRITABLE_BY_GROUP_OR_OTHERS != 0;
    let is_sticky_folder = found.is_dir() && mode & STICKY != 0;
    // A link's own mode means nothing.
    if is_writable && !is_sticky_folder && !found.is_symlink() {
        return Err(Untrusted::Reason(format!(
            "group or others may write to `{path}` (mode {mode:04o})"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use tempfile::TempDir;

    use super::*;

    /// A folder of root's with the file `config.toml`; none where this is not root.
    fn stage() -> Option<(TempDir, PathBuf)> {
        if rustix::process::geteuid().as_raw() != ROOT {
            eprintln!("skipped: only root can make what root has made");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "").unwrap();
        set_mode(&file, 0o644);
        Some((folder, file))
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn reason(path: &Path) -> String {
        match check_administered(path) {
            Err(Untrusted::Reason(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_of_roots_passes_and_one_that_others_can_write_does_not() {
        let Some((folder, file)) = stage() else { return };
        check_administered(&file).unwrap();
        set_mode(&file, 0o664);
        assert!(reason(&file).contains("may write to `"));
        set_mode(&file, 0o644);
        set_mode(folder.path(), 0o777);
        assert!(reason(&file).contains("(mode 0777)"));
    }

    #[test]
    fn a_file_or_folder_of_another_user_does_not_pass() {
        let Some((folder, file)) = stage() else { return };
        chown(&file, Some(12345), None).unwrap();
        assert!(reason(&file).ends_with("config.toml` belongs to user 12345"));
        chown(&file, Some(0), None).unwrap();
        chown(folder.path(), Some(12345), None).unwrap();
        assert!(reason(&file).ends_with("belongs to user 12345"));
    }

    #[test]
    fn a_link_passes_where_all_on_its_way_is_roots() {
        let Some((folder, file)) = stage() else { return };
        let link = folder.path().join("link");
        symlink("./config.toml", &link).unwrap();
        check_administered(&link).unwrap();
        let between = folder.path().join("between");
        fs::create_dir(&between).unwrap();
        symlink(&file, between.join("next")).unwrap();
        let far = folder.path().join("far");
        symlink("between/../between/next", &far).unwrap();
        check_administered(&far).unwrap();
        set_mode(&between, 0o777);
        assert!(reason(&far).contains("between` (mode 0777)"));
    }

    #[test]
    fn what_is_missing_is_told_from_what_is_not_trusted() {
        let Some((folder, _)) = stage() else { return };
        let missing = check_administered(&folder.path().join("missing/config.toml"));
        assert!(
            matches!(missing, Err(Untrusted::Io(error)) if error.kind() == io::ErrorKind::NotFound)
        );
        assert!(reason(folder.path()).ends_with("is no regular file"));
        let circle = folder.path().join("circle");
        symlink(&circle, &circle).unwrap();
        assert!(reason(&circle).starts_with("too many links"));
    }
}
