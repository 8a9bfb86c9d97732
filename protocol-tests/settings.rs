//! The configuration files through the real executable: what rules and policies come to, whose files
//! count, and `configure`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

#[path = "settings/changing.rs"]
mod changing;
#[path = "settings/importing.rs"]
mod importing;
#[path = "settings/machine.rs"]
mod machine;
#[path = "settings/rules.rs"]
mod rules;
#[path = "settings/showing.rs"]
mod showing;
mod support;

use libtest_mimic::{Arguments, Trial};

use support::sandbox_home::SandboxHome;

fn main() {
    let trials = [
        changing::trials(),
        importing::trials(),
        machine::trials(),
        rules::trials(),
        showing::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit();
}

/// A test that is a function.
fn trial(name: &'static str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// Runs `configure`, and requires success; what it said, the temporary folder by name.
#[track_caller]
fn configure(home: &SandboxHome, arguments: &[&str]) -> String {
    let run = home.run_plugin(&[&["configure"], arguments].concat());
    run.assert_success();
    assert_eq!(run.stderr, "");
    neutral(home, &run.stdout)
}

/// Runs `configure`, and requires exit code 1 and one line; that line.
#[track_caller]
fn configure_fails(home: &SandboxHome, arguments: &[&str]) -> String {
    let run = home.run_plugin(&[&["configure"], arguments].concat());
    assert_eq!(run.status.and_then(|status| status.code()), Some(1), "{run}");
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    neutral(home, run.stderr.trim_end())
}

fn neutral(home: &SandboxHome, text: &str) -> String {
    text.replace(&*home.root().to_string_lossy(), "<root>")
}

/// The user's configuration file.
fn configuration(home: &SandboxHome) -> String {
    let file = home.home().join(".config/nuget-plugin-codeartifact/config.toml");
    std::fs::read_to_string(file).expect("a configuration file")
}
