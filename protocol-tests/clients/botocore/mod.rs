//! Whose credentials sign, on many machines, compared with botocore, the AWS CLI's library: generated
//! machines with everything that names an identity, and odd layouts of the shared files.
//!
//! The executable and botocore ask the same fake AWS, whose credentials say how they were got. Every
//! difference has to be one of those that are kept on purpose, each for a reason.

mod fake;
mod layouts;
mod machine;
mod shared_files;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::support::fake_codeartifact::http::Server;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{NAMES, keep_transcript};
use crate::support::trials::{Need, Trial, botocore_python, processors, trial};
use machine::{Draw, Machine, home_of};

const ORACLE: &str = include_str!("oracle.py");

/// Longer than a command takes, on a busy machine as well.
const LIMIT: Duration = Duration::from_mins(1);

pub fn trials() -> Vec<Trial> {
    vec![
        trial("generated_machines_have_the_same_identity", generated).needing(Need::Botocore),
        trial("odd_layouts_have_the_same_identity", odd_layouts).needing(Need::Botocore),
        trial(
            "the_second_reading_of_shared_files_is_botocores",
            shared_files::the_second_reading_is_botocores,
        )
        .needing(Need::Botocore),
    ]
}

fn generated() {
    let machines: Vec<Machine> = (1..=520).map(|seed| Draw::new(seed).machine()).collect();
    compare("generated-machines", machines, 500);
}

fn odd_layouts() {
    compare("odd-layouts", layouts::machines(), 100);
}

/// Which identity signs, or why none does.
type Outcome = Result<String, String>;

fn compare(name: &str, mut machines: Vec<Machine>, at_least: usize) {
    assert!(machines.len() >= at_least, "{} machines", machines.len());
    let root = tempfile::tempdir().expect("a temporary folder");
    let server = fake::start();
    let authority = rcgen::generate_simple_self_signed([]).expect("a certificate");
    std::fs::write(root.path().join("authority.pem"), authority.cert.pem())
        .expect("a file of the test");
    for (number, machine) in machines.iter_mut().enumerate() {
        machine.settle(&home_of(root.path(), number), &server.host());
    }
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| botocore(&machines));
        (ours(&machines, root.path(), &server), theirs.join().expect("botocore answers"))
    });
    let (mut kept, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for ((machine, ours), theirs) in machines.iter().zip(&ours).zip(&theirs) {
        let is_same = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (ours, theirs) => ours.is_err() && theirs.is_err(),
        };
        match difference(machine, ours, theirs).filter(|_| !is_same) {
            Some(reason) => *kept.entry(reason).or_default() += 1,
            None if !is_same => {
                wrong.push(format!("{ours:?}, botocore {theirs:?}, of {machine:?}"));
            }
            None => {}
        }
    }
    let with_credentials = ours.iter().filter(|outcome| outcome.is_ok()).count();
    let different = kept.values().sum::<usize>() + wrong.len();
    let mut report = format!(
        "{} machines, {} equal, {with_credentials} with credentials\n",
        machines.len(),
        machines.len() - different
    );
    for (reason, count) in &kept {
        report = format!("{report}{count} differ on purpose: {reason}\n");
    }
    eprintln!("{report}");
    keep_transcript(&format!("botocore-{name}.txt"), &report);
    assert!(wrong.is_empty(), "{report}{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The reason for a difference that is kept on purpose.
fn difference(machine: &Machine, ours: &Outcome, theirs: &Outcome) -> Option<&'static str> {
    let is_empty = |name: &str| machine.variables.get(name).is_some_and(String::is_empty);
    let has_text = |text: &str| machine.config.as_ref().is_some_and(|config| config.contains(text));
    match (ours, theirs) {
        (Ok(_), Ok(theirs)) if theirs == "instance" && has_text("[ default ]") => {
            Some("a header with more blanks than the AWS CLI takes")
        }
        (Ok(_), Ok(theirs)) if theirs == "instance" && has_text("[default] # see [x]") => {
            Some("a header with brackets in the comment behind it")
        }
        (Ok(ours), Ok(theirs)) if theirs.starts_with(&format!("{ours} #")) => {
            Some("a comment behind a value that can hold none")
        }
        (Ok(_), Err(theirs)) if theirs.contains(" ; y\" referenced in") => {
            Some("a comment behind a value that can hold none")
        }
        (Ok(_), Err(theirs)) if theirs.contains("parameter ExternalId, value: 0") => {
            Some("an empty external id is none")
        }
        (Err(ours), Ok(theirs)) if ours.contains("`aws_access_key_id` is empty") => {
            theirs.is_empty().then_some("an empty key id is said, and never sent")
        }
        (Ok(_), Err(theirs)) if theirs.starts_with("ConfigParseError") => {
            Some("one odd section harms no other")
        }
        (Ok(ours), Err(theirs)) if theirs.starts_with("ProfileNotFound") => {
            if is_empty("AWS_PROFILE") || is_empty("AWS_DEFAULT_PROFILE") {
                Some("an empty variable names no profile")
            } else if ours.starts_with("AKIAENVIRONMENT") {
                Some("the environment's keys need no profile")
            } else if has_text("[ profile dev ]") || has_text("[profile my dev]") {
                Some("a header with more blanks than the AWS CLI takes")
            } else {
                None
            }
        }
        (Err(ours), Ok(theirs)) if ours.contains("it contains no credentials") => {
            let is_other = theirs == "container" || theirs == "instance";
            (is_other && machine.profile.is_some())
                .then_some("a profile of the command line is never replaced by another identity")
        }
        (Err(ours), Ok(_)) if ours.contains("but no `aws_access_key_id`") => {
            Some("a secret without its key id was meant to be a key")
        }
        (Err(ours), Ok(_)) if ours.contains("a session token, but no key") => {
            Some("a session token without a key was meant to have one")
        }
        _ => None,
    }
}

/// Starts the executable for each machine, as many at a time as there are processors.
fn ours(machines: &[Machine], root: &Path, server: &Server) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(vec![Err(String::new()); machines.len()]);
    std::thread::scope(|scope| {
        for _ in 0..processors() {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(machine) = machines.get(number) else { break };
                    let outcome = outcome(&token(machine, root, &home_of(root, number)));
                    outcomes.lock().expect("no test panics with it")[number] = outcome;
                }
            });
        }
    });
    assert!(!server.requests().is_empty());
    outcomes.into_inner().expect("no test panics with it")
}

fn token(machine: &Machine, root: &Path, home: &Path) -> Run {
    let mut command = Command::new(SandboxHome::plugin());
    command.arg("token").args(NAMES).env_clear().current_dir(home);
    command.envs(&machine.variables).env("CODEARTIFACT_NUGET_CACHE", "off");
    // The system's authorities take longer to read than all else, and no request is encrypted.
    command.env("AWS_CA_BUNDLE", root.join("authority.pem"));
    if let Some(profile) = machine.profile {
        command.args(["--profile", profile]);
    }
    process::run(&mut command, LIMIT)
}

/// The token that the fake gives names who signed.
fn outcome(run: &Run) -> Outcome {
    if !run.succeeded() {
        return Err(run.stderr.clone());
    }
    let bytes = hex::decode(run.stdout.trim()).unwrap_or_else(|error| panic!("{error}: {run}"));
    Ok(String::from_utf8(bytes).expect("the fake has UTF-8"))
}

#[derive(Deserialize)]
struct Answer {
    key: Option<String>,
    token: Option<String>,
    error: Option<String>,
}

/// One process answers for all machines.
fn botocore(machines: &[Machine]) -> Vec<Outcome> {
    let python: PathBuf = botocore_python().expect("a test that needs it is run where it is");
    let mut command = Command::new(python);
    command.args(["-c", ORACLE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    let mut input = child.stdin.take().expect("piped");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let outcomes = std::thread::scope(|scope| {
        scope.spawn(move || {
            for machine in machines {
                let line = json!({"variables": machine.variables, "profile": machine.profile});
                writeln!(input, "{line}").expect("Python reads");
            }
        });
        let lines = output.lines().map(|line| line.expect("Python's lines are text"));
        lines.map(|line| serde_json::from_str(&line).expect("an answer")).map(read).collect()
    });
    let _ = child.wait();
    outcomes
}

fn read(answer: Answer) -> Outcome {
    match answer {
        Answer { key: Some(id), token, .. } => Ok(fake::who(&id, &token.unwrap_or_default())),
        Answer { error, .. } => Err(error.unwrap_or_default()),
    }
}
