//! The one time limit of a request for a token, whatever it waits for: files, another process, AWS.
//! Only a person who signs in may take longer.
#![expect(clippy::disallowed_methods, reason = "a limit is kept on the machine's clocks")]

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout, timeout_at};

use crate::aws::FETCH_LIMIT;
use crate::base::invocation::command;

/// A little longer than a fetch alone may take, so that the failed fetch itself says what is wrong.
const LIMIT: Duration = FETCH_LIMIT.saturating_add(Duration::from_secs(2));

/// What is kept back for the answer when a fetch has used up the rest.
const FOR_THE_ANSWER: Duration = Duration::from_secs(1);

/// How often it is checked in that time whether a person is still being waited for.
const CHECKS: u32 = 60;

/// What a request waits for. It ends the line of a request that ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Files,
    SignIn,
    AnotherProcess,
    Aws,
}

/// What did not end in time.
impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Files => {
                "reading the configuration file or a shared config or credentials file did not end"
            }
            Self::SignIn => "the IAM Identity Center session was not renewed",
            Self::AnotherProcess => "another process of this user did not finish its request",
            Self::Aws => "AWS did not respond",
        })
    }
}

impl Stage {
    pub fn fix(self) -> String {
        match self {
            Self::Files => "Check the drives that they are on.".to_owned(),
            Self::SignIn => {
                format!("Check the network, or sign in: {}", command(["login"]))
            }
            Self::AnotherProcess => "Try again, and end that process if it hangs.".to_owned(),
            Self::Aws => "Check the network, and the drive of the trusted certificates \
                          (AWS_CA_BUNDLE)."
                .to_owned(),
        }
    }
}

/// The limit of one request.
#[derive(Debug)]
pub struct Deadline {
    /// When the request began, to compare with what other processes record.
    pub began: SystemTime,
    limit: Duration,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    end: Instant,
    stage: Stage,
}

impl Deadline {
    /// Of a request that begins now.
    pub fn start() -> Self {
        Self::of(LIMIT)
    }

    fn of(limit: Duration) -> Self {
        let progress = Progress { end: Instant::now() + limit, stage: Stage::Files };
        Self { began: SystemTime::now(), limit, progress: Mutex::new(progress) }
    }

    /// The outcome of the whole request, or what it still waited for at the end.
    pub async fn limit<T>(&self, work: impl Future<Output = T>) -> Result<T, (Duration, Stage)> {
        tokio::pin!(work);
        loop {
            let end = self.progress().end;
            if let Ok(done) = timeout_at(end, &mut work).await {
                return Ok(done);
            }
            let Progress { end: moved, stage } = *self.progress();
            if moved <= end {
                return Err((self.limit, stage));
            }
        }
    }

    /// Waits, and does not count the time while a person is waited for.
    pub async fn except_for_a_person<T>(
        &self,
        work: impl Future<Output = T>,
        is_waited_for: impl Fn() -> bool,
    ) -> T {
        tokio::pin!(work);
        loop {
            let began = Instant::now();
            let done = timeout(self.limit / CHECKS, &mut work).await;
            if is_waited_for() {
                self.progress().end += began.elapsed();
            }
            if let Ok(done) = done {
                return done;
            }
        }
    }

    /// Records what the request waits for from now on.
    pub fn at(&self, stage: Stage) {
        self.progress().stage = stage;
    }

    /// How long a fetch may still take.
    pub fn for_fetch(&self) -> Duration {
        let left = self.progress().end.saturating_duration_since(Instant::now());
        left.saturating_sub(FOR_THE_ANSWER).min(FETCH_LIMIT)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::sleep;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn whatever_a_request_waits_for_it_ends_at_its_limit() {
        let (deadline, began) = (Deadline::of(SHORT), Instant::now());
        let work = async {
            deadline.at(Stage::AnotherProcess);
            sleep(SHORT / 2).await;
            deadline.at(Stage::Aws);
            pending::<()>().await;
        };
        assert_eq!(deadline.limit(work).await, Err((SHORT, Stage::Aws)));
        assert!(began.elapsed() >= SHORT);
    }

    #[tokio::test]
    async fn a_person_may_take_longer() {
        let deadline = Deadline::of(SHORT);
        let sign_in = async {
            sleep(3 * SHORT).await;
            7
        };
        let work = deadline.except_for_a_person(sign_in, || true);
        assert_eq!(deadline.limit(work).await, Ok(7));
    }

    #[tokio::test]
    async fn while_no_person_is_waited_for_the_time_counts() {
        let deadline = Deadline::of(SHORT);
        let work = deadline.except_for_a_person(pending::<()>(), || false);
        assert_eq!(deadline.limit(work).await, Err((SHORT, Stage::Files)));
    }

    #[test]
    fn a_fetch_leaves_time_for_the_answer() {
        assert!((FETCH_LIMIT..=Duration::from_secs(65)).contains(&LIMIT));
        let whole = Deadline::start().for_fetch();
        assert!(whole <= FETCH_LIMIT && whole > FETCH_LIMIT / 2, "{whole:?}");
        assert_eq!(Deadline::of(FOR_THE_ANSWER).for_fetch(), Duration::ZERO);
        assert!(Deadline::of(10 * FOR_THE_ANSWER).for_fetch() <= 9 * FOR_THE_ANSWER);
    }
}
