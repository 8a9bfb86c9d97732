//! nuget.exe under mono: the netfx path, and NuGet 5.8 with its shorter limits.

use std::process::Command;
use std::time::Duration;
use std::{fs, path::PathBuf};

use libtest_mimic::Trial;

use super::stage::PACKAGE;
use super::support::fake_codeartifact::{
    Access, FakeCodeArtifact, Package, Repository, TokenBehaviour,
};
use super::support::process::{self, Run};
use super::support::sandbox_home::SandboxHome;
use super::support::trials::{Tool, nuget_exe, trial};

const LIMIT: Duration = Duration::from_mins(1);

pub fn trials() -> Vec<Trial> {
    vec![
        trial("nuget_exe_install", Tool::NugetExe, install),
        trial("nuget_exe_install_while_aws_is_slow", Tool::NugetExe, install_slowly),
        trial("nuget_exe_push_twice", Tool::NugetExe, push_twice),
        trial("nuget_exe_foreign_source", Tool::NugetExe, foreign_source),
    ]
}

fn install() {
    let (fake, home, repository) = stage();
    assert_done(&install_package(&home, &fake.source(&repository)));
    assert_installed(&home);
    assert_eq!(fake.token_calls().len(), 1);
    home.assert_no_secrets();
}

/// NuGet 5.8 waits for 5 s, and longer only while progress comes.
fn install_slowly() {
    let (fake, home, repository) = stage();
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(7)));
    assert_done(&install_package(&home, &fake.source(&repository)));
    assert_installed(&home);
}

fn push_twice() {
    let (fake, home, repository) = stage();
    let file = home.project().join("Sandbox.New.1.0.0.nupkg");
    fs::write(&file, Package::library("Sandbox.New", "1.0.0").nupkg()).unwrap();
    let source = fake.source(&repository);
    let file = file.to_string_lossy();
    let push = ["push", &*file, "key", "-Source", &source, "-SkipDuplicate", "-NonInteractive"];
    assert_done(&nuget(&home, &push));
    assert_done(&nuget(&home, &push));
    assert_eq!(fake.pushed(&repository), ["Sandbox.New 1.0.0"]);
    assert_eq!(fake.count(&repository, 409), 1);
}

fn foreign_source() {
    let (fake, home, _) = stage();
    let foreign = FakeCodeArtifact::start();
    let repository = Repository::new("foreign");
    foreign.set_access(&repository, Access::Password("someone", "else"));
    let run = install_package(&home, &foreign.source(&repository));
    run.assert_failure().assert_silent_on("CodeArtifact:");
    assert_eq!(fake.token_calls().len(), 0);
}

fn stage() -> (FakeCodeArtifact, SandboxHome, Repository) {
    let fake = FakeCodeArtifact::start();
    let repository = Repository::new("my-repo");
    fake.add_package(&repository, &Package::library(PACKAGE, "1.0.0"));
    let home = SandboxHome::for_codeartifact(&fake);
    home.install_plugin();
    (fake, home, repository)
}

fn install_package(home: &SandboxHome, source: &str) -> Run {
    let words = ["install", PACKAGE, "-Source", source, "-OutputDirectory", "out"];
    let how = ["-NonInteractive", "-Verbosity", "detailed", "-NoCache"];
    nuget(home, &[&words[..], &how].concat())
}

fn nuget(home: &SandboxHome, arguments: &[&str]) -> Run {
    let program: PathBuf = nuget_exe().expect("checked before");
    let mut command = Command::new("mono");
    command.arg(program).args(arguments).current_dir(home.project());
    command.env_clear().envs(home.environment());
    process::run(&mut command, LIMIT)
}

fn assert_installed(home: &SandboxHome) {
    let folder = home.project().join("out/Sandbox.Greeting.1.0.0");
    assert!(folder.is_dir(), "the package did not come");
}

/// Mono itself now and then crashes when it aborts its timer thread at the very end of a program: then
/// what the program did has to speak for it, and each test looks at that too.
#[track_caller]
fn assert_done(run: &Run) {
    let crashed_at_the_end = run.stderr.contains("RunSchedulerLoop")
        && run.stderr.contains("ThreadAbortException: Thread was being aborted");
    if !crashed_at_the_end {
        run.assert_success();
    }
}
