//! The scripts in the ready-made files: a shell reads them, and the plugin takes its commands in them.
//! Those that install it are run by the test `packages`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::dockerfiles::{DOCKERFILES, instructions};
use super::pages::{blocks, pages, prose};
use super::{document, example, files_below, repository};

const PLUGIN: &str = env!("CARGO_BIN_EXE_nuget-plugin-codeartifact");

/// The keys under which the files have scripts.
const KEYS: [&str; 4] = ["run", "script", "commands", "postCreateCommand"];

#[test]
fn a_shell_reads_every_script() {
    let scripts = all_scripts();
    assert!(scripts.len() >= 12, "{scripts:#?}");
    for script in &scripts {
        let read = shell(&["-n", "-c", script], Path::new("/"), &[]);
        assert!(read.status.success(), "{script}\n{}", String::from_utf8_lossy(&read.stderr));
    }
}

/// An expression in a script is replaced before the shell reads it, by what a stranger may have
/// written.
#[test]
fn no_expression_is_pasted_into_a_script() {
    for name in ["github-actions.yml", "fleet/github-actions.yml"] {
        for script in scripts(&document(name)) {
            assert!(!script.contains("${{"), "{script}");
        }
    }
}

/// A test runs the blocks of `sh`, unless a comment says why not. What it cannot run has the comment.
#[test]
fn every_block_has_a_language_and_no_command_is_left_out_in_silence() {
    for page in pages() {
        for block in blocks(&page) {
            let is_known = LANGUAGES.contains(&&*block.language);
            assert!(is_known, "{}: {:?}", block.place, block.language);
            let reason = block.not_run.as_ref().map_or(0, String::len);
            let is_left_out = ["powershell", "cmd"].contains(&&*block.language);
            assert!(!is_left_out || reason > 10, "{}: not run, without a reason", block.place);
        }
        let text = prose(&page);
        let mut lines = text.lines().zip(text.lines().skip(1));
        let indented = lines.find(|(before, line)| before.is_empty() && line.starts_with("    "));
        assert_eq!(indented, None, "{}: a block without a fence", page.name);
    }
}

/// Of blocks on the pages. Commands are in the first three.
const LANGUAGES: [&str; 10] =
    ["sh", "powershell", "cmd", "toml", "json", "yaml", "xml", "text", "dockerfile", "js"];

/// Commands in prose, tables and blocks that are not run, and in the ready-made files.
#[test]
fn the_plugin_takes_its_commands_in_the_pages_and_files() {
    let examples = files_below(&repository("install/examples")).into_iter();
    let examples = examples.filter(|file| !file.ends_with("README.md"));
    let files = examples.map(|file| fs::read_to_string(file).unwrap());
    // That page is made of the definitions, with `[OPTIONS]`, and its examples are run elsewhere.
    let pages = pages().into_iter().filter(|page| page.name != "docs/commands.md");
    let texts = files.chain(pages.map(|page| page.text));
    let commands: BTreeSet<_> = texts.flat_map(|text| plugin_commands(&text)).collect();
    assert!(commands.len() >= 20, "{commands:?}");
    for words in commands {
        let output = Command::new(PLUGIN).args(&words).arg("--help").env_clear().output().unwrap();
        assert!(output.status.success(), "{words:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// As a user would paste them into the configuration file.
#[test]
fn the_plugin_reads_the_configurations_in_the_pages() {
    let blocks: Vec<_> = pages().iter().flat_map(blocks).collect();
    let configurations: Vec<_> = blocks.iter().filter(|block| block.language == "toml").collect();
    assert!(configurations.len() >= 3, "{}", configurations.len());
    for block in configurations {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("config.toml");
        fs::write(&file, &block.text).unwrap();
        let mut list = Command::new(PLUGIN);
        list.args(["configure", "list"]).env_clear().env("HOME", home.path());
        let list = list.env("CODEARTIFACT_NUGET_CONFIG_FILE", &file).output().unwrap();
        let said = String::from_utf8_lossy(&list.stderr);
        assert!(list.status.success(), "{}\n{}\n{said}", block.place, block.text);
    }
}

#[test]
fn what_the_plugin_does_not_take_is_found() {
    let installer = "sh \"$there/install.sh\" --version \"$VERSION\" --no-such && true";
    for line in ["RUN nuget-plugin-codeartifact install --no-such && true", installer] {
        assert_eq!(plugin_commands(line), [["install", "--no-such"]], "{line}");
    }
    let words = ["install", "--no-such"];
    let output = Command::new(PLUGIN).args(words).arg("--help").env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// A pull request's branch may be called `main` too, and a build that failed has this phase as well.
#[test]
fn codebuild_pushes_what_a_webhook_has_started_for_main_and_nothing_else() {
    let buildspec = document("buildspec.yml");
    let push = scripts(&buildspec["phases"]["post_build"]).remove(0);
    let push = format!("dotnet() {{ echo \"$*\"; }}; {push}");
    let cases = [
        ("1", Some("branch/main"), true),
        ("0", Some("branch/main"), false),
        ("1", Some("branch/main-2"), false),
        ("1", Some("tag/main"), false),
        ("1", Some("pr/7"), false),
        ("1", None, false),
    ];
    for (succeeding, trigger, is_pushed) in cases {
        let mut variables = vec![
            ("CODEBUILD_BUILD_SUCCEEDING", succeeding),
            ("CODEBUILD_WEBHOOK_HEAD_REF", "refs/heads/main"),
        ];
        variables.extend(trigger.map(|trigger| ("CODEBUILD_WEBHOOK_TRIGGER", trigger)));
        let output = shell(&["-e", "-c", &push], Path::new("/"), &variables);
        assert!(output.status.success(), "{variables:?}: {output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.starts_with("nuget push "), is_pushed, "{variables:?}: {said}");
    }
}

/// All scripts, each list of lines as one.
fn all_scripts() -> Vec<String> {
    let workflows = ["buildspec.yml", "github-actions.yml", "gitlab-ci.yml"];
    let mut documents: Vec<Value> = workflows.map(document).into();
    let fleet = ["fleet/buildspec.yml", "fleet/buildspec-token.yml", "fleet/github-actions.yml"];
    documents.extend(fleet.map(document));
    documents.push(serde_json::from_str(&example("devcontainer.json")).expect("JSON"));
    let mut found: Vec<String> = documents.iter().flat_map(scripts).collect();
    for name in DOCKERFILES {
        let instructions = instructions(name).into_iter();
        let runs = instructions.filter(|(word, _)| word == "RUN").map(|(_, script)| script);
        found.extend(runs.map(|script| without_mount(&script).to_owned()));
    }
    found
}

fn without_mount(script: &str) -> &str {
    let mounted = script.strip_prefix("--mount=").and_then(|rest| rest.split_once(' '));
    mounted.map_or(script, |(_, script)| script)
}

/// The scripts in a document, wherever they are.
fn scripts(document: &Value) -> Vec<String> {
    match document {
        Value::Array(items) => items.iter().flat_map(scripts).collect(),
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(key, value)| match value {
                Value::String(script) if KEYS.contains(&key.as_str()) => vec![script.clone()],
                Value::Array(lines) if KEYS.contains(&key.as_str()) => {
                    let lines = lines.iter().map(|line| line.as_str().expect("a line"));
                    vec![lines.collect::<Vec<_>>().join("\n")]
                }
                other => scripts(other),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The words behind the plugin's name, or behind `install.sh`, which hands them to `install`. What
/// follows a `--` is another program's.
fn plugin_commands(text: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        for (start, first) in [
            ("nuget-plugin-codeartifact ", None),
            ("dotnet codeartifact ", None),
            ("dotnet-codeartifact ", None),
            ("install.sh\" ", Some("install")),
            ("install.sh ", Some("install")),
        ] {
            let Some((before, rest)) = line.split_once(start) else { continue };
            // It is downloaded here, and not run.
            if first.is_some() && before.contains("curl ") {
                continue;
            }
            // The installer's words may be variables in quotes.
            let ends = if first.is_some() { "`;|&)" } else { "`;|&)\"" };
            let end = rest.find(|c| ends.contains(c)).unwrap_or(rest.len());
            let words =
                rest[..end].split_whitespace().take_while(|word| !["--", "#"].contains(word));
            let words: Vec<_> = if first.is_some() { for_plugin(words) } else { words.collect() };
            let words = words.into_iter().map(str::to_owned);
            let words: Vec<String> = first.map(str::to_owned).into_iter().chain(words).collect();
            let words = if first.is_some() { for_the_plugin(words) } else { words };
            let is_command =
                words.first().is_some_and(|word| word.bytes().all(|b| b.is_ascii_lowercase()));
            // `help COMMAND` has a word that stands for any.
            if is_command && words[0] != "help" && !words.contains(&"and".to_owned()) {
                commands.push(words);
            }
        }
    }
    commands
}

/// The words that `install.sh` hands on, without its own options and their values.
fn for_plugin<'a>(mut words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut handed = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--version" | "--offline" | "--sha256" => drop(words.next()),
            "--no-provenance" => {}
            word => handed.push(word),
        }
    }
    handed
}

/// Without the options that the installer does not hand on.
fn for_the_plugin(words: Vec<String>) -> Vec<String> {
    let mut words = words.into_iter();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match &*word {
            "--version" | "--offline" | "--sha256" => drop(words.next()),
            "--uninstall" | "--no-provenance" => {}
            _ => kept.push(word),
        }
    }
    kept
}

fn shell(arguments: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("/bin/sh");
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.output().expect("a shell")
}
