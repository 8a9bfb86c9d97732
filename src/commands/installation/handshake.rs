//! Starts an installed plugin as NuGet does, and exchanges the handshake with it.
#![expect(clippy::disallowed_methods, reason = "a real program is waited for, with a limit")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::base::text::printable;
use crate::settings;

const OUR_REQUEST: &str = "nuget-plugin-codeartifact-install";
const VERSION: &str = "2.0.0";

/// The limit of bytes that are kept of standard output, larger than any handshake, and of standard
/// error: a program that is not a plugin may print without end.
const OUTPUT_LIMIT: u64 = 64 * 1024;
const ERROR_LIMIT: u64 = 16 * 1024;

/// Time limit for a plugin to end after it has closed its output.
const GRACE: Duration = Duration::from_secs(1);

/// Why the handshake failed. The texts end with what the plugin printed on standard error.
#[derive(Debug, Error)]
pub enum HandshakeError {
    #[error("it cannot be started: {0}")]
    NotStarted(#[from] io::Error),
    /// There was no further output within the time limit.
    #[error("it did not answer within {} s{said}", limit.as_secs())]
    Silent { limit: Duration, said: Said },
    /// It closed its output. Without a status, it was still running after that.
    #[error("it ended without an answer ({}){said}", exit(*status))]
    Ended { status: Option<ExitStatus>, said: Said },
    /// The line is not part of this conversation.
    #[error("it answered `{}` and not the handshake{said}", printable(line.trim_end()))]
    Strange { line: String, said: Said },
}

/// The standard error of the plugin, or of the host that should start it.
#[derive(Debug)]
pub struct Said(String);

impl std::fmt::Display for Said {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match printable(&self.0) {
            nothing if nothing.is_empty() => Ok(()),
            said => write!(formatter, "; it said: {said}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HandshakeMessage {
    request_id: String,
    #[serde(rename = "Type")]
    kind: String,
    method: String,
    #[serde(default)]
    payload: Value,
}

/// Returns the time from the start until the plugin agreed. The plugin is ended afterwards.
///
/// # Errors
///
/// If the two sides do not agree within `limit`.
pub fn exchange(command: &mut Command, limit: Duration) -> Result<Duration, HandshakeError> {
    let start = Instant::now();
    // Nothing will be asked of it.
    command.env(settings::HEAD_START, "off");
    let mut plugin = StartedPlugin::start(command)?;
    plugin.send(
        OUR_REQUEST,
        "Request",
        &json!({
            "ProtocolVersion": VERSION, "MinimumProtocolVersion": "1.0.0"
        }),
    );
    let (mut asked, mut agreed) = (false, false);
    while !(asked && agreed) {
        let line = match plugin.lines.recv_timeout(limit.saturating_sub(start.elapsed())) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                return Err(HandshakeError::Silent { limit, said: plugin.end().1 });
            }
            Err(RecvTimeoutError::Disconnected) => {
                let (status, said) = plugin.end();
                return Err(HandshakeError::Ended { status, said });
            }
        };
        match HandshakeStep::of(&line) {
            HandshakeStep::Asked(request) => {
                asked = true;
                plugin.send(
                    &request,
                    "Response",
                    &json!({
                        "ResponseCode": "Success", "ProtocolVersion": VERSION
                    }),
                );
            }
            HandshakeStep::Agreed => agreed = true,
            HandshakeStep::Strange => {
                return Err(HandshakeError::Strange { line, said: plugin.end().1 });
            }
        }
    }
    Ok(start.elapsed())
}

/// What a line means in this short conversation.
#[derive(Debug, PartialEq, Eq)]
enum HandshakeStep {
    Asked(String),
    Agreed,
    Strange,
}

impl HandshakeStep {
    fn of(line: &str) -> Self {
        let Ok(message) = serde_json::from_str::<HandshakeMessage>(line) else {
            return Self::Strange;
        };
        let success = message.payload["ResponseCode"] == "Success";
        match (message.kind.as_str(), message.method.as_str()) {
            ("Request", "Handshake") => Self::Asked(message.request_id),
            ("Response", "Handshake") if message.request_id == OUR_REQUEST && success => {
                Self::Agreed
            }
            _ => Self::Strange,
        }
    }
}

/// A plugin that runs until this is dropped.
struct StartedPlugin {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl StartedPlugin {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (line_sender, lines) = channel();
        let (error_sender, errors) = channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || pass_lines(stdout, OUTPUT_LIMIT, &line_sender));
        }
        if let Some(stderr) = child.stderr.take() {
            thread::spawn(move || pass_lines(stderr, ERROR_LIMIT, &error_sender));
        }
        Ok(Self { child, lines, errors })
    }

    /// A failure is ignored: if the plugin has ended, the end of its output shows it.
    fn send(&mut self, request: &str, kind: &str, payload: &Value) {
        let message = json!({
            "RequestId": request, "Type": kind, "Method": "Handshake", "Payload": payload
        });
        if let Some(stdin) = &mut self.child.stdin {
            let _ = writeln!(stdin, "{message}").and_then(|()| stdin.flush());
        }
    }

    /// Ends the plugin. Returns its status if it ended by itself, and its standard error.
    fn end(mut self) -> (Option<ExitStatus>, Said) {
        let mut said = String::new();
        let deadline = Instant::now() + GRACE;
        // A plugin that ends closes standard error, which ends this loop before the deadline.
        while let Ok(line) =
            self.errors.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            said.push_str(&line);
        }
        let mut status = self.child.try_wait().ok().flatten();
        while status.is_none() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
            status = self.child.try_wait().ok().flatten();
        }
        (status, Said(said))
    }
}

impl Drop for StartedPlugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends each line, until the end or `limit` bytes. After that it reads on and discards, so that
/// the program never blocks in writing.
fn pass_lines(source: impl Read, limit: u64, lines: &Sender<String>) {
    let mut source = BufReader::new(source);
    let mut limited = source.by_ref().take(limit);
    let mut line = Vec::new();
    while limited.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
        line.clear();
    }
    let _ = io::copy(&mut source, &mut io::sink());
}

fn exit(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "and still runs".into(), |status| status.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_the_conversation_are_told_apart() {
        let asked = r#"{"RequestId":"7","Type":"Request","Method":"Handshake","Payload":{}}"#;
        assert_eq!(HandshakeStep::of(asked), HandshakeStep::Asked("7".into()));
        let response = |id: &str, code: &str| {
            HandshakeStep::of(&format!(
                r#"{{"RequestId":"{id}","Type":"Response","Method":"Handshake","Payload":{{"ResponseCode":"{code}"}}}}"#
            ))
        };
        assert_eq!(response(OUR_REQUEST, "Success"), HandshakeStep::Agreed);
        assert_eq!(response(OUR_REQUEST, "Error"), HandshakeStep::Strange);
        assert_eq!(response("8", "Success"), HandshakeStep::Strange);
        assert_eq!(HandshakeStep::of("Hello"), HandshakeStep::Strange);
    }

    #[test]
    fn what_was_said_is_indented_and_cannot_steer_a_terminal() {
        assert_eq!(Said("a\u{1b}[2J\r\n\nb\n".into()).to_string(), "; it said: a b");
        assert_eq!(Said(String::new()).to_string(), "");
    }
}
