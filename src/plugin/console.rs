//! Lines for the user, shown by NuGet's Log requests.
//!
//! NuGet drops the text of a Log that it has not read before the response that the Log explains, so
//! the plugin waits until NuGet has read the line. A Log Error makes the command exit with 1 even
//! if the restore succeeds (seen with SDK 10.0.401), so a failure is logged as a Warning, and
//! everything else as Minimal.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, oneshot};

use super::message::{Kind, Log as LogPayload, LogLevel, Outgoing};
use super::transport::Output;
use crate::base::invocation::command;
use crate::base::log::Log;
use crate::base::terminal;
use crate::base::text::printable;
use crate::base::url::without_query;

/// Both loggers of `dotnet` show a line with this prefix at once. The terminal logger hides other
/// Minimal lines.
const MARK: &str = "[CredentialProvider]CodeArtifact: ";

/// How long NuGet may take to acknowledge a line.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(1);

/// Shows lines to the user. Clones share one state.
#[derive(Debug, Clone)]
pub struct Console {
    output: Output,
    log: Log,
    state: Arc<Mutex<ConsoleState>>,
    /// The source that failures are about, as an argument of `doctor`.
    source: Option<String>,
}

#[derive(Debug, Default)]
struct ConsoleState {
    /// None until NuGet sets the log level: NuGet answers an earlier Log with a Fault.
    threshold: Option<LogLevel>,
    sent: u64,
    unacknowledged: HashMap<String, oneshot::Sender<()>>,
    shown: HashMap<String, Arc<OnceCell<()>>>,
}

/// NuGet does not want lines of this level now.
struct NotWanted;

impl Console {
    /// A console that stays silent until [`Console::set_threshold`].
    pub fn new(output: Output, log: Log) -> Self {
        Self { output, log, state: Arc::default(), source: None }
    }

    /// Only lines of this level and above are sent from now on.
    pub fn set_threshold(&self, level: LogLevel) {
        self.state().threshold = Some(level);
    }

    /// The same console, with failures that end with the `doctor` command for this source. Parts of
    /// a URL that may contain a password are not shown.
    pub fn for_source(&self, url: &str) -> Self {
        Self { source: Some(without_query(url).to_owned()), ..self.clone() }
    }

    /// Shows a failure, unless this conversation has shown the same text already, for any source.
    /// False if NuGet does not want to show it.
    pub async fn warn_once(&self, text: &str) -> bool {
        self.log.line(format_args!("warning: {text}"));
        self.show_once(LogLevel::Warning, text).await.is_ok()
    }

    /// Shows notes that go with a Success, and what the user must do meanwhile, unless this
    /// conversation has shown the same text already. A Warning beside a Success would fail the
    /// command under `-warnaserror`.
    pub async fn inform_once(&self, text: &str) {
        self.log.line(format_args!("note: {text}"));
        // A note that NuGet does not want is not missed.
        let _ = self.show_once(LogLevel::Minimal, text).await;
    }

    /// Shows at once what the user must do, without waiting. If NuGet would not show it, it goes to
    /// standard error, which is the client's.
    #[expect(
        clippy::disallowed_methods,
        reason = "a sign-in without a visible prompt would wait until it times out"
    )]
    pub fn announce(&self, text: &str) {
        self.log.line(format_args!("asking the user to sign in"));
        if io::stderr().is_terminal() {
            // MSBuild hides what NuGet logs if it is quiet (`-v q`), and does not say so.
            let shown = terminal::show(&format!("CodeArtifact: {text}"));
            self.log.line(format_args!("shown on the terminal: {shown}"));
        }
        if !self.is_wanted(LogLevel::Minimal) {
            // The client may have closed it.
            let _ = writeln!(io::stderr(), "{MARK}{}", printable(text));
            return;
        }
        drop(self.send(LogLevel::Minimal, text));
    }

    /// NuGet answered a request of ours; does nothing unless that was a Log.
    pub fn acknowledge(&self, request_id: &str) {
        if let Some(waiting) = self.state().unacknowledged.remove(request_id) {
            // The waiting request may have been cancelled meanwhile.
            let _ = waiting.send(());
        }
    }

    async fn show_once(&self, level: LogLevel, text: &str) -> Result<(), NotWanted> {
        let shown = Arc::clone(self.state().shown.entry(text.to_owned()).or_default());
        // A concurrent request with the same failure waits for the same line.
        shown.get_or_try_init(|| self.show(level, text)).await.copied()
    }

    async fn show(&self, level: LogLevel, text: &str) -> Result<(), NotWanted> {
        if !self.is_wanted(level) {
            return Err(NotWanted);
        }
        let line = match &self.source {
            // A text that ends with a command to run has no full stop.
            Some(url) if level == LogLevel::Warning && text.ends_with('.') => {
                format!("{text} Details: {}", command(["doctor", url]))
            }
            _ => text.to_owned(),
        };
        let (request_id, acknowledged) = self.send(level, &line);
        if tokio::time::timeout(ACKNOWLEDGED_WITHIN, acknowledged).await.is_err() {
            self.state().unacknowledged.remove(&request_id);
            self.log.line(format_args!("NuGet did not acknowledge a log line"));
        }
        Ok(())
    }

    /// The request's id, and the signal that NuGet has read it.
    fn send(&self, level: LogLevel, text: &str) -> (String, oneshot::Receiver<()>) {
        let (request_id, acknowledged) = self.register();
        let message = format!("{MARK}{}", printable(text));
        let log = Outgoing {
            request_id: &request_id,
            kind: Kind::Request,
            method: "Log",
            payload: Some(LogPayload { log_level: level, message: &message }),
        };
        self.output.send(log.to_line());
        (request_id, acknowledged)
    }

    fn is_wanted(&self, level: LogLevel) -> bool {
        self.state().threshold.is_some_and(|threshold| level >= threshold)
    }

    fn register(&self) -> (String, oneshot::Receiver<()>) {
        let mut state = self.state();
        state.sent += 1;
        let request_id = format!("log-{}", state.sent);
        let (acknowledge, acknowledged) = oneshot::channel();
        state.unacknowledged.insert(request_id.clone(), acknowledge);
        (request_id, acknowledged)
    }

    fn state(&self) -> MutexGuard<'_, ConsoleState> {
        // A panic cannot leave the state half changed, so a poisoned lock is safe to use.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
