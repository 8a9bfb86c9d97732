//! The process and its three streams. Readers are threads, so that every wait can have a limit.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::exchange::Exchange;
use crate::support::process;
use crate::support::sandbox_home::SandboxHome;

/// How often a process is looked at while its end is awaited.
const POLL: Duration = Duration::from_millis(2);

/// A line from the plugin's stdout.
#[derive(Debug)]
pub enum Heard {
    Message(Value),
    /// Not a JSON object; NuGet would end the plugin here.
    Noise(String),
}

/// The running plugin.
#[derive(Debug)]
pub struct Wire {
    child: Child,
    stdin: Option<ChildStdin>,
    heard: Receiver<Heard>,
    stderr: Arc<Mutex<Vec<u8>>>,
    exchange: Exchange,
    status: Option<ExitStatus>,
}

impl Wire {
    /// Starts the plugin in a process group of its own.
    pub fn start(home: &SandboxHome, program: &Path, arguments: &[&str]) -> Self {
        let mut command = home.command(program);
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        process::own_group(&mut command);
        let exchange = Exchange::begin();
        let mut child = command.spawn().expect("the plugin starts");
        let (sender, heard) = channel();
        let stderr = Arc::default();
        read_lines(child.stdout.take().expect("piped"), exchange.clone(), sender);
        read_stderr(child.stderr.take().expect("piped"), Arc::clone(&stderr), exchange.clone());
        Self { stdin: child.stdin.take(), child, heard, stderr, exchange, status: None }
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Writes and flushes. A plugin that is gone makes the test fail where it next listens.
    pub fn write(&mut self, bytes: &[u8]) {
        self.exchange.note("→ plugin", bytes);
        let stdin = self.stdin.as_mut().expect("the input was closed before");
        if let Err(error) = stdin.write_all(bytes).and_then(|()| stdin.flush()) {
            self.exchange.note("  (lost)", error.to_string().as_bytes());
        }
    }

    pub fn close_stdin(&mut self) {
        self.exchange.note("→ plugin", b"(end of input)");
        self.stdin = None;
    }

    /// The next line; none at the deadline and when the plugin's output has ended.
    pub fn next(&self, deadline: Instant) -> Option<Heard> {
        self.heard.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()
    }

    /// Waits for the process to end; none at the deadline.
    pub fn wait_exit(&mut self, deadline: Instant) -> Option<ExitStatus> {
        while self.status.is_none() && Instant::now() < deadline {
            self.status = self.child.try_wait().expect("the child can be waited for");
            if let Some(status) = self.status {
                self.exchange.note("  plugin", status.to_string().as_bytes());
            } else {
                thread::sleep(POLL);
            }
        }
        self.status
    }

    pub fn kill(&mut self) {
        if self.status.is_none() {
            self.status = self.child.try_wait().unwrap_or_default();
        }
        let ending = self.status.map_or("(still running, killed)".to_owned(), |s| s.to_string());
        self.exchange.note("  plugin", ending.as_bytes());
        process::kill_group(&mut self.child);
        let _ = self.child.wait();
    }

    pub fn exchange(&self) -> String {
        self.exchange.print()
    }

    pub fn stderr(&self) -> String {
        let bytes = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn read_lines(stdout: ChildStdout, exchange: Exchange, sender: Sender<Heard>) {
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = Vec::new();
        while stdout.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            exchange.note("← plugin", &line);
            if sender.send(heard(&line)).is_err() {
                return;
            }
            line.clear();
        }
    });
}

fn heard(line: &[u8]) -> Heard {
    match serde_json::from_slice(line) {
        Ok(message @ Value::Object(_)) if line.ends_with(b"\n") => Heard::Message(message),
        _ => Heard::Noise(String::from_utf8_lossy(line).into_owned()),
    }
}

fn read_stderr(mut stderr: ChildStderr, all: Arc<Mutex<Vec<u8>>>, exchange: Exchange) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = stderr.read(&mut buffer) {
            exchange.note("! stderr", &buffer[..read]);
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend_from_slice(&buffer[..read]);
        }
    });
}
