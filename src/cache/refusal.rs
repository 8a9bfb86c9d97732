//! Which tokens were refused: a file like a token's, that says when, and nothing of the token.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::token::LONGEST_LIFE_HERE as LONGEST_LIFE;

/// The format below. A file of any other version counts as none.
const VERSION: u32 = 1;

/// The file's JSON; the time is whole seconds since 1970.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    refused: u64,
}

/// The bytes of a file that says that the token of its key was refused at `now`.
pub fn encode(now: SystemTime) -> Vec<u8> {
    let refused = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let record = Record { version: VERSION, refused };
    serde_json::to_vec(&record).unwrap_or_default() // two numbers are always JSON
}

/// Whether they say that of any time at all.
pub fn is_one(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Record>(bytes).is_ok()
}

/// Whether they say so at `now`. They do for as long as any token lives: after that it is dead
/// anyway, or what it was refused for may have changed.
pub fn holds(bytes: &[u8], now: SystemTime) -> bool {
    let Ok(Record { version: VERSION, refused }) = serde_json::from_slice(bytes) else {
        return false;
    };
    let refused = UNIX_EPOCH.checked_add(Duration::from_secs(refused));
    // A clock that was set back since is no reason to try it again.
    refused.is_some_and(|at| now.duration_since(at).unwrap_or_default() < LONGEST_LIFE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000)
    }

    #[test]
    fn the_format_of_version_1() {
        assert_eq!(encode(now()), br#"{"version":1,"refused":1800000000}"#);
        assert!(holds(br#"{"version":1,"refused":1800000000,"later":[1]}"#, now()));
        assert!(!holds(br#"{"version":2,"refused":1800000000}"#, now()));
    }

    #[test]
    fn it_holds_for_the_longest_life_of_a_token() {
        let bytes = encode(now());
        assert!(holds(&bytes, now() - Duration::from_hours(1)));
        assert!(holds(&bytes, now() + LONGEST_LIFE - Duration::from_secs(1)));
        assert!(!holds(&bytes, now() + LONGEST_LIFE));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(!holds(&bytes, now()));
        }
    }
}
