//! `--json`: what every command prints is as docs/json.schema.json says, where it does its work and
//! where it fails.

use std::collections::BTreeSet;
use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::help::{commands, help};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Need, Trial, named, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = named![
        every_command_with_json_is_in_the_schema_and_in_these_tests,
        what_a_wrong_command_line_prints_is_as_the_schema_says,
        values_that_cannot_be_right_are_wrong_usage,
    ];
    trials.push(
        trial("what_every_command_prints_is_as_the_schema_says", conforming)
            .needing(Need::CleanMemory),
    );
    trials
}

/// The schema of the repository.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
    text: Value,
}

impl Schema {
    fn read() -> Self {
        const URL: &str = "https://example.com/json.schema.json";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.schema.json");
        let text = std::fs::read_to_string(&file).expect("the schema");
        let text: Value = serde_json::from_str(&text).expect("JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(URL, text.clone()).expect("a schema");
        let index = compiler.compile(URL, &mut schemas).expect("a valid schema");
        Self { schemas, index, text }
    }

    /// Requires that the envelope is valid, and is of this command.
    #[track_caller]
    fn accepts(&self, run: &Run, command: &str) {
        let envelope = run.envelope();
        assert_eq!(envelope["command"], command, "{run}");
        if let Err(error) = self.schemas.validate(&envelope, self.index) {
            panic!("{error:#}\n{run}");
        }
    }
}

/// A command line for each command, without `--json`: one that succeeds in [`stage`], and one that
/// fails.
const LINES: &[(&str, &[&str], &[&str])] = &[
    ("setup", &[], &["https://nuget.example/v3/index.json"]),
    ("install", &["--netfx-only"], &["--netcore-only", "--dir", "NuGet.Config"]),
    ("doctor", &["--offline"], &["--offline", "no-such"]),
    ("explain", &[SOURCE], &["https://nuget.example/v3/index.json"]),
    ("status", &[], &[]),
    ("token", &[SOURCE], &[SOURCE, "--profile", "no-such"]),
    ("source add", &[SOURCE], &["https://nuget.example/v3/index.json"]),
    ("source remove", &["my-repo", "--configfile", "removable.config"], &["no-such"]),
    ("source list", &[], &[]),
    ("source check", &["my-repo"], &["no-such"]),
    ("configure list", &[], &[]),
    ("configure path", &[], &[]),
    ("configure set", &["profile", "dve"], &["interactive", "maybe"]),
    ("configure get", &["profile"], &["no-such"]),
    ("configure unset", &["profile"], &["profile"]),
    ("configure validate", &[], &["no-such.toml"]),
    ("configure rule add", &["--owner", "111122223333", "--profile", "dev"], &[]),
    ("configure rule remove", &["1"], &["1"]),
    ("configure host add", &["h.example", "--region", "eu-west-1"], &["h", "--region", "x"]),
    ("configure host remove", &["h.example"], &["h.example"]),
    ("configure import", &["import.json"], &["no-such.json"]),
    ("scrub", &["clean.config"], &[]),
    ("login", &["--use-device-code"], &["--profile", "no-such"]),
    ("logout", &["--sso"], &["--sso", "--profile", "no-such"]),
    ("uninstall", &["--dir", "plugins"], &["--dir", "broken"]),
];

/// Commands whose reports no test here can make fail, since a setting that cannot be used makes them
/// fail only together.
const FAIL_WITH_SETTINGS: [&str; 5] =
    ["status", "configure list", "source list", "configure path", "configure rule add"];

fn stage() -> Stage {
    let stage = Stage::signing_in();
    stage.fake.add_repository(&stage.repository);
    stage.home.write("project/import.json", "{\"DefaultProfile\":\"dev\"}");
    let source = stage.home.write_nuget_config(&[("my-repo", &stage.source)]);
    let text = std::fs::read_to_string(&source).expect("a file");
    stage.home.write("project/clean.config", &text);
    stage.home.write("project/removable.config", &text);
    let saved = "<packageSourceCredentials><my-repo><add key=\"Username\" value=\"aws\" />\
                 <add key=\"ClearTextPassword\" value=\"hunter2\" /></my-repo>\
                 </packageSourceCredentials></configuration>";
    stage.home.write("project/NuGet.Config", &text.replace("</configuration>", saved));
    let list = "project/broken/netcore/CredentialProvider.CodeArtifact/installed-files.json";
    stage.home.write(list, "[");
    stage.signed_in_until("2099-01-01T00:00:00Z");
    stage
}

fn run(stage: &Stage, command: &str, words: &[&str]) -> Run {
    let command: Vec<&str> = command.split(' ').collect();
    stage.run(&[&*command, words, &["--json"]].concat())
}

fn conforming() {
    let schema = Schema::read();
    let stage = stage();
    // `doctor` has problems to report in both.
    for (command, good, bad) in LINES {
        let done = run(&stage, command, good);
        schema.accepts(&done, command);
        assert!(
            done.succeeded() || matches!(*command, "doctor" | "setup" | "source check"),
            "{done}"
        );
        if !FAIL_WITH_SETTINGS.contains(command) {
            let failed = run(&stage, command, bad);
            schema.accepts(&failed, command);
            assert!(!failed.succeeded(), "{failed}");
        }
    }
    let file = stage.home.write("rules.toml", "x = 1\n").to_string_lossy().into_owned();
    let mut stage = stage;
    stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", &file);
    stage.home.write("project/NuGet.Config", "<");
    for command in FAIL_WITH_SETTINGS {
        schema.accepts(&run(&stage, command, &[]), command);
    }
    schema.accepts(&run(&stage, "explain", &[SOURCE]), "explain");
}

fn every_command_with_json_is_in_the_schema_and_in_these_tests() {
    let home = SandboxHome::new();
    let with_json = commands().into_iter().filter(|words| is_with_json(&help(&home, words)));
    let with_json: BTreeSet<String> = with_json.map(|words| words.join(" ")).collect();
    let tested: BTreeSet<String> = LINES.iter().map(|(command, ..)| (*command).into()).collect();
    assert_eq!(tested, with_json);
    let schema = Schema::read().text;
    let listed = schema["properties"]["command"]["enum"].as_array().expect("a list");
    let listed: BTreeSet<String> = listed
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .filter(|it| !it.is_empty())
        .collect();
    assert_eq!(listed, with_json);
    for command in &with_json {
        assert!(schema["$defs"][command].is_object(), "{command}");
    }
}

fn is_with_json(help: &str) -> bool {
    help.lines().any(|line| line.trim_start().starts_with("--json"))
}

fn what_a_wrong_command_line_prints_is_as_the_schema_says() {
    let (schema, home) = (Schema::read(), SandboxHome::new());
    for (words, command) in [
        (&["status", "--jsno", "--json"][..], "status"),
        (&["source", "add", "--json"], "source add"),
        (&["token", SOURCE, "--duration-seconds", "5", "--json"], "token"),
        (&["no-such", "--json"], ""),
    ] {
        let run = home.run_plugin(words);
        schema.accepts(&run, command);
        assert_eq!((run.code(), &run.envelope()["errors"][0]["code"]), (Some(2), &"CNP801".into()));
        assert!(run.stderr.starts_with("error: [CNP801] "), "{run}");
    }
}

fn values_that_cannot_be_right_are_wrong_usage() {
    let home = SandboxHome::new();
    for words in [
        &["configure", "set", "interactive", "maybe"][..],
        &["configure", "set", "no-such", "x"],
        &["configure", "rule", "add"],
        &["token", "https://nuget.example/v3/index.json"],
        &["token", "--domain", "D", "--domain-owner", "111122223333", "--region", "eu-west-1"],
        &["source", "check", "no-such"],
        &["explain", "packages"],
    ] {
        let run = home.run_plugin(words);
        assert_eq!(run.code(), Some(2), "{run}");
    }
}
