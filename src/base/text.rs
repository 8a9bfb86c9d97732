//! Text from other programs, made safe for a terminal, a log and a CI service; suggestions for
//! mistyped words.

use std::borrow::Cow;

/// One line without control characters, so that a server cannot send line breaks, colours or cursor
/// commands to the terminal. It is cut at a length that none of our texts reaches.
pub fn printable(text: &str) -> String {
    clean(text, 2000)
}

/// Like [`printable`], for a quoted part of a line, with a shorter limit.
pub fn excerpt(text: &str) -> String {
    clean(text, 400)
}

/// The text with a capital first letter, as a sentence begins. A name in backticks or of a variable
/// stays as it is.
pub fn capitalised(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
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
    without_ci_commands(clean.trim_end()).into_owned()
}

/// A line of ours, which may quote names of others, for a person: the quoted part can neither break
/// the line, nor control the terminal, nor be a command to a CI service. Its blanks stay as they
/// are.
pub fn one_line(text: &str) -> String {
    let characters = text.chars().map(|character| match character {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        '\t' => '\t',
        other if is_unsafe(other) => '?',
        other => other,
    });
    let line: String = characters.collect();
    without_ci_commands(&line).into_owned()
}

/// The line with a blank in everything that a CI service would run as a command. GitHub's runner
/// runs a line that begins with `::` after blanks, and `##[` anywhere; Azure's agent `##vso[`
/// anywhere; `TeamCity` `##teamcity[`.
fn without_ci_commands(line: &str) -> Cow<'_, str> {
    let line = match line.trim_start().strip_prefix("::") {
        Some(rest) => {
            let blanks = &line[..line.len() - rest.len() - "::".len()];
            Cow::Owned(format!("{blanks}: :{rest}"))
        }
        None => Cow::Borrowed(line),
    };
    if !line.contains("##") {
        return line;
    }
    let mut broken = String::new();
    let mut rest = &*line;
    while let Some(at) = rest.find("##") {
        broken.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let name = rest[1..].trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
        if name.starts_with('[') {
            broken.push(' ');
        }
    }
    broken.push_str(rest);
    Cow::Owned(broken)
}

/// A terminal command: `ESC [`, parameters, and a letter. Of any other command only `ESC` is
/// removed.
fn skip_command(characters: &mut std::str::Chars<'_>) {
    if characters.as_str().starts_with('[') {
        let _ = characters.by_ref().skip(1).find(|character| matches!(character, '@'..='~'));
    }
}

/// Control characters, line and paragraph separators, and Unicode's format characters: the last
/// change the direction of text, or cannot be seen, so that a name looks like another one.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
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
    fn a_line_cannot_be_broken_turned_or_coloured_and_keeps_its_blanks() {
        for (text, line) in [
            ("  name\nok  forged", "  name ok  forged"),
            ("a\u{1b}[31mb\r\n\t\u{e4}", "a?[31mb  \t\u{e4}"),
            ("\u{9b}31m\u{202e}txt\u{2066}\u{200f}\u{200b}", "?31m?txt???"),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
        }
    }

    #[test]
    fn no_line_is_a_command_to_a_ci_service() {
        for (text, line) in [
            ("::set-env name=A::b", ": :set-env name=A::b"),
            (" \u{a0}::warning::x", " \u{a0}: :warning::x"),
            ("\n::add-mask::x", " : :add-mask::x"),
            ("a ##[add-path]/x", "a # #[add-path]/x"),
            ("##vso[task.setvariable variable=a]b", "# #vso[task.setvariable variable=a]b"),
            ("###teamcity[x ##[y", "## #teamcity[x # #[y"),
            ("a :: b, fe80::1 and ## heading [1]", "a :: b, fe80::1 and ## heading [1]"),
        ] {
            assert_eq!(one_line(text), line, "{text:?}");
            assert_eq!(printable(text), line.trim(), "{text:?}");
        }
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(excerpt(&"\u{e4}".repeat(400)), "\u{e4}".repeat(400));
        let cut = excerpt(&"\u{e4}".repeat(500));
        assert!(cut.ends_with('…') && cut.chars().count() < 410, "{cut}");
    }
}
