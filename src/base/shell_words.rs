//! A command line as words, split as the AWS CLI splits a `credential_process`.

/// The words. None if a quote is not closed.
pub fn split(line: &str) -> Option<Vec<String>> {
    #[cfg(windows)]
    let words = as_windows(line);
    #[cfg(not(windows))]
    let words = split_as_posix(line);
    words
}

/// The words, on every system, as in the headers of AWS's config file. Blanks separate. `'` quotes everything; `"` quotes everything but `\\` and itself after a `\\`;
/// elsewhere a `\\` quotes the next character. Nothing is expanded.
pub fn split_as_posix(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if matches!(character, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match character {
            '\'' => quoted(&mut characters, word, '\'', false)?,
            '"' => quoted(&mut characters, word, '"', true)?,
            '\\' => word.push(characters.next()?),
            _ => word.push(character),
        }
    }
    words.extend(word);
    Some(words)
}

fn quoted(
    characters: &mut std::str::Chars<'_>,
    word: &mut String,
    quote: char,
    has_escapes: bool,
) -> Option<()> {
    loop {
        match characters.next()? {
            character if character == quote => return Some(()),
            '\\' if has_escapes => {
                let next = characters.next()?;
                if next != quote && next != '\\' {
                    word.push('\\');
                }
                word.push(next);
            }
            character => word.push(character),
        }
    }
}

/// Blanks separate; `"` quotes; a `\\` is itself, but before a `"` two are one and an odd one makes the
/// quote itself.
#[cfg(any(windows, test))]
fn as_windows(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let slashes = rest.len() - rest.trim_start_matches('\\').len();
        let behind = &rest[slashes..];
        if slashes > 0 {
            let is_before_quote = behind.starts_with('"');
            let kept = if is_before_quote { slashes / 2 } else { slashes };
            let word = word.get_or_insert_default();
            word.push_str(&rest[..kept]);
            rest = behind;
            if is_before_quote && slashes % 2 == 1 {
                word.push('"');
                rest = &behind[1..];
            }
            continue;
        }
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
        rest = &rest[character.len_utf8()..];
    }
    words.extend(word);
    (!is_quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_words(words: Option<Vec<String>>, expected: &[&str]) {
        assert_eq!(words.expect("a line of words"), expected);
    }

    /// As Python's `shlex.split` has it.
    #[test]
    fn posix_lines() {
        assert_words(split_as_posix("  a  b\tc\n"), &["a", "b", "c"]);
        assert_words(split_as_posix(r#"'/a b/c' "d e" f\ g"#), &["/a b/c", "d e", "f g"]);
        assert_words(split_as_posix(r#"a'b'"c" "" ''"#), &["abc", "", ""]);
        assert_words(split_as_posix(r#""a\"b\\c\d" 'e\f'"#), &["a\"b\\c\\d", "e\\f"]);
        assert_words(split_as_posix("$HOME/x ~ *.y #z a;b"), &["$HOME/x", "~", "*.y", "#z", "a;b"]);
        assert_words(split_as_posix(""), &[]);
        for line in ["'a", "\"a", "a\\"] {
            assert_eq!(split_as_posix(line), None, "{line}");
        }
    }

    #[test]
    fn windows_lines() {
        assert_words(
            as_windows(r#""C:\Program Files\a.exe" b"#),
            &[r"C:\Program Files\a.exe", "b"],
        );
        assert_words(
            as_windows(r#"C:\a\b.exe "c\\" \"d\" "e\"f""#),
            &[r"C:\a\b.exe", r"c\", r#""d""#, r#"e"f"#],
        );
        assert_words(as_windows(r#"a "" 'b c'"#), &["a", "", "'b", "c'"]);
        assert_eq!(as_windows(r#""a"#), None);
    }
}
