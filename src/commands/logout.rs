//! `logout`: deletes cached tokens, and ends a sign-in on request.

use std::io::{self, Write};

use serde::Serialize;
use thiserror::Error;

use super::progress::Wait;
use crate::aws::{SignedOut, SsoSession};
use crate::base::text::{count, printable};
use crate::cache::{CacheError, Forgotten, Label};
use crate::cli::state::LogoutArgs;
use crate::code::{Code, Coded};
use crate::provider::{Provider, ProviderError};
use crate::report::{Output, ReportedError};

/// Why something could not be removed.
#[derive(Debug, Error)]
pub enum LogoutError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("Done, but the result cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Coded for LogoutError {
    fn code(&self) -> Code {
        match self {
            Self::Provider(error) => error.code(),
            Self::Cache(error) => error.code(),
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Provider(error) => error.fix(),
            Self::Cache(error) => error.fix(),
            Self::Output(_) => None,
        }
    }
}

/// The result. Names and values of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogoutReport {
    deleted: Deleted,
    sign_in: Option<SignInReport>,
}

/// Whether the session of the AWS access portal was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Portal {
    SignedOut,
    Failed,
    /// There is no access token with which to end it.
    NoSession,
}

/// How many records of each kind were deleted from the cache.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    tokens: usize,
    /// Refusals of provided tokens.
    refusals: usize,
    /// Sign-in prompts that nobody followed.
    prompts: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SignInReport {
    sso_session: Option<String>,
    start_url: String,
    /// The shared file that was deleted, if there was one.
    path: Option<String>,
    portal: Portal,
    /// Why the portal's session was not ended.
    warning: Option<ReportedError>,
    #[serde(skip)]
    what: String,
}

/// Ends the sign-in first: if that fails, the tokens stay, and can still be listed.
pub async fn run(
    args: &LogoutArgs,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut Output<'_>,
) -> Result<(), LogoutError> {
    let waiting = wait("AWS access portal");
    let done = log_out(args, provider).await;
    drop(waiting);
    let report = done?;
    if out.is_json() {
        out.json(&report, &[])?;
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
    let Forgotten { tokens, refusals, questions: prompts } =
        provider.forget_tokens(domain.is_some().then_some(&is_meant))?;
    Ok(LogoutReport { deleted: Deleted { tokens, refusals, prompts }, sign_in })
}

fn is_or_any(wanted: Option<&String>, is: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == is)
}

impl LogoutReport {
    fn print(&self, domain: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        let Deleted { tokens, refusals, prompts } = self.deleted;
        let of_domain = domain.map(|name| format!(" of domain `{}`", printable(name)));
        let of_domain = of_domain.unwrap_or_default();
        match tokens {
            0 => writeln!(out, "No cached tokens{of_domain}")?,
            tokens => writeln!(out, "Deleted {}{of_domain}", count(tokens, "cached token"))?,
        }
        if refusals > 0 {
            let refusals = count(refusals, "record");
            writeln!(out, "Deleted {refusals} of refused provided tokens: they are tried again")?;
        }
        if prompts > 0 {
            let prompts = count(prompts, "record");
            writeln!(
                out,
                "Deleted {prompts} of unanswered sign-in prompts: the plugin asks again"
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
            path: removed.map(|path| path.to_string_lossy().into_owned()),
            portal: match portal {
                Some(Ok(())) => Portal::SignedOut,
                Some(Err(_)) => Portal::Failed,
                None => Portal::NoSession,
            },
            warning: portal
                .and_then(Result::err)
                .map(|message| ReportedError::new(Code::SignInNotSaved, message)),
        }
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let what = &self.what;
        match &self.path {
            None => writeln!(out, "Not signed in to {what}")?,
            Some(path) => writeln!(
                out,
                "Signed out of {what}: the plugin, the AWS CLI and all SDKs (deleted `{path}`)"
            )?,
        }
        match (self.portal, &self.path) {
            (Portal::Failed, _) => {
                let reason = self.warning.as_ref().map(|warning| printable(&warning.message));
                let reason = reason.unwrap_or_default();
                writeln!(
                    out,
                    "note: The AWS access portal was not signed out ({reason}). Its session expires"
                )
            }
            (Portal::NoSession, Some(_)) => writeln!(
                out,
                "note: The access token had expired, so the AWS access portal was not signed out. Its session expires"
            ),
            _ => Ok(()),
        }
    }
}
