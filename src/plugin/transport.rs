//! The only reader of NuGet's input and writer of its output.
//!
//! One thread reads lines into a channel, and another writes lines from one, so that neither a
//! silent nor a full pipe can block the session.
#![expect(clippy::disallowed_methods, reason = "NuGet's process is looked for from time to time")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use crate::base::{process_group, system};

/// A longer line is skipped; NuGet's are a few hundred bytes, a whole service index some thousand.
const LONGEST_LINE: usize = 1 << 20;

/// Time limit for a session to return after the end of its input.
const LEAVING: Duration = Duration::from_millis(150);

const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// An event of the reader.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line over the limit, which was discarded.
    TooLong,
    /// The input ended or cannot be read any more, or NuGet's process is gone.
    End,
}

/// Starts the reader. After [`Input::End`] the process exits, see [`leave_soon`].
pub fn read_lines(input: File, events: UnboundedSender<Input>) -> io::Result<()> {
    let reader = move || {
        let mut input = BufReader::new(input);
        loop {
            let event = next_line(&mut input).unwrap_or(Input::End);
            let ended = event == Input::End;
            if events.send(event).is_err() {
                return;
            }
            if ended {
                leave_soon();
            }
        }
    };
    thread::Builder::new().name("input".into()).spawn(reader).map(drop)
}

/// Starts the watch over NuGet's own process: when it is gone, that counts as the end of input.
pub fn watch_process(process_id: u32, events: UnboundedSender<Input>) -> io::Result<()> {
    let watch = move || {
        while system::process_is_alive(process_id) {
            thread::sleep(WATCH_INTERVAL);
        }
        drop(events.send(Input::End));
        leave_soon();
    };
    thread::Builder::new().name("watch".into()).spawn(watch).map(drop)
}

/// Gives the session a moment to return by itself, then ends the process: a file system or a name
/// resolution that never answers must not keep it alive.
#[expect(clippy::exit, clippy::disallowed_methods, reason = "the session may be stuck in a call")]
fn leave_soon() -> ! {
    thread::sleep(LEAVING);
    process_group::end_all();
    std::process::exit(0)
}

/// Hands lines to the writer thread.
#[derive(Debug, Clone)]
pub struct Output(mpsc::Sender<Line>);

#[derive(Debug)]
enum Line {
    /// It may have a token in it.
    Text(Zeroizing<String>),
    Flushed(mpsc::SyncSender<()>),
}

impl Output {
    /// Starts the writer. It ends when NuGet stops reading.
    pub fn start(mut output: File) -> io::Result<Self> {
        let (sender, lines) = mpsc::channel();
        let writer = move || {
            for line in lines {
                match line {
                    Line::Text(text) if output.write_all(text.as_bytes()).is_err() => return,
                    Line::Text(_) => {}
                    Line::Flushed(done) => {
                        let _ = done.send(());
                    }
                }
            }
        };
        thread::Builder::new().name("output".into()).spawn(writer)?;
        Ok(Self(sender))
    }

    /// Sends one line. A closed pipe is noticed by the end of the input.
    pub fn send(&self, mut line: String) {
        line.push('\n');
        drop(self.0.send(Line::Text(Zeroizing::new(line))));
    }

    /// Waits until everything is written, or until `limit` has passed.
    pub fn flush(&self, limit: Duration) {
        let (done, written) = mpsc::sync_channel(1);
        if self.0.send(Line::Flushed(done)).is_ok() {
            let _ = written.recv_timeout(limit);
        }
    }
}

pub(super) fn next_line(input: &mut impl BufRead) -> io::Result<Input> {
    let mut line = Vec::new();
    let mut skipping = false;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            // A last line without its end was cut off, so NuGet does not wait for a response.
            return Ok(Input::End);
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        let text = &chunk[..end.unwrap_or(chunk.len())];
        if skipping || line.len() + text.len() > LONGEST_LINE {
            skipping = true;
            line = Vec::new();
        } else {
            line.extend_from_slice(text);
        }
        input.consume(used);
        if end.is_some() {
            return Ok(if skipping { Input::TooLong } else { Input::Line(line) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Input> {
        let mut input = BufReader::with_capacity(16, bytes);
        let mut lines = Vec::new();
        loop {
            lines.push(next_line(&mut input).unwrap());
            if lines.last() == Some(&Input::End) {
                return lines;
            }
        }
    }

    #[test]
    fn a_line_over_the_limit_is_skipped_and_the_next_is_read() {
        let mut bytes = vec![b'x'; LONGEST_LINE + 1];
        bytes.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&bytes), [Input::TooLong, Input::Line(b"next".to_vec()), Input::End]);
        let mut bytes = vec![b'x'; LONGEST_LINE];
        bytes.push(b'\n');
        assert_eq!(lines(&bytes), [Input::Line(vec![b'x'; LONGEST_LINE]), Input::End]);
    }

    #[test]
    fn a_line_without_its_end_is_not_a_line() {
        assert_eq!(lines(b"{}\n{\"cut"), [Input::Line(b"{}".to_vec()), Input::End]);
    }
}
