//! Access keys, of the environment or of a profile.

use aws_config::profile::Profile;
use aws_credential_types::Credentials;

use super::Loader;
use super::selectors::{Selectors, digest};
use super::usable::Names;
use crate::aws::AwsError;
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
    /// The environment's access key. Half a key counts as none, and so does a blank one; the secret
    /// also has an older variable name. All three rules are the SDK's.
    pub(in crate::aws) fn of_environment(environment: &Environment) -> Option<Self> {
        let secret = trimmed(environment, "AWS_SECRET_ACCESS_KEY")
            .or_else(|| trimmed(environment, "SECRET_ACCESS_KEY"))?;
        Some(Self {
            id: trimmed(environment, "AWS_ACCESS_KEY_ID")?.to_owned(),
            secret: Secret::new(secret),
            session_token: trimmed(environment, "AWS_SESSION_TOKEN").map(Secret::new),
        })
    }

    /// A profile's access key. Half a key ends the search with an error, because it was meant to be
    /// one.
    pub(super) fn of_profile(profile: &Profile) -> Result<Option<Self>, AwsError> {
        let token = profile.get("aws_session_token").or_else(|| profile.get("aws_security_token"));
        let detail = match (profile.get(ID), profile.get(SECRET)) {
            (Some(id), Some(secret)) => {
                let (id, secret) = (id.to_owned(), Secret::new(secret));
                return Ok(Some(Self { id, secret, session_token: token.map(Secret::new) }));
            }
            (Some(_), None) => "it has `aws_access_key_id`, but no `aws_secret_access_key`",
            (None, Some(_)) => "it has `aws_secret_access_key`, but no `aws_access_key_id`",
            (None, None) if token.is_some() => "it has a session token, but no key",
            (None, None) => return Ok(None),
        };
        Err(AwsError::broken_profile(profile.name(), detail))
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
        if Self::of_environment(loader.environment).as_ref() == Some(self) {
            let [id, secret, token] =
                ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
            return Names { id: id.into(), secret: secret.into(), token: token.into() };
        }
        let mut profiles = loader.files.names().into_iter();
        let profile = profiles.find(|name| {
            let keys = loader.files.get(name).and_then(|it| Self::of_profile(it).ok().flatten());
            keys.as_ref() == Some(self)
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

/// Whether the profile has a key, or half of one.
pub(super) fn are_in(profile: &Profile) -> bool {
    profile.get(ID).is_some() || profile.get(SECRET).is_some()
}

fn trimmed<'a>(environment: &'a Environment, name: &str) -> Option<&'a str> {
    environment.get(name).map(str::trim).filter(|value| !value.is_empty())
}
