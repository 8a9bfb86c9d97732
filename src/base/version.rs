//! Versions of other programs, compared by their numbers.

/// Whether the first of two versions is the newer one, by their numbers alone.
pub fn is_newer(version: &str, than: &str) -> bool {
    numbers(version) > numbers(than)
}

/// The numbers of a version, without what follows them. A part that is not a number counts as 0.
pub fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, than, newer) in [
            ("0.10.0", "0.9.9", true),
            ("0.1.0", "0.1.0", false),
            ("0.0.1", "0.1.0", false),
            ("1.0.0-rc.1", "0.9", true),
            ("unknown", "0.1.0", false),
        ] {
            assert_eq!(is_newer(version, than), newer, "{version} {than}");
        }
    }
}
