//! Files that repeat the project's address or version have those of `Cargo.toml`, and the workflows run
//! what somebody has read.

use std::fs;
use std::path::PathBuf;

use regex_lite::Regex;

use super::repository;
use super::secret_scan::files_below;

const OWN: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where another address or version stands for somebody else's or for a test's.
const LEFT_OUT: [&str; 2] = ["protocol-tests", "Cargo.lock"];

#[test]
fn every_address_of_the_project_is_the_one_in_cargo_toml() {
    let address = Regex::new(&format!(
        r"(?:(?:github\.com|githubusercontent\.com|ghcr\.io)/|uses: )([\w.-]+)/(?:features/)?([\w.-]+/)?{OWN}\b"
    ))
    .expect("a pattern");
    let owner = env!("CARGO_PKG_REPOSITORY").strip_prefix("https://github.com/");
    let owner = owner.and_then(|path| path.strip_suffix(&format!("/{OWN}"))).expect("on GitHub");
    let mut others = Vec::new();
    let mut seen = 0;
    for (place, line) in lines() {
        for found in address.captures_iter(&line) {
            seen += 1;
            // `OWNER` and the like stand for the reader's own.
            let is_own = &found[1] == owner && found.get(2).is_none();
            if !is_own && found[1].to_uppercase() != found[1] {
                others.push(format!("{place}: {}", &found[0]));
            }
        }
    }
    assert!(others.is_empty(), "Cargo.toml has {}: {others:#?}", env!("CARGO_PKG_REPOSITORY"));
    assert!(seen > 0, "no file has the address, so that this test looks for the wrong one");
}

#[test]
fn every_version_in_an_address_of_the_project_is_the_one_in_cargo_toml() {
    let patterns = [
        format!(r"/{OWN}/releases/download/v(\d[\w.+-]*)/"),
        format!(r"/{OWN}/v(\d[\w.+-]*)/"),
        format!(r"/{OWN}/blob/v(\d[\w.+-]*)/"),
        format!(r"ghcr\.io/[\w./-]*{OWN}:(\d[\w.+-]*)"),
        format!(r"{OWN}/install/action@\S+ # v(\d[\w.+-]*)"),
    ];
    let patterns = patterns.map(|pattern| Regex::new(&pattern).expect("a pattern"));
    let mut others = Vec::new();
    for (place, line) in lines() {
        let found = patterns.iter().filter_map(|pattern| pattern.captures(&line));
        let wrong = found.filter(|found| found[1].trim_end_matches('.') != VERSION);
        others.extend(wrong.map(|found| format!("{place}: {}", &found[0])));
    }
    assert!(others.is_empty(), "Cargo.toml has version {VERSION}: {others:#?}");
}

/// A tag can be moved to other code. Two commits of one action would be read twice.
#[test]
fn each_action_is_pinned_to_one_commit_everywhere() {
    let pin = Regex::new(r"uses: ([^\s@]+)@(\S+)(?: # (\S+))?").expect("a pattern");
    let mut commits = std::collections::BTreeMap::new();
    for (place, line) in lines().into_iter().filter(|(place, _)| place.contains(".yml")) {
        let Some(found) = pin.captures(&line).filter(|found| !found[1].contains(OWN)) else {
            continue;
        };
        let (action, commit) = (found[1].to_lowercase(), found[2].to_owned());
        let is_commit = commit.len() == 40 && commit.bytes().all(|it| it.is_ascii_hexdigit());
        let version = found.get(3).map_or("", |it| it.as_str()).to_owned();
        assert!(is_commit && version.starts_with('v'), "{place}: {line}");
        let first = commits.entry(action).or_insert_with(|| (commit.clone(), version.clone()));
        assert_eq!(*first, (commit, version), "{place}: another file has another commit");
    }
    assert!(commits.len() > 4, "{commits:?}");
}

/// GitHub puts the value of an expression into a script before a shell reads it: the name of a tag or
/// branch could be a command.
#[test]
fn no_script_of_a_workflow_has_an_expression_in_it() {
    let mut scripts = 0;
    for file in files_below(&repository(".github")) {
        let text = fs::read_to_string(&file).expect("text");
        let mut depth = None;
        for line in text.lines() {
            let indentation = line.len() - line.trim_start().len();
            let in_script = depth.is_some_and(|depth| indentation > depth || line.is_empty());
            let begins = line.trim_start().trim_start_matches("- ").starts_with("run:");
            if begins {
                depth = Some(indentation);
                scripts += 1;
            } else if !in_script {
                depth = None;
            }
            assert!(!(begins || in_script) || !line.contains("${{"), "{}: {line}", file.display());
        }
    }
    assert!(scripts > 5, "{scripts}");
}

/// Each line of the text files of the project that has its name or an action, with its place.
fn lines() -> Vec<(String, String)> {
    let root = repository("");
    let mut lines = Vec::new();
    for file in files() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let name = file.strip_prefix(&root).expect("below it").display().to_string();
        let numbered = text.lines().enumerate();
        let numbered = numbered.filter(|(_, line)| line.contains(OWN) || line.contains("uses: "));
        lines.extend(numbered.map(|(at, line)| (format!("{name}:{}", at + 1), line.to_owned())));
    }
    lines
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository("")).expect("the repository").flatten();
    let kept = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name != ".git" && !name.starts_with("target") && !LEFT_OUT.contains(&&*name)
    });
    kept.flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() { files_below(&path) } else { vec![path] }
    })
    .collect()
}
