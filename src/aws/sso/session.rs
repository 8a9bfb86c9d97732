//! The sign-ins of IAM Identity Center that the shared config file names, and which of them is
//! meant.
//!
//! Nothing else can name one: no variable can point a user's sign-in at somebody else's start URL.

use std::path::PathBuf;

use crate::aws::error::AwsError;
use crate::aws::files::{AwsFiles, Profile};
use crate::aws::region;
use crate::base::text::printable;

/// The scopes that a client requests if `sso_registration_scopes` is not set.
const DEFAULT_SCOPE: &str = "sso:account:access";

/// The limit ends a search through profiles that name each other in a circle.
const LONGEST_CHAIN: usize = 16;

/// A sign-in of IAM Identity Center, as the shared config file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoSession {
    /// The `sso-session`'s name. None for a profile of the older form.
    pub name: Option<String>,
    pub start_url: String,
    pub region: String,
    /// `sso_registration_scopes`.
    pub scopes: Vec<String>,
    /// The profile by which it was found, for commands that people paste.
    pub profile: String,
    /// The folder with the files that the AWS CLI and all SDKs share. None if this user has no
    /// home.
    pub(super) cache: Option<PathBuf>,
}

impl SsoSession {
    /// The sign-in that the profile itself names. None if it names none, or names it incompletely.
    pub(in crate::aws) fn of(files: &AwsFiles, profile: &Profile) -> Option<Self> {
        match profile.get("sso_session") {
            Some(name) => Self::in_section(files, name, profile.name()),
            None => Self::new(files, None, profile.name(), |key| profile.get(key)),
        }
    }

    /// The `sso-session` of this name, which no profile needs to use.
    fn named(files: &AwsFiles, name: &str) -> Option<Self> {
        Self::in_section(files, name, "default")
    }

    fn in_section(files: &AwsFiles, name: &str, profile: &str) -> Option<Self> {
        if !files.sso_sessions().contains(&name) {
            return None;
        }
        Self::new(files, Some(name), profile, |key| files.of_sso_session(name, key))
    }

    /// Fails if the section cannot be used, says something else than the profile that uses it, or has
    /// no region.
    pub(in crate::aws) fn check(&self, files: &AwsFiles) -> Result<(), AwsError> {
        let profile = files.get(&self.profile);
        if let Some(name) = &self.name {
            let others = ["sso_start_url", "sso_region", "sso_registration_scopes"];
            let differs = |key: &&str| {
                let both = (files.of_sso_session(name, key), profile.and_then(|it| it.get(key)));
                matches!(both, (Some(one), Some(other)) if one != other)
            };
            let fault = files.fault_of_sso_session(name).map(str::to_owned);
            let fault = fault.or_else(|| {
                let key = others.iter().find(|key| differs(key))?;
                Some(format!("its `{key}` is not that of its `sso_session` `{name}`"))
            });
            if let Some(fault) = fault {
                let nowhere =
                    || AwsError::broken_profile(&self.profile, &fault, std::iter::empty());
                return Err(profile.map_or_else(nowhere, |profile| profile.broken(&fault)));
            }
        }
        region::check(&self.region, || format!("`sso_region` of {}", self.in_words()))
    }

    fn new<'a>(
        files: &AwsFiles,
        name: Option<&str>,
        profile: &str,
        get: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<Self> {
        let scopes = get("sso_registration_scopes").unwrap_or_default().split(',');
        let scopes = scopes.map(str::trim).filter(|scope| !scope.is_empty());
        Some(Self {
            name: name.map(str::to_owned),
            start_url: get("sso_start_url")?.to_owned(),
            region: get("sso_region")?.trim().to_owned(),
            scopes: scopes.map(str::to_owned).collect(),
            profile: profile.to_owned(),
            cache: files.sso_cache(),
        })
    }

    /// The sign-in that a person means: that of this session, for the first profile that uses it;
    /// or else that of the profile, or of the first profile in its chain of source profiles that
    /// has one.
    pub(in crate::aws) fn choose(
        files: &AwsFiles,
        profile: &str,
        session: Option<&str>,
    ) -> Result<Self, AwsError> {
        if let Some(session) = session {
            return Self::choose_named(files, session);
        }
        let Some(first) = files.get(profile) else {
            let missing = || AwsError::no_such_profile(profile, &files.known());
            return Err(files.almost(profile).unwrap_or_else(missing));
        };
        let mut chain = vec![first];
        while let Some(next) = chain.last().and_then(|it| files.get(it.get("source_profile")?)) {
            if chain.len() == LONGEST_CHAIN {
                break;
            }
            chain.push(next);
        }
        if let Some(odd) = chain.iter().find(|profile| profile.fault().is_some()) {
            return Err(odd.broken(odd.fault().unwrap_or_default()));
        }
        let found = chain.iter().find_map(|profile| Self::of(files, profile));
        let found = found.ok_or_else(|| not_by_sso(profile, &chain))?;
        found.check(files).map(|()| found)
    }

    fn choose_named(files: &AwsFiles, name: &str) -> Result<Self, AwsError> {
        let mut profiles = files.names().into_iter().filter_map(|name| files.get(name));
        let user = profiles.find(|profile| profile.get("sso_session") == Some(name));
        let found = user.and_then(|profile| Self::of(files, profile));
        found.or_else(|| Self::named(files, name)).ok_or_else(|| {
            let known = files.sso_sessions();
            let known = match known.len() {
                0 => "there are no sessions".to_owned(),
                _ => format!("existing sessions: `{}`", known.join("`, `")),
            };
            AwsError::NoSuchSession { name: name.to_owned(), known }
        })
    }

    /// Each sign-in that the shared config file names once, with the profiles that use it, in the order
    /// of the identifiers.
    pub(super) fn all(files: &AwsFiles) -> Vec<(Self, Vec<String>)> {
        let mut all: Vec<(Self, Vec<String>)> = Vec::new();
        for profile in files.names().into_iter().filter_map(|name| files.get(name)) {
            let Some(session) = Self::of(files, profile) else { continue };
            let name = profile.name().to_owned();
            match all.iter_mut().find(|(known, _)| known.identifier() == session.identifier()) {
                Some((_, profiles)) => profiles.push(name),
                None => all.push((session, vec![name])),
            }
        }
        for name in files.sso_sessions() {
            if !all.iter().any(|(known, _)| known.identifier() == name) {
                all.extend(Self::named(files, name).map(|session| (session, Vec::new())));
            }
        }
        all.sort_by(|(one, _), (other, _)| one.identifier().cmp(other.identifier()));
        all
    }

    /// The name of the sign-in, for people.
    pub fn in_words(&self) -> String {
        match &self.name {
            Some(name) => format!("the SSO session `{}`", printable(name)),
            None => format!("the SSO start URL {}", printable(&self.start_url)),
        }
    }

    /// The text whose digest names the shared file.
    pub fn identifier(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.start_url)
    }

    /// The scopes to request. Without a scope the service issues no refresh token. A profile of the
    /// older form never gets a refresh token.
    pub(super) fn scopes(&self) -> Vec<String> {
        match &*self.scopes {
            [] if self.name.is_some() => vec![DEFAULT_SCOPE.to_owned()],
            scopes => scopes.to_vec(),
        }
    }
}

fn not_by_sso(profile: &str, chain: &[&Profile]) -> AwsError {
    let login = chain.iter().find(|profile| profile.get("login_session").is_some());
    let login = login.map(|profile| profile.name().to_owned());
    AwsError::NotBySso { profile: profile.to_owned(), login }
}
