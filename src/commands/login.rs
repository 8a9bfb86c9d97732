//! `login`: signs in to an SSO session on request, for the plugin, the AWS CLI and all SDKs.

use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use thiserror::Error;

use super::progress::Wait;
use super::source;
use crate::aws::{SsoSession, profile_of};
use crate::cli::LoginArgs;
use crate::code::{Code, Coded};
use crate::provider::{Provider, ProviderError, SignIn, User};
use crate::report::Output;
use crate::settings::SignInMethod;

/// Why the sign-in failed.
#[derive(Debug, Error)]
pub enum LoginError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("you are signed in, but that cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Coded for LoginError {
    fn code(&self) -> Code {
        match self {
            Self::Provider(error) => error.code(),
            Self::Output(_) => Code::OutputFailed,
        }
    }

    fn fix(&self) -> Option<String> {
        match self {
            Self::Provider(error) => error.fix(),
            Self::Output(_) => None,
        }
    }
}

/// The sign-in. Names of the JSON must not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SignInReport {
    sso_session: Option<String>,
    start_url: String,
    expiration: String,
    /// The shared file with the sign-in.
    path: String,
    #[serde(skip)]
    what: String,
}

/// Shows address and code by `announce`, waits, and prints on `out` when the sign-in expires.
pub async fn run(
    args: &LoginArgs,
    provider: &Provider,
    out: &mut Output<'_>,
    announce: &(dyn Fn(&str) + Send + Sync),
    wait: Wait<'_>,
) -> Result<(), LoginError> {
    let report = sign_in(args, provider, announce, wait).await?;
    if out.is_json() {
        return Ok(out.json(&report, &[])?);
    }
    let SignInReport { what, expiration, path, .. } = report;
    writeln!(
        out,
        "signed in to {what} until {expiration}; kept in `{path}` for the AWS CLI and all SDKs"
    )?;
    Ok(())
}

/// The profile of the only session that the sources of this folder need, or else of the only session
/// in the shared files. None if the profile that the settings or the environment select signs in, or
/// if there is a choice.
async fn profile_needed(provider: &Provider) -> Option<String> {
    let settings = provider.settings().and_then(|settings| Ok(settings.without_rule()?));
    let is_named = settings.is_ok_and(|settings| !settings.aws.profiles.value.is_empty());
    // A profile that is named is never replaced by another.
    if is_named || profile_of(provider.environment()).is_some() {
        return None;
    }
    let sources = source::config_here(provider.locations()).ok();
    let sources = sources.map(|config| config.sources(provider.environment())).unwrap_or_default();
    let mut sessions: Vec<SsoSession> = Vec::new();
    for source in sources.iter().filter(|source| source.is_enabled) {
        let Ok(endpoint) = provider.endpoint(&source.url) else { continue };
        let resolved = provider.resolve(&endpoint);
        let caller = provider.caller(&resolved).await.ok();
        let session = caller.and_then(|caller| caller.identity.sign_in.clone());
        let is_new = |session: &SsoSession| {
            sessions.iter().all(|other| other.identifier() != session.identifier())
        };
        sessions.extend(session.filter(is_new));
    }
    if let [session] = &*sessions {
        return Some(session.profile.clone());
    }
    if provider.session_meant(None, None).is_ok() {
        return None;
    }
    match &*provider.sign_ins().ok()? {
        [only] => only.profiles.first().cloned(),
        _ => None,
    }
}

async fn sign_in(
    args: &LoginArgs,
    provider: &Provider,
    announce: &(dyn Fn(&str) + Send + Sync),
    wait: Wait<'_>,
) -> Result<SignInReport, ProviderError> {
    let profile = match (&args.profile, &args.sso_session) {
        (None, None) => profile_needed(provider).await,
        (profile, _) => profile.clone(),
    };
    let wanted = SignIn {
        profile: profile.as_deref(),
        session: args.sso_session.as_deref(),
        method: (args.use_device_code || args.no_browser).then_some(SignInMethod::Device),
        opens_browser: !args.no_browser,
    };
    let waiting = Mutex::new(Some(wait("an answer")));
    let announce = |text: &str| {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // The progress line must end before the user reads the instructions.
        drop(waiting.take());
        announce(text);
        *waiting = Some(wait("the sign-in"));
    };
    let signed_in = provider.sign_in(&wanted, User::new(&announce)).await;
    drop(waiting);
    let (session, signed_in) = signed_in?;
    Ok(SignInReport {
        what: session.in_words(),
        sso_session: session.name,
        start_url: session.start_url,
        expiration: signed_in.until,
        path: signed_in.path.to_string_lossy().into_owned(),
    })
}
