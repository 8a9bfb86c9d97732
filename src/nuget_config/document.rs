//! The content of one NuGet.Config, each part with its range in the text. Pure.
//!
//! It is read as NuGet reads it: elements by their local names in any namespace, sections and
//! attributes with exact case, and of two equal elements only the first. Errors for which NuGet
//! refuses a file are collected and the rest is read, so that a broken part hides no password
//! elsewhere.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use roxmltree::{Document as Xml, Node, ParsingOptions, TextPos};

use super::ConfigError;
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

/// The sections that determine sources and their credentials.
#[derive(Debug, Default)]
pub struct Document {
    pub package_sources: Section<SourceEntry>,
    pub audit_sources: Section<SourceEntry>,
    /// The names of disabled sources.
    pub disabled: Section<String>,
    pub mappings: Section<MappingEntry>,
    pub credentials: Section<CredentialsEntry>,
    /// These and all other credentials, such as those of a second section or the second of two
    /// equal elements, in the order of the text. NuGet would use them after the first is removed.
    pub all_credentials: Vec<CredentialsEntry>,
    /// Comments that may contain a source's password.
    pub commented_credentials: Vec<Range<usize>>,
    /// Why NuGet refuses the file.
    pub problems: Vec<Problem>,
}

/// The entries of a section in order.
#[derive(Debug)]
pub struct Section<T> {
    /// Whether the file has this section.
    pub is_there: bool,
    pub items: Vec<Item<T>>,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Self { is_there: false, items: Vec::new() }
    }
}

impl<T> Section<T> {
    /// All entries, including those before a `clear`.
    pub fn entries(&self) -> impl Iterator<Item = &T> {
        self.items.iter().filter_map(|item| match item {
            Item::Clear => None,
            Item::Entry(entry) => Some(entry),
        })
    }

    /// Whether it discards the entries of farther files.
    pub fn clears(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Clear))
    }
}

/// An entry of a section.
#[derive(Debug)]
pub enum Item<T> {
    /// Discards everything before it.
    Clear,
    Entry(T),
}

/// `<add key="…" value="…" />` of a list of sources.
#[derive(Debug, Clone)]
pub struct SourceEntry {
    pub name: String,
    /// As written, with variables unexpanded.
    pub value: String,
    pub protocol_version: Option<String>,
    pub allow_insecure_connections: Option<String>,
    pub range: Range<usize>,
}

/// `<packageSource key="…">` with its patterns.
#[derive(Debug, Clone)]
pub struct MappingEntry {
    pub name: String,
    pub patterns: Vec<String>,
}

/// Saved credentials of one source.
#[derive(Debug, Clone)]
pub struct CredentialsEntry {
    /// The source's name, decoded.
    pub name: String,
    pub user_name: Option<String>,
    pub password: Option<Password>,
    pub range: Range<usize>,
}

/// How a password is saved. The password itself is not kept here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    ClearText,
    /// Encrypted by Windows, for one user on one machine.
    Encrypted,
    /// In an environment variable, which the value names.
    Variable(String),
}

/// Something for which NuGet refuses the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub line: u32,
    pub column: u32,
    pub what: String,
}

impl Document {
    /// Reads a file's text; `path` is for the error.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let xml = parse_xml(text, path)?;
        let mut document = Self::default();
        for section in distinct(xml.root_element()) {
            match section.tag_name().name() {
                "packageSources" => document.package_sources = document.read(section, source),
                "auditSources" => document.audit_sources = document.read(section, source),
                "disabledPackageSources" => document.disabled = document.read(section, disabled),
                "packageSourceMapping" => document.mappings = document.read(section, mapping),
                "packageSourceCredentials" => {
                    document.credentials =
                        document.read(section, |element| Ok(Some(credentials(element))));
                    document.problems.extend(distinct(section).filter_map(incomplete));
                }
                _ => {}
            }
        }
        document.all_credentials = all_credentials(&xml);
        document.commented_credentials = commented_credentials(&xml);
        Ok(document)
    }

    fn read<T>(&mut self, section: Node<'_, '_>, entry: Reader<T>) -> Section<T> {
        let mut items = Vec::new();
        for element in distinct(section) {
            match entry(element) {
                Ok(Some(entry)) => items.push(Item::Entry(entry)),
                Ok(None) if is_named(element, "clear") => items.push(Item::Clear),
                Ok(None) => {}
                Err(what) => self.problems.push(problem(element, what)),
            }
        }
        Section { is_there: true, items }
    }
}

/// Reads one element of a section: its entry, or why NuGet refuses it; none if this section has no
/// such element.
type Reader<T> = fn(Node<'_, '_>) -> Result<Option<T>, String>;

/// Parses text that is a NuGet.Config.
pub(super) fn parse_xml<'a>(text: &'a str, path: &Path) -> Result<Xml<'a>, ConfigError> {
    // A DTD is refused, as .NET's reader refuses it.
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let xml = Xml::parse_with_options(text, options).map_err(|error| {
        let message = printable(&error.to_string());
        let place = format!(" at {}", error.pos());
        let message = message.strip_suffix(&place).unwrap_or(&message);
        xml_error(path, error.pos(), without_quotations(message))
    })?;
    let root = xml.root_element();
    if !is_named(root, "configuration") {
        let found = excerpt(root.tag_name().name());
        let at = xml.text_pos_at(root.range().start);
        let detail = format!("the root is `{found}`, and not `configuration`");
        return Err(xml_error(path, at, detail));
    }
    Ok(xml)
}

fn xml_error(path: &Path, at: TextPos, detail: String) -> ConfigError {
    ConfigError::Xml { path: path.to_path_buf(), line: at.row, column: at.col, detail }
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

/// The child elements. Of equal elements (as NuGet compares them) only the first.
fn distinct<'a, 'input>(parent: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let mut seen = HashSet::new();
    parent.children().filter(Node::is_element).filter(move |element| {
        let values: String = element.attributes().map(|attribute| attribute.value()).collect();
        seen.insert(format!("{}{values}", decode_name(element.tag_name().name())).to_lowercase())
    })
}

pub(super) fn is_named(element: Node<'_, '_>, name: &str) -> bool {
    element.tag_name().name().eq_ignore_ascii_case(name)
}

fn source(element: Node<'_, '_>) -> Result<Option<SourceEntry>, String> {
    if !is_named(element, "add") {
        return Ok(None);
    }
    Ok(Some(SourceEntry {
        name: required(element, "key")?,
        value: required(element, "value")?,
        protocol_version: element.attribute("protocolVersion").map(str::to_owned),
        allow_insecure_connections: element
            .attribute("allowInsecureConnections")
            .map(str::to_owned),
        range: element.range(),
    }))
}

fn disabled(element: Node<'_, '_>) -> Result<Option<String>, String> {
    if is_named(element, "add") { required(element, "key").map(Some) } else { Ok(None) }
}

fn mapping(element: Node<'_, '_>) -> Result<Option<MappingEntry>, String> {
    if !is_named(element, "packageSource") {
        return Ok(None);
    }
    let packages = element.children().filter(|child| is_named(*child, "package"));
    let patterns: Result<Vec<_>, _> = packages.map(|child| required(child, "pattern")).collect();
    let (name, patterns) = (required(element, "key")?, patterns?);
    if patterns.is_empty() {
        return Err(format!("the mapping of `{}` has no `package`", excerpt(&name)));
    }
    Ok(Some(MappingEntry { name, patterns }))
}

/// The saved credentials in an element, even in one that NuGet refuses: it may contain a password.
fn credentials(element: Node<'_, '_>) -> CredentialsEntry {
    let clear_text = value_of(element, "ClearTextPassword").map(|text| match variable(text) {
        Some(name) => Password::Variable(name.to_owned()),
        None => Password::ClearText,
    });
    CredentialsEntry {
        name: decode_name(element.tag_name().name()),
        user_name: value_of(element, "Username").map(str::to_owned),
        password: clear_text.or_else(|| value_of(element, "Password").map(|_| Password::Encrypted)),
        range: element.range(),
    }
}

/// The value with this key, in the first child that has it.
fn value_of<'a>(element: Node<'a, '_>, key: &str) -> Option<&'a str> {
    let mut children = element.children();
    let found = children
        .find(|child| child.attribute("key").is_some_and(|found| found.eq_ignore_ascii_case(key)));
    found?.attribute("value")
}

/// The credentials of all sections, whatever the case of the section's name.
fn all_credentials(xml: &Xml<'_>) -> Vec<CredentialsEntry> {
    let sections = xml.root_element().children();
    let sections = sections.filter(|node| is_named(*node, "packageSourceCredentials"));
    let elements = sections.flat_map(|section| section.children().filter(Node::is_element));
    elements.map(credentials).collect()
}

fn commented_credentials(xml: &Xml<'_>) -> Vec<Range<usize>> {
    let comments = xml.descendants().filter(|node| {
        let text = node.text().unwrap_or_default().to_ascii_lowercase();
        node.is_comment() && text.contains("<add") && text.contains("password")
    });
    comments.map(|comment| comment.range()).collect()
}

/// Why NuGet refuses saved credentials. In this section, NuGet treats a `clear` as credentials as
/// well.
fn incomplete(element: Node<'_, '_>) -> Option<Problem> {
    let entry = credentials(element);
    let what = match (entry.user_name, entry.password) {
        (Some(_), Some(_)) => return None,
        (None, _) => "Username",
        (_, None) => "ClearTextPassword",
    };
    let name = excerpt(&entry.name);
    Some(problem(element, format!("the credentials of `{name}` have no `{what}`")))
}

/// The name in `%NAME%`, if the value is nothing else.
fn variable(value: &str) -> Option<&str> {
    let name = value.strip_prefix('%')?.strip_suffix('%')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
}

fn required(element: Node<'_, '_>, name: &str) -> Result<String, String> {
    match element.attribute(name) {
        Some(value) if name == "value" || !value.trim().is_empty() => Ok(value.to_owned()),
        _ => Err(format!("`{}` lacks `{name}`", excerpt(element.tag_name().name()))),
    }
}

fn problem(element: Node<'_, '_>, what: String) -> Problem {
    let at = element.document().text_pos_at(element.range().start);
    Problem { line: at.row, column: at.col, what }
}

/// The name of the source that an element's name encodes: characters that XML does not allow there
/// are written `_xHHHH_`, or `_xHHHHHHHH_` above U+FFFF. Text that only looks like an escape stays.
fn decode_name(local_name: &str) -> String {
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

    fn parse(text: &str) -> Document {
        Document::parse(text, Path::new("nuget.config")).unwrap()
    }

    fn refusal(text: &str) -> String {
        Document::parse(text, Path::new("nuget.config")).unwrap_err().to_string()
    }

    #[test]
    fn sources_with_namespaces_single_quotes_and_entities() {
        let document = parse(
            "<c:CONFIGURATION xmlns:c='urn:x'><c:packageSources><c:ADD key='a&amp;b' \
             value='https://x?a=1&#38;b' protocolVersion='3'/></c:packageSources></c:CONFIGURATION>",
        );
        let sources: Vec<_> = document.package_sources.entries().collect();
        assert_eq!((&*sources[0].name, &*sources[0].value), ("a&b", "https://x?a=1&b"));
        assert_eq!(sources[0].protocol_version.as_deref(), Some("3"));
    }

    #[test]
    fn sections_want_their_exact_names() {
        let document = parse(
            "<configuration><PackageSources><add key='a' value='b'/></PackageSources></configuration>",
        );
        assert!(!document.package_sources.is_there);
    }

    #[test]
    fn of_like_elements_the_first_counts() {
        let document = parse(
            "<configuration><packageSources><add key='a' value='b'/><ADD key='A' value='B'/>\
             <add key='a' value='c'/></packageSources><packageSources/></configuration>",
        );
        let values: Vec<_> = document.package_sources.entries().map(|entry| &entry.value).collect();
        assert_eq!(values, ["b", "c"]);
    }

    #[test]
    fn credentials_say_how_the_password_is_saved() {
        let text = "<configuration><packageSourceCredentials>\n<my_x002F_a><add key='USERNAME' value='aws'/>\
             <add key='ClearTextPassword' value='hunter2'/></my_x002F_a>\n<b><add key='Username' \
             value='u'/><add key='Password' value='AQAA'/></b><c><add key='ClearTextPassword' \
             value='%TOKEN%'/></c><d/></packageSourceCredentials></configuration>";
        let document = parse(text);
        let found: Vec<_> = document.credentials.entries().collect();
        let names: Vec<_> = found.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["my/a", "b", "c", "d"]);
        assert!(text[found[0].range.clone()].starts_with("<my_x002F_a>"));
        let passwords: Vec<_> = found.iter().map(|entry| entry.password.clone()).collect();
        let variable = Password::Variable("TOKEN".into());
        assert_eq!(
            passwords,
            [Some(Password::ClearText), Some(Password::Encrypted), Some(variable), None]
        );
        assert_eq!(found[0].user_name.as_deref(), Some("aws"));
        assert!(!format!("{document:?}").contains("hunter2"));
        let problems: Vec<_> = document.problems.iter().map(|it| &*it.what).collect();
        let lack = ["c", "d"].map(|name| format!("the credentials of `{name}` have no `Username`"));
        assert_eq!(problems, lack);
    }

    #[test]
    fn what_nuget_refuses_is_told_and_the_rest_is_read() {
        let document = parse(
            "<configuration>\n<packageSources><add value='x'/>\n <add key='a' value=''/>\
             </packageSources><packageSourceMapping><packageSource key='a'/></packageSourceMapping>\
             </configuration>",
        );
        let problems: Vec<_> =
            document.problems.iter().map(|it| (it.line, it.column, &*it.what)).collect();
        assert_eq!(
            problems,
            [(2, 17, "`add` lacks `key`"), (3, 64, "the mapping of `a` has no `package`")]
        );
        assert_eq!(document.package_sources.entries().count(), 1);
    }

    #[test]
    fn errors_have_a_place_and_one_line() {
        assert_eq!(
            refusal("<configuration>\n  <a></b>\n</configuration>"),
            "`nuget.config` has an error at line 2, column 6: expected 'a' tag, not 'b'; correct it"
        );
        assert_eq!(
            refusal("\n<project/>"),
            "`nuget.config` has an error at line 2, column 1: the root is `project`, and not \
             `configuration`; correct it"
        );
        let bomb = "<!DOCTYPE c [<!ENTITY a 'x'>]><configuration>&a;</configuration>";
        assert!(refusal(bomb).contains("DTD"), "{}", refusal(bomb));
        assert!(refusal("").contains("line 1, column 1"), "{}", refusal(""));
    }

    #[test]
    fn an_error_quotes_nothing_of_the_file() {
        let with = |inner: &str| refusal(&format!("<configuration>{inner}</configuration>"));
        for inner in [
            "<a b='x&hunter2;y'/>",
            "<a hunter2='1' hunter2='2'/>",
            "<hunter2:a/>",
            "<a></hunter2>",
        ] {
            let refusal = with(inner);
            assert!(
                refusal.contains("line 1, column") && !refusal.contains("hunter2"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn every_credential_is_found_and_not_just_the_one_that_counts() {
        let entry = |name: &str| format!("<{name}><add key='Username' value='aws'/></{name}>");
        let text = format!(
            "<configuration><packageSourceCredentials>{a}{a}{b}</packageSourceCredentials><!-- x -->\
             <packageSourceCredentials x='1'>{a}</packageSourceCredentials><PackageSourceCredentials>{b}\
             </PackageSourceCredentials>\n<!-- <a><add key='ClearTextPassword' value='hunter2'/></a> -->\
             </configuration>",
            a = entry("a"),
            b = entry("A"),
        );
        let document = parse(&text);
        assert_eq!(document.credentials.entries().count(), 1);
        let names: Vec<_> = document.all_credentials.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["a", "a", "A", "a", "A"]);
        let [comment] = document.commented_credentials.as_slice() else { panic!("{document:?}") };
        assert_eq!(text[..comment.start].matches('\n').count(), 1);
        assert!(text[comment.clone()].starts_with("<!-- <a>"));
    }

    #[test]
    fn a_deep_file_is_an_error_and_no_crash() {
        let deep = format!("<configuration>{}", "<a>".repeat(200_000));
        assert!(refusal(&deep).contains("has an error"));
    }

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
