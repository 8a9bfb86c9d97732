//! A conversation of any bytes: nothing panics, what is written is lines of JSON, each request has one
//! response, and a token goes to a URL of the grammar only.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a check fails by a panic")]

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::Credentials;
use super::message::{GetAuthenticationCredentials, Incoming};
use super::session::converse;
use super::transport::{Input, Output, next_line};
use crate::base::environment::Environment;
use crate::base::log::Log;
use crate::endpoint::check::read as read_endpoint;
use crate::locations::Locations;
use crate::provider::Provider;

/// A token of domain `given`. Whoever asks for another one has no credentials, and no network. That a
/// failure was told is recorded in the home, wherever tokens are kept.
fn environment(home: &TempDir) -> Environment {
    let home = home.path().to_str().expect("a temporary folder's name is Unicode");
    Environment::from_pairs([
        ("HOME", home),
        ("CODEARTIFACT_NUGET_CACHE_DIR", home),
        ("CODEARTIFACT_AUTH_TOKEN", TOKEN),
        ("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "given"),
        ("CODEARTIFACT_NUGET_CACHE", "off"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ])
}

const TOKEN: &str = "the-token-of-domain-given";

/// Longer than any request takes: nothing here waits for a network.
const LIMIT: Duration = Duration::from_secs(30);

pub fn check(bytes: &[u8]) {
    let mut lines = BufReader::with_capacity(64, bytes);
    let mut events = Vec::new();
    let mut asked = Asked::default();
    loop {
        match next_line(&mut lines).expect("bytes in memory can be read") {
            Input::End => break,
            Input::Line(line) if !asked.note(&line) => {}
            event => events.push(event),
        }
    }
    let output = conversation(events, &asked);
    asked.compare(&output);
}

/// What the plugin writes. NuGet acknowledges its lines, and leaves when all that it must get is there.
fn conversation(lines: Vec<Input>, asked: &Asked) -> String {
    let (read, write) = pipe().expect("a pipe");
    let output = Output::start(OwnedFd::from(write).into()).expect("a thread");
    let (events, inputs) = unbounded_channel();
    for line in lines {
        events.send(line).expect("the session has not begun");
    }
    let home = TempDir::new().expect("a temporary folder");
    let environment = environment(&home);
    let locations = Locations::of(&environment);
    let provider = Arc::new(Provider::new(environment, locations, Log::default()));
    let credentials = Arc::new(Credentials::new(provider, Log::default()));
    let session = converse(output, events.clone(), inputs, credentials, Log::default());
    std::thread::scope(|scope| {
        let nuget = scope.spawn(move || listen(read, &events, asked.sure()));
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let ended = runtime.block_on(async { tokio::time::timeout(LIMIT, session).await });
        // What still runs writes nothing any more.
        drop(runtime);
        ended.expect("every request gets its response in time");
        nuget.join().expect("the output can be read")
    })
}

/// Reads all output. The input ends when these requests have their responses.
fn listen(output: PipeReader, events: &UnboundedSender<Input>, mut sure: HashSet<&str>) -> String {
    let mut written = String::new();
    let mut output = BufReader::new(output);
    if sure.is_empty() {
        let _ = events.send(Input::End);
    }
    loop {
        let start = written.len();
        if output.read_line(&mut written).expect("the output is UTF-8") == 0 {
            return written;
        }
        let message: Value = serde_json::from_str(&written[start..]).unwrap_or_default();
        let id = message["RequestId"].as_str().unwrap_or_default();
        if message["Method"] == "Log" && message["Type"] == "Request" {
            let line = format!(r#"{{"RequestId":"{id}","Type":"Response","Method":"Log"}}"#);
            let _ = events.send(Input::Line(line.into()));
        } else if message["Type"] == "Response" && sure.remove(id) && sure.is_empty() {
            let _ = events.send(Input::End);
        }
    }
}

/// What the input asks for, by request id.
#[derive(Default)]
struct Asked {
    requests: HashMap<String, Vec<Incoming>>,
    cancels: HashMap<String, usize>,
    is_closed: bool,
}

impl Asked {
    /// False for a line that would make the plugin watch a process of this machine, and then exit.
    fn note(&mut self, line: &[u8]) -> bool {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
        let Ok(message) = serde_json::from_slice::<Incoming>(line) else { return true };
        match (&*message.kind, &*message.method) {
            ("Request", "MonitorNuGetProcessExit") => return false,
            ("Request", "Close") => self.is_closed = true,
            ("Request", _) => {
                self.requests.entry(message.request_id.clone()).or_default().push(message);
            }
            ("Cancel", _) => *self.cancels.entry(message.request_id).or_default() += 1,
            _ => {}
        }
        true
    }

    /// The requests that certainly get one response: their ids are used once and never cancelled, and
    /// NuGet does not close the conversation before.
    fn sure(&self) -> HashSet<&str> {
        let once = self.requests.iter().filter(|(id, requests)| {
            requests.len() == 1 && !self.cancels.contains_key(*id) && !self.is_closed
        });
        once.map(|(id, _)| id.as_str()).collect()
    }

    fn compare(&self, output: &str) {
        assert!(output.is_empty() || output.ends_with('\n'));
        let mut responses: HashMap<String, usize> = HashMap::new();
        for line in output.lines() {
            let message: Value = serde_json::from_str(line).expect("a line is JSON");
            let text = |key: &str| message[key].as_str().unwrap_or_default();
            let (id, kind) = (text("RequestId"), text("Type"));
            assert!(!line.contains("because of a defect"), "{line}");
            match kind {
                "Request" => assert!(matches!(text("Method"), "Handshake" | "Log"), "{line}"),
                "Response" => {
                    *responses.entry(id.to_owned()).or_default() += 1;
                    let methods = self.requests[id].iter().map(|it| &*it.method);
                    assert!(methods.into_iter().any(|it| it == text("Method")), "{line}");
                }
                "Cancel" => assert!(self.cancels.contains_key(id), "{line}"),
                "Progress" => assert!(self.requests.contains_key(id), "{line}"),
                _ => panic!("no message of the plugin's: {line}"),
            }
            assert!(!line.contains(TOKEN) || self.may_have_token(&message), "{line}");
        }
        let sure = self.sure();
        for (id, asked) in &self.requests {
            let (count, got) = (asked.len(), responses.get(id).copied().unwrap_or_default());
            assert!(got <= count, "{got} responses to {count} requests `{id}`");
            assert!(got == 1 || !sure.contains(&**id), "{got} responses to request `{id}`");
        }
    }

    fn may_have_token(&self, message: &Value) -> bool {
        let id = message["RequestId"].as_str().unwrap_or_default();
        let urls = self.requests.get(id).into_iter().flatten().filter_map(|it| {
            let payload = it.payload::<GetAuthenticationCredentials>().ok();
            payload.filter(|_| it.method == "GetAuthenticationCredentials").map(|it| it.uri)
        });
        let mut named = urls.filter_map(|url| read_endpoint(&url, false).ok());
        message["Payload"]["Password"] == TOKEN && named.any(|it| it.domain == "given")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_seed_is_answered() {
        crate::corpus::replay("session", super::check);
    }
}
