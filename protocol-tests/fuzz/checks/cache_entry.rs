//! A file of the cache with any bytes: what is served of it is what stands there, and is written and
//! described alike.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a check fails by a panic")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::entry;

/// The time at which the seeds' tokens are valid.
const NOW: u64 = 1_800_000_000;

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub fn check(bytes: &[u8]) {
    let now = time(NOW);
    let described = entry::describe(bytes);
    let is_refusal = entry::counts_as_refused(bytes, now);
    assert!(!is_refusal || entry::is_refusal(bytes));
    let failure = entry::decode_failure(bytes);
    assert!(failure.and_then(|it| it.message).is_none_or(|it| !it.line.contains(char::is_control)));
    let Some(kept) = entry::decode(bytes, now) else { return };
    assert!(kept.may_be_served(now));
    let token = &kept.token;
    let described = described.expect("a token that is served can be described");
    assert_eq!((described.obtained, described.expiration), (token.obtained, token.expiration));
    let left = described.served_for(now).expect("a token that is served has time left");
    assert!(entry::decode(bytes, now + left).is_none(), "served for longer than described");

    let written = entry::encode(token, described.keep_until, &described.label).unwrap();
    assert_eq!(entry::decode(&written, now).as_ref(), Some(&kept));
    assert_eq!(entry::describe(&written), Some(described));

    // Read a second time, without the types, which are read of a list of their fields as well.
    // A value that nobody reads need not be UTF-8.
    let text = String::from_utf8_lossy(bytes);
    let json: Value = serde_json::from_str(&text).expect("a token stands in JSON");
    if json.is_array() {
        return;
    }
    assert_eq!(json["version"], 1);
    assert!(json["obtained"].as_u64().map(time) == Some(token.obtained));
    assert!(json["expiration"].as_u64().map(time) == Some(token.expiration));
    if cfg!(unix) {
        assert_eq!(json["token"].as_str(), Some(token.secret.expose()));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_seed_is_served_as_it_stands() {
        crate::corpus::replay("cache_entry", super::check);
    }
}
