//! How findings are shown: one line each, and the fix on a line of its own.

use std::io::{self, Write};

use serde::Serialize;

use super::finding::{Finding, Outcome, worst};
use super::repair::{Ending, Repaired};
use crate::base::terminal::{Appearance, Mark};
use crate::base::text::printable;

/// The version of what `--json` prints. A name that is there stays, with its meaning.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    version: &'static str,
    /// The worst of the findings.
    outcome: Outcome,
    findings: &'a [Finding],
    /// What `--fix` did before the findings were made.
    repairs: &'a [Repaired],
}

pub fn json(findings: &[Finding], repairs: &[Repaired], out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        outcome: worst(findings),
        findings: &findings.iter().map(Finding::shared).collect::<Vec<_>>(),
        repairs,
    };
    writeln!(out, "{}", serde_json::to_string(&document)?)
}

pub fn line(finding: &Finding, appearance: Appearance, out: &mut dyn Write) -> io::Result<()> {
    let mark = appearance.mark(mark(finding.outcome));
    writeln!(out, "{mark}  {}", printable(&finding.what))?;
    if finding.outcome < Outcome::Warning {
        return Ok(());
    }
    for (word, text) in [("do", &finding.advice), ("fix", &finding.fix)] {
        if let Some(text) = text {
            writeln!(out, "{:1$}  {word}: {2}", "", appearance.width(), printable(text))?;
        }
    }
    Ok(())
}

fn mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Pass => Mark::Pass,
        Outcome::Skipped => Mark::Skipped,
        Outcome::Warning => Mark::Warning,
        Outcome::Failure => Mark::Failure,
    }
}

pub fn repaired(repaired: &Repaired, out: &mut dyn Write) -> io::Result<()> {
    let word = match repaired.outcome {
        Ending::Done => "done",
        Ending::Left => "left alone",
        Ending::Failed => "failed",
    };
    match &repaired.why {
        Some(why) => writeln!(out, "      {word}: {why}"),
        None => writeln!(out, "      {word}"),
    }
}

pub fn summary(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (failures, warnings) = (count(Outcome::Failure), count(Outcome::Warning));
    let passed = count(Outcome::Pass);
    writeln!(
        out,
        "{failures} failed, {} and {passed} passed",
        if warnings == 1 { "1 warning".to_owned() } else { format!("{warnings} warnings") }
    )
}
