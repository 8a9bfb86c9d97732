//! Checks of what is not code: the pages and the ready-made files.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod checks;
mod dockerfiles;
mod examples;
mod links;
mod messages;
#[path = "../support/pages.rs"]
mod pages;
mod pins;
mod policies;
mod project;
#[allow(dead_code, reason = "files are listed by it, and no secrets are searched here")]
#[path = "../support/secret_scan.rs"]
mod secret_scan;
mod security;
#[cfg(unix)]
mod snippets;
#[path = "../support/yaml.rs"]
mod yaml;

use std::fs;

use pages::repository;
use secret_scan::files_below;

/// The text of a ready-made file.
fn example(name: &str) -> String {
    let path = repository("install/examples").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one document of a ready-made file of YAML.
fn document(name: &str) -> serde_json::Value {
    let mut documents = yaml::documents(&example(name));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

#[test]
fn a_block_has_its_language_its_text_and_why_it_is_not_run() {
    let text =
        "a\n\n<!-- not run: no network -->\n```sh\none\n\n```\n\n- b\n\n  ```toml\n  two\n  ```\n";
    let page = pages::Page { name: "p.md".to_owned(), text: text.to_owned() };
    let blocks = pages::blocks(&page);
    let [one, two] = &blocks[..] else { panic!("two blocks") };
    assert_eq!((&*one.language, &*one.text), ("sh", "one\n\n"));
    assert_eq!((one.not_run.as_deref(), &*one.place), (Some("no network"), "p.md:4"));
    assert_eq!((&*two.language, &*two.text, &two.not_run), ("toml", "two\n", &None));
    assert_eq!(pages::prose(&page), "a\n\n<!-- not run: no network -->\n\n- b\n");
}
