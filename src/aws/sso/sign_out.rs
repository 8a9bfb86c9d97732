//! A sign-in ended, for everybody who shares it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;

use super::super::{AwsError, causes};
use super::SsoSession;
use super::token_file::TokenFile;
use crate::base::secret::Secret;

/// After this the portal is left to itself: its own session ends by the clock.
const PORTAL_LIMIT: Duration = Duration::from_secs(10);

/// What became of a sign-in.
#[derive(Debug, Default)]
pub struct SignedOut {
    /// The shared file that was removed; none where there was no sign-in.
    pub removed: Option<PathBuf>,
    /// What the portal made of it; none where there was nothing that it would know.
    pub portal: Option<Result<(), String>>,
}

/// Tells the portal, and removes the shared file whatever that says. The client that is registered
/// with the sign-in service stays: it opens nothing by itself.
pub(in crate::aws) async fn sign_out(
    session: &SsoSession,
    config: Result<SdkConfig, AwsError>,
    now: SystemTime,
) -> Result<SignedOut, AwsError> {
    let Some(file) = TokenFile::of(session) else { return Ok(SignedOut::default()) };
    let sign_in = file.read().filter(|it| it.is_of(session) && now < it.expires_at);
    let portal = match (sign_in, config) {
        (None, _) => None,
        (Some(_), Err(error)) => Some(Err(error.to_string())),
        (Some(sign_in), Ok(config)) => Some(tell_portal(&sign_in.access_token, &config).await),
    };
    let was_there = file.remove().map_err(|error| {
        let (path, detail) = (file.path().to_owned(), error.kind().to_string());
        AwsError::SignInStays { path, detail }
    })?;
    Ok(SignedOut { removed: was_there.then(|| file.path().to_owned()), portal })
}

async fn tell_portal(token: &Secret, config: &SdkConfig) -> Result<(), String> {
    let portal = aws_sdk_sso::Client::new(config);
    let told = portal.logout().access_token(token.expose()).send();
    match tokio::time::timeout(PORTAL_LIMIT, told).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(causes::readable(&error)),
        Err(_) => Err(format!("no answer within {} s", PORTAL_LIMIT.as_secs())),
    }
}
