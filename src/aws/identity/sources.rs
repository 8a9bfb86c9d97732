//! Sources of credentials one by one, as variables and profiles have them.

use aws_config::profile::Profile;

use super::plan::{Keys, SsoRole};
use crate::aws::AwsError;
use crate::aws::profiles::AwsFiles;
use crate::aws::sso::SsoSession;
use crate::base::environment::Environment;
use crate::base::secret::Secret;

pub(super) fn has_keys(profile: &Profile) -> bool {
    ["aws_access_key_id", "aws_secret_access_key"].iter().any(|key| profile.get(key).is_some())
}

/// The keys of a profile. Half a key ends the search: it was meant to be one.
pub(super) fn keys(profile: &Profile) -> Result<Option<Keys>, AwsError> {
    let get = |key| profile.get(key).map(str::to_owned);
    let token = get("aws_session_token").or_else(|| get("aws_security_token"));
    match (get("aws_access_key_id"), get("aws_secret_access_key"), token) {
        (None, None, None) => Ok(None),
        (Some(id), Some(secret), token) => Ok(Some(Keys {
            id,
            secret: Secret::new(secret),
            session_token: token.map(Secret::new),
        })),
        (Some(_), None, _) => {
            Err(broken(profile, "it has `aws_access_key_id`, but no `aws_secret_access_key`"))
        }
        (None, Some(_), _) => {
            Err(broken(profile, "it has `aws_secret_access_key`, but no `aws_access_key_id`"))
        }
        (None, None, Some(_)) => Err(broken(profile, "it has a session token, but no key")),
    }
}

/// The environment's keys; half a key is none. Blanks count for nothing, and the secret has an older
/// name, as in the SDK.
pub(super) fn environment_keys(environment: &Environment) -> Option<Keys> {
    let get = |name| environment.get(name).map(str::trim).filter(|value| !value.is_empty());
    let secret = get("AWS_SECRET_ACCESS_KEY").or_else(|| get("SECRET_ACCESS_KEY"))?;
    Some(Keys {
        id: get("AWS_ACCESS_KEY_ID")?.to_owned(),
        secret: Secret::new(secret),
        session_token: get("AWS_SESSION_TOKEN").map(Secret::new),
    })
}

pub(super) fn has_container(environment: &Environment) -> bool {
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        .iter()
        .any(|name| environment.get(name).is_some())
}

/// An account or a role makes a profile one of SSO. Without both it gives access tokens to others.
pub(super) fn sso(files: &AwsFiles, profile: &Profile) -> Result<Option<SsoRole>, AwsError> {
    let (account, role) = match (profile.get("sso_account_id"), profile.get("sso_role_name")) {
        (None, None) => return Ok(None),
        (Some(account), Some(role)) => (account.to_owned(), role.to_owned()),
        (Some(_), None) => {
            return Err(broken(profile, "it has `sso_account_id`, but no `sso_role_name`"));
        }
        (None, Some(_)) => {
            return Err(broken(profile, "it has `sso_role_name`, but no `sso_account_id`"));
        }
    };
    if let Some(name) = profile.get("sso_session")
        && files.profiles.sso_session(name).is_none()
    {
        return Err(broken(profile, format!("its `sso_session` `{name}` is in no AWS file")));
    }
    let missing = || broken(profile, "`sso_start_url` or `sso_region` is missing");
    let session = SsoSession::of(&files.profiles, profile).ok_or_else(missing)?;
    Ok(Some(SsoRole { session, account, role }))
}

/// Why a profile without credentials has none.
pub(super) fn nothing_in(profile: &Profile) -> &'static str {
    let is_sign_in = ["sso_session", "sso_start_url"].iter().any(|key| profile.get(key).is_some());
    if is_sign_in {
        "it lacks `sso_account_id` and `sso_role_name`"
    } else {
        "there are no credentials in it"
    }
}

pub(super) fn broken(profile: &Profile, detail: impl Into<String>) -> AwsError {
    AwsError::BrokenProfile { name: profile.name().to_owned(), detail: detail.into() }
}
