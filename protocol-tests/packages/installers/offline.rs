//! `install.sh` without any download: an unpacked release, an archive, and `--uninstall`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::machine::{Machine, error_of};
use super::release::{
    NAME, REAL, Release, SMALL, STUB, archive, archive_name, sha256, sums, system, unpacked,
    write_program,
};
use crate::support::process::Run;
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::trials::{Need, Trial, named, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = named![
        an_unpacked_release_is_installed_without_a_download,
        a_version_that_is_named_is_downloaded_from_an_unpacked_release_too,
        a_program_for_another_system_is_said,
        the_working_folder_is_no_unpacked_release,
        an_archive_is_installed_with_its_checksums_or_its_digest,
        an_archive_that_is_not_the_one_of_the_release_is_refused,
        the_installed_plugin_removes_itself,
        uninstall_finds_every_place,
        the_environments_archive_is_never_for_a_wrong_command_line,
    ];
    let root = trial("root_runs_nothing_of_another_user", root_and_another_user);
    trials.push(root.needing(Need::OtherUser));
    #[cfg(target_os = "linux")]
    trials.push(
        trial("what_a_release_packs_is_installed", packed_by_a_release).needing(Need::Python),
    );
    trials
}

fn an_unpacked_release_is_installed_without_a_download() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    let folder = super::shell::unpacked_release(&machine, STUB.as_bytes());
    let run = machine.run(&["sh", &format!("{folder}/install.sh"), "--netcore-only"]);
    run.assert_success();
    // Some ways of unpacking lose the mode.
    let program = format!("{folder}/{NAME}");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).expect("its mode");
    let mut command = machine.command(&["sh", "install.sh", "--json"]);
    let status = command.current_dir(&folder).status().expect("a shell");
    assert!(status.success(), "{status}");
    assert_eq!(machine.started(), "--version\ninstall --netcore-only\n--version\ninstall --json\n");
    assert_eq!(release.server.requests(), [""; 0]);
    machine.assert_tidy(&run);
}

fn a_version_that_is_named_is_downloaded_from_an_unpacked_release_too() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    let folder = super::shell::unpacked_release(&machine, b"never started");
    let script = format!("{folder}/install.sh");
    machine.run(&["sh", &script, "--version", "latest"]).assert_success();
    assert_eq!(machine.started(), "--version\ninstall\n");
}

fn a_program_for_another_system_is_said() {
    let machine = Machine::new();
    let folder = super::shell::unpacked_release(&machine, b"\x7fELF of something else");
    let run = machine.run(&["sh", &format!("{folder}/install.sh")]);
    assert_eq!(run.code(), Some(1), "{run}");
    assert!(error_of(&run).contains("does not start"), "{run}");
}

/// What comes through a pipe is in no folder, though the working folder has a file of that name.
fn the_working_folder_is_no_unpacked_release() {
    let release = Release::of(&SMALL);
    let machine = Machine::of(&release);
    let work = machine.path("work");
    unpacked(&work, b"#!/bin/sh\necho of a stranger >> \"$HOME/started\"\n");
    let run = machine.run(&["sh", "-c", &format!("cat '{}' | sh", script())]);
    run.assert_success();
    assert_eq!(machine.started(), "--version\ninstall\n", "{run}");
}

fn script() -> String {
    super::release::script_file("install.sh").to_string_lossy().into_owned()
}

fn an_archive_is_installed_with_its_checksums_or_its_digest() {
    let mut machine = Machine::new();
    machine.only_with(&["sha256sum", "perl", "shasum"]);
    let name = archive_name(&system());
    let place = machine.path("a stick").join(&name);
    fs::create_dir(machine.path("a stick")).expect("a folder");
    fs::write(&place, &*REAL).expect("a file");
    let place = place.to_string_lossy().into_owned();
    let run = machine.install(&["--offline", &place]);
    assert_eq!(run.code(), Some(5), "{run}");
    assert!(error_of(&run).contains("--sha256"), "{run}");
    let other = format!("{}  another-file\n", "0".repeat(64));
    fs::write(machine.path("a stick/SHA256SUMS"), other + &sums(&REAL)).expect("a file");
    let run = machine.install(&["--offline", &place, "--netcore-only"]);
    run.assert_success().assert_says("installed: ");
    machine.assert_tidy(&run);
    // In the working folder, of any name.
    fs::remove_file(machine.path("a stick/SHA256SUMS")).expect("a file");
    fs::rename(&place, machine.path("work/release.tgz")).expect("another name");
    let digest = format!("--sha256={}", sha256(&REAL));
    let run = machine.install(&["--offline=release.tgz", &digest, "--netcore-only"]);
    run.assert_success().assert_says("already up to date: ");
    fs::write(machine.path("work/SHA256SUMS"), sums(&REAL)).expect("a file");
    let run = machine.install(&["--offline=release.tgz"]);
    assert_eq!(run.code(), Some(5), "{run}");
    assert!(error_of(&run).contains("name that it has in the release"), "{run}");
}

/// The archive and the checksums as the programs of a release make them: with `--offline`, and unpacked.
#[cfg(target_os = "linux")]
fn packed_by_a_release() {
    let archive = crate::archives::archives().join(archive_name(&system()));
    let archive = archive.to_string_lossy();
    let machine = Machine::new();
    machine.install(&["--offline", &archive]).assert_success().assert_says("installed: ");
    machine.run(&["tar", "-xzf", &archive, "-C", &machine.home().to_string_lossy()]);
    let script = machine.home().join(format!("{NAME}-{}/install.sh", system()));
    let run = machine.run(&["sh", &script.to_string_lossy()]);
    run.assert_success().assert_says("already up to date: ");
    machine.assert_tidy(&run);
}

fn an_archive_that_is_not_the_one_of_the_release_is_refused() {
    let machine = Machine::new();
    let other = if system() == "linux-arm64" { "linux-x64" } else { "linux-arm64" };
    let folder = machine.path("work");
    let try_with = |name: &str, content: &[u8], listed: &[u8]| -> Run {
        fs::write(folder.join(name), content).expect("a file");
        fs::write(folder.join("SHA256SUMS"), format!("{}  {name}\n", sha256(listed)))
            .expect("a file");
        let run = machine.install(&["--offline", name]);
        assert_eq!(run.code(), Some(5), "{run}");
        assert_eq!(machine.started(), "", "{run}");
        run
    };
    let run = try_with(&archive_name(&system()), b"damaged", &SMALL);
    assert!(error_of(&run).contains("is not the file of the release"), "{run}");
    let of_another = archive(other, STUB.as_bytes());
    let run = try_with(&archive_name(other), &of_another, &of_another);
    assert!(error_of(&run).contains("not an archive for this system"), "{run}");
    let run = machine.install(&["--offline", "missing.tar.gz"]);
    assert_eq!(run.code(), Some(2), "{run}");
}

fn the_installed_plugin_removes_itself() {
    let machine = Machine::new();
    let plugin = SandboxHome::plugin().to_string_lossy().into_owned();
    machine.run(&[&plugin, "install"]).assert_success();
    let run = machine.install(&["--uninstall"]);
    run.assert_success().assert_says("removed: ");
    assert_eq!(machine.state().len(), 0, "{run}");
    let run = machine.install(&["--uninstall"]);
    run.assert_success().assert_says("nothing is installed here");
    let elsewhere = machine.path("all users' plugins").to_string_lossy().into_owned();
    machine.run(&[&plugin, "install", "--netfx-only", "--dir", &elsewhere]).assert_success();
    machine
        .install(&["--uninstall", "--dir", &elsewhere])
        .assert_success()
        .assert_says("removed: ");
}

fn uninstall_finds_every_place() {
    let netcore = format!(".nuget/plugins/netcore/{PLUGIN_NAME}");
    let places = [
        format!("{netcore}/{PLUGIN_NAME}"),
        format!("{netcore}/{NAME}"),
        format!(".nuget/plugins/netfx/{PLUGIN_NAME}/{PLUGIN_NAME}.exe"),
    ];
    for place in places {
        let machine = Machine::new();
        put(&machine.home().join(&place));
        machine.install(&["--uninstall", "--purge"]).assert_success();
        assert_eq!(machine.started(), "uninstall --purge\n", "{place}");
    }
    let mut machine = Machine::new();
    let cli_home = machine.path("cli home");
    put(&cli_home.join(&netcore).join(PLUGIN_NAME));
    machine.set("DOTNET_CLI_HOME", &cli_home.to_string_lossy());
    machine.install(&["--uninstall"]).assert_success();
    assert_eq!(machine.started(), "uninstall\n");
    let machine = Machine::new();
    put(&machine.path("bin/dotnet-codeartifact"));
    machine.install(&["--uninstall"]).assert_success();
    assert_eq!(machine.started(), "uninstall\n");
    // An unpacked release has its own.
    let folder = super::shell::unpacked_release(&machine, STUB.as_bytes());
    machine.run(&["sh", &format!("{folder}/install.sh"), "--uninstall"]).assert_success();
    assert_eq!(machine.started(), "uninstall\n--version\nuninstall\n");
}

fn put(file: &std::path::Path) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    write_program(file, STUB.as_bytes());
}

/// A user who may use `sudo` keeps the home: whoever can write there must not become root by that.
fn root_and_another_user() {
    let machine = Machine::new();
    let program =
        machine.home().join(format!(".nuget/plugins/netcore/{PLUGIN_NAME}/{PLUGIN_NAME}"));
    put(&program);
    std::os::unix::fs::chown(&program, Some(65_534), Some(65_534)).expect("root can");
    let run = machine.install(&["--uninstall"]);
    assert_eq!(run.code(), Some(1), "{run}");
    assert!(error_of(&run).contains("belongs to another user"), "{run}");
    assert_eq!(machine.started(), "");
}

fn the_environments_archive_is_never_for_a_wrong_command_line() {
    let release = Release::of(&SMALL);
    let mut machine = Machine::of(&release);
    let wrong: [&[&str]; 17] = [
        &["0.1.0"],
        &["-"],
        &["--dir="],
        &["--version"],
        &["--version", ""],
        &["--version", "1.2"],
        &["--version", "1.2.3.4"],
        &["--version", "../../latest"],
        &["--version", "1.2.x"],
        &["--version", "1..2"],
        &["--dir"],
        &["--sha256", "abc"],
        &["--sha256", &"G".repeat(64)],
        &["--offline"],
        &["--offline", "a", "--version", "1.2.3"],
        &["--uninstall", "--version", "1.2.3"],
        &["--uninstall", "--offline", "a"],
    ];
    for words in wrong {
        let run = machine.install(words);
        assert_eq!(run.code(), Some(2), "{run}");
        error_of(&run);
    }
    let wrong = [
        "http://releases.example.com",
        "http://localhost.example.com/x",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "https://name:word@example.com",
        "https://example.com/?a=b",
        "https://example.com/a b",
        "file:///srv/releases",
        "ftp://example.com",
        "https://",
        "releases",
    ];
    for base in wrong {
        machine.set("CODEARTIFACT_NUGET_RELEASES", base);
        let run = machine.install(&[]);
        assert_eq!(run.code(), Some(2), "{base}: {run}");
        assert!(!error_of(&run).contains("word@"), "{run}");
    }
    machine.set("CODEARTIFACT_NUGET_RELEASES", &release.url());
    for seconds in ["0", "soon", "-1", "1000000"] {
        machine.set("CODEARTIFACT_NUGET_DOWNLOAD_SECONDS", seconds);
        assert_eq!(machine.install(&[]).code(), Some(2), "{seconds}");
    }
    assert_eq!(release.server.requests(), [""; 0]);
    let help = machine.install(&["--help"]);
    help.assert_success().assert_says("--offline ARCHIVE").assert_says("Exit codes");
    assert!(help.stdout.lines().all(|line| line.len() <= 100), "{help}");
}
