//! Words of a shell's command line.

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
