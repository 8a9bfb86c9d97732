//! `~/.aws/sso/cache/{sha1}.json`: the sign-in that the AWS CLI and all SDKs share.
//!
//! It is exchanged as a whole: whoever reads it sees the old one or the new one. Keys that are not
//! known here stay. A link is followed, as everybody else does.
#![expect(
    clippy::disallowed_methods,
    reason = "the shared files of the sign-in are read and written here"
)]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_runtime::fs_util::{Os, home_dir};
use aws_types::os_shim_internal::Env;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use tempfile::NamedTempFile;

use super::{Client, SignInState, SsoSession, times};
use crate::base::secret::Secret;
use crate::base::text::lower_hex;

/// No honest file is longer.
const LARGEST: u64 = 64 * 1024;

/// With less than this left of its life an access token is refreshed.
const REFRESHED_BEFORE: Duration = Duration::from_mins(5);

const TEMPORARY_PREFIX: &str = ".nuget-plugin-codeartifact-";

/// What the file says of a sign-in.
#[derive(Debug, Clone)]
pub(super) struct SignIn {
    pub(super) access_token: Secret,
    pub(super) expires_at: SystemTime,
    pub(super) refresh_token: Option<Secret>,
    /// Whom the tokens were issued to: nobody else can refresh them.
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

    /// False where it is from before the session was pointed at its start URL.
    pub(super) fn is_of(&self, session: &SsoSession) -> bool {
        self.start_url.as_ref().is_none_or(|url| *url == session.start_url)
    }
}

/// The file's own keys. The AWS CLI and the SDKs know them all.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
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

/// Where a session's sign-in is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenFile(PathBuf);

impl TokenFile {
    /// None where this user has no home.
    pub(super) fn of(session: &SsoSession) -> Option<Self> {
        shared_file(&Sha1::digest(session.identifier())).map(Self)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// None where there is no sign-in, or what nobody can read as one.
    pub(super) fn read(&self) -> Option<SignIn> {
        let wire = self.wire()?;
        let client = || {
            Some(Client {
                id: wire.client_id?,
                secret: wire.client_secret?,
                expires_at: times::read(&wire.registration_expires_at?)?,
            })
        };
        Some(SignIn {
            access_token: wire.access_token,
            expires_at: times::read(&wire.expires_at)?,
            refresh_token: wire.refresh_token,
            start_url: wire.start_url,
            client: client(),
        })
    }

    /// Makes sure that the file can be written before a token is spent for what goes into it.
    pub(super) fn replacement(&self) -> io::Result<Replacement> {
        Replacement::of(&self.0)
    }

    /// The file's text with this sign-in in it.
    pub(super) fn text(&self, session: &SsoSession, sign_in: &SignIn) -> io::Result<Vec<u8>> {
        let others = self.wire().map(|wire| wire.others).unwrap_or_default();
        let client = sign_in.client.as_ref();
        let wire = Wire {
            start_url: Some(session.start_url.clone()),
            region: Some(session.region.clone()),
            access_token: sign_in.access_token.clone(),
            expires_at: times::written(sign_in.expires_at),
            client_id: client.map(|client| client.id.clone()),
            client_secret: client.map(|client| client.secret.clone()),
            registration_expires_at: client.map(|client| times::written(client.expires_at)),
            refresh_token: sign_in.refresh_token.clone(),
            others,
        };
        Ok(serde_json::to_vec(&wire)?)
    }

    /// Ends the sign-in for everybody. What a link leads to goes with it. True where there was one.
    pub(super) fn remove(&self) -> io::Result<bool> {
        let target = match fs::canonicalize(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            target => target?,
        };
        fs::remove_file(target)?;
        remove(&self.0);
        Ok(true)
    }

    fn wire(&self) -> Option<Wire> {
        serde_json::from_slice(&read_bounded(&self.0)?).ok()
    }
}

/// A file of this name in the folder that the AWS CLI and the SDKs share.
pub(super) fn shared_file(digest: &[u8]) -> Option<PathBuf> {
    let home = home_dir(&Env::real(), Os::real())?;
    let name = format!("{}.json", lower_hex(digest));
    Some(Path::new(&home).join(".aws").join("sso").join("cache").join(name))
}

pub(super) fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}

pub(super) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// A file, 0600, beside the one whose place it will take.
#[derive(Debug)]
pub(super) struct Replacement {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl Replacement {
    /// Empty until [`commit`](Self::commit); dropping it leaves everything as it was.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        // A link stays one: what it leads to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().ok_or(io::ErrorKind::NotFound)?;
        make_folder(folder)?;
        let temporary = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder)?;
        Ok(Self { temporary, target })
    }

    /// Writes it out and exchanges the file.
    pub(super) fn commit(mut self, text: &[u8]) -> io::Result<()> {
        self.temporary.write_all(text)?;
        self.temporary.as_file().sync_all()?;
        self.temporary.persist(&self.target).map_err(|failed| failed.error)?;
        Ok(())
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
