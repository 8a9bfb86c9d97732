//! A secret that cannot print itself, and does not stay in memory.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Text that must reach neither a log, a message nor a terminal by accident.
///
/// Its memory is wiped when it is dropped. What somebody else has copied is not.
///
/// There is no `Display`, and `Debug` shows a placeholder. Serializing writes the text itself: only
/// wire and cache types, whose whole purpose is to carry it, may derive `Serialize` around one.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that passes it on.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn a_secret_is_wiped() {
        fn is_wiped_when_dropped<T: ZeroizeOnDrop>(_: &T) {}
        let mut secret = Secret::new("hunter2");
        is_wiped_when_dropped(&secret);
        secret.zeroize();
        assert_eq!(secret.expose(), "");
    }
}
