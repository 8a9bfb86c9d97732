//! One conversation with NuGet: its events, and how the plugin reacts to each.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::console::Console;
use super::credentials::Credentials;
use super::message::{
    AuthenticationCredentials, CodeOnly, GetAuthenticationCredentials, GetOperationClaims,
    HandshakeRequest, HandshakeResponse, Incoming, Initialize, Kind, MonitorNuGetProcessExit,
    OperationClaims, Outgoing, PeerHandshake, Progress, ResponseCode, SetLogLevel,
};
use super::pending::Pending;
use super::transport::{Input, Output, read_lines, watch_process};
use super::workers::{NoResult, Workers};
use crate::base::log::Log;
use crate::base::panic::Panicked;
use crate::base::text::printable;
use crate::code::{Code, Coded};

/// The protocol's only version in use; NuGet 4.8 and later speak it.
const PROTOCOL_VERSION: &str = "2.0.0";

const CREDENTIALS: &str = "GetAuthenticationCredentials";

/// How often NuGet is informed that a request is in progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);

/// The shortest interval, even with a short time-out.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Time limit for writing the last responses after the conversation ended.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Converses with NuGet until NuGet closes the conversation, or its input ends.
///
/// Fails only if the system gives no threads; it is normal that NuGet goes away.
pub async fn serve(
    input: File,
    output: File,
    credentials: Arc<Credentials>,
    log: Log,
) -> io::Result<()> {
    let (events, inputs) = unbounded_channel();
    let output = Output::start(output)?;
    read_lines(input, events.clone())?;
    converse(output, events, inputs, credentials, log).await;
    Ok(())
}

/// Converses until an event ends it, wherever the events come from.
pub(super) async fn converse(
    output: Output,
    events: UnboundedSender<Input>,
    mut inputs: UnboundedReceiver<Input>,
    credentials: Arc<Credentials>,
    log: Log,
) {
    let mut session = Session {
        console: Console::new(output.clone(), log.clone()),
        output,
        events,
        credentials,
        log,
        pending: Pending::default(),
        workers: Workers::start(Handle::current()),
        progress_interval: PROGRESS_INTERVAL,
        has_panicked: false,
    };
    session.greet();
    let (workers, credentials) = (session.workers.clone(), Arc::clone(&session.credentials));
    // It reads files as a request does.
    let work = Box::pin(async move { credentials.head_start().await });
    let head_start = tokio::spawn(async move { workers.run(work).await });
    session.converse(&mut inputs).await;
    session.output.flush(LAST_WORDS);
    session.pending.end_all().await;
    head_start.abort();
    let _ = head_start.await;
    session.workers.finish(LAST_WORDS);
    session.credentials.end();
}

struct Session {
    output: Output,
    console: Console,
    events: UnboundedSender<Input>,
    credentials: Arc<Credentials>,
    log: Log,
    pending: Pending,
    workers: Workers,
    progress_interval: Duration,
    has_panicked: bool,
}

/// Everything that can happen next.
enum Event {
    Input(Input),
    Done(String, Result<AuthenticationCredentials, Panicked>),
}

/// Whether the conversation goes on.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Leave,
}

impl Session {
    fn greet(&self) {
        let versions = HandshakeRequest {
            protocol_version: PROTOCOL_VERSION,
            minimum_protocol_version: PROTOCOL_VERSION,
        };
        self.send("handshake", Kind::Request, "Handshake", Some(versions));
    }

    async fn converse(&mut self, inputs: &mut UnboundedReceiver<Input>) {
        loop {
            let event = tokio::select! {
                input = inputs.recv() => Event::Input(input.unwrap_or(Input::End)),
                (request_id, outcome) = self.pending.next() => Event::Done(request_id, outcome),
            };
            let next = match event {
                Event::Input(Input::Line(line)) => self.read(&line),
                Event::Input(Input::TooLong) => self.ignore("a line over the limit"),
                Event::Input(Input::End) => self.leave("the input ended"),
                Event::Done(request_id, outcome) => self.finish(&request_id, outcome),
            };
            if next == Next::Leave {
                return;
            }
        }
    }

    fn read(&mut self, line: &[u8]) -> Next {
        // Some writers put a byte order mark before the first line.
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
        if line.is_empty() {
            return Next::GoOn;
        }
        match serde_json::from_slice::<Incoming>(line) {
            Ok(message) => self.handle(&message),
            Err(error) => self.ignore(&format!("a line that is no message: {error}")),
        }
    }

    fn handle(&mut self, message: &Incoming) -> Next {
        let Incoming { request_id, kind, method, .. } = message;
        let (kind, method) = (kind.as_str(), method.as_str());
        self.log.line(format_args!("received {kind} {method} {request_id}"));
        match (kind, method) {
            ("Request", "Close") => return self.leave("NuGet closed the conversation"),
            ("Request", _) => self.handle_request(message),
            ("Response" | "Fault", _) => self.console.acknowledge(request_id),
            ("Cancel", _) if self.pending.cancel(request_id) => {
                self.send::<()>(request_id, Kind::Cancel, method, None);
            }
            _ => {}
        }
        Next::GoOn
    }

    fn handle_request(&mut self, message: &Incoming) {
        match message.method.as_str() {
            "Handshake" => self.handshake(message),
            "Initialize" => self.initialize(message),
            "GetOperationClaims" => self.operation_claims(message),
            "SetLogLevel" => self.set_log_level(message),
            "MonitorNuGetProcessExit" => self.monitor(message),
            // This asks for proxy credentials without naming the proxy, so it cannot be answered.
            "SetCredentials" => self.acknowledge(message, ResponseCode::Success),
            CREDENTIALS => self.credentials(message),
            _ => self.acknowledge(message, ResponseCode::NotFound),
        }
    }

    fn handshake(&self, message: &Incoming) {
        let peer: PeerHandshake = message.payload().unwrap_or_default();
        let (oldest, newest) =
            (version(&peer.minimum_protocol_version), version(&peer.protocol_version));
        let agreed = (oldest..=newest).contains(&version(PROTOCOL_VERSION));
        let (response_code, protocol_version) = if agreed {
            (ResponseCode::Success, Some(PROTOCOL_VERSION))
        } else {
            (ResponseCode::Error, None)
        };
        self.respond(message, HandshakeResponse { response_code, protocol_version });
    }

    fn initialize(&mut self, message: &Incoming) {
        let Initialize { client_version, request_timeout } = message.payload().unwrap_or_default();
        if let Some(timeout) = request_timeout.as_deref().and_then(time_span) {
            self.progress_interval = (timeout / 3).clamp(SHORTEST_INTERVAL, PROGRESS_INTERVAL);
        }
        let client = client_version.as_deref().unwrap_or("of unknown version");
        let timeout = request_timeout.as_deref().unwrap_or("unknown");
        self.log.line(format_args!("NuGet {client}, request timeout {timeout}"));
        self.acknowledge(message, ResponseCode::Success);
    }

    fn operation_claims(&self, message: &Incoming) {
        let asked: GetOperationClaims = message.payload().unwrap_or_default();
        let for_any_source =
            asked.package_source_repository.is_none() && asked.service_index.is_none();
        let claims: &[&str] = if for_any_source { &["Authentication"] } else { &[] };
        self.respond(message, OperationClaims { claims });
    }

    fn set_log_level(&self, message: &Incoming) {
        let code = match message.payload::<SetLogLevel>() {
            Ok(SetLogLevel { log_level }) => {
                self.console.set_threshold(log_level);
                ResponseCode::Success
            }
            Err(_) => ResponseCode::Error,
        };
        self.acknowledge(message, code);
    }

    fn monitor(&self, message: &Incoming) {
        let code = match message.payload::<MonitorNuGetProcessExit>() {
            Ok(MonitorNuGetProcessExit { process_id })
                if watch_process(process_id, self.events.clone()).is_ok() =>
            {
                self.credentials.set_nuget_process(process_id);
                ResponseCode::Success
            }
            _ => ResponseCode::Error,
        };
        self.acknowledge(message, code);
    }

    fn credentials(&mut self, message: &Incoming) {
        let Ok(request) = message.payload::<GetAuthenticationCredentials>() else {
            return self.respond(message, AuthenticationCredentials::none(ResponseCode::Error));
        };
        let (credentials, console) = (Arc::clone(&self.credentials), self.console.clone());
        let workers = self.workers.clone();
        let response = async move {
            let of_source = console.for_source(&request.uri);
            let (responder, shown) = (credentials, console);
            let work = Box::pin(async move { responder.respond(&request, &shown).await });
            match workers.run(work).await {
                Ok(response) => response,
                // The session explains it.
                Err(NoResult::Panicked) => std::panic::resume_unwind(Box::new(Panicked)),
                Err(NoResult::Stuck(limit)) => {
                    of_source.warn_once(&stuck(limit)).await;
                    AuthenticationCredentials::none(ResponseCode::Error)
                }
            }
        };
        let progress = Outgoing {
            request_id: &message.request_id,
            kind: Kind::Progress,
            method: CREDENTIALS,
            payload: Some(Progress { percentage: None }),
        }
        .to_line();
        let (output, interval) = (self.output.clone(), self.progress_interval);
        let work = report_progress(response, interval, move || output.send(progress.clone()));
        if !self.pending.start(&message.request_id, work) {
            self.ignore("a request id that is in use");
        }
    }

    fn finish(
        &mut self,
        request_id: &str,
        outcome: Result<AuthenticationCredentials, Panicked>,
    ) -> Next {
        let response = match outcome {
            Ok(response) => response,
            Err(Panicked) if !self.has_panicked => return self.explain_panic(request_id),
            Err(Panicked) => AuthenticationCredentials::none(ResponseCode::Error),
        };
        self.log.line(format_args!("answered {request_id}: {:?}", response.response_code));
        self.send(request_id, Kind::Response, CREDENTIALS, Some(response));
        Next::GoOn
    }

    /// The line must come before the response, so one task shows the line and then responds.
    fn explain_panic(&mut self, request_id: &str) -> Next {
        self.has_panicked = true;
        let console = self.console.clone();
        self.pending.start(request_id, async move {
            console.warn_once(&Panicked.message()).await;
            AuthenticationCredentials::none(ResponseCode::Error)
        });
        Next::GoOn
    }

    fn acknowledge(&self, message: &Incoming, response_code: ResponseCode) {
        self.respond(message, CodeOnly { response_code });
    }

    fn respond<P: Serialize>(&self, message: &Incoming, payload: P) {
        self.send(&message.request_id, Kind::Response, &message.method, Some(payload));
    }

    fn send<P: Serialize>(&self, request_id: &str, kind: Kind, method: &str, payload: Option<P>) {
        self.output.send(Outgoing { request_id, kind, method, payload }.to_line());
    }

    fn ignore(&self, what: &str) -> Next {
        self.log.line(format_args!("ignored {}", printable(what)));
        Next::GoOn
    }

    fn leave(&self, why: &str) -> Next {
        self.log.line(format_args!("leaving: {why}"));
        Next::Leave
    }
}

fn stuck(limit: Duration) -> String {
    format!(
        "[{}] No token: a file was not read or written within {} s. Check the drives of the home folder, \
         of the shared AWS files and of the token cache; most likely one is on a network.",
        Code::FilesStuck,
        limit.as_secs()
    )
}

/// Runs `work`, and calls `report` at every interval until the work is done, and never afterwards.
async fn report_progress<T>(
    work: impl Future<Output = T>,
    interval: Duration,
    report: impl Fn(),
) -> T {
    tokio::pin!(work);
    loop {
        match tokio::time::timeout(interval, &mut work).await {
            Ok(done) => return done,
            Err(_) => report(),
        }
    }
}

/// `major.minor.patch`, as numbers; a part that cannot be read is zero.
fn version(text: &str) -> Vec<u32> {
    let numbers = text.split('-').next().unwrap_or_default().split('.');
    numbers.map(|number| number.parse().unwrap_or(0)).collect()
}

/// A .NET time span, `[d.]hh:mm:ss[.fffffff]`; none if it is invalid or not positive.
fn time_span(text: &str) -> Option<Duration> {
    let [hours, minutes, seconds] = text.split(':').collect::<Vec<_>>().try_into().ok()?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let whole = |text: &str| text.parse::<u32>().ok().map(f64::from);
    let days_and_hours = whole(days)? * 24.0 + whole(hours)?;
    let seconds: f64 = seconds.parse().ok()?;
    let total = (days_and_hours * 60.0 + whole(minutes)?) * 60.0 + seconds;
    Duration::try_from_secs_f64(total).ok().filter(|span| !span.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_of_dotnet() {
        assert_eq!(time_span("00:00:30"), Some(Duration::from_secs(30)));
        assert_eq!(time_span("1.02:00:00"), Some(Duration::from_hours(26)));
        assert_eq!(time_span("00:00:00.5000000"), Some(Duration::from_millis(500)));
        for text in ["", "30", "00:00", "00:00:00", "-00:00:01", "x:00:01", "00:00:NaN"] {
            assert_eq!(time_span(text), None, "{text}");
        }
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(version("2.0.0") < version("10.0.0") && version("1.0.0") < version("2.0.0-rc.1"));
    }
}
