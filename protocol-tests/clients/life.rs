//! From `install` to `uninstall` with the real SDK, in folders whose names have blanks and more than
//! ASCII.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::process;
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::stage::restore::PACKAGE;
use crate::support::stage::{LIMIT, Stage};
use crate::support::trials::{Trial, with_dotnet};

const HOME: &str = "Zoë's höme & 家";
const PROJECT: &str = "ein Projekt für Łódź";

pub fn trials() -> Vec<Trial> {
    vec![with_dotnet("install_restore_update_meanwhile_uninstall", from_install_to_uninstall)]
}

fn from_install_to_uninstall() {
    let stage = oddly_named();
    let plugins = stage.home.root().join(HOME).join(".nuget/plugins/netcore");
    let installed = plugins.join(PLUGIN_NAME).join(PLUGIN_NAME);

    stage.home.succeed(&["install"]);
    stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    assert!(stage.has_package(PACKAGE, "1.0.0"), "the package did not come");

    // The plugin that runs is replaced, and the restore that it serves goes on.
    stage.home.succeed(&["logout"]);
    forget_packages(&stage);
    let newer = newer_plugin(&stage.home);
    stage.fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(5)));
    thread::scope(|scope| {
        let restore = scope.spawn(|| stage.restore(&[]));
        let deadline = Instant::now() + LIMIT;
        while stage.token_calls() < 2 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let updated = process::run(stage.home.command(&newer).arg("install"), LIMIT);
        assert!(updated.assert_success().stdout.starts_with("updated: "), "{updated}");
        restore.join().expect("a restore").assert_success().assert_silent_on("CredentialProvider");
    });
    assert!(stage.has_package(PACKAGE, "1.0.0"), "the package did not come");
    assert!(same_content(&installed, &newer), "the newer plugin is not installed");

    forget_packages(&stage);
    stage.restore(&[]).assert_success();
    assert_eq!(stage.token_calls(), 2, "the newer plugin reads the cache of the other");

    process::run(stage.home.command(&installed).arg("uninstall"), LIMIT).assert_success();
    assert!(!plugins.join(PLUGIN_NAME).exists());
    forget_packages(&stage);
    stage.restore(&[]).assert_failure().assert_says("401");
}

/// A home and a project with such names, and nothing installed.
fn oddly_named() -> Stage {
    let mut stage = Stage::new().with_package().with_nuget_config();
    stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
    let (home, project) = (stage.home.root().join(HOME), stage.home.root().join(PROJECT));
    fs::rename(stage.home.home(), &home).expect("a new name");
    fs::rename(stage.home.project(), project).expect("a new name");
    stage.home.work_in(PROJECT);
    stage.set("HOME", &home.to_string_lossy()).unset("CODEARTIFACT_NUGET_CACHE_DIR");
    stage
}

/// A copy that differs, and works.
fn newer_plugin(home: &SandboxHome) -> PathBuf {
    let newer = home.root().join("newer");
    fs::copy(SandboxHome::plugin(), &newer).expect("a copy");
    let mut content = fs::read(&newer).expect("a copy");
    content.extend_from_slice(b"newer");
    fs::write(&newer, content).expect("a newer plugin");
    newer
}

fn forget_packages(stage: &Stage) {
    stage.forget_packages();
    let objects = stage.home.root().join(PROJECT).join("app/obj");
    fs::remove_dir_all(objects).expect("what a restore wrote");
}

fn same_content(one: &Path, other: &Path) -> bool {
    fs::read(one).expect("a file") == fs::read(other).expect("a file")
}
