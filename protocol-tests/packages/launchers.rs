//! The launcher that a release builds first, so that it can be signed before it is embedded.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::process::{self, Run};
use crate::support::trials::{Need, Trial, trial};

const LIMIT: Duration = Duration::from_mins(3);

const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// The target of this test.
const OWN: &str = if cfg!(target_arch = "x86_64") {
    "x86_64-unknown-linux-gnu"
} else {
    "aarch64-unknown-linux-gnu"
};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_build_takes_a_launcher_for_its_target_and_nothing_else", only_its_own)
            .needing(Need::Python),
        trial("a_signed_launcher_is_taken", a_signed_launcher_is_taken)
            .needing(Need::Osslsigncode)
            .where_possible(can_build_for_windows()),
    ]
}

fn launcher(words: &[&str], folder: &Path) -> Run {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("install/release/launcher");
    let mut python = Command::new("python3");
    // No compiled modules are left in the sources.
    python.arg("-B").arg(program).args(words).current_dir(folder);
    process::run(&mut python, LIMIT)
}

fn only_its_own() {
    let folder = tempfile::Builder::new().prefix("a folder ü").tempdir().expect("a folder");
    let check = |target: &str, file: &str| launcher(&["--check", target, file], folder.path());
    let put = |name: &str, content: &[u8]| {
        fs::write(folder.path().join(name), content).expect("a file");
    };
    for name in ["one", "two"] {
        launcher(&[OWN, name], folder.path()).assert_success();
    }
    let content = fs::read(folder.path().join("one")).expect("it was built");
    assert!(content == fs::read(folder.path().join("two")).expect("it was built"), "they differ");
    check(OWN, "one").assert_success().assert_says("is a launcher for");

    let mut program = content.clone();
    program[16] = 2;
    put("program", &program);
    let name = content.windows(13).position(|part| part == b"corehost_main").expect("its export");
    let mut other = content.clone();
    other[name] = b'C';
    put("other", &other);
    put("cut", &content[..10]);
    put("text", b"a text");
    for (target, file, why) in [
        (WINDOWS, "one", "which is for Linux on "),
        ("aarch64-apple-darwin", "one", "not macOS on arm64"),
        (OWN, "program", "which is not the launcher"),
        (OWN, "other", "which is not the launcher"),
        (OWN, "cut", "which is not a library"),
        (OWN, "text", "which is not a library"),
        (OWN, "missing", "which cannot be read"),
    ] {
        let refused = check(target, file);
        refused.assert_failure().assert_says(why).assert_says("unset the variable to build");
        assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
    }
}

/// That the signature is osslsigncode's own is what its `verify` says.
fn a_signed_launcher_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    launcher(&[WINDOWS, "launcher.dll"], folder.path()).assert_success();
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -subj /CN=Test \
        -addext extendedKeyUsage=codeSigning && osslsigncode sign -h sha256 -certs certificate -key key \
        -in launcher.dll -out signed.dll && osslsigncode verify -CAfile certificate -in signed.dll";
    let mut sh = Command::new("sh");
    process::run(sh.args(["-c", script]).current_dir(folder.path()), LIMIT).assert_success();
    let check = launcher(&["--check", WINDOWS, "signed.dll"], folder.path());
    check.assert_success().assert_says("signed.dll is a launcher for x86_64-pc-windows-gnu");
}

fn can_build_for_windows() -> bool {
    let succeeds = |program: &str, words: &[&str]| {
        Command::new(program).args(words).output().ok().filter(|output| output.status.success())
    };
    let libraries = succeeds("rustc", &["--print=target-libdir", "--target", WINDOWS]);
    let libraries =
        libraries.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    libraries.is_some_and(|folder| Path::new(&folder).is_dir())
        && succeeds("x86_64-w64-mingw32-gcc", &["--version"]).is_some()
}
