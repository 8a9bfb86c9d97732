//! Renewal of an expired SSO session, if the cache has no token: it is refreshed silently if
//! possible, otherwise the user is asked to sign in if that is allowed.
//!
//! One process does it: it takes the session's lock, checks the session again, refreshes it, or
//! asks the user. It frees this lock before it takes the lock for the token, so that no process
//! ever holds both. It records that it asks the user before it does so: a process that waited does
//! not soon repeat a sign-in that was declined, abandoned or killed.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::deadline::Stage;
use super::{Provider, ProviderError, TokenRequest, now};
use crate::aws::{
    AwsError, Identity, Prompt, Refreshed, SignInBy, SignInState, SignedIn, SsoSession,
    TokenFingerprint,
};
use crate::base::browser::Browser;
use crate::base::runtime_environment;
use crate::cache::CacheKey;
use crate::settings::{self, Interactive, SignInMethod};

/// How long the user is not asked again after a failed sign-in.
const NOT_ASKED_AGAIN_FOR: Duration = Duration::from_mins(10);

/// How often a waiting sign-in checks whether the user has signed in elsewhere.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// A user who may be asked to sign in, and how to show them a line at once.
#[derive(Clone, Copy)]
pub struct User<'a>(&'a (dyn Fn(&str) + Send + Sync));

impl<'a> User<'a> {
    /// `announce` shows a line without waiting.
    pub fn new(announce: &'a (dyn Fn(&str) + Send + Sync)) -> Self {
        Self(announce)
    }
}

impl fmt::Debug for User<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("User")
    }
}

/// What the user wants to sign in to.
#[derive(Debug, Default)]
pub struct SignIn<'a> {
    /// If there is none, the profile that the settings or the environment select.
    pub profile: Option<&'a str>,
    /// This `sso-session`, instead of a profile.
    pub session: Option<&'a str>,
    /// The way to sign in; if there is none, that of the settings.
    pub method: Option<SignInMethod>,
    /// Whether a browser may be opened.
    pub opens_browser: bool,
}

/// Whether the user would be asked to sign in.
#[derive(Debug)]
pub struct Interaction {
    pub asks: bool,
    /// The reason.
    pub reason: String,
}

impl Provider {
    /// Signs in, even if the user is signed in already or was asked before.
    pub async fn sign_in(
        &self,
        wanted: &SignIn<'_>,
        user: User<'_>,
    ) -> Result<(SsoSession, SignedIn), ProviderError> {
        let SignIn { profile, session, opens_browser, .. } = *wanted;
        let session = self.session_meant(profile, session)?;
        let method = match wanted.method {
            Some(method) => method,
            None => settings::sign_in_method(&self.environment)?,
        };
        let browser = Browser::find(&self.environment).filter(|_| opens_browser);
        let key = key_of(&session);
        self.cache()?.forget_asked(&key);
        let method = self.method(&session, method, browser);
        let signed_in = self.show_and_wait(&session, method, None, user).await?;
        self.cache()?.forget_asked(&key);
        Ok((session, signed_in))
    }

    /// The session of the profile, or the `sso-session` with this name, or else the session of the
    /// profile that the settings or the environment select.
    pub fn session_meant(
        &self,
        profile: Option<&str>,
        session: Option<&str>,
    ) -> Result<SsoSession, ProviderError> {
        let profiles = match (profile, session) {
            (Some(profile), _) => vec![profile.to_owned()],
            (None, Some(_)) => Vec::new(),
            (None, None) => self.settings()?.without_rule()?.aws.profiles.value,
        };
        Ok(self.aws.sso_session(&profiles, session)?)
    }

    /// Makes sure that the session of the request can be used. True if it was renewed: the caller
    /// must then be looked up again.
    pub(super) async fn renew_sign_in(
        &self,
        request: TokenRequest<'_>,
        user: Option<User<'_>>,
    ) -> Result<bool, ProviderError> {
        let Some(session) = &request.caller.identity.sign_in else { return Ok(false) };
        if session.state(now()) == SignInState::Good {
            return Ok(false);
        }
        self.renew(session, request, user, None).await
    }

    /// Renews a session that its service ended early, as the failure shows.
    pub(super) async fn renew_ended_sign_in(
        &self,
        request: TokenRequest<'_>,
        failure: &ProviderError,
        user: Option<User<'_>>,
    ) -> Result<bool, ProviderError> {
        let (Some(session), ProviderError::Aws(error)) =
            (&request.caller.identity.sign_in, failure)
        else {
            return Ok(false);
        };
        if !error.needs_sign_in() {
            return Ok(false);
        }
        self.renew(session, request, user, Some(session.fingerprint())).await
    }

    async fn renew(
        &self,
        session: &SsoSession,
        request: TokenRequest<'_>,
        user: Option<User<'_>>,
        ended: Option<TokenFingerprint>,
    ) -> Result<bool, ProviderError> {
        let (cache, key) = (self.cache()?, &key_of(session));
        request.deadline.at(Stage::SignIn);
        let is_asked = || cache.asked_ago(key, now(), NOT_ASKED_AGAIN_FOR).is_some();
        let lock = request.deadline.except_for_a_person(cache.lock_sign_in(key), is_asked).await;
        let note = lock.note().unwrap_or_default();
        self.log.line(format_args!("locked the SSO session of `{}` {note}", session.profile));
        let renewed = self.renew_locked(session, request, user, ended).await;
        if let Err(error) = &renewed {
            lock.mark_failed();
            self.log.line(format_args!("the SSO session is not renewed: {error}"));
        }
        renewed
    }

    /// Checks the session again first: the previous holder of the lock has most likely renewed it.
    async fn renew_locked(
        &self,
        session: &SsoSession,
        request: TokenRequest<'_>,
        user: Option<User<'_>>,
        ended: Option<TokenFingerprint>,
    ) -> Result<bool, ProviderError> {
        let has_ended = ended.is_some_and(|ended| ended == session.fingerprint());
        let state = match session.state(now()) {
            _ if has_ended => SignInState::Expired,
            SignInState::Good => return Ok(true),
            state => state,
        };
        let identity = &request.caller.identity;
        let refreshed = self.aws.refresh_sign_in(session, identity, now()).await;
        self.log.line(format_args!("SSO refresh: {refreshed:?}"));
        match (refreshed, state) {
            (Ok(Refreshed::Yes), _) => Ok(true),
            // The access token lives long enough for this request.
            (_, SignInState::AboutToExpire) => Ok(false),
            (Err(error), _) => Err(error.into()),
            (Ok(_), _) => self.ask(session, request, user).await.map(|()| true),
        }
    }

    async fn ask(
        &self,
        session: &SsoSession,
        request: TokenRequest<'_>,
        user: Option<User<'_>>,
    ) -> Result<(), ProviderError> {
        let (profile, settings) = (session.profile.clone(), request.settings()?);
        let may_ask = self.why_not_ask(settings.interactive.value).is_none();
        let Some(user) = user.filter(|_| may_ask) else {
            return Err(AwsError::SsoExpired { profile }.into());
        };
        let (cache, key) = (self.cache()?, key_of(session));
        if let Some(ago) = cache.asked_ago(&key, now(), NOT_ASKED_AGAIN_FOR) {
            let ours = self.failed_sign_ins().get(&key).cloned();
            return Err(ours.unwrap_or_else(|| AwsError::SsoDeclined { profile, ago }.into()));
        }
        let method = settings::sign_in_method(&self.environment)?;
        let method = self.method(session, method, Browser::find(&self.environment));
        let asker = Some(&request.caller.identity);
        let before = session.fingerprint();
        cache.note_asked(&key, now());
        let signing_in = Box::pin(async {
            tokio::select! {
                signed_in = self.show_and_wait(session, method, asker, user) => signed_in.map(drop),
                () = signed_in_elsewhere(session, &before) => Ok(()),
            }
        });
        let signed_in = request.deadline.except_for_a_person(signing_in, || true).await;
        match &signed_in {
            Ok(()) => cache.forget_asked(&key),
            Err(error) => {
                cache.note_asked(&key, now());
                self.failed_sign_ins().insert(key, error.clone());
            }
        }
        signed_in
    }

    fn failed_sign_ins(&self) -> MutexGuard<'_, HashMap<CacheKey, ProviderError>> {
        self.failed_sign_ins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the user is not asked. A client with its own window, such as Visual Studio, allows
    /// interaction whenever it opens a solution. So a terminal is required; NuGet leaves its
    /// client's standard error to us.
    #[expect(clippy::disallowed_methods, reason = "it is only looked at, for what it is")]
    fn why_not_ask(&self, interactive: Interactive) -> Option<String> {
        match interactive {
            Interactive::Never => Some("`interactive` is never".to_owned()),
            Interactive::Always => None,
            Interactive::Auto if io::stderr().is_terminal() => {
                runtime_environment::ci(&self.environment)
            }
            Interactive::Auto => runtime_environment::ci(&self.environment)
                .or_else(|| Some("standard error is no terminal".to_owned())),
        }
    }

    /// Whether a request with this identity may make the plugin ask the user.
    pub fn interaction(&self, identity: &Identity, interactive: Interactive) -> Interaction {
        match self.when_asked(identity, interactive) {
            Ok(when) => {
                let where_allowed = "where NuGet may interact (`dotnet restore --interactive`)";
                Interaction { asks: true, reason: format!("{when}, {where_allowed}") }
            }
            Err(reason) => Interaction { asks: false, reason },
        }
    }

    /// When the user is asked, or why not.
    fn when_asked(
        &self,
        identity: &Identity,
        interactive: Interactive,
    ) -> Result<&'static str, String> {
        let session = identity.sign_in.as_ref().ok_or("no sign-in is behind the identity")?;
        if let Some(reason) = self.why_not_ask(interactive) {
            return Err(reason);
        }
        let cache = self.cache().ok();
        let asked_ago =
            cache.and_then(|it| it.asked_ago(&key_of(session), now(), NOT_ASKED_AGAIN_FOR));
        if let Some(ago) = asked_ago {
            let minutes = NOT_ASKED_AGAIN_FOR.saturating_sub(ago).as_secs().div_ceil(60);
            return Err(format!("a sign-in did not come about; asked again in {minutes} min"));
        }
        Ok(match session.state(now()) {
            SignInState::Expired => "now",
            SignInState::Good | SignInState::AboutToExpire => "once the sign-in has ended",
        })
    }

    /// How to sign in, and what opens the page. The older form of profiles supports codes only.
    fn method(
        &self,
        session: &SsoSession,
        method: SignInMethod,
        browser: Option<Browser>,
    ) -> (SignInBy, Option<Browser>) {
        match method {
            _ if session.name.is_none() => (SignInBy::Device, browser),
            SignInMethod::Auto if browser.is_none() => (SignInBy::Device, None),
            SignInMethod::Auto => (SignInBy::Browser, browser),
            SignInMethod::Device => (SignInBy::Device, browser),
            SignInMethod::Browser => {
                let system = Browser::of_this_system(&self.environment);
                (SignInBy::Browser, browser.or(system))
            }
        }
    }

    async fn show_and_wait(
        &self,
        session: &SsoSession,
        (by, browser): (SignInBy, Option<Browser>),
        asker: Option<&Identity>,
        user: User<'_>,
    ) -> Result<SignedIn, ProviderError> {
        let show = |prompt: &Prompt| {
            (user.0)(&line(session, prompt, browser.is_some()));
            if let Some(browser) = &browser {
                let opened = browser.open(&prompt.address);
                self.log.line(format_args!("opening a browser: {opened:?}"));
            }
        };
        let signed_in = self.aws.sign_in(session, by, asker, now, &show).await?;
        self.log.line(format_args!("signed in to `{}` for {by:?}", session.identifier()));
        Ok(signed_in)
    }
}

fn line(session: &SsoSession, Prompt { address, code }: &Prompt, is_opened: bool) -> String {
    let (profile, address) = (&session.profile, address.as_str());
    let sign_in = format!("sign in to AWS for profile `{profile}`");
    match code {
        Some(code) => format!("{sign_in}: open {address} and confirm the code {code}"),
        None if is_opened => {
            format!("{sign_in} in the browser that opens; if none does: {address}")
        }
        None => format!("{sign_in}: open {address} in a browser on this machine"),
    }
}

/// The AWS CLI and `login` write the same file.
async fn signed_in_elsewhere(session: &SsoSession, before: &TokenFingerprint) {
    while session.fingerprint() == *before || session.state(now()) != SignInState::Good {
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

fn key_of(session: &SsoSession) -> CacheKey {
    CacheKey::of(&["sso-sign-in", session.identifier()])
}
