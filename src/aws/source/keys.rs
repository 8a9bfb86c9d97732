//! Access keys, of the environment or of a profile.

use aws_credential_types::Credentials;

use super::Loader;
use super::selectors::{Selectors, digest};
use super::usable::Names;
use crate::aws::AwsError;
use crate::aws::files::{In, Profile};
use crate::base::environment::Environment;
use crate::base::secret::Secret;

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub id: String,
    pub secret: Secret,
    pub session_token: Option<Secret>,
}

impl Keys {
    /// The environment's access key. A key id without its secret ends the search with an error, as in
    /// the AWS CLI: on CI, one of two secrets is often missing. A blank value counts as none; the
    /// secret and the session token also have older variable names.
    pub(in crate::aws) fn of_environment(
        environment: &Environment,
    ) -> Result<Option<Self>, AwsError> {
        let Some(id) = trimmed(environment, "AWS_ACCESS_KEY_ID") else { return Ok(None) };
        let secret = SECRET_VARIABLES.into_iter().find_map(|name| trimmed(environment, name));
        let Some(secret) = secret else {
            return Err(AwsError::HalfKey {
                variable: "AWS_ACCESS_KEY_ID",
                missing: SECRET_VARIABLES[0],
            });
        };
        let token = TOKEN_VARIABLES.into_iter().find_map(|name| trimmed(environment, name));
        let (id, secret) = (id.to_owned(), Secret::new(secret));
        Ok(Some(Self { id, secret, session_token: token.map(Secret::new) }))
    }

    /// The access key that one of the files has for a profile. Key, secret and session token are of
    /// the same file. Half a key ends the search with an error, because it was meant to be one.
    pub(super) fn of_profile(profile: &Profile, file: In) -> Result<Option<Self>, AwsError> {
        let get = |key| profile.get_in(file, key).filter(|value| !value.is_empty());
        let detail = match (profile.get_in(file, ID), get(ID), get(SECRET)) {
            (None, ..) => return Ok(None),
            (Some(_), Some(id), Some(secret)) => {
                let token = get("aws_security_token").or_else(|| get("aws_session_token"));
                let (id, secret) = (id.to_owned(), Secret::new(secret));
                return Ok(Some(Self { id, secret, session_token: token.map(Secret::new) }));
            }
            (Some(_), None, _) => "`aws_access_key_id` is empty",
            (Some(_), Some(_), None) => {
                "it has `aws_access_key_id`, but no `aws_secret_access_key`"
            }
        };
        Err(profile.broken_in(file, detail))
    }

    /// Why a profile without a key id has no access key, although it has other parts of one.
    pub(super) fn remains_in(profile: &Profile) -> Option<AwsError> {
        let has = |key| profile.get_some(key).is_some();
        let detail = if has(SECRET) {
            "it has `aws_secret_access_key`, but no `aws_access_key_id`"
        } else if has("aws_session_token") || has("aws_security_token") {
            "it has a session token, but no key"
        } else {
            return None;
        };
        Some(profile.broken(detail))
    }

    pub(super) fn add_to(&self, selectors: &mut Selectors<'_>) {
        selectors.add("key", &digest(&self.id));
    }

    pub(super) fn describe(&self) -> String {
        match self.session_token {
            Some(_) => "an access key with a session token".to_owned(),
            None => "an access key".to_owned(),
        }
    }

    /// The variables that have these values, or else the keys of the profile that has them.
    pub(super) fn names(&self, loader: &Loader<'_>) -> Names {
        let environment = loader.environment;
        if Self::of_environment(environment).is_ok_and(|keys| keys.as_ref() == Some(self)) {
            let first = |names: [&str; 2]| {
                let set = names.into_iter().find(|name| trimmed(environment, name).is_some());
                set.unwrap_or(names[0]).to_owned()
            };
            return Names {
                id: "AWS_ACCESS_KEY_ID".to_owned(),
                secret: first(SECRET_VARIABLES),
                token: first(TOKEN_VARIABLES),
            };
        }
        let mut profiles = loader.files.names().into_iter();
        let profile = profiles.find(|name| {
            let of_file = |profile, file| Self::of_profile(profile, file).ok().flatten();
            loader.files.get(name).is_some_and(|profile| {
                let both = [In::Credentials, In::Config].map(|file| of_file(profile, file));
                both.iter().flatten().any(|keys| keys == self)
            })
        });
        let place = format!("of profile `{}`", profile.unwrap_or_default());
        Names::in_json([ID, SECRET, "aws_session_token"], &place)
    }

    pub(super) fn load(&self) -> Credentials {
        let token = self.session_token.as_ref().map(|token| token.expose().to_owned());
        Credentials::new(&self.id, self.secret.expose(), token, None, "keys")
    }
}

const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";

const SECRET_VARIABLES: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"];

/// In the AWS CLI's order.
const TOKEN_VARIABLES: [&str; 2] = ["AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"];

/// Whether the profile has a key, or half of one.
pub(super) fn are_in(profile: &Profile) -> bool {
    profile.get(ID).is_some() || profile.get(SECRET).is_some()
}

fn trimmed<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    environment.get(name).map(str::trim).filter(|value| !value.is_empty())
}
