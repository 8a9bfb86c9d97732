//! NuGet's side of a conversation: starts the plugin's real executable, speaks to it line by line,
//! and holds it to the rules that NuGet enforces.
//!
//! ```text
//! let mut nuget = FakeNuget::start(&home);
//! let answer = nuget.ask(&source, false, true);
//! answer.assert_success();
//! nuget.close_stdin();
//! assert!(nuget.wait_exit(LIMIT).success());
//! ```
//!
//! Every wait ends at a limit, and a test that fails prints the whole exchange.

mod answer;
mod exchange;
mod handshake;
mod pattern;
mod wire;

use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use answer::{Answer, LogLine};
pub use pattern::{a_pattern_names_what_it_cares_about, matches};
use wire::{Heard, Wire};

use super::sandbox_home::SandboxHome;

/// How long a step may take where the test names no limit of its own.
pub const LIMIT: Duration = Duration::from_secs(20);

/// What came from the plugin.
enum Event {
    Message(Value),
    /// A log line or progress.
    Noted,
}

/// One conversation with one plugin process. Dropping it ends the process and all its children.
#[derive(Debug)]
pub struct FakeNuget {
    wire: Wire,
    is_quiet: bool,
    answers_logs: bool,
    requests_sent: u32,
    open_requests: HashSet<String>,
    unread: VecDeque<Value>,
    logs: Vec<LogLine>,
    progress: Vec<(String, Instant)>,
}

impl FakeNuget {
    /// Starts the plugin in `home`'s environment and goes through the whole opening of a real SDK.
    pub fn start(home: &SandboxHome) -> Self {
        let mut nuget = Self::launch(home);
        nuget.open();
        nuget
    }

    /// As [`Self::start`], with the executable at this path.
    pub fn start_program(home: &SandboxHome, program: &Path) -> Self {
        let mut nuget = Self::launch_program(home, program, &["-Plugin"]);
        nuget.open();
        nuget
    }

    /// Starts the executable at this path with these arguments and says nothing yet.
    pub fn launch_program(home: &SandboxHome, program: &Path, arguments: &[&str]) -> Self {
        Self::over(Wire::start(home, program, arguments))
    }

    /// The same; a failure does not print the exchange.
    pub fn quietly(mut self) -> Self {
        self.is_quiet = true;
        self
    }

    /// Starts the plugin with `-Plugin` and says nothing yet.
    pub fn launch(home: &SandboxHome) -> Self {
        Self::launch_with(home, &["-Plugin"])
    }

    /// Starts the plugin with these arguments and says nothing yet.
    pub fn launch_with(home: &SandboxHome, arguments: &[&str]) -> Self {
        Self::launch_program(home, &SandboxHome::plugin(), arguments)
    }

    fn over(wire: Wire) -> Self {
        Self {
            wire,
            is_quiet: false,
            answers_logs: true,
            requests_sent: 0,
            open_requests: HashSet::new(),
            unread: VecDeque::new(),
            logs: Vec::new(),
            progress: Vec::new(),
        }
    }

    /// Whether the plugin's Log requests get their Response at once (the default).
    pub fn answer_logs(&mut self, yes: bool) {
        self.answers_logs = yes;
    }

    /// The plugin's process id.
    pub fn process_id(&self) -> u32 {
        self.wire.process_id()
    }

    /// Sends one message as a line.
    pub fn send(&mut self, message: Value) {
        if message["Type"] == "Request" {
            self.open_requests.insert(text(&message["RequestId"]));
        }
        self.wire.write(format!("{message}\n").as_bytes());
    }

    /// Sends bytes as they are; a line needs its own `\n`.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.wire.write(bytes);
    }

    /// Says that a request with this id is about to be sent by [`Self::send_raw`].
    pub fn promise_request(&mut self, id: &str) -> String {
        self.open_requests.insert(id.to_owned());
        id.to_owned()
    }

    /// Sends a request with an id of its own, which is returned.
    pub fn request(&mut self, method: &str, payload: Value) -> String {
        self.requests_sent += 1;
        let id = format!("nuget-{}", self.requests_sent);
        self.send(json!({
            "RequestId": id, "Type": "Request", "Method": method, "Payload": payload
        }));
        id
    }

    /// Asks for credentials without waiting for the answer; returns the request's id.
    pub fn begin_ask(&mut self, uri: &str, is_retry: bool, is_non_interactive: bool) -> String {
        self.request(
            "GetAuthenticationCredentials",
            json!({
                "Uri": uri,
                "IsRetry": is_retry,
                "IsNonInteractive": is_non_interactive,
                "CanShowDialog": true
            }),
        )
    }

    /// Asks for credentials and waits for the answer.
    pub fn ask(&mut self, uri: &str, is_retry: bool, is_non_interactive: bool) -> Answer {
        let id = self.begin_ask(uri, is_retry, is_non_interactive);
        self.answer_to(&id, LIMIT)
    }

    /// Waits for the Response to the request `id`. The answer holds the log lines that came since
    /// the last answer, and this request's progress.
    pub fn answer_to(&mut self, id: &str, limit: Duration) -> Answer {
        let message = self.expect_within(json!({"RequestId": id, "Type": "Response"}), limit);
        let lines = self.logs.iter_mut().filter(|line| !line.told);
        let logs = lines
            .map(|line| {
                line.told = true;
                line.clone()
            })
            .collect();
        Answer { payload: message["Payload"].clone(), logs, progress: self.progress_of(id) }
    }

    /// Cancels the request `id`, as NuGet does when it stops waiting.
    pub fn cancel(&mut self, id: &str) {
        self.send(json!({
            "RequestId": id, "Type": "Cancel", "Method": "GetAuthenticationCredentials"
        }));
    }

    /// Waits for a message that matches `pattern`; others that come before it are kept for later.
    pub fn expect(&mut self, pattern: Value) -> Value {
        self.expect_within(pattern, LIMIT)
    }

    /// As [`Self::expect`], with a limit of its own.
    pub fn expect_within(&mut self, pattern: Value, limit: Duration) -> Value {
        if let Some(at) = self.unread.iter().position(|message| matches(&pattern, message)) {
            return self.unread.remove(at).expect("the position was just found");
        }
        let deadline = Instant::now() + limit;
        loop {
            let Some(message) = self.receive(deadline) else {
                panic!("the plugin did not say {pattern} within {limit:?}")
            };
            if matches(&pattern, &message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }

    /// Waits for the very next message, which must match `pattern`.
    pub fn expect_next(&mut self, pattern: &Value) -> Value {
        let deadline = Instant::now() + LIMIT;
        let next = self.unread.pop_front().or_else(|| self.receive(deadline));
        let message = next.unwrap_or_else(|| panic!("the plugin did not say {pattern}"));
        assert!(matches(pattern, &message), "expected {pattern}\n     got {message}");
        message
    }

    /// Listens for `time` and requires that nothing comes.
    pub fn expect_silence(&mut self, time: Duration) {
        assert_eq!(self.unread, [] as [Value; 0], "the plugin said more than it was asked");
        if let Some(message) = self.receive(Instant::now() + time) {
            panic!("the plugin should have kept silent, and said {message}")
        }
    }

    /// Waits for a log line that no answer has included yet.
    pub fn expect_log(&mut self) -> LogLine {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(line) = self.logs.iter().find(|line| !line.told) {
                return line.clone();
            }
            match self.next_event(deadline).expect("a log line was expected") {
                Event::Message(message) => self.unread.push_back(message),
                Event::Noted => {}
            }
        }
    }

    /// Waits until progress came for the request `id`.
    pub fn wait_for_progress(&mut self, id: &str) {
        let deadline = Instant::now() + LIMIT;
        while self.progress_of(id).is_empty() {
            match self.next_event(deadline).expect("progress was expected") {
                Event::Message(message) => self.unread.push_back(message),
                Event::Noted => {}
            }
        }
    }

    /// Every log line so far, in order.
    pub fn logs(&self) -> &[LogLine] {
        &self.logs
    }

    /// When progress came for the request `id`.
    pub fn progress_of(&self, id: &str) -> Vec<Instant> {
        let of_this = self.progress.iter().filter(|(request, _)| request == id);
        of_this.map(|(_, instant)| *instant).collect()
    }

    /// Ends the plugin's input.
    pub fn close_stdin(&mut self) {
        self.wire.close_stdin();
    }

    /// Waits until the process is gone. What it says meanwhile is held to the rules as well.
    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        let status = self.wire.wait_exit(deadline);
        let status = status.unwrap_or_else(|| panic!("the plugin still runs after {limit:?}"));
        while let Some(message) = self.receive(deadline) {
            self.unread.push_back(message);
        }
        status
    }

    /// Ends the input, waits for the end, and requires success and that nothing was left unread.
    pub fn finish(mut self) {
        self.close_stdin();
        let status = self.wait_exit(LIMIT);
        assert!(status.success(), "the plugin left with {status}");
        assert_eq!(self.unread, [] as [Value; 0], "the plugin said more than it was asked");
    }

    /// The conversation so far in both directions, with times, and what was written to stderr.
    pub fn exchange(&self) -> String {
        self.wire.exchange()
    }

    /// The plugin's stderr so far.
    pub fn stderr(&self) -> String {
        self.wire.stderr()
    }

    /// The next message; none at the deadline or at the end of the plugin's output. Log requests
    /// are noted and answered, progress is noted; neither is returned.
    fn receive(&mut self, deadline: Instant) -> Option<Value> {
        loop {
            if let Event::Message(message) = self.next_event(deadline)? {
                return Some(message);
            }
        }
    }

    fn next_event(&mut self, deadline: Instant) -> Option<Event> {
        let message = match self.wire.next(deadline)? {
            Heard::Message(message) => message,
            Heard::Noise(line) => panic!("not a protocol line on stdout: {line:?}"),
        };
        self.hold_to_the_rules(&message);
        match (message["Type"].as_str(), message["Method"].as_str()) {
            (Some("Progress"), _) => {
                assert_eq!(message["Payload"]["Percentage"], Value::Null, "{message}");
                self.progress.push((text(&message["RequestId"]), Instant::now()));
            }
            (Some("Request"), Some("Log")) => self.take_log(&message),
            _ => return Some(Event::Message(message)),
        }
        Some(Event::Noted)
    }

    /// What ends the connection in a real NuGet.
    fn hold_to_the_rules(&mut self, message: &Value) {
        let id = text(&message["RequestId"]);
        match message["Type"].as_str() {
            Some("Request") => {}
            Some("Progress") => {
                assert!(
                    self.open_requests.contains(&id),
                    "progress for no open request: {message}"
                );
            }
            Some("Response" | "Cancel") => {
                let was_open = self.open_requests.remove(&id);
                assert!(was_open, "an answer to no open request: {message}");
            }
            _ => panic!("NuGet throws the plugin away for {message}"),
        }
    }

    fn take_log(&mut self, message: &Value) {
        let payload = &message["Payload"];
        let (level, line) = (text(&payload["LogLevel"]), text(&payload["Message"]));
        let request_id = text(&message["RequestId"]);
        self.logs.push(LogLine { request_id, level, text: line, at: Instant::now(), told: false });
        if self.answers_logs {
            self.send(json!({
                "RequestId": message["RequestId"], "Type": "Response", "Method": "Log",
                "Payload": {"ResponseCode": "Success"}
            }));
        }
    }
}

impl Drop for FakeNuget {
    fn drop(&mut self) {
        self.wire.kill();
        if std::thread::panicking() && !self.is_quiet {
            eprintln!("{}", self.exchange());
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
