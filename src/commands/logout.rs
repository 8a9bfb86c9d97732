//! `logout`: forgets cached tokens, and ends a sign-in where that is asked for.

use std::io::{self, Write};

use serde_json::{Value, json};
use thiserror::Error;

use super::format::count;
use super::progress::Wait;
use super::{SCHEMA, print_failure};
use crate::aws::{SignedOut, SsoSession};
use crate::base::text::printable;
use crate::cache::{CacheError, Forgotten, Label};
use crate::cli::state::LogoutArgs;
use crate::provider::{Provider, ProviderError};

/// Why something is still there.
#[derive(Debug, Error)]
pub enum LogoutError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("it is done, but that cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// The sign-in first: where that fails, the tokens are still there to be seen.
pub async fn run(
    args: &LogoutArgs,
    provider: &Provider,
    wait: Wait<'_>,
    out: &mut dyn Write,
) -> Result<(), LogoutError> {
    let waiting = wait("the SSO portal");
    let done = log_out(args, provider).await;
    drop(waiting);
    let (signed_out, forgotten) = done.inspect_err(|error| print_failure(args.json, error, out))?;
    if args.json {
        let report = json!({
            "schema": SCHEMA,
            "tokens": forgotten.tokens,
            "refusals": forgotten.refusals,
            "questions": forgotten.questions,
            "sign_in": signed_out.as_ref().map(sign_in_report),
        });
        writeln!(out, "{report}")?;
        return Ok(());
    }
    print_forgotten(args, forgotten, out)?;
    match signed_out {
        Some(signed_out) => print_signed_out(&signed_out, out),
        None => Ok(()),
    }
}

async fn log_out(
    args: &LogoutArgs,
    provider: &Provider,
) -> Result<(Option<(SsoSession, SignedOut)>, Forgotten), LogoutError> {
    let LogoutArgs { domain, domain_owner, region, profile, sso_session, .. } = args;
    let signed_out = if args.sso {
        Some(provider.sign_out(profile.as_deref(), sso_session.as_deref()).await?)
    } else {
        None
    };
    let fits = |wanted: &Option<String>, is: &String| wanted.as_ref().is_none_or(|it| it == is);
    let is_meant = |label: &Label| {
        fits(domain, &label.domain)
            && fits(domain_owner, &label.owner)
            && fits(region, &label.region)
    };
    let forgotten = provider.forget_tokens(domain.is_some().then_some(&is_meant))?;
    Ok((signed_out, forgotten))
}

fn sign_in_report((session, SignedOut { removed, portal }): &(SsoSession, SignedOut)) -> Value {
    json!({
        "sso_session": session.name,
        "start_url": session.start_url,
        "removed": removed,
        "portal": portal.as_ref().map(|told| if told.is_ok() { "told" } else { "failed" }),
        "portal_problem": portal.as_ref().and_then(|told| told.as_ref().err()),
    })
}

fn print_forgotten(
    args: &LogoutArgs,
    forgotten: Forgotten,
    out: &mut dyn Write,
) -> Result<(), LogoutError> {
    let Forgotten { tokens, refusals, questions } = forgotten;
    let of_domain = args.domain.as_ref().map(|name| format!(" of domain `{}`", printable(name)));
    let of_domain = of_domain.unwrap_or_default();
    match tokens {
        0 => writeln!(out, "no tokens{of_domain} were cached")?,
        _ => writeln!(out, "forgot {}{of_domain}", count(tokens, "cached token"))?,
    }
    if refusals > 0 {
        writeln!(
            out,
            "forgot {} of given tokens, which are tried again",
            count(refusals, "refusal")
        )?;
    }
    if questions > 0 {
        let sign_ins = count(questions, "sign-in");
        writeln!(out, "forgot {sign_ins} that did not come about, which can be asked for again")?;
    }
    Ok(())
}

fn print_signed_out(
    (session, SignedOut { removed, portal }): &(SsoSession, SignedOut),
    out: &mut dyn Write,
) -> Result<(), LogoutError> {
    let what = session.in_words();
    match removed {
        None => writeln!(out, "nobody was signed in to {what}")?,
        Some(path) => writeln!(
            out,
            "signed out of {what}: the plugin, the AWS CLI and all SDKs (removed `{}`)",
            path.display()
        )?,
    }
    match (portal, removed) {
        (Some(Ok(())), _) | (None, None) => {}
        (Some(Err(problem)), _) => writeln!(
            out,
            "note: the SSO portal was not told ({}), so the session ends there by itself",
            printable(problem)
        )?,
        (None, Some(_)) => writeln!(
            out,
            "note: the SSO portal was not told: the access token had expired; the session ends \
             there by itself"
        )?,
    }
    Ok(())
}
