//! JSON that can be shown as it is.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::base::text::is_unsafe;

/// The value as JSON on one line. Its texts keep every character of the names of others, but those
/// that could control a terminal, or be a command to a CI service, are escaped.
pub(super) fn text(value: &impl Serialize) -> io::Result<String> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Printable))?;
    String::from_utf8(text).map_err(io::Error::other)
}

struct Printable;

impl Formatter for Printable {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut before = None;
        for character in fragment.chars() {
            // A command of a CI service has two of them: see `one_line`.
            if is_unsafe(character) || (character == '#' && before == Some('#')) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                write!(writer, "{character}")?;
            }
            before = Some(character);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::one_line;

    #[test]
    fn what_a_terminal_or_a_ci_service_would_obey_is_escaped_and_stays() {
        let name = "##vso[x]\u{9b}31m\u{202e}\u{e0001}\n::a \u{e4}#1";
        let shown = text(&[name]).unwrap();
        assert_eq!(shown, "[\"#\\u0023vso[x]\\u009b31m\\u202e\\udb40\\udc01\\n::a \u{e4}#1\"]");
        assert_eq!(one_line(&shown), shown);
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [name]);
    }
}
