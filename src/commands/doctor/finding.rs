//! What a check found.

use std::path::PathBuf;

use serde::Serialize;

/// How a check ended. The later is the worse; what was skipped says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Skipped,
    Pass,
    Warning,
    Failure,
}

/// One line of `doctor`. `--json` prints just this; names and values stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked: it stays the same from version to version, in kebab case.
    pub check: &'static str,
    pub outcome: Outcome,
    /// One line for people.
    pub what: String,
    /// The command that mends it, or shows more, where there is one.
    pub fix: Option<String>,
    /// The way out that no command is.
    pub advice: Option<String>,
    /// What stands in the place of `what` wherever others may read it: somebody's program was quoted.
    #[serde(skip)]
    pub withheld: Option<String>,
    #[serde(skip)]
    pub repair: Option<Repair>,
}

/// What `--fix` may do: it touches nothing but what is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// As `install` does.
    Install,
    /// An entry of NuGet's claims cache about our plugin.
    RemoveClaims(PathBuf),
    /// A link of our name that leads nowhere.
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

    /// As it may be passed on.
    pub fn shared(&self) -> Self {
        let what = self.withheld.as_ref().unwrap_or(&self.what).clone();
        Self { what, ..self.clone() }
    }

    pub fn with_repair(self, repair: Repair) -> Self {
        Self { repair: Some(repair), ..self }
    }
}

/// The worst of them.
pub fn worst(findings: &[Finding]) -> Outcome {
    findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass)
}
