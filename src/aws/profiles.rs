//! The AWS files, read by the SDK's own loader, so that what we say of a profile is what the SDK
//! does with it.

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::AwsError;
use crate::settings::Environment;

/// Profiles that name each other in a circle end here; the SDK refuses them later.
const LONGEST_CHAIN: usize = 16;

/// The profiles of `~/.aws/config` and `~/.aws/credentials`, or of the files that `AWS_CONFIG_FILE`
/// and `AWS_SHARED_CREDENTIALS_FILE` name.
pub(super) async fn load(environment: &Environment) -> Result<ProfileSet, AwsError> {
    let files = EnvConfigFiles::default();
    let name = selected(environment).to_owned().into();
    aws_config::profile::load(&Fs::real(), &Env::real(), &files, Some(name))
        .await
        .map_err(|error| AwsError::Files { detail: super::causes::readable(&error) })
}

/// The profile to use. An `AWS_PROFILE` that is set to nothing counts as unset, as every variable
/// does; the SDK would look for a profile without a name.
pub(super) fn selected(environment: &Environment) -> &str {
    environment.get("AWS_PROFILE").unwrap_or("default")
}

/// The profiles whose credentials would be of this account, in order.
pub(super) fn of_account(profiles: &ProfileSet, account: &str) -> Vec<String> {
    let fits = |profile: &Profile| {
        let role_of = |arn: &str| arn.split(':').nth(4) == Some(account);
        profile.get("sso_account_id") == Some(account)
            || profile.get("role_arn").is_some_and(role_of)
            || profile.get("login_session").is_some_and(role_of)
    };
    let mut names: Vec<String> = profiles
        .profiles()
        .filter(|name| profiles.get_profile(name).is_some_and(fits))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names
}

/// The profile and those that it builds on by `source_profile`, in that order.
pub(super) fn chain<'a>(profiles: &'a ProfileSet, name: &str) -> Vec<&'a Profile> {
    let next = |profile: &&'a Profile| {
        let source = profile.get("source_profile").filter(|name| *name != profile.name())?;
        profiles.get_profile(source)
    };
    std::iter::successors(profiles.get_profile(name), next).take(LONGEST_CHAIN).collect()
}

/// The SSO start URL or session of a profile, which names its sign-in: the name of the
/// `sso-session`, else the start URL.
pub(super) fn sso_sign_in(profile: &Profile) -> Option<&str> {
    profile.get("sso_session").or_else(|| profile.get("sso_start_url"))
}
