//! The content of one NuGet.Config, each part with its range in the text. Pure.
//!
//! It is read as NuGet reads it: elements by their local names in any namespace, sections and
//! attributes with exact case, and of two equal elements only the first. Errors for which NuGet
//! refuses a file are collected and the rest is read, so that a broken part hides no password
//! elsewhere.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use roxmltree::{Document as Xml, Node};

use super::ConfigError;
use super::attributes::value as attribute;
use super::kinds::Kind;
use super::positions::Positions;
use super::rules::{self, LateEntry, Problem, identity_in_parent};
use super::section::{Item, Section};
use super::source_names::decode_name;
use super::xml::{self, is_named};

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
    /// Why NuGet refuses the file as soon as it reads it.
    pub problems: Vec<Problem>,
    /// The entries of the sections that a restore uses, for which NuGet may fail then.
    pub late: Vec<(&'static str, Section<LateEntry>)>,
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
    /// From 1.
    pub line: u32,
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

impl Document {
    /// Reads a file's text; `path` is for the error.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let xml = xml::parse(text, path)?;
        let root = xml.root_element();
        let positions = Positions::of(text);
        let found = rules::check(root, &positions);
        let mut document = Self { problems: found.problems, late: found.late, ..Self::default() };
        for section in distinct(root) {
            match section.tag_name().name() {
                "packageSources" => document.package_sources = sources(section, &positions),
                "auditSources" => document.audit_sources = sources(section, &positions),
                "disabledPackageSources" => document.disabled = read(section, disabled),
                "packageSourceMapping" => document.mappings = read(section, mapping),
                "packageSourceCredentials" => {
                    document.credentials = read(section, |element| Some(credentials(element)));
                }
                _ => {}
            }
        }
        document.all_credentials = all_credentials(&xml);
        document.commented_credentials = commented_credentials(&xml);
        Ok(document)
    }
}

/// Reads the elements of a section for which there is an entry. NuGet refuses the others, or ignores
/// them.
fn read<T>(section: Node<'_, '_>, entry: impl Fn(Node<'_, '_>) -> Option<T>) -> Section<T> {
    let mut items = Vec::new();
    for element in distinct(section) {
        match entry(element) {
            Some(entry) => items.push(Item::Entry(entry)),
            None if is_named(element, "clear") => items.push(Item::Clear),
            None => {}
        }
    }
    Section { is_there: true, items }
}

/// The child elements. Of equal elements (as NuGet compares them) only the first.
fn distinct<'a, 'input>(parent: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let mut seen = HashSet::new();
    parent
        .children()
        .filter(Node::is_element)
        .filter(move |element| seen.insert(identity_in_parent(*element)))
}

fn sources(section: Node<'_, '_>, positions: &Positions<'_>) -> Section<SourceEntry> {
    read(section, |element| {
        let owned = |name: &str| attribute(element, name).map(str::to_owned);
        Some(SourceEntry {
            name: key(element)?,
            value: owned("value")?,
            protocol_version: owned("protocolVersion"),
            allow_insecure_connections: owned("allowInsecureConnections"),
            range: element.range(),
            line: positions.at(element.range().start).0,
        })
    })
}

fn disabled(element: Node<'_, '_>) -> Option<String> {
    key(element)
}

/// The key of an `add`.
fn key(element: Node<'_, '_>) -> Option<String> {
    let key = attribute(element, "key").filter(|key| !key.trim().is_empty())?;
    is_named(element, "add").then(|| key.to_owned())
}

fn mapping(element: Node<'_, '_>) -> Option<MappingEntry> {
    let children = element.children().filter(|child| Kind::of(*child) == Kind::Pattern);
    let patterns = children.filter_map(|child| attribute(child, "pattern").map(str::to_owned));
    let name = attribute(element, "key").filter(|_| Kind::of(element) == Kind::Mapping)?;
    let patterns: Vec<_> = patterns.collect();
    (!patterns.is_empty()).then(|| MappingEntry { name: name.to_owned(), patterns })
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
    let found = children.find(|child| {
        attribute(*child, "key").is_some_and(|found| found.eq_ignore_ascii_case(key))
    });
    attribute(found?, "value")
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

/// The name in `%NAME%`, if the value is nothing else.
fn variable(value: &str) -> Option<&str> {
    let name = value.strip_prefix('%')?.strip_suffix('%')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
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
        let lack = [("c", "Username"), ("d", "Username"), ("d", "ClearTextPassword")]
            .map(|(name, key)| format!("the credentials of `{name}` have no `{key}`"));
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
}
