//! The threads that requests run on. A request reads files, and a file system may take its time or never
//! answer: that holds up neither the conversation nor another request.
//!
//! The session's thread keeps the timers and the connections. A request is on a thread from one wait to
//! the next, and on none while it waits for the network or for a person: however many wait, another one
//! has its turn. A thread stays until the conversation ends, because the system ends a child process with
//! the thread that started it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::base::panic::{self, Panicked};

/// More steps than this at once wait for their turn. Each thread has a stack, and NuGet asks for a
/// handful of sources.
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
    /// A request has its turn, or the conversation has ended, or a thread has.
    changed: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Shared")
    }
}

/// What a request does, whatever its type is.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[derive(Default)]
struct Queue {
    requests: VecDeque<Arc<Request>>,
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
        let (mut sender, mut outcome) = oneshot::channel();
        if !self.has_thread() {
            return panic::catch_in(work).await.map_err(|Panicked| NoResult::Panicked);
        }
        let work = Box::pin(async move {
            tokio::select! {
                done = panic::catch_in(work) => drop(sender.send(done)),
                () = sender.closed() => {}
            }
        });
        let request = Arc::new(Request::new(work, self.clone()));
        Arc::clone(&request).wake();
        loop {
            match timeout(LOOK, &mut outcome).await {
                Ok(Ok(Ok(done))) => return Ok(done),
                Ok(_) => return Err(NoResult::Panicked),
                Err(_) if request.step.time() > self.step_limit => {
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

    fn push(&self, request: Arc<Request>) {
        let mut queue = self.shared.queue();
        queue.requests.push_back(request);
        if queue.idle < queue.requests.len() && queue.threads < MOST_THREADS {
            self.add_thread(&mut queue);
        }
        self.shared.changed.notify_one();
    }

    /// If the system gives no further thread, the request waits for one of the others.
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

    /// After the end of the conversation, what was dropped takes its last step.
    fn work(&self) {
        let mut queue = self.queue();
        loop {
            if let Some(request) = queue.requests.pop_front() {
                drop(queue);
                // The work itself is caught further in, with its outcome.
                let _ = panic::catch(|| request.run());
                queue = self.queue();
                continue;
            }
            if queue.has_ended {
                break;
            }
            queue.idle += 1;
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
        queue.threads -= 1;
        self.changed.notify_all();
    }
}

/// Work that is done step by step, each on any thread.
struct Request {
    rest: Mutex<Rest>,
    step: Step,
    workers: Workers,
}

struct Rest {
    /// None while a thread has it, and when it is done.
    work: Option<Work<()>>,
    turn: Turn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Waits,
    Queued,
    Runs,
    /// It has been woken while it runs, so it runs once more.
    RunsAgain,
}

impl Request {
    fn new(work: Work<()>, workers: Workers) -> Self {
        let rest = Mutex::new(Rest { work: Some(work), turn: Turn::Waits });
        Self { rest, step: Step::new(), workers }
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step.
    fn run(self: Arc<Self>) {
        let mut rest = self.rest();
        rest.turn = Turn::Runs;
        let Some(mut work) = rest.work.take() else { return };
        drop(rest);
        let waker = Waker::from(Arc::clone(&self));
        let runtime = self.workers.runtime.enter();
        self.step.begin();
        let is_done = work.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if is_done {
            return;
        }
        self.step.end();
        drop(runtime);
        let mut rest = self.rest();
        rest.work = Some(work);
        let is_woken = std::mem::replace(&mut rest.turn, Turn::Waits) == Turn::RunsAgain;
        drop(rest);
        if is_woken {
            self.wake();
        }
    }
}

impl Wake for Request {
    fn wake(self: Arc<Self>) {
        let mut rest = self.rest();
        match rest.turn {
            Turn::Waits => rest.turn = Turn::Queued,
            Turn::Runs => {
                rest.turn = Turn::RunsAgain;
                return;
            }
            Turn::Queued | Turn::RunsAgain => return,
        }
        drop(rest);
        self.step.begin();
        self.workers.clone().push(self);
    }
}

/// When the current step of a request began. To wait for a thread belongs to it.
struct Step {
    from: Instant,
    /// In milliseconds after `from`; [`WAITING`] between two steps.
    began: AtomicU64,
}

const WAITING: u64 = u64::MAX;

impl Step {
    fn new() -> Self {
        Self { from: Instant::now(), began: AtomicU64::new(WAITING) }
    }

    fn begin(&self) {
        let now = u64::try_from(self.from.elapsed().as_millis()).unwrap_or_default();
        self.began.store(now, Ordering::Relaxed);
    }

    fn end(&self) {
        self.began.store(WAITING, Ordering::Relaxed);
    }

    /// How long it has taken; zero between two steps.
    fn time(&self) -> Duration {
        match self.began.load(Ordering::Relaxed) {
            WAITING => Duration::ZERO,
            began => self.from.elapsed().saturating_sub(Duration::from_millis(began)),
        }
    }
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
        // Waiting for the network or for a person does not count as a step.
        let slow = workers.run(Box::pin(tokio::time::sleep(LOOK * 2))).await;
        assert_eq!(slow, Ok(()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn however_many_wait_another_one_has_its_turn() {
        let workers = workers();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..=MOST_THREADS {
            let workers = workers.clone();
            waiting.spawn(async move { workers.run(Box::pin(std::future::pending::<()>())).await });
        }
        tokio::task::yield_now().await;
        let other = workers.run(Box::pin(async { 1 }));
        assert_eq!(timeout(Duration::from_secs(20), other).await, Ok(Ok(1)));
        waiting.shutdown().await;
        workers.finish(Duration::from_secs(10));
        assert_eq!(workers.shared.queue().threads, 0);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn work_that_wakes_itself_while_it_runs_goes_on() {
        let workers = workers();
        let mut left = 1000;
        let work = std::future::poll_fn(move |context| {
            left -= 1;
            context.waker().wake_by_ref();
            if left == 0 { std::task::Poll::Ready(left) } else { std::task::Poll::Pending }
        });
        assert_eq!(workers.run(Box::pin(work)).await, Ok(0));
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
