//! A new access token for the refresh token in the file, without anybody being asked.

use std::time::SystemTime;

use aws_config::SdkConfig;

use super::super::AwsError;
use super::super::http::HttpClient;
use super::oidc::{Grant, Granted, Oidc, OidcError};
use super::token_file::{SignIn, TokenFile};
use super::{Client, SsoSession};
use crate::base::secret::Secret;

/// How a refresh ended that met no obstacle on its way.
#[derive(Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The file has a new access token.
    Yes,
    /// The file has nothing to refresh with.
    Impossible,
    /// The service wants the user, by this code.
    Refused(String),
}

/// Exchanges the refresh token in the file and replaces the file.
pub(in crate::aws) async fn refresh(
    session: &SsoSession,
    http: &HttpClient,
    config: &SdkConfig,
    now: SystemTime,
) -> Result<Refreshed, AwsError> {
    let Some(file) = TokenFile::of(session) else { return Ok(Refreshed::Impossible) };
    let sign_in = file.read();
    let refreshable = sign_in.as_ref().filter(|it| it.is_of(session));
    let Some((client, token)) = refreshable.and_then(|it| refresh_token(it, now)) else {
        return Ok(Refreshed::Impossible);
    };
    // The service may accept a refresh token only once: what comes for it must not be lost.
    let kept = |error| AwsError::sign_in_not_kept(session, file.path(), &error);
    let replacement = file.replacement().map_err(kept)?;
    let oidc = Oidc::of(http, config);
    let granted = match oidc.create_token(client, Grant::RefreshToken(token)).await {
        Ok(granted) => granted,
        Err(OidcError::Refused { code }) if is_trouble(&code) => {
            return Err(AwsError::sign_in_failed(session, format!("SSO answered {code}")));
        }
        Err(OidcError::Refused { code }) => return Ok(Refreshed::Refused(code)),
        Err(OidcError::Failed(error)) => return Err(error),
    };
    let expires_at = granted.expires_at(now);
    let Granted { access_token, refresh_token, .. } = granted;
    let refresh_token = refresh_token.or_else(|| Some(token.clone()));
    let renewed = SignIn::new(session, client.clone(), access_token, refresh_token, expires_at);
    file.text(session, &renewed).and_then(|text| replacement.commit(&text)).map_err(kept)?;
    Ok(Refreshed::Yes)
}

/// The service's own trouble, which no sign-in would end.
fn is_trouble(code: &str) -> bool {
    matches!(code, "InternalServerException" | "SlowDownException" | "TooManyRequestsException")
}

/// Whether there is something to refresh it with.
pub(super) fn is_refreshable(sign_in: &SignIn, now: SystemTime) -> bool {
    refresh_token(sign_in, now).is_some()
}

/// The older form has no refresh token; a client's registration ends after some months.
fn refresh_token(sign_in: &SignIn, now: SystemTime) -> Option<(&Client, &Secret)> {
    let client = sign_in.client.as_ref().filter(|client| now < client.expires_at)?;
    Some((client, sign_in.refresh_token.as_ref()?))
}
