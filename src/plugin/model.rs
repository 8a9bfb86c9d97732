//! Conversations of events in any order, against a model of the protocol: each request has one answer,
//! and nothing is said of one that has been answered or cancelled.
//!
//! The provider is a fake: the URL says how it behaves. What the session does between two events is
//! known, because a request that is answered at once stands behind each of them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::Credentials;
use super::console::Console;
use super::message::{AuthenticationCredentials, ResponseCode};
use super::session::converse;
use super::transport::{Input, Output};
use crate::base::environment::Environment;
use crate::base::log::Log;
use crate::base::secret::Secret;
use crate::locations::Locations;
use crate::provider::Provider;

/// Where the fake provider's URLs begin.
const FAKE: &str = "https://fake-provider.test/";

/// Longer than a request takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Serves,
    ServesLater,
    Fails,
    Panics,
    /// It answers only when it is cancelled.
    Hangs,
}

const BEHAVIOURS: [(&str, Behaviour); 5] = [
    ("serves", Behaviour::Serves),
    ("serves-later", Behaviour::ServesLater),
    ("fails", Behaviour::Fails),
    ("panics", Behaviour::Panics),
    ("hangs", Behaviour::Hangs),
];

/// The fake provider's answer, if the URL is one of its own.
pub async fn answer(uri: &str, console: &Console) -> Option<AuthenticationCredentials> {
    let name = uri.strip_prefix(FAKE)?;
    let (_, behaviour) = BEHAVIOURS.iter().find(|(it, _)| *it == name)?;
    match behaviour {
        Behaviour::Serves => {}
        // Long enough for progress, sometimes.
        Behaviour::ServesLater => tokio::time::sleep(Duration::from_millis(101)).await,
        Behaviour::Fails => {
            console.warn_once("it fails").await;
            return Some(AuthenticationCredentials::none(ResponseCode::Error));
        }
        Behaviour::Panics => panic!("the fake provider panics"),
        Behaviour::Hangs => std::future::pending().await,
    }
    Some(AuthenticationCredentials::token(Secret::new("token")))
}

/// What NuGet, or somebody in its place, may do next.
#[derive(Debug, Clone)]
enum Event {
    Ask {
        id: usize,
        behaviour: Behaviour,
    },
    Cancel {
        id: usize,
    },
    Call(usize),
    NoMessage(usize),
    /// An answer to nothing.
    Stray(usize),
    Wait,
}

/// Requests that are answered at once, whatever else goes on.
const CALLS: [(&str, &str); 7] = [
    ("GetOperationClaims", "{}"),
    ("SetLogLevel", r#"{"LogLevel":"Debug"}"#),
    ("SetLogLevel", r#"{"LogLevel":"Error"}"#),
    ("Initialize", r#"{"RequestTimeout":"00:00:00.3"}"#),
    ("SetCredentials", "{}"),
    ("GetAuthenticationCredentials", r#"{"Uri":7}"#),
    ("GetWeather", "null"),
];

const NO_MESSAGES: [&str; 5] =
    ["", "hello", "[]", r#"{"RequestId":"ask-0""#, r#"{"Type":"Request","Method":"Close"}"#];

const STRAYS: [&str; 3] = [
    r#"{"RequestId":"ask-0","Type":"Response","Method":"GetAuthenticationCredentials"}"#,
    r#"{"RequestId":"log-1","Type":"Fault","Method":"Log"}"#,
    r#"{"RequestId":"ask-1","Type":"Progress","Method":"GetAuthenticationCredentials"}"#,
];

fn events() -> impl Strategy<Value = Vec<Event>> {
    let behaviour = (0..BEHAVIOURS.len()).prop_map(|it| BEHAVIOURS[it].1);
    let event = prop_oneof![
        6 => (0..3_usize, behaviour).prop_map(|(id, behaviour)| Event::Ask { id, behaviour }),
        3 => (0..3_usize).prop_map(|id| Event::Cancel { id }),
        3 => (0..CALLS.len()).prop_map(Event::Call),
        1 => (0..NO_MESSAGES.len()).prop_map(Event::NoMessage),
        1 => (0..STRAYS.len()).prop_map(Event::Stray),
        1 => Just(Event::Wait),
    ];
    prop::collection::vec(event, 1..25)
}

/// What is known of the requests with one id.
#[derive(Debug, Default)]
struct Asked {
    /// The one that was sent first and has no answer yet.
    open: Option<Behaviour>,
    is_cancelled: bool,
}

impl Asked {
    /// Whether an answer comes by itself.
    fn ends(&self) -> bool {
        self.open.is_some_and(|open| open != Behaviour::Hangs || self.is_cancelled)
    }
}

/// NuGet's side: sends events, and holds what comes to the model.
struct NuGet {
    events: UnboundedSender<Input>,
    output: Receiver<Value>,
    asked: HashMap<String, Asked>,
    sent: usize,
}

impl NuGet {
    fn send(&self, line: &str) {
        let _ = self.events.send(Input::Line(line.as_bytes().to_vec()));
    }

    fn request(&self, id: &str, method: &str, payload: &str) {
        self.send(&format!(
            r#"{{"RequestId":"{id}","Type":"Request","Method":"{method}","Payload":{payload}}}"#
        ));
    }

    fn go_through(mut self, events: &[Event]) {
        self.request("level", "SetLogLevel", r#"{"LogLevel":"Debug"}"#);
        self.observe_until("level");
        for event in events {
            self.act(event);
            self.call("Barrier", "null");
        }
        let deadline = Instant::now() + LIMIT;
        while let Some(id) = self.first_that_ends() {
            assert!(Instant::now() < deadline, "no answer to {id}");
            self.observe();
        }
        // Nothing is answered behind the end of the conversation.
        self.request("close", "Close", "null");
        self.request("after", "GetOperationClaims", "{}");
        while let Ok(message) = self.output.recv_timeout(LIMIT) {
            self.note(&message);
            assert!(
                message["RequestId"] != "close" && message["RequestId"] != "after",
                "{message}"
            );
        }
    }

    fn act(&mut self, event: &Event) {
        match *event {
            Event::Ask { id, behaviour } => self.ask(&format!("ask-{id}"), behaviour),
            Event::Cancel { id } => {
                let id = format!("ask-{id}");
                self.send(&format!(
                    r#"{{"RequestId":"{id}","Type":"Cancel","Method":"GetAuthenticationCredentials"}}"#
                ));
                let asked = self.asked.entry(id).or_default();
                asked.is_cancelled |= asked.open.is_some();
            }
            Event::Call(which) => self.call(CALLS[which].0, CALLS[which].1),
            Event::NoMessage(which) => self.send(NO_MESSAGES[which]),
            Event::Stray(which) => self.send(STRAYS[which]),
            Event::Wait => std::thread::sleep(Duration::from_millis(20)),
        }
    }

    fn ask(&mut self, id: &str, behaviour: Behaviour) {
        while self.asked.get(id).is_some_and(Asked::ends) {
            self.observe();
        }
        let name = BEHAVIOURS.iter().find(|(_, it)| *it == behaviour).unwrap().0;
        let payload = format!(r#"{{"Uri":"{FAKE}{name}","IsNonInteractive":true}}"#);
        self.request(id, "GetAuthenticationCredentials", &payload);
        let asked = self.asked.entry(id.to_owned()).or_default();
        // A second one with the id of one that hangs is ignored.
        if asked.open.is_none() {
            *asked = Asked { open: Some(behaviour), is_cancelled: false };
        }
    }

    /// Sends a request that is answered at once, and waits for the answer.
    fn call(&mut self, method: &str, payload: &str) {
        self.sent += 1;
        let id = format!("call-{}", self.sent);
        self.request(&id, method, payload);
        let answer = self.observe_until(&id);
        assert_eq!((&answer["Type"], &answer["Method"]), (&json!("Response"), &json!(method)));
    }

    fn observe_until(&mut self, id: &str) -> Value {
        loop {
            let message = self.observe();
            if message["RequestId"] == id {
                return message;
            }
        }
    }

    fn observe(&mut self) -> Value {
        let message = self.output.recv_timeout(LIMIT).expect("an answer");
        self.note(&message);
        message
    }

    fn note(&mut self, message: &Value) {
        let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        let (id, kind, method) = (text("RequestId"), text("Type"), text("Method"));
        match (kind.as_str(), method.as_str()) {
            ("Request", "Log") => self.send(&format!(
                r#"{{"RequestId":"{id}","Type":"Response","Method":"Log","Payload":{{}}}}"#
            )),
            ("Request", "Handshake") => {}
            ("Response", _) if !id.starts_with("ask-") => {}
            ("Progress" | "Response" | "Cancel", "GetAuthenticationCredentials") => {
                let asked = self.asked.entry(id).or_default();
                asked.hear(&kind, message);
            }
            _ => panic!("nobody expects {message}"),
        }
    }

    fn first_that_ends(&self) -> Option<String> {
        self.asked.iter().find_map(|(id, asked)| asked.ends().then(|| id.clone()))
    }
}

impl Drop for NuGet {
    /// Also where the model is violated: then the session ends as well.
    fn drop(&mut self) {
        let _ = self.events.send(Input::End);
    }
}

impl Asked {
    fn hear(&mut self, kind: &str, message: &Value) {
        assert!(self.open.is_some(), "nothing is open for {message}");
        if kind == "Progress" {
            return;
        }
        assert!(kind == "Response" || self.is_cancelled, "{message}");
        assert!(kind == "Cancel" || self.open != Some(Behaviour::Hangs), "{message}");
        self.open = None;
    }
}

fn listen(output: PipeReader) -> Receiver<Value> {
    let (sender, messages) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let line = line.expect("the output is UTF-8");
            let message = serde_json::from_str(&line).expect("a line is JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    messages
}

fn conversation(all: &[Event]) {
    let (read, write) = pipe().unwrap();
    let output = Output::start(OwnedFd::from(write).into()).unwrap();
    let (events, inputs) = unbounded_channel();
    let environment = Environment::from_pairs([("HOME", "/nonexistent")]);
    let locations = Locations::of(&environment);
    let provider = Arc::new(Provider::new(environment, locations, Log::default()));
    let credentials = Arc::new(Credentials::new(provider, Log::default()));
    let session = converse(output, events.clone(), inputs, credentials, Log::default());
    let nuget = NuGet { events, output: listen(read), asked: HashMap::new(), sent: 0 };
    std::thread::scope(|scope| {
        let nuget = scope.spawn(move || nuget.go_through(all));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(session);
        drop(runtime);
        if let Err(panic) = nuget.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn any_order_of_events_gives_each_request_one_answer(all in events()) {
        conversation(&all);
    }
}

/// More with `CODEARTIFACT_NUGET_TEST_MODEL_CASES`.
fn cases() -> u32 {
    let wanted = std::env::var("CODEARTIFACT_NUGET_TEST_MODEL_CASES").ok();
    wanted.and_then(|cases| cases.parse().ok()).unwrap_or(40)
}
