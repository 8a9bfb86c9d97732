//! The plugin where there is nothing but itself: no `/proc`, no `/dev/null`, no `/tmp`, no home.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair};

use crate::support::fake_nuget::FakeNuget;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{FOREIGN, LIMIT, NAMES, SOURCE, Stage};
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_bare_root_folder_is_enough_for_a_token", token).needing(Need::Root),
        trial("in_a_bare_root_folder_what_is_missing_is_said", missing).needing(Need::Root),
    ]
}

/// A root folder with the plugin, the libraries that it was linked with, and a file of certificates.
fn bare_root(home: &SandboxHome) -> PathBuf {
    let root = home.root().join("bare");
    fs::create_dir(&root).unwrap();
    let plugin = SandboxHome::plugin();
    SandboxHome::link_plugin(&root.join("plugin"));
    let linked = Command::new("ldd").arg(&plugin).output().expect("ldd runs");
    let linked = String::from_utf8_lossy(&linked.stdout).into_owned();
    for library in linked.split_whitespace().filter(|word| word.starts_with('/')) {
        let there = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(there.parent().unwrap()).unwrap();
        fs::copy(library, there).unwrap();
    }
    let authority = CertificateParams::new([]).unwrap();
    let authority = authority.self_signed(&KeyPair::generate().unwrap()).unwrap();
    fs::write(root.join("ca.pem"), authority.pem()).unwrap();
    root
}

/// A program that runs the plugin there.
fn program(stage: &mut Stage) -> PathBuf {
    let root = bare_root(&stage.home);
    for name in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR"] {
        stage.unset(name);
    }
    for name in ["CODEARTIFACT_NUGET_CACHE", "CODEARTIFACT_NUGET_CACHE_DIR"] {
        stage.unset(name);
    }
    stage.set("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    let script = format!("exec chroot '{}' /plugin \"$@\"", root.display());
    stage.home.script("bare-plugin", &script)
}

fn run(stage: &Stage, program: &PathBuf, arguments: &[&str]) -> Run {
    process::run(stage.home.command(program).args(arguments), LIMIT)
}

fn token() {
    let mut stage = Stage::new();
    let program = program(&mut stage);
    stage.set("AWS_CA_BUNDLE", "/ca.pem");
    let mut nuget = FakeNuget::start_program(&stage.home, &program);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    let answer = nuget.ask(SOURCE, false, true);
    assert_eq!(answer.assert_success().assert_no_logs().password(), stage.issued());
    // There is no folder for tokens, so the conversation keeps it.
    nuget.ask(SOURCE, false, true).assert_success();
    assert_eq!(nuget.stderr(), "");
    nuget.finish();
    assert_eq!(stage.token_calls(), 1);
    let printed = run(&stage, &program, &[&["token"][..], &NAMES].concat());
    printed.assert_success();
    assert!(stage.fake.issued_tokens().contains(&printed.stdout.trim().to_owned()));
}

fn missing() {
    let mut stage = Stage::new();
    let program = program(&mut stage);
    let mut nuget = FakeNuget::start_program(&stage.home, &program);
    let line = nuget.ask(SOURCE, false, true).assert_refusal("Error").the_warning().to_owned();
    assert!(line.contains("AWS_CA_BUNDLE"), "{line}");
    nuget.finish();
    let run = |arguments: &[&str]| run(&stage, &program, arguments);
    run(&["--version"]).assert_success();
    run(&["status"]).assert_says("No home folder is known");
    run(&["install"]).assert_failure().assert_says("No home folder is known");
    run(&["doctor", "--offline"]).assert_failure().assert_says("No home folder is known");
}
