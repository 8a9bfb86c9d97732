//! Our own client at the sign-in service, registered once and kept beside the tokens, as the AWS CLI
//! keeps its own.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::oidc::{Oidc, OidcError};
use super::token_file::{Replacement, read_bounded, remove, shared_file};
use super::{Client, SsoSession, times};
use crate::base::secret::Secret;

/// A registration that ends sooner is renewed: a sign-in takes its time.
const RENEWED_BEFORE: Duration = Duration::from_mins(15);

/// What a client may do is fixed when it registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Browser,
    Device,
}

/// The file, as the AWS CLI writes its own.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    client_id: String,
    client_secret: Secret,
    expires_at: String,
}

/// The client that is registered, or a new one.
pub(super) async fn client(
    oidc: &Oidc,
    session: &SsoSession,
    purpose: Purpose,
    now: SystemTime,
) -> Result<Client, OidcError> {
    let kept = file(session, purpose).and_then(|path| read(&path));
    if let Some(client) = kept.filter(|client| now + RENEWED_BEFORE < client.expires_at) {
        return Ok(client);
    }
    let client = oidc.register(session, purpose).await?;
    // Where it cannot be kept, the next sign-in registers again.
    let _ = file(session, purpose).map(|path| write(&path, &client));
    Ok(client)
}

/// The service does not know the client any more: the next sign-in registers again.
pub(super) fn forget(session: &SsoSession, purpose: Purpose) {
    if let Some(path) = file(session, purpose) {
        remove(&path);
    }
}

/// Named by all that a registration depends on.
fn file(session: &SsoSession, purpose: Purpose) -> Option<PathBuf> {
    let SsoSession { name, start_url, region, .. } = session;
    let scopes = session.scopes();
    let parts = (env!("CARGO_PKG_NAME"), start_url, region, scopes, name, purpose.name());
    shared_file(&Sha1::digest(serde_json::to_vec(&parts).ok()?))
}

fn read(path: &std::path::Path) -> Option<Client> {
    let wire: Wire = serde_json::from_slice(&read_bounded(path)?).ok()?;
    let expires_at = times::read(&wire.expires_at)?;
    Some(Client { id: wire.client_id, secret: wire.client_secret, expires_at })
}

fn write(path: &std::path::Path, client: &Client) -> std::io::Result<()> {
    let wire = Wire {
        client_id: client.id.clone(),
        client_secret: client.secret.clone(),
        expires_at: times::written(client.expires_at),
    };
    Replacement::of(path)?.commit(&serde_json::to_vec(&wire)?)
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Browser => "authorization_code",
            Self::Device => "device_code",
        }
    }
}
