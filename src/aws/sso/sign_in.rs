//! A sign-in with the user's help, and what is kept of it.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;

use super::super::AwsError;
use super::super::http::HttpClient;
use super::oidc::{Granted, Oidc, OidcError};
use super::registration::{self, Purpose};
use super::token_file::{SignIn, TokenFile};
use super::{Client, SsoSession, device, pkce, times};
use crate::base::browser::Address;

/// A user who has not signed in by then is not there.
const LIMIT: Duration = Duration::from_mins(10);

/// What the user is shown.
#[derive(Debug)]
pub struct Prompt {
    /// The page to sign in at.
    pub address: Address,
    /// What the page will ask to confirm; none where the browser comes back by itself.
    pub code: Option<String>,
}

/// Shows a prompt at once, and waits for nothing.
pub type Show<'a> = &'a (dyn Fn(&Prompt) + Send + Sync);

/// How the user signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInBy {
    /// In a browser on this machine.
    Browser,
    /// By confirming a code, on any machine.
    Device,
}

/// A sign-in that came about.
#[derive(Debug)]
pub struct SignedIn {
    /// When the access token expires, as the shared file has it; it may be refreshed then.
    pub until: String,
    /// Where it is kept.
    pub path: PathBuf,
}

/// Why it did not come about.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInError {
    #[error("it was declined in the browser")]
    Declined,
    #[error("nobody signed in in time")]
    TimedOut,
    #[error("SSO answered {code}")]
    Refused { code: String },
    #[error("the sign-in page at `{endpoint}` is no https address")]
    Address { endpoint: String },
    #[error("no port of this machine can be listened on ({0})")]
    Io(String),
    #[error(transparent)]
    Aws(AwsError),
}

/// Signs in, and replaces the shared file. Dropped at any time it leaves everything as it was.
pub(in crate::aws) async fn sign_in(
    session: &SsoSession,
    by: SignInBy,
    http: &HttpClient,
    config: &SdkConfig,
    clock: fn() -> SystemTime,
    show: Show<'_>,
) -> Result<SignedIn, AwsError> {
    let no_home = || AwsError::sign_in_failed(session, "this user has no home folder");
    let file = TokenFile::of(session).ok_or_else(no_home)?;
    let kept = |error| AwsError::sign_in_not_kept(session, file.path(), &error);
    // Nobody shall sign in for nothing.
    drop(file.replacement().map_err(kept)?);
    let oidc = Oidc::of(http, config);
    let asked = tokio::time::timeout(LIMIT, ask(&oidc, session, by, clock(), show)).await;
    let (client, granted) = match asked.unwrap_or(Err(SignInError::TimedOut)) {
        Ok(granted) => granted,
        Err(SignInError::Aws(error)) => return Err(error),
        Err(error) => return Err(AwsError::sign_in_failed(session, error.to_string())),
    };
    let until = granted.expires_at(clock());
    let Granted { access_token, refresh_token, .. } = granted;
    let sign_in = SignIn::new(session, client, access_token, refresh_token, until);
    let text = file.text(session, &sign_in).map_err(kept)?;
    file.replacement().and_then(|replacement| replacement.commit(&text)).map_err(kept)?;
    Ok(SignedIn { until: times::written(until), path: file.path().to_owned() })
}

async fn ask(
    oidc: &Oidc,
    session: &SsoSession,
    by: SignInBy,
    now: SystemTime,
    show: Show<'_>,
) -> Result<(Client, Granted), SignInError> {
    let purpose = match by {
        SignInBy::Browser => Purpose::Browser,
        SignInBy::Device => Purpose::Device,
    };
    let client = registration::client(oidc, session, purpose, now).await?;
    let granted = match by {
        SignInBy::Browser => pkce::authorize(oidc, &client, session, show).await,
        SignInBy::Device => device::authorize(oidc, &client, session, show).await,
    };
    match granted {
        Ok(granted) => Ok((client, granted)),
        Err(error) => {
            if matches!(&error, SignInError::Refused { code } if code == "InvalidClientException") {
                registration::forget(session, purpose);
            }
            Err(error)
        }
    }
}

impl From<OidcError> for SignInError {
    fn from(error: OidcError) -> Self {
        match error {
            OidcError::Refused { code } => Self::Refused { code },
            OidcError::Failed(error) => Self::Aws(error),
        }
    }
}

impl From<io::Error> for SignInError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}
