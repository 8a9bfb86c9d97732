//! The tests that SECURITY.md names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{files_below, repository};

#[test]
fn the_tests_that_are_named_exist() {
    let page = fs::read_to_string(repository("SECURITY.md")).expect("the page");
    let named: BTreeSet<&str> = promises(&page).into_iter().flat_map(named_in).collect();
    let sources = ["src", "protocol-tests"].map(|folder| files_below(&repository(folder)));
    let code: Vec<String> = sources
        .iter()
        .flatten()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| fs::read_to_string(file).expect("a source file"))
        .collect();
    let is_missing = |name: &&str| !code.iter().any(|text| is_test(text, name));
    let missing: Vec<_> = named.into_iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn unsafe_code_stands_in_the_platform_files_of_base_alone() {
    let top = repository("src");
    let allowing: Vec<_> = files_below(&top)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter(|file| fs::read_to_string(file).expect("a source file").contains("unsafe_code"))
        .collect();
    assert!(!allowing.is_empty(), "the search finds nothing");
    let elsewhere: Vec<_> = allowing.iter().filter(|file| !is_platform_file(&top, file)).collect();
    assert!(elsewhere.is_empty(), "unsafe code in {elsewhere:?}");
}

/// Whether a file is one system's part of `base`: `unix.rs`, `windows.rs`, or a name that ends so.
fn is_platform_file(top: &Path, file: &Path) -> bool {
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let is_of_a_system = ["unix", "linux", "macos", "windows"].iter().any(|it| name.ends_with(it));
    file.starts_with(top.join("base")) && is_of_a_system
}

/// The rows of the table of promises.
fn promises(page: &str) -> Vec<&str> {
    let lines = page.lines().skip_while(|line| *line != "| promise | shown by |");
    let rows: Vec<_> = lines.skip(2).take_while(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 10, "the table was not found");
    rows
}

/// The names in the last column.
fn named_in(row: &str) -> Vec<&str> {
    let (_, last) = row.trim_end_matches(" |").rsplit_once(" | ").expect("two columns");
    let names: Vec<_> = last.split(", ").map(|name| name.trim_matches('`')).collect();
    let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    assert!(names.iter().all(is_name), "a promise without a test: {row}");
    names
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
        ["trial(", "failing(", "with_dotnet(", "case(", "name:"]
            .iter()
            .any(|start| before.ends_with(start))
    };
    let lists = code.split("named![").skip(1).filter_map(|rest| rest.split("\n    ]").next());
    let is_listed = |list: &str| list.lines().any(|line| line.trim().trim_end_matches(',') == name);
    after_attribute || code.match_indices(&quoted).any(is_trial) || lists.into_iter().any(is_listed)
}

#[test]
fn a_name_that_is_no_test_is_reported() {
    let code = "#[test]\nfn one() {}\nfn helper() {}\nfailing(\n  \"two\",\n); say(\"three\", 3);\n\
                named![\n        #[cfg(unix)]\n        four,\n    ]\nfive,\nBroken { name: \"six\", }";
    let names = ["one", "helper", "two", "three", "four", "five", "six"];
    let found: Vec<_> = names.into_iter().filter(|name| is_test(code, name)).collect();
    assert_eq!(found, ["one", "two", "four", "six"]);
}
