//! A runner of GitHub Actions that runs a composite action: expressions, shells, and the files by which
//! steps tell it their outputs. It knows what `install/action/action.yml` uses and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::installers::machine::{LIMIT, Machine};
use crate::support::process::{self, Run};
use crate::support::yaml;

pub type Texts = BTreeMap<String, String>;

/// What a job knows after the action.
pub struct Job {
    /// Each step that ran.
    pub runs: Vec<Run>,
    pub outputs: Texts,
    /// Of later steps.
    pub path: Vec<String>,
    pub variables: Texts,
}

impl Job {
    pub fn succeeded(&self) -> bool {
        self.runs.iter().all(Run::succeeded)
    }

    /// What the log shows.
    pub fn log(&self) -> String {
        self.runs.iter().map(Run::output).collect()
    }
}

/// Runs the action in `folder` with these inputs, on a runner of this system.
pub fn run(machine: &Machine, folder: &Path, system: &str, inputs: &[(&str, &str)]) -> Job {
    let text = fs::read_to_string(folder.join("action.yml")).expect("the action");
    let action = yaml::documents(&text).remove(0);
    let mut context = Texts::new();
    context.insert("runner.os".into(), system.into());
    context.insert("github.token".into(), "the-jobs-token".into());
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        let default = input["default"].as_str().expect("each input has a default");
        let default = evaluated(default, &context);
        context.insert(format!("inputs.{name}"), default);
    }
    for (name, value) in inputs {
        let known = context.insert(format!("inputs.{name}"), (*value).into());
        assert!(known.is_some(), "there is no input `{name}`");
    }
    let mut job =
        Job { runs: Vec::new(), outputs: Texts::new(), path: Vec::new(), variables: Texts::new() };
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let runs = step.get("if").is_none_or(|condition| is_true(condition, &context));
        if !runs || !job.succeeded() {
            continue;
        }
        run_step(machine, folder, step, &mut context, &mut job);
    }
    for (name, output) in action["outputs"].as_object().expect("outputs") {
        let value = output["value"].as_str().expect("an expression");
        job.outputs.insert(name.clone(), evaluated(value, &context));
    }
    job
}

fn run_step(machine: &Machine, folder: &Path, step: &Value, context: &mut Texts, job: &mut Job) {
    let script = machine.path("work").join("step.sh");
    fs::write(&script, step["run"].as_str().expect("a script")).expect("a file");
    let files = ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV"];
    let file = |name: &str| machine.path(name);
    for name in files {
        fs::write(file(name), "").expect("a file");
    }
    let mut command = command(machine, step, &script, context);
    command.env("GITHUB_ACTION_PATH", folder).env("GITHUB_ACTIONS", "true");
    command.env("RUNNER_OS", &context["runner.os"]).env("RUNNER_TEMP", machine.temporary());
    command.envs(files.map(|name| (name, file(name))));
    for (name, value) in step["env"].as_object().expect("variables") {
        command.env(name, evaluated(value.as_str().expect("text"), context));
    }
    command.envs(&job.variables);
    job.runs.push(process::run(&mut command, LIMIT));
    fs::remove_file(script).expect("it is there");
    let pairs = |name: &str| -> Vec<(String, String)> {
        let text = fs::read_to_string(file(name)).expect("text");
        let pairs = text.lines().map(|line| line.split_once('=').expect("NAME=VALUE"));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    if let Some(id) = step["id"].as_str() {
        let outputs = pairs("GITHUB_OUTPUT").into_iter();
        context.extend(outputs.map(|(name, value)| (format!("steps.{id}.outputs.{name}"), value)));
    }
    job.variables.extend(pairs("GITHUB_ENV"));
    let path = fs::read_to_string(file("GITHUB_PATH")).expect("text");
    job.path.extend(path.lines().map(str::to_owned));
}

/// The command line of the step's shell, as the runner builds it.
fn command(machine: &Machine, step: &Value, script: &Path, context: &Texts) -> Command {
    let words: &[&str] = match &*evaluated(step["shell"].as_str().expect("a shell"), context) {
        "sh" => &["sh", "-e"],
        "bash" => &["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"],
        shell => panic!("no such shell: {shell}"),
    };
    let mut command = machine.command(words);
    command.arg(script);
    command
}

/// The text with the values of its expressions.
fn evaluated(text: &str, context: &Texts) -> String {
    let mut parts = text.split("${{");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once("}}").expect("the end of the expression");
        result.push_str(&value(expression.trim(), context));
        result.push_str(rest);
    }
    result
}

/// A name, or `CONDITION && 'ONE' || 'OTHER'`.
fn value(expression: &str, context: &Texts) -> String {
    if let Some((condition, values)) = expression.split_once(" && ") {
        let (one, other) = values.split_once(" || ").expect("the other value");
        let chosen = if is_true(&condition.into(), context) { one } else { other };
        return chosen.trim_matches('\'').to_owned();
    }
    // An output that no step has set is empty.
    assert!(expression.split('.').count() >= 2, "{expression}");
    context.get(expression).cloned().unwrap_or_default()
}

/// `NAME == 'TEXT'` or `NAME != 'TEXT'`.
fn is_true(condition: &Value, context: &Texts) -> bool {
    let words: Vec<_> = condition.as_str().expect("a condition").split(' ').collect();
    let [name, operator, text] = words[..] else { panic!("{condition}") };
    let is_equal = value(name, context) == text.trim_matches('\'');
    match operator {
        "==" => is_equal,
        "!=" => !is_equal,
        other => panic!("{other}"),
    }
}
