//! Tokens that the user brings along, in a variable or in a file.
//!
//! The file holds the token alone, or a JSON object with it:
//!
//! ```json
//! {
//!   "authorizationToken": "…",
//!   "expiration": "2026-11-23T10:00:00Z",
//!   "domain": "my-domain",
//!   "owner": "111122223333",
//!   "region": "eu-west-1"
//! }
//! ```
//!
//! Only the token must be there. `expiration` is a time with its offset, or seconds since 1970; so the
//! answer of `aws codeartifact get-authorization-token` is such a file as it is. Keys that are not
//! known are ignored.
#![expect(clippy::disallowed_methods, reason = "the file that the user names is a setting")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use toml_edit::{Datetime, Offset};

use super::file::is_absence;
use crate::endpoint::Domain;
use crate::secret::Secret;

/// Tokens have one to two thousand characters.
const LARGEST: u64 = 64 * 1024;

/// A place where a token may be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenPlace {
    Variable { name: &'static str },
    File { name: &'static str, path: PathBuf },
}

/// One that is set, and what is there.
#[derive(Debug, Clone)]
pub struct Given {
    pub place: GivenPlace,
    /// What `CODEARTIFACT_NUGET_TOKEN_DOMAIN` says, in addition to the file.
    pub binding: Binding,
    pub token: Result<GivenToken, Unusable>,
}

/// A token of the user's, which can be a header's value. Where nothing is said it holds for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenToken {
    pub secret: Secret,
    pub expiration: Option<SystemTime>,
    pub binding: Binding,
}

/// The domain that a token is said to be for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub region: Option<String>,
}

/// Why there is no token at a place; reads after its name, and quotes nothing of what is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Set for many machines, and a secret of some of them: no mistake.
    #[error("{0}")]
    Absent(&'static str),
    #[error("{0}")]
    Broken(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    authorization_token: Secret,
    expiration: Option<Expiration>,
    domain: Option<String>,
    owner: Option<String>,
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expiration {
    Seconds(f64),
    Text(String),
}

impl std::fmt::Display for GivenPlace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable { name } => formatter.write_str(name),
            Self::File { name, path } => write!(formatter, "{name} `{}`", path.display()),
        }
    }
}

impl Binding {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing that is said speaks against the domain.
    pub fn allows(&self, domain: &Domain) -> bool {
        let agrees = |said: &Option<String>, is: &String| said.as_ref().is_none_or(|it| it == is);
        agrees(&self.domain, &domain.name)
            && agrees(&self.owner, &domain.owner)
            && agrees(&self.region, &domain.region)
    }
}

/// The variable's text, which is the token alone.
pub(super) fn of_variable(text: &str) -> Result<GivenToken, Unusable> {
    let binding = Binding::default();
    Ok(GivenToken { secret: sound(text)?, expiration: None, binding })
}

/// What the file holds.
pub(super) fn of_file(path: &Path) -> Result<GivenToken, Unusable> {
    let bytes = match open(path).and_then(read) {
        Ok(bytes) => bytes,
        Err(error) if is_absence(error.kind()) => return Err(Unusable::Absent("is not there")),
        Err(error) => return Err(Unusable::Broken(format!("cannot be read: {error}"))),
    };
    let text = str::from_utf8(&bytes).map_err(|_| broken("is not UTF-8 text"))?;
    // Windows writes a byte order mark.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') { of_json(text) } else { of_variable(text) }
}

fn of_json(text: &str) -> Result<GivenToken, Unusable> {
    let record: Record = serde_json::from_str(text).map_err(|error| {
        // The error's own text may quote the token.
        let (line, column) = (error.line(), error.column());
        broken(&format!("is no JSON with `authorizationToken` (line {line}, column {column})"))
    })?;
    let expiration = record.expiration.map(|it| time_of(&it).ok_or(broken(NO_TIME))).transpose()?;
    let Record { domain, owner, region, .. } = record;
    let secret = sound(record.authorization_token.expose())?;
    Ok(GivenToken { secret, expiration, binding: Binding { domain, owner, region } })
}

const NO_TIME: &str =
    "has an `expiration` that is no time, as in `2026-11-23T10:00:00Z` or seconds since 1970";

/// It becomes a part of HTTP headers.
fn sound(text: &str) -> Result<Secret, Unusable> {
    match text {
        "" => Err(Unusable::Absent("is empty")),
        _ if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text)),
        _ => Err(broken("holds characters that no token has")),
    }
}

fn broken(why: &str) -> Unusable {
    Unusable::Broken(why.to_owned())
}

/// A pipe comes back at once, and is refused: it would hold the process, and be read only once.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.read(true).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
}

fn read(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 64 KiB"));
    }
    Ok(bytes)
}

fn time_of(expiration: &Expiration) -> Option<SystemTime> {
    let since_epoch = match expiration {
        Expiration::Seconds(seconds) => Duration::try_from_secs_f64(*seconds).ok()?,
        Expiration::Text(text) => since_epoch(&text.parse().ok()?)?,
    };
    UNIX_EPOCH.checked_add(since_epoch)
}

/// Of a date, a time and an offset; none where one is missing, or before 1970.
fn since_epoch(written: &Datetime) -> Option<Duration> {
    let (date, time) = (written.date?, written.time?);
    let offset = match written.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days_since_epoch(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let minutes = (days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - offset;
    let seconds = u64::try_from(minutes * 60 + i64::from(time.second.unwrap_or_default()));
    seconds.ok().map(Duration::from_secs)
}

/// The days from 1970-01-01 to this one. Years begin in March here, so that the leap day is the last
/// one: Howard Hinnant's `days_from_civil`.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> Result<GivenToken, Unusable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        of_file(&path)
    }

    fn seconds_of(expiration: &str) -> Option<u64> {
        let text = format!(r#"{{"authorizationToken":"t","expiration":{expiration}}}"#);
        let expiration = of_text(&text).ok()?.expiration?;
        Some(expiration.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn a_plain_file_holds_the_token_alone() {
        let token = of_variable("a.b-c_d=").unwrap();
        assert_eq!(token.secret.expose(), "a.b-c_d=");
        for text in ["a.b-c_d=", "a.b-c_d=\n", "\u{feff}a.b-c_d=\r\n"] {
            assert_eq!(of_text(text), Ok(token.clone()), "{text:?}");
        }
        assert!(token.binding.is_empty() && token.expiration.is_none());
    }

    #[test]
    fn json_says_what_the_token_is_for() {
        let text = r#"{"authorizationToken":"t","domain":"d1","owner":"111122223333",
            "region":"eu-west-1","expiration":1800000000,"later":[1]}"#;
        let token = of_text(text).unwrap();
        let binding = Binding {
            domain: Some("d1".into()),
            owner: Some("111122223333".into()),
            region: Some("eu-west-1".into()),
        };
        let expiration = Some(UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        assert_eq!(token, GivenToken { secret: Secret::new("t"), expiration, binding });
    }

    #[test]
    fn times_are_those_that_the_aws_cli_writes() {
        for (written, seconds) in [
            ("1800000000", 1_800_000_000),
            ("1800000000.75", 1_800_000_000),
            ("\"1970-01-01T00:00:00Z\"", 0),
            ("\"2000-02-29T00:00:00Z\"", 951_782_400),
            ("\"2000-03-01T00:00:00+00:00\"", 951_868_800),
            ("\"2026-01-01T01:59:59.120000+02:00\"", 1_767_225_599),
            ("\"2025-12-31T19:30:00-04:30\"", 1_767_225_600),
        ] {
            assert_eq!(seconds_of(written), Some(seconds), "{written}");
        }
        for written in ["\"tomorrow\"", "\"2026-01-01\"", "\"2026-01-01T00:00:00\"", "-1", "1e300"]
        {
            assert_eq!(seconds_of(written), None, "{written}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_and_not_quoted() {
        for (text, why) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("{\"authorizationToken\":\"\"}", "is empty"),
            ("hunter 2", "holds characters that no token has"),
            ("hunter2\nhunter2", "holds characters that no token has"),
            (
                "{\"authorizationtoken\":\"hunter2\"}",
                "is no JSON with `authorizationToken` (line 1, column 32)",
            ),
            (
                "{\"authorizationToken\":7,\"domain\":\"hunter2\"}",
                "is no JSON with `authorizationToken` (line 1, column 23)",
            ),
            (
                "{\"authorizationToken\":\"hunter2\",\"expiration\":\"hunter2\"}",
                "has an `expiration` that is no time, as in `2026-11-23T10:00:00Z` or seconds since 1970",
            ),
        ] {
            assert_eq!(of_text(text).unwrap_err().to_string(), why, "{text:?}");
        }
        let long = "x".repeat(64 * 1024);
        assert!(of_text(&long).is_ok());
        let error = of_text(&format!("{long}x")).unwrap_err().to_string();
        assert_eq!(error, "cannot be read: it is larger than 64 KiB");
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let missing = of_file(&folder.path().join("token"));
        assert_eq!(missing, Err(Unusable::Absent("is not there")));
        assert!(matches!(of_file(folder.path()), Err(Unusable::Broken(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_holds_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(of_file(&pipe), Err(broken("cannot be read: it is no file")));
    }

    #[test]
    fn a_binding_allows_what_nothing_in_it_speaks_against() {
        let domain =
            Domain { name: "d1".into(), owner: "111122223333".into(), region: "eu-west-1".into() };
        let bound = |domain: &str, owner: Option<&str>, region: Option<&str>| Binding {
            domain: Some(domain.into()),
            owner: owner.map(Into::into),
            region: region.map(Into::into),
        };
        assert!(Binding::default().allows(&domain));
        assert!(bound("d1", None, None).allows(&domain));
        assert!(bound("d1", Some("111122223333"), Some("eu-west-1")).allows(&domain));
        assert!(!bound("d2", None, None).allows(&domain));
        assert!(!bound("d1", Some("444455556666"), None).allows(&domain));
        assert!(!bound("d1", None, Some("us-east-1")).allows(&domain));
    }

    #[test]
    fn the_debug_form_lacks_the_token() {
        assert!(!format!("{:?}", of_variable("hunter2")).contains("hunter2"));
    }
}
