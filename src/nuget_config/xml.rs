//! The XML of a NuGet.Config, as strict as .NET's reader. Pure.
//!
//! Our parser passes some of what .NET refuses: other versions than 1.0, a declaration that is not
//! complete, names of the fifth edition of XML 1.0, references to no character. NuGet.Client's reader
//! checks characters, ignores instructions and prohibits a DTD.

use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};

use super::ConfigError;
use super::markup::{self, BLANK, Piece, RawAttribute};
use super::name_characters::is_name;
use super::positions::Positions;
use crate::base::text::{excerpt, printable};

/// The names of elements that the format defines: an error message may quote them.
const NAMES: [&str; 11] = [
    "add",
    "auditSources",
    "clear",
    "config",
    "configuration",
    "disabledPackageSources",
    "package",
    "packageSource",
    "packageSourceCredentials",
    "packageSourceMapping",
    "packageSources",
];

/// The largest number of elements, attributes and texts that is read. A file of 4 MiB with more is
/// made to exhaust memory.
const MOST_NODES: u32 = 500_000;

/// Parses text that is a NuGet.Config.
pub fn parse<'a>(text: &'a str, path: &Path) -> Result<Document<'a>, ConfigError> {
    // A DTD is refused, as .NET's reader refuses it.
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let xml = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        let message = printable(&error.to_string());
        let message = message.strip_suffix(&format!(" at {at}")).unwrap_or(&message);
        refused(path, (at.row, at.col), without_quotations(message))
    })?;
    if let Some((at, detail)) = markup::pieces(text, 0..text.len())
        .find_map(|(piece, range)| strictly(piece, &text[range.clone()], range.start))
    {
        return Err(refused(path, Positions::of(text).at(at), detail));
    }
    let root = xml.root_element();
    if !is_named(root, "configuration") {
        let found = excerpt(root.tag_name().name());
        let detail = format!("the root is `{found}`, and not `configuration`");
        return Err(refused(path, Positions::of(text).at(root.range().start), detail));
    }
    Ok(xml)
}

/// Whether the element has this name, in any case and namespace.
pub fn is_named(element: Node<'_, '_>, name: &str) -> bool {
    element.tag_name().name().eq_ignore_ascii_case(name)
}

fn refused(path: &Path, (line, column): (u32, u32), detail: String) -> ConfigError {
    ConfigError::Xml { path: path.to_path_buf(), line, column, detail }
}

/// The parser's message without its quotes from the text, which may be part of a password.
fn without_quotations(message: &str) -> String {
    let parts = message.split('\'').enumerate();
    let hidden = parts.map(|(at, part)| match part.chars().count() {
        2.. if at % 2 == 1 && !NAMES.contains(&part) => "…",
        _ => part,
    });
    hidden.collect::<Vec<_>>().join("'")
}

/// What .NET refuses in a piece of markup that our parser passes, and its place. Nothing of the file
/// is quoted, since it may be part of a password.
fn strictly(piece: Piece, text: &str, at: usize) -> Option<(usize, String)> {
    match piece {
        Piece::Instruction if at == 0 && is_declaration(text) => declaration(text),
        Piece::Instruction => {
            let name = text.trim_start_matches("<?").split(['?', ' ', '\t', '\r', '\n']).next()?;
            let is_reserved = name.eq_ignore_ascii_case("xml");
            (is_reserved || !is_name(name))
                .then(|| (at + 2, "an instruction has a name that XML does not allow".to_owned()))
        }
        Piece::Text => bad_reference(text).map(|found| (at + found, no_character())),
        Piece::Tag => tag(text, at),
        Piece::Comment | Piece::CData => None,
    }
}

fn is_declaration(text: &str) -> bool {
    text.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with(BLANK))
}

/// XML 1.0 has the version, which is 1.0, then the encoding, then whether it stands alone. Whether
/// .NET knows the encoding was decided when the bytes were decoded.
fn declaration(text: &str) -> Option<(usize, String)> {
    let inner = text.strip_prefix("<?xml")?.strip_suffix("?>")?;
    let attributes = markup::attributes(inner);
    let mut rest = attributes.iter().peekable();
    let version = rest.next();
    if version.is_none_or(|it| it.name != "version") {
        return Some((0, "the XML declaration does not begin with its version".to_owned()));
    }
    if version.is_some_and(|it| !is_known_version(it.value)) {
        let detail = "the XML declaration has another version than 1.0, which .NET does not read";
        return Some((0, detail.to_owned()));
    }
    let _ = rest.next_if(|it| it.name == "encoding");
    let _ = rest.next_if(|it| it.name == "standalone" && matches!(it.value, "yes" | "no"));
    rest.next().map(|odd| {
        let detail = "the XML declaration has more than a version, an encoding and `standalone` of \
                      `yes` or `no`";
        ("<?xml".len() + odd.at, detail.to_owned())
    })
}

/// .NET reads no more than the beginning of the version, behind which anything printable may stand.
fn is_known_version(version: &str) -> bool {
    let rest = version.strip_prefix("1.0");
    rest.is_some_and(|rest| {
        rest.bytes().all(|it| matches!(it, b' '..=b'~') && !b"<>&'\"".contains(&it))
    })
}

fn tag(text: &str, at: usize) -> Option<(usize, String)> {
    let (name, rest) = markup::name_and_rest(text);
    if text.starts_with("</") {
        return None;
    }
    if !is_qualified_name(name) {
        return Some((at + 1, "an element has a name that XML 1.0 does not allow".to_owned()));
    }
    markup::attributes(rest).iter().find_map(|attribute| {
        let detail = odd_attribute(attribute)?;
        Some((at + 1 + name.len() + attribute.at, detail))
    })
}

fn odd_attribute(attribute: &RawAttribute<'_>) -> Option<String> {
    if !is_qualified_name(attribute.name) {
        return Some("an attribute has a name that XML 1.0 does not allow".to_owned());
    }
    if let Some(prefix) = attribute.name.strip_prefix("xmlns:") {
        if prefix == "xmlns" {
            return Some("the prefix `xmlns` is declared, which XML reserves".to_owned());
        }
        if attribute.value.is_empty() {
            return Some("a prefix is declared for an empty namespace".to_owned());
        }
    }
    if attribute.name == "xml:space"
        && !matches!(attribute.value.trim_matches(BLANK), "default" | "preserve")
    {
        return Some("`xml:space` is neither `default` nor `preserve`".to_owned());
    }
    bad_reference(attribute.value).map(|_| no_character())
}

fn is_qualified_name(name: &str) -> bool {
    match name.split_once(':') {
        Some((prefix, local)) => is_name(prefix) && is_name(local),
        None => is_name(name),
    }
}

/// The place of a reference to a surrogate, or to a number that is not a character.
fn bad_reference(text: &str) -> Option<usize> {
    text.match_indices("&#").map(|(at, _)| at).find(|at| {
        let number = text[at + 2..].split(';').next().unwrap_or_default();
        let number = match number.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        number.ok().and_then(char::from_u32).is_none()
    })
}

fn no_character() -> String {
    "a reference is to no character".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        match parse(text, Path::new("c")) {
            Ok(_) => "none".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_declaration_that_dotnet_reads() {
        for declaration in [
            "",
            "<?xml version='1.0'?>",
            "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"no\" ?>",
            "<?xml\tversion = '1.0'\n encoding = 'UTF-8' ?>",
            "<?xml version='1.00'?>",
            "<?xml version='1.0 a;'?>",
            "<?app xml?>",
        ] {
            assert_eq!(refusal(&format!("{declaration}<configuration/>")), "none", "{declaration}");
        }
    }

    #[test]
    fn a_declaration_that_dotnet_refuses() {
        for (declaration, expected) in [
            (
                "<?xml version=\"1.1\"?>",
                "line 1, column 1: the XML declaration has another version",
            ),
            ("<?xml version=' 1.0'?>", "line 1, column 1: the XML declaration has another version"),
            (
                "<?xml version='1.0\n'?>",
                "line 1, column 1: the XML declaration has another version",
            ),
            ("<?xml?>", "line 1, column 3: an instruction has a name"),
            ("<?XML version='1.0'?>", "line 1, column 3: an instruction has a name"),
            (
                "<?xml version='1.0' standalone='x'?>",
                "line 1, column 21: the XML declaration has more",
            ),
            ("<!-- -->\n<?a:b c?>", "line 2, column 3: an instruction has a name"),
        ] {
            let refusal = refusal(&format!("{declaration}<configuration/>"));
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn names_prefixes_and_references_that_dotnet_refuses() {
        for (inner, expected) in [
            ("<a😀/>", "column 17: an element has a name"),
            ("<:a/>", "column 17: an element has a name"),
            ("<a ሀ='1'/>", "column 19: an attribute has a name"),
            ("<a xmlns:b=''/>", "column 19: a prefix is declared for an empty namespace"),
            ("<a xml:space='x'/>", "column 19: `xml:space` is neither"),
            ("<a xmlns:xmlns='u'/>", "column 19: the prefix `xmlns` is declared"),
            ("<a b='&#xD83D;&#xDE00;'/>", "column 19: a reference is to no character"),
            ("&#xD800;", "column 16: a reference is to no character"),
        ] {
            let refusal = refusal(&format!("<configuration>{inner}</configuration>"));
            assert!(refusal.contains(expected), "{refusal}");
        }
        for inner in ["<Größe/>", "<!-- &#xD800; ሀ -->", "<![CDATA[&#xD800;]]>", "&#x1F600;&#9;"]
        {
            assert_eq!(
                refusal(&format!("<configuration>{inner}</configuration>")),
                "none",
                "{inner}"
            );
        }
    }
}
