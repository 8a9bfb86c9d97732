//! When a call is repeated, and how long to wait before. Pure, and without any other part of this
//! program, so that a simulation of many machines uses the same lines.

use std::time::Duration;

/// Time limit for obtaining a token. It is long enough for a slow network.
pub const FETCH_LIMIT: Duration = Duration::from_mins(1);

/// Calls of one request in all, if AWS is not throttling: as many as all SDKs of AWS make.
const ATTEMPTS: u32 = 3;

/// The longest wait after the first failure. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Waits do not grow beyond this. If thousands of machines wait, the calls of all of them still use the
/// whole quota of AWS until the last one has its token.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// A call that begins later has no time for its answer.
const TIME_FOR_ANSWER: Duration = Duration::from_secs(1);

/// Why a call failed, as far as a further one is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// AWS allows 40 calls a second to an account in a region. It has done nothing.
    Throttled,
    /// An outage, or a connection that broke.
    Outage,
}

/// How long to wait before the next call; none if there is no further call.
///
/// `failures` is how often the request has failed, `asked` the wait that the answer asks for, `left` the
/// time until the request's limit, and `random` a number from 0 to 1, which no two machines share.
pub fn wait(
    failure: Failure,
    failures: u32,
    asked: Option<Duration>,
    left: Duration,
    random: f64,
) -> Option<Duration> {
    if failure == Failure::Outage && failures >= ATTEMPTS {
        return None;
    }
    let longest = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let longest = longest.min(LONGEST_WAIT);
    // Those who were asked to wait equally long must not return together.
    let own = match failure {
        Failure::Throttled => longest.mul_f64(0.5 + random / 2.0),
        Failure::Outage => longest.mul_f64(random),
    };
    let wait = asked.map_or(own, |asked| asked.saturating_add(own));
    (wait.saturating_add(TIME_FOR_ANSWER) <= left).then_some(wait)
}
