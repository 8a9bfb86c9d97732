//! Panics: a defect of this program or of a library ends one request or one command with a line of
//! ours, never with the panic's own text, which may quote a secret.

use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Something panicked. The place is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "The plugin failed because of a defect. Set CODEARTIFACT_NUGET_LOG_FILE to an absolute path, try \
     again, and report what the file contains."
)]
pub struct Panicked;

/// Runs it, and turns a panic into an error.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// Waits for the future, and turns a panic in it into an error.
pub async fn catch_in<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch(|| future.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Calls this for every panic from now on, in place of the text on standard error.
pub fn report_to(log: impl Fn(fmt::Arguments<'_>) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |panic| log(format_args!("{}", Place(panic)))));
}

/// Where it panicked. The message is shown only if it is a part of the code: a message that is made
/// at run time may quote a value.
struct Place<'a, 'b>(&'a PanicHookInfo<'b>);

impl fmt::Display for Place<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(panic) = self;
        write!(formatter, "panicked")?;
        if let Some(location) = panic.location() {
            write!(formatter, " at {location}")?;
        }
        match panic.payload().downcast_ref::<&'static str>() {
            Some(message) => write!(formatter, ": {message}"),
            None => write!(formatter, " (its message may quote a value and is left out)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_panic_is_an_error_wherever_the_future_is() {
        let later = async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "after the first wait");
        };
        assert_eq!(catch_in(later).await, Err(Panicked));
        assert_eq!(catch_in(async { 1 }).await, Ok(1));
        assert_eq!(catch(|| 2), Ok(2));
        assert_eq!(catch(|| assert!(std::hint::black_box(false))), Err(Panicked));
    }

    #[test]
    fn a_message_that_may_quote_a_value_is_left_out() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let sender = std::sync::Mutex::new(sender);
        let before = std::panic::take_hook();
        report_to(move |line| drop(sender.lock().unwrap().send(line.to_string())));
        let secret = std::hint::black_box("hunter2");
        let caught = [catch(|| panic!("{secret}")), catch(|| panic!("a part of the code"))];
        std::panic::set_hook(before);
        assert_eq!(caught, [Err::<(), _>(Panicked), Err(Panicked)]);
        // Other tests may panic meanwhile.
        let lines: Vec<String> =
            receiver.try_iter().filter(|line| line.contains("base/panic.rs")).collect();
        assert!(lines.iter().any(|line| line.ends_with(": a part of the code")), "{lines:?}");
        assert!(!lines.concat().contains("hunter2"), "{lines:?}");
    }
}
