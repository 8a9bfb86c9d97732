//! A NuGet.Config with any bytes: a source that is added is there and changes no other byte, taking it
//! back gives the bytes that were there, and credentials that are removed are gone with nothing else.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a check fails by a panic")]
#![allow(clippy::disallowed_methods, reason = "the files are the check's own")]

use std::path::Path;

use super::edit::{Edit, apply};
use super::encoding::Encoding;
use super::{ConfigError, ConfigFile, Document, add_source, remove_credentials, without_secrets};

const NAME: &str = "fuzz \"<&";
const URL: &str = "https://fuzz.example/?a&b";

pub fn check(bytes: &[u8]) {
    let Ok((encoding, text)) = Encoding::decode(bytes) else { return };
    let shown = Path::new("nuget.config");
    let Ok(document) = Document::parse(&text, shown) else {
        assert!(add_source(&text, shown, NAME, URL).is_err(), "{text:?}");
        return;
    };
    let folder = folder();
    let path = folder.path().join("nuget.config");
    std::fs::write(&path, bytes).unwrap();
    let ranges = document.all_credentials.iter().map(|it| it.range.clone());
    let ranges: Vec<_> = ranges.chain(document.commented_credentials.iter().cloned()).collect();
    let parts = without_secrets(&text, shown, &ranges).expect("a file that was read can be shown");
    assert_eq!(parts.len(), ranges.len());

    let add = add_source(&text, shown, NAME, URL).expect("a file that was read can be added to");
    let file = ConfigFile::read(&path).unwrap().expect("it was written");
    if let Some(added) = write(&file, &add, &path) {
        let removed = encoding.encode(&text[add.range.clone()]).map_or(0, |it| it.len());
        let kept = common(bytes, &added);
        assert!(kept + removed >= bytes.len(), "{bytes:?} became {added:?}");
        is_added(&document, &added, &path);
        let start = add.range.start;
        let back = Edit {
            range: start..start + add.replacement.len(),
            replacement: text[add.range.clone()].to_owned(),
        };
        let file = ConfigFile::read(&path).unwrap().expect("it was written");
        assert_eq!(write(&file, &back, &path).as_deref(), Some(bytes), "{added:?} was not undone");
    }
    is_scrubbed(&text, &document);
}

/// The bytes after the edit. None if they cannot be those of the file's encoding.
fn write(file: &ConfigFile, edit: &Edit, path: &Path) -> Option<Vec<u8>> {
    match file.write(std::slice::from_ref(edit)) {
        Ok(()) => Some(std::fs::read(path).unwrap()),
        Err(ConfigError::NotInEncoding { .. } | ConfigError::BytesLost { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// How many bytes of the first one stand at the beginning or the end of the second one.
fn common(before: &[u8], after: &[u8]) -> usize {
    let front = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[front..], &after[front..]);
    let back = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    front + back
}

fn is_added(before: &Document, bytes: &[u8], path: &Path) {
    let (_, text) = Encoding::decode(bytes).expect("what was written can be read");
    let after = Document::parse(&text, path).expect("what was written is a NuGet.Config");
    let listed = |document: &Document| -> Vec<(String, String)> {
        let entries = document.package_sources.entries();
        entries.map(|it| (it.name.clone(), it.value.clone())).collect()
    };
    let mut expected = listed(before);
    // Of equal elements NuGet takes the first.
    if !expected.iter().any(|(name, _)| name.eq_ignore_ascii_case(NAME)) {
        expected.push((NAME.to_owned(), URL.to_owned()));
    }
    assert_eq!(listed(&after), expected, "{text:?}");
    assert_eq!(after.all_credentials.len(), before.all_credentials.len(), "{text:?}");
    assert_eq!(after.problems.len(), before.problems.len(), "{text:?}");
}

fn is_scrubbed(text: &str, document: &Document) {
    let shown = Path::new("nuget.config");
    let doomed: Vec<_> = document.all_credentials.iter().map(|it| it.range.clone()).collect();
    let edits = remove_credentials(text, shown, &doomed).expect("a file that was read");
    let scrubbed = apply(text, &edits).expect("edits of the text's own ranges");
    assert_eq!(doomed.is_empty(), scrubbed == text, "{text:?}");
    let after = Document::parse(&scrubbed, shown).expect("it is a NuGet.Config still");
    assert!(after.all_credentials.is_empty(), "{text:?} became {scrubbed:?}");
    let names = |document: &Document| -> Vec<String> {
        document.package_sources.entries().map(|it| it.name.clone()).collect()
    };
    assert_eq!(names(&after), names(document), "{text:?} became {scrubbed:?}");
    assert!(after.problems.len() <= document.problems.len(), "{text:?} became {scrubbed:?}");
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
        crate::corpus::replay("nuget_config", super::check);
    }
}
