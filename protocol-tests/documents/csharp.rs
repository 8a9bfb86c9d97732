//! The CDK app is C#, for which there is no compiler here: a grammar reads it at least.

use std::fs;

use tree_sitter::{Node, Parser};

use super::{files_below, repository};

#[test]
fn a_grammar_of_csharp_reads_every_file_of_the_cdk_app() {
    let files = files_below(&repository("install/examples/cdk"));
    let sources: Vec<_> =
        files.iter().filter(|file| file.extension().is_some_and(|it| it == "cs")).collect();
    assert_eq!(sources.len(), 3, "{sources:?}");
    for file in sources {
        let text = fs::read_to_string(file).expect("text");
        assert_eq!(defects(&text), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    assert_eq!(defects("class A\n{\n    int B => C(1;\n}\n"), ["line 3: `)` is missing"]);
    assert_eq!(defects("class A\n{\n    void () { }\n}\n"), ["line 3: `void () { }`"]);
}

/// What the grammar cannot read, or has to make up to read on.
fn defects(text: &str) -> Vec<String> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c_sharp::LANGUAGE.into()).expect("a grammar of this version");
    let tree = parser.parse(text, None).expect("a tree");
    let mut found = Vec::new();
    collect(tree.root_node(), text, &mut found);
    found
}

fn collect(node: Node<'_>, text: &str, found: &mut Vec<String>) {
    let line = node.start_position().row + 1;
    if node.is_missing() {
        found.push(format!("line {line}: `{}` is missing", node.kind()));
    } else if node.is_error() {
        found.push(format!("line {line}: `{}`", &text[node.byte_range()]));
    } else {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            collect(child, text, found);
        }
    }
}
