//! A line on the terminal for a person who waits.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A shorter wait needs no progress line.
const SILENT_FOR: Duration = Duration::from_millis(500);

/// A terminal on which a line can be overwritten.
pub type Terminal = Box<dyn Write + Send>;

/// Starts to show progress of the named wait.
pub type Wait<'a> = &'a (dyn Fn(&str) -> Waiting + Send + Sync);

/// While it exists and the wait is long, the terminal shows a line; dropping it removes the line.
/// It has its own thread, because the awaited call may block this one.
#[derive(Debug)]
pub struct Waiting {
    /// Dropped to end the wait.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Without a terminal, nothing is written.
    pub fn on(terminal: Option<Terminal>, what_for: &str) -> Self {
        Self::after(SILENT_FOR, terminal, what_for)
    }

    /// For work that does not take long.
    pub fn none() -> Self {
        Self { end: None, thread: None }
    }

    fn after(delay: Duration, terminal: Option<Terminal>, what_for: &str) -> Self {
        let Some(mut terminal) = terminal else { return Self::none() };
        let word = format!("waiting for {what_for} …");
        let (end, ended) = channel::<()>();
        let show = move || {
            if ended.recv_timeout(delay) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            // If the terminal cannot be written to, nothing is lost.
            let _ = write!(terminal, "{word}").and_then(|()| terminal.flush());
            let _ = ended.recv();
            let width = word.chars().count();
            let _ = write!(terminal, "\r{:width$}\r", "").and_then(|()| terminal.flush());
        };
        // If no thread can be started, nothing is shown.
        let thread = thread::Builder::new().spawn(show).ok();
        Self { end: Some(end), thread }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::Receiver;

    use super::*;

    const LONG: Duration = Duration::from_mins(10);

    /// A terminal that records what is written.
    struct Telling(Sender<String>);

    impl Write for Telling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8_lossy(bytes).into_owned()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal() -> (Option<Terminal>, Receiver<String>) {
        let (tell, told) = channel();
        (Some(Box::new(Telling(tell))), told)
    }

    #[test]
    fn what_is_done_at_once_says_nothing() {
        let (terminal, told) = terminal();
        drop(Waiting::after(LONG, terminal, "an answer"));
        assert_eq!(told.iter().collect::<String>(), "");
    }

    #[test]
    fn what_takes_long_shows_a_word_and_takes_it_away() {
        let (terminal, told) = terminal();
        let waiting = Waiting::after(Duration::ZERO, terminal, "an answer");
        let mut written = String::new();
        while !written.ends_with('…') {
            written.push_str(&told.recv().unwrap());
        }
        assert_eq!(written, "waiting for an answer …");
        drop(waiting);
        let rest = told.iter().collect::<String>();
        assert_eq!(rest, format!("\r{}\r", " ".repeat(23)));
    }
}
