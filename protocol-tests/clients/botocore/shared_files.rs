//! The second reading of the shared files, by which the fuzz target judges ours, is botocore's: of each
//! seed, and of files put together from the lines of all of them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::support::trials::botocore_python;

#[path = "../../fuzz/checks/configparser.rs"]
mod configparser;

use configparser::{Config, Values};

const ORACLE: &str = include_str!("shared_files.py");

/// How many files are put together.
const COMPOSED: usize = 1500;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer {
    Refused {
        error: String,
    },
    Read {
        profiles: BTreeMap<String, Values>,
        sso_sessions: BTreeMap<String, Values>,
        services: BTreeMap<String, Values>,
    },
}

pub fn the_second_reading_is_botocores() {
    let texts = texts();
    let mut read = 0;
    for (text, theirs) in texts.iter().zip(botocore(&texts)) {
        match (configparser::config(text), theirs) {
            (Err(_), Answer::Refused { error }) => assert!(!error.is_empty()),
            (Ok(second), Answer::Read { profiles, sso_sessions, services }) => {
                let Config { others, .. } = &second;
                let others = others.clone();
                assert_eq!(second, Config { profiles, sso_sessions, services, others }, "{text:?}");
                read += 1;
            }
            (second, theirs) => panic!("{second:?}, botocore {theirs:?}, of {text:?}"),
        }
    }
    assert!(read > texts.len() / 10, "{read} of {} are read", texts.len());
}

fn texts() -> Vec<String> {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol-tests/fuzz/corpus/aws_files");
    let files = std::fs::read_dir(corpus).expect("the seeds").map(|it| it.expect("a seed").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some()).collect();
    files.sort();
    let seeds = files.iter().map(|path| std::fs::read_to_string(path).expect("a text"));
    let mut texts: Vec<String> = seeds.collect();
    let lines = texts.concat();
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    let mut draw = 1_u32;
    let mut next = |below: usize| {
        // The constants of Numerical Recipes.
        draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (draw >> 8) as usize % below
    };
    for _ in 0..COMPOSED {
        let count = 1 + next(5);
        let composed: String = (0..count).map(|_| lines[next(lines.len())]).collect();
        texts.push(if next(4) == 0 { composed } else { format!("[default]\n{composed}") });
    }
    texts
}

/// One process answers for all texts.
fn botocore(texts: &[String]) -> Vec<Answer> {
    let python = botocore_python().expect("a test that needs it is run where it is");
    let mut command = Command::new(python);
    command.args(["-X", "utf8", "-c", ORACLE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("Python starts");
    let mut input = child.stdin.take().expect("piped");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let answers = std::thread::scope(|scope| {
        scope.spawn(move || {
            for text in texts {
                let line = serde_json::Value::from(text.as_str());
                writeln!(input, "{line}").expect("Python reads");
            }
        });
        let lines = output.lines().map(|line| line.expect("Python's lines are text"));
        lines.map(|line| serde_json::from_str(&line).expect("an answer")).collect()
    });
    let _ = child.wait();
    answers
}
