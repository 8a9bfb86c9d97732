//! A word to a person who waits.

use std::io::Write;
use std::time::Duration;

/// So long nobody wonders.
const SILENT_FOR: Duration = Duration::from_millis(500);

/// Does the work; where it takes long, `terminal` shows a word until it is done.
pub async fn shown<T>(work: impl Future<Output = T>, terminal: Option<&mut dyn Write>) -> T {
    shown_after(SILENT_FOR, work, terminal).await
}

async fn shown_after<T>(
    delay: Duration,
    work: impl Future<Output = T>,
    terminal: Option<&mut dyn Write>,
) -> T {
    let Some(terminal) = terminal else { return work.await };
    tokio::pin!(work);
    if let Ok(done) = tokio::time::timeout(delay, &mut work).await {
        return done;
    }
    // A terminal that cannot be written to misses nothing.
    let _ = write!(terminal, "waiting for an answer …").and_then(|()| terminal.flush());
    let done = work.await;
    let _ = write!(terminal, "\r{:24}\r", "").and_then(|()| terminal.flush());
    done
}

#[cfg(test)]
mod tests {
    use std::future;
    use std::io;

    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;

    /// A terminal that tells what is written.
    struct Telling(UnboundedSender<String>);

    impl Write for Telling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8_lossy(bytes).into_owned()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_is_done_at_once_says_nothing() {
        let mut written = Vec::new();
        assert_eq!(shown(future::ready(1), Some(&mut written)).await, 1);
        assert_eq!(written, b"");
    }

    #[tokio::test]
    async fn what_takes_long_shows_a_word_and_takes_it_away() {
        let (tell, mut told) = unbounded_channel();
        let mut terminal = Telling(tell);
        // It is done when the word was read.
        let first = shown_after(Duration::ZERO, told.recv(), Some(&mut terminal)).await;
        assert_eq!(first.as_deref(), Some("waiting for an answer …"));
        drop(terminal);
        let mut rest = String::new();
        while let Some(text) = told.recv().await {
            rest.push_str(&text);
        }
        assert_eq!(rest.trim_matches(' ').matches('\r').count(), 2);
    }
}
