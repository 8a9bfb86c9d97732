//! `doctor`: what keeps a restore from working, and how to mend it.
//!
//! - [`context`]: what the checks look at
//! - [`finding`], [`printing`], [`remedy`]: what they say
//! - [`plugin_folders`], [`architecture`], [`claims_cache`], [`path`], [`variables`],
//!   [`other_plugins`], [`clients`], [`program`]: whether NuGet finds the plugin and can start it
//! - [`configuration`]: whether our own settings can be used
//! - [`sources`], [`saved`]: what NuGet asks, and what it sends before it asks the plugin
//! - [`identity`], [`token`]: who asks for a token, whether AWS gives it, and what the source says to it
//! - [`repair`]: what `--fix` does
//! - [`report`]: what `--report` writes

mod architecture;
mod claims_cache;
mod clients;
mod configuration;
mod context;
mod finding;
mod identity;
mod other_plugins;
mod path;
mod plugin_folders;
mod printing;
mod program;
mod remedy;
mod repair;
mod report;
mod saved;
mod sources;
mod token;
mod variables;

use std::io::{self, Write};
use std::path::PathBuf;

use crate::cli::doctor::DoctorArgs;
use crate::provider::Provider;
use crate::settings::Environment;
use crate::terminal::Appearance;
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
/// Colours and symbols depend on whether `out` is a terminal.
pub async fn run(
    args: &DoctorArgs,
    environment: &Environment,
    provider: &Provider,
    is_terminal: bool,
    out: &mut dyn Write,
) -> Result<Outcome, DoctorError> {
    let repairs =
        if args.fix { repair(args, environment, provider, out).await? } else { Vec::new() };
    let context = Context::new(environment, provider);
    let mut nowhere = io::sink();
    let shown: &mut dyn Write = if args.json { &mut nowhere } else { &mut *out };
    let appearance = Appearance::of(environment, is_terminal);
    let findings = examine(args, &context, appearance, shown).await?;
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

/// Each group of checks is shown when it is done: some take seconds.
async fn examine(
    args: &DoctorArgs,
    context: &Context<'_>,
    appearance: Appearance,
    out: &mut dyn Write,
) -> io::Result<Vec<Finding>> {
    let mut all = Vec::new();
    let mut show = |findings: Vec<Finding>| {
        for finding in findings {
            // What is wrong for one source is wrong for others of its domain, and for the next check.
            if !all.contains(&finding) {
                printing::line(&finding, appearance, out)?;
                all.push(finding);
            }
        }
        out.flush()
    };
    show(clients::check(context).await)?;
    show(plugin_folders::check(context))?;
    show(claims_cache::check(context))?;
    show(path::check(context).await)?;
    show(variables::check(context))?;
    show(other_plugins::check(context))?;
    show(configuration::check(context))?;
    let (findings, examined) = sources::check(context, args.source.as_deref());
    show(findings)?;
    show(saved::check(context))?;
    show(identity::check(context, &examined).await)?;
    if args.offline {
        show(token::skipped(&examined))?;
    } else {
        show(token::check(context, &examined).await)?;
    }
    Ok(all)
}

/// Of the checks, those whose findings can be repaired.
async fn repair(
    args: &DoctorArgs,
    environment: &Environment,
    provider: &Provider,
    out: &mut dyn Write,
) -> io::Result<Vec<Repaired>> {
    let context = Context::new(environment, provider);
    let mut findings = plugin_folders::check(&context);
    findings.extend(claims_cache::check(&context));
    findings.extend(path::check(&context).await);
    let mut repairs = Vec::new();
    for repair in repair::wanted(&findings) {
        if !args.json {
            writeln!(out, "fix:  {}", repair::description(&repair))?;
            out.flush()?;
        }
        let repaired = repair::apply(&repair, &context, args.yes);
        if !args.json {
            printing::repaired(&repaired, out)?;
        }
        repairs.push(repaired);
    }
    Ok(repairs)
}
