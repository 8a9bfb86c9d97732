//! The tests that SECURITY.md names.

use std::collections::BTreeSet;
use std::fs;

use super::{files_below, repository};

#[test]
fn the_tests_that_are_named_exist() {
    let page = fs::read_to_string(repository("SECURITY.md")).expect("the page");
    let named: BTreeSet<&str> = page.lines().flat_map(named_in).collect();
    assert!(named.len() > 20, "the table was not found: {named:?}");
    let code: Vec<String> = ["src", "protocol-tests"]
        .iter()
        .flat_map(|folder| files_below(&repository(folder)))
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| fs::read_to_string(file).expect("a source file"))
        .collect();
    let missing: Vec<_> =
        named.into_iter().filter(|name| !code.iter().any(|text| is_test(text, name))).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

/// The names in backticks in the last column of a row of the table of promises.
fn named_in(line: &str) -> Vec<&str> {
    let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else {
        return Vec::new();
    };
    let (_, last) = row.rsplit_once(" | ").expect("a column");
    let words: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
    let is_name = |word: &&str| {
        word.len() > 10
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if words.iter().all(is_name) { words } else { Vec::new() }
}

/// Whether a function under `#[test]`, or a trial, has the name.
fn is_test(code: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    let after_attribute = code.split("#[test]").skip(1).any(|after| {
        after
            .trim_start()
            .lines()
            .find(|line| line.contains("fn "))
            .is_some_and(|line| line.contains(&function))
    });
    let quoted = format!("\"{name}\",");
    let is_trial = |(at, _)| {
        let before = code[..at].trim_end();
        before.ends_with("trial(") || before.ends_with("failing(")
    };
    after_attribute || code.match_indices(&quoted).any(is_trial)
}

#[test]
fn a_name_that_is_no_test_is_told() {
    let code = "#[test]\nfn one() {}\nfn helper() {}\nfailing(\n  \"two\",\n); say(\"three\", 3);";
    let found: Vec<_> =
        ["one", "helper", "two", "three"].into_iter().filter(|name| is_test(code, name)).collect();
    assert_eq!(found, ["one", "two"]);
}
