//! The files of a release: made, verified, and refused where somebody changed them; licences, notes and
//! signatures.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Need, Trial, trial};

/// Packing twice takes a minute where all processors are busy.
const LIMIT: Duration = Duration::from_mins(5);

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn trials() -> Vec<Trial> {
    vec![
        trial("everything_is_made_twice_verified_and_listed", everything_is_made)
            .needing(Need::Python),
        trial("what_somebody_changed_is_named", what_somebody_changed_is_named)
            .needing(Need::Python),
        trial("a_release_is_whole", a_release_is_whole)
            .needing(Need::Python)
            .where_possible(sources().join(".git").exists()),
        trial("the_notices_name_what_is_in_the_executable", notices).needing(Need::Python),
        trial("the_bill_of_materials_has_the_same_crates", bill_of_materials).needing(Need::Python),
        trial("notes_are_the_section_of_the_tags_version", notes).needing(Need::Python),
        trial("a_file_without_a_certificate_is_not_signed_and_said_so", unsigned)
            .where_possible(cfg!(unix)),
        trial("a_windows_file_is_signed_by_the_certificate_given", signed)
            .needing(Need::Osslsigncode),
    ]
}

/// A release with the executable that Cargo just built, and what `check` said of it. It is made once.
fn release() -> &'static (PathBuf, Run) {
    static MADE: OnceLock<(PathBuf, Run)> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a release ü");
        let _ = fs::remove_dir_all(&folder);
        let executable = folder.join("executables").join(own_rid()).join(file_name());
        fs::create_dir_all(executable.parent().expect("it is in a folder")).expect("a folder");
        stripped(&SandboxHome::plugin(), &executable);
        let manuals = folder.join("manuals");
        fs::create_dir(&manuals).expect("a folder");
        fs::write(manuals.join("dotnet-codeartifact.1"), ".TH a 1\n").expect("a file");
        let mut check = program("check");
        check.arg(folder.join("out")).arg("--executables");
        check.arg(folder.join("executables")).arg("--manuals").arg(&manuals).arg("--fast");
        // Other tests have the Linux packages.
        check.env("PATH", path_without("nfpm")).env_remove("NFPM");
        let run = process::run(&mut check, LIMIT);
        (folder, run)
    })
}

fn everything_is_made() {
    let (folder, run) = release();
    run.assert_success().assert_says("files with the same bytes").assert_says("started here");
    for file in ["SHA256SUMS", "install.sh", "install.ps1", &archive(), &bill()] {
        assert!(folder.join("out").join(file).is_file(), "{file}: {run}");
        run.assert_says(&format!("{file}  "));
    }
    run.assert_says("left out: Linux packages (").assert_says("left out: manifests (");
    run.assert_silent_on("\n    nothing");
}

fn what_somebody_changed_is_named() {
    let copy = copy();
    let out = copy.path().join("out");
    flip(&out.join(archive()));
    unlist(&out, "install.ps1");
    let sums = "checksum is not the one in SHA256SUMS";
    refused(&copy, &[sums, "'install.ps1': it is not in SHA256SUMS"]);

    let copy = self::copy();
    let out = copy.path().join("out");
    write(&out, "setup.exe", "?");
    write(&out, "install.sh", "#");
    change(&out.join(bill()), VERSION, &another_version());
    write_manifest(&out, "url v9.9.9/x https://a.example/releases/download/v9.9.9/x.zip\n");
    let mut sums = program("checksums");
    process::run(sums.arg(&out), LIMIT).assert_success();
    let unknown = "'setup.exe': nothing is known of such a file";
    let installer = "install.sh: it is not the one of the sources";
    let manifest = "'homebrew/x.rb' names version '9.9.9'";
    refused(&copy, &[unknown, installer, "does not name the version", manifest]);

    let copy = self::copy();
    let out = copy.path().join("out");
    remove(&out, &archive());
    remove(&out, "SHA256SUMS");
    refused(&copy, &["SHA256SUMS is missing", &format!("{} is missing", archive())]);

    let copy = self::copy();
    let (version, other) = (format!("{VERSION} ("), format!("{} (", another_version()));
    change(&own_executable(&copy), &version, &other);
    // Its bytes are other ones than those that were packed, too.
    refused(&copy, &["and Cargo.toml has", "is not the one of this release"]);
}

/// What a folder of some targets need not have.
fn a_release_is_whole() {
    let copy = copy();
    let out = copy.path().join("out");
    remove(&out, &format!("nuget-plugin-codeartifact.{VERSION}.nupkg"));
    write(&out, "a~b", "GitHub renames it");
    let run = process::run(&mut verify(&copy), LIMIT);
    run.assert_failure();
    for problem in [
        "error: there is no executable for ",
        &format!("error: {}: the executable is no release build", own_rid()),
        "the executable has no list of its crates",
        &format!("error: nuget-plugin-codeartifact.{VERSION}.nupkg is missing"),
        "error: there should be two packages of the kind .deb",
        "error: nuget-plugin-codeartifact-manifests.tar.gz is missing",
        "error: 'a~b': GitHub would give it another name",
    ] {
        run.assert_says(problem);
    }
}

fn verify(copy: &TempDir) -> Command {
    let mut check = program("check");
    check.arg(copy.path().join("out")).arg("--executables").arg(copy.path().join("executables"));
    check.arg("--only-verify");
    check
}

/// Each of these is a line of its own.
#[track_caller]
fn refused(copy: &TempDir, expected: &[&str]) {
    let run = process::run(verify(copy).arg("--partial"), LIMIT);
    assert_eq!(run.code(), Some(1), "{run}");
    for problem in expected {
        let is_said = run.stderr.lines().any(|line| line.contains(problem));
        assert!(is_said, "{problem}: {run}");
    }
    assert!(run.stderr.lines().all(|line| line.starts_with("error: ")), "{run}");
}

/// What Cargo compiles into it, and not what builds and tests it.
fn notices() {
    let mut command = program("notices");
    let run = process::run(command.arg("linux-x64"), LIMIT);
    let text = &run.assert_success().stdout;
    for expected in [
        "  tokio 1.",
        "  ring 0.",
        "  aws-config 1.",
        "  base64-simd",
        "Rich Felker",
        "Apache License",
        "The MIT License",
    ] {
        assert!(text.contains(expected), "{expected}: {} bytes", text.len());
    }
    let home = std::env::var("HOME").unwrap_or_else(|_| "/nowhere".to_owned());
    for unexpected in
        ["  proptest ", "  libtest-mimic ", "  syn ", "  schannel ", "registry/src", &home]
    {
        assert!(!text.contains(unexpected), "{unexpected}");
    }
    let mut windows = program("notices");
    let run = process::run(windows.arg("win-arm64"), LIMIT);
    run.assert_success().assert_says("  schannel ").assert_silent_on("  rustix ");
    let mut unknown = program("notices");
    let run = process::run(unknown.arg("linux-s390x"), LIMIT);
    run.assert_failure().assert_says("error: `linux-s390x` is not a RID");
}

fn bill_of_materials() {
    let (folder, run) = release();
    run.assert_success();
    let text = fs::read_to_string(folder.join("out").join(bill())).expect("the bill");
    let bill: Value = serde_json::from_str(&text).expect("JSON");
    let components = bill["components"].as_array().expect("components");
    let names: Vec<_> = components.iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"tokio") && names.contains(&"rustls"), "{names:?}");
    assert!(!names.contains(&"proptest") && !names.contains(&env!("CARGO_PKG_NAME")), "{names:?}");
    for component in components {
        let digest = component["hashes"][0]["content"].as_str().unwrap_or_default();
        assert_eq!(digest.len(), 64, "{component}");
    }
    assert_eq!(bill["dependencies"].as_array().map(Vec::len), Some(components.len() + 1));
    let home = std::env::var("HOME").unwrap_or_else(|_| "/nowhere".to_owned());
    assert!(!text.contains("path+file") && !text.contains(&home), "a path of this machine");
}

fn notes() {
    let tree = tempfile::tempdir().expect("a folder");
    let programs = tree.path().join("install/release");
    fs::create_dir_all(&programs).expect("a folder");
    for name in ["notes", "project.py", "targets.json", "signatures.py"] {
        fs::copy(sources().join("install/release").join(name), programs.join(name)).expect(name);
    }
    fs::copy(sources().join("Cargo.toml"), tree.path().join("Cargo.toml")).expect("a copy");
    let noted = |changelog: &str, tag: &str| {
        fs::write(tree.path().join("CHANGELOG.md"), changelog).expect("a file");
        let mut command = Command::new("python3");
        process::run(command.arg("-B").arg(programs.join("notes")).arg(tag), LIMIT)
    };
    let tag = format!("v{VERSION}");
    let text = format!(
        "# C\n\n## Unreleased\n\n- c\n\n## {VERSION} (1 May)\n\n- a [b](docs/x.md#y)\n\n## 0.0.1\n\n- d\n"
    );
    let run = noted(&text, &tag);
    let files = format!("{}/blob/{tag}/docs/x.md#y", env!("CARGO_PKG_REPOSITORY"));
    assert_eq!(run.assert_success().stdout, format!("- a [b]({files})\n"));
    noted(&text, "v99.0.0").assert_failure().assert_says("the tag 'v99.0.0' is not");
    noted(&text, "$(id)\u{1b}[1m").assert_failure().assert_silent_on("\u{1b}");
    noted("# C\n\n## Unreleased\n\n- c\n", &tag).assert_failure().assert_says("has no section");
    noted(&format!("# C\n\n## {VERSION}\n\n## 0.0.1\n"), &tag)
        .assert_failure()
        .assert_says("is empty");
    let manifest = fs::read_to_string(sources().join("Cargo.toml")).expect("a file");
    let version = format!("version = \"{VERSION}\"");
    let other = manifest.replacen(&version, "version = \"1.0.0-rc.1\"", 1);
    fs::write(tree.path().join("Cargo.toml"), other).expect("a file");
    noted(&text, "v1.0.0-rc.1").assert_failure().assert_says("that every NuGet reads");
}

fn unsigned() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a b.exe");
    fs::write(&file, "MZ").expect("a file");
    let run = process::run(sign().arg(&file), LIMIT);
    run.assert_success().assert_says("not signed: ").assert_says("WINDOWS_CERTIFICATE is not set");
    let run = process::run(sign().arg(&file).env("GITHUB_ACTIONS", "true"), LIMIT);
    run.assert_success().assert_says("::warning::not signed: /").assert_says("a b.exe (");
    assert_eq!(fs::read(&file).expect("it is there"), b"MZ");
    let run = process::run(sign().arg(folder.path().join("none")), LIMIT);
    run.assert_failure().assert_says("is not a file");
    fs::write(&file, "\u{7f}ELF").expect("a file");
    process::run(sign().arg(&file), LIMIT)
        .assert_failure()
        .assert_says("is not for Windows or macOS");
}

/// By a throwaway certificate; the password is on no command line and no file is left.
fn signed() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = |name: &str| folder.path().join(name);
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -subj /CN=Test \
        -addext extendedKeyUsage=codeSigning && openssl pkcs12 -export -inkey key -in certificate \
        -passout 'pass:p w$' -out both && base64 < both | tr -d '\\n' > encoded";
    let mut openssl = Command::new("sh");
    process::run(openssl.args(["-c", script]).current_dir(folder.path()), LIMIT).assert_success();
    let certificate = fs::read_to_string(here("encoded")).expect("a certificate");
    let (file, temporary) = (here("library.dll"), here("temporary"));
    fs::create_dir(&temporary).expect("a folder");
    fs::write(&file, smallest_library()).expect("a file");
    let by = |password: &str| {
        let mut sign = sign();
        sign.arg(&file).env("WINDOWS_CERTIFICATE", &certificate).env("TMPDIR", &temporary);
        sign.env("WINDOWS_CERTIFICATE_PASSWORD", password).env("WINDOWS_TIMESTAMPS", "none");
        process::run(&mut sign, LIMIT)
    };
    let before = fs::read(&file).expect("it is there");
    by("wrong").assert_failure().assert_says("cannot be signed").assert_silent_on("wrong");
    assert_eq!(fs::read(&file).expect("it is there"), before);
    by("p w$").assert_success().assert_says("signed: ").assert_silent_on("not signed");
    let mut verify = Command::new("osslsigncode");
    verify.arg("verify").arg("-CAfile").arg(here("certificate")).arg("-in").arg(&file);
    process::run(&mut verify, LIMIT).assert_success().assert_says("Signature verification: ok");
    assert_eq!(
        fs::read_dir(&temporary).expect("a folder").count(),
        0,
        "a file with a secret is left"
    );
}

/// The headers of a library for Windows without any section.
fn smallest_library() -> Vec<u8> {
    let mut file = vec![0; 1024];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3C, &0x40u32.to_le_bytes());
    put(0x40, b"PE\0\0\x64\x86");
    // The size of what follows, and that it is a library.
    put(0x54, &240u16.to_le_bytes());
    put(0x56, &0x2022u16.to_le_bytes());
    put(0x58, &0x20Bu16.to_le_bytes());
    // Alignments, the size in memory and of the headers, and the number of directories.
    put(0x58 + 32, &0x1000u32.to_le_bytes());
    put(0x58 + 36, &0x200u32.to_le_bytes());
    put(0x58 + 56, &0x1000u32.to_le_bytes());
    put(0x58 + 60, &0x200u32.to_le_bytes());
    put(0x58 + 108, &16u32.to_le_bytes());
    file
}

fn sign() -> Command {
    let mut sign = Command::new("bash");
    sign.arg(sources().join("install/release/sign"));
    for name in ["GITHUB_ACTIONS", "WINDOWS_CERTIFICATE"] {
        sign.env_remove(name);
    }
    sign
}

/// A copy whose files can be replaced, but not written to: they are those of the release.
fn copy() -> TempDir {
    let (folder, run) = release();
    run.assert_success();
    let copy = tempfile::tempdir_in(folder).expect("a folder");
    for part in ["out".to_owned(), format!("executables/{}", own_rid())] {
        fs::create_dir_all(copy.path().join(&part)).expect("a folder");
        for entry in fs::read_dir(folder.join(&part)).expect("a folder").flatten() {
            fs::hard_link(entry.path(), copy.path().join(&part).join(entry.file_name()))
                .expect("a link");
        }
    }
    copy
}

/// Of the same length.
fn another_version() -> String {
    let other = |c: char| c.to_digit(10).and_then(|digit| char::from_digit(9 - digit, 10));
    VERSION.chars().map(|c| other(c).unwrap_or(c)).collect()
}

fn own_executable(copy: &TempDir) -> PathBuf {
    copy.path().join("executables").join(own_rid()).join(file_name())
}

fn remove(folder: &Path, name: &str) {
    fs::remove_file(folder.join(name)).expect("it was there");
}

fn write(folder: &Path, name: &str, text: &str) {
    let _ = fs::remove_file(folder.join(name));
    fs::write(folder.join(name), text).expect("a file");
}

/// The manifests of a release, of which one has this text.
fn write_manifest(out: &Path, text: &str) {
    let script = "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import project; \
        packed = project.tar_gz([('homebrew/x.rb', sys.argv[3].encode(), 0o644)]); \
        pathlib.Path(sys.argv[2]).write_bytes(packed)";
    let mut python = Command::new("python3");
    python.args(["-B", "-c", script]).arg(sources().join("install/release"));
    python.arg(out.join("nuget-plugin-codeartifact-manifests.tar.gz")).arg(text);
    process::run(&mut python, LIMIT).assert_success();
}

/// Writes the file anew, with its mode.
fn rewrite(file: &Path, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let content = fs::read(file).expect("it is there");
    let mode = fs::metadata(file).expect("it is there").permissions();
    fs::remove_file(file).expect("it is there");
    fs::write(file, change(content)).expect("a file");
    fs::set_permissions(file, mode).expect("it is ours");
}

fn flip(file: &Path) {
    rewrite(file, |mut content| {
        let middle = content.len() / 2;
        content[middle] ^= 1;
        content
    });
}

/// Replaces every occurrence by one of the same length.
fn change(file: &Path, from: &str, to: &str) {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    assert_eq!(from.len(), to.len());
    rewrite(file, |mut content| {
        let mut at = 0;
        while let Some(found) = content[at..].windows(from.len()).position(|it| it == from) {
            content[at + found..at + found + to.len()].copy_from_slice(to);
            at += found + to.len();
        }
        content
    });
}

fn unlist(folder: &Path, name: &str) {
    rewrite(&folder.join("SHA256SUMS"), |content| {
        let text = String::from_utf8(content).expect("text");
        let kept = text.lines().filter(|line| !line.ends_with(&format!("  {name}")));
        kept.fold(String::new(), |text, line| text + line + "\n").into_bytes()
    });
}

/// A copy without what only a debugger reads, which is half of it.
fn stripped(program: &Path, copy: &Path) {
    let strip = Command::new("strip").arg("-o").arg(copy).arg(program).status();
    if !strip.is_ok_and(|status| status.success()) {
        fs::copy(program, copy).expect("a copy");
    }
}

/// The folders of PATH without those that have this program.
fn path_without(name: &str) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| !folder.join(name).exists());
    std::env::join_paths(folders).expect("they came from PATH")
}

fn archive() -> String {
    format!(
        "nuget-plugin-codeartifact-{}{}",
        own_rid(),
        if cfg!(windows) { ".zip" } else { ".tar.gz" }
    )
}

fn bill() -> String {
    format!("nuget-plugin-codeartifact-{}.cdx.json", own_rid())
}

fn file_name() -> String {
    format!("{}{}", env!("CARGO_PKG_NAME"), consts::EXE_SUFFIX)
}

fn own_rid() -> String {
    let system = match consts::OS {
        "windows" => "win",
        "macos" => "osx",
        other => other,
    };
    format!("{system}-{}", if consts::ARCH == "aarch64" { "arm64" } else { "x64" })
}

fn program(name: &str) -> Command {
    let mut command = Command::new("python3");
    // No compiled modules are left in the sources.
    command.arg("-B").arg(sources().join("install/release").join(name));
    command
}

fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
