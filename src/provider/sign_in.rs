//! An SSO session that has expired, on a cold path only: refreshed silently where it can be.
//!
//! One process does it: take the session's lock, look again, refresh. The lock is freed before the
//! one for the token is taken, so that the two are never held at once.

use super::{Provider, ProviderError, Request, now};
use crate::aws::{Aws, AwsError, Refreshed, SignInState, SsoSession};
use crate::cache::CacheKey;

impl Provider {
    /// Makes sure that the session behind the request can be used. True where it was renewed, so
    /// that the identity is to be told anew.
    pub(super) async fn renew_sign_in(&self, request: &Request<'_>) -> Result<bool, ProviderError> {
        let Some(session) = &request.identity.sign_in else { return Ok(false) };
        if Aws::sign_in_state(session, now()) == SignInState::Good {
            return Ok(false);
        }
        let lock = self.cache()?.lock_sign_in(&key_of(session)).await;
        let note = lock.note().unwrap_or_default();
        self.log.line(format_args!("locked the SSO session of `{}` {note}", session.profile));
        let renewed = self.renew_locked(session, request).await;
        if let Err(error) = &renewed {
            lock.mark_failed();
            self.log.line(format_args!("the SSO session is not renewed: {error}"));
        }
        renewed
    }

    /// Whoever had the lock before has most likely renewed it.
    async fn renew_locked(
        &self,
        session: &SsoSession,
        request: &Request<'_>,
    ) -> Result<bool, ProviderError> {
        let state = Aws::sign_in_state(session, now());
        if state == SignInState::Good {
            return Ok(true);
        }
        let refreshed =
            self.aws.refresh_sign_in(session, &request.identity, &request.terms, now()).await;
        self.log.line(format_args!("SSO refresh: {refreshed:?}"));
        match (refreshed, state) {
            (Ok(Refreshed::Yes), _) => Ok(true),
            // What is left of the access token's life is enough for now.
            (_, SignInState::AboutToExpire) => Ok(false),
            (Err(error), _) => Err(error.into()),
            (Ok(_), _) => Err(AwsError::SsoExpired { profile: session.profile.clone() }.into()),
        }
    }
}

fn key_of(session: &SsoSession) -> CacheKey {
    CacheKey::of(&["sso-sign-in", session.identifier()])
}
