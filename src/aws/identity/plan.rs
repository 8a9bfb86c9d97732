//! What AWS credentials are made of: one source, and the roles that are assumed on top of it.

use std::path::PathBuf;

use aws_config::profile::Profile;

use crate::aws::AwsError;
use crate::aws::sso::SsoSession;
use crate::base::secret::Secret;
use crate::settings::RoleSettings;

/// How the credentials come about. What is here, and nothing else, is used to load them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub source: Source,
    /// In the order in which they are assumed.
    pub roles: Vec<Role>,
}

/// Where AWS credentials come from: the one source that is asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Of the environment, or of a profile.
    Keys(Keys),
    WebIdentity(WebIdentity),
    Sso(SsoRole),
    /// A session of `aws login`.
    Login {
        profile: String,
        session: String,
    },
    /// A program that prints them. Its arguments may hold a secret.
    Process(Secret),
    /// The role of a container, or of an EKS pod identity.
    Container,
    /// The instance's role, if this is an instance.
    Instance,
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    pub id: String,
    pub secret: Secret,
    pub session_token: Option<Secret>,
}

/// A role that is assumed by a token in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    pub token_file: PathBuf,
    pub role_arn: String,
    pub session_name: Option<String>,
}

/// A role behind a sign-in of IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsoRole {
    pub session: SsoSession,
    pub account: String,
    pub role: String,
}

/// A role that is assumed with the credentials before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
    /// In seconds; one that is no number counts as none, as with the AWS CLI.
    pub duration: Option<i32>,
}

impl Plan {
    /// No role on top.
    pub(super) fn of(source: Source) -> Self {
        Self { source, roles: Vec::new() }
    }

    /// The sign-in of IAM Identity Center behind it.
    pub(in crate::aws) fn sign_in(&self) -> Option<&SsoSession> {
        match &self.source {
            Source::Sso(role) => Some(&role.session),
            _ => None,
        }
    }

    /// Whether STS is asked.
    pub(in crate::aws) fn asks_sts(&self) -> bool {
        !self.roles.is_empty() || matches!(self.source, Source::WebIdentity(_))
    }
}

impl Role {
    /// The role of a profile; none where it has no `role_arn`.
    pub(super) fn of(profile: &Profile) -> Result<Option<Self>, AwsError> {
        let Some(arn) = profile.get("role_arn") else { return Ok(None) };
        if profile.get("mfa_serial").is_some() {
            return Err(AwsError::NeedsMfa { profile: profile.name().to_owned() });
        }
        Ok(Some(Self {
            arn: arn.to_owned(),
            external_id: profile.get("external_id").map(str::to_owned),
            session_name: profile.get("role_session_name").map(str::to_owned),
            duration: profile.get("duration_seconds").and_then(|text| text.parse().ok()),
        }))
    }
}

impl From<&RoleSettings> for Role {
    fn from(role: &RoleSettings) -> Self {
        let RoleSettings { arn, external_id, session_name } = role.clone();
        Self { arn, external_id, session_name, duration: None }
    }
}
