//! Text that came from elsewhere, made fit for a terminal and a log; bytes as text.

use std::fmt::Write as _;

/// Replaces control characters (so no line, colour or cursor command of a server's reaches the
/// terminal) by spaces, and cuts at a length that no honest message has.
pub fn printable(text: &str) -> String {
    const LONGEST: usize = 2000;
    let is_unsafe = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let clean = text.chars().map(|c| if is_unsafe(c) { ' ' } else { c });
    clean.take(LONGEST).collect::<String>().trim().to_owned()
}

/// Two lower-case digits a byte.
pub fn lower_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a string cannot fail
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(printable("\x1b[31mred\r\nnext\u{202e}x\x07"), "[31mred  next x");
        assert_eq!(printable("pl\u{e4}in"), "pl\u{e4}in");
    }
}
