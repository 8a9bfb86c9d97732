//! `install/action`, on a runner of Linux or macOS, and what its Windows part starts.

use std::fs;
use std::path::PathBuf;

use super::runner::{self, Job};
use crate::installers::machine::{Machine, error_of};
use crate::installers::release::{
    REAL, Release, VERSION, archive_name, script_file, sha256, system,
};
use crate::support::pages::repository;
use crate::support::stage::restore::PACKAGE;
use crate::support::stage::{Stage, secrets};
use crate::support::trials::{Need, Trial, trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    let with_curl = |name, test: fn()| trial(name, test).needing(Need::Curl);
    vec![
        with_curl("action::it_installs_the_version_of_its_commit", it_installs),
        with_curl("action::another_folder_is_known_to_later_steps", another_folder),
        with_curl("action::what_is_not_the_archive_is_not_installed", another_archive),
        with_curl("action::no_input_is_run_or_becomes_an_output", hostile_inputs),
        with_curl("action::a_source_is_set_up_and_no_secret_is_in_the_log", a_source),
        with_dotnet("action::a_restore_works_after_it", a_restore),
        trial("action::on_windows_it_starts_powershell", on_windows),
    ]
}

const SYSTEM: &str = if cfg!(target_os = "macos") { "macOS" } else { "Linux" };

/// The repository as the runner has downloaded it for the action.
fn downloaded(machine: &Machine) -> PathBuf {
    let root = machine.path("_actions/plugin's own/0000");
    let action = root.join("install/action");
    fs::create_dir_all(&action).expect("a folder");
    for name in ["action.yml", "install.sh", "setup.sh"] {
        fs::copy(repository("install/action").join(name), action.join(name)).expect("a copy");
    }
    for name in ["install.sh", "install.ps1"] {
        fs::copy(script_file(name), root.join("install").join(name)).expect("a copy");
    }
    fs::copy(repository("Cargo.toml"), root.join("Cargo.toml")).expect("a copy");
    action
}

/// Runs the action with a release that has the real program.
fn run(machine: &Machine, release: &Release, inputs: &[(&str, &str)]) -> Job {
    let url = release.url();
    let inputs: Vec<_> = [("releases", &*url)].into_iter().chain(inputs.iter().copied()).collect();
    runner::run(machine, &downloaded(machine), SYSTEM, &inputs)
}

fn it_installs() {
    let release = Release::of(&REAL);
    let machine = Machine::new();
    let digest = sha256(&REAL);
    let job = run(&machine, &release, &[("sha256", &digest)]);
    assert!(job.succeeded(), "{}", job.log());
    let plugin = machine.home().join(
        ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact",
    );
    assert_eq!(job.outputs["version"], VERSION);
    assert_eq!(job.outputs["path"], plugin.to_string_lossy());
    assert!(plugin.is_file());
    assert_eq!(job.path, [machine.home().join(".dotnet/tools").to_string_lossy()]);
    let command = machine.run(&[&format!("{}/dotnet-codeartifact", job.path[0]), "--version"]);
    assert!(command.stdout.contains(VERSION), "{command}");
    // With the digest of the archive, the release's own is not needed.
    assert_eq!(release.asked(), [archive_name(&system())]);
    assert!(job.variables.is_empty(), "{:?}", job.variables);
    machine.assert_tidy(&job.runs[0]);
}

fn another_folder() {
    let release = Release::of(&REAL);
    for (netcore_only, variables) in [
        ("false", &["NUGET_NETCORE_PLUGIN_PATHS", "NUGET_NETFX_PLUGIN_PATHS"][..]),
        ("true", &["NUGET_NETCORE_PLUGIN_PATHS"][..]),
    ] {
        let machine = Machine::new();
        let inputs =
            [("dir", "plugins of Zoë"), ("netcore-only", netcore_only), ("version", "latest")];
        let job = run(&machine, &release, &inputs);
        assert!(job.succeeded(), "{}", job.log());
        assert_eq!(job.variables.keys().collect::<Vec<_>>(), variables);
        for file in job.variables.values().chain([&job.outputs["path"]]) {
            assert!(file.starts_with('/') && fs::metadata(file).is_ok(), "{file}");
        }
        assert!(job.path.is_empty(), "{:?}", job.path);
        assert!(
            machine
                .state()
                .keys()
                .all(|file| !file.ends_with("CredentialProvider.CodeArtifact.dll"))
        );
    }
    // No shell expands an input.
    let machine = Machine::new();
    let job = run(&machine, &release, &[("dir", "~/plug ins"), ("netcore-only", "true")]);
    assert!(job.succeeded(), "{}", job.log());
    let folder = machine.home().join("plug ins");
    assert!(job.outputs["path"].starts_with(&*folder.to_string_lossy()), "{:?}", job.outputs);
}

fn another_archive() {
    let release = Release::of(&REAL);
    let machine = Machine::new();
    let job = run(&machine, &release, &[("sha256", &"0".repeat(64))]);
    assert_eq!(job.runs[0].code(), Some(5), "{}", job.log());
    assert!(error_of(&job.runs[0]).contains("is not the file of the release"), "{}", job.log());
    assert!(machine.state().is_empty());
    assert_eq!(job.outputs.values().cloned().collect::<String>(), "");

    release.has(&archive_name(&system()), b"something else".to_vec());
    let job = run(&Machine::new(), &release, &[]);
    assert_eq!(job.runs[0].code(), Some(5), "{}", job.log());
}

fn hostile_inputs() {
    let release = Release::of(&REAL);
    for (name, value) in [
        ("version", "$(touch pwned)"),
        ("version", "1.0.0\"; touch pwned; \""),
        ("version", "1.0.0\nversion=9.9.9"),
        ("sha256", "`touch pwned`"),
        ("dir", "a\npath=/bin/sh"),
        ("netcore-only", "true; touch pwned"),
        ("releases", "https://127.0.0.1/$(touch pwned)"),
        ("releases", "file:///etc"),
    ] {
        let machine = Machine::new();
        let job = run(&machine, &release, &[(name, value)]);
        assert!(!job.succeeded(), "{name}: {value:?}\n{}", job.log());
        error_of(&job.runs[0]);
        assert!(machine.state().is_empty(), "{name}: {value:?}");
        machine.assert_tidy(&job.runs[0]);
        assert_eq!(job.outputs.values().cloned().collect::<String>(), "", "{name}: {value:?}");
    }
}

fn a_source() {
    let stage = Stage::new();
    stage.fake.add_repository(&stage.repository);
    let release = Release::of(&REAL);
    let mut machine = Machine::new();
    for (name, value) in stage.home.environment().filter(|(name, _)| name.starts_with("AWS_")) {
        machine.set(name, value);
    }
    let configuration = machine.home().join(".config/nuget-plugin-codeartifact");
    fs::create_dir_all(&configuration).expect("a folder");
    fs::write(configuration.join("config.toml"), stage.listed_host()).expect("a file");
    let job = run(&machine, &release, &[("source", &stage.source)]);
    assert!(job.succeeded() && job.runs.len() == 2, "{}", job.log());
    let config = fs::read_to_string(machine.home().join(".nuget/NuGet/NuGet.Config")).expect("it");
    assert!(config.contains(&stage.source), "{config}");
    assert_eq!(stage.token_calls(), 1);
    for secret in secrets().iter().map(String::as_str).chain(["the-jobs-token"]) {
        assert!(!job.log().contains(secret) && !config.contains(secret), "{}", job.log());
    }

    let job = run(&machine, &release, &[("source", "--help")]);
    assert!(!job.succeeded(), "it is not an option: {}", job.log());
}

/// By the files in the home, and by the variables for another folder.
fn a_restore() {
    let release = Release::of(&REAL);
    for dir in ["", "other plugins"] {
        let stage = Stage::new().with_package().with_nuget_config();
        stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
        let mut machine = Machine::new();
        machine.set("HOME", &stage.home.home().to_string_lossy());
        let job = run(&machine, &release, &[("dir", dir)]);
        assert!(job.succeeded(), "{}", job.log());
        let variables: Vec<_> =
            job.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        stage.dotnet_with(&["restore", "app", "--tl:off"], &variables).assert_success();
        stage.assert_restored();
        assert_eq!(stage.token_calls(), 1, "{dir:?}");
    }
}

/// Git's shell and its `cygpath` on Windows, where all of this machine is on `C:`.
fn on_windows() {
    let mut machine = Machine::new();
    let action = downloaded(&machine);
    let plugin = machine.home().join(
        ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.exe",
    );
    let (home, started) = (machine.home(), machine.path("started"));
    for (name, file) in [("FAKE_HOME", &home), ("FAKE_PLUGIN", &plugin), ("FAKE_STARTED", &started)]
    {
        machine.set(name, &file.to_string_lossy());
    }
    machine.set("USERPROFILE", "C:\\profile").set("HOME", "/elsewhere");
    machine.program("cygpath", CYGPATH).program("powershell.exe", POWERSHELL);
    let inputs = [("version", "9.8.7"), ("releases", "https://mirror.example")];
    let job = runner::run(&machine, &action, "Windows", &inputs);
    assert!(job.succeeded(), "{}", job.log());
    let script = action.parent().expect("install").join("install.ps1");
    assert_eq!(
        fs::read_to_string(started).expect("what was started"),
        format!(
            "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File C:{} --version 9.8.7\n\
             https://mirror.example\n",
            script.display()
        )
    );
    assert_eq!(job.outputs["version"], "9.8.7");
    assert_eq!(job.outputs["path"], format!("C:{}", plugin.display()));
    assert_eq!(job.path, [format!("C:{}/.dotnet/tools", home.display())]);
}

const CYGPATH: &str = r#"case $1:$2 in
    -u:'C:\profile') printf '%s\n' "$FAKE_HOME" ;;
    -aw:/*) printf 'C:%s\n' "$2" ;;
    *) exit 1 ;;
esac"#;

/// Notes how it was started, and installs a program that knows its version.
const POWERSHELL: &str = r#"printf '%s\n' "$*" "$CODEARTIFACT_NUGET_RELEASES" > "$FAKE_STARTED"
mkdir -p "$FAKE_HOME/.dotnet/tools" "$(dirname "$FAKE_PLUGIN")"
printf '#!/bin/sh\necho "nuget-plugin-codeartifact 9.8.7 (x)"\n' > "$FAKE_PLUGIN"
chmod +x "$FAKE_PLUGIN"
cp "$FAKE_PLUGIN" "$FAKE_HOME/.dotnet/tools/dotnet-codeartifact.exe""#;
