//! `doctor`: what keeps a restore from working, and how to mend it.
//!
//! - [`context`]: what the checks look at
//! - [`finding`], [`printing`], [`fix`]: what they say
//! - [`plugin_folders`], [`architecture`], [`claims_cache`], [`path`], [`variables`],
//!   [`other_plugins`], [`clients`], [`program`]: whether NuGet finds the plugin and can start it
//! - [`configuration`]: whether our own settings can be used
//! - [`tools`]: copies as .NET tools, which NuGet may not find
//! - [`sources`], [`saved`]: what NuGet asks, and what it sends before it asks the plugin
//! - [`identity`], [`token`]: who asks for a token, whether AWS gives it, and what the source says to it
//! - [`toolkit`]: whom AWS's own provider and the AWS Toolkit ask by
//! - [`repair`]: what `--fix` does
//! - [`report`]: what `--report` writes

mod architecture;
mod claims_cache;
mod clients;
mod configuration;
mod context;
mod finding;
mod fix;
mod identity;
mod other_plugins;
mod path;
mod plugin_folders;
mod printing;
mod program;
mod repair;
mod report;
mod saved;
mod sources;
mod token;
mod toolkit;
mod tools;
mod variables;

use std::io::{self, Write};
use std::path::PathBuf;

use super::progress::{Wait, Waiting};
use crate::base::terminal::Appearance;
use crate::cli::doctor::DoctorArgs;
use crate::provider::Provider;
use context::Context;
use finding::{Finding, worst};
use repair::Repaired;

pub use finding::Outcome;

/// Why there is no result, or no report. What was found is printed all the same.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    #[error("cannot print the result: {0}")]
    Output(#[from] io::Error),
    #[error("the report `{}` is not written: {source}; name a new file in a folder that is there", path.display())]
    Report { path: PathBuf, source: io::Error },
}

/// Looks, repairs with `--fix`, and reports on `out`; returns the worst of what was found.
pub async fn run(
    args: &DoctorArgs,
    provider: &Provider,
    appearance: Appearance,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> Result<Outcome, DoctorError> {
    let repairs = if args.fix { repair(args, provider, wait, out).await? } else { Vec::new() };
    let context = Context::new(provider);
    let mut nowhere = io::sink();
    let shown: &mut dyn Write = if args.json { &mut nowhere } else { &mut *out };
    let findings = Box::pin(examine(args, &context, appearance, wait, shown)).await?;
    if args.json {
        printing::json(&findings, &repairs, out)?;
    } else {
        printing::summary(&findings, out)?;
    }
    if let Some(path) = &args.report {
        let written = report::write(path, &findings, &repairs, &context);
        written.map_err(|source| DoctorError::Report { path: path.clone(), source })?;
        if !args.json {
            writeln!(out, "report: {}", path.display())?;
        }
    }
    Ok(worst(&findings))
}

/// Each group of checks is shown when it is done: some take seconds, and say what they wait for.
async fn examine(
    args: &DoctorArgs,
    context: &Context<'_>,
    appearance: Appearance,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> io::Result<Vec<Finding>> {
    let mut all = Vec::new();
    let mut show = |waiting: Waiting, findings: Vec<Finding>| {
        drop(waiting);
        for mut finding in findings {
            finding.fix = finding.fix.map(|fix| context.command(fix));
            // What is wrong for one source is wrong for others of its domain, and for the next check.
            if !all.contains(&finding) {
                printing::line(&finding, appearance, out)?;
                all.push(finding);
            }
        }
        out.flush()
    };
    show(wait("`dotnet`"), clients::check(context).await)?;
    show(wait("the installed plugin"), plugin_folders::check(context))?;
    show(Waiting::none(), claims_cache::check(context))?;
    show(wait("copies of the plugin"), path::check(context).await)?;
    show(wait("copies of the plugin"), tools::check(context).await)?;
    show(Waiting::none(), variables::check(context))?;
    show(wait("other plugins"), other_plugins::check(context))?;
    show(Waiting::none(), configuration::check(context))?;
    let (findings, examined) = sources::check(context, args.source.as_deref());
    show(Waiting::none(), findings)?;
    show(Waiting::none(), saved::check(context))?;
    show(Waiting::none(), identity::check(context, &examined).await)?;
    if args.offline {
        show(Waiting::none(), token::skipped(&examined))?;
    } else {
        show(wait("AWS and the source"), token::check(context, &examined).await)?;
    }
    Ok(all)
}

/// Of the checks, those whose findings can be repaired.
async fn repair(
    args: &DoctorArgs,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> io::Result<Vec<Repaired>> {
    let context = Context::new(provider);
    let waiting = wait("the installed plugin");
    let mut findings = plugin_folders::check(&context);
    findings.extend(claims_cache::check(&context));
    findings.extend(path::check(&context).await);
    drop(waiting);
    let mut repairs = Vec::new();
    for repair in repair::wanted(&findings) {
        if !args.json {
            writeln!(out, "fix:  {}", repair::description(&repair))?;
            out.flush()?;
        }
        let waiting = wait("the repair");
        let repaired = repair::apply(&repair, &context, args.yes);
        drop(waiting);
        if !args.json {
            printing::repaired(&repaired, out)?;
        }
        repairs.push(repaired);
    }
    Ok(repairs)
}
