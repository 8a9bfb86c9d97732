//! Sign-ins of IAM Identity Center. They are made, refreshed and ended in the files that the AWS
//! CLI and all SDKs share. The credentials of a role behind a sign-in are a source of credentials,
//! see [`super::source`].
//!
//! Each module imports only modules above it in this list:
//!
//! - [`session`]: the sign-ins that the shared config file names
//! - [`token_file`]: the files in `~/.aws/sso/cache`
//! - [`oidc`]: the calls of the sign-in service
//! - [`browser`] and [`device`]: the two ways to sign in

mod browser;
mod device;
mod oidc;
mod session;
mod token_file;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;

use super::client::HttpClient;
use super::error::{AwsError, classify};
use super::files::AwsFiles;
use crate::base::secret::Secret;
use crate::base::time;
use oidc::{Grant, Granted, Oidc, SignInError};
pub use oidc::{Prompt, Show, SignInBy};
pub use session::SsoSession;
pub use token_file::SignInState;
pub(super) use token_file::TokenFile;
use token_file::{Client, SignIn};

/// The service's name, for people.
pub(super) const SERVICE: &str = "IAM Identity Center";

/// Time limit for the user to sign in.
const SIGN_IN_LIMIT: Duration = Duration::from_mins(10);

/// Time limit for the portal to end a sign-in. The portal's own session expires anyway.
const PORTAL_LIMIT: Duration = Duration::from_secs(10);

/// Identifies the sign-in in the shared file. Another sign-in, or a refreshed one, has another
/// fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFingerprint(Option<Secret>);

/// A sign-in that a profile or an `sso-session` describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSignIn {
    pub session: SsoSession,
    /// The profiles that use it, in order.
    pub profiles: Vec<String>,
    /// None if nobody has signed in.
    pub signed_in: Option<SignedInUntil>,
}

/// When a sign-in expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedInUntil {
    /// When the access token expires.
    pub expires_at: SystemTime,
    /// Whether a new access token can be requested without the user.
    pub is_refreshable: bool,
}

impl SignedInUntil {
    /// As the shared file says.
    pub fn text(&self) -> String {
        time::utc(self.expires_at)
    }
}

/// The result of a refresh, if the service answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The file has a new access token.
    Yes,
    /// The file has no refresh token.
    Impossible,
    /// The service requires the user to sign in; this is its error code.
    Refused(String),
}

/// A sign-in that succeeded.
#[derive(Debug)]
pub struct SignedIn {
    /// When the access token expires, as the shared file says. It may be refreshed then.
    pub until: String,
    /// Where it is kept.
    pub path: PathBuf,
}

/// The result of a sign-out.
#[derive(Debug, Default)]
pub struct SignedOut {
    /// The shared file that was removed. None if there was no sign-in.
    pub removed: Option<PathBuf>,
    /// The portal's response. None if there was no session that the portal knows.
    pub portal: Option<Result<(), String>>,
}

/// Reads the shared file of the session, without a network request.
impl SsoSession {
    fn kept(&self) -> Option<SignIn> {
        TokenFile::of(self)?.read()
    }

    /// Identifies the sign-in.
    pub fn fingerprint(&self) -> TokenFingerprint {
        TokenFingerprint(self.kept().map(|sign_in| sign_in.access_token))
    }

    /// Whether the access token can be used.
    pub fn state(&self, now: SystemTime) -> SignInState {
        self.kept().map_or(SignInState::Expired, |sign_in| sign_in.state(self, now))
    }

    /// When the sign-in expires. None if nobody is signed in.
    pub fn signed_in(&self, now: SystemTime) -> Option<SignedInUntil> {
        let sign_in = self.kept().filter(|sign_in| sign_in.is_of(self))?;
        let is_refreshable = sign_in.refresh_token(now).is_some();
        Some(SignedInUntil { expires_at: sign_in.expires_at, is_refreshable })
    }
}

/// Each sign-in that the shared config file names, in order.
pub(super) fn known(files: &AwsFiles, now: SystemTime) -> Vec<KnownSignIn> {
    let sessions = SsoSession::all(files).into_iter();
    let known = sessions.map(|(session, profiles)| {
        let signed_in = session.signed_in(now);
        KnownSignIn { session, profiles, signed_in }
    });
    known.collect()
}

/// Exchanges the refresh token in the shared file for a new access token, without the user, and replaces
/// the file.
pub(super) async fn refresh(
    session: &SsoSession,
    http: &HttpClient,
    config: &SdkConfig,
    now: SystemTime,
) -> Result<Refreshed, AwsError> {
    let Some(file) = TokenFile::of(session) else { return Ok(Refreshed::Impossible) };
    let sign_in = file.read().filter(|sign_in| sign_in.is_of(session));
    let Some((client, token)) = sign_in.as_ref().and_then(|it| it.refresh_token(now)) else {
        return Ok(Refreshed::Impossible);
    };
    // The service may accept a refresh token only once, so its successor must not be lost.
    let kept = |error| AwsError::sign_in_not_kept(&session.profile, file.path(), &error);
    let replacement = file.replacement().map_err(kept)?;
    let oidc = Oidc::of(http, config);
    let granted = match oidc.create_token(client, Grant::RefreshToken(token)).await {
        Ok(granted) => granted,
        Err(SignInError::Refused { code }) if ends_the_sign_in(&code) => {
            return Ok(Refreshed::Refused(code));
        }
        Err(error) => return Err(error.into_aws_error(session)),
    };
    let expires_at = granted.expires_at(now);
    let Granted { access_token, refresh_token, .. } = granted;
    let refresh_token = refresh_token.or_else(|| Some(token.clone()));
    let renewed = SignIn::new(session, client.clone(), access_token, refresh_token, expires_at);
    file.text(session, &renewed).and_then(|text| replacement.commit_with(&text)).map_err(kept)?;
    Ok(Refreshed::Yes)
}

/// Whether the service says by this that the user has to sign in again. After any
/// other response a new sign-in would fail too.
fn ends_the_sign_in(code: &str) -> bool {
    matches!(
        code,
        "AccessDeniedException"
            | "ExpiredTokenException"
            | "InvalidClientException"
            | "InvalidGrantException"
            | "InvalidRequestException"
            | "InvalidScopeException"
            | "UnauthorizedClientException"
            | "UnsupportedGrantTypeException"
    )
}

/// Signs in with the user's help, and replaces the shared file. If it is dropped at any time,
/// everything stays as it was.
pub(super) async fn sign_in(
    session: &SsoSession,
    by: SignInBy,
    http: &HttpClient,
    config: &SdkConfig,
    clock: fn() -> SystemTime,
    show: Show<'_>,
) -> Result<SignedIn, AwsError> {
    let Some(file) = TokenFile::of(session) else {
        return Err(AwsError::sign_in_failed(&session.profile, "this user has no home folder"));
    };
    let kept = |error| AwsError::sign_in_not_kept(&session.profile, file.path(), &error);
    // It is better to fail before the user signs in than afterwards.
    drop(file.replacement().map_err(kept)?);
    let oidc = Oidc::of(http, config);
    let authorized = authorize(&oidc, session, by, clock(), show);
    let authorized = tokio::time::timeout(SIGN_IN_LIMIT, authorized).await;
    let (client, granted) = authorized
        .unwrap_or(Err(SignInError::TimedOut))
        .map_err(|error| error.into_aws_error(session))?;
    let until = granted.expires_at(clock());
    let Granted { access_token, refresh_token, .. } = granted;
    let sign_in = SignIn::new(session, client, access_token, refresh_token, until);
    let text = file.text(session, &sign_in).map_err(kept)?;
    file.replacement().and_then(|replacement| replacement.commit_with(&text)).map_err(kept)?;
    Ok(SignedIn { until: time::utc(until), path: file.path().to_owned() })
}

async fn authorize(
    oidc: &Oidc,
    session: &SsoSession,
    by: SignInBy,
    now: SystemTime,
    show: Show<'_>,
) -> Result<(Client, Granted), SignInError> {
    let client = oidc.client(session, by, now).await?;
    let granted = match by {
        SignInBy::Browser => browser::authorize(oidc, &client, session, show).await,
        SignInBy::Device => device::authorize(oidc, &client, session, show).await,
    };
    if let Err(SignInError::Refused { code }) = &granted
        && code == "InvalidClientException"
    {
        oidc::forget_client(session, by);
    }
    Ok((client, granted?))
}

/// Ends the sign-in for every program that shares it: at the portal, and by removing the shared
/// file whatever the portal answers. The client that is registered with the sign-in service stays,
/// because it gives access to nothing by itself.
pub(super) async fn sign_out(
    session: &SsoSession,
    reached: Result<(HttpClient, SdkConfig), AwsError>,
    now: SystemTime,
) -> Result<SignedOut, AwsError> {
    let Some(file) = TokenFile::of(session) else { return Ok(SignedOut::default()) };
    let sign_in = file.read().filter(|it| it.is_of(session) && now < it.expires_at);
    let portal = match (sign_in, reached) {
        (None, _) => None,
        (Some(_), Err(error)) => Some(Err(error.to_string())),
        (Some(sign_in), Ok((client, config))) => {
            Some(log_out(&sign_in.access_token, &client, &config).await)
        }
    };
    let was_there = file.remove().map_err(|error| {
        let (path, detail) = (file.path().to_owned(), error.kind().to_string());
        AwsError::SignInStays { path, detail }
    })?;
    Ok(SignedOut { removed: was_there.then(|| file.path().to_owned()), portal })
}

async fn log_out(token: &Secret, client: &HttpClient, config: &SdkConfig) -> Result<(), String> {
    let portal = aws_sdk_sso::Client::new(config);
    let answer = portal.logout().access_token(token.expose()).send();
    match tokio::time::timeout(PORTAL_LIMIT, answer).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(classify::said(&error, client)),
        Err(_) => Err(format!("no answer within {} s", PORTAL_LIMIT.as_secs())),
    }
}
