//! Quoting for shell command lines.

/// Quotes the text as one word: for a POSIX shell, or on Windows for both PowerShell and cmd if
/// possible, otherwise for PowerShell.
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
