//! The authorization token that CodeArtifact issues, and how long it may be served.

use std::time::{Duration, SystemTime};

use crate::base::secret::Secret;
use crate::base::time::CLOCK_TOLERANCE;

/// The longest lifetime that CodeArtifact gives a token.
pub const LONGEST_LIFE: Duration = Duration::from_hours(12);

/// The same, measured by this machine's clock, which may differ from AWS's.
pub const LONGEST_LIFE_HERE: Duration = LONGEST_LIFE.saturating_add(CLOCK_TOLERANCE);

const MINUTE: Duration = Duration::from_mins(1);

/// The response of `GetAuthorizationToken`: one token for every repository of a domain in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationToken {
    /// The password that NuGet sends with the user name `aws`.
    pub secret: Secret,
    /// When it was issued, according to this machine's clock.
    pub obtained: SystemTime,
    /// When CodeArtifact stops accepting it.
    pub expiration: SystemTime,
}

impl AuthorizationToken {
    /// Whether more than the margin is left of its lifetime, so that it outlives the restore that
    /// requests it.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        now + self.margin() < self.expiration
    }

    /// Whether it should be renewed soon, although it may be fresh: less than a tenth of the time
    /// is left for which it is served. `keep_until` ends that time if it is before the expiration.
    pub fn is_due(&self, keep_until: SystemTime, now: SystemTime) -> bool {
        let end = keep_until.min(self.expiration);
        let served_for = end.duration_since(self.obtained).unwrap_or_default();
        // The tenth of a short life is its margin, in which it is not fresh any more.
        let ahead = (served_for / 10).max(2 * margin_of(served_for));
        now + ahead >= end
    }

    fn margin(&self) -> Duration {
        margin_of(self.expiration.duration_since(self.obtained).unwrap_or_default())
    }
}

/// How long before its end a token of this lifetime is not fresh any more: a tenth, but at least a
/// minute and at most a quarter of an hour.
pub fn margin_of(life: Duration) -> Duration {
    (life / 10).clamp(MINUTE, 15 * MINUTE)
}

/// Whether the text can be a token: it becomes a part of HTTP headers.
pub fn fits_into_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn token(life: Duration) -> AuthorizationToken {
        AuthorizationToken {
            secret: Secret::new("t"),
            obtained: UNIX_EPOCH,
            expiration: UNIX_EPOCH + life,
        }
    }

    #[test]
    fn the_margin_is_a_tenth_within_a_minute_and_a_quarter_of_an_hour() {
        assert_eq!(token(12 * 60 * MINUTE).margin(), 15 * MINUTE);
        assert_eq!(token(50 * MINUTE).margin(), 5 * MINUTE);
        assert_eq!(token(2 * MINUTE).margin(), MINUTE);
    }

    #[test]
    fn it_is_fresh_while_more_than_the_margin_is_left() {
        let token = token(60 * MINUTE);
        assert!(token.is_fresh(UNIX_EPOCH + 53 * MINUTE));
        assert!(!token.is_fresh(UNIX_EPOCH + 54 * MINUTE));
        assert!(!token.is_fresh(UNIX_EPOCH + 61 * MINUTE));
    }

    #[test]
    fn it_is_due_in_its_last_tenth_and_before_its_margin_begins() {
        let due_at = |life: u32, keep: u32, minute: u32| {
            token(life * MINUTE).is_due(UNIX_EPOCH + keep * MINUTE, UNIX_EPOCH + minute * MINUTE)
        };
        assert!(!due_at(720, 720, 647) && due_at(720, 720, 648));
        assert!(!due_at(60, 60, 47) && due_at(60, 60, 48), "twice the margin");
        assert!(!due_at(720, 60, 47) && due_at(720, 60, 48), "kept for an hour only");
        assert!(due_at(720, 900, 648), "what is kept longer expires nevertheless");
    }

    #[test]
    fn a_clock_that_is_set_back_stands_still_or_jumps_makes_no_token_younger() {
        let half_a_century = 26_298_000 * MINUTE;
        for start in [UNIX_EPOCH, UNIX_EPOCH + half_a_century, UNIX_EPOCH + 2 * half_a_century] {
            let token = AuthorizationToken {
                secret: Secret::new("t"),
                obtained: start,
                expiration: start + 60 * MINUTE,
            };
            for _ in 0..3 {
                assert!(token.is_fresh(start), "a clock that stands still");
            }
            assert!(!token.is_fresh(start + half_a_century), "set forward");
            assert!(token.is_due(token.expiration, start + half_a_century));
        }
    }

    #[test]
    fn a_token_is_text_that_a_header_can_have() {
        assert!(fits_into_header("eyJ2ZXIiOjF9.-_~"));
        for text in ["", "a b", "a\r\nb", "a\u{0}", "\u{e4}", "a\u{7f}"] {
            assert!(!fits_into_header(text), "{text:?}");
        }
    }
}
