//! The folder of executables that `install/release/dotnet-tool` reads: what Cargo just built for this
//! system, and for the others what looks like an executable to a reader of headers.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;

/// Both packages of an executable take ten seconds on a busy machine.
const LIMIT: Duration = Duration::from_mins(3);

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// A version that `update` takes for a newer one.
pub const NEWER: &str = "99.0.0";

/// Every RID with the target that its executable is built for.
pub const TARGETS: [(&str, &str); 6] = [
    ("linux-x64", "x86_64-unknown-linux-musl"),
    ("linux-arm64", "aarch64-unknown-linux-musl"),
    ("win-x64", "x86_64-pc-windows-msvc"),
    ("win-arm64", "aarch64-pc-windows-msvc"),
    ("osx-arm64", "aarch64-apple-darwin"),
    ("osx-x64", "x86_64-apple-darwin"),
];

/// The RID whose executable runs here.
pub fn own_rid() -> String {
    let system = match consts::OS {
        "windows" => "win",
        "macos" => "osx",
        _ => "linux",
    };
    let processor = if consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    format!("{system}-{processor}")
}

/// The executable's place in a folder of executables.
pub fn place(folder: &Path, rid: &str) -> PathBuf {
    let suffix = if rid.starts_with("win-") { ".exe" } else { "" };
    folder.join(rid).join(format!("nuget-plugin-codeartifact{suffix}"))
}

pub fn put(folder: &Path, rid: &str, content: &[u8]) {
    let file = place(folder, rid);
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder");
    fs::write(&file, content).expect("a file");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
    }
}

/// The header of an executable for this RID, and the text by which it says its version.
pub fn look_alike(rid: &str, version: &str) -> Vec<u8> {
    let (_, target) = TARGETS.iter().find(|(name, _)| *name == rid).expect("a RID of a release");
    let is_x64 = rid.ends_with("-x64");
    let mut bytes = vec![0; 0x100];
    let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
    match rid.split('-').next() {
        Some("linux") => {
            put(0, b"\x7fELF\x02\x01\x01");
            put(16, &3u16.to_le_bytes());
            put(18, &(if is_x64 { 62u16 } else { 183 }).to_le_bytes());
        }
        Some("win") => {
            put(0, b"MZ");
            put(0x3c, &0x40u32.to_le_bytes());
            put(0x40, b"PE\0\0");
            put(0x44, &(if is_x64 { 0x8664u16 } else { 0xaa64 }).to_le_bytes());
            put(0x56, &0x22u16.to_le_bytes());
            put(0x58, &0x20bu16.to_le_bytes());
        }
        _ => {
            put(0, b"\xcf\xfa\xed\xfe");
            put(4, &(if is_x64 { 0x0100_0007u32 } else { 0x0100_000c }).to_le_bytes());
            put(12, &2u32.to_le_bytes());
        }
    }
    bytes.extend(format!("about{version} (0123abc, {target})").bytes());
    bytes
}

/// What Cargo just built, without what only a debugger reads.
pub fn own() -> &'static [u8] {
    static OWN: OnceLock<Vec<u8>> = OnceLock::new();
    OWN.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = folder.path().join("plugin");
        let stripped =
            Command::new("strip").arg("-o").arg(&copy).arg(SandboxHome::plugin()).status();
        let is_stripped = stripped.is_ok_and(|status| status.success());
        fs::read(if is_stripped { copy } else { SandboxHome::plugin() }).expect("an executable")
    })
}

/// A folder with licences, so that they are not collected from the sources of every dependency.
pub fn documents(root: &Path) -> PathBuf {
    let folder = root.join("documents");
    fs::create_dir_all(folder.join("notices")).expect("a folder");
    for (rid, _) in TARGETS {
        let system = rid.split('-').next().unwrap_or_default();
        let text = format!("The licences of what is in the executable for {system}.\n");
        fs::write(folder.join("notices").join(rid), text).expect("a file");
    }
    folder
}

/// Runs the program of the release on `root/executables`, for `root/packages`.
pub fn run(root: &Path, words: &[&str]) -> Run {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("install/release/dotnet-tool");
    let mut command = Command::new("python3");
    // Modules of the tests' own user must not be found, and no compiled ones left in the sources.
    command.args(["-B", "-s"]).arg(program);
    command.arg(root.join("executables")).arg(root.join("packages"));
    command.arg("--documents").arg(documents(root)).arg("--fast").args(words);
    process::run(&mut command, LIMIT)
}

/// A folder with both packages of this version, and with the tool of a newer one, whose executable is
/// one byte longer. They are made once.
pub fn packages() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dotnet-tool");
        let _ = fs::remove_dir_all(&root);
        put(&root.join("executables"), &own_rid(), own());
        run(&root, &["--partial"]).assert_success();
        put(&root.join("executables"), &own_rid(), &[own(), b"\n"].concat());
        run(&root, &["--partial", "--version", NEWER]).assert_success();
        root.join("packages")
    })
}

/// A folder with these packages only, as links.
pub fn feed(folder: &Path, versions: &[&str]) {
    fs::create_dir_all(folder).expect("a folder");
    for id in ["nuget-plugin-codeartifact", "dotnet-codeartifact"] {
        for version in versions {
            let name = format!("{id}.{version}.nupkg");
            let (from, to) = (packages().join(&name), folder.join(&name));
            if fs::hard_link(&from, &to).is_err() {
                fs::copy(&from, &to).expect("a package");
            }
        }
    }
}
