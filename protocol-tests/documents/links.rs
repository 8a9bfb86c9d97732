//! The links between the pages lead somewhere.

use std::fs;

use super::repository;

const PAGES: [&str; 4] =
    ["README.md", "SECURITY.md", "docs/fleets.md", "install/examples/README.md"];

#[test]
fn every_link_leads_to_a_file_or_a_heading() {
    for page in PAGES {
        let text = fs::read_to_string(repository(page)).expect(page);
        for link in links(&text).into_iter().filter(|link| !link.starts_with("https://")) {
            let (file, heading) =
                link.split_once('#').map_or((link, None), |(file, name)| (file, Some(name)));
            let path = repository(page).parent().expect("a folder").join(file);
            let path = if file.is_empty() { repository(page) } else { path };
            assert!(path.exists(), "{page}: {link}");
            if let Some(heading) = heading {
                let text = fs::read_to_string(path).expect(file);
                let is_there = text.lines().filter_map(anchor).any(|it| it == heading);
                assert!(is_there, "{page}: {link}");
            }
        }
    }
}

#[test]
fn a_headings_anchor_is_made_as_on_github() {
    let name = anchor("### Several accounts: rules, and so on");
    assert_eq!(name.as_deref(), Some("several-accounts-rules-and-so-on"));
    assert_eq!(anchor("#hashtag"), None);
    assert_eq!(links("a [b](c) and [d](#e)"), ["c", "#e"]);
}

fn links(text: &str) -> Vec<&str> {
    let behind = text.split("](").skip(1);
    behind.map(|rest| rest.split(')').next().unwrap_or_default()).collect()
}

/// In small letters, without punctuation, and `-` for a blank.
fn anchor(line: &str) -> Option<String> {
    let heading =
        line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    Some(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect())
}
