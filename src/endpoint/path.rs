//! The grammar of paths and names.

/// The prefixes of the URLs of CodeArtifact's package formats.
const FORMATS: [&str; 8] = ["nuget", "npm", "pypi", "maven", "generic", "ruby", "swift", "cargo"];

/// What a path names.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) repository: &'a str,
    /// Domain and owner, if the path names them.
    pub(super) domain: Option<(String, String)>,
}

/// Reads `/nuget/{repository}/v3/…`, or `/nuget/d/{domain}-{owner}/{repository}/v3/…` where the path
/// names the domain; with `any_prefix`, also below other folders.
pub(super) fn read(path: &str, names_domain: bool, any_prefix: bool) -> Option<Path<'_>> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let starts = if any_prefix { 0..segments.len() } else { 0..1 };
    starts.into_iter().find_map(|start| read_segments(&segments[start..], names_domain))
}

fn read_segments<'a>(segments: &[&'a str], names_domain: bool) -> Option<Path<'a>> {
    let (repository, domain) = match (names_domain, segments) {
        (true, ["nuget", "d", domain, repository, "v3", ..]) => {
            (repository, Some(split_domain(domain)?))
        }
        (false, ["nuget", repository, "v3", ..]) => (repository, None),
        _ => return None,
    };
    is_repository(repository).then_some(Path { repository, domain })
}

/// The path that was probably meant, with `<…>` for the missing parts.
pub(super) fn suggest(path: &str, names_domain: bool) -> String {
    let is_format = |word: &&str| FORMATS.contains(word);
    let words = path.split('/').filter(|segment| !segment.is_empty());
    let mut words = words.skip_while(is_format);
    let domain = if names_domain {
        let domain = words.find(|word| split_domain(word).is_some());
        format!("d/{}/", domain.unwrap_or("<domain>-<owner>"))
    } else {
        String::new()
    };
    let repository = words
        .find(|word| is_repository(word) && !matches!(*word, "v3" | "index.json"))
        .unwrap_or("<repository>");
    format!("/nuget/{domain}{repository}/v3/index.json")
}

/// `{domain}-{owner}`: the owner is what follows the last `-`.
pub fn split_domain(text: &str) -> Option<(String, String)> {
    let (domain, owner) = text.rsplit_once('-')?;
    (is_domain(domain) && is_owner(owner)).then(|| (domain.to_owned(), owner.to_owned()))
}

/// `[a-z][a-z0-9\-]{0,48}[a-z0-9]`
pub fn is_domain(text: &str) -> bool {
    let bytes = text.as_bytes();
    (2..=50).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes[bytes.len() - 1] != b'-'
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// Twelve digits.
pub fn is_owner(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `[A-Za-z0-9][A-Za-z0-9._\-]{1,99}`
pub fn is_repository(text: &str) -> bool {
    let bytes = text.as_bytes();
    (2..=100).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| is_repository_byte(*b))
}

/// Whether a repository's name may contain the character.
pub fn is_repository_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
