//! IAM Identity Center: the sign-in that a profile names, and the role's credentials behind it.
//!
//! - [`session`]: what the AWS files say of a sign-in
//! - [`token_file`]: the file that the AWS CLI and all SDKs share
//! - [`oidc`]: the calls of the sign-in service
//! - [`refresh`]: a new access token without anybody being asked
//! - [`sign_in`]: one with the user's help, by [`pkce`] with its [`loopback`] port, or by [`device`]
//! - [`registration`]: the client that we are to the service
//! - [`choice`]: which sign-in a profile stands for
//! - [`known`]: all of them, and how each stands
//! - [`sign_out`]: the end of one
//!
//! The SDK's own provider is not used: it refreshes by itself and writes its file in place, and a
//! file half written signs the user out everywhere.

mod choice;
mod device;
mod known;
mod loopback;
mod oidc;
mod pkce;
mod refresh;
mod registration;
mod session;
mod sign_in;
mod sign_out;
mod times;
mod token_file;

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sso::types::RoleCredentials;
use aws_smithy_types::DateTime;
use aws_types::region::Region;

use crate::base::secret::Secret;
pub(super) use choice::choose;
pub use known::{KnownSignIn, SignedInUntil};
pub(super) use known::{known, signed_in};
pub use refresh::Refreshed;
pub(super) use refresh::refresh;
pub use session::SsoSession;
pub(super) use sign_in::sign_in;
pub use sign_in::{Prompt, Show, SignInBy, SignedIn};
pub use sign_out::SignedOut;
pub(super) use sign_out::sign_out;
use token_file::TokenFile;

/// The client that a token was issued to, registered with the sign-in service.
#[derive(Debug, Clone)]
struct Client {
    id: String,
    secret: Secret,
    expires_at: SystemTime,
}

/// Whether a session's access token can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInState {
    Good,
    /// It can be used, and should be refreshed.
    AboutToExpire,
    /// It has expired, or nobody has signed in.
    Expired,
}

/// Which sign-in the shared file holds: another mark is another sign-in, or a refreshed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFingerprint(Option<Secret>);

pub(super) fn fingerprint(session: &SsoSession) -> TokenFingerprint {
    let sign_in = TokenFile::of(session).and_then(|file| file.read());
    TokenFingerprint(sign_in.map(|sign_in| sign_in.access_token))
}

/// What the file says, and nobody is asked.
pub(super) fn state(session: &SsoSession, now: SystemTime) -> SignInState {
    let sign_in = TokenFile::of(session).and_then(|file| file.read());
    sign_in.map_or(SignInState::Expired, |sign_in| sign_in.state(session, now))
}

/// When the access token in the file expires.
pub(super) fn end(session: &SsoSession) -> Option<SystemTime> {
    let sign_in = TokenFile::of(session)?.read()?;
    sign_in.is_of(session).then_some(sign_in.expires_at)
}

/// The credentials of a role behind the sign-in, by the access token in the file as it is. Of
/// `config` everything is used but the region: the portal is in the session's.
pub(super) fn role_credentials(
    session: &SsoSession,
    account: &str,
    role: &str,
    config: &SdkConfig,
) -> impl Future<Output = Result<Credentials, CredentialsError>> + 'static {
    let region = Region::new(session.region.clone());
    let (session, config) = (session.clone(), config.to_builder().region(region).build());
    let (account, role) = (account.to_owned(), role.to_owned());
    async move {
        let nobody = || CredentialsError::provider_error("nobody is signed in");
        let sign_in = TokenFile::of(&session).and_then(|file| file.read()).ok_or_else(nobody)?;
        let portal = aws_sdk_sso::Client::new(&config);
        let answer = portal
            .get_role_credentials()
            .access_token(sign_in.access_token.expose())
            .account_id(&account)
            .role_name(role)
            .send()
            .await
            .map_err(CredentialsError::provider_error)?;
        credentials(answer.role_credentials, account)
    }
}

fn credentials(
    answered: Option<RoleCredentials>,
    account: String,
) -> Result<Credentials, CredentialsError> {
    let RoleCredentials { access_key_id, secret_access_key, session_token, expiration, .. } =
        answered.ok_or_else(|| CredentialsError::unhandled("SSO gave no credentials"))?;
    let (Some(id), Some(secret)) = (access_key_id, secret_access_key) else {
        return Err(CredentialsError::unhandled("SSO gave half a key"));
    };
    let mut credentials = Credentials::builder()
        .access_key_id(id)
        .secret_access_key(secret)
        .account_id(account)
        .provider_name("SSO");
    credentials.set_session_token(session_token);
    credentials.set_expiry(SystemTime::try_from(DateTime::from_millis(expiration)).ok());
    Ok(credentials.build())
}
