//! The configuration files: the effect of rules and policies, whose files count, and `configure`.

mod changing;
mod importing;
mod machine;
mod rules;
mod showing;

use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        changing::trials(),
        importing::trials(),
        machine::trials(),
        rules::trials(),
        showing::trials(),
    ];
    files.into_iter().flatten().collect()
}

/// Runs `configure`, and requires success. Returns its output, with a name for the temporary
/// folder.
#[track_caller]
fn configure(home: &SandboxHome, arguments: &[&str]) -> String {
    let run = home.run_plugin(&[&["configure"], arguments].concat());
    run.assert_success();
    assert!(run.stderr.is_empty() || arguments.first() == Some(&"get"), "{run}");
    home.neutral(&run.stdout)
}

/// Runs `configure`, and requires failure and one line, which it returns.
#[track_caller]
fn configure_fails(home: &SandboxHome, arguments: &[&str]) -> String {
    let run = home.run_plugin(&[&["configure"], arguments].concat());
    assert!(matches!(run.code(), Some(1 | 2)), "{run}");
    assert_eq!(run.stderr.lines().count(), 1, "{run}");
    home.neutral(run.stderr.trim_end())
}

/// The user's configuration file.
fn configuration(home: &SandboxHome) -> String {
    let file = home.path("home/.config/nuget-plugin-codeartifact/config.toml");
    std::fs::read_to_string(file).expect("a configuration file")
}
