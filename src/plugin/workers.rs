//! The threads that requests run on. A request reads files, and a file system may take its time or never
//! answer: that holds up neither the conversation nor another request.
//!
//! The session's thread keeps the timers and the connections. A request runs on one thread from its
//! beginning to its end, so that a warm one changes threads once, and a child process that it starts has
//! a parent that stays.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::base::panic::{self, Panicked};

/// More requests than this wait for their turn. Each thread has a stack, and NuGet asks for a handful of
/// sources.
const MOST_THREADS: usize = 64;

/// How long one step of a request may take. Steps do not wait for the network or for a person; they read
/// and write small files.
const STEP_LIMIT: Duration = Duration::from_secs(30);

/// How often the step is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Runs requests on threads, which are started when they are needed and kept.
#[derive(Debug, Clone)]
pub struct Workers {
    shared: Arc<Shared>,
    runtime: Handle,
    step_limit: Duration,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// There is a job, or the conversation has ended, or a thread has.
    changed: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Shared")
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// What a request does, whatever its type is.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    has_ended: bool,
}

/// Why a request has no result.
#[derive(Debug, PartialEq, Eq)]
pub enum NoResult {
    Panicked,
    /// A file system does not answer.
    Stuck(Duration),
}

impl Workers {
    /// Starts the first thread, which is ready when NuGet asks. `runtime` must be running elsewhere.
    pub fn start(runtime: Handle) -> Self {
        let workers = Self { shared: Arc::default(), runtime, step_limit: STEP_LIMIT };
        workers.add_thread(&mut workers.shared.queue());
        workers
    }

    /// Runs `work` on a thread, or here if the system gives no thread at all. If this is dropped, the
    /// work is dropped at its next wait.
    pub async fn run<T: Send + 'static>(&self, work: Work<T>) -> Result<T, NoResult> {
        let steps = Arc::new(Steps::new());
        let (mut sender, mut outcome) = oneshot::channel();
        if !self.has_thread() {
            return panic::catch_in(work).await.map_err(|Panicked| NoResult::Panicked);
        }
        let (watched, runtime) = (Arc::clone(&steps), self.runtime.clone());
        self.push(Box::new(move || {
            let work = panic::catch_in(watch(work, &watched));
            runtime.block_on(async {
                tokio::select! {
                    done = work => drop(sender.send(done)),
                    () = sender.closed() => {}
                }
            });
        }));
        loop {
            match timeout(LOOK, &mut outcome).await {
                Ok(Ok(Ok(done))) => return Ok(done),
                Ok(_) => return Err(NoResult::Panicked),
                Err(_) if steps.current() > self.step_limit => {
                    return Err(NoResult::Stuck(self.step_limit));
                }
                Err(_) => {}
            }
        }
    }

    /// Waits until the threads have ended, or until `limit` has passed: what is being written is
    /// written. The requests must have been dropped.
    pub fn finish(&self, limit: Duration) {
        let mut queue = self.shared.queue();
        queue.has_ended = true;
        self.shared.changed.notify_all();
        let still_works = |queue: &mut Queue| queue.threads > 0;
        drop(self.shared.changed.wait_timeout_while(queue, limit, still_works));
    }

    fn has_thread(&self) -> bool {
        self.shared.queue().threads > 0
    }

    fn push(&self, job: Job) {
        let mut queue = self.shared.queue();
        queue.jobs.push_back(job);
        if queue.idle < queue.jobs.len() && queue.threads < MOST_THREADS {
            self.add_thread(&mut queue);
        }
        self.shared.changed.notify_one();
    }

    /// If the system gives no further thread, the job waits for one of the others.
    fn add_thread(&self, queue: &mut Queue) {
        let shared = Arc::clone(&self.shared);
        let started = thread::Builder::new().name("request".into()).spawn(move || shared.work());
        queue.threads += usize::from(started.is_ok());
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut queue = self.queue();
        while !queue.has_ended {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // The request itself is caught further in, with its outcome.
                let _ = panic::catch(job);
                queue = self.queue();
                continue;
            }
            queue.idle += 1;
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
        queue.threads -= 1;
        self.changed.notify_all();
    }
}

/// When the current step of a request began. A request that has no thread yet is in its first step.
struct Steps {
    from: Instant,
    /// In milliseconds after `from`; [`WAITING`] between two steps.
    began: AtomicU64,
}

const WAITING: u64 = u64::MAX;

impl Steps {
    fn new() -> Self {
        Self { from: Instant::now(), began: AtomicU64::new(0) }
    }

    fn begin(&self) {
        let now = u64::try_from(self.from.elapsed().as_millis()).unwrap_or_default();
        self.began.store(now, Ordering::Relaxed);
    }

    fn end(&self) {
        self.began.store(WAITING, Ordering::Relaxed);
    }

    /// How long the current step has taken; zero between two steps.
    fn current(&self) -> Duration {
        match self.began.load(Ordering::Relaxed) {
            WAITING => Duration::ZERO,
            began => self.from.elapsed().saturating_sub(Duration::from_millis(began)),
        }
    }
}

/// The same work, each step of which is timed.
async fn watch<F: Future>(work: F, steps: &Steps) -> F::Output {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        steps.begin();
        let poll = work.as_mut().poll(context);
        steps.end();
        poll
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn workers() -> Workers {
        Workers::start(Handle::current())
    }

    #[tokio::test(flavor = "current_thread")]
    async fn work_that_blocks_its_thread_holds_up_nobody() {
        let workers = workers();
        let (release, blocked) = mpsc::channel::<()>();
        let stuck = workers.run(Box::pin(async move { blocked.recv().is_ok() }));
        let mut stuck = std::pin::pin!(stuck);
        assert!(timeout(Duration::from_millis(50), &mut stuck).await.is_err());
        for number in 0..3 {
            assert_eq!(workers.run(Box::pin(async move { number })).await, Ok(number));
        }
        release.send(()).unwrap();
        assert_eq!(stuck.await, Ok(true));
        workers.finish(Duration::from_secs(10));
        assert_eq!(workers.shared.queue().threads, 0);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_step_that_does_not_end_is_given_up() {
        let limit = Duration::from_millis(100);
        let workers = Workers { step_limit: limit, ..workers() };
        let (release, blocked) = mpsc::channel::<()>();
        let stuck = workers.run(Box::pin(async move { blocked.recv().is_ok() })).await;
        assert_eq!(stuck, Err(NoResult::Stuck(limit)));
        drop(release);
        // Waiting for the network or for a person is no step.
        let slow = workers.run(Box::pin(tokio::time::sleep(LOOK * 2))).await;
        assert_eq!(slow, Ok(()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_panic_is_a_result_and_the_thread_goes_on() {
        let workers = workers();
        assert_eq!(
            workers.run(Box::pin(async { panic!("work that panics") })).await,
            Err::<(), _>(NoResult::Panicked)
        );
        assert_eq!(workers.run(Box::pin(async { 1 })).await, Ok(1));
        // One more is started for each job that finds no thread idle yet.
        assert!(workers.shared.queue().threads <= 3);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn work_that_nobody_waits_for_is_dropped() {
        let workers = workers();
        let (sender, dropped) = oneshot::channel::<()>();
        let endless = workers.run(Box::pin(async move {
            let _held = sender;
            std::future::pending::<()>().await;
        }));
        assert!(timeout(Duration::from_millis(50), endless).await.is_err());
        assert!(timeout(Duration::from_secs(10), dropped).await.unwrap().is_err());
    }
}
