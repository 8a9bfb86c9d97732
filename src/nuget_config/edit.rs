//! Changes to a text that leave alone whatever they do not name. Pure.

use std::ops::Range;

/// What stands at `range` gives way to `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub replacement: String,
}

impl Edit {
    /// Takes out what is there.
    pub fn remove(range: Range<usize>) -> Self {
        Self { range, replacement: String::new() }
    }

    /// Puts in what is not there.
    pub fn insert(at: usize, replacement: String) -> Self {
        Self { range: at..at, replacement }
    }
}

/// The text after the edits, in whatever order they are given; none where two of them overlap, or one
/// is outside of the text or cuts a character.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let (mut edited, mut done) = (String::with_capacity(text.len()), 0);
    for Edit { range, replacement } in edits {
        edited.push_str(text.get(done..range.start)?);
        edited.push_str(replacement);
        text.get(range.clone())?;
        done = range.end;
    }
    edited.push_str(text.get(done..)?);
    Some(edited)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edits_are_applied_wherever_they_stand_in_the_list() {
        let edits = [Edit::insert(5, "!".into()), Edit::remove(0..1), Edit::insert(1, "H".into())];
        assert_eq!(apply("hello", &edits).as_deref(), Some("Hello!"));
    }

    #[test]
    fn edits_that_cannot_be_meant_are_none() {
        let overlapping = [Edit::remove(0..3), Edit::remove(2..4)];
        assert_eq!(apply("hello", &overlapping), None);
        assert_eq!(apply("hello", &[Edit::remove(3..6)]), None);
        assert_eq!(apply("ä", &[Edit::insert(1, String::new())]), None);
    }

    /// A text in pieces: each stays (none), or gives way to another.
    fn pieces() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
        prop::collection::vec((".*", prop::option::of(".*")), 0..8)
    }

    proptest! {
        #[test]
        fn what_is_in_no_edit_stays(pieces in pieces()) {
            let (mut text, mut expected, mut edits) = (String::new(), String::new(), Vec::new());
            for (piece, replacement) in &pieces {
                let range = text.len()..text.len() + piece.len();
                text.push_str(piece);
                expected.push_str(replacement.as_ref().unwrap_or(piece));
                let replacement = replacement.clone();
                edits.extend(replacement.map(|replacement| Edit { range, replacement }));
            }
            prop_assert_eq!(apply(&text, &edits), Some(expected));
        }
    }
}
