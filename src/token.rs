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

    /// A tenth of its lifetime, but at least a minute and at most a quarter of an hour.
    pub fn margin(&self) -> Duration {
        let life = self.expiration.duration_since(self.obtained).unwrap_or_default();
        (life / 10).clamp(MINUTE, 15 * MINUTE)
    }
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
}
