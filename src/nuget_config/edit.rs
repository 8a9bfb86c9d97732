//! Changes to the text of a NuGet.Config that leave all other bytes unchanged: a source added,
//! credentials removed. Pure.
//!
//! A serializer would rewrite the whole file with its own quotes, indentation and line ends, and
//! version control would show a change in every line.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use roxmltree::{Document as Xml, Node};

use super::ConfigError;
use super::markup::{Piece, pieces};
use super::source_names::decode_name;
use super::xml::{is_named, parse as parse_xml};
use crate::base::url::{UrlParts, is_loopback};

/// The indentation of one level, if the file does not show one.
const USUAL_UNIT: &str = "  ";

/// The placeholder for a secret.
const HIDDEN: &str = "…";

/// Replaces the text at `range` by `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub range: Range<usize>,
    pub replacement: String,
}

impl Edit {
    /// Removes the text at `range`.
    pub fn remove(range: Range<usize>) -> Self {
        Self { range, replacement: String::new() }
    }

    /// Inserts text at `at`.
    pub fn insert(at: usize, replacement: String) -> Self {
        Self { range: at..at, replacement }
    }
}

/// The text after the edits, which may be in any order; none if two of them overlap, or if one is
/// outside of the text or splits a character.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let (mut edited, mut done) = (String::with_capacity(text.len()), 0);
    for Edit { range, replacement } in edits {
        edited.push_str(text.get(done..range.start)?);
        edited.push_str(replacement);
        text.get(range.clone())?;
        done = range.end;
    }
    edited.push_str(text.get(done..)?);
    Some(edited)
}

/// The edit that adds a source after the existing ones.
pub fn add_source(text: &str, path: &Path, name: &str, url: &str) -> Result<Edit, ConfigError> {
    let xml = parse_xml(text, path)?;
    let style = Style::of(text, &xml);
    // NuGet refuses plain http without it. On this machine, nobody can listen.
    let insecure = if is_local_http(url) { " allowInsecureConnections=\"true\"" } else { "" };
    let add = format!("<add key=\"{}\" value=\"{}\"{insecure} />", escape(name), escape(url));
    let root = xml.root_element();
    let section = root.children().find(|node| node.tag_name().name() == "packageSources");
    Ok(match section {
        Some(section) => style.insert(section, |_| add),
        None => style.insert(root, |indent| style.section(indent, &add)),
    })
}

fn is_local_http(url: &str) -> bool {
    let parts = UrlParts::strict(url);
    parts.scheme.eq_ignore_ascii_case("http") && is_loopback(parts.host_and_port().0)
}

/// The layout of the file, which added text follows.
struct Style<'a> {
    text: &'a str,
    line_end: &'a str,
    unit: &'a str,
}

impl<'a> Style<'a> {
    fn of(text: &'a str, xml: &Xml<'_>) -> Self {
        let line_end = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let style = Self { text, line_end, unit: USUAL_UNIT };
        let mut children = xml.root_element().children().filter(Node::is_element);
        let unit = children.find_map(|child| style.indent(child.range().start));
        let unit = unit.filter(|unit| !unit.is_empty()).unwrap_or(USUAL_UNIT);
        Self { unit, ..style }
    }

    /// The indentation of the element at `at`; none if other text precedes it on its line.
    fn indent(&self, at: usize) -> Option<&'a str> {
        let before = &self.text[..at];
        let line = &before[before.rfind('\n')? + 1..];
        line.chars().all(|c| matches!(c, ' ' | '\t')).then_some(line)
    }

    /// Adds a child at the element's end. `child` gets its indentation, or none if it shares a line
    /// with its parent.
    fn insert(&self, parent: Node<'_, '_>, child: impl FnOnce(Option<&str>) -> String) -> Edit {
        let range = parent.range();
        let tag = &self.text[range.clone()];
        let outer = self.indent(range.start).or((range.start == 0).then_some(""));
        let outer = outer.or_else(|| parent.parent()?.is_root().then_some(""));
        let inner = self.inner(parent, outer);
        if let Some(open) = tag.strip_suffix("/>") {
            let end = range.start + open.trim_end().len();
            let name = open[1..].split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
            let body = self.body(outer, inner, child);
            return Edit { range: end..range.end, replacement: format!(">{body}</{name}>") };
        }
        let close = range.start + tag.rfind("</").unwrap_or(tag.len());
        if let Some(indent) = self.indent(close) {
            let inner = inner.unwrap_or_default();
            let line = format!("{inner}{}{}", child(Some(&inner)), self.line_end);
            return Edit::insert(close - indent.len(), line);
        }
        let outer = outer.filter(|_| !parent.has_children());
        Edit::insert(close, self.body(outer, inner, child))
    }

    /// The indentation of the element's children: that of the last child, or one level more than
    /// its own.
    fn inner(&self, parent: Node<'_, '_>, outer: Option<&str>) -> Option<String> {
        let last = parent.last_element_child();
        let of_last = last.and_then(|last| self.indent(last.range().start));
        of_last.map(str::to_owned).or_else(|| Some(format!("{}{}", outer?, self.unit)))
    }

    /// The text between the tags of an element with one child. The child is on its own line, or on
    /// the same line if the file has only one.
    fn body(
        &self,
        outer: Option<&str>,
        inner: Option<String>,
        child: impl FnOnce(Option<&str>) -> String,
    ) -> String {
        match (outer, inner) {
            (Some(outer), Some(inner)) => {
                let line_end = self.line_end;
                format!("{line_end}{inner}{}{line_end}{outer}", child(Some(&inner)))
            }
            _ => child(None),
        }
    }

    fn section(&self, indent: Option<&str>, add: &str) -> String {
        let inner = indent.map(|indent| format!("{indent}{}", self.unit));
        let body = self.body(indent, inner, |_| add.to_owned());
        format!("<packageSources>{body}</packageSources>")
    }
}

fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// The edits that remove the elements at these ranges from their `packageSourceCredentials`, and
/// the section itself if nothing is left in it. An element that shares no line with other text is
/// removed with its lines; otherwise only the element is removed.
pub fn remove_credentials(
    text: &str,
    path: &Path,
    doomed: &[Range<usize>],
) -> Result<Vec<Edit>, ConfigError> {
    let xml = parse_xml(text, path)?;
    let doomed: HashSet<&Range<usize>> = doomed.iter().collect();
    let mut edits = Vec::new();
    let sections = xml.root_element().children().filter(Node::is_element);
    for section in sections.filter(|node| is_named(*node, "packageSourceCredentials")) {
        let (removed, others): (Vec<_>, Vec<_>) =
            section.children().partition(|node| doomed.contains(&node.range()));
        if !removed.is_empty() && others.into_iter().all(is_blank) {
            edits.push(Edit::remove(with_lines(text, section.range())));
        } else {
            let ranges = removed.iter().map(|node| with_lines(text, node.range()));
            edits.extend(ranges.map(Edit::remove));
        }
    }
    Ok(edits)
}

/// The sections in which a source can have entries, with how an entry names it.
const SECTIONS: [&str; 4] = [
    "packageSources",
    "disabledPackageSources",
    "packageSourceCredentials",
    "packageSourceMapping",
];

/// The sections in which the file has an entry of this source.
pub fn sections_of_source(
    text: &str,
    path: &Path,
    name: &str,
) -> Result<Vec<&'static str>, ConfigError> {
    let xml = parse_xml(text, path)?;
    let is_used = |section: &&str| {
        let mut of_name = sections(&xml, section);
        of_name.any(|node| node.children().any(|entry| is_entry_of(entry, name)))
    };
    Ok(SECTIONS.into_iter().filter(is_used).collect())
}

/// The edits that remove every entry of the source. A section that only has such entries is removed
/// with them, except for the list of the sources.
pub fn remove_source(text: &str, path: &Path, name: &str) -> Result<Vec<Edit>, ConfigError> {
    let xml = parse_xml(text, path)?;
    let mut edits = Vec::new();
    for section_name in SECTIONS {
        for section in sections(&xml, section_name) {
            let (removed, others): (Vec<_>, Vec<_>) =
                section.children().partition(|entry| is_entry_of(*entry, name));
            let is_kept = section_name == SECTIONS[0];
            if !removed.is_empty() && !is_kept && others.into_iter().all(is_blank) {
                edits.push(Edit::remove(with_lines(text, section.range())));
            } else {
                let ranges = removed.iter().map(|entry| with_lines(text, entry.range()));
                edits.extend(ranges.map(Edit::remove));
            }
        }
    }
    Ok(edits)
}

fn sections<'a, 'x>(xml: &'a Xml<'x>, name: &'a str) -> impl Iterator<Item = Node<'a, 'x>> {
    let elements = xml.root_element().children().filter(Node::is_element);
    elements.filter(move |node| is_named(*node, name))
}

/// Whether it is about the source. NuGet compares names without regard to case.
fn is_entry_of(entry: Node<'_, '_>, name: &str) -> bool {
    let name = name.to_lowercase();
    let is_this = |found: &str| found.trim().to_lowercase() == name;
    let section = entry.parent().map(|parent| parent.tag_name().name().to_lowercase());
    if section.as_deref() == Some("packagesourcecredentials") {
        return entry.is_element() && is_this(&decode_name(entry.tag_name().name()));
    }
    entry.is_element() && entry.attribute("key").is_some_and(is_this)
}

fn is_blank(node: Node<'_, '_>) -> bool {
    node.is_text() && node.text().is_some_and(|text| text.trim().is_empty())
}

/// The range with its lines' indentation and end, if nothing else is on these lines.
fn with_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[range.end..];
    let (behind, line_end) = match rest.find('\n') {
        Some(at) => (rest[..at].strip_suffix('\r').unwrap_or(&rest[..at]), range.end + at + 1),
        None => (rest, text.len()),
    };
    let mut beside = text[start..range.start].chars().chain(behind.chars());
    let is_alone = start > 0 && beside.all(|c| matches!(c, ' ' | '\t'));
    if is_alone { start..line_end } else { range }
}

/// The text at each of the ranges of elements and comments, safe to show: values other than keys
/// and user names are hidden, and so are comments and everything else that may contain a password.
pub fn without_secrets(
    text: &str,
    path: &Path,
    ranges: &[Range<usize>],
) -> Result<Vec<String>, ConfigError> {
    let xml = parse_xml(text, path)?;
    let nodes: HashMap<Range<usize>, Node<'_, '_>> =
        xml.descendants().map(|node| (node.range(), node)).collect();
    let shown = ranges.iter().map(|range| match nodes.get(range) {
        Some(node) if node.is_element() => shown(text, *node),
        _ => HIDDEN.to_owned(),
    });
    Ok(shown.collect())
}

fn shown(text: &str, element: Node<'_, '_>) -> String {
    let range = element.range();
    let values = element.descendants().flat_map(secret_values);
    let hidden = values.chain(between_tags(text, &range)).map(|hidden| Edit {
        range: hidden.start - range.start..hidden.end - range.start,
        replacement: HIDDEN.to_owned(),
    });
    apply(&text[range.clone()], &hidden.collect::<Vec<_>>()).unwrap_or_else(|| HIDDEN.to_owned())
}

fn secret_values(node: Node<'_, '_>) -> Vec<Range<usize>> {
    let is_user = node.attribute("key").is_some_and(|key| {
        ["username", "validauthenticationtypes"].contains(&key.to_lowercase().as_str())
    });
    let hidden = node.attributes().filter(|attribute| match attribute.name() {
        "key" => false,
        "value" => !is_user,
        _ => true,
    });
    hidden.map(|attribute| attribute.range_value()).collect()
}

/// Everything that is neither a tag nor blank. The parser's ranges of texts are wrong before a CDATA
/// section.
fn between_tags(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let hidden = pieces(text, range.clone()).filter(|(piece, at)| match piece {
        Piece::Tag => false,
        Piece::Text => !text[at.clone()].trim().is_empty(),
        Piece::Comment | Piece::CData | Piece::Instruction => true,
    });
    hidden.map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nuget_config::{DEFAULT_TEXT, Document, EMPTY_TEXT};

    #[test]
    fn a_source_goes_with_its_entries_and_the_rest_stays() {
        let text = "<configuration>\r\n  <packageSources>\r\n    <add key=\"a/b\" value=\"https://a/\" />\r\n    \
                    <!-- c --><add key='other' value='https://o/'/>\r\n  </packageSources>\r\n  \
                    <packageSourceCredentials>\r\n    <a_x002F_b>\r\n      <add key=\"Username\" value=\"aws\" />\r\n    \
                    </a_x002F_b>\r\n  </packageSourceCredentials>\r\n  <disabledPackageSources>\r\n    \
                    <add key=\"A/B\" value=\"true\" />\r\n    <add key=\"other\" value=\"true\" />\r\n  \
                    </disabledPackageSources>\r\n  <packageSourceMapping>\r\n    <packageSource key=\"a/b\">\r\n      \
                    <package pattern=\"*\" />\r\n    </packageSource>\r\n  </packageSourceMapping>\r\n</configuration>";
        let path = Path::new("NuGet.Config");
        let edits = remove_source(text, path, "a/b").unwrap();
        assert_eq!(sections_of_source(text, path, "A/b").unwrap(), SECTIONS.map(|section| section));
        assert_eq!(
            apply(text, &edits).unwrap(),
            "<configuration>\r\n  <packageSources>\r\n    <!-- c --><add key='other' value='https://o/'/>\r\n  \
             </packageSources>\r\n  <disabledPackageSources>\r\n    <add key=\"other\" value=\"true\" />\r\n  \
             </disabledPackageSources>\r\n</configuration>"
        );
        assert_eq!(sections_of_source(text, path, "absent").unwrap(), [""; 0]);
        assert_eq!(remove_source(text, path, "absent").unwrap(), []);
    }

    #[test]
    fn edits_are_applied_wherever_they_stand_in_the_list() {
        let edits = [Edit::insert(5, "!".into()), Edit::remove(0..1), Edit::insert(1, "H".into())];
        assert_eq!(apply("hello", &edits).as_deref(), Some("Hello!"));
    }

    #[test]
    fn edits_that_cannot_be_meant_are_none() {
        let overlapping = [Edit::remove(0..3), Edit::remove(2..4)];
        assert_eq!(apply("hello", &overlapping), None);
        assert_eq!(apply("hello", &[Edit::remove(3..6)]), None);
        assert_eq!(apply("ä", &[Edit::insert(1, String::new())]), None);
    }

    /// A text in pieces: each is kept (none), or replaced by another.
    fn pieces() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
        prop::collection::vec((".*", prop::option::of(".*")), 0..8)
    }

    proptest! {
        #[test]
        fn what_is_in_no_edit_stays(pieces in pieces()) {
            let (mut text, mut expected, mut edits) = (String::new(), String::new(), Vec::new());
            for (piece, replacement) in &pieces {
                let range = text.len()..text.len() + piece.len();
                text.push_str(piece);
                expected.push_str(replacement.as_ref().unwrap_or(piece));
                let replacement = replacement.clone();
                edits.extend(replacement.map(|replacement| Edit { range, replacement }));
            }
            prop_assert_eq!(apply(&text, &edits), Some(expected));
        }
    }

    fn added(text: &str) -> String {
        let path = Path::new("nuget.config");
        let edit = add_source(text, path, "a/b", "https://x").unwrap();
        let text = apply(text, &[edit]).unwrap();
        let document = Document::parse(&text, path).unwrap();
        let last = document.package_sources.entries().last().map(|entry| entry.name.clone());
        assert_eq!(last.as_deref(), Some("a/b"), "{text}");
        text
    }

    const ADD: &str = "<add key=\"a/b\" value=\"https://x\" />";

    #[test]
    fn it_comes_last_and_is_indented_as_the_others() {
        let before = "<configuration>\r\n\t<packageSources>\r\n\t\t\t<clear/> <!-- c -->\r\n\t\
                      </packageSources>\r\n</configuration>";
        let line = format!("\t\t\t{ADD}\r\n\t</packageSources>");
        assert_eq!(added(before), before.replace("\t</packageSources>", &line));
        let line = format!("    {ADD}\n  </packageSources>");
        assert_eq!(added(DEFAULT_TEXT), DEFAULT_TEXT.replace("  </packageSources>", &line));
    }

    #[test]
    fn a_section_that_is_missing_or_empty_is_made() {
        let made = format!("  <packageSources>\n    {ADD}\n  </packageSources>\n");
        let whole = EMPTY_TEXT.replace("</configuration>", &format!("{made}</configuration>"));
        assert_eq!(added(EMPTY_TEXT), whole);
        for empty in
            ["<packageSources />", "<packageSources/>", "<packageSources></packageSources>"]
        {
            let with_empty = format!("  {empty}\n</configuration>");
            assert_eq!(
                added(&EMPTY_TEXT.replace("</configuration>", &with_empty)),
                whole,
                "{empty}"
            );
        }
        assert_eq!(added("<configuration/>"), format!("<configuration>\n{made}</configuration>"));
        assert_eq!(
            added("<?xml version=\"1.0\"?><configuration />"),
            format!("<?xml version=\"1.0\"?><configuration>\n{made}</configuration>")
        );
    }

    #[test]
    fn a_single_line_stays_one() {
        let text = "<configuration><packageSources><clear/></packageSources></configuration>";
        assert_eq!(
            added(text),
            format!(
                "<configuration><packageSources><clear/>{ADD}</packageSources></configuration>"
            )
        );
        assert_eq!(
            added("<configuration><config/></configuration>"),
            format!(
                "<configuration><config/><packageSources>{ADD}</packageSources></configuration>"
            )
        );
    }

    #[test]
    fn prefixes_stay_what_they_are() {
        let text = "<c:configuration xmlns:c='urn:x'><c:packageSources /></c:configuration>";
        assert_eq!(
            added(text),
            format!(
                "<c:configuration xmlns:c='urn:x'><c:packageSources>{ADD}</c:packageSources>\
                 </c:configuration>"
            )
        );
    }

    #[test]
    fn names_are_escaped() {
        let edit =
            add_source("<configuration/>", Path::new("c"), "a\"&<", "https://x?a&b").unwrap();
        assert!(edit.replacement.contains("key=\"a&quot;&amp;&lt;\" value=\"https://x?a&amp;b\""));
    }

    fn path() -> &'static Path {
        Path::new("nuget.config")
    }

    /// The text without the credentials of these sources.
    fn scrubbed(text: &str, names: &[&str]) -> String {
        let document = Document::parse(text, path()).unwrap();
        let doomed = document.credentials.entries().filter(|it| names.contains(&&*it.name));
        let doomed: Vec<_> = doomed.map(|entry| entry.range.clone()).collect();
        apply(text, &remove_credentials(text, path(), &doomed).unwrap()).unwrap()
    }

    const ENTRY: &str = "<add key=\"Username\" value=\"aws\" />";

    #[test]
    fn a_section_that_is_emptied_goes_with_its_lines() {
        let text = format!(
            "<configuration>\r\n\t<a />\r\n\t<packageSourceCredentials>\r\n\t\t<x>{ENTRY}</x>\r\n\
             \t</packageSourceCredentials> \r\n</configuration>"
        );
        assert_eq!(scrubbed(&text, &["x"]), "<configuration>\r\n\t<a />\r\n</configuration>");
    }

    #[test]
    fn another_entry_or_a_comment_keeps_the_section() {
        let text = format!(
            "<configuration>\n  <packageSourceCredentials>\n    <!-- ours -->\n    <x>\n      {ENTRY}\
             \n    </x>\n  </packageSourceCredentials>\n</configuration>\n"
        );
        let left = "<configuration>\n  <packageSourceCredentials>\n    <!-- ours -->\n  \
                    </packageSourceCredentials>\n</configuration>\n";
        assert_eq!(scrubbed(&text, &["x"]), left);
        let two = text.replace("<!-- ours -->", "<y />");
        assert_eq!(scrubbed(&two, &["x"]), left.replace("<!-- ours -->", "<y />"));
    }

    #[test]
    fn what_shares_a_line_stays_as_it_is() {
        let text = format!(
            "<configuration><packageSourceCredentials><x>{ENTRY}</x> <y/>\
             </packageSourceCredentials></configuration>"
        );
        assert_eq!(
            scrubbed(&text, &["x"]),
            "<configuration><packageSourceCredentials> <y/></packageSourceCredentials></configuration>"
        );
        assert_eq!(scrubbed(&text, &["x", "y"]), "<configuration></configuration>");
    }

    #[test]
    fn what_is_shown_has_no_secret() {
        let text = "<configuration><c><x>\n <add key='Username' value='aws'/>\n <add value=\"hunter2\" \
                    key=\"ClearTextPassword\"/><!-- hunter2 --><![CDATA[hunter2]]>hunter2<?p hunter2?>\
                    <y z='a>hunter2'/></x></c></configuration>";
        let start = text.find("<x>").unwrap();
        let range = start..text.find("</c>").unwrap();
        assert_eq!(
            without_secrets(text, path(), &[range]).unwrap()[0],
            "<x>\n <add key='Username' value='aws'/>\n <add value=\"…\" \
             key=\"ClearTextPassword\"/>…………<y z='…'/></x>"
        );
    }
}
