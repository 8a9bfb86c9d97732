//! What linters say of the files that services read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::pages::repository;
use crate::support::process::{self, Run};
use crate::support::stage::LIMIT;
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("checks::zizmor_finds_nothing", zizmor_finds_nothing).needing(Need::Zizmor),
        trial("checks::the_services_schemas_are_met", schemas).needing(Need::CheckJsonschema),
        trial("checks::shellcheck_finds_nothing", shellcheck).needing(Need::Shellcheck),
    ]
}

/// All workflows: those of the project, and the ready-made ones.
fn workflows() -> Vec<PathBuf> {
    let own = fs::read_dir(repository(".github/workflows")).into_iter().flatten().flatten();
    let own = own.map(|entry| entry.path());
    let examples = ["github-actions.yml", "fleet/github-actions.yml"];
    own.chain(examples.map(|name| repository("install/examples").join(name))).collect()
}

/// The project's action, and those that only its workflows use.
fn actions() -> Vec<PathBuf> {
    let own = fs::read_dir(repository(".github/actions")).into_iter().flatten().flatten();
    let own = own.map(|entry| entry.path().join("action.yml"));
    own.chain([repository("install/action/action.yml")]).collect()
}

fn run(program: &str, words: &[&str], files: &[PathBuf]) -> Run {
    let mut command = Command::new(program);
    command.args(words).args(files);
    process::run(&mut command, LIMIT)
}

fn zizmor_finds_nothing() {
    let mut files = workflows();
    files.extend(actions());
    files.push(repository("install/examples/dependabot.yml"));
    files.extend([repository(".github/dependabot.yml")].into_iter().filter(|file| file.exists()));
    let run = run("zizmor", &["--offline", "--no-progress", "--no-config"], &files);
    run.assert_success().assert_says("No findings to report");
}

fn schemas() {
    let check = |schema: &str, files: &[PathBuf]| {
        run("check-jsonschema", &["--builtin-schema", schema], files).assert_success();
    };
    check("vendor.github-actions", &actions());
    check("vendor.github-workflows", &workflows());
    check("vendor.dependabot", &[repository("install/examples/dependabot.yml")]);
    // The template's header is a document of its own, which the linter does not read.
    let template = repository("install/gitlab/nuget-plugin-codeartifact.yml");
    let template = fs::read_to_string(template).expect("the template");
    let (header, body) = template.split_once("\n---\n").expect("two documents");
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = vec![repository("install/examples/gitlab-ci.yml")];
    for (name, text) in [("header.yml", header), ("body.yml", body)] {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("a file");
        files.push(file);
    }
    check("vendor.gitlab-ci", &files);
}

fn shellcheck() {
    let scripts = ["install/action/install.sh", "install/action/setup.sh"].map(repository);
    let feature = repository("install/devcontainer/nuget-plugin-codeartifact/install.sh");
    let scripts: Vec<_> = scripts.into_iter().chain([feature]).collect();
    assert!(scripts.iter().all(|script| Path::exists(script)));
    run("shellcheck", &["--shell=sh"], &scripts).assert_success();
}
