//! Text that came from elsewhere, made fit for a terminal and a log; and what it was meant to be.

/// One line without control characters, so that no line, colour or cursor command of a server's
/// reaches the terminal; cut at a length that no text of ours has.
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

/// Of the words that are known, the one that was probably meant; none where none is near.
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
