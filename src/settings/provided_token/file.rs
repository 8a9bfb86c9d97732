//! The file of a given token: the token alone, or a JSON object with it.
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

use std::path::Path;

use serde::Deserialize;

use super::time::Written;
use super::{Binding, ProvidedToken, Unusable, broken, of_text, sound};
use crate::base::files;
use crate::base::secret::Secret;

/// Tokens have one to two thousand characters.
const LARGEST: u64 = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    authorization_token: Secret,
    expiration: Option<Written>,
    domain: Option<String>,
    owner: Option<String>,
    region: Option<String>,
}

/// What the file holds.
pub(super) fn read(path: &Path) -> Result<ProvidedToken, Unusable> {
    let bytes = match files::read_regular(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(error) if files::is_absence(&error) => return Err(Unusable::Absent("is not there")),
        Err(error) => return Err(Unusable::Broken(format!("cannot be read: {error}"))),
    };
    let text = str::from_utf8(&bytes).map_err(|_| broken("is not UTF-8 text"))?;
    // Windows writes a byte order mark.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') { of_json(text) } else { of_text(text) }
}

fn of_json(text: &str) -> Result<ProvidedToken, Unusable> {
    let record: Record = serde_json::from_str(text).map_err(|error| {
        // The error's own text may quote the token.
        let (line, column) = (error.line(), error.column());
        broken(&format!("is no JSON with `authorizationToken` (line {line}, column {column})"))
    })?;
    let expiration = record.expiration.map(|it| it.time().ok_or(broken(NO_TIME))).transpose()?;
    let Record { domain, owner, region, .. } = record;
    let secret = sound(record.authorization_token.expose())?;
    Ok(ProvidedToken { secret, expiration, binding: Binding { domain, owner, region } })
}

const NO_TIME: &str =
    "has an `expiration` that is no time, as in `2026-11-23T10:00:00Z` or seconds since 1970";

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn of_file_with(text: &str) -> Result<ProvidedToken, Unusable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_plain_file_holds_the_token_alone() {
        let token = of_text("a.b-c_d=").unwrap();
        assert_eq!(token.secret.expose(), "a.b-c_d=");
        for text in ["a.b-c_d=", "a.b-c_d=\n", "\u{feff}a.b-c_d=\r\n"] {
            assert_eq!(of_file_with(text), Ok(token.clone()), "{text:?}");
        }
        assert!(token.binding.is_empty() && token.expiration.is_none());
    }

    #[test]
    fn json_says_what_the_token_is_for() {
        let text = r#"{"authorizationToken":"t","domain":"d1","owner":"111122223333",
            "region":"eu-west-1","expiration":1800000000,"later":[1]}"#;
        let token = of_file_with(text).unwrap();
        let binding = Binding {
            domain: Some("d1".into()),
            owner: Some("111122223333".into()),
            region: Some("eu-west-1".into()),
        };
        let expiration = Some(UNIX_EPOCH + Duration::from_hours(500_000));
        assert_eq!(token, ProvidedToken { secret: Secret::new("t"), expiration, binding });
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
            assert_eq!(of_file_with(text).unwrap_err().to_string(), why, "{text:?}");
        }
        let long = "x".repeat(64 * 1024);
        assert!(of_file_with(&long).is_ok());
        let error = of_file_with(&format!("{long}x")).unwrap_err().to_string();
        assert_eq!(error, "cannot be read: it is larger than 64 KiB");
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read(&folder.path().join("token"));
        assert_eq!(missing, Err(Unusable::Absent("is not there")));
        assert!(matches!(read(folder.path()), Err(Unusable::Broken(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_holds_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe), Err(broken("cannot be read: it is no file")));
    }
}
