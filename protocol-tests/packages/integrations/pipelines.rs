//! The scripts that install the plugin in jobs of GitLab and CodeBuild, with a mirror on loopback.

use std::fs;

use serde_json::Value;

use crate::installers::machine::Machine;
use crate::installers::release::{REAL, Release, archive_name, sha256, system};
use crate::support::pages::repository;
use crate::support::process::Run;
use crate::support::trials::{Need, Trial, trial};
use crate::support::yaml;

pub fn trials() -> Vec<Trial> {
    let with_curl = |name, test: fn()| trial(name, test).needing(Need::Curl);
    vec![
        with_curl("pipelines::they_install_the_plugin", they_install),
        with_curl("pipelines::another_installer_is_not_run", another_installer),
        with_curl("pipelines::gitlab_takes_a_digest_of_the_archive", a_digest),
        trial("pipelines::gitlab_refuses_what_is_no_version_and_no_digest", patterns),
    ]
}

const TEMPLATE: &str = "install/gitlab/nuget-plugin-codeartifact.yml";

/// A job: what it is called, its variables, and the script that installs the plugin.
struct Job {
    name: &'static str,
    variables: Value,
    script: String,
}

fn jobs() -> Vec<Job> {
    let mut jobs = vec![gitlab(&[])];
    for name in ["buildspec.yml", "fleet/buildspec.yml", "fleet/buildspec-token.yml"] {
        let file = repository("install/examples").join(name);
        let buildspec = yaml::documents(&fs::read_to_string(file).expect(name)).remove(0);
        jobs.push(Job {
            name,
            variables: buildspec["env"]["variables"].clone(),
            script: lines(&buildspec["phases"]["install"]["commands"]),
        });
    }
    jobs
}

/// The template's job, as GitLab makes it of the template and these inputs.
fn gitlab(inputs: &[(&str, &str)]) -> Job {
    let text = fs::read_to_string(repository(TEMPLATE)).expect("the template");
    let (header, body) = text.split_once("\n---\n").expect("two documents");
    let header = yaml::documents(header).remove(0);
    let mut body = body.to_owned();
    for (name, input) in header["spec"]["inputs"].as_object().expect("inputs") {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let value = given.or(input["default"].as_str()).expect("a value");
        // GitLab replaces it in the value that it has parsed, so that it stays text.
        let value = if name == "job" { value.to_owned() } else { format!("\"{value}\"") };
        body = body.replace(&format!("$[[ inputs.{name} ]]"), &value);
    }
    let job = yaml::documents(&body).remove(0)[".nuget-plugin-codeartifact"].clone();
    Job {
        name: TEMPLATE,
        variables: job["variables"].clone(),
        script: lines(&job["before_script"]),
    }
}

/// As one script, whose first failure ends it.
fn lines(lines: &Value) -> String {
    let lines = lines.as_array().expect("lines").iter().map(|line| line.as_str().expect("text"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the job's script; the releases are on loopback.
fn run(job: &Job, machine: &mut Machine, release: &Release) -> Run {
    for (name, value) in job.variables.as_object().expect("variables") {
        machine.set(name, value.as_str().expect("text"));
    }
    machine.set("CODEARTIFACT_NUGET_RELEASES", &format!("{}/", release.url()));
    machine.run(&["sh", "-e", "-c", &job.script])
}

fn they_install() {
    let release = Release::of(&REAL);
    for job in jobs() {
        let mut machine = Machine::new();
        let run = run(&job, &mut machine, &release);
        assert!(run.succeeded(), "{}: {run}", job.name);
        let plugins = machine.home().join(".nuget/plugins");
        let plugin =
            plugins.join("netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact");
        assert!(plugin.is_file() && !plugins.join("netfx").exists(), "{}", job.name);
        assert!(machine.home().join(".dotnet/tools/dotnet-codeartifact").exists(), "{}", job.name);
        machine.assert_tidy(&run);
    }
}

fn another_installer() {
    let release = Release::of(&REAL);
    release.has("install.sh", b"#!/bin/sh\ntouch \"$HOME/ran\"\n".to_vec());
    for job in jobs() {
        let mut machine = Machine::new();
        let run = run(&job, &mut machine, &release);
        assert!(!run.succeeded(), "{}: {run}", job.name);
        assert!(machine.state().is_empty(), "{}: {run}", job.name);
    }
}

fn a_digest() {
    let release = Release::of(&REAL);
    let digest = sha256(&REAL);
    let mut machine = Machine::new();
    let good = run(&gitlab(&[("sha256", &digest)]), &mut machine, &release);
    assert!(good.succeeded(), "{good}");
    assert_eq!(release.asked(), ["install.sh".to_owned(), archive_name(&system())]);
    let mut machine = Machine::new();
    let bad = run(&gitlab(&[("sha256", &"0".repeat(64))]), &mut machine, &release);
    assert_eq!(bad.code(), Some(5), "{bad}");
    assert!(machine.state().is_empty(), "{bad}");
}

/// GitLab compares an input with its `regex` before it makes the pipeline.
fn patterns() {
    let text = fs::read_to_string(repository(TEMPLATE)).expect("the template");
    let header = yaml::documents(text.split("\n---\n").next().expect("it")).remove(0);
    let inputs = &header["spec"]["inputs"];
    for (name, good, bad) in [
        ("version", "1.0.0", "$(id)"),
        ("version", "10.20.30", "latest"),
        ("version", "1.0.0", "v1.0.0"),
        ("installer-sha256", &*"a".repeat(64), ""),
        ("sha256", "", "A"),
        ("sha256", &*"0".repeat(64), "0"),
    ] {
        let pattern = inputs[name]["regex"].as_str().expect("a pattern");
        let pattern = regex_lite::Regex::new(pattern).expect(name);
        assert!(pattern.is_match(good) && !pattern.is_match(bad), "{name}");
        let default = inputs[name]["default"].as_str().expect("a default");
        assert!(pattern.is_match(default), "{name}");
    }
}
