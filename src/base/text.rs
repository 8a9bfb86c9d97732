//! Text from other programs, made safe for a terminal and a log; suggestions for mistyped words.

/// One line without control characters, so that a server cannot send line breaks, colours or cursor
/// commands to the terminal. It is cut at a length that none of our texts reaches.
pub fn printable(text: &str) -> String {
    clean(text, 2000)
}

/// Like [`printable`], for a quoted part of a line, with a shorter limit.
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

/// A terminal command: `ESC [`, parameters, and a letter. Of any other command only `ESC` is
/// removed.
fn skip_command(characters: &mut std::str::Chars<'_>) {
    if characters.as_str().starts_with('[') {
        let _ = characters.by_ref().skip(1).find(|character| matches!(character, '@'..='~'));
    }
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The known word that was probably meant; none if no word is similar.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known = known.into_iter().map(|known| (strsim::levenshtein(word, known), known));
    known.min().filter(|(distance, _)| *distance <= 2).map(|(_, known)| known)
}

/// "no tokens", "1 token", "2 tokens".
pub fn count(number: usize, one: &str) -> String {
    match number {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
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
