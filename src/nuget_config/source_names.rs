//! The names of sources as the names of elements. Pure.

/// The name of the source that an element's name encodes: characters that XML does not allow there
/// are written `_xHHHH_`, or `_xHHHHHHHH_` above U+FFFF. Text that only looks like an escape stays.
pub fn decode_name(local_name: &str) -> String {
    let (mut name, mut rest) = (String::new(), local_name);
    while let Some(at) = rest.find('_') {
        name.push_str(&rest[..at]);
        let (character, length) = escaped_character(&rest[at..]).unwrap_or(('_', 1));
        name.push(character);
        rest = &rest[at + length..];
    }
    name + rest
}

/// The character whose escape is at the start of the text, and the escape's length.
fn escaped_character(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("_x").or_else(|| text.strip_prefix("_X"))?.split('_').next()?;
    let is_closed = text.as_bytes().get(2 + digits.len()) == Some(&b'_');
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_closed || !is_hex || !matches!(digits.len(), 4 | 8) {
        return None;
    }
    let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((character, digits.len() + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_as_dotnet_does() {
        for (encoded, name) in [
            ("my-org_x002F_my-packages", "my-org/my-packages"),
            ("_x0031_st", "1st"),
            ("a_X0020_b", "a b"),
            ("_x0001F600_", "😀"),
            ("a_x005F_x0020_", "a_x0020_"),
            ("_x002F", "_x002F"),
            ("_x2F_", "_x2F_"),
            ("_xD800_", "_xD800_"),
            ("_x+02F_", "_x+02F_"),
            ("__x0020__", "_ _"),
            ("plain", "plain"),
        ] {
            assert_eq!(decode_name(encoded), name, "{encoded}");
        }
    }
}
