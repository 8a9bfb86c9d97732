//! What the steps report, as lines or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::base::terminal::{Appearance, Mark};
use crate::base::text::one_line;
use crate::code::{Code, Coded};
use crate::report::{Output, ReportedError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepName {
    Plugin,
    Command,
    Source,
    Credentials,
    SignIn,
    Check,
    Passwords,
}

impl StepName {
    fn title(self) -> &'static str {
        match self {
            Self::Plugin => "Plugin",
            Self::Command => "Command",
            Self::Source => "Source",
            Self::Credentials => "Credentials",
            Self::SignIn => "Sign-in",
            Self::Check => "Check",
            Self::Passwords => "Passwords",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    /// Something was changed, or checked.
    Done,
    /// It was done before.
    Unchanged,
    Warning,
    Failed,
    /// Another step failed that it needs.
    Skipped,
}

impl Status {
    fn mark(self) -> Mark {
        match self {
            Self::Done | Self::Unchanged => Mark::Pass,
            Self::Warning => Mark::Warning,
            Self::Failed => Mark::Failure,
            Self::Skipped => Mark::Skipped,
        }
    }
}

/// The result of a step.
#[derive(Debug, Serialize)]
pub struct Step {
    #[serde(rename = "step")]
    name: StepName,
    status: Status,
    message: String,
    problem: Option<ReportedError>,
}

impl Step {
    pub fn done(step: StepName, message: impl Into<String>) -> Self {
        Self { name: step, status: Status::Done, message: message.into(), problem: None }
    }

    pub fn unchanged(step: StepName, message: impl Into<String>) -> Self {
        Self { status: Status::Unchanged, ..Self::done(step, message) }
    }

    pub fn skipped(step: StepName, message: impl Into<String>) -> Self {
        Self { status: Status::Skipped, ..Self::done(step, message) }
    }

    pub fn warning(
        step: StepName,
        code: Code,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let problem = ReportedError { fix: Some(fix.into()), ..ReportedError::new(code, message) };
        Self { status: Status::Warning, ..Self::of_problem(step, problem) }
    }

    pub fn failed(step: StepName, error: &dyn Coded) -> Self {
        Self::of_problem(step, ReportedError::of(error))
    }

    pub fn of_problem(step: StepName, problem: ReportedError) -> Self {
        let message = problem.message.clone();
        Self { name: step, status: Status::Failed, message, problem: Some(problem) }
    }

    /// Whether it did not fail.
    pub fn is_good(&self) -> bool {
        self.status != Status::Failed
    }

    fn print(&self, appearance: Appearance, out: &mut dyn Write) -> io::Result<()> {
        let Self { name, status, message, problem } = self;
        let (mark, title) = (appearance.mark(status.mark()), name.title());
        let code = problem.as_ref().map(|problem| format!("{} ", problem.code)).unwrap_or_default();
        // The marks have colours, so the command's output is not cleaned as a whole.
        writeln!(out, "{mark} {title:<12}{code}{}", one_line(message))?;
        match problem.as_ref().and_then(|problem| problem.fix.as_ref()) {
            Some(fix) => writeln!(out, "{:<14}{}", "", one_line(fix)),
            None => Ok(()),
        }
    }
}

/// The steps so far. Each is printed when it is done, unless the report is JSON.
pub struct Steps<'o, 'w> {
    appearance: Appearance,
    out: &'o mut Output<'w>,
    done: Vec<Step>,
}

#[derive(Serialize)]
struct SetupReport<'a> {
    /// Whether a restore works.
    ready: bool,
    steps: &'a [Step],
}

impl<'o, 'w> Steps<'o, 'w> {
    pub fn new(appearance: Appearance, out: &'o mut Output<'w>) -> Self {
        Self { appearance, out, done: Vec::new() }
    }

    pub fn add(&mut self, step: Step) -> io::Result<()> {
        if !self.out.is_json() {
            step.print(self.appearance, self.out)?;
            self.out.flush()?;
        }
        self.done.push(step);
        Ok(())
    }

    /// Prints the verdict, with the command to type next. Returns whether a restore works.
    pub fn finish(self, restore: &str) -> io::Result<bool> {
        let Self { out, done: steps, .. } = self;
        let failed = steps.iter().filter(|step| matches!(step.status, Status::Failed));
        let problems: Vec<ReportedError> = failed.filter_map(|step| step.problem.clone()).collect();
        let ready = problems.is_empty();
        if out.is_json() {
            out.json(&SetupReport { ready, steps: &steps }, &problems)?;
        } else if ready {
            writeln!(out, "Ready: {restore}")?;
        } else {
            writeln!(out, "Not ready yet. Fix the problems above, then run this command again.")?;
        }
        Ok(ready)
    }
}
