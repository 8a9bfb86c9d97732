//! Futures of one thread at once, some at a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// So many connections are harmless, whatever a repository's NuGet.Config lists.
const MOST: usize = 8;

/// Awaits the futures, [`MOST`] at a time. The results are in the order of the futures.
pub async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting = futures.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut done = Vec::new();
    poll_fn(|context| {
        loop {
            let free = MOST - running.len();
            running.extend(waiting.by_ref().take(free).map(|(at, it)| (at, Box::pin(it))));
            let before = done.len();
            running.retain_mut(|(at, future)| match future.as_mut().poll(context) {
                Poll::Ready(output) => {
                    done.push((*at, output));
                    false
                }
                Poll::Pending => true,
            });
            if running.is_empty() && done.len() == before {
                return Poll::Ready(());
            }
            if done.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn results_are_in_order_and_few_futures_run_at_once() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let numbers = (0..100).map(async |number: usize| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            for _ in 0..=number % 7 {
                tokio::task::yield_now().await;
            }
            running.set(running.get() - 1);
            number
        });
        assert_eq!(all(numbers).await, (0..100).collect::<Vec<_>>());
        assert_eq!(most.get(), MOST);
        assert!(all(std::iter::empty::<std::future::Ready<()>>()).await.is_empty());
    }
}
