//! Renewal of a token that is still good, so that nobody waits for it and nobody fails for it.
//!
//! A token in its last tenth is served at once and renewed behind the answer. In its margin, the last
//! minutes, a request waits for the renewal, but not for long: if it fails or takes its time, the old
//! token is served. NuGet asks again if the source refuses it, and a token that was refused is not
//! served again.
//!
//! A renewal behind the answer ends with the conversation: the plugin never outlives NuGet for it. A
//! command ends at once, so it renews only in the margin. The user is never asked to sign in for a
//! renewal.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::deadline::Deadline;
use super::{Need, Provider, ProviderError, Resolved, Target, TokenRequest};
use crate::cache::CacheKey;

/// How long a request of NuGet waits for a renewal: most take a fraction of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The same for a command, whose token may be used for long by something that asks for no other.
const PATIENCE_OF_COMMANDS: Duration = Duration::from_secs(15);

/// How long this process does not try again to renew a token.
const NOT_AGAIN_FOR: Duration = Duration::from_mins(1);

/// The answer goes first.
const BEHIND: Duration = Duration::from_millis(50);

/// So many tokens are renewed behind answers at a time: AWS limits the calls per second, and others
/// wait for their first token.
static TURNS: Semaphore = Semaphore::const_new(4);

/// A renewal that this process has begun.
#[derive(Debug, Clone)]
pub(super) struct Renewal {
    began: Instant,
    /// Its other end is dropped when the renewal ends.
    running: watch::Receiver<()>,
}

impl Provider {
    /// The provider of a process that goes on after a request, and so can renew tokens behind its
    /// answers.
    pub fn renewing_behind(self) -> Arc<Self> {
        Arc::new_cyclic(|this| Self { this: this.clone(), ..self })
    }

    /// Renews the token of the request behind its answer.
    pub(super) fn renew_behind(&self, request: TokenRequest<'_>) {
        if let Some(this) = self.this.upgrade() {
            this.begin_renewal(request, Some(BEHIND));
        }
    }

    /// Waits for a renewal of the request's token, but not for long. The cache then has a new token,
    /// or still the old one.
    pub(super) async fn try_renewal(&self, request: TokenRequest<'_>) {
        let in_time = match self.this.upgrade() {
            Some(this) => {
                let Renewal { began, mut running } = this.begin_renewal(request, None);
                timeout_at(began + PATIENCE, running.changed()).await.is_ok()
            }
            None => timeout(PATIENCE_OF_COMMANDS, self.renew_token(request)).await.is_ok(),
        };
        if !in_time {
            self.log.line(format_args!("the renewal takes long: the old token is served"));
        }
    }

    /// Begins a renewal, unless this process has begun one of the same token lately.
    fn begin_renewal(
        self: Arc<Self>,
        request: TokenRequest<'_>,
        behind: Option<Duration>,
    ) -> Renewal {
        let mut renewals = self.renewals();
        let key = &request.caller.key;
        if let Some(renewal) = renewals.get(key).filter(|it| it.began.elapsed() < NOT_AGAIN_FOR) {
            return renewal.clone();
        }
        let (ended, running) = watch::channel(());
        let renewal = Renewal { began: Instant::now(), running };
        renewals.insert(key.clone(), renewal.clone());
        drop(renewals);
        let (this, target) = (Arc::clone(&self), request.resolved.target.clone());
        tokio::spawn(async move {
            let _turn = match behind {
                Some(after) => {
                    sleep(after).await;
                    TURNS.acquire().await.ok()
                }
                None => None,
            };
            this.renew_target(target).await;
            drop(ended);
        });
        renewal
    }

    /// A task of its own resolves again: the request is over when it begins.
    async fn renew_target(&self, target: Target) {
        let resolved: &Resolved = &self.resolve_target(target);
        let deadline = &Deadline::start();
        let renewal = async {
            let caller = match self.caller_of_cache(resolved).await {
                Ok(caller) => caller,
                Err(error) => return self.log_failed_renewal(&error),
            };
            let need = &Need::Any;
            self.renew_token(TokenRequest { resolved, caller, need, deadline, renews: true }).await;
        };
        if let Err((_, stage)) = deadline.limit(renewal).await {
            self.log.line(format_args!("the renewal ran out of time: {stage}"));
        }
    }

    async fn renew_token(&self, request: TokenRequest<'_>) {
        let request = TokenRequest { renews: true, ..request };
        match Box::pin(self.newly_issued(request, None)).await {
            Ok(_) => self.log.line(format_args!("the token is renewed")),
            Err(error) => self.log_failed_renewal(&error),
        }
    }

    fn log_failed_renewal(&self, error: &ProviderError) {
        self.log.line(format_args!("the token is not renewed: {error}"));
    }

    fn renewals(&self) -> MutexGuard<'_, HashMap<CacheKey, Renewal>> {
        self.renewals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
