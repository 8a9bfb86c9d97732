//! The AWS files, read by the SDK's own loader, so that what we say of a profile is what the SDK
//! does with it.

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::AwsError;

/// The profiles of `~/.aws/config` and `~/.aws/credentials`, or of the files that `AWS_CONFIG_FILE`
/// and `AWS_SHARED_CREDENTIALS_FILE` name.
pub(super) async fn load() -> Result<ProfileSet, AwsError> {
    aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None)
        .await
        .map_err(|error| AwsError::Files { detail: super::classify::chain(&error) })
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

/// The SSO start URL or session of a profile, which names its sign-in: the name of the
/// `sso-session`, else the start URL.
pub(super) fn sso_sign_in(profile: &Profile) -> Option<&str> {
    profile.get("sso_session").or_else(|| profile.get("sso_start_url"))
}
