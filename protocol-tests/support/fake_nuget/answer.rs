//! What came back for a request for credentials.

use std::time::Instant;

use serde_json::{Value, json};

/// A line that the plugin asked NuGet to show.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// The id of the Log request.
    pub request_id: String,
    /// `Debug`, `Verbose`, `Information`, `Minimal`, `Warning` or `Error`.
    pub level: String,
    pub text: String,
    pub at: Instant,
    pub(super) told: bool,
}

/// A Response to `GetAuthenticationCredentials` and what led up to it.
#[derive(Debug, Clone)]
pub struct Answer {
    pub payload: Value,
    /// The log lines that came before this answer and after the one before it.
    pub logs: Vec<LogLine>,
    /// When progress came for this request.
    pub progress: Vec<Instant>,
}

impl Answer {
    /// `Success`, `Error` or `NotFound`.
    pub fn response_code(&self) -> &str {
        self.payload["ResponseCode"].as_str().unwrap_or("(none)")
    }

    /// The password given; panics where there is none.
    pub fn password(&self) -> &str {
        let password = self.payload["Password"].as_str();
        password.unwrap_or_else(|| panic!("no password in {self:?}"))
    }

    /// Requires exactly what NuGet wants to see with a Success.
    pub fn assert_success(&self) -> &Self {
        let expected = json!({
            "ResponseCode": "Success",
            "Username": "aws",
            "Password": self.password(),
            "AuthenticationTypes": ["basic"],
        });
        assert!(super::matches(&expected, &self.payload), "no success: {self:?}");
        self
    }

    /// Requires this code, and no credentials beside it.
    pub fn assert_refusal(&self, code: &str) -> &Self {
        assert_eq!(self.response_code(), code, "{self:?}");
        assert_eq!(self.payload["Username"], Value::Null, "{self:?}");
        assert_eq!(self.payload["Password"], Value::Null, "{self:?}");
        self
    }

    /// Requires that nothing was logged since the answer before.
    pub fn assert_no_logs(&self) -> &Self {
        assert!(self.logs.is_empty(), "expected no log line: {:?}", self.logs);
        self
    }

    /// The one Warning that explains a failure, without the command at its end that shows details;
    /// panics where there is none of either, or another line at Minimal or above.
    pub fn the_warning(&self) -> &str {
        let seen = |line: &&LogLine| matches!(&*line.level, "Minimal" | "Warning" | "Error");
        let lines: Vec<_> = self.logs.iter().filter(seen).collect();
        match lines.as_slice() {
            [line] if line.level == "Warning" => line.failure(),
            _ => panic!("expected one Warning before the answer: {self:?}"),
        }
    }
}

impl LogLine {
    /// A failure without the command that shows its details, which every one has that does not end with
    /// a command of its own.
    #[track_caller]
    pub fn failure(&self) -> &str {
        let Some((line, command)) = self.text.split_once(" Details: ") else {
            assert!(!self.text.ends_with('.'), "no command: {}", self.text);
            return &self.text;
        };
        assert!(line.ends_with('.'), "{line}");
        // Where `dotnet codeartifact` is not on PATH, the command starts with the plugin's path.
        let source = command.split_once("codeartifact doctor http").map(|(_, source)| source);
        assert!(source.is_some_and(|source| !source.contains(['?', '`', ' '])), "{command}");
        line
    }
}
