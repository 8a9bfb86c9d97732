//! `~/.aws/sso/cache/{sha1}.json`: the sign-in that the AWS CLI and all SDKs share, and beside it our own
//! client at the sign-in service, which is registered once, as the AWS CLI keeps its own.
//!
//! A file is replaced as a whole: a reader sees the old one or the new one. Unknown keys stay. A
//! link is followed, as the AWS CLI and the SDKs do.
#![expect(clippy::disallowed_methods, reason = "links are followed and sign-ins removed here")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::session::SsoSession;
use crate::base::PROGRAM;
use crate::base::files::{self, Replacement};
use crate::base::secret::Secret;
use crate::base::time;

/// A larger file is not read: a sign-in is a few kilobytes.
const LARGEST: u64 = 64 * 1024;

/// An access token is refreshed when less than this is left of its life.
const REFRESHED_BEFORE: Duration = Duration::from_mins(5);

const TEMPORARY_PREFIX: &str = ".nuget-plugin-codeartifact-";

/// The client that a token was issued to, registered with the sign-in service.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) expires_at: SystemTime,
}

/// Whether a session's access token can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInState {
    Good,
    /// It can be used, and should be refreshed.
    AboutToExpire,
    /// It has expired, or nobody is signed in.
    Expired,
}

/// The content of the file.
#[derive(Debug, Clone)]
pub(in crate::aws) struct SignIn {
    pub(in crate::aws) access_token: Secret,
    pub(super) expires_at: SystemTime,
    pub(super) refresh_token: Option<Secret>,
    /// The client that the tokens were issued to: no other client can refresh them.
    pub(super) client: Option<Client>,
    start_url: Option<String>,
}

impl SignIn {
    pub(super) fn new(
        session: &SsoSession,
        client: Client,
        access_token: Secret,
        refresh_token: Option<Secret>,
        expires_at: SystemTime,
    ) -> Self {
        let start_url = Some(session.start_url.clone());
        Self { access_token, expires_at, refresh_token, client: Some(client), start_url }
    }

    pub(super) fn state(&self, session: &SsoSession, now: SystemTime) -> SignInState {
        if !self.is_of(session) || self.expires_at <= now {
            SignInState::Expired
        } else if self.expires_at <= now + REFRESHED_BEFORE {
            SignInState::AboutToExpire
        } else {
            SignInState::Good
        }
    }

    /// What is needed to refresh it. The older form of a sign-in has no refresh token, and a
    /// client's registration ends after some months.
    pub(super) fn refresh_token(&self, now: SystemTime) -> Option<(&Client, &Secret)> {
        let client = self.client.as_ref().filter(|client| now < client.expires_at)?;
        Some((client, self.refresh_token.as_ref()?))
    }

    /// False if the sign-in was made before the session was pointed at its present start URL.
    pub(super) fn is_of(&self, session: &SsoSession) -> bool {
        let start = &session.start_url;
        self.start_url.as_ref().is_none_or(|url| is_same_address(url, start))
    }
}

/// Whether two start URLs lead to the same portal: tools write them with and without `/`, `#` or `#/`
/// at the end.
fn is_same_address(one: &str, other: &str) -> bool {
    let parts = |url: &str| {
        let url = url.trim().trim_end_matches(['/', '#']);
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url[host..].find('/').map_or(url.len(), |at| host + at);
        (url[..path].to_ascii_lowercase(), url[path..].to_owned())
    };
    parts(one) == parts(other)
}

/// The file's own keys. The AWS CLI and the SDKs know them all.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignInFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    start_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    access_token: Secret,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Secret>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The place of a session's sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct TokenFile(PathBuf);

impl TokenFile {
    /// None if this user has no home.
    pub(in crate::aws) fn of(session: &SsoSession) -> Option<Self> {
        shared_file(session, session.identifier().as_bytes()).map(Self)
    }

    pub(in crate::aws) fn path(&self) -> &Path {
        &self.0
    }

    /// None if there is no sign-in, or if the file cannot be read as one.
    pub(in crate::aws) fn read(&self) -> Option<SignIn> {
        let wire = self.wire()?;
        let registration_end = wire.registration_expires_at.as_deref().and_then(read_time);
        let client = wire.client_id.zip(wire.client_secret).zip(registration_end);
        Some(SignIn {
            access_token: wire.access_token,
            expires_at: read_time(&wire.expires_at)?,
            refresh_token: wire.refresh_token,
            start_url: wire.start_url,
            client: client.map(|((id, secret), expires_at)| Client { id, secret, expires_at }),
        })
    }

    /// Makes sure that the file can be written before the refresh token is spent.
    pub(super) fn replacement(&self) -> io::Result<Replacement> {
        replacement(&self.0)
    }

    /// The file's text with this sign-in in it.
    pub(super) fn text(
        &self,
        session: &SsoSession,
        sign_in: &SignIn,
    ) -> io::Result<Zeroizing<Vec<u8>>> {
        let others = self.wire().map(|wire| wire.others).unwrap_or_default();
        let client = sign_in.client.as_ref();
        let wire = SignInFile {
            start_url: Some(session.start_url.clone()),
            region: Some(session.region.clone()),
            access_token: sign_in.access_token.clone(),
            expires_at: time::utc(sign_in.expires_at),
            client_id: client.map(|client| client.id.clone()),
            client_secret: client.map(|client| client.secret.clone()),
            registration_expires_at: client.map(|client| time::utc(client.expires_at)),
            refresh_token: sign_in.refresh_token.clone(),
            others,
        };
        Ok(Zeroizing::new(serde_json::to_vec(&wire)?))
    }

    /// Ends the sign-in for every program on this machine. If the file is a link to a sign-in, that
    /// is removed too; anything else that a link leads to stays. True if there was a sign-in.
    pub(super) fn remove(&self) -> io::Result<bool> {
        let target = match fs::canonicalize(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            target => target?,
        };
        if self.0.is_symlink() && sign_in_of(&target).is_some() {
            fs::remove_file(target)?;
        }
        fs::remove_file(&self.0)?;
        Ok(true)
    }

    fn wire(&self) -> Option<SignInFile> {
        sign_in_of(&self.0)
    }
}

fn sign_in_of(path: &Path) -> Option<SignInFile> {
    serde_json::from_slice(&read_bounded(path)?).ok()
}

/// Our own client for one way to sign in, if it was registered before.
#[derive(Debug)]
pub(super) struct ClientFile(Option<PathBuf>);

/// The file, as the AWS CLI writes its own.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    client_id: String,
    client_secret: Secret,
    expires_at: String,
}

impl ClientFile {
    /// The name depends on everything that a registration depends on.
    pub(super) fn of(session: &SsoSession, grant: &str) -> Self {
        let SsoSession { name, start_url, region, .. } = session;
        let parts = (PROGRAM, start_url, region, session.scopes(), name, grant);
        let name = serde_json::to_vec(&parts);
        Self(name.ok().and_then(|name| shared_file(session, &name)))
    }

    pub(super) fn read(&self) -> Option<Client> {
        let text = read_bounded(self.0.as_ref()?)?;
        let Registration { client_id, client_secret, expires_at } =
            serde_json::from_slice(&text).ok()?;
        let expires_at = read_time(&expires_at)?;
        Some(Client { id: client_id, secret: client_secret, expires_at })
    }

    /// If it cannot be stored, the next sign-in registers again.
    pub(super) fn keep(&self, client: &Client) {
        let registration = Registration {
            client_id: client.id.clone(),
            client_secret: client.secret.clone(),
            expires_at: time::utc(client.expires_at),
        };
        if let (Some(path), Ok(text)) = (&self.0, serde_json::to_vec(&registration)) {
            let _ = replacement(path).and_then(|replacement| replacement.commit_with(&text));
        }
    }

    pub(super) fn remove(&self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// The file in the shared folder whose name is the digest of this text.
fn shared_file(session: &SsoSession, name: &[u8]) -> Option<PathBuf> {
    let name = format!("{}.json", hex::encode(Sha1::digest(name)));
    Some(session.cache.as_ref()?.join(name))
}

fn read_bounded(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    files::read_regular(path, LARGEST).ok().map(Zeroizing::new)
}

/// Replaces the file. If it is a link, its target is replaced, as the AWS CLI and the SDKs do.
fn replacement(path: &Path) -> io::Result<Replacement> {
    let target = match files::resolved(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        target => target?,
    };
    files::make_private_folder(target.parent().ok_or(io::ErrorKind::NotFound)?)?;
    Replacement::of(&target, TEMPORARY_PREFIX)
}

/// A time as in the shared files: `2026-11-23T02:23:26Z`. Older AWS CLIs wrote `UTC` for the `Z`.
fn read_time(text: &str) -> Option<SystemTime> {
    match text.strip_suffix("UTC") {
        Some(text) => time::parse(&format!("{text}Z")),
        None => time::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_start_url_has_several_spellings() {
        let url = "https://d-1.awsapps.com/start";
        for same in ["", "/", "#", "#/", "/#", "/#/"].map(|end| format!("{url}{end}")) {
            assert!(is_same_address(url, &same), "{same}");
        }
        assert!(is_same_address(url, "HTTPS://D-1.AWSApps.com/start"));
        for other in ["https://d-2.awsapps.com/start", "https://d-1.awsapps.com/Start", "", "/"] {
            assert!(!is_same_address(url, other), "{other}");
        }
    }

    #[test]
    fn every_form_of_the_aws_cli_and_the_sdks_is_read_and_the_usual_one_written() {
        let expected = UNIX_EPOCH + Duration::from_secs(1_795_400_606);
        for text in ["2026-11-23T02:23:26Z", "2026-11-23T02:23:26UTC", "2026-11-23T03:23:26+01:00"]
        {
            assert_eq!(read_time(text), Some(expected), "{text}");
        }
        for text in ["", "soon", "2026-11-23", "UTC"] {
            assert_eq!(read_time(text), None, "{text}");
        }
        assert_eq!(time::utc(expected + Duration::from_millis(999)), "2026-11-23T02:23:26Z");
    }
}
