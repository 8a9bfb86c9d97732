//! Which source of credentials counts where there are several: the AWS CLI's order.
//!
//! | | source | where |
//! | --- | --- | --- |
//! | 1 | keys of the environment | `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY` |
//! | 2 | the profile's role | `role_arn` with `source_profile` or `credential_source` |
//! | 3 | web identity | `AWS_WEB_IDENTITY_TOKEN_FILE`, else the profile's `web_identity_token_file` |
//! | 4 | the profile's sign-in | `sso_account_id` with `sso_role_name` |
//! | 5 | the profile's keys, of the credentials file | `aws_access_key_id` |
//! | 6 | the profile's session of `aws login` | `login_session` |
//! | 7 | the profile's process | `credential_process` |
//! | 8 | the profile's keys, of the configuration file | `aws_access_key_id` |
//! | 9 | the container's role | `AWS_CONTAINER_CREDENTIALS_…_URI` |
//! | 10 | the instance's role | asked for, where there is nothing else |
//!
//! Unlike the AWS CLI we go no further than 8 where somebody named the profile: a typo or a profile
//! that yields nothing never becomes another identity. A rule's profile is used as one that the CLI's
//! `--profile` names: without 1, and with the profile's own web identity only. A rule that prefers the
//! profile moves 1, and 3 as far as it is the environment's, behind 8.

use std::path::PathBuf;

use aws_config::profile::Profile;

use super::plan::{Plan, Role, Source, WebIdentity};
use super::sources::{broken, environment_keys, has_container, has_keys, keys, nothing_in, sso};
use crate::aws::AwsError;
use crate::aws::profiles::AwsFiles;
use crate::base::environment::Environment;
use crate::base::secret::Secret;

/// One place to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    EnvironmentKeys,
    ProfileRole,
    /// Of the environment, else the profile's.
    WebIdentity,
    EnvironmentWebIdentity,
    ProfileWebIdentity,
    Sso,
    CredentialsFileKeys,
    Login,
    Process,
    ConfigFileKeys,
    Container,
    Instance,
}

impl Place {
    /// For people who have no credentials.
    fn name(self) -> &'static str {
        match self {
            Self::EnvironmentKeys => "AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY",
            Self::WebIdentity | Self::EnvironmentWebIdentity => "web identity",
            Self::Container => "container",
            Self::Instance => "instance metadata",
            _ => "the AWS files' profile `default`",
        }
    }
}

/// The places' names, each once.
pub(super) fn names(places: &[Place]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for place in places {
        if !names.contains(&place.name()) {
            names.push(place.name());
        }
    }
    names
}

/// The profile's places, where the environment may have a word.
pub(super) const PROFILE_AND_ENVIRONMENT: [Place; 7] = {
    let mut places = PROFILE_ALONE;
    places[1] = Place::WebIdentity;
    places
};

/// The profile's places.
pub(super) const PROFILE_ALONE: [Place; 7] = [
    Place::ProfileRole,
    Place::ProfileWebIdentity,
    Place::Sso,
    Place::CredentialsFileKeys,
    Place::Login,
    Place::Process,
    Place::ConfigFileKeys,
];

/// Where it is looked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub environment: &'a Environment,
    pub files: &'a AwsFiles,
    /// The profile's name; there may be none of it.
    pub profile: &'a str,
}

/// A plan for credentials, and the place that it came from.
pub(super) type Found = Option<(Place, Plan)>;

impl<'a> Search<'a> {
    /// The first of the places that has credentials, whole or broken.
    pub(super) fn first_of(&self, places: &[Place]) -> Result<Found, AwsError> {
        for place in places {
            if let Some(plan) = self.at(*place)? {
                return Ok(Some((*place, plan)));
            }
        }
        Ok(None)
    }

    fn at(&self, place: Place) -> Result<Option<Plan>, AwsError> {
        let environment = self.environment;
        let source = match place {
            Place::EnvironmentKeys => environment_keys(environment).map(Source::Keys),
            Place::EnvironmentWebIdentity => self.web_identity(true, None)?,
            Place::Container => has_container(environment).then_some(Source::Container),
            Place::Instance => Some(Source::Instance),
            Place::WebIdentity => self.web_identity(true, self.profile())?,
            _ => {
                let Some(profile) = self.profile() else { return Ok(None) };
                return self.at_profile(place, profile);
            }
        };
        Ok(source.map(Plan::of))
    }

    fn at_profile(&self, place: Place, profile: &'a Profile) -> Result<Option<Plan>, AwsError> {
        let is_of_credentials = self.files.has_key_in_credentials(profile);
        let source = match place {
            Place::ProfileRole => return self.role_and_source(profile),
            Place::ProfileWebIdentity => self.web_identity(false, Some(profile))?,
            Place::Sso => sso(self.files, profile)?.map(Source::Sso),
            Place::CredentialsFileKeys if is_of_credentials => keys(profile)?.map(Source::Keys),
            Place::ConfigFileKeys => keys(profile)?.map(Source::Keys),
            Place::Login => profile.get("login_session").map(|session| Source::Login {
                profile: profile.name().to_owned(),
                session: session.to_owned(),
            }),
            Place::Process => profile
                .get("credential_process")
                .map(|command| Source::Process(Secret::new(command))),
            _ => None,
        };
        Ok(source.map(Plan::of))
    }

    fn profile(&self) -> Option<&'a Profile> {
        self.files.get(self.profile)
    }

    /// The environment's values first, one by one, as with the AWS CLI.
    fn web_identity(
        &self,
        reads_environment: bool,
        profile: Option<&Profile>,
    ) -> Result<Option<Source>, AwsError> {
        let variable = |name| self.environment.get(name).filter(|_| reads_environment);
        let property = |name| profile.and_then(|profile| profile.get(name));
        let get = |name, key| variable(name).or_else(|| property(key)).map(str::to_owned);
        let file = get("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
        let Some(token_file) = file.map(PathBuf::from) else { return Ok(None) };
        let role_arn = get("AWS_ROLE_ARN", "role_arn").ok_or_else(|| match profile {
            Some(profile) if variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_none() => {
                broken(profile, "it has `web_identity_token_file`, but no `role_arn`")
            }
            _ => AwsError::NoRoleArn,
        })?;
        let session_name = get("AWS_ROLE_SESSION_NAME", "role_session_name");
        Ok(Some(Source::WebIdentity(WebIdentity { token_file, role_arn, session_name })))
    }

    /// The role of the profile on top of whatever its source is, which may be another role.
    fn role_and_source(&self, profile: &'a Profile) -> Result<Option<Plan>, AwsError> {
        let (mut roles, mut visited) = (Vec::new(), Vec::new());
        let mut profile = profile;
        while let Some(role) = chained_role(profile)? {
            roles.push(role);
            visited.push(profile.name());
            match self.source_of(profile)? {
                RoleSource::Plan(plan) => {
                    roles.reverse();
                    return Ok(Some(Plan { roles, ..plan }));
                }
                RoleSource::Profile(next) if visited.contains(&next.name()) => {
                    return Err(broken(next, "its `source_profile` leads in a circle"));
                }
                RoleSource::Profile(next) => profile = next,
            }
        }
        Ok(None)
    }

    /// What stands behind a profile's role.
    fn source_of(&self, profile: &'a Profile) -> Result<RoleSource<'a>, AwsError> {
        match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(_), Some(_)) => {
                Err(broken(profile, "it has both `source_profile` and `credential_source`"))
            }
            (None, None) => {
                let what =
                    "it has `role_arn`, but neither `source_profile` nor `credential_source`";
                Err(broken(profile, what))
            }
            (None, Some(source)) => self.named_source(profile, source).map(RoleSource::Plan),
            (Some(name), None) => self.source_profile(profile, name),
        }
    }

    /// Keys in a source profile go before its own role.
    fn source_profile(&self, profile: &Profile, name: &'a str) -> Result<RoleSource<'a>, AwsError> {
        let missing = || format!("its `source_profile` `{name}` is in no AWS file");
        let source = self.files.get(name).ok_or_else(|| broken(profile, missing()))?;
        if !has_keys(source) && is_chained_role(source) {
            return Ok(RoleSource::Profile(source));
        }
        let found = Search { profile: name, ..*self }.first_of(&PROFILE_ALONE[1..])?;
        match found {
            Some((_, plan)) => Ok(RoleSource::Plan(plan)),
            None => Err(broken(source, nothing_in(source))),
        }
    }

    fn named_source(&self, profile: &Profile, source: &str) -> Result<Plan, AwsError> {
        let place = match source {
            "Environment" => Place::EnvironmentKeys,
            "EcsContainer" => Place::Container,
            "Ec2InstanceMetadata" => Place::Instance,
            _ => {
                let what = "its `credential_source` is none of `Environment`, `EcsContainer` and \
                            `Ec2InstanceMetadata`";
                return Err(broken(profile, what));
            }
        };
        let missing = || {
            broken(
                profile,
                format!("its `credential_source` is `{source}`, but no such variables are set"),
            )
        };
        self.at(place)?.ok_or_else(missing)
    }
}

/// What a profile's role is assumed with.
enum RoleSource<'a> {
    Plan(Plan),
    /// One that has a role itself.
    Profile(&'a Profile),
}

/// The role that a profile assumes with other credentials; a web identity's is none.
fn chained_role(profile: &Profile) -> Result<Option<Role>, AwsError> {
    if is_chained_role(profile) { Role::of(profile) } else { Ok(None) }
}

fn is_chained_role(profile: &Profile) -> bool {
    profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none()
}
