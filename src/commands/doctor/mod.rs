//! `doctor`: diagnoses what prevents a restore, and how to fix it.
//!
//! - [`nuget`]: what NuGet would start here, read once; the checks look at it
//! - [`finding`], [`text`], [`fix`]: what a check found; how it is printed; commands to paste
//! - [`dotnet`], [`plugin_folders`], [`claims_cache`], [`copies`], [`variables`], [`other_plugins`]:
//!   whether NuGet finds the plugin and can start it
//! - [`signatures`]: whether an old NuGet on Windows refuses to
//! - [`configuration`]: whether the plugin's own settings can be used
//! - [`projects`]: sources that projects name past NuGet.Config
//! - [`exposure`]: who else can write what is started and read here
//! - [`sources`]: what NuGet asks, and the saved credentials that it sends before it asks the plugin
//! - [`identity`], [`token`]: who requests a token, whether AWS issues it, and whether the source
//!   accepts it
//! - [`system_proxy`]: a proxy of macOS that only NuGet uses
//! - [`repair`]: what `--fix` does
//! - [`report`]: what `--report` writes

mod claims_cache;
mod concurrently;
mod configuration;
mod copies;
mod dotnet;
mod exposure;
mod finding;
mod fix;
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
mod signatures;
mod sources;
mod system_proxy;
mod text;
mod token;
mod variables;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::progress::Wait;
use crate::base::panic;
use crate::base::terminal::{self, Appearance};
use crate::base::text::{one_line, printable};
use crate::cli::doctor::DoctorArgs;
use crate::code::{Code, Coded};
use crate::provider::Provider;
use crate::report::{Output, ReportedError};
use finding::{Finding, worst};
use nuget::Nuget;
use repair::Repaired;
use text::Layout;

pub use finding::Outcome;

/// Why there is no result, or no report. The findings are printed anyway.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    #[error("The result cannot be printed: {0}.")]
    Output(#[from] io::Error),
    #[error("The report `{}` cannot be written: {source}.", path.display())]
    Report { path: PathBuf, source: io::Error },
}

impl Coded for DoctorError {
    fn code(&self) -> Code {
        match self {
            Self::Output(_) => Code::OutputFailed,
            Self::Report { .. } => Code::FileNotWritten,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Output(_) => None,
            Self::Report { .. } => Some("Name a new file in a folder that exists.".to_owned()),
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
    let waiting = wait("the checks");
    let findings = Box::pin(examine(args, &nuget, provider)).await;
    drop(waiting);
    if args.json {
        let document = DoctorReport {
            version: env!("CARGO_PKG_VERSION"),
            outcome: worst(&findings),
            findings: findings.iter().map(Finding::shared).collect(),
            repairs: &repairs,
        };
        out.json(&document, &errors(&document.findings))?;
    } else {
        let width = terminal::width(nuget.environment, appearance.is_terminal());
        let home = nuget.home.clone();
        text::print(&findings, &Layout { appearance, width, home, is_verbose: args.verbose }, out)?;
    }
    if let Some(path) = &args.report {
        let written = report::write(path, &findings, &repairs, &nuget);
        written.map_err(|source| DoctorError::Report { path: path.clone(), source })?;
        if !args.json {
            writeln!(out, "Report: {}", one_line(&path.to_string_lossy()))?;
        }
    }
    Ok(worst(&findings))
}

/// The failures, each once.
fn errors(findings: &[Finding]) -> Vec<ReportedError> {
    let mut errors: Vec<ReportedError> = Vec::new();
    let mut known = HashSet::new();
    for finding in findings.iter().filter(|it| it.outcome == Outcome::Failure) {
        let fix = finding.fix.clone().or_else(|| finding.advice.clone());
        let code = finding.code.unwrap_or(Code::Defect);
        if known.insert((code, &finding.message, fix.clone())) {
            errors.push(ReportedError { fix, ..ReportedError::new(code, finding.message.clone()) });
        }
    }
    errors
}

/// Every check. Those that wait run at once; the findings are in the order of the checks.
async fn examine(args: &DoctorArgs, nuget: &Nuget<'_>, provider: &Provider) -> Vec<Finding> {
    let (dotnet, folders, copies, others, sources) = tokio::join!(
        or_defect(async { dotnet::check(nuget).await }),
        or_defect(async { plugin_folders::check(nuget).await }),
        or_defect(async { copies::check(nuget).await }),
        or_defect(async { other_plugins::check(nuget).await }),
        or_defect(Box::pin(examine_sources(args, nuget, provider))),
    );
    let settings = or_defect(async { configuration::check_files(nuget, provider) });
    let claims = or_defect(async { claims_cache::check(nuget) });
    let signatures = or_defect(async { signatures::of_framework(nuget) });
    let variables = or_defect(async { variables::check(nuget) });
    let configuration = or_defect(async { configuration::check(nuget, provider) });
    let exposure = or_defect(async { exposure::check(nuget) });
    let mut found = settings.await;
    found.extend(dotnet);
    found.extend(folders);
    found.extend(signatures.await);
    found.extend(claims.await);
    found.extend(copies);
    found.extend(variables.await);
    found.extend(others);
    found.extend(configuration.await);
    found.extend(exposure.await);
    found.extend(sources);
    // A problem of one source repeats in the next check of it.
    let mut known = HashSet::new();
    found.retain(|finding| known.insert(finding.clone()));
    found
}

/// The sources of this folder, who requests their tokens, and the responses.
async fn examine_sources(
    args: &DoctorArgs,
    nuget: &Nuget<'_>,
    provider: &Provider,
) -> Vec<Finding> {
    let (mut found, examined) = sources::check(nuget, provider, args.source.as_deref());
    found.extend(projects::check(nuget));
    found.extend(sources::saved(nuget, provider));
    found.extend(identity::check(nuget, provider, &examined).await);
    if args.offline {
        found.extend(token::skipped(&examined));
    } else {
        found.extend(token::check(nuget, provider, &examined).await);
    }
    found.extend(system_proxy::check(nuget, &found).await);
    found
}

/// The findings of a check, or that it panicked: the result is printed all the same.
async fn or_defect<T: IntoIterator<Item = Finding>>(
    check: impl Future<Output = T>,
) -> Vec<Finding> {
    match panic::catch_in(check).await {
        Ok(findings) => findings.into_iter().collect(),
        Err(panicked) => vec![Finding::failure("doctor", panicked.to_string())],
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
    let mut findings = plugin_folders::check(&nuget).await;
    findings.extend(claims_cache::check(&nuget));
    findings.extend(copies::check(&nuget).await);
    drop(waiting);
    let mut repairs = Vec::new();
    for repair in repair::wanted(&findings) {
        if !args.json {
            writeln!(out, "Fixing: {}", printable(&repair::description(&repair)))?;
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
        let panics = async {
            assert!(std::hint::black_box(false), "hunter2");
            Vec::new()
        };
        let defect = or_defect(panics).await.pop().expect("a finding");
        assert_eq!((defect.check, defect.outcome), ("doctor", Outcome::Failure));
        assert!(!defect.message.contains("hunter2"), "{}", defect.message);
        assert_eq!(or_defect(async { None }).await, []);
    }
}
