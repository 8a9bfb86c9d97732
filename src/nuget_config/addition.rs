//! A source put into a NuGet.Config, written as its surroundings are. Pure.

use std::path::Path;

use roxmltree::{Document as Xml, Node};

use super::ConfigError;
use super::document::parse_xml;
use super::edit::Edit;

/// What a level is indented by where the file does not say.
const USUAL_UNIT: &str = "  ";

/// The edit that puts the source behind those that there are.
pub fn add_source(text: &str, path: &Path, name: &str, url: &str) -> Result<Edit, ConfigError> {
    let xml = parse_xml(text, path)?;
    let style = Style::of(text, &xml);
    let add = format!("<add key=\"{}\" value=\"{}\" />", escape(name), escape(url));
    let root = xml.root_element();
    let is_section = |node: &Node<'_, '_>| node.tag_name().name() == "packageSources";
    Ok(match root.children().find(is_section) {
        Some(section) => style.insert(section, |_| add),
        None => style.insert(root, |indent| style.section(indent, &add)),
    })
}

/// How the file is laid out.
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

    /// The indentation of what stands at `at`; none where something is before it on its line.
    fn indent(&self, at: usize) -> Option<&'a str> {
        let before = &self.text[..at];
        let line = &before[before.rfind('\n')? + 1..];
        line.chars().all(|c| matches!(c, ' ' | '\t')).then_some(line)
    }

    /// Puts a child at the element's end; none as its indentation stands for a single line.
    fn insert(&self, parent: Node<'_, '_>, child: impl FnOnce(Option<&str>) -> String) -> Edit {
        let range = parent.range();
        let tag = &self.text[range.clone()];
        let outer = self.indent(range.start).or((range.start == 0).then_some(""));
        let outer = outer.or_else(|| parent.parent()?.is_root().then_some(""));
        if let Some(open) = tag.strip_suffix("/>") {
            let end = range.start + open.trim_end().len();
            let name = open[1..].split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
            let body = self.body(outer, self.inner(parent, outer), child);
            return Edit { range: end..range.end, replacement: format!(">{body}</{name}>") };
        }
        let close = range.start + tag.rfind("</").unwrap_or(tag.len());
        let inner = self.inner(parent, outer);
        if let Some(indent) = self.indent(close) {
            let inner = inner.unwrap_or_default();
            let line = format!("{inner}{}{}", child(Some(&inner)), self.line_end);
            return Edit::insert(close - indent.len(), line);
        }
        let is_empty = !parent.has_children();
        let body = self.body(outer.filter(|_| is_empty), inner, child);
        Edit::insert(close, body)
    }

    /// The indentation of the element's children: that of the last one, or a level more than its own.
    fn inner(&self, parent: Node<'_, '_>, outer: Option<&str>) -> Option<String> {
        let last = parent.last_element_child();
        let of_last = last.and_then(|last| self.indent(last.range().start));
        of_last.map(str::to_owned).or_else(|| Some(format!("{}{}", outer?, self.unit)))
    }

    /// A child on a line of its own, or on the one line where that holds all.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuget_config::edit::apply;
    use crate::nuget_config::{DEFAULT_TEXT, Document, EMPTY_TEXT};

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
}
