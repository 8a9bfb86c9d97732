//! `logout`: deletes cached tokens, and ends a sign-in on request.

use std::io::{self, Write};

use serde::Serialize;
use thiserror::Error;

use super::progress::Wait;
use crate::aws::{SignedOut, SsoSession};
use crate::base::text::{count, printable};
use crate::cache::{CacheError, Forgotten, Label};
use crate::cli::state::LogoutArgs;
use crate::provider::{Provider, ProviderError};
use crate::report;

/// Why something could not be removed.
#[derive(Debug, Error)]
pub enum LogoutError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("it is done, but that cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// The result. Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
struct LogoutReport {
    tokens: usize,
    refusals: usize,
    questions: usize,
    sign_in: Option<SignInReport>,
}

#[derive(Debug, Serialize)]
struct SignInReport {
    sso_session: Option<String>,
    start_url: String,
    /// The shared file, if there was one.
    removed: Option<String>,
    /// `told` or `failed`; null if the portal had no session to end.
    portal: Option<&'static str>,
    portal_problem: Option<String>,
    #[serde(skip)]
    what: String,
}

/// Ends the sign-in first: if that fails, the tokens stay, and can still be listed.
pub async fn run(
    args: &LogoutArgs,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> Result<(), LogoutError> {
    let waiting = wait("the SSO portal");
    let done = log_out(args, provider).await;
    drop(waiting);
    let report = done.inspect_err(|error| report::print_failure(args.json, error, out))?;
    if args.json {
        report::print_with_schema(&report, out)?;
    } else {
        report.print(args.domain.as_deref(), out)?;
    }
    Ok(())
}

async fn log_out(args: &LogoutArgs, provider: &Provider) -> Result<LogoutReport, LogoutError> {
    let LogoutArgs { domain, domain_owner, region, profile, sso_session, .. } = args;
    let sign_in = if args.sso {
        let signed_out = provider.sign_out(profile.as_deref(), sso_session.as_deref()).await?;
        Some(SignInReport::of(signed_out))
    } else {
        None
    };
    let is_meant = |label: &Label| {
        is_or_any(domain.as_ref(), &label.domain)
            && is_or_any(domain_owner.as_ref(), &label.owner)
            && is_or_any(region.as_ref(), &label.region)
    };
    let Forgotten { tokens, refusals, questions } =
        provider.forget_tokens(domain.is_some().then_some(&is_meant))?;
    Ok(LogoutReport { tokens, refusals, questions, sign_in })
}

fn is_or_any(wanted: Option<&String>, is: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == is)
}

impl LogoutReport {
    fn print(&self, domain: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let of_domain = domain.map(|name| format!(" of domain `{}`", printable(name)));
        let of_domain = of_domain.unwrap_or_default();
        match self.tokens {
            0 => writeln!(out, "no tokens{of_domain} were cached")?,
            tokens => writeln!(out, "forgot {}{of_domain}", count(tokens, "cached token"))?,
        }
        if self.refusals > 0 {
            let refusals = count(self.refusals, "refusal");
            writeln!(out, "forgot {refusals} of given tokens, which are tried again")?;
        }
        if self.questions > 0 {
            let sign_ins = count(self.questions, "sign-in");
            writeln!(
                out,
                "forgot {sign_ins} that did not come about, which can be asked for again"
            )?;
        }
        self.sign_in.as_ref().map_or(Ok(()), |sign_in| sign_in.print(out))
    }
}

impl SignInReport {
    fn of((session, SignedOut { removed, portal }): (SsoSession, SignedOut)) -> Self {
        Self {
            what: session.in_words(),
            sso_session: session.name,
            start_url: session.start_url,
            removed: removed.map(|path| path.to_string_lossy().into_owned()),
            portal: portal.as_ref().map(|told| if told.is_ok() { "told" } else { "failed" }),
            portal_problem: portal.and_then(Result::err),
        }
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let what = &self.what;
        match &self.removed {
            None => writeln!(out, "nobody was signed in to {what}")?,
            Some(path) => writeln!(
                out,
                "signed out of {what}: the plugin, the AWS CLI and all SDKs (removed `{path}`)"
            )?,
        }
        match (&self.portal_problem, self.portal, &self.removed) {
            (Some(problem), ..) => writeln!(
                out,
                "note: the SSO portal was not told ({}), so the session ends there by itself",
                printable(problem)
            ),
            (None, None, Some(_)) => writeln!(
                out,
                "note: the SSO portal was not told: the access token had expired; the session ends \
                 there by itself"
            ),
            _ => Ok(()),
        }
    }
}
