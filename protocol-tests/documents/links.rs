//! The links between the pages lead somewhere.

use std::collections::BTreeSet;
use std::fs;

use super::pages::{pages, prose};
use super::repository;

#[test]
fn every_link_leads_to_a_file_or_a_heading() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = prose(&page);
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = repository(&page.name);
            let path = match file {
                "" => path,
                file => path.parent().expect("a folder").join(file),
            };
            let has_heading = || {
                let text = fs::read_to_string(&path).unwrap_or_default();
                anchors(&text).contains(heading)
            };
            if !path.exists() || (!heading.is_empty() && !has_heading()) {
                broken.push(format!("{}: {link}", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Every page can be found from the README or from the index of pages.
#[test]
fn every_page_is_linked() {
    let pages = pages();
    let mut linked: BTreeSet<_> = pages
        .iter()
        .filter(|page| ["README.md", "docs/README.md"].contains(&&*page.name))
        .flat_map(|page| {
            let folder = repository(&page.name).parent().expect("a folder").to_owned();
            let text = prose(page);
            let files = links(&text).into_iter().filter_map(|link| link.split('#').next());
            files.filter_map(|file| folder.join(file).canonicalize().ok()).collect::<Vec<_>>()
        })
        .collect();
    linked.insert(repository("README.md").canonicalize().expect("the first page"));
    let is_linked = |name: &str| linked.contains(&repository(name).canonicalize().expect("a page"));
    let lost: Vec<_> =
        pages.iter().map(|page| &page.name).filter(|name| !is_linked(name)).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}

#[test]
fn a_headings_anchor_is_made_as_on_github() {
    let text =
        "### Several accounts: rules, and so on\n#hashtag\n## One\n## One\n<a id=\"mine\"></a>\n";
    let expected = ["mine", "one", "one-1", "several-accounts-rules-and-so-on"];
    assert_eq!(anchors(text), expected.map(str::to_owned).into());
    assert_eq!(links("a [b](c) and [d](#e)"), ["c", "#e"]);
}

fn links(text: &str) -> Vec<&str> {
    let behind = text.split("](").skip(1);
    behind.map(|rest| rest.split(')').next().unwrap_or_default()).collect()
}

/// Of headings, each with a number from the second of its name on, and of elements with an id.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in text.lines().filter_map(anchor) {
        let numbered = (1..).map(|number| format!("{name}-{number}"));
        let free = [name.clone()].into_iter().chain(numbered).find(|it| !found.contains(it));
        found.extend(free);
    }
    let ids = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.extend(ids.map(str::to_owned));
    found
}

/// In small letters, without punctuation, and `-` for a blank.
fn anchor(line: &str) -> Option<String> {
    let heading =
        line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    Some(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect())
}
