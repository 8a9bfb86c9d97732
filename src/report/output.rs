//! A command's standard output: text for people, or with `--json` one envelope for scripts.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::json;
use crate::code::{Code, Coded};

/// The version of the JSON that `--json` prints. It increases when a name or a meaning changes.
const SCHEMA: u32 = 2;

/// What `--json` prints of every command; docs/json.schema.json describes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    schema: u32,
    command: &'a str,
    /// Whether the command did all that was requested.
    ok: bool,
    errors: &'a [ReportedError],
    /// Null if the command failed before it had a result.
    result: Option<&'a T>,
}

/// A problem as an object: an element of `errors`, or of a result's `warnings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedError {
    #[serde(serialize_with = "as_text")]
    pub code: Code,
    /// What failed, and the cause.
    pub message: String,
    /// What fixes it, if the message does not end with that.
    pub fix: Option<String>,
}

impl ReportedError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fix: None }
    }

    pub fn of(error: &dyn Coded) -> Self {
        Self { code: error.code(), message: error.to_string(), fix: error.fix() }
    }

    /// The message with its code and fix.
    pub fn text(&self) -> String {
        let fix = self.fix.as_ref().map(|fix| format!(" {fix}")).unwrap_or_default();
        format!("[{}] {}{fix}", self.code, self.message)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_text<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(code)
}

/// Where a command reports.
pub struct Output<'a> {
    out: &'a mut dyn Write,
    /// The command's words, if `--json` was given.
    command: Option<String>,
    is_written: bool,
}

impl<'a> Output<'a> {
    /// `command` is the words of a command to which `--json` was given.
    pub fn new(out: &'a mut dyn Write, command: Option<String>) -> Self {
        Self { out, command, is_written: false }
    }

    /// Whether the report must be an envelope. Text must not be written then.
    pub fn is_json(&self) -> bool {
        self.command.is_some()
    }

    /// Prints the envelope, on one line. The command is not `ok` if there are errors; it must then
    /// also end with an exit code that is not 0.
    pub fn json(&mut self, result: &impl Serialize, errors: &[ReportedError]) -> io::Result<()> {
        self.envelope(Some(result), errors)
    }

    /// Prints the envelope of a command that failed, unless it has printed one, or `--json` was not
    /// given.
    pub fn json_of_failure(&mut self, error: ReportedError) {
        if self.is_json() && !self.is_written {
            // The exit code and standard error report the same failure.
            let _ = self.envelope::<()>(None, &[error]);
        }
    }

    fn envelope<T: Serialize>(
        &mut self,
        result: Option<&T>,
        errors: &[ReportedError],
    ) -> io::Result<()> {
        let command = self.command.as_deref().unwrap_or_default();
        let ok = errors.is_empty();
        let envelope = Envelope { schema: SCHEMA, command, ok, errors, result };
        let line = json::text(&envelope)?;
        writeln!(self, "{line}")
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_written = true;
        self.out.write(bytes)
    }

    fn write_fmt(&mut self, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.is_written = true;
        self.out.write_fmt(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_printed_unless_the_command_has_printed_its_envelope() {
        let failure = || ReportedError::new(Code::Defect, "no");
        let mut text = Vec::new();
        let mut output = Output::new(&mut text, Some("status".to_owned()));
        output.json_of_failure(failure());
        output.json_of_failure(failure());
        let text: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!((&text["command"], &text["ok"]), (&"status".into(), &false.into()));
        let error = serde_json::json!({"code": "CNP901", "message": "no", "fix": null});
        assert_eq!((&text["errors"][0], &text["result"]), (&error, &().into()));
    }

    #[test]
    fn without_the_option_a_failure_is_not_on_standard_output() {
        let mut text = Vec::new();
        let mut output = Output::new(&mut text, None);
        output.json_of_failure(ReportedError::new(Code::Defect, "no"));
        assert!(!output.is_json() && text.is_empty());
    }
}
