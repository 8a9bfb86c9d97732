//! Names of sources as names of XML elements: what no such name may hold is `_xHHHH_`, or
//! `_xHHHHHHHH_` above U+FFFF. Pure.

/// The source's name; what only looks like an escape stays.
pub fn decode(local_name: &str) -> String {
    let (mut name, mut rest) = (String::new(), local_name);
    while let Some(at) = rest.find('_') {
        name.push_str(&rest[..at]);
        let (character, length) = escape(&rest[at..]).unwrap_or(('_', 1));
        name.push(character);
        rest = &rest[at + length..];
    }
    name + rest
}

/// The escape that the text begins with, and its length.
fn escape(text: &str) -> Option<(char, usize)> {
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
            assert_eq!(decode(encoded), name, "{encoded}");
        }
    }
}
