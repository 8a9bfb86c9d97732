//! Text that came from elsewhere, made fit for a terminal and a log; bytes as text.

use std::fmt::Write as _;

/// One line without control characters, so that no line, colour or cursor command of a server's
/// reaches the terminal; cut at a length that no honest text of ours has.
pub fn printable(text: &str) -> String {
    clean(text, 2000)
}

/// As [`printable`], for a part of a line that somebody else wrote: cut sooner.
pub fn excerpt(text: &str) -> String {
    clean(text, 400)
}

fn clean(text: &str, longest: usize) -> String {
    let mut clean = String::new();
    let mut length = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            skip_command(&mut characters);
        } else if !is_unsafe(character) && !character.is_whitespace() {
            clean.push(character);
        } else if !clean.is_empty() && !clean.ends_with(' ') {
            clean.push(' ');
        } else {
            continue;
        }
        length += 1;
        if length > longest {
            clean.push('…');
            break;
        }
    }
    clean.trim_end().to_owned()
}

/// A terminal's command: `ESC [`, parameters, and a letter. Of any other only `ESC` is left out.
fn skip_command(characters: &mut std::str::Chars<'_>) {
    if characters.as_str().starts_with('[') {
        let _ = characters.by_ref().skip(1).find(|character| matches!(character, '@'..='~'));
    }
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Two lower-case digits a byte.
pub fn lower_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
        text
    })
}

/// Of the words that are known, the one that was probably meant; none where none is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known = known.into_iter().map(|known| (distance(word, known), known));
    known.min().filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// How many characters have to be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, character) in one.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, with) in other.iter().enumerate() {
            let changed = above[column] + usize::from(character != *with);
            line.push(changed.min(above[column + 1] + 1).min(line[column] + 1));
        }
        above = line;
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(printable("\x1b[31mred\x1b[0m\r\nnext\u{202e}x\x07"), "red next x");
        assert_eq!(printable(" \x1b7a  b "), "7a b");
        assert_eq!(printable("pl\u{e4}in"), "pl\u{e4}in");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(excerpt(&"\u{e4}".repeat(400)), "\u{e4}".repeat(400));
        let cut = excerpt(&"\u{e4}".repeat(500));
        assert!(cut.ends_with('…') && cut.chars().count() < 410, "{cut}");
    }
}
