//! Patterns with `*` (any characters, or none) and `?` (any one).

use crate::endpoint::{is_owner, is_region, is_repository_byte};

/// Whether the pattern matches the whole text. Only ASCII is compared here.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // The last star, and how many characters it has matched.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[read] => (at, read) = (at + 1, read + 1),
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, read) = (star_at + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether there is a text that both patterns match.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // `reached[j]`: whether the part of `one` read so far and `other[..j]` can be the same text.
    let mut reached = vec![false; other.len() + 1];
    reached[0] = true;
    for j in 0..other.len() {
        reached[j + 1] = reached[j] && other[j] == b'*';
    }
    for byte in one {
        let mut next = vec![*byte == b'*' && reached[0]];
        for (j, with) in other.iter().enumerate() {
            let is_star = *byte == b'*' || *with == b'*';
            let is_same = byte == with || *byte == b'?' || *with == b'?';
            next.push(if is_star { next[j] || reached[j + 1] } else { reached[j] && is_same });
        }
        reached = next;
    }
    reached[other.len()]
}

/// Whether every text matches.
pub(super) fn is_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

fn is_pattern(text: &str, is_byte: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'*' | b'?') || is_byte(b))
}

pub(super) fn is_domain_pattern(text: &str) -> bool {
    is_pattern(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(super) fn is_owner_pattern(text: &str) -> bool {
    let has_wildcard = text.contains(['*', '?']);
    is_owner(text) || has_wildcard && is_pattern(text, |b| b.is_ascii_digit())
}

pub(super) fn is_region_pattern(text: &str) -> bool {
    let has_wildcard = text.contains(['*', '?']);
    is_region(text) || has_wildcard && is_domain_pattern(text)
}

pub(super) fn is_repository_pattern(text: &str) -> bool {
    is_pattern(text, is_repository_byte)
}

pub(super) fn is_host_pattern(text: &str) -> bool {
    let is_address = text.starts_with('[') && text.ends_with(']');
    is_pattern(text, |b| {
        b.is_ascii_lowercase()
            || b.is_ascii_digit()
            || matches!(b, b'.' | b'-')
            || is_address && matches!(b, b'[' | b']' | b':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_any_characters_and_question_marks_one() {
        for (pattern, text) in [
            ("*", ""),
            ("team-*", "team-"),
            ("team-*", "team-a-b"),
            ("*-prod", "a-prod-b-prod"),
            ("a*b*c", "a-b-b-c"),
            ("eu-????-?", "eu-west-1"),
            ("plain", "plain"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("team-*", "team"),
            ("?", ""),
            ("a*b", "a-b-c"),
            ("plain", "plainer"),
            ("plain", "plai"),
            ("a?c", "ac"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_overlap_where_a_text_matches_both() {
        for (one, other) in [("*", "a"), ("a*", "*b"), ("a?c", "ab*"), ("x", "x"), ("*", "*")] {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in [("a*", "b*"), ("a", "ab"), ("?", "??"), ("*a", "*b"), ("", "?")] {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }

    #[test]
    fn patterns_hold_only_what_can_match() {
        assert!(is_domain_pattern("team-*") && !is_domain_pattern("Team-*"));
        assert!(is_owner_pattern("1111*") && !is_owner_pattern("1111") && !is_owner_pattern("a*"));
        assert!(is_region_pattern("eu-*") && !is_region_pattern("eu") && !is_region_pattern(""));
        assert!(is_repository_pattern("A.b_c-?") && !is_repository_pattern("a/b"));
        assert!(is_host_pattern("*.example.com") && is_host_pattern("[::1]"));
        assert!(!is_host_pattern("Example") && !is_host_pattern("h:80"));
    }
}
