//! Credentials taken out of a NuGet.Config, and nothing else. Pure.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use roxmltree::Node;

use super::ConfigError;
use super::document::{is_named, parse_xml};
use super::edit::{Edit, apply};

/// What secrets are shown as.
const HIDDEN: &str = "…";

/// The edits that remove the elements at these places from their `packageSourceCredentials`, and that
/// section with them where nothing is left in it. An element that has its lines for itself goes with
/// them; of any other, just the element.
pub fn remove_credentials(
    text: &str,
    path: &Path,
    doomed: &[Range<usize>],
) -> Result<Vec<Edit>, ConfigError> {
    let xml = parse_xml(text, path)?;
    let doomed: HashSet<&Range<usize>> = doomed.iter().collect();
    let is_doomed = |node: Node<'_, '_>| doomed.contains(&node.range());
    let mut edits = Vec::new();
    for section in xml.root_element().children().filter(Node::is_element) {
        if !is_named(section, "packageSourceCredentials") {
            continue;
        }
        let is_left = |node: Node<'_, '_>| !is_doomed(node) && !is_blank(node);
        let doomed: Vec<_> = section.children().filter(|node| is_doomed(*node)).collect();
        if !doomed.is_empty() && !section.children().any(is_left) {
            edits.push(Edit::remove(with_lines(text, section.range())));
        } else {
            let ranges = doomed.iter().map(|node| with_lines(text, node.range()));
            edits.extend(ranges.map(Edit::remove));
        }
    }
    Ok(edits)
}

/// What stands in the text at each of the ranges, which are elements' and comments', made fit to be
/// shown: values other than keys and user names are hidden, and so are comments and whatever else may
/// hold a password.
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
    let hide = |hidden: Range<usize>| Edit {
        range: hidden.start - range.start..hidden.end - range.start,
        replacement: HIDDEN.to_owned(),
    };
    let values = element.descendants().flat_map(secret_values);
    let edits: Vec<Edit> = values.chain(between_tags(text, &range)).map(hide).collect();
    apply(&text[range], &edits).unwrap_or_else(|| HIDDEN.to_owned())
}

fn secret_values(node: Node<'_, '_>) -> Vec<Range<usize>> {
    let is_user = node.attribute("key").is_some_and(|key| {
        ["username", "validauthenticationtypes"].contains(&key.to_lowercase().as_str())
    });
    let is_shown = |name: &str| name == "key" || name == "value" && is_user;
    let hidden = node.attributes().filter(|attribute| !is_shown(attribute.name()));
    hidden.map(|attribute| attribute.range_value()).collect()
}

/// Whatever is neither a tag nor a gap. The markup is cut here: the parser's ranges of texts end where
/// a CDATA section follows.
fn between_tags(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let (mut hidden, mut at) = (Vec::new(), range.start);
    while at < range.end {
        let rest = &text[at..range.end];
        let (length, is_shown) = match rest {
            _ if rest.starts_with("<!--") => (rest.find("-->").map(|end| end + 3), false),
            _ if rest.starts_with("<![CDATA[") => (rest.find("]]>").map(|end| end + 3), false),
            _ if rest.starts_with("<?") => (rest.find("?>").map(|end| end + 2), false),
            _ if rest.starts_with('<') => (Some(tag_length(rest)), true),
            _ => (rest.find('<'), rest.split('<').next().is_some_and(|it| it.trim().is_empty())),
        };
        let end = at + length.unwrap_or(rest.len());
        if !is_shown {
            hidden.push(at..end);
        }
        at = end;
    }
    hidden
}

/// Up to the `>` that is in no value.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    let end = tag.char_indices().find(|(_, character)| {
        match (quote, *character) {
            (None, '"' | '\'') => quote = Some(*character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        quote.is_none() && *character == '>'
    });
    end.map_or(tag.len(), |(at, _)| at + 1)
}

fn is_blank(node: Node<'_, '_>) -> bool {
    node.is_text() && node.text().is_some_and(|text| text.trim().is_empty())
}

/// The range and its lines' indentation and end, where nothing else is on them.
fn with_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let is_gap = |text: &str| text.chars().all(|c| matches!(c, ' ' | '\t'));
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[range.end..];
    let (behind, line_end) = match rest.find('\n') {
        Some(at) => (rest[..at].strip_suffix('\r').unwrap_or(&rest[..at]), range.end + at + 1),
        None => (rest, text.len()),
    };
    let is_alone = start > 0 && is_gap(&text[start..range.start]) && is_gap(behind);
    if is_alone { start..line_end } else { range }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuget_config::Document;

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
