//! NuGet's side of a conversation, without threads between, whose switches would count.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How many requests NuGet has open at once, at most.
const OPEN: usize = 64;

/// A conversation in which the plugin can be asked.
pub struct Conversation {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    started: Instant,
    /// From the start to the plugin's first line.
    pub first_line: Duration,
    most_threads: u64,
}

impl Conversation {
    /// Starts the plugin and goes to where NuGet asks for credentials.
    pub fn begin(mut command: Command) -> Self {
        command.arg("-Plugin").stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("the plugin starts");
        let stdin = child.stdin.take().expect("piped");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let first_line = Duration::ZERO;
        let mut conversation = Self { child, stdin, stdout, started, first_line, most_threads: 0 };
        let theirs = conversation.line();
        conversation.first_line = started.elapsed();
        conversation.say(&json!({
            "RequestId": theirs["RequestId"], "Type": "Response", "Method": "Handshake",
            "Payload": {"ResponseCode": "Success", "ProtocolVersion": "2.0.0"}
        }));
        let versions = json!({"ProtocolVersion": "2.0.0", "MinimumProtocolVersion": "1.0.0"});
        conversation.call("Handshake", &versions);
        let nuget = json!({"ProcessId": std::process::id()});
        conversation.call("MonitorNuGetProcessExit", &nuget);
        let client =
            json!({"ClientVersion": "7.9.0", "Culture": "en", "RequestTimeout": "00:00:30"});
        conversation.call("Initialize", &client);
        conversation.call("GetOperationClaims", &json!({}));
        conversation.call("SetLogLevel", &json!({"LogLevel": "Warning"}));
        conversation
    }

    /// Asks for credentials, and says how long it took.
    pub fn ask(&mut self, uri: &str, expected: &str) -> Duration {
        let asked = Instant::now();
        self.begin_ask("0", uri);
        let answer = self.response();
        let took = asked.elapsed();
        assert_eq!(answer["Payload"]["ResponseCode"], expected, "{answer}");
        took
    }

    /// Asks for the credentials of all, many at a time, and says how long it took.
    pub fn ask_all(&mut self, uris: &[String]) -> Duration {
        let asked = Instant::now();
        let mut answered = 0;
        for (at, uri) in uris.iter().enumerate() {
            self.begin_ask(&at.to_string(), uri);
            if at >= OPEN {
                self.expect_success();
                answered += 1;
            }
            if at % OPEN == 0 {
                self.most_threads = self.most_threads.max(self.status("Threads:"));
            }
        }
        for _ in answered..uris.len() {
            self.expect_success();
        }
        let took = asked.elapsed();
        self.most_threads = self.most_threads.max(self.status("Threads:"));
        took
    }

    pub fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    /// In bytes; zero where the system does not tell.
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:") * 1024
    }

    /// The most that were seen.
    pub fn threads(&self) -> u64 {
        self.most_threads
    }

    /// NuGet leaves.
    pub fn end(self) {
        let Self { mut child, stdin, stdout, .. } = self;
        drop((stdin, stdout));
        child.wait().expect("the child can be waited for");
    }

    fn begin_ask(&mut self, id: &str, uri: &str) {
        self.say(&json!({
            "RequestId": id, "Type": "Request", "Method": "GetAuthenticationCredentials",
            "Payload": {
                "Uri": uri, "IsRetry": false, "IsNonInteractive": true, "CanShowDialog": true
            }
        }));
    }

    fn expect_success(&mut self) {
        let answer = self.response();
        assert_eq!(answer["Payload"]["ResponseCode"], "Success", "{answer}");
    }

    /// The next response; what the plugin reports between is read over, and its requests are
    /// answered.
    fn response(&mut self) -> Value {
        loop {
            let line = self.line();
            match line["Type"].as_str() {
                Some("Response" | "Fault") => return line,
                Some("Request") => self.say(&json!({
                    "RequestId": line["RequestId"], "Type": "Response", "Method": line["Method"],
                    "Payload": {"ResponseCode": "Success"}
                })),
                _ => {}
            }
        }
    }

    fn say(&mut self, message: &Value) {
        self.stdin.write_all(format!("{message}\n").as_bytes()).expect("the plugin listens");
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the plugin speaks");
        serde_json::from_str(&line).expect("a message")
    }

    fn call(&mut self, method: &str, payload: &Value) {
        self.say(&json!({
            "RequestId": method, "Type": "Request", "Method": method, "Payload": payload
        }));
        self.response();
    }

    /// A number that Linux tells of the plugin's process.
    fn status(&self, name: &str) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_default()
    }
}
