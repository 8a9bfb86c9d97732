//! Which sign-in is meant, where a person names a profile or an `sso-session`.

use aws_config::profile::{Profile, ProfileSet};

use super::super::profiles::AwsFiles;
use super::super::{AwsError, error};
use super::SsoSession;

/// Profiles that name each other in a circle end here.
const LONGEST_CHAIN: usize = 16;

/// The sign-in of the profile, or of the first that it builds on which has one; or the one of this
/// session, for the first profile that uses it.
pub(in crate::aws) fn choose(
    files: &AwsFiles,
    profile: &str,
    session: Option<&str>,
) -> Result<SsoSession, AwsError> {
    let profiles = &files.profiles;
    if let Some(session) = session {
        return of_session(profiles, session);
    }
    if files.get(profile).is_none() {
        let known = error::known_profiles(files);
        return Err(AwsError::NoSuchProfile { name: profile.to_owned(), known });
    }
    let next = |profile: &&Profile| files.get(profile.get("source_profile")?);
    let chain: Vec<_> =
        std::iter::successors(files.get(profile), next).take(LONGEST_CHAIN).collect();
    let found = chain.iter().find_map(|profile| SsoSession::of(profiles, profile));
    found.ok_or_else(|| not_by_sso(profile, &chain))
}

fn of_session(profiles: &ProfileSet, name: &str) -> Result<SsoSession, AwsError> {
    let mut users: Vec<&Profile> =
        profiles.profiles().filter_map(|it| profiles.get_profile(it)).collect();
    users.retain(|profile| profile.get("sso_session") == Some(name));
    users.sort_unstable_by_key(|profile| profile.name());
    let found = users.first().and_then(|profile| SsoSession::of(profiles, profile));
    found.or_else(|| SsoSession::named(profiles, name)).ok_or_else(|| {
        let mut known: Vec<&str> = profiles.sso_sessions().collect();
        known.sort_unstable();
        let known = match known.len() {
            0 => "there are none".to_owned(),
            _ => format!("there are `{}`", known.join("`, `")),
        };
        AwsError::NoSuchSession { name: name.to_owned(), known }
    })
}

fn not_by_sso(profile: &str, chain: &[&Profile]) -> AwsError {
    let login = chain.iter().find(|profile| profile.get("login_session").is_some());
    let hint = match login {
        Some(profile) => format!("it signs in with `aws login --profile {}`", profile.name()),
        None => format!(
            "name another one with `--profile`, or set it up with `aws configure sso --profile {profile}`"
        ),
    };
    AwsError::NotBySso { profile: profile.to_owned(), hint }
}
