//! What a check found, and how it is printed: as text, one line each with the fix below, and as JSON.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use crate::base::terminal::{Appearance, Mark};
use crate::base::text::printable;

/// How a check ended, from the best to the worst. A skipped check found nothing out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Skipped,
    Pass,
    Warning,
    Failure,
}

/// One line of `doctor`. `--json` prints it as it is, so names and values never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// The subject of the check, in kebab case. Scripts search for it, so it never changes.
    pub check: &'static str,
    pub outcome: Outcome,
    /// The result in one line, for people.
    pub what: String,
    /// The command that fixes it, or shows more, if there is one.
    pub fix: Option<String>,
    /// What to do if no command does it.
    pub advice: Option<String>,
    /// The text for reports that others read, if `what` quotes a program's output.
    #[serde(skip)]
    pub withheld: Option<String>,
    #[serde(skip)]
    pub repair: Option<Repair>,
}

/// What `--fix` may do. It touches only what belongs to this plugin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Repair {
    /// What `install` does.
    Install,
    /// Remove an entry of NuGet's plugin cache about this plugin.
    RemoveClaims(PathBuf),
    /// Remove a link of this plugin's name to nothing.
    RemoveLink(PathBuf),
}

impl Finding {
    pub fn pass(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Outcome::Pass, what)
    }

    pub fn skipped(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Outcome::Skipped, what)
    }

    pub fn warning(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Outcome::Warning, what)
    }

    pub fn failure(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Outcome::Failure, what)
    }

    fn new(check: &'static str, outcome: Outcome, what: impl Into<String>) -> Self {
        Self {
            check,
            outcome,
            what: what.into(),
            fix: None,
            advice: None,
            withheld: None,
            repair: None,
        }
    }

    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    pub fn with_advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    pub fn with_repair(self, repair: Repair) -> Self {
        Self { repair: Some(repair), ..self }
    }

    /// The text that may be passed on to others.
    pub fn shared(&self) -> Self {
        let what = self.withheld.as_ref().unwrap_or(&self.what).clone();
        Self { what, ..self.clone() }
    }

    pub fn print(&self, appearance: Appearance, out: &mut dyn Write) -> io::Result<()> {
        let mark = appearance.mark(match self.outcome {
            Outcome::Pass => Mark::Pass,
            Outcome::Skipped => Mark::Skipped,
            Outcome::Warning => Mark::Warning,
            Outcome::Failure => Mark::Failure,
        });
        writeln!(out, "{mark}  {}", printable(&self.what))?;
        if self.outcome < Outcome::Warning {
            return Ok(());
        }
        for (word, text) in [("do", &self.advice), ("fix", &self.fix)] {
            if let Some(text) = text {
                writeln!(out, "{:1$}  {word}: {2}", "", appearance.width(), printable(text))?;
            }
        }
        Ok(())
    }
}

/// The worst outcome.
pub fn worst(findings: &[Finding]) -> Outcome {
    findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass)
}

/// The last line of the text.
pub fn print_summary(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let [mut failures, mut warnings, mut passed] = [0; 3];
    for finding in findings {
        match finding.outcome {
            Outcome::Failure => failures += 1,
            Outcome::Warning => warnings += 1,
            Outcome::Pass => passed += 1,
            Outcome::Skipped => {}
        }
    }
    let plural = if warnings == 1 { "" } else { "s" };
    writeln!(out, "{failures} failed, {warnings} warning{plural} and {passed} passed")
}
