//! A command's report: one serialisable value, printed as JSON for scripts or as text for people.

mod json;
mod rows;

use std::error::Error;
use std::io::{self, Write};

use serde::Serialize;

pub use rows::Rows;

/// The version of the JSON that `--json` prints. It increases when a name or a meaning changes.
pub const SCHEMA: u32 = 1;

/// A report with its schema version.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: u32,
    #[serde(flatten)]
    report: &'a T,
}

/// Prints the report as one line of JSON, with its schema. Keys are in the order of the alphabet.
pub fn print_with_schema(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    print(&serde_json::to_value(Envelope { schema: SCHEMA, report })?, out)
}

/// Prints the report as one line of JSON, with its keys as they are.
pub fn print(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", json::text(report)?)
}

/// With `--json` a failure is also an object, `{"error": …}`, in addition to the line on standard
/// error.
pub fn print_failure(json: bool, error: &dyn Error, out: &mut dyn Write) {
    #[derive(Serialize)]
    struct ReportedFailure {
        error: String,
    }
    if json {
        // The exit code and standard error report the same failure.
        let _ = print(&ReportedFailure { error: error.to_string() }, out);
    }
}
