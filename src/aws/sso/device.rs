//! A sign-in by device authorization: the user confirms a code in a browser on any machine, while we poll
//! the service.

use std::time::Duration;

use super::oidc::{Device, Grant, Granted, Oidc, Prompt, Show, SignInError};
use super::session::SsoSession;
use super::token_file::Client;

/// How much longer to wait between polls when the service asks us to slow down (RFC 8628).
const SLOWER: Duration = Duration::from_secs(5);

/// How many times in a row the service may be unreachable while the user signs in.
const MOST_FAILURES: u32 = 5;

/// Shows the code, and waits until it is confirmed, declined or expired.
pub(super) async fn authorize(
    oidc: &Oidc,
    client: &Client,
    session: &SsoSession,
    show: Show<'_>,
) -> Result<Granted, SignInError> {
    let Device { code, user_code, address, lives, mut interval } =
        oidc.start_device(client, session).await?;
    show(&Prompt { address, code: Some(user_code) });
    let polled = async {
        let mut failures = 0;
        loop {
            tokio::time::sleep(interval).await;
            match oidc.create_token(client, Grant::DeviceCode(&code)).await {
                Ok(granted) => return Ok(granted),
                Err(SignInError::Refused { code }) => match code.as_str() {
                    "AuthorizationPendingException" => failures = 0,
                    "SlowDownException" => interval += SLOWER,
                    "ExpiredTokenException" => return Err(SignInError::TimedOut),
                    "AccessDeniedException" => return Err(SignInError::Declined),
                    _ => return Err(SignInError::Refused { code }),
                },
                Err(failed) if failures == MOST_FAILURES => return Err(failed),
                Err(_) => failures += 1,
            }
        }
    };
    tokio::time::timeout(lives, polled).await.unwrap_or(Err(SignInError::TimedOut))
}
