//! The user's own tokens, in a variable or in a file.
//!
//! The file contains only the token, or a JSON object:
//!
//! ```json
//! {
//!   "authorizationToken": "…",
//!   "expiration": "2026-11-23T10:00:00Z",
//!   "domain": "my-domain",
//!   "domainOwner": "111122223333",
//!   "region": "eu-west-1"
//! }
//! ```
//!
//! Only the token is required. `expiration` is a time with its offset, or seconds since 1970, so
//! the output of `aws codeartifact get-authorization-token` can be used unchanged. Unknown keys are
//! ignored.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::environment::absolute_path;
use super::{AUTH_TOKEN, AUTH_TOKEN_FILE, SettingsError, TOKEN_DOMAIN};
use crate::base::environment::Environment;
use crate::base::secret::Secret;
use crate::base::{files, time};
use crate::endpoint::{Domain, is_domain, split_domain};

/// Tokens have one to two thousand characters.
const LARGEST: u64 = 64 * 1024;

/// A place where the user may provide a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvidedPlace {
    Variable { name: &'static str },
    File { name: &'static str, path: PathBuf },
}

/// A place that is set, and the token in it.
#[derive(Debug, Clone)]
pub struct Provided {
    pub place: ProvidedPlace,
    /// The value of `CODEARTIFACT_NUGET_TOKEN_DOMAIN`, in addition to what the file says.
    pub binding: Binding,
    pub token: Result<ProvidedToken, Unusable>,
}

/// A token of the user's that is valid as a header's value. Without a binding it is for any domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedToken {
    pub secret: Secret,
    pub expiration: Option<SystemTime>,
    pub binding: Binding,
}

/// The domain that a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding {
    pub domain: Option<String>,
    pub owner: Option<String>,
    pub region: Option<String>,
}

/// Why a place has no token. The text reads after the place's name, and quotes nothing of its
/// content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The file is missing. This is not an error: the variable may be set for many machines, of which
    /// only some have the secret.
    #[error("{0}")]
    Absent(&'static str),
    #[error("{0}")]
    Broken(String),
}

/// The user's own tokens, read now, in the order of their precedence.
pub fn provided_tokens(environment: &Environment) -> Result<Vec<Provided>, SettingsError> {
    let mut provided = Vec::new();
    if let Some(path) = absolute_path(environment, AUTH_TOKEN_FILE)? {
        let token = of_file(&path);
        provided.push((ProvidedPlace::File { name: AUTH_TOKEN_FILE, path }, token));
    }
    if let Some(text) = environment.get(AUTH_TOKEN) {
        let token = of_text(text.trim());
        provided.push((ProvidedPlace::Variable { name: AUTH_TOKEN }, token));
    }
    if provided.is_empty() {
        return Ok(Vec::new());
    }
    let binding = token_domain(environment)?;
    Ok(provided
        .into_iter()
        .map(|(place, token)| Provided { place, binding: binding.clone(), token })
        .collect())
}

fn token_domain(environment: &Environment) -> Result<Binding, SettingsError> {
    let Some(value) = environment.get(TOKEN_DOMAIN) else { return Ok(Binding::default()) };
    if let Some((domain, owner)) = split_domain(value) {
        return Ok(Binding { domain: Some(domain), owner: Some(owner), region: None });
    }
    if is_domain(value) {
        return Ok(Binding { domain: Some(value.to_owned()), ..Binding::default() });
    }
    Err(SettingsError::Variable {
        name: TOKEN_DOMAIN,
        value: value.to_owned(),
        expected: "a domain, such as `my-domain` or `my-domain-111122223333`",
    })
}

impl fmt::Display for ProvidedPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable { name } => formatter.write_str(name),
            Self::File { name, path } => write!(formatter, "{name} `{}`", path.display()),
        }
    }
}

impl Binding {
    /// Whether the binding names nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the token may be used for the domain. A missing part matches every value.
    pub fn allows(&self, domain: &Domain) -> bool {
        let Self { domain: name, owner, region } = self;
        name.as_ref().is_none_or(|name| *name == domain.name)
            && owner.as_ref().is_none_or(|owner| *owner == domain.owner)
            && region.as_ref().is_none_or(|region| *region == domain.region)
    }
}

/// The keys of the JSON object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    authorization_token: Secret,
    expiration: Option<Expiration>,
    domain: Option<String>,
    /// The AWS CLI's option has the long name; older files of `token` have the short one.
    #[serde(alias = "owner")]
    domain_owner: Option<String>,
    region: Option<String>,
}

/// Seconds since 1970, or a date and time with their offset.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expiration {
    Seconds(f64),
    Text(String),
}

impl Expiration {
    /// The time, if it is one after 1970.
    fn time(&self) -> Option<SystemTime> {
        match self {
            Self::Seconds(seconds) => {
                UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(*seconds).ok()?)
            }
            Self::Text(text) => time::parse(text),
        }
    }
}

fn of_file(path: &Path) -> Result<ProvidedToken, Unusable> {
    let bytes = match files::read_regular(path, LARGEST) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if files::is_absence(&error) => return Err(Unusable::Absent("does not exist")),
        Err(error) => return Err(Unusable::Broken(format!("cannot be read: {error}"))),
    };
    let text = str::from_utf8(&bytes).map_err(|_| broken("is not UTF-8 text"))?;
    // Windows writes a byte order mark.
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') { of_json(text) } else { of_text(text) }
}

fn of_json(text: &str) -> Result<ProvidedToken, Unusable> {
    let record: Record = serde_json::from_str(text).map_err(|error| {
        // The parser's message may quote the token.
        let (line, column) = (error.line(), error.column());
        broken(&format!("is no JSON with `authorizationToken` (line {line}, column {column})"))
    })?;
    let expiration =
        record.expiration.map(|it| it.time().ok_or_else(|| broken(NO_TIME))).transpose()?;
    let Record { domain, domain_owner: owner, region, .. } = record;
    let secret = sound(record.authorization_token.expose())?;
    Ok(ProvidedToken { secret, expiration, binding: Binding { domain, owner, region } })
}

const NO_TIME: &str =
    "has an `expiration` that is no time, as in `2026-11-23T10:00:00Z` or seconds since 1970";

/// Text that is only the token.
fn of_text(text: &str) -> Result<ProvidedToken, Unusable> {
    let binding = Binding::default();
    Ok(ProvidedToken { secret: sound(text)?, expiration: None, binding })
}

/// The token becomes a part of HTTP headers.
fn sound(text: &str) -> Result<Secret, Unusable> {
    match text {
        "" => Err(Unusable::Absent("is empty")),
        _ if text.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Secret::new(text)),
        _ => Err(broken("contains characters that no token has")),
    }
}

fn broken(why: &str) -> Unusable {
    Unusable::Broken(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound_to(value: &str) -> Result<Binding, SettingsError> {
        let pairs = [(AUTH_TOKEN, "t"), (TOKEN_DOMAIN, value)];
        provided_tokens(&Environment::from_pairs(pairs))
            .map(|mut provided| provided.remove(0).binding)
    }

    #[test]
    fn a_given_token_is_bound_to_a_domain_or_to_one_of_an_owner() {
        let binding = |domain: &str, owner: Option<&str>| Binding {
            domain: Some(domain.into()),
            owner: owner.map(Into::into),
            region: None,
        };
        assert_eq!(bound_to("").unwrap(), Binding::default());
        assert_eq!(bound_to("my-domain").unwrap(), binding("my-domain", None));
        let with_owner = bound_to("my-domain-111122223333").unwrap();
        assert_eq!(with_owner, binding("my-domain", Some("111122223333")));
        // Eleven digits are not an owner.
        assert_eq!(bound_to("d-11112222333").unwrap(), binding("d-11112222333", None));
        for wrong in ["111122223333", "My-Domain", "d", "my-domain.d.codeartifact"] {
            let error = bound_to(wrong).unwrap_err().to_string();
            assert!(error.contains(TOKEN_DOMAIN) && error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn the_file_goes_before_the_variable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let environment =
            Environment::from_pairs([(AUTH_TOKEN, " variables\n"), (AUTH_TOKEN_FILE, path)]);
        let provided = provided_tokens(&environment).unwrap();
        let places: Vec<_> = provided.iter().map(|provided| provided.place.to_string()).collect();
        assert_eq!(places, [format!("{AUTH_TOKEN_FILE} `{path}`"), AUTH_TOKEN.to_owned()]);
        assert_eq!(provided[0].token, Err(Unusable::Absent("is empty")));
        assert_eq!(provided[1].token.as_ref().unwrap().secret.expose(), "variables");
    }

    #[test]
    fn a_relative_token_file_is_refused() {
        let environment = Environment::from_pairs([(AUTH_TOKEN_FILE, "token")]);
        let error = provided_tokens(&environment).unwrap_err().to_string();
        assert!(error.contains("an absolute path"), "{error}");
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
        assert!(!format!("{:?}", of_text("hunter2")).contains("hunter2"));
    }

    fn of_file_with(text: &str) -> Result<ProvidedToken, Unusable> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, text).unwrap();
        of_file(&path)
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
            ("hunter 2", "contains characters that no token has"),
            ("hunter2\nhunter2", "contains characters that no token has"),
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
        let missing = of_file(&folder.path().join("token"));
        assert_eq!(missing, Err(Unusable::Absent("does not exist")));
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

    fn seconds_of(json: &str) -> Option<u64> {
        let time = serde_json::from_str::<Expiration>(json).unwrap().time()?;
        Some(time.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn times_are_those_that_the_aws_cli_writes() {
        for (written, seconds) in [
            ("1800000000", 1_800_000_000),
            ("1800000000.75", 1_800_000_000),
            ("\"1970-01-01T00:00:00Z\"", 0),
            ("\"1970-01-01 00:00:00Z\"", 0),
            ("\"2000-02-29T00:00:00Z\"", 951_782_400),
            ("\"2000-02-29T00:00Z\"", 951_782_400),
            ("\"2026-01-01T01:59+02:00\"", 1_767_225_540),
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
}
