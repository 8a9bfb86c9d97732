//! A file's bytes as text, and back, byte for byte, in the encodings that .NET's reader knows. Pure.
//!
//! .NET reads the XML declaration in the encoding that the first bytes show, and everything after it in
//! the encoding that the declaration names. It knows few names on any system but Windows, and on none
//! in the `dotnet` that NuGet is part of.

use super::edit::Edit;
use super::markup::attributes;
use crate::base::text::excerpt;

/// How a file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    form: Form,
    /// The byte order mark before the text.
    mark: &'static [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Utf8,
    /// UTF-8 under one of its old names: .NET replaces what is none instead of refusing it.
    LenientUtf8,
    Utf16Le,
    Utf16Be,
    /// The places of a character's bytes, from the highest to the lowest.
    Utf32([usize; 4]),
    /// .NET reads a byte above 127 as a question mark.
    Ascii,
    Latin1,
}

/// The encoding of new files.
pub const UTF_8: Encoding = Encoding { form: Form::Utf8, mark: b"" };

const UTF_32_LE: Form = Form::Utf32([3, 2, 1, 0]);
const UTF_32_BE: Form = Form::Utf32([0, 1, 2, 3]);

/// What the first bytes of a file show: a mark, or how its first `<` is encoded. The longer ones come
/// first.
const BEGINNINGS: [(&[u8], Form, &[u8]); 13] = [
    (b"\xff\xfe\0\0", UTF_32_LE, b"\xff\xfe\0\0"),
    (b"\0\0\xfe\xff", UTF_32_BE, b"\0\0\xfe\xff"),
    (b"\0\0\xff\xfe", Form::Utf32([1, 0, 3, 2]), b"\0\0\xff\xfe"),
    (b"\xfe\xff\0\0", Form::Utf32([2, 3, 0, 1]), b"\xfe\xff\0\0"),
    (b"<\0\0\0", UTF_32_LE, b""),
    (b"\0\0\0<", UTF_32_BE, b""),
    (b"\0\0<\0", Form::Utf32([1, 0, 3, 2]), b""),
    (b"\0<\0\0", Form::Utf32([2, 3, 0, 1]), b""),
    (b"\xef\xbb\xbf", Form::Utf8, b"\xef\xbb\xbf"),
    (b"\xff\xfe", Form::Utf16Le, b"\xff\xfe"),
    (b"\xfe\xff", Form::Utf16Be, b"\xfe\xff"),
    (b"<\0", Form::Utf16Le, b""),
    (b"\0<", Form::Utf16Be, b""),
];

/// The longest XML declaration that is searched for its encoding, in bytes of the file.
const DECLARATION: usize = 4096;

/// Why NuGet cannot read the bytes as text.
#[derive(Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// From 1.
    pub line: usize,
    pub detail: String,
}

impl Encoding {
    /// The encoding and the text without its mark, or the error in the bytes. Where .NET replaces bytes,
    /// the text is what .NET reads; [`Self::edited`] keeps such bytes, or refuses.
    pub fn decode(bytes: &[u8]) -> Result<(Self, String), Undecodable> {
        let encoding = Self::of(bytes).map_err(|detail| Undecodable { line: 1, detail })?;
        let rest = &bytes[encoding.mark.len()..];
        let text = match encoding.form {
            Form::Utf8 => utf_8(rest),
            Form::LenientUtf8 => Ok(String::from_utf8_lossy(rest).into_owned()),
            Form::Utf16Le => utf_16(rest, u16::from_le_bytes),
            Form::Utf16Be => utf_16(rest, u16::from_be_bytes),
            Form::Utf32(order) => Ok(utf_32(rest, order)),
            Form::Ascii => Ok(rest.iter().map(|byte| ascii(*byte)).collect()),
            Form::Latin1 => Ok(latin_1(rest)),
        };
        let text = text.map_err(|before| Undecodable {
            line: before.matches('\n').count() + 1,
            detail: format!("it holds bytes that are no {}", encoding.name()),
        })?;
        Ok((encoding, text))
    }

    /// The bytes of a text; none if the encoding lacks one of its characters.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        let body = match self.form {
            Form::Utf8 | Form::LenientUtf8 => Some(text.as_bytes().to_vec()),
            Form::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Form::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Form::Utf32(order) => Some(
                text.chars().flat_map(|it| ordered(u32::from(it).to_be_bytes(), order)).collect(),
            ),
            Form::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Form::Latin1 => text.chars().map(|c| u8::try_from(c).ok()).collect(),
        };
        Some([self.mark, &body?].concat())
    }

    /// The bytes of a file after edits of its text that are in order. None if it has bytes that its
    /// encoding does not have, and that would be lost.
    pub fn spliced(self, bytes: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
        let is_ascii = edits.iter().all(|edit| edit.replacement.is_ascii());
        if self.form != Form::Ascii || !is_ascii {
            return None;
        }
        // Each byte is one of the text as well.
        let (mut spliced, mut done) = (bytes[..self.mark.len()].to_vec(), self.mark.len());
        for Edit { range, replacement } in edits {
            spliced.extend_from_slice(bytes.get(done..self.mark.len() + range.start)?);
            spliced.extend_from_slice(replacement.as_bytes());
            done = self.mark.len() + range.end;
        }
        spliced.extend_from_slice(bytes.get(done..)?);
        Some(spliced)
    }

    /// The usual name of the encoding.
    pub fn name(self) -> &'static str {
        match self.form {
            Form::Utf8 | Form::LenientUtf8 => "UTF-8",
            Form::Utf16Le | Form::Utf16Be => "UTF-16",
            Form::Utf32(_) => "UTF-32",
            Form::Ascii => "US-ASCII",
            Form::Latin1 => "ISO-8859-1",
        }
    }

    fn of(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(b"\x4c\x6f\xa7\x94") {
            return Err("it is encoded as EBCDIC, which .NET does not read".to_owned());
        }
        let found = BEGINNINGS.into_iter().find(|(beginning, ..)| bytes.starts_with(beginning));
        let (form, mark) = found.map_or((Form::Utf8, &b""[..]), |(_, form, mark)| (form, mark));
        let head = &bytes[mark.len()..];
        let head = first_characters(&head[..head.len().min(DECLARATION)], form);
        let form = match declared_name(&head) {
            Some(name) => form.declared_as(name)?,
            None => form,
        };
        Ok(Self { form, mark })
    }
}

impl Form {
    /// What .NET reads the rest of a file as after a declaration in this form. A file whose other
    /// bytes are of another width cannot be read on.
    fn declared_as(self, name: &str) -> Result<Self, String> {
        let name = name.to_ascii_lowercase();
        let is_utf_16 = matches!(self, Self::Utf16Le | Self::Utf16Be);
        let declared = match &*name {
            "utf-8" => Self::Utf8,
            "utf-16" | "ucs-2" | "iso-10646-ucs-2" if is_utf_16 => self,
            "utf-16" | "ucs-2" | "iso-10646-ucs-2" => return Err(contradiction(&name, self)),
            "ucs-4" if self == Self::Utf8 => Self::LenientUtf8,
            "ucs-4" => self,
            "unicode-1-1-utf-8"
            | "unicode-2-0-utf-8"
            | "x-unicode-1-1-utf-8"
            | "x-unicode-2-0-utf-8" => Self::LenientUtf8,
            "utf-16le" | "unicode" => Self::Utf16Le,
            "utf-16be" | "unicodefffe" => Self::Utf16Be,
            "utf-32" | "utf-32le" => UTF_32_LE,
            "utf-32be" => UTF_32_BE,
            "us-ascii" | "ascii" | "us" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "cp367"
            | "csascii" | "ibm367" | "iso-ir-6" | "iso646-us" | "iso_646.irv:1991" => Self::Ascii,
            "iso-8859-1" | "latin1" | "l1" | "cp819" | "csisolatin1" | "ibm819" | "iso-ir-100"
            | "iso8859-1" | "iso_8859-1" | "iso_8859-1:1987" => Self::Latin1,
            _ => {
                let name = excerpt(&name);
                return Err(format!("it is encoded as `{name}`, which .NET does not read"));
            }
        };
        let is_of_bytes =
            |form| matches!(form, Self::Utf8 | Self::LenientUtf8 | Self::Ascii | Self::Latin1);
        if declared == self || is_of_bytes(declared) && is_of_bytes(self) {
            Ok(declared)
        } else {
            Err(contradiction(&name, self))
        }
    }
}

fn contradiction(declared: &str, form: Form) -> String {
    let is = Encoding { form, mark: b"" }.name();
    format!("its XML declaration says `{declared}`, and its bytes are {is}")
}

/// The first characters, as far as they are ASCII, as all of a declaration are.
fn first_characters(bytes: &[u8], form: Form) -> String {
    match form {
        Form::Utf16Le | Form::Utf16Be => {
            let low = usize::from(form == Form::Utf16Be);
            bytes.as_chunks::<2>().0.iter().map(|unit| ascii(unit[low])).collect()
        }
        Form::Utf32(order) => utf_32(bytes, order),
        _ => bytes.iter().map(|byte| ascii(*byte)).collect(),
    }
}

fn declared_name(head: &str) -> Option<&str> {
    let declaration = head.strip_prefix("<?xml")?.split_once("?>")?.0;
    let attributes = attributes(declaration);
    attributes.iter().find(|it| it.name == "encoding").map(|it| it.value)
}

/// The text, or what is before the first bytes that are none. .NET does not notice a character that
/// the end cuts off.
fn utf_8(bytes: &[u8]) -> Result<String, String> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            if error.error_len().is_none() { Ok(before) } else { Err(before) }
        }
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let units = bytes.as_chunks::<2>().0.iter().copied().map(unit);
    let mut text = String::new();
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(text),
        }
    }
    Ok(text)
}

fn utf_32(bytes: &[u8], order: [usize; 4]) -> String {
    let characters = bytes.as_chunks::<4>().0.iter().map(|unit| {
        let number = u32::from_be_bytes(ordered(*unit, order));
        char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    characters.collect()
}

/// The bytes in this order. Applying any of the orders twice restores the original.
fn ordered(bytes: [u8; 4], order: [usize; 4]) -> [u8; 4] {
    order.map(|place| bytes[place])
}

fn ascii(byte: u8) -> char {
    if byte.is_ascii() { char::from(byte) } else { '?' }
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
    fn the_first_bytes_show_the_encoding() {
        let text = "<a/>".to_owned();
        for (bytes, name) in [
            (&b"<a/>"[..], "UTF-8"),
            (b"\xef\xbb\xbf<a/>", "UTF-8"),
            (b"\xff\xfe<\0a\0/\0>\0", "UTF-16"),
            (b"\xfe\xff\0<\0a\0/\0>", "UTF-16"),
            (b"<\0a\0/\0>\0", "UTF-16"),
            (b"\0<\0a\0/\0>", "UTF-16"),
            (b"\xff\xfe\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0\0", "UTF-32"),
            (b"\0\0\xfe\xff\0\0\0<\0\0\0a\0\0\0/\0\0\0>", "UTF-32"),
            (b"<\0\0\0a\0\0\0/\0\0\0>\0\0\0", "UTF-32"),
            (b"\0\0<\0\0\0a\0\0\0/\0\0\0>\0", "UTF-32"),
            (b"\0<\0\0\0a\0\0\0/\0\0\0>\0\0", "UTF-32"),
        ] {
            assert_eq!(decoded(bytes), (name, text.clone()), "{bytes:?}");
        }
    }

    #[test]
    fn the_declaration_names_the_others() {
        let latin = b"<?xml version='1.0' encoding = 'ISO-8859-1' ?>\xe4";
        assert!(decoded(latin).1.ends_with('ä'));
        assert!(decoded(b"<?xml version='1.0' encoding='l1'?>\xe4").1.ends_with('ä'));
        assert!(
            decoded(b"\xef\xbb\xbf<?xml version='1.0' encoding='latin1'?>\xe4").1.ends_with('ä')
        );
        assert_eq!(decoded(b"<a encoding=\"shift_jis\"/>").0, "UTF-8");
        for (declaration, last) in [("us-ascii", '?'), ("unicode-1-1-utf-8", '\u{fffd}')] {
            let bytes = [format!("<?xml encoding='{declaration}'?>").as_bytes(), b"\xe4"].concat();
            assert!(decoded(&bytes).1.ends_with(last), "{declaration}");
        }
    }

    fn utf_16_bytes(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn what_dotnet_does_not_read_is_refused() {
        for (bytes, line, detail) in [
            (
                &b"<?xml encoding='shift_jis'?>"[..],
                1,
                "it is encoded as `shift_jis`, which .NET does not read",
            ),
            (
                b"<?xml encoding='utf-16'?>",
                1,
                "its XML declaration says `utf-16`, and its bytes are UTF-8",
            ),
            (b"\xe4 ", 1, "it holds bytes that are no UTF-8"),
            (b"<a>\n\n \xe4 </a>", 3, "it holds bytes that are no UTF-8"),
            (b"\xff\xfe\n\0\x00\xd8 \0", 2, "it holds bytes that are no UTF-16"),
            (b"\x4c\x6f\xa7\x94", 1, "it is encoded as EBCDIC, which .NET does not read"),
            (
                &utf_16_bytes("\u{feff}<?xml version='1.0' encoding=\"UTF-8\"?>"),
                1,
                "its XML declaration says `utf-8`, and its bytes are UTF-16",
            ),
            (
                &utf_16_bytes("<?xml version='1.0' encoding=\"utf-16be\"?>"),
                1,
                "its XML declaration says `utf-16be`, and its bytes are UTF-16",
            ),
        ] {
            let expected = Undecodable { line, detail: detail.to_owned() };
            assert_eq!(Encoding::decode(bytes), Err(expected));
        }
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_not_written() {
        let (encoding, _) = Encoding::decode(b"<?xml encoding='iso-8859-1'?>").unwrap();
        assert_eq!((encoding.encode("ä"), encoding.encode("€")), (Some(vec![0xe4]), None));
    }

    #[test]
    fn bytes_that_dotnet_replaces_are_kept_where_they_can_be() {
        let bytes = b"<?xml encoding='ascii'?>\xe4<a>\xe4</a>";
        let (encoding, text) = Encoding::decode(bytes).unwrap();
        let at = text.find("</a>").unwrap();
        let spliced = encoding.spliced(bytes, &[Edit::insert(at, "<b/>".into())]).unwrap();
        assert_eq!(spliced, b"<?xml encoding='ascii'?>\xe4<a>\xe4<b/></a>");
        assert_eq!(encoding.spliced(bytes, &[Edit::insert(at, "ä".into())]), None);
        let bytes = b"<?xml encoding='unicode-1-1-utf-8'?>\xe4";
        assert_eq!(Encoding::decode(bytes).unwrap().0.spliced(bytes, &[]), None);
    }

    proptest! {
        #[test]
        fn what_can_be_read_is_written_as_it_was(
            mark in prop::sample::select(vec![
                &b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"<?xml encoding='latin1'?>",
                b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\0\0\xff\xfe", b"\xfe\xff\0\0",
                b"\xef\xbb\xbf<?xml encoding='latin1'?>", b"<?xml encoding='us-ascii'?>",
            ]),
            text in any::<String>(),
            noise in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            for tail in [text.as_bytes(), &noise] {
                let bytes = [mark, tail].concat();
                if let Ok((encoding, text)) = Encoding::decode(&bytes) {
                    let exact = encoding.encode(&text).filter(|encoded| *encoded == bytes);
                    let kept = exact.or_else(|| encoding.spliced(&bytes, &[]));
                    prop_assert!(kept.is_none_or(|kept| kept == bytes));
                }
            }
        }
    }
}
