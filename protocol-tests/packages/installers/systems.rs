//! Which archive `install.sh` takes on which system, by a `uname` that says so.

use std::fs;

use super::machine::{Machine, error_of};
use super::release::{Release, SMALL, STUB, archive, archive_name, sha256};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        every_system_gets_its_archive,
        a_system_without_a_release_is_said,
        the_mark_of_macos_is_removed
    ]
}

fn named_system(machine: &Machine, system: &str, processor: &str, arm64: &str) {
    machine.program(
        "uname",
        &format!(
            "case $1 in -s) echo '{system}' ;; -m) echo '{processor}' ;; \
             -sm) echo '{system} {processor}' ;; *) exit 1 ;; esac"
        ),
    );
    machine.program("sysctl", &format!("[ \"$2\" = hw.optional.arm64 ] && {arm64}"));
}

fn every_system_gets_its_archive() {
    let none = "exit 1";
    let cases = [
        ("Linux", "x86_64", none, "linux-x64"),
        ("Linux", "aarch64", none, "linux-arm64"),
        ("Darwin", "arm64", "echo 1", "osx-arm64"),
        ("Darwin", "x86_64", none, "osx-x64"),
        ("Darwin", "x86_64", "echo 0", "osx-x64"),
        // Translated by Rosetta.
        ("Darwin", "x86_64", "echo 1", "osx-arm64"),
    ];
    for (system, processor, arm64, expected) in cases {
        let content = archive(expected, STUB.as_bytes());
        let release = Release::of(&SMALL);
        let sums = format!("{}  {}\n", sha256(&content), archive_name(expected));
        release.has("SHA256SUMS", sums.into_bytes()).has(&archive_name(expected), content);
        let machine = Machine::of(&release);
        named_system(&machine, system, processor, arm64);
        let run = machine.install(&[]);
        assert!(run.succeeded(), "{system} {processor}: {run}");
        assert_eq!(release.asked(), ["SHA256SUMS", &archive_name(expected)]);
        assert_eq!(machine.started(), "--version\ninstall\n");
    }
}

fn a_system_without_a_release_is_said() {
    let cases = [
        ("Linux", "i686", "There is no release for Linux i686"),
        ("Linux", "armv7l", "There is no release for Linux armv7l"),
        ("Linux", "riscv64", "There is no release for Linux riscv64"),
        ("FreeBSD", "amd64", "There is no release for FreeBSD amd64"),
        ("MINGW64_NT-10.0-26100", "x86_64", "install.ps1 | iex"),
        ("MSYS_NT-10.0", "x86_64", "install.ps1 | iex"),
        ("CYGWIN_NT-10.0", "x86_64", "install.ps1 | iex"),
    ];
    for (system, processor, expected) in cases {
        let release = Release::of(&SMALL);
        let machine = Machine::of(&release);
        named_system(&machine, system, processor, "exit 1");
        let run = machine.install(&[]);
        assert_eq!(run.code(), Some(3), "{run}");
        assert!(error_of(&run).contains(expected), "{run}");
        assert_eq!(release.server.requests(), [""; 0]);
    }
}

fn the_mark_of_macos_is_removed() {
    let machine = Machine::new();
    let folder = super::shell::unpacked_release(&machine, STUB.as_bytes());
    named_system(&machine, "Darwin", "arm64", "echo 1");
    machine.program("xattr", "echo \"$*\" >> \"$HOME/marks\"; exit 1");
    machine.run(&["sh", &format!("{folder}/install.sh")]).assert_success();
    let removed = fs::read_to_string(machine.home().join("marks")).expect("it was started");
    assert_eq!(removed, format!("-d com.apple.quarantine {folder}/nuget-plugin-codeartifact\n"));
    assert_eq!(machine.started(), "--version\ninstall\n");
}
