//! A configuration file with any text: it is read or refused with its place, and what this program
//! edits in it can be read again, changes nothing else, and can be taken back.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a check fails by a panic")]
#![allow(clippy::disallowed_methods, reason = "the files are the check's own")]

use std::path::{Path, PathBuf};

use serde_json::Value;
use toml_edit::Table;

use super::{Document, EditError, FileError, KEYS, Key, Settings, file};
use crate::base::environment::Environment;
use crate::endpoint::Domain;

/// A value for each key, in the order of [`KEYS`].
const VALUES: [&str; 8] =
    ["a, b", "900", "never", "111122223333", "*.example", "1800", "off", "auto"];

const HOST: &str = "fuzz.example:8443";

pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match file::parse(Path::new("/c"), text, 0) {
        Ok(file) => is_effective(file),
        Err(FileError::Invalid { line, column, .. }) => {
            assert!(line >= 1 && line <= text.matches('\n').count() + 1 && column >= 1, "{text:?}");
            return;
        }
        Err(error) => panic!("{error}"),
    }
    let folder = folder();
    let path = folder.path().join("config.toml");
    let which = bytes.iter().fold(0_usize, |sum, byte| sum.wrapping_add(usize::from(*byte)));
    match which % 10 {
        8 => edit_and_undo(
            text,
            &path,
            &["rules"],
            |it| it.insert_rule(table("domain", "fuzz"), None).map(drop),
            |it| {
                let last = it.insert_rule(table("domain", "fuzz"), None)?;
                it.remove_rule(last)?;
                it.remove_rule(last - 1)
            },
        ),
        9 => edit_and_undo(
            text,
            &path,
            &["hosts"],
            |it| it.add_host(HOST, table("host", HOST)),
            |it| it.remove_host(HOST),
        ),
        key => {
            let (key, value) = (KEYS[key], VALUES[key]);
            let names: Vec<&str> = key.name.split('.').collect();
            edit_and_undo(text, &path, &names, |it| set(it, key, value), |it| it.unset(key));
        }
    }
}

fn set(document: &mut Document, key: Key, text: &str) -> Result<(), EditError> {
    let value = key.value(text)?;
    document.set(key, value)
}

fn table(key: &str, value: &str) -> Table {
    let mut table = Table::new();
    table.insert(key, toml_edit::value(value));
    if key == "host" {
        table.insert("region", toml_edit::value("eu-west-1"));
    }
    table
}

/// Nothing that a file says makes the settings fail but an error.
fn is_effective(file: super::ConfigurationFile) {
    let settings = Settings::of(&Environment::default(), vec![file]);
    let text = |text: &str| text.to_owned();
    let domain =
        Domain { name: text("d1"), owner: text("111122223333"), region: text("eu-west-1") };
    let _ = settings.effective(&domain, Some("repo"), &super::Overrides::default());
    let _ = (settings.shadows(), settings.refusal_of_host("https://fuzz.example/x"));
}

fn edit_and_undo(
    text: &str,
    path: &Path,
    names: &[&str],
    edit: impl FnOnce(&mut Document) -> Result<(), EditError>,
    undo: impl FnOnce(&mut Document) -> Result<(), EditError>,
) {
    std::fs::write(path, text).unwrap();
    let before = values(text);
    let was_there = at(&before, names).is_some();
    if !change(text, path, edit) {
        return;
    }
    let edited = std::fs::read_to_string(path).unwrap();
    let after = values(&edited);
    assert!(at(&after, names).is_some(), "{names:?} is not there: {text:?} became {edited:?}");
    assert_eq!(without(after, names), without(before.clone(), names), "{text:?} became {edited:?}");
    if names != ["rules"] && names != ["hosts"] && was_there {
        return;
    }
    for comment in text.lines().map(str::trim).filter(|line| line.starts_with('#')) {
        let is_kept = edited.lines().any(|line| line.trim() == comment);
        assert!(is_kept, "{comment:?} is gone: {text:?} became {edited:?}");
    }
    assert!(change(&edited, path, undo), "{edited:?} cannot be changed back");
    let undone = std::fs::read_to_string(path).unwrap();
    assert_eq!(without_empty(values(&undone)), without_empty(before), "{text:?} became {undone:?}");
}

/// Whether the file was changed. If not, it is as it was.
fn change(
    text: &str,
    path: &Path,
    edit: impl FnOnce(&mut Document) -> Result<(), EditError>,
) -> bool {
    let outcome = Document::open(PathBuf::from(path)).and_then(|mut document| {
        edit(&mut document)?;
        document.save()
    });
    let now = std::fs::read_to_string(path).unwrap();
    match outcome {
        Ok(_) => true,
        Err(error) => {
            assert!(!matches!(error, EditError::Disk { .. } | EditError::ChangedMeanwhile(_)));
            assert_eq!(now, text, "{error}, and the file was changed");
            false
        }
    }
}

fn values(text: &str) -> Value {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    toml_edit::de::from_str(text).expect("a file that is read is TOML to others")
}

fn at<'a>(values: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().try_fold(values, |value, name| value.get(name))
}

/// All but what the edit is about. The rules and hosts that were there are the first ones.
fn without(mut values: Value, names: &[&str]) -> Value {
    let (last, tables) = names.split_last().unwrap();
    let table = tables.iter().try_fold(&mut values, |value, name| value.get_mut(name));
    if let Some(table) = table.and_then(Value::as_object_mut) {
        match table.get_mut(*last) {
            Some(Value::Array(all)) if names == ["rules"] || names == ["hosts"] => {
                let is_ours = |it: &Value| {
                    it.get("domain") == Some(&"fuzz".into()) || it.get("host") == Some(&HOST.into())
                };
                if all.last().is_some_and(is_ours) {
                    all.pop();
                }
            }
            _ => drop(table.remove(*last)),
        }
    }
    without_empty(values)
}

/// A table or a list without anything in it says nothing.
fn without_empty(mut values: Value) -> Value {
    if let Some(table) = values.as_object_mut() {
        table.retain(|_, value| {
            !value.as_object().is_some_and(serde_json::Map::is_empty)
                && !value.as_array().is_some_and(Vec::is_empty)
        });
    }
    values
}

/// In memory, where there is such a place: a thousand files a second are written.
fn folder() -> tempfile::TempDir {
    let in_memory = tempfile::Builder::new().prefix("check-").tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_seed_can_be_edited() {
        crate::corpus::replay("configuration", super::check);
    }
}
