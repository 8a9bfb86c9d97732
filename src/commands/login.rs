//! `login`: signs in to an SSO session by hand, for the plugin, the AWS CLI and all SDKs.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use thiserror::Error;

use super::progress::Wait;
use crate::cli::LoginArgs;
use crate::provider::{Provider, ProviderError, SignIn, User};
use crate::settings::SignInMethod;

/// Why nobody is signed in.
#[derive(Debug, Error)]
pub enum LoginError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("you are signed in, but that cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// What `--json` prints.
#[derive(Serialize)]
struct Record<'a> {
    schema: u32,
    /// The `sso-session`'s name, or the start URL.
    session: &'a str,
    start_url: &'a str,
    until: &'a str,
    file: Cow<'a, str>,
}

/// Says address and code by `tell`, waits, and says on `out` until when whom is signed in.
pub async fn run(
    args: &LoginArgs,
    provider: &Provider,
    out: &mut dyn Write,
    tell: &(dyn Fn(&str) + Send + Sync),
    wait: Wait<'_>,
) -> Result<(), LoginError> {
    let signed_in = sign_in(args, provider, out, tell, wait).await;
    signed_in.inspect_err(|error| super::print_failure(args.json, error, out))
}

async fn sign_in(
    args: &LoginArgs,
    provider: &Provider,
    out: &mut dyn Write,
    tell: &(dyn Fn(&str) + Send + Sync),
    wait: Wait<'_>,
) -> Result<(), LoginError> {
    let wanted = SignIn {
        profile: args.profile.as_deref(),
        session: args.sso_session.as_deref(),
        method: (args.use_device_code || args.no_browser).then_some(SignInMethod::Device),
        opens_browser: !args.no_browser,
    };
    let waiting = Mutex::new(Some(wait("an answer")));
    let tell = |text: &str| {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // The word goes before what the user has to do is said.
        drop(waiting.take());
        tell(text);
        *waiting = Some(wait("the sign-in"));
    };
    let signed_in = provider.sign_in(&wanted, User::new(&tell)).await;
    drop(waiting);
    let (session, signed_in) = signed_in?;
    let (until, path) = (&signed_in.until, &signed_in.path);
    if args.json {
        let (start_url, session) = (&session.start_url, session.identifier());
        let record = Record {
            schema: super::SCHEMA,
            session,
            start_url,
            until,
            file: path.to_string_lossy(),
        };
        let record = serde_json::to_string(&record).map_err(io::Error::from)?;
        return Ok(writeln!(out, "{record}")?);
    }
    let (who, path) = (session.in_words(), path.display());
    let where_to = "for the AWS CLI and all SDKs";
    Ok(writeln!(out, "signed in to {who} until {until}; kept in `{path}` {where_to}")?)
}
