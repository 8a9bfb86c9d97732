//! Linux and macOS: which file systems are in memory. A token is protected only by its file's mode:
//! encryption would add nothing, because the key would be stored beside the token.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::statfs;

use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::files::our_uid;

/// `TMPFS_MAGIC` and `RAMFS_MAGIC` of the kernel's `magic.h`.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// Our own folders that may be created on a memory file system, best first. The name contains the
/// user, because `/dev/shm` belongs to all: if another user takes the name, the folder is refused.
pub fn memory_folders(environment: &Environment) -> Vec<PathBuf> {
    let uid = our_uid();
    let runtime = environment.path("XDG_RUNTIME_DIR").filter(|path| path.is_absolute());
    let mut bases: Vec<PathBuf> = runtime.into_iter().collect();
    bases.extend([format!("/run/user/{uid}").into(), "/dev/shm".into()]);
    bases.retain(|base| is_memory(base));
    bases.dedup();
    bases.into_iter().map(|base| base.join(format!("{PROGRAM}-{uid}"))).collect()
}

/// Whether files below `path` stay in memory. On systems other than Linux no such file system is
/// known.
#[allow(clippy::cast_sign_loss, reason = "signed on some machines; only the lower half counts")]
#[allow(
    clippy::cast_lossless,
    clippy::unnecessary_cast,
    reason = "its width depends on the system"
)]
pub fn is_memory(path: &Path) -> bool {
    cfg!(target_os = "linux")
        && statfs(path).is_ok_and(|found| IN_MEMORY.contains(&(found.f_type as u64 & 0xffff_ffff)))
}

/// The text unchanged.
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Windows")]
pub fn protect(text: &str) -> io::Result<String> {
    Ok(text.to_owned())
}

/// The text unchanged.
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Windows")]
pub fn reveal(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_from_disk() {
        assert!(!is_memory(Path::new("/proc")));
        assert!(!is_memory(Path::new("/nowhere")));
        if Path::new("/dev/shm").exists() {
            assert!(is_memory(Path::new("/dev/shm")));
        }
    }

    #[test]
    fn a_runtime_folder_on_disk_is_ignored() {
        let disk = Environment::from_pairs([("XDG_RUNTIME_DIR", "/proc")]);
        let relative = Environment::from_pairs([("XDG_RUNTIME_DIR", "shm")]);
        assert_eq!(memory_folders(&disk), memory_folders(&relative));
    }

    #[test]
    fn a_runtime_folder_in_memory_comes_first() {
        if !is_memory(Path::new("/dev/shm")) {
            return;
        }
        let around = tempfile::tempdir_in("/dev/shm").unwrap();
        let runtime = around.path().to_str().unwrap();
        let folders = memory_folders(&Environment::from_pairs([("XDG_RUNTIME_DIR", runtime)]));
        let name = format!("{PROGRAM}-{}", our_uid());
        assert_eq!(folders[0], around.path().join(&name));
        assert_eq!(folders.last().unwrap(), &Path::new("/dev/shm").join(name));
    }
}
