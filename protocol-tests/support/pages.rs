//! The pages that people read, and the blocks of code in them.

use std::fs;
use std::path::{Path, PathBuf};

use super::secret_scan::files_below;

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A page: its path in the repository, and its text.
pub struct Page {
    pub name: String,
    pub text: String,
}

/// A block of code on a page.
pub struct Block {
    /// `docs/page.md:12`, where it begins.
    pub place: String,
    /// The word behind the fence.
    pub language: String,
    /// Why it is not run, where a comment before it says so.
    pub not_run: Option<String>,
    pub text: String,
}

/// Begins the comment before a block that is not run. It is not shown in the rendered page.
const NOT_RUN: &str = "<!-- not run: ";

/// All pages.
pub fn pages() -> Vec<Page> {
    let docs = files_below(&repository("docs")).into_iter();
    let docs = docs.filter(|file| file.extension().is_some_and(|it| it == "md"));
    let docs = docs.filter_map(|file| Some(format!("docs/{}", file.file_name()?.to_str()?)));
    let others = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    let others = others.into_iter().chain(["install/examples/README.md"]).map(str::to_owned);
    let read = |name: String| {
        let text = fs::read_to_string(repository(&name));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        Page { name, text }
    };
    others.chain(docs).map(read).collect()
}

/// The blocks between fences.
pub fn blocks(page: &Page) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    let mut before = "";
    for (number, line) in page.text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let fence = line.trim_start().strip_prefix("```");
        match (open.take(), fence) {
            (None, Some(language)) => {
                let comment = before.strip_prefix(NOT_RUN);
                let block = Block {
                    place: format!("{}:{}", page.name, number + 1),
                    language: language.to_owned(),
                    not_run: comment.map(|it| it.trim_end_matches(" -->").to_owned()),
                    text: String::new(),
                };
                open = Some((block, indent));
            }
            (Some((block, _)), Some(_)) => found.push(block),
            (Some((mut block, indent)), None) => {
                block.text.extend([line.get(indent..).unwrap_or_default(), "\n"]);
                open = Some((block, indent));
            }
            (None, None) => {}
        }
        before = line.trim();
    }
    assert!(open.is_none(), "{}: a block does not end", page.name);
    found
}

/// The page without its blocks: what is prose, tables and headings.
pub fn prose(page: &Page) -> String {
    let mut is_code = false;
    let lines = page.text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}
