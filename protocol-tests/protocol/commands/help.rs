//! Help: every command has examples, and every example can be pasted as it is.

use std::fs;

use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{LIMIT, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        every_example_runs,
        help_of_a_command_is_the_same_by_each_way,
        help_names_the_program_as_a_person_can_start_it,
        the_version_has_a_target,
    ]
}

/// The words of every command, such as `source add`.
pub fn commands() -> Vec<Vec<String>> {
    let home = SandboxHome::new();
    let mut found = Vec::new();
    collect(&home, &[], &mut found);
    assert!(found.len() > 20, "{found:?}");
    found
}

fn collect(home: &SandboxHome, words: &[String], found: &mut Vec<Vec<String>>) {
    let help = help(home, words);
    let names = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    let names = names.map(|(name, _)| name.trim()).filter(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) && *name != "help"
    });
    let is_list = words.is_empty() || help.contains("\nCommands:\n");
    for name in names.filter(|_| is_list) {
        let words = [words, &[name.to_owned()]].concat();
        collect(home, &words, found);
    }
    if !is_list {
        found.push(words.to_vec());
    }
}

pub fn help(home: &SandboxHome, words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = home.run_plugin(&[&["help"], &*words].concat());
    run.assert_success();
    assert_eq!(run.stderr, "");
    run.stdout
}

/// The examples that a POSIX shell understands.
fn examples(help: &str) -> Vec<&str> {
    let (_, section) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("none: {help}"));
    let mut of_another_shell = false;
    let mut lines = Vec::new();
    for line in section.lines().map_while(|line| match line {
        "" => Some(""),
        line => line.strip_prefix("  "),
    }) {
        match line.strip_prefix("# ") {
            Some(about) => {
                let others = ["zsh", "fish", "PowerShell", "In PowerShell"];
                of_another_shell = others.iter().any(|shell| about.starts_with(shell));
            }
            None if line.is_empty() || of_another_shell => {}
            None => lines.push(line),
        }
    }
    assert!(!lines.is_empty(), "{help}");
    lines
}

fn every_example_runs() {
    let home = SandboxHome::new();
    for words in commands() {
        let help = help(&home, &words);
        let words = words.join(" ");
        let stage = prepared(&words);
        for line in examples(&help) {
            let run = paste(&stage, line);
            // The examples' host is real, and there is no network.
            let is_set_up = words == "setup" && run.stdout.contains("CNP301");
            assert!(run.succeeded() || is_set_up, "`{words}`: {run}");
        }
    }
}

/// What the SDK does with a command that it does not know.
const DOTNET: &str = "dotnet() {
    case $1 in codeartifact) shift; dotnet-codeartifact \"$@\";; *) command dotnet \"$@\";; esac
}
";

/// Folders of the machine become the test's own.
fn paste(stage: &Stage, line: &str) -> Run {
    let opt = stage.home.root().join("opt/");
    let line = line.replace("/opt/", &opt.to_string_lossy());
    let mut bash = stage.home.command("/bin/bash");
    bash.args(["-c", &format!("{DOTNET}{line}")]);
    process::run(&mut bash, LIMIT)
}

/// What the examples of a command speak of.
fn prepared(words: &str) -> Stage {
    let stage = match words {
        "doctor" => {
            let mut stage = Stage::working();
            stage.with_profile_dev();
            stage.set("AWS_PROFILE", "dev");
            stage.home.write_nuget_config(&[("my-repo", &stage.source)]);
            return stage;
        }
        "login" | "logout" => {
            let stage = Stage::signing_in();
            if words == "logout" {
                stage.signed_in_until("2099-01-01T00:00:00Z");
            }
            return stage;
        }
        _ => Stage::new(),
    };
    stage.fake.add_repository(&stage.repository);
    stage.fake.endpoint_api_names_aws();
    stage.home.write("home/.aws/credentials", DEV);
    let sources = stage.home.write_nuget_config(&[("my-repo", &stage.source)]);
    let listed = stage.listed_host();
    let host = "[[hosts]]\nhost = \"packages.example.com\"\nregion = \"eu-west-1\"\n";
    match words {
        "configure unset" => stage.home.write_configuration("profile = \"dev\"\n"),
        "configure rule remove" => stage.home.write_configuration("[[rules]]\nprofile = \"dev\"\n"),
        "configure host remove" => stage.home.write_configuration(host),
        "configure validate" => drop(stage.home.write("project/config.toml", &listed)),
        "configure import" => {
            let folder = "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider";
            for file in [&*format!("{folder}/configuration.json"), "project/configuration.json"] {
                stage.home.write(file, "{\"DefaultProfile\":\"dev\"}");
            }
        }
        "exec" => {
            for program in ["bin/dotnet", "bin/make"] {
                stage.home.script(program, "test \"$1\" = restore");
            }
        }
        "scrub" => drop(fs::copy(&sources, sources.with_file_name("nuget.config"))),
        _ => {}
    }
    stage
}

const DEV: &str = "[dev]\naws_access_key_id = AKIAFAKEACCESSKEY001\naws_secret_access_key = fakeSecretAccessKey/0000000000000000001\n";

fn help_of_a_command_is_the_same_by_each_way() {
    let home = SandboxHome::new();
    let help = help(&home, &["token".to_owned()]);
    for words in [&["token", "--help"][..], &["token", "-h"]] {
        assert_eq!(home.run_plugin(words).assert_success().stdout, help);
    }
    let general = home.run_plugin(&["--help"]).assert_success().stdout.clone();
    for words in [&["help"][..], &["help", "--help"], &["-h"]] {
        assert_eq!(home.run_plugin(words).assert_success().stdout, general);
    }
    let without = home.run_plugin(&[]);
    assert_eq!((without.code(), &*without.stderr), (Some(2), &*general));
    for heading in ["Set up:", "Daily use:", "Diagnose:", "Configuration:", "Other:"] {
        assert!(general.contains(&format!("\n{heading}\n")), "{general}");
    }
    assert!(general.lines().all(|line| line.len() <= 100), "{general}");
}

fn help_names_the_program_as_a_person_can_start_it() {
    let home = SandboxHome::new();
    fs::create_dir_all(home.bin()).expect("a folder");
    let command = home.bin().join("dotnet-codeartifact");
    SandboxHome::link_plugin(&command);
    let mut started = home.command(&command);
    started.args(["help", "status"]);
    process::run(&mut started, LIMIT)
        .assert_success()
        .assert_says("Usage: dotnet codeartifact status [OPTIONS]")
        .assert_says("\n  dotnet codeartifact status --json\n");
}

fn the_version_has_a_target() {
    let home = SandboxHome::new();
    let line = home.run_plugin(&["--version"]).assert_success().stdout.clone();
    let start = format!("nuget-plugin-codeartifact {} (", env!("CARGO_PKG_VERSION"));
    let build = line.strip_prefix(&start).and_then(|rest| rest.strip_suffix(")\n"));
    let build = build.unwrap_or_else(|| panic!("{line}"));
    // A commit is there only where the build knew one.
    let target = build.rsplit(", ").next().expect("a part");
    assert!(target.split('-').count() >= 3 && target.contains(std::env::consts::ARCH), "{line}");
    assert_eq!(home.run_plugin(&["version"]).assert_success().stdout, line);
}
