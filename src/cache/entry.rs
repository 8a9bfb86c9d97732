//! The cache's files as bytes, in versioned JSON: a token, the fact that a token was refused, or a
//! failure that other processes learn of.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::key::CacheKey;
use super::system::{protect, reveal};
use crate::base::secret::Secret;
use crate::base::text::printable;
use crate::base::time::CLOCK_TOLERANCE;
use crate::code::Code;
use crate::token::{AuthorizationToken, LONGEST_LIFE_HERE, fits_into_header};

/// The formats below. A file of any other version counts as empty.
const VERSION: u32 = 1;

/// Describes the token in readable words. They are stored in clear text, so they contain no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub domain: String,
    pub owner: String,
    pub region: String,
    pub identity: String,
}

/// The file's JSON. Times are whole seconds since 1970, rounded down. `token` is the output of
/// `protect` for the token's text. Older versions of this program write no checksum, and ignore one.
#[derive(Serialize, Deserialize)]
struct StoredEntry {
    version: u32,
    label: Label,
    obtained: u64,
    expiration: u64,
    keep_until: u64,
    token: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
}

/// A damaged token would be sent as a password, and refused.
fn checksum(stored: &Secret) -> String {
    CacheKey::of(&[stored.expose()]).to_string()
}

/// A token that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub token: AuthorizationToken,
    /// The latest time at which it is served.
    pub keep_until: SystemTime,
}

impl Kept {
    /// Whether it may be served at `now` at all.
    pub fn may_be_served(&self, now: SystemTime) -> bool {
        now < self.keep_until && is_plausible(&self.token, now)
    }
}

/// Whether this machine's clock agrees with the token's times: it was obtained before now, has not
/// expired, and is not valid for longer than CodeArtifact grants.
pub fn is_plausible(token: &AuthorizationToken, now: SystemTime) -> bool {
    // If it was obtained further in the future than this, the clock has been set back since.
    token.obtained <= now + CLOCK_TOLERANCE
        && token.obtained < token.expiration
        && now < token.expiration
        && token.expiration <= now + LONGEST_LIFE_HERE
}

/// Everything about a token except the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub label: Label,
    pub obtained: SystemTime,
    pub expiration: SystemTime,
    /// The latest time at which it is served.
    pub keep_until: SystemTime,
}

impl Description {
    /// How long it can still be served; none if it cannot be.
    pub fn served_for(&self, now: SystemTime) -> Option<Duration> {
        let end = self.keep_until.min(self.expiration);
        end.duration_since(now).ok().filter(|left| !left.is_zero())
    }
}

/// The bytes of a file, which [`decode`] reads.
pub fn encode(
    token: &AuthorizationToken,
    keep_until: SystemTime,
    label: &Label,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let stored = Secret::new(protect(token.secret.expose())?);
    let record = StoredEntry {
        version: VERSION,
        label: label.clone(),
        obtained: seconds(token.obtained)?,
        expiration: seconds(token.expiration)?,
        keep_until: seconds(keep_until)?,
        checksum: Some(checksum(&stored)),
        token: stored,
    };
    Ok(Zeroizing::new(serde_json::to_vec(&record)?))
}

/// The token in `bytes`, if it may be served at `now`. None for everything else: another version, a
/// foreign file, an incomplete or damaged file.
pub fn decode(bytes: &[u8], now: SystemTime) -> Option<Kept> {
    let record: StoredEntry = serde_json::from_slice(bytes).ok()?;
    let is_whole = record.checksum.is_none_or(|it| it == checksum(&record.token));
    if record.version != VERSION || !is_whole {
        return None;
    }
    let secret = Secret::new(reveal(record.token.expose())?);
    if !fits_into_header(secret.expose()) {
        return None;
    }
    let token = AuthorizationToken {
        secret,
        obtained: time(record.obtained)?,
        expiration: time(record.expiration)?,
    };
    let kept = Kept { token, keep_until: time(record.keep_until)? };
    kept.may_be_served(now).then_some(kept)
}

/// The description of a token in `bytes`, without the token.
pub fn describe(bytes: &[u8]) -> Option<Description> {
    let record: StoredEntry = serde_json::from_slice(bytes).ok()?;
    if record.version != VERSION {
        return None;
    }
    Some(Description {
        label: record.label,
        obtained: time(record.obtained)?,
        expiration: time(record.expiration)?,
        keep_until: time(record.keep_until)?,
    })
}

/// The JSON of a file that says when the token of its key was refused. It contains nothing of the
/// token. The time is whole seconds since 1970.
#[derive(Serialize, Deserialize)]
struct Refused {
    version: u32,
    refused: u64,
}

/// The bytes of a file that records that the token of its key was refused at `now`.
pub fn encode_refused(now: SystemTime) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&Refused { version: VERSION, refused: seconds(now)? })?)
}

/// Whether the bytes record a refusal, at any time.
pub fn is_refusal(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Refused>(bytes).is_ok()
}

/// Whether the token still counts as refused at `now`. A refusal counts for the longest lifetime of
/// a token: after that the token has expired anyway, or the reason for its refusal may have
/// changed.
pub fn counts_as_refused(bytes: &[u8], now: SystemTime) -> bool {
    let Ok(Refused { version: VERSION, refused }) = serde_json::from_slice(bytes) else {
        return false;
    };
    // If the clock was set back since, the token is still not tried again.
    time(refused).is_some_and(|at| now.duration_since(at).unwrap_or_default() < LONGEST_LIFE_HERE)
}

/// A failure of a fetch, for the other processes that need the same token. It contains no secret: it
/// is what the user of the failed process reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFailure {
    pub failed: SystemTime,
    /// Nobody should call AWS again before this time has passed.
    pub pause: Duration,
    /// None if every process must find the failure by itself.
    pub message: Option<SharedMessage>,
}

/// What another process tells its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedMessage {
    pub code: Code,
    pub line: String,
    pub fix: Option<String>,
}

/// The JSON of a failure. Times are milliseconds, since 1970 or in length.
#[derive(Serialize, Deserialize)]
struct StoredFailure {
    version: u32,
    failed: u64,
    pause: u64,
    line: Option<String>,
    #[serde(default)]
    code: u16,
    #[serde(default)]
    fix: Option<String>,
}

/// The bytes of a file, which [`decode_failure`] reads.
pub fn encode_failure(failure: &SharedFailure) -> io::Result<Vec<u8>> {
    let since = failure.failed.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    let message = failure.message.as_ref();
    Ok(serde_json::to_vec(&StoredFailure {
        version: VERSION,
        failed: milliseconds(since),
        pause: milliseconds(failure.pause),
        line: message.map(|it| it.line.clone()),
        code: message.map_or(0, |it| it.code.number()),
        fix: message.and_then(|it| it.fix.clone()),
    })?)
}

/// The failure in `bytes`; none for everything else.
pub fn decode_failure(bytes: &[u8]) -> Option<SharedFailure> {
    let stored: StoredFailure = serde_json::from_slice(bytes).ok()?;
    (stored.version == VERSION).then_some(())?;
    let message = |line: String| {
        let (code, fix) = (Code::of_number(stored.code)?, stored.fix.map(|fix| printable(&fix)));
        Some(SharedMessage { code, line: printable(&line), fix })
    };
    Some(SharedFailure {
        failed: UNIX_EPOCH.checked_add(Duration::from_millis(stored.failed))?,
        pause: Duration::from_millis(stored.pause),
        message: stored.line.and_then(message),
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(time: SystemTime) -> io::Result<u64> {
    time.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).map_err(io::Error::other)
}

fn time(seconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(500_000)
    }

    fn token(obtained: SystemTime, expiration: SystemTime) -> AuthorizationToken {
        AuthorizationToken { secret: Secret::new("t"), obtained, expiration }
    }

    fn label() -> Label {
        let text = |text: &str| text.to_owned();
        Label { domain: text("d"), owner: text("1"), region: text("r"), identity: text("i") }
    }

    #[cfg(unix)]
    #[test]
    fn the_format_of_version_1() {
        let bytes = encode(&token(now(), now() + HOUR), now() + HOUR, &label()).unwrap();
        assert_eq!(
            String::from_utf8(bytes.to_vec()).unwrap(),
            concat!(
                r#"{"version":1,"label":{"domain":"d","owner":"1","region":"r","identity":"i"},"#,
                r#""obtained":1800000000,"expiration":1800003600,"keep_until":1800003600,"#,
                // printf '\1\0\0\0\0\0\0\0t' | sha256sum
                r#""token":"t","checksum":"#,
                r#""0356cf916b28f80ef924c43c6d82dbb4fabb8f39026e841e5d77270d8c493162"}"#
            )
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_token_that_is_damaged_or_none_is_not_served() {
        let bytes = encode(&token(now(), now() + HOUR), now() + HOUR, &label()).unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(decode(text.as_bytes(), now()).is_some());
        let damaged = text.replace(r#""token":"t""#, r#""token":"u""#);
        assert_eq!(decode(damaged.as_bytes(), now()), None);
        let (older, _) = text.split_once(r#","checksum""#).unwrap();
        assert!(decode(format!("{older}}}").as_bytes(), now()).is_some(), "without a checksum");
        for bad in ["", " ", r"t\n", r"t\u0000", "\u{e4}"] {
            let bad = older.replace(r#""token":"t""#, &format!(r#""token":"{bad}""#));
            assert_eq!(decode(format!("{bad}}}").as_bytes(), now()), None, "{bad}");
        }
    }

    #[test]
    fn a_failure_is_read_as_one_clean_line() {
        let failure = SharedFailure {
            failed: now() + Duration::from_millis(7),
            pause: Duration::from_millis(1500),
            message: Some(SharedMessage {
                code: Code::Throttled,
                line: "AWS throttled the call".to_owned(),
                fix: Some("Wait a minute.".to_owned()),
            }),
        };
        let bytes = encode_failure(&failure).unwrap();
        assert_eq!(decode_failure(&bytes), Some(failure.clone()));
        let text = "\u{1b}[31m##[x]\nred".to_owned();
        let message = SharedMessage { code: Code::Throttled, line: text.clone(), fix: Some(text) };
        let forged = SharedFailure { message: Some(message), ..failure };
        let read = decode_failure(&encode_failure(&forged).unwrap()).unwrap().message.unwrap();
        assert_eq!((&*read.line, read.fix.as_deref()), ("# #[x] red", Some("# #[x] red")));
        let unknown = r#"{"version":1,"failed":1,"pause":1,"line":"x","code":100}"#;
        assert_eq!(decode_failure(unknown.as_bytes()).unwrap().message, None);
        for other in ["", "{}", r#"{"version":2,"failed":1,"pause":1,"line":null}"#] {
            assert_eq!(decode_failure(other.as_bytes()), None, "{other}");
        }
        let never = r#"{"version":1,"failed":18446744073709551615,"pause":0,"line":null}"#;
        let _ = decode_failure(never.as_bytes());
    }

    #[cfg(unix)]
    #[test]
    fn another_version_is_empty_and_unknown_keys_are_ignored() {
        let text = |version: u32| {
            format!(
                r#"{{"version":{version},"label":{{"domain":"d","owner":"1","region":"r",
                "identity":"i"}},"obtained":1800000000,"expiration":1800003600,
                "keep_until":1800003600,"token":"t","later":[1]}}"#
            )
        };
        let kept = Kept { token: token(now(), now() + HOUR), keep_until: now() + HOUR };
        assert_eq!(decode(text(1).as_bytes(), now()), Some(kept));
        assert_eq!(decode(text(2).as_bytes(), now()), None);
    }

    #[test]
    fn times_that_no_clock_has_are_empty() {
        let text = format!(
            r#"{{"version":1,"label":{{"domain":"d","owner":"1","region":"r","identity":"i"}},
            "obtained":{0},"expiration":{0},"keep_until":{0},"token":"t"}}"#,
            u64::MAX
        );
        assert_eq!(decode(text.as_bytes(), now()), None);
    }

    #[test]
    fn the_debug_form_of_a_token_lacks_the_secret() {
        let bytes = encode(&token(now(), now() + HOUR), now() + HOUR, &label()).unwrap();
        assert!(!format!("{:?}", decode(&bytes, now())).contains("\"t\""));
    }

    #[test]
    fn plausible_is_what_codeartifact_can_have_given_by_now() {
        let minutes = Duration::from_mins;
        let plausible = |obtained, expiration| is_plausible(&token(obtained, expiration), now());
        assert!(plausible(now(), now() + minutes(12 * 60)));
        assert!(plausible(now() + minutes(5), now() + minutes(12 * 60 + 5)));
        assert!(!plausible(now() - minutes(60), now()), "expired");
        assert!(!plausible(now(), now() + minutes(12 * 60 + 6)), "too far ahead");
        assert!(!plausible(now() + minutes(6), now() + minutes(60)), "not obtained yet");
        assert!(!plausible(now() + minutes(2), now() + minutes(1)), "no life at all");
    }

    #[test]
    fn it_is_not_served_when_the_time_to_keep_it_is_over() {
        let bytes = encode(&token(now(), now() + 12 * HOUR), now() + HOUR, &label()).unwrap();
        assert!(decode(&bytes, now() + HOUR - Duration::from_secs(1)).is_some());
        assert!(decode(&bytes, now() + HOUR).is_none());
    }

    #[test]
    fn the_format_of_a_refusal_of_version_1() {
        assert_eq!(encode_refused(now()).unwrap(), br#"{"version":1,"refused":1800000000}"#);
        assert!(counts_as_refused(br#"{"version":1,"refused":1800000000,"later":[1]}"#, now()));
        assert!(!counts_as_refused(br#"{"version":2,"refused":1800000000}"#, now()));
    }

    #[test]
    fn a_refusal_counts_for_the_longest_life_of_a_token() {
        let bytes = encode_refused(now()).unwrap();
        assert!(counts_as_refused(&bytes, now() - HOUR));
        assert!(counts_as_refused(&bytes, now() + LONGEST_LIFE_HERE - Duration::from_secs(1)));
        assert!(!counts_as_refused(&bytes, now() + LONGEST_LIFE_HERE));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            prop_assert_eq!(decode(&bytes, now()), None);
            prop_assert!(!counts_as_refused(&bytes, now()));
        }

        #[test]
        fn a_changed_byte_is_read_without_a_panic(at in 0_usize..180, byte in any::<u8>()) {
            let mut bytes = encode(&token(now(), now() + HOUR), now() + HOUR, &label()).unwrap();
            let length = bytes.len();
            bytes[at % length] = byte;
            if let Some(kept) = decode(&bytes, now()) {
                prop_assert!(kept.may_be_served(now()));
            }
        }

        #[test]
        fn half_a_file_is_empty(part in 0_usize..100) {
            let bytes = encode(&token(now(), now() + HOUR), now() + HOUR, &label()).unwrap();
            prop_assert_eq!(decode(&bytes[..bytes.len() * part / 100], now()), None);
        }

        #[test]
        fn whatever_numbers_a_file_holds_only_a_plausible_token_is_served(
            obtained in around_now(), expiration in around_now(), keep_until in around_now(),
        ) {
            let record = StoredEntry {
                version: VERSION,
                label: label(),
                obtained,
                expiration,
                keep_until,
                token: Secret::new(protect("t").unwrap()),
                checksum: None,
            };
            let read = decode(&serde_json::to_vec(&record).unwrap(), now());
            let times = (time(obtained), time(expiration), time(keep_until));
            let may_be_served = match times {
                (Some(obtained), Some(expiration), Some(keep_until)) => {
                    is_plausible(&token(obtained, expiration), now()) && now() < keep_until
                }
                _ => false,
            };
            prop_assert_eq!(read.is_some(), may_be_served);
        }

        #[test]
        fn what_goes_in_comes_out(secret in "[!-~]{1,300}", domain in ".*", age in 0_u64..3600) {
            let mut token = token(now() - Duration::from_secs(age), now() + HOUR);
            token.secret = Secret::new(secret);
            let bytes = encode(&token, now() + HOUR, &Label { domain, ..label() }).unwrap();
            let kept = Kept { token, keep_until: now() + HOUR };
            prop_assert_eq!(decode(&bytes, now()), Some(kept));
        }
    }

    fn around_now() -> impl Strategy<Value = u64> {
        prop_oneof![1_799_999_000_u64..1_800_050_000, any::<u64>()]
    }
}
