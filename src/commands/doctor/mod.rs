//! `doctor`: diagnoses what prevents a restore, and how to fix it.
//!
//! - [`nuget`]: what NuGet would start here, read once; the checks look at it
//! - [`finding`], [`fix`]: what a check found and how it is printed; commands to paste
//! - [`dotnet`], [`plugin_folders`], [`claims_cache`], [`copies`], [`variables`], [`other_plugins`]:
//!   whether NuGet finds the plugin and can start it
//! - [`global_json`]: how a repository chooses the SDK
//! - [`configuration`]: whether the plugin's own settings can be used
//! - [`projects`]: sources that projects name past NuGet.Config
//! - [`exposure`]: who else can write what is started and read here
//! - [`sources`]: what NuGet asks, and the saved credentials that it sends before it asks the plugin
//! - [`identity`], [`token`]: who requests a token, whether AWS issues it, and whether the source
//!   accepts it
//! - [`repair`]: what `--fix` does
//! - [`report`]: what `--report` writes

mod claims_cache;
mod configuration;
mod copies;
mod dotnet;
mod exposure;
mod finding;
mod fix;
mod global_json;
mod identity;
mod nuget;
mod other_plugins;
#[cfg_attr(unix, path = "permission_unix.rs")]
#[cfg_attr(windows, path = "permission_windows.rs")]
mod permission;
mod plugin_folders;
mod projects;
mod repair;
mod report;
mod sources;
mod token;
mod variables;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::progress::{Wait, Waiting};
use crate::base::panic;
use crate::base::terminal::Appearance;
use crate::base::text::{one_line, printable};
use crate::cli::doctor::DoctorArgs;
use crate::code::{Code, Coded};
use crate::provider::Provider;
use crate::report::{Output, ReportedError};
use finding::{Finding, worst};
use nuget::Nuget;
use repair::Repaired;

pub use finding::Outcome;

/// Why there is no result, or no report. The findings so far are printed anyway.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    #[error("cannot print the result: {0}")]
    Output(#[from] io::Error),
    #[error("the report `{}` is not written: {source}; name a new file in a folder that is there", path.display())]
    Report { path: PathBuf, source: io::Error },
}

impl Coded for DoctorError {
    fn code(&self) -> Code {
        match self {
            Self::Output(_) => Code::OutputFailed,
            Self::Report { .. } => Code::FileNotWritten,
        }
    }
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct DoctorReport<'a> {
    version: &'static str,
    /// The worst outcome of the findings.
    outcome: Outcome,
    findings: Vec<Finding>,
    /// The repairs of `--fix`, made before the findings.
    repairs: &'a [Repaired],
}

/// Runs the checks, repairs with `--fix`, and prints on `out`. Returns the worst outcome.
pub async fn run(
    args: &DoctorArgs,
    provider: &Provider,
    appearance: Appearance,
    wait: Wait<'_>,
    out: &mut Output<'_>,
) -> Result<Outcome, DoctorError> {
    let repairs = if args.fix { repair(args, provider, wait, out).await? } else { Vec::new() };
    let nuget = Nuget::look(provider.environment());
    let mut nowhere = io::sink();
    let text: &mut dyn Write = if args.json { &mut nowhere } else { &mut *out };
    let program = fix::program(&nuget);
    let mut found =
        Found { program, appearance, out: text, findings: Vec::new(), known: HashSet::new() };
    let examined = Box::pin(examine(args, &nuget, provider, wait, &mut found));
    if let Some(defect) = or_defect(examined).await? {
        found.add(Waiting::none(), [defect])?;
    }
    let findings = found.findings;
    if args.json {
        let document = DoctorReport {
            version: env!("CARGO_PKG_VERSION"),
            outcome: worst(&findings),
            findings: findings.iter().map(Finding::shared).collect(),
            repairs: &repairs,
        };
        let failures = document.findings.iter().filter(|it| it.outcome == Outcome::Failure);
        let errors: Vec<_> =
            failures.map(|it| ReportedError::new(Code::PluginBroken, it.what.clone())).collect();
        out.json(&document, &errors)?;
    } else {
        finding::print_summary(&findings, out)?;
    }
    if let Some(path) = &args.report {
        let written = report::write(path, &findings, &repairs, &nuget);
        written.map_err(|source| DoctorError::Report { path: path.clone(), source })?;
        if !args.json {
            writeln!(out, "report: {}", one_line(&path.to_string_lossy()))?;
        }
    }
    Ok(worst(&findings))
}

/// The findings so far. Each is printed as soon as its check is done, since some checks take seconds.
struct Found<'a> {
    /// How a shell here starts this program.
    program: String,
    appearance: Appearance,
    out: &'a mut dyn Write,
    findings: Vec<Finding>,
    /// The same findings: a NuGet.Config may have thousands of sources.
    known: HashSet<Finding>,
}

impl Found<'_> {
    /// Ends the wait for the findings, and prints the new ones: a problem of one source repeats for
    /// the others of its domain, and for the next check.
    fn add(
        &mut self,
        waiting: Waiting,
        findings: impl IntoIterator<Item = Finding>,
    ) -> io::Result<()> {
        drop(waiting);
        for mut finding in findings {
            finding.fix = finding.fix.map(|fix| fix::started_by(fix, &self.program));
            if self.known.insert(finding.clone()) {
                finding.print(self.appearance, self.out)?;
                self.findings.push(finding);
            }
        }
        self.out.flush()
    }
}

/// Waits for the checks. A panic in one ends them, and becomes a finding after those before it: the
/// result is printed all the same.
async fn or_defect(examined: impl Future<Output = io::Result<()>>) -> io::Result<Option<Finding>> {
    match panic::catch_in(examined).await {
        Ok(examined) => examined.map(|()| None),
        Err(panicked) => Ok(Some(Finding::failure("doctor", panicked.to_string()))),
    }
}

/// Every check, in the order of the output.
async fn examine(
    args: &DoctorArgs,
    nuget: &Nuget<'_>,
    provider: &Provider,
    wait: Wait<'_>,
    found: &mut Found<'_>,
) -> io::Result<()> {
    found.add(Waiting::none(), configuration::check_files(nuget, provider))?;
    found.add(wait("`dotnet`"), [dotnet::check(nuget).await])?;
    found.add(wait("the installed plugin"), plugin_folders::check(nuget))?;
    found.add(Waiting::none(), claims_cache::check(nuget))?;
    found.add(wait("copies of the plugin"), copies::check(nuget).await)?;
    found.add(Waiting::none(), variables::check(nuget))?;
    found.add(wait("other plugins"), other_plugins::check(nuget))?;
    found.add(Waiting::none(), configuration::check(nuget, provider))?;
    found.add(Waiting::none(), exposure::check(nuget))?;
    let (findings, examined) = sources::check(nuget, provider, args.source.as_deref());
    found.add(Waiting::none(), findings)?;
    found.add(Waiting::none(), projects::check(nuget))?;
    found.add(Waiting::none(), sources::saved(nuget, provider))?;
    found.add(Waiting::none(), identity::check(nuget, provider, &examined).await)?;
    if args.offline {
        found.add(Waiting::none(), token::skipped(&examined))
    } else {
        found.add(wait("AWS and the source"), token::check(nuget, provider, &examined).await)
    }
}

/// Repairs the problems that can be repaired.
async fn repair(
    args: &DoctorArgs,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> io::Result<Vec<Repaired>> {
    let nuget = Nuget::look(provider.environment());
    let waiting = wait("the installed plugin");
    let mut findings = plugin_folders::check(&nuget);
    findings.extend(claims_cache::check(&nuget));
    findings.extend(copies::check(&nuget).await);
    drop(waiting);
    let mut repairs = Vec::new();
    for repair in repair::wanted(&findings) {
        if !args.json {
            writeln!(out, "fix:  {}", printable(&repair::description(&repair)))?;
            out.flush()?;
        }
        let waiting = wait("the repair");
        let repaired = repair::apply(&repair, &nuget, args.yes);
        drop(waiting);
        if !args.json {
            repaired.print(out)?;
        }
        repairs.push(repaired);
    }
    Ok(repairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_check_that_panics_is_a_finding() {
        let panics = async { panic!("hunter2 {}", std::hint::black_box(1)) };
        let defect = or_defect(panics).await.unwrap().expect("a finding");
        assert_eq!((defect.check, defect.outcome), ("doctor", Outcome::Failure));
        assert!(
            defect.what.starts_with("The plugin failed because of a defect"),
            "{}",
            defect.what
        );
        assert_eq!(or_defect(async { Ok(()) }).await.unwrap(), None);
    }
}
