//! A global tool of the real SDK: from an empty home to a restore and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::executables::{NEWER, VERSION, feed, own};
use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::process::Run;
use crate::support::secret_scan::files_below;
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;
use crate::support::trials::{Need, Trial, trial};

pub const ID: &str = "nuget-plugin-codeartifact";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("from_an_empty_home_to_a_restore_and_back", whole_life)
            .needing(Need::PythonAndDotnet),
        trial("updated_while_a_restore_runs", updated_in_use).needing(Need::PythonAndDotnet),
    ]
}

/// A home without the plugin and a project that wants a package, where the SDK finds tools of these
/// versions in `feed`. No source is configured outside of the project.
pub fn stage(versions: &[&str]) -> Stage {
    let mut stage = Stage::new().with_package().with_nuget_config();
    stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
    feed(&stage.home.root().join("feed"), versions);
    stage.home.write(
        "elsewhere/NuGet.Config",
        "<configuration><packageSources><clear /></packageSources></configuration>",
    );
    let tools = tools(&stage);
    set_path(&mut stage, &tools);
    stage
}

/// Programs find the SDK, the folder's tools and the system's own, and no other program of ours.
pub fn set_path(stage: &mut Stage, tools: &Path) {
    let host = Dotnet::needed().real_program();
    let host = host.parent().expect("it is in a folder");
    let folders = [host, tools, Path::new("/usr/bin"), Path::new("/bin")];
    let path = std::env::join_paths(folders).expect("no folder has a separator");
    stage.set("PATH", &path.to_string_lossy());
}

/// The folder of global tools.
pub fn tools(stage: &Stage) -> PathBuf {
    stage.home.home().join(".dotnet/tools")
}

/// The file that the SDK puts into a folder of tools.
pub fn file(folder: &Path) -> PathBuf {
    folder.join(format!("{ID}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs `dotnet tool` outside of the project.
pub fn tool(stage: &mut Stage, words: &[&str]) -> Run {
    stage.home.work_in("elsewhere");
    let run = stage.dotnet(&[&["tool"], words].concat());
    stage.home.work_in("project");
    run
}

/// `dotnet tool install` or `update` of this version, into this place.
pub fn get(stage: &mut Stage, word: &str, place: &[&str], version: &str) -> Run {
    let feed = stage.home.root().join("feed").to_string_lossy().into_owned();
    let words = [&[word], place, &["--add-source", &*feed, ID, "--version", version]].concat();
    tool(stage, &words)
}

/// The file is the executable itself, of this version of the package, and runs.
#[track_caller]
pub fn assert_native(stage: &Stage, folder: &Path, version: &str) {
    let file = file(folder);
    assert!(!file.is_symlink(), "{} is a link", file.display());
    let expected = if version == NEWER { [own(), b"\n"].concat() } else { own().to_vec() };
    assert!(fs::read(&file).expect("a tool") == expected, "{} is another file", file.display());
    let mut command = stage.home.command(&file);
    let run = crate::support::process::run(command.arg("--version"), Duration::from_mins(1));
    run.assert_success().assert_says(&format!("{ID} {VERSION} ("));
}

/// Nothing is in the folder but what the SDK leaves of any tool: folders without files.
#[track_caller]
pub fn assert_empty(folder: &Path) {
    assert_eq!(files_below(folder), Vec::<PathBuf>::new());
    assert!(!file(folder).is_symlink(), "a link is left");
}

/// Restores from nothing; the source asks for a token.
#[track_caller]
pub fn assert_restores(stage: &Stage) {
    stage.forget_packages();
    stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    assert!(stage.has_package(PACKAGE, "1.0.0"), "the package did not come");
}

fn whole_life() {
    let mut stage = stage(&[VERSION, NEWER]);
    let tools = tools(&stage);
    stage.forget_packages();
    stage.restore(&[]).assert_failure();
    assert_eq!(stage.token_calls(), 0, "no plugin is there yet");

    get(&mut stage, "install", &["--global"], VERSION).assert_success().assert_says(ID);
    assert_native(&stage, &tools, VERSION);
    assert_restores(&stage);
    assert_eq!(stage.token_calls(), 1, "one restore fetches one token");
    assert_restores(&stage);
    assert_eq!(stage.token_calls(), 1, "the next one takes it from the cache");

    get(&mut stage, "update", &["--global"], NEWER).assert_success();
    assert_native(&stage, &tools, NEWER);
    assert_restores(&stage);

    tool(&mut stage, &["uninstall", "--global", ID]).assert_success();
    assert_empty(&tools);
    stage.home.assert_no_secrets();
}

/// The old process goes on with its token, and the new file is there.
fn updated_in_use() {
    let mut stage = stage(&[VERSION, NEWER]);
    let tools = tools(&stage);
    get(&mut stage, "install", &["--global"], VERSION).assert_success();
    // Longer than the update takes; the restore waits for it.
    stage.fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(12)));
    let elsewhere = stage.home.root().join("elsewhere");
    let feed = stage.home.root().join("feed").to_string_lossy().into_owned();
    let restored = thread::scope(|scope| {
        let restoring = scope.spawn(|| stage.restore(&[]));
        stage.fake.wait_for_token_calls(1);
        let config = elsewhere.join("NuGet.Config").to_string_lossy().into_owned();
        let words = ["tool", "update", "--global", "--configfile", &*config];
        let words = [&words[..], &["--add-source", &*feed, ID, "--version", NEWER]].concat();
        stage.dotnet(&words).assert_success();
        assert!(!stage.has_package(PACKAGE, "1.0.0"), "the restore ended before the update");
        assert_native(&stage, &tools, NEWER);
        restoring.join().expect("a restore")
    });
    restored.assert_success().assert_silent_on("CredentialProvider");
    assert!(stage.has_package(PACKAGE, "1.0.0"), "the package did not come");
    assert_eq!(stage.token_calls(), 1);
    tool(&mut stage, &["uninstall", "--global", ID]).assert_success();
    assert_empty(&tools);
}
