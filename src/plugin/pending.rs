//! The requests in progress. Each completes once: a cancelled request's late result is dropped.

use std::collections::HashMap;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::message::AuthenticationCredentials;
use crate::base::panic::Panicked;

/// The tasks of requests without a response yet, by request id.
#[derive(Debug, Default)]
pub struct Pending {
    tasks: JoinSet<AuthenticationCredentials>,
    requests: HashMap<Id, String>,
    aborts: HashMap<String, AbortHandle>,
}

impl Pending {
    /// Starts a task; false if the request id is in use.
    pub fn start<F>(&mut self, request_id: &str, work: F) -> bool
    where
        F: Future<Output = AuthenticationCredentials> + Send + 'static,
    {
        if self.aborts.contains_key(request_id) {
            return false;
        }
        let abort = self.tasks.spawn(work);
        self.requests.insert(abort.id(), request_id.to_owned());
        self.aborts.insert(request_id.to_owned(), abort);
        true
    }

    /// Ends a task; false if there is none with this request id.
    pub fn cancel(&mut self, request_id: &str) -> bool {
        let Some(abort) = self.aborts.remove(request_id) else { return false };
        self.requests.remove(&abort.id());
        abort.abort();
        true
    }

    /// Ends all tasks, and returns when they have ended.
    pub async fn end_all(&mut self) {
        self.tasks.shutdown().await;
    }

    /// The next request that is done; waits without end while there is none.
    pub async fn next(&mut self) -> (String, Result<AuthenticationCredentials, Panicked>) {
        loop {
            let (id, outcome) = match self.tasks.join_next_with_id().await {
                Some(Ok((id, response))) => (id, Ok(response)),
                Some(Err(error)) => (error.id(), Err(Panicked)),
                None => std::future::pending().await,
            };
            if let Some(request_id) = self.requests.remove(&id) {
                self.aborts.remove(&request_id);
                return (request_id, outcome);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::message::ResponseCode;

    fn response() -> impl Future<Output = AuthenticationCredentials> {
        std::future::ready(AuthenticationCredentials::none(ResponseCode::NotFound))
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_cancelled_request_yields_nothing() {
        let mut pending = Pending::default();
        assert!(pending.start("1", std::future::pending()));
        assert!(pending.start("2", response()));
        assert!(pending.cancel("1") && !pending.cancel("1"));
        assert_eq!(pending.next().await.0, "2");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_request_id_is_taken_until_its_response() {
        let mut pending = Pending::default();
        assert!(pending.start("1", response()) && !pending.start("1", response()));
        assert_eq!(pending.next().await.0, "1");
        assert!(pending.start("1", response()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_panic_is_an_outcome_and_the_next_request_is_served() {
        let mut pending = Pending::default();
        pending.start("1", async { panic!("a request that panics") });
        let (request_id, outcome) = pending.next().await;
        assert!(request_id == "1" && outcome.is_err());
        pending.start("2", response());
        assert!(pending.next().await.1.is_ok());
    }
}
