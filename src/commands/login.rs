//! `login`: signs in to an SSO session by hand, for the plugin, the AWS CLI and all SDKs.

use std::io::{self, Write};

use thiserror::Error;

use crate::cli::LoginArgs;
use crate::provider::{Provider, ProviderError, SignIn, User};
use crate::settings::SignInMethod;
use crate::text::printable;

/// Why nobody is signed in.
#[derive(Debug, Error)]
pub enum LoginError {
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("you are signed in, but that cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Shows address and code by `tell`, waits, and says on `out` until when whom is signed in.
pub async fn run(
    args: &LoginArgs,
    provider: &Provider,
    out: &mut dyn Write,
    tell: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), LoginError> {
    let wanted = SignIn {
        profile: args.profile.as_deref(),
        session: args.sso_session.as_deref(),
        method: (args.use_device_code || args.no_browser).then_some(SignInMethod::Device),
        opens_browser: !args.no_browser,
    };
    let (session, signed_in) = provider.sign_in(&wanted, User::new(tell)).await?;
    let who = match &session.name {
        Some(name) => format!("the SSO session `{name}`"),
        None => format!("the SSO start URL {}", printable(&session.start_url)),
    };
    let (until, path) = (signed_in.until, signed_in.path.display());
    Ok(writeln!(
        out,
        "signed in to {who} until {until}; kept in `{path}` for the AWS CLI and all SDKs"
    )?)
}
