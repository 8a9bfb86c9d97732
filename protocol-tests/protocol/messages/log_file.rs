//! The log file: its owner, its size, and that it contains no secret.

use std::fs;

use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

/// Larger than the size at which the file is put aside.
const TOO_LARGE: usize = (5 << 20) + 1;

pub fn trials() -> Vec<Trial> {
    vec![
        #[cfg(unix)]
        trial("log_is_its_owners_alone_also_where_it_was_not", owner_only),
        #[cfg(unix)]
        trial("log_is_not_written_through_a_link", link),
        trial("log_rotates_at_a_size", rotates),
        trial("log_is_shared_by_processes", shared),
        trial("log_of_the_aws_providers_variable_is_only_appended", aws_provider),
        trial("log_has_decisions_and_timings_and_nothing_secret", holds),
        trial("log_that_cannot_be_opened_costs_nothing", unopenable),
    ]
}

#[cfg(unix)]
fn owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new().with_log();
    let mode = || fs::metadata(stage.log_path()).unwrap().permissions().mode() & 0o777;
    stage.assert_succeeds();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(stage.log_path(), fs::Permissions::from_mode(0o644)).unwrap();
    stage.assert_succeeds();
    assert_eq!(mode(), 0o600, "it was there with more");
}

#[cfg(unix)]
fn link() {
    let stage = Stage::new().with_log();
    let target = stage.home.write("target", "");
    std::os::unix::fs::symlink(&target, stage.log_path()).unwrap();
    stage.assert_succeeds();
    assert_eq!(fs::read_to_string(target).unwrap(), "");
}

fn rotates() {
    let stage = Stage::new().with_log();
    fs::write(stage.log_path(), vec![b'x'; TOO_LARGE]).unwrap();
    stage.assert_succeeds();
    let older = fs::metadata(stage.home.root().join("plugin.log.1")).unwrap();
    assert_eq!(older.len(), TOO_LARGE as u64);
    assert!(stage.log().contains("leaving:"), "{}", stage.log());
}

fn shared() {
    let stage = Stage::new().with_log();
    let ask = || {
        let mut nuget = FakeNuget::start(&stage.home);
        nuget.ask(SOURCE, false, true).assert_success();
        nuget.finish();
    };
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(ask);
        }
    });
    let log = stage.log();
    assert_eq!(log.matches(" started\n").count(), 6, "{log}");
    assert!(log.lines().all(|line| line.starts_with("20") && line.contains("Z ")), "{log}");
}

fn aws_provider() {
    let mut stage = Stage::new().with_log();
    let path = stage.home.root().join("aws-provider.log");
    fs::write(&path, "before\n".repeat(1 << 20)).unwrap();
    stage.set("AWS_CODEARTIFACT_NUGET_LOGFILE", &path.to_string_lossy());
    stage.assert_succeeds();
    let log = fs::read_to_string(&path).unwrap();
    assert!(log.starts_with("before\n") && log.contains("leaving:"));
    assert!(!stage.home.root().join("aws-provider.log.1").exists());
}

/// The source's query and user information may be a password; so may a proxy's.
fn holds() {
    let mut stage = Stage::new().with_log();
    stage
        .set("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128")
        .set("AWS_SESSION_TOKEN", "hunter2");
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&format!("{SOURCE}?key=hunter2"), false, true).assert_success();
    nuget
        .ask("https://nuget.example/v3/index.json?key=hunter2", false, true)
        .assert_refusal("Error");
    nuget
        .ask(&SOURCE.replace("https://", "https://me:hunter2@"), false, true)
        .assert_refusal("Error");
    nuget.send_raw(b"{\"RequestId\":\"hunter2\n");
    nuget.finish();
    stage.assert_no_secrets();
    let log = stage.log();
    for part in [
        "received Request GetAuthenticationCredentials",
        "ours: domain `my-domain` (111122223333, eu-west-1), repository `my-repo`, retry false",
        "foreign: the host is not one of CodeArtifact's",
        "foreign: it carries user information",
        "the environment's keys",
        "the cache has none",
        " ms",
        "Success",
    ] {
        assert!(log.contains(part), "{part:?} is missing in\n{log}");
    }
}

fn unopenable() {
    let mut stage = Stage::new().with_log();
    stage.set("CODEARTIFACT_NUGET_LOG_FILE", "/nonexistent/folder/plugin.log");
    stage.assert_succeeds();
}
