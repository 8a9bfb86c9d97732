//! Lines for the user, shown by NuGet's Log requests.
//!
//! NuGet drops the text of a Log that it has not read before the response that it explains, so we wait
//! until it has read the line. A Log Error would make the command fail even where the restore succeeds,
//! so a failure of ours is a Warning, and everything else is Minimal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, oneshot};

use super::message::{Kind, Log as LogPayload, LogLevel, Outgoing};
use super::transport::Output;
use crate::base::log::Log;
use crate::base::text::printable;
use crate::base::url::without_query;

/// Both loggers of `dotnet` show a line that begins so at once.
const MARK: &str = "[CredentialProvider]CodeArtifact: ";

/// How long NuGet may take to acknowledge a line.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(1);

/// Shows lines to the user. Clones share one state.
#[derive(Debug, Clone)]
pub struct Console {
    output: Output,
    log: Log,
    state: Arc<Mutex<State>>,
    /// The source that failures are about, as an argument of `doctor`.
    source: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    /// None until NuGet says which lines it wants: a Log before that is answered by a Fault.
    threshold: Option<LogLevel>,
    sent: u64,
    unacknowledged: HashMap<String, oneshot::Sender<()>>,
    shown: HashMap<String, Arc<OnceCell<()>>>,
}

/// NuGet wants no line of this level now.
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

    /// The same console, whose failures end with the command that looks closer at this source. Of a
    /// URL nothing is shown that may hold a password.
    pub fn for_source(&self, url: &str) -> Self {
        Self { source: Some(without_query(url).to_owned()), ..self.clone() }
    }

    /// Shows a failure of ours, unless this conversation has shown it already, of whatever source.
    pub async fn warn_once(&self, text: &str) {
        self.log.line(format_args!("warning: {text}"));
        self.show_once(LogLevel::Warning, text).await;
    }

    /// Shows what goes with a Success, which a Warning would spoil under `-warnaserror`, and what the
    /// user is to do meanwhile; unless this conversation has shown it already.
    pub async fn inform_once(&self, text: &str) {
        self.log.line(format_args!("note: {text}"));
        self.show_once(LogLevel::Minimal, text).await;
    }

    /// Shows at once what the user has to do, and waits for nothing. Where NuGet would not show it,
    /// standard error does, which is the client's.
    #[expect(clippy::print_stderr, reason = "a sign-in that nobody knows of would wait in vain")]
    pub fn announce(&self, text: &str) {
        self.log.line(format_args!("asking the user to sign in"));
        if !self.is_wanted(LogLevel::Minimal) {
            eprintln!("{MARK}{}", printable(text));
            return;
        }
        drop(self.send(LogLevel::Minimal, text));
    }

    /// NuGet answered a request of ours; nothing happens where it was no Log.
    pub fn acknowledge(&self, request_id: &str) {
        if let Some(waiting) = self.state().unacknowledged.remove(request_id) {
            // Whoever waited may have been cancelled meanwhile.
            let _ = waiting.send(());
        }
    }

    async fn show_once(&self, level: LogLevel, text: &str) {
        let shown = Arc::clone(self.state().shown.entry(text.to_owned()).or_default());
        // A request that fails the same way meanwhile waits for the same line.
        let _ = shown.get_or_try_init(|| self.show(level, text)).await;
    }

    async fn show(&self, level: LogLevel, text: &str) -> Result<(), NotWanted> {
        if !self.is_wanted(level) {
            return Err(NotWanted);
        }
        let line = match &self.source {
            Some(url) if level == LogLevel::Warning => {
                format!("{text}; more: `nuget-plugin-codeartifact doctor {url}`")
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

    /// The request's id, and what comes when NuGet has read it.
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

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
