//! Tools in other folders, for one run, and beside `install`.

use std::fs;
use std::path::Path;

use super::executables::{NEWER, VERSION};
use super::global::{
    self, ID, assert_empty, assert_native, assert_restores, file, get, set_path, stage, tool,
};
use crate::support::process::{self, Run};
use crate::support::stage::{LIMIT, Stage};
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    let trials = vec![
        trial("a_tool_path_with_blanks_and_other_letters", tool_path),
        trial("beside_an_installed_plugin_doctor_says_what_to_remove", beside_install),
        trial("a_private_source_is_left_out_to_install", private_source),
        trial("one_line_sets_up_without_a_tool", one_line),
        trial("a_local_tool_runs_as_dotnet_codeartifact", local_tool),
        #[cfg(unix)]
        trial("a_shared_tool_that_others_cannot_execute_is_named", shared_tool),
    ];
    trials.into_iter().map(|trial| trial.needing(Need::PythonAndDotnet)).collect()
}

/// Runs the tool's own file, or another program of this home.
fn run(stage: &Stage, program: &Path, words: &[&str]) -> Run {
    let mut command = stage.home.command(program);
    process::run(command.args(words).env("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), LIMIT)
}

/// Pastes a line into a shell.
#[cfg(unix)]
fn paste(stage: &Stage, line: &str) -> Run {
    let mut command = stage.home.command("/bin/sh");
    command.args(["-c", line]).env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("DOTNET_NOLOGO", "1");
    process::run(&mut command, LIMIT)
}

fn tool_path() {
    let mut stage = stage(&[VERSION, NEWER]);
    let folder = stage.home.root().join("Ünïcode and 'more' 工具");
    set_path(&mut stage, &folder);
    let place = ["--tool-path", &*folder.to_string_lossy()];
    get(&mut stage, "install", &place, VERSION).assert_success();
    assert_native(&stage, &folder, VERSION);
    assert_restores(&stage);
    assert_eq!(stage.token_calls(), 1);
    get(&mut stage, "update", &place, NEWER).assert_success();
    assert_native(&stage, &folder, NEWER);
    tool(&mut stage, &["uninstall", place[0], place[1], ID]).assert_success();
    assert_empty(&folder);
}

/// NuGet takes the first that has a token, and one token serves both.
fn beside_install() {
    let mut stage = stage(&[VERSION]).with_log();
    let tools = global::tools(&stage);
    get(&mut stage, "install", &["--global"], VERSION).assert_success();
    let tool_file = file(&tools);
    let shown = tool_file.to_string_lossy().into_owned();
    let remove = format!("dotnet tool uninstall --global {ID}");

    // `setup` leaves it at the tool, and `install` says what comes of it.
    let offered = run(&stage, &tool_file, &["setup", "--yes", &stage.source]);
    offered.assert_success().assert_says(&format!("{shown}, which SDK "));
    assert!(!stage.home.netcore().exists());
    let installed = run(&stage, &tool_file, &["install"]);
    let note = format!("note: NuGet also finds `{shown}` on PATH");
    installed.assert_success().assert_says(&note).assert_says(&remove);

    // The second one is started where the first has no token: in a restore that fails.
    let _ = fs::remove_file(stage.log_path());
    assert_restores(&stage);
    assert_eq!(stage.log().matches(" started").count(), 1, "{}", stage.log());
    let doctor = run(&stage, &tool_file, &["doctor", "--offline"]);
    doctor.assert_says("CNP616").assert_says(&format!("fix: {remove}"));

    #[cfg(unix)]
    paste(&stage, &remove).assert_success();
    #[cfg(not(unix))]
    tool(&mut stage, &["uninstall", "--global", ID]).assert_success();
    let command = tools.join(format!("dotnet-codeartifact{}", std::env::consts::EXE_SUFFIX));
    assert!(command.is_file() && !tool_file.exists(), "the wrong file was removed");
    run(&stage, &command, &["doctor", "--offline"]).assert_silent_on("CNP616");
    assert_restores(&stage);
    assert_eq!(stage.token_calls(), 1);

    run(&stage, &command, &["uninstall"]).assert_success();
    assert!(!command.exists() && !stage.home.netcore().exists(), "something is left");
    assert_empty(&tools);
}

/// The SDK asks every source for the tool, and fails at one that wants the plugin for its password.
fn private_source() {
    let mut stage = stage(&[VERSION]);
    let tools = global::tools(&stage);
    let add = |stage: &mut Stage, words: &[&str]| {
        let feed = stage.home.root().join("feed").to_string_lossy().into_owned();
        let fixed = ["tool", "install", "--global", "--add-source", &*feed, ID];
        stage.dotnet(&[&fixed[..], words].concat())
    };
    // In the project's folder, whose NuGet.Config has the private source.
    let failed = add(&mut stage, &[]);
    failed.assert_failure().assert_says("Unable to load the service index");
    assert!(!file(&tools).exists());
    let config = stage.home.root().join("elsewhere/NuGet.Config").to_string_lossy().into_owned();
    for words in [&["--ignore-failed-sources"][..], &["--configfile", &*config]] {
        add(&mut stage, words).assert_success();
        assert_native(&stage, &tools, VERSION);
        tool(&mut stage, &["uninstall", "--global", ID]).assert_success();
    }
    assert_eq!(stage.token_calls(), 0);
}

/// `dotnet tool exec` of SDK 10 fetches the executable, which installs itself and sets up.
fn one_line() {
    let mut stage = stage(&[VERSION]);
    let tools = global::tools(&stage);
    let feed = stage.home.root().join("feed").to_string_lossy().into_owned();
    let source = stage.source.clone();
    let exec = ["exec", "--yes", "--source", &*feed, "dotnet-codeartifact"];
    // In the user's own NuGet.Config, since the folder has none of its own.
    fs::remove_file(stage.home.root().join("elsewhere/NuGet.Config")).expect("a file");
    let setup = tool(&mut stage, &[&exec[..], &["--", "setup", "--yes", &*source]].concat());
    setup.assert_success().assert_says("installed version");
    assert!(stage.home.netcore().is_dir() && !file(&tools).exists());
    let command = tools.join(format!("dotnet-codeartifact{}", std::env::consts::EXE_SUFFIX));
    run(&stage, &command, &["--version"]).assert_success().assert_says(VERSION);
    assert_restores(&stage);
    assert_eq!(stage.token_calls(), 1);
}

/// In the list of a repository's tools, which everybody restores. It is no plugin that NuGet finds.
fn local_tool() {
    let mut stage = stage(&[VERSION]);
    let feed = stage.home.root().join("feed").to_string_lossy().into_owned();
    stage.home.write(
        "elsewhere/.config/dotnet-tools.json",
        r#"{"version": 1, "isRoot": true, "tools": {}}"#,
    );
    tool(&mut stage, &["install", "dotnet-codeartifact", "--add-source", &feed]).assert_success();
    stage.home.work_in("elsewhere");
    let status = stage.dotnet(&["codeartifact", "--version"]);
    status.assert_success().assert_says(&format!("{ID} {VERSION} ("));
    stage.dotnet(&["codeartifact", "doctor", "--offline"]).assert_silent_on("CNP618");
}

/// As root leaves it in a folder for all users.
#[cfg(unix)]
fn shared_tool() {
    use std::os::unix::fs::PermissionsExt;
    let mut stage = stage(&[VERSION]);
    let open = |folder: &Path| {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    };
    open(stage.home.root());
    let folder = stage.home.root().join("for all");
    set_path(&mut stage, &folder);
    get(&mut stage, "install", &["--tool-path", &folder.to_string_lossy()], VERSION)
        .assert_success();
    open(&folder);
    let file = file(&folder);
    let mode = || file.metadata().expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o744, "the SDK's mode");
    let doctor = run(&stage, &file, &["doctor", "--offline", "--json"]);
    doctor.assert_says("CNP618").assert_says("(mode 744)");
    let fix = format!("chmod a+rx '{}'", file.display());
    doctor.assert_says(&fix);
    paste(&stage, &fix).assert_success();
    assert_eq!(mode(), 0o755);
    run(&stage, &file, &["doctor", "--offline"]).assert_silent_on("CNP618");
}
