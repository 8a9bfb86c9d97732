//! A role that STS grants to other credentials: a profile's role, or one that a rule adds.

use std::error::Error;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::types::Credentials as Session;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::selectors::Selectors;
use super::usable::Names;
use super::{Loader, PROFILE_ALONE, Place, Plan, Search, keys};
use crate::aws::AwsError;
use crate::aws::error::classify::{self, Refusal};
use crate::aws::files::Profile;
use crate::aws::retry;
use crate::base::PROGRAM;
use crate::settings::RoleSettings;

/// The service's name, for people.
pub(super) const STS: &str = "STS";

/// A role that is assumed with the credentials before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
    /// In seconds. A value that is not a number counts as none, as with the AWS CLI.
    pub duration: Option<i32>,
}

impl From<&RoleSettings> for Role {
    fn from(role: &RoleSettings) -> Self {
        let RoleSettings { arn, external_id, session_name } = role.clone();
        Self { arn, external_id, session_name, duration: None }
    }
}

impl Role {
    /// The role that a profile assumes with other credentials. None if the profile has no
    /// `role_arn`, or has one for a web identity.
    fn of_profile(profile: &Profile) -> Result<Option<Self>, AwsError> {
        if !has_role(profile) {
            return Ok(None);
        }
        if profile.get("mfa_serial").is_some() {
            return Err(AwsError::NeedsMfa { profile: profile.name().to_owned() });
        }
        let Some(arn) = profile.get_some("role_arn") else {
            return Err(profile.broken("`role_arn` is empty"));
        };
        Ok(Some(Self {
            arn: arn.to_owned(),
            external_id: profile.get_some("external_id").map(str::to_owned),
            session_name: profile.get_some("role_session_name").map(str::to_owned),
            duration: profile.get("duration_seconds").and_then(|text| text.parse().ok()),
        }))
    }

    pub(super) fn add_to(&self, selectors: &mut Selectors<'_>) {
        let Self { arn, external_id, session_name, duration } = self;
        selectors.add("role", arn);
        selectors.add_optional("external-id", external_id.as_deref());
        selectors.add_optional("role-session-name", session_name.as_deref());
        selectors.add_optional("role-duration", duration.map(|it| it.to_string()).as_deref());
    }

    /// The role's credentials, requested with these.
    pub(super) async fn assume(
        &self,
        with: Credentials,
        loader: &Loader<'_>,
    ) -> Result<Credentials, AwsError> {
        let signer = SharedCredentialsProvider::new(with);
        let config = loader.config.clone().into_builder().credentials_provider(signer).build();
        let call = client(&config, loader)
            .assume_role()
            .role_arn(&self.arn)
            // The name that CloudTrail shows.
            .role_session_name(self.session_name.as_deref().unwrap_or(PROGRAM))
            .set_external_id(self.external_id.clone())
            .set_duration_seconds(self.duration);
        let assumed =
            retry::until_answered(|| call.clone().send(), || loader.client.silence()).await;
        let assumed = assumed.map_err(|error| refused(&error, &self.arn, loader))?;
        session(assumed.credentials, loader)
    }
}

/// STS, for one request.
pub(super) fn client(config: &SdkConfig, loader: &Loader<'_>) -> Client {
    let config = aws_sdk_sts::config::Builder::from(config)
        .retry_config(retry::config())
        .retry_classifier(loader.client.patience());
    Client::from_conf(config.build())
}

fn has_role(profile: &Profile) -> bool {
    profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none()
}

/// STS refused the role.
pub(super) fn refused<E>(
    error: &SdkError<E, HttpResponse>,
    role: &str,
    loader: &Loader<'_>,
) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match classify::refusal_by(STS, error, loader.client) {
        Ok(Refusal { code, again_at, .. }) if retry::is_throttling(&code) => {
            AwsError::Throttled { code, again_at }
        }
        Ok(refusal) => loader.caller.source_failed(format!(
            "STS refused the role `{role}` ({}: {})",
            refusal.code, refusal.message
        )),
        Err(error) => error,
    }
}

pub(super) fn names() -> Names {
    let keys = ["AccessKeyId", "SecretAccessKey", "SessionToken"];
    Names::in_json(keys, "in the response of STS")
}

/// The credentials of STS's answer.
pub(super) fn session(
    session: Option<Session>,
    loader: &Loader<'_>,
) -> Result<Credentials, AwsError> {
    let Some(session) = session else {
        return Err(classify::not_as_expected(STS, "HTTP 200, without credentials", loader.client));
    };
    let Session { access_key_id, secret_access_key, session_token, expiration, .. } = session;
    let expiration = SystemTime::try_from(expiration).ok();
    Ok(Credentials::new(access_key_id, secret_access_key, Some(session_token), expiration, "role"))
}

impl Search<'_> {
    /// The role of the profile on top of whatever its source is, which may be another role. `visited`
    /// are the profiles that build on this one.
    pub(super) fn role_and_source(
        &self,
        profile: &Profile,
        visited: &[&str],
    ) -> Result<Option<Plan>, AwsError> {
        let Some(role) = Role::of_profile(profile)? else { return Ok(None) };
        let mut plan = match (profile.get("source_profile"), profile.get("credential_source")) {
            (Some(name), None) => self.source_profile(profile, name, visited)?,
            (None, Some(source)) => self.named_source(profile, source)?,
            (source_profile, _) => {
                let detail = if source_profile.is_some() {
                    "it has both `source_profile` and `credential_source`"
                } else {
                    "it has `role_arn`, but neither `source_profile` nor `credential_source`"
                };
                return Err(profile.broken(detail));
            }
        };
        plan.roles.push(role);
        Ok(Some(plan))
    }

    /// The keys of a source profile go before its own role.
    fn source_profile(
        &self,
        profile: &Profile,
        name: &str,
        visited: &[&str],
    ) -> Result<Plan, AwsError> {
        let Some(source) = self.files.get(name) else {
            let detail = format!("its `source_profile` `{name}` does not exist");
            let missing = || profile.broken(detail);
            return Err(self.files.almost(name).unwrap_or_else(missing));
        };
        super::check(source)?;
        let visited = [visited, &[profile.name()]].concat();
        // Only a profile that is its own source may have been visited: its keys assume its role.
        let is_own_source = name == profile.name() && keys::are_in(source);
        if visited.contains(&name) && !is_own_source {
            let detail = "its `source_profile` chain is circular";
            return Err(source.broken(detail));
        }
        let found = if keys::are_in(source) || !has_role(source) {
            let search = Search { profile: name, ..*self };
            search.first_of(&PROFILE_ALONE[1..])?.map(|(_, plan)| plan)
        } else {
            self.role_and_source(source, &visited)?
        };
        found.ok_or_else(|| super::nothing_in(source))
    }

    fn named_source(&self, profile: &Profile, source: &str) -> Result<Plan, AwsError> {
        let place = match source {
            "Environment" => Some(Place::EnvironmentKeys),
            "EcsContainer" => Some(Place::Container),
            "Ec2InstanceMetadata" => Some(Place::Instance),
            _ => None,
        };
        let detail = match place {
            Some(place) => match self.at(place)? {
                Some(plan) => return Ok(plan),
                None => {
                    format!("its `credential_source` is `{source}`, but its variables are not set")
                }
            },
            None => "its `credential_source` is none of `Environment`, `EcsContainer` and \
                     `Ec2InstanceMetadata`"
                .to_owned(),
        };
        Err(profile.broken(detail))
    }
}
