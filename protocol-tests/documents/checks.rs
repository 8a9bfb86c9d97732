//! The names of `doctor`'s checks, which scripts look for, and docs/doctor.md lists.

use std::collections::BTreeSet;
use std::fs;

use super::{files_below, repository};

/// What stands before a check's name in the code.
const BEFORE: [&str; 9] = [
    "Finding::pass(",
    "Finding::failure(",
    "Finding::skipped(",
    "Finding::warning(",
    "CHECK: &str = ",
    "check = ",
    ") = (",
    "=> (",
    "to_be_updated(source, ",
];

/// What stands behind the name of the check that an error of AWS belongs to.
const BEHIND: &str = "\", Help::";

#[test]
fn the_page_lists_every_check_of_doctor() {
    let code: Vec<String> = ["src/commands/doctor", "src/aws/error"]
        .into_iter()
        .flat_map(|folder| files_below(&repository(folder)))
        .map(|file| fs::read_to_string(file).expect("a source file"))
        .collect();
    let named: BTreeSet<&str> = code.iter().flat_map(|code| names(code)).collect();
    let page = fs::read_to_string(repository("docs/doctor.md")).expect("the page");
    let listed = listed(&page);
    assert!(named.len() > 30, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !listed.contains(*name)).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
    let is_in_code = |name: &&str| code.iter().any(|code| code.contains(&format!("\"{name}\"")));
    let gone: Vec<_> = listed.into_iter().filter(|name| !is_in_code(name)).collect();
    assert!(gone.is_empty(), "not in the code: {gone:?}");
}

#[test]
fn names_are_found_behind_a_line_break_too() {
    let code = "Finding::pass(\n  \"one\", \"two three\"); X::A => (\"four-five\", None); (\"six\", Help::Nothing)";
    assert_eq!(names(code), ["one", "four-five", "six"]);
}

fn names(code: &str) -> Vec<&str> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let behind = BEFORE.iter().flat_map(|before| code.split(before).skip(1));
    let literals = behind.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    let helped = code.match_indices(BEHIND).filter_map(|(at, _)| code[..at].rsplit('"').next());
    literals
        .chain(helped)
        .filter(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        .collect()
}

/// The last column of the table below the heading.
fn listed(page: &str) -> BTreeSet<&str> {
    let (_, section) = page.split_once("\n## What doctor looks at\n").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(2);
    let columns = rows.filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | "));
    columns.flat_map(|(_, names)| names.split(", ")).map(|name| name.trim_matches('`')).collect()
}
