//! A file's bytes as text, and back, byte for byte, in the encodings that .NET's reader knows. Pure.

/// How a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    form: Form,
    /// Whether a byte order mark comes first.
    has_mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Utf8,
    Utf16Le,
    Utf16Be,
    Ascii,
    Latin1,
}

/// The encoding of new files.
pub const UTF_8: Encoding = Encoding { form: Form::Utf8, has_mark: false };

/// The length of the text that is searched for the encoding in an XML declaration.
const DECLARATION: usize = 200;

impl Encoding {
    /// The encoding and the text without its mark, or the error in the bytes.
    pub fn decode(bytes: &[u8]) -> Result<(Self, String), String> {
        let (encoding, rest) = Self::of(bytes)?;
        let text = match encoding.form {
            Form::Utf8 => str::from_utf8(rest).ok().map(str::to_owned),
            Form::Utf16Le => utf_16(rest, u16::from_le_bytes),
            Form::Utf16Be => utf_16(rest, u16::from_be_bytes),
            Form::Ascii => rest.is_ascii().then(|| latin_1(rest)),
            Form::Latin1 => Some(latin_1(rest)),
        };
        let text = text.ok_or_else(|| format!("it holds bytes that are no {}", encoding.name()))?;
        Ok((encoding, text))
    }

    /// The bytes of a text; none if the encoding lacks one of its characters.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let text = [mark, text].concat();
        match self.form {
            Form::Utf8 => Some(text.into_bytes()),
            Form::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Form::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Form::Ascii => text.is_ascii().then(|| text.into_bytes()),
            Form::Latin1 => text.chars().map(|c| u8::try_from(c).ok()).collect(),
        }
    }

    /// The usual name of the encoding.
    pub fn name(self) -> &'static str {
        match self.form {
            Form::Utf8 => "UTF-8",
            Form::Utf16Le | Form::Utf16Be => "UTF-16",
            Form::Ascii => "US-ASCII",
            Form::Latin1 => "ISO-8859-1",
        }
    }

    /// The encoding, and the bytes after the mark. A mark takes precedence over the XML
    /// declaration.
    fn of(bytes: &[u8]) -> Result<(Self, &[u8]), String> {
        let (form, mark) = match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
                return Err("it is encoded as UTF-32".to_owned());
            }
            [0xef, 0xbb, 0xbf, ..] => (Form::Utf8, 3),
            [0xff, 0xfe, ..] => (Form::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Form::Utf16Be, 2),
            [b'<', 0, ..] => (Form::Utf16Le, 0),
            [0, b'<', ..] => (Form::Utf16Be, 0),
            _ => (declared(bytes)?, 0),
        };
        Ok((Self { form, has_mark: mark > 0 }, &bytes[mark..]))
    }
}

/// The encoding that the XML declaration names; UTF-8 if it names none.
fn declared(bytes: &[u8]) -> Result<Form, String> {
    let head = latin_1(&bytes[..bytes.len().min(DECLARATION)]);
    match declared_name(&head).map(str::to_ascii_lowercase).as_deref() {
        None | Some("utf-8") => Ok(Form::Utf8),
        Some("us-ascii" | "ascii") => Ok(Form::Ascii),
        Some("iso-8859-1" | "latin1") => Ok(Form::Latin1),
        Some("utf-16" | "utf-16le" | "utf-16be" | "unicode") => {
            Err("it says that it is UTF-16, and is not".to_owned())
        }
        Some(other) => Err(format!("it is encoded as `{}`", crate::base::text::excerpt(other))),
    }
}

fn declared_name(head: &str) -> Option<&str> {
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next()
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().copied().map(unit).collect();
    if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8]) -> (&'static str, String) {
        let (encoding, text) = Encoding::decode(bytes).unwrap();
        (encoding.name(), text)
    }

    #[test]
    fn a_mark_decides_before_the_declaration() {
        assert_eq!(decoded(b"\xef\xbb\xbf<a/>"), ("UTF-8", "<a/>".to_owned()));
        assert_eq!(decoded(b"\xff\xfe<\0a\0"), ("UTF-16", "<a".to_owned()));
        assert_eq!(decoded(b"\xfe\xff\0<\0a"), ("UTF-16", "<a".to_owned()));
        assert_eq!(decoded(b"<\0a\0"), ("UTF-16", "<a".to_owned()));
        assert_eq!(decoded(b"\0<\0a"), ("UTF-16", "<a".to_owned()));
    }

    #[test]
    fn the_declaration_names_the_others() {
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1' ?>\xe4";
        assert!(decoded(latin).1.ends_with('ä'));
        assert_eq!(decoded(b"<?xml version=\"1.0\" encoding=\"us-ascii\"?>").0, "US-ASCII");
        assert_eq!(decoded(b"<a encoding=\"shift_jis\"/>").0, "UTF-8");
    }

    #[test]
    fn what_dotnet_does_not_read_is_refused() {
        for (bytes, why) in [
            (&b"<?xml encoding='shift_jis'?>"[..], "it is encoded as `shift_jis`"),
            (b"<?xml encoding='utf-16'?>", "it says that it is UTF-16, and is not"),
            (b"<?xml encoding='ascii'?>\xe4", "it holds bytes that are no US-ASCII"),
            (b"\xe4", "it holds bytes that are no UTF-8"),
            (b"\xff\xfe<", "it holds bytes that are no UTF-16"),
            (b"\xff\xfe\x00\xd8", "it holds bytes that are no UTF-16"),
            (b"\xff\xfe\0\0<\0\0\0", "it is encoded as UTF-32"),
        ] {
            assert_eq!(Encoding::decode(bytes), Err(why.to_owned()));
        }
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_not_written() {
        let (encoding, _) = Encoding::decode(b"<?xml encoding='iso-8859-1'?>").unwrap();
        assert_eq!((encoding.encode("ä"), encoding.encode("€")), (Some(vec![0xe4]), None));
    }

    proptest! {
        #[test]
        fn what_can_be_read_is_written_as_it_was(
            mark in prop::sample::select(vec![
                &b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"<?xml encoding='latin1'?>",
            ]),
            text in any::<String>(),
            noise in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            for tail in [text.as_bytes(), &noise] {
                let bytes = [mark, tail].concat();
                if let Ok((encoding, text)) = Encoding::decode(&bytes) {
                    prop_assert_eq!(encoding.encode(&text), Some(bytes));
                }
            }
        }
    }
}
