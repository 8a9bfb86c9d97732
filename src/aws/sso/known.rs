//! The sign-ins that the AWS files name, and how each stands.

use std::time::SystemTime;

use super::super::profiles::AwsFiles;
use super::refresh::is_refreshable;
use super::token_file::TokenFile;
use super::{SsoSession, times};

/// A sign-in that some profile or `sso-session` stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSignIn {
    pub session: SsoSession,
    /// The profiles that use it, in order.
    pub profiles: Vec<String>,
    /// None where nobody has signed in.
    pub signed_in: Option<SignedInUntil>,
}

/// Until when somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedInUntil {
    /// Of the access token.
    pub expires_at: SystemTime,
    /// Whether a new access token can be asked for without anybody being asked.
    pub is_refreshable: bool,
}

/// Each sign-in once, in the order of what it is named by.
pub(in crate::aws) fn known(files: &AwsFiles, now: SystemTime) -> Vec<KnownSignIn> {
    let mut known: Vec<KnownSignIn> = Vec::new();
    for profile in files.names().into_iter().filter_map(|name| files.get(name)) {
        let Some(session) = SsoSession::of(&files.profiles, profile) else { continue };
        let name = profile.name().to_owned();
        match known.iter_mut().find(|it| it.session.identifier() == session.identifier()) {
            Some(sign_in) => sign_in.profiles.push(name),
            None => known.push(KnownSignIn::new(session, vec![name], now)),
        }
    }
    for name in files.profiles.sso_sessions() {
        let is_known = known.iter().any(|it| it.session.identifier() == name);
        let session = SsoSession::named(&files.profiles, name).filter(|_| !is_known);
        known.extend(session.map(|session| KnownSignIn::new(session, Vec::new(), now)));
    }
    known.sort_by(|one, other| one.session.identifier().cmp(other.session.identifier()));
    known
}

/// Until when somebody is signed in to the session, as the shared file says.
pub(in crate::aws) fn signed_in(session: &SsoSession, now: SystemTime) -> Option<SignedInUntil> {
    let sign_in = TokenFile::of(session)?.read().filter(|sign_in| sign_in.is_of(session))?;
    let is_refreshable = is_refreshable(&sign_in, now);
    Some(SignedInUntil { expires_at: sign_in.expires_at, is_refreshable })
}

impl KnownSignIn {
    fn new(session: SsoSession, profiles: Vec<String>, now: SystemTime) -> Self {
        let signed_in = signed_in(&session, now);
        Self { session, profiles, signed_in }
    }
}

impl SignedInUntil {
    /// As the shared file has it.
    pub fn text(&self) -> String {
        times::written(self.expires_at)
    }
}
