//! Well-formed XML text split into its pieces, with their ranges. Pure.
//!
//! The parser's nodes do not have the ranges of declarations, of namespace declarations and of all
//! texts, so the markup is split here a second time.

use std::ops::Range;

/// What a piece of markup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A tag, with its brackets.
    Tag,
    Text,
    Comment,
    CData,
    /// A processing instruction, or the XML declaration.
    Instruction,
}

/// The pieces of the text at `range`, in order and without gaps.
pub fn pieces(text: &str, range: Range<usize>) -> impl Iterator<Item = (Piece, Range<usize>)> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let rest = text.get(at..range.end).filter(|rest| !rest.is_empty())?;
        let (piece, length) = match rest {
            _ if rest.starts_with("<!--") => (Piece::Comment, rest.find("-->").map(|end| end + 3)),
            _ if rest.starts_with("<![CDATA[") => {
                (Piece::CData, rest.find("]]>").map(|end| end + 3))
            }
            _ if rest.starts_with("<?") => (Piece::Instruction, rest.find("?>").map(|end| end + 2)),
            _ if rest.starts_with('<') => (Piece::Tag, Some(tag_length(rest))),
            _ => (Piece::Text, rest.find('<')),
        };
        let start = at;
        at += length.unwrap_or(rest.len());
        Some((piece, start..at))
    })
}

/// The text up to the first `>` outside of quotes.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    let end = tag.bytes().position(|byte| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        quote.is_none() && byte == b'>'
    });
    end.map_or(tag.len(), |at| at + 1)
}

/// An attribute as it is written, with references unexpanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAttribute<'a> {
    /// With its prefix.
    pub name: &'a str,
    pub value: &'a str,
    /// The offset of the name in the text that was split.
    pub at: usize,
}

/// The attributes in `name='value'` pairs: those behind the element's name of a tag, or those of an
/// XML declaration behind its `xml`.
pub fn attributes(text: &str) -> Vec<RawAttribute<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('=') {
        let name = before.trim_matches(BLANK);
        let at = text.len() - rest.len() + (before.len() - before.trim_start_matches(BLANK).len());
        let value = behind.trim_start_matches(BLANK);
        let Some(quote) = value.chars().next().filter(|it| matches!(it, '"' | '\'')) else { break };
        let Some((value, behind)) = value[1..].split_once(quote) else { break };
        found.push(RawAttribute { name, value, at });
        rest = behind;
    }
    found
}

/// The name in a tag, and what follows it up to the bracket.
pub fn name_and_rest(tag: &str) -> (&str, &str) {
    let inner = tag.trim_start_matches(['<', '/']);
    let inner = inner.strip_suffix("/>").or_else(|| inner.strip_suffix('>')).unwrap_or(inner);
    inner.split_at(inner.find(BLANK).unwrap_or(inner.len()))
}

/// What XML calls white space.
pub const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_split_without_gaps() {
        let text = "<?xml version='1.0'?><a b='>'>t<!-- < --><![CDATA[<]]><c/></a>\n";
        let found: Vec<_> =
            pieces(text, 0..text.len()).map(|(piece, at)| (piece, &text[at])).collect();
        assert_eq!(
            found,
            [
                (Piece::Instruction, "<?xml version='1.0'?>"),
                (Piece::Tag, "<a b='>'>"),
                (Piece::Text, "t"),
                (Piece::Comment, "<!-- < -->"),
                (Piece::CData, "<![CDATA[<]]>"),
                (Piece::Tag, "<c/>"),
                (Piece::Tag, "</a>"),
                (Piece::Text, "\n"),
            ]
        );
    }

    #[test]
    fn attributes_have_their_places() {
        let (name, rest) = name_and_rest("<n:add\tkey = 'a=\"b\"' xmlns:n=\"u\"/>");
        assert_eq!(name, "n:add");
        let found = attributes(rest);
        let values: Vec<_> = found.iter().map(|it| (it.name, it.value)).collect();
        assert_eq!(values, [("key", "a=\"b\""), ("xmlns:n", "u")]);
        assert!(found.iter().all(|it| rest[it.at..].starts_with(it.name)));
        assert_eq!(name_and_rest("</a >"), ("a", " "));
    }
}
