//! Calls that are made again: because AWS asks for that, because one failed for the moment, or because an
//! answer is lost.
//!
//! The SDK repeats a call, and this decides when ([`retry_policy`]). On its own it would give up after
//! three calls however much time is left, and it does not know the header `Retry-After`.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::{ErrorKind, RetryConfig};
use tokio::time::{Instant, timeout};

use super::error::causes::says;
use super::headers::asked_wait;
use super::retry_policy::{FETCH_LIMIT, Failure, wait};

/// How long an answer is waited for before the call is made once more beside it. Most answers come
/// within a second; a lost one never comes.
const PATIENCE: Duration = Duration::from_secs(15);

/// Calls that are made beside each other.
const MOST_AT_ONCE: usize = 3;

/// Makes the call, and makes it again while no answer comes. The first answer counts, also one that is
/// late. The call must be one that may be repeated. `silence` is how long its last request has been
/// without an answer: a call that waits before it is repeated has had one.
pub(super) async fn until_answered<T, F: Future<Output = T> + Send>(
    call: impl Fn() -> F,
    silence: impl Fn() -> Duration,
) -> T {
    // Machines that lost an answer together do not call together.
    until_answered_within(PATIENCE.mul_f64(1.0 + random() / 8.0), call, silence).await
}

async fn until_answered_within<T, F: Future<Output = T> + Send>(
    patience: Duration,
    call: impl Fn() -> F,
    silence: impl Fn() -> Duration,
) -> T {
    let mut calls: Vec<Call<'_, T>> = vec![Box::pin(call())];
    while calls.len() < MOST_AT_ONCE {
        let left = patience.saturating_sub(silence()).max(patience / 20);
        if let Ok(answer) = timeout(left, first(&mut calls)).await {
            return answer;
        }
        if silence() >= patience {
            calls.push(Box::pin(call()));
        }
    }
    first(&mut calls).await
}

/// A call of any type: the compiler would not see to the end of theirs.
type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

async fn first<T>(calls: &mut [Call<'_, T>]) -> T {
    poll_fn(|context| {
        let polled = calls.iter_mut().map(|call| call.as_mut().poll(context));
        let mut ready = polled.filter(Poll::is_ready);
        ready.next().unwrap_or(Poll::Pending)
    })
    .await
}

/// More calls than there are until the limit of a request.
const MOST_CALLS: u32 = 40;

/// The SDK's part of it: it makes as many calls as [`Patience`] lets it.
pub(super) fn config() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MOST_CALLS).with_max_backoff(FETCH_LIMIT)
}

/// Which failures are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// All that may be over soon.
    Temporary,
    /// Only where it is certain that the service did nothing: what the call sends may be accepted once.
    Unseen,
}

/// Decides whether the SDK makes one more call, and when. It is for one request, whose limit it knows.
#[derive(Debug)]
pub(super) struct Patience {
    until: Instant,
    repeat: Repeat,
    /// How many requests were sent, by this call and those before it. The SDK asks about one failure more
    /// than once, so that it cannot be counted here.
    calls: Arc<AtomicU32>,
    calls_before: u32,
}

impl Patience {
    pub(super) fn until(until: Instant, repeat: Repeat, calls: Arc<AtomicU32>) -> Self {
        let calls_before = calls.load(Ordering::Relaxed);
        Self { until, repeat, calls, calls_before }
    }
}

impl ClassifyRetry for Patience {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        self.classify_retry_v2(context, &RetryAction::NoActionIndicated)
    }

    /// `previous` is what the SDK thinks of the failure.
    fn classify_retry_v2(
        &self,
        context: &InterceptorContext,
        previous: &RetryAction,
    ) -> RetryAction {
        let headers = context.response().map(HttpResponse::headers);
        let is_429 = context.response().is_some_and(|it| it.status().as_u16() == 429);
        let kind = match previous {
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind, .. }) => *kind,
            _ if is_429 => ErrorKind::ThrottlingError,
            _ => return RetryAction::NoActionIndicated,
        };
        let is_throttled = is_429 || kind == ErrorKind::ThrottlingError;
        let is_repeated = match self.repeat {
            Repeat::Temporary => true,
            Repeat::Unseen => is_throttled || was_not_sent(context),
        };
        if !is_repeated {
            return RetryAction::RetryForbidden;
        }
        let failure = if is_throttled { Failure::Throttled } else { Failure::Outage };
        let failures = self.calls.load(Ordering::Relaxed).saturating_sub(self.calls_before);
        let left = self.until.saturating_duration_since(Instant::now());
        let asked = headers.and_then(asked_wait);
        match wait(failure, failures, asked, left, random()) {
            Some(wait) => RetryAction::retryable_error_with_explicit_delay(kind, wait),
            None => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "patience"
    }

    /// After all of the SDK.
    fn priority(&self) -> RetryClassifierPriority {
        let last = RetryClassifierPriority::transient_error_classifier();
        RetryClassifierPriority::run_after(RetryClassifierPriority::run_after(last))
    }
}

/// Whether the failure came before there was a connection.
fn was_not_sent(context: &InterceptorContext) -> bool {
    let error = context.output_or_error().and_then(Result::err);
    let error = error.and_then(|error| error.as_connector_error());
    error.is_some_and(|error| says(error, &["client error (Connect)", "HTTP connect timeout"]))
}

/// Whether this is how a service of AWS throttles.
pub(super) fn is_throttling(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code)
}

/// From 0 to 1. A system without random numbers gives one that is as good as any.
fn random() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE_HERE: Duration = Duration::from_millis(20);

    /// The first call's answer comes this late, and the others' never.
    async fn outcome(late: Duration) -> (Result<u32, tokio::time::error::Elapsed>, u32) {
        let calls = AtomicU32::new(0);
        let call = || {
            let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                let time = if number == 1 { late } else { Duration::from_hours(1) };
                tokio::time::sleep(time).await;
                number
            }
        };
        let answered = until_answered_within(PATIENCE_HERE, call, || PATIENCE_HERE);
        let answer = timeout(Duration::from_millis(400), answered).await;
        (answer, calls.load(Ordering::Relaxed))
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_late_answer_counts_and_no_more_than_three_calls_are_made() {
        assert_eq!(outcome(Duration::ZERO).await, (Ok(1), 1));
        assert_eq!(outcome(Duration::from_millis(200)).await, (Ok(1), 3));
        let (answer, calls) = outcome(Duration::from_hours(1)).await;
        assert!(answer.is_err() && calls == 3);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_second_call_replaces_a_lost_answer() {
        let calls = AtomicU32::new(0);
        let call = || {
            let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if number == 1 {
                    std::future::pending::<()>().await;
                }
                number
            }
        };
        assert_eq!(until_answered_within(PATIENCE_HERE, call, || PATIENCE_HERE).await, 2);
    }

    #[test]
    fn an_outage_is_tried_three_times_and_throttling_until_the_limit() {
        let of = |failure, failures| wait(failure, failures, None, FETCH_LIMIT, 0.5);
        assert_eq!(of(Failure::Outage, 1), Some(Duration::from_millis(500)));
        assert_eq!(of(Failure::Outage, 2), Some(Duration::from_secs(1)));
        assert_eq!(of(Failure::Outage, 3), None);
        assert_eq!(of(Failure::Throttled, 1), Some(Duration::from_millis(750)));
        assert_eq!(of(Failure::Throttled, 40), Some(Duration::from_secs(6)));
        let near_the_limit = Duration::from_secs(5);
        assert_eq!(wait(Failure::Throttled, 40, None, near_the_limit, 0.5), None);
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_or_the_call_is_not_repeated() {
        for failure in [Failure::Outage, Failure::Throttled] {
            let asked = |seconds| {
                let asked = Some(Duration::from_secs(seconds));
                wait(failure, 1, asked, FETCH_LIMIT, 1.0)
            };
            assert_eq!(asked(20), Some(Duration::from_secs(21)));
            assert_eq!(asked(59), None);
            assert_eq!(asked(u64::MAX), None);
        }
    }
}
