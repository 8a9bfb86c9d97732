//! docs/messages.md has one entry for each code of `src/code.rs`.

use std::fs;
use std::path::Path;

use super::{files_below, repository};

/// A code, or the heading of its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    number: String,
    title: String,
}

#[test]
fn the_page_has_an_entry_for_each_code_in_the_same_order() {
    let (codes, entries) = (codes(), entries());
    assert!(codes.len() > 70, "{}", codes.len());
    let headings: Vec<_> = entries.iter().map(|(heading, _)| heading.clone()).collect();
    let codes: Vec<_> = codes.into_iter().map(|(_, entry)| entry).collect();
    assert_eq!(headings, codes);
    for (heading, text) in entries {
        assert!(text.len() > 40, "no text for {heading:?}");
    }
}

#[test]
fn every_code_is_used() {
    let sources = files_below(&repository("src")).into_iter();
    let sources = sources.filter(|file| file.extension().is_some_and(|it| it == "rs"));
    let without_tests =
        |text: String| text.split("#[cfg(test)]\nmod tests {").next().map(str::to_owned);
    let text: String = sources.filter_map(|file| without_tests(text_of(file))).collect();
    let is_unused = |name: &&String| !text.contains(&format!("Code::{name}"));
    let names: Vec<String> = codes().into_iter().map(|(name, _)| name).collect();
    let unused: Vec<_> = names.iter().filter(is_unused).collect();
    assert!(unused.is_empty(), "codes that no failure has: {unused:?}");
}

/// The names of the variants, and what the page has of each.
fn codes() -> Vec<(String, Entry)> {
    let code = text_of(repository("src/code.rs"));
    let lines = code.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = ")?;
        let (number, title) = rest.split_once(", \"")?;
        let title = title.strip_suffix("\";")?.to_owned();
        Some((name.to_owned(), Entry { number: number.to_owned(), title }))
    });
    lines.collect()
}

/// The headings of the page's entries, each with the text below it.
fn entries() -> Vec<(Entry, String)> {
    let page = text_of(repository("docs/messages.md"));
    let entries = page.split("\n### CNP").skip(1).map(|entry| {
        let (heading, text) = entry.split_once('\n').expect("a heading ends");
        let (number, title) = heading.split_once(": ").expect("a title");
        let text = text.split("\n## ").next().unwrap_or_default().trim().to_owned();
        (Entry { number: number.to_owned(), title: title.to_owned() }, text)
    });
    entries.collect()
}

fn text_of(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
