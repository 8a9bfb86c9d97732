//! Every message of a failure has its row in the README, which begins as the message does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{files_below, repository};

/// Stands for what differs from case to case, and for the backticks around it.
const DIFFERS: &str = "…";

/// Messages that are built in code instead of an error's attribute. Such a message has its fix
/// after a `;`.
const COMPOSED: [&str; 7] = [
    "src/commands/installation/folder.rs",
    "src/commands/source/check.rs",
    "src/commands/source/list.rs",
    "src/plugin/credentials.rs",
    "src/plugin/session.rs",
    "src/provider/provided.rs",
    "src/settings/policy.rs",
];

/// What no row explains, since no user meets it: a system that starts no runtime, a cause that the
/// message of a broken API endpoint replaces, and a proxy's reason, which is a part of other messages.
const INTERNAL: [&str; 9] = [
    "the system lets nothing be waited for",
    "the port is not a number",
    "it wants a user name and a password",
    "it refuses the user name or the password",
    "it takes no password",
    "it speaks TLS",
    "it does not speak TLS",
    "it does not speak HTTP",
    "it answers with status",
];

#[test]
fn every_message_has_a_row_and_every_row_a_message() {
    let (messages, page) = (messages(), readme());
    let rows = rows(&page);
    assert!(messages.len() > 150 && rows.len() > 120, "{} and {}", messages.len(), rows.len());
    let is_covered = |message: &String| rows.iter().any(|row| message.starts_with(row));
    let is_internal = |message: &String| INTERNAL.iter().any(|start| message.starts_with(start));
    let gone: Vec<_> = INTERNAL
        .iter()
        .filter(|start| !messages.iter().any(|it| it.starts_with(**start)))
        .collect();
    assert!(gone.is_empty(), "no internal messages any more: {gone:?}");
    let without: Vec<_> =
        messages.iter().filter(|it| !is_covered(it) && !is_internal(it)).collect();
    assert!(without.is_empty(), "no row begins as these do: {without:#?}");
    let is_said = |row: &&str| messages.iter().any(|message| message.starts_with(row));
    let unsaid: Vec<_> = rows.into_iter().filter(|row| !is_said(row)).collect();
    assert!(unsaid.is_empty(), "no message begins as these rows do: {unsaid:#?}");
}

#[test]
fn what_differs_is_cut_and_what_is_quoted_is_not() {
    let code = r#"
        #[error("no `{name}` of {}; \
                 try \"x\"", .0.owner)]
        #[error(transparent)]
        #[error("{0}")]
        // "a comment; with a way out"
        let line = format!("{label} is odd; change it");
        let other = "no way out";
        #[cfg(test)]
        mod tests { const LINE: &str = "a test's; not ours"; }
    "#;
    assert_eq!(of_attributes(code), ["no … of …; try \"x\""]);
    assert_eq!(composed(code), ["no … of …; try \"x\"", "… is odd; change it"]);
}

fn readme() -> String {
    fs::read_to_string(repository("README.md")).expect("the README")
}

#[test]
fn every_row_has_an_anchor_of_its_first_words_to_link_to() {
    let page = readme();
    let mut anchors = BTreeSet::new();
    for cell in cells(&page) {
        let (anchor, beginning) = anchored(cell);
        let anchor = anchor.unwrap_or_else(|| panic!("no anchor before `{beginning}`"));
        assert_eq!(anchor, first_words(beginning));
        assert!(anchors.insert(anchor), "`{anchor}` is there twice");
    }
    assert!(anchors.contains("no-aws-credentials-looked-at"), "{anchors:?}");
}

fn first_words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.take(7).collect::<Vec<_>>().join("-").to_lowercase()
}

/// The anchor, and what stands behind it.
fn anchored(cell: &str) -> (Option<&str>, &str) {
    match cell.strip_prefix("<a id=\"").and_then(|rest| rest.split_once("\"></a>")) {
        Some((anchor, beginning)) => (Some(anchor), beginning),
        None => (None, cell),
    }
}

/// The beginnings of messages.
fn rows(page: &str) -> Vec<&str> {
    let beginnings = cells(page).into_iter().map(|cell| anchored(cell).1);
    beginnings.map(|text| text.trim().trim_end_matches(" …")).collect()
}

/// Each with its anchor, from the tables below the heading; a row may hold several.
fn cells(page: &str) -> Vec<&str> {
    let (_, section) = page.split_once("\n## Troubleshooting\n").expect("the section");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let cells = cells.filter(|cell| !cell.starts_with("---") && *cell != "message");
    cells.flat_map(|cell| cell.split("<br>")).collect()
}

/// All of the code's, with `…` for what differs.
fn messages() -> Vec<String> {
    let sources = files_below(&repository("src")).into_iter();
    let sources = sources.filter(|file| file.extension().is_some_and(|it| it == "rs"));
    let mut found: Vec<String> = sources.flat_map(|file| of_attributes(&text(&file))).collect();
    found.extend(COMPOSED.iter().flat_map(|file| composed(&text(&repository(file)))));
    found
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn of_attributes(code: &str) -> Vec<String> {
    let attributes = code.split("#[error(").skip(1);
    let literals = attributes.filter_map(|rest| rest.trim_start().strip_prefix('"'));
    literals.map(|rest| cut(literal(rest).0)).filter(|message| says_something(message)).collect()
}

/// The literals that contain a fix.
fn composed(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let (mut found, mut rest) = (Vec::new(), &*code);
    while let Some((_, behind)) = rest.split_once('"') {
        let (inside, after) = literal(behind);
        found.push(cut(inside));
        rest = after;
    }
    found.retain(|message| message.contains("; ") && says_something(message));
    found
}

/// What is inside of a literal that has begun, and what comes after it.
fn literal(code: &str) -> (&str, &str) {
    let is_end = |(at, _): &(usize, &str)| !code[..*at].ends_with('\\');
    let (end, _) = code.match_indices('"').find(is_end).expect("a literal ends");
    (&code[..end], &code[end + 1..])
}

/// As it reads, but for what differs.
fn cut(literal: &str) -> String {
    let mut lines = literal.split("\\\n");
    let mut text = lines.next().unwrap_or_default().to_owned();
    lines.for_each(|line| text.push_str(line.trim_start()));
    let text = text.replace("\\\"", "\"");
    let mut pieces = text.split('{');
    let first = pieces.next().unwrap_or_default().to_owned();
    let text = pieces.fold(first, |text, piece| {
        text + DIFFERS + piece.split_once('}').map_or(piece, |(_, rest)| rest)
    });
    text.replace("`…`", DIFFERS)
}

/// Whether there are words by which to find it.
fn says_something(message: &str) -> bool {
    message.chars().filter(char::is_ascii_alphabetic).count() > 5
}
