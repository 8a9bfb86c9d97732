//! The name under which a token is cached.

use std::fmt;

use sha2::{Digest, Sha256};

/// A digest over everything that a token depends on: the same parts give the same token.
///
/// It is safe as a file name and reveals nothing about its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// The key of these parts in this order. Each part is hashed with its length, so that no two
    /// different lists have the same bytes.
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(hex::encode(digest.finalize()))
    }

    /// 64 lower-case hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_the_digest_of_the_parts_with_their_lengths() {
        assert_eq!(
            CacheKey::of(&["a", "bc"]).as_str(),
            // printf '\1\0\0\0\0\0\0\0a\2\0\0\0\0\0\0\0bc' | sha256sum
            "9a8acca1b6c6c0befd3fbc756aed625da998c998f7252e738c4ef061906b9b21"
        );
    }

    proptest! {
        #[test]
        fn different_parts_have_different_keys(
            one in prop::collection::vec("[ab]{0,2}", 0..4),
            other in prop::collection::vec("[ab]{0,2}", 0..4),
        ) {
            let key = |parts: &[String]| {
                CacheKey::of(&parts.iter().map(String::as_str).collect::<Vec<_>>())
            };
            prop_assert_eq!(key(&one) == key(&other), one == other);
        }
    }
}
