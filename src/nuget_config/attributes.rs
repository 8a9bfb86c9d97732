//! An element's attributes as .NET has them: those that declare namespaces among them. Pure.

use roxmltree::Node;

use super::markup;

/// An attribute of an element.
pub struct Attribute<'a> {
    /// Without its prefix; that of `xmlns:p` is `p`.
    pub local_name: &'a str,
    pub value: &'a str,
}

/// In the order of the text. NuGet compares and refuses elements by all of them.
pub fn attributes<'a>(element: Node<'a, '_>) -> Vec<Attribute<'a>> {
    let text = &element.document().input_text()[element.range()];
    let Some((_, tag)) = markup::pieces(text, 0..text.len()).next() else { return Vec::new() };
    let (_, written) = markup::name_and_rest(&text[tag]);
    // The parser leaves out those that declare namespaces.
    let mut values = element.attributes();
    let attributes = markup::attributes(written).into_iter().map(|raw| {
        let declares = raw.name == "xmlns" || raw.name.starts_with("xmlns:");
        let read = if declares { None } else { values.next() };
        Attribute {
            local_name: raw.name.rsplit(':').next().unwrap_or(raw.name),
            value: read.map_or(raw.value, |it| it.value()),
        }
    });
    attributes.collect()
}

/// The value of the attribute with this name and no prefix. The parser alone would also find one with a
/// prefix, which NuGet does not.
pub fn value<'a>(element: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let mut attributes = element.attributes();
    let found = attributes.find(|it| it.namespace().is_none() && it.name() == name);
    found.map(|attribute| attribute.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_attributes_as_well() {
        let text = "<a xmlns='u' b='1&amp;2' xmlns:p='v' p:c=\"3\"/>";
        let xml = roxmltree::Document::parse(text).unwrap();
        let found: Vec<_> =
            attributes(xml.root_element()).iter().map(|it| (it.local_name, it.value)).collect();
        assert_eq!(found, [("xmlns", "u"), ("b", "1&2"), ("p", "v"), ("c", "3")]);
        assert_eq!(value(xml.root_element(), "b"), Some("1&2"));
        assert_eq!(value(xml.root_element(), "c"), None);
    }
}
