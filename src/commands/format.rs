//! How commands say things to people.

use std::io::{self, Write};

pub use crate::base::time::in_words;
pub use crate::base::url::redacted as without_secrets;

/// Rows of a name and what is to be said of it, the second in one column. A row without a name goes
/// on with the one before.
#[derive(Debug, Default)]
pub struct Rows(Vec<(String, String)>);

impl Rows {
    /// Adds a row.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.push((name.into(), text.into()));
    }

    /// Adds a row for each text, the first of which carries the name; `nothing` where there is none.
    pub fn add_all(&mut self, name: &str, texts: Vec<String>, nothing: &str) {
        if texts.is_empty() {
            self.add(name, nothing);
        }
        for (place, text) in texts.into_iter().enumerate() {
            self.add(if place == 0 { name } else { "" }, text);
        }
    }

    /// Writes them out.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, text) in &self.0 {
            writeln!(out, "{name:width$}  {text}")?;
        }
        Ok(())
    }
}

/// The text as one word of a shell's command line: of a POSIX one, or of both PowerShell and cmd where
/// that can be, else of PowerShell.
pub fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| {
        let is_of_paths = cfg!(windows) && byte == b'\\';
        byte.is_ascii_alphanumeric() || is_of_paths || b"/._-:+=@".contains(&byte)
    };
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    match (cfg!(windows), text.contains(['$', '`', '"', '%', '!', '\u{201c}', '\u{201d}'])) {
        (false, _) => format!("'{}'", text.replace('\'', r"'\''")),
        (true, false) => format!("\"{text}\""),
        (true, true) => format!("'{}'", text.replace('\'', "''")),
    }
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
    fn rows_stand_in_two_columns() {
        let mut rows = Rows::default();
        rows.add("a", "one");
        rows.add_all("longer", vec!["two".into(), "three".into()], "nothing");
        rows.add_all("b", vec![], "nothing");
        let mut out = Vec::new();
        rows.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "a       one\nlonger  two\n        three\nb       nothing\n");
    }
}
