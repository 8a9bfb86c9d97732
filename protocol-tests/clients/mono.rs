//! nuget.exe under mono: the netfx path, and NuGet 5.8 with its shorter limits.

use std::fs;
use std::time::Duration;

use crate::support::fake_codeartifact::{
    Access, FakeCodeArtifact, Package, Repository, TokenBehaviour,
};
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;
use crate::support::trials::{Need, Trial, nuget_exe, trial};

const LIMIT: Duration = Duration::from_mins(1);

pub fn trials() -> Vec<Trial> {
    vec![
        trial("nuget_exe_install", install).needing(Need::NugetExe),
        trial("nuget_exe_install_while_aws_is_slow", install_slowly).needing(Need::NugetExe),
        trial("nuget_exe_push_twice", push_twice).needing(Need::NugetExe),
        trial("nuget_exe_by_exec", by_exec).needing(Need::NugetExe),
        trial("nuget_exe_foreign_source", foreign_source).needing(Need::NugetExe),
    ]
}

fn install() {
    let Stage { fake, home, source, .. } = stage();
    assert_done(&install_package(&home, &source));
    assert_installed(&home);
    assert_eq!(fake.token_calls().len(), 1);
    home.assert_no_secrets();
}

/// NuGet 5.8 waits for 5 s, and longer only while progress comes.
fn install_slowly() {
    let Stage { fake, home, source, .. } = stage();
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(7)));
    assert_done(&install_package(&home, &source));
    assert_installed(&home);
}

fn push_twice() {
    let Stage { fake, home, repository, source, .. } = stage();
    let file = home.project().join("Sandbox.New.1.0.0.nupkg");
    fs::write(&file, Package::library("Sandbox.New", "1.0.0").nupkg()).unwrap();
    let file = file.to_string_lossy();
    let push = ["push", &*file, "key", "-Source", &source, "-SkipDuplicate", "-NonInteractive"];
    assert_done(&nuget(&home, &push));
    assert_done(&nuget(&home, &push));
    assert_eq!(fake.pushed(&repository), ["Sandbox.New 1.0.0"]);
    assert_eq!(fake.count(&repository, 409), 1);
}

/// The variables come from `exec`, so that no plugin is started.
fn by_exec() {
    // `install` starts the plugin too, without this log.
    let stage = stage().with_log();
    stage.home.write_nuget_config(&[("my-org/my packages", &stage.source)]);
    let program = nuget_exe().expect("a test that needs it is run where it is");
    let mut command = stage.home.command(SandboxHome::plugin());
    command.args(["exec", "--", "mono"]).arg(program);
    command.args(["install", PACKAGE, "-OutputDirectory", "out", "-NonInteractive", "-NoCache"]);
    assert_done(&process::run(&mut command, LIMIT));
    assert_installed(&stage.home);
    assert!(!stage.log().contains(" started"), "NuGet started the plugin:\n{}", stage.log());
    assert_eq!(stage.token_calls(), 1);
    stage.home.assert_no_secrets();
}

fn foreign_source() {
    let Stage { fake, home, .. } = stage();
    let foreign = FakeCodeArtifact::start();
    let repository = Repository::new("foreign");
    foreign.set_access(&repository, Access::Password("someone", "else"));
    let run = install_package(&home, &foreign.source(&repository));
    run.assert_failure().assert_silent_on("CodeArtifact:");
    assert_eq!(fake.token_calls().len(), 0);
}

fn stage() -> Stage {
    let stage = Stage::new().with_package();
    stage.home.install_plugin();
    stage
}

fn install_package(home: &SandboxHome, source: &str) -> Run {
    let words = ["install", PACKAGE, "-Source", source, "-OutputDirectory", "out"];
    let how = ["-NonInteractive", "-Verbosity", "detailed", "-NoCache"];
    nuget(home, &[&words[..], &how].concat())
}

fn nuget(home: &SandboxHome, arguments: &[&str]) -> Run {
    let program = nuget_exe().expect("a test that needs it is run where it is");
    process::run(home.command("mono").arg(program).args(arguments), LIMIT)
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
