//! Sources of AWS credentials, and which of them is used if there are several: the AWS CLI's order.
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
//! | 10 | the instance's role | tried where there is nothing else |
//!
//! Unlike the AWS CLI, the plugin stops at 8 if a setting names the profile: a mistyped profile, or
//! one without credentials, must never become another identity. A rule's profile is used like one
//! that the CLI's `--profile` names: without 1, and only with the profile's own web identity. A
//! rule that prefers the profile moves 1, and the environment's part of 3, behind 8.
//!
//! Each source is one file that answers four questions: does it exist, what distinguishes it
//! ([`Selectors`]), what is it called, and how are its credentials loaded. To add a source, add a
//! file, a variant of [`Source`] and a [`Place`].
//!
//! The SDK's own chain of providers is not used: if one source yields nothing, the chain goes on to
//! the next, but the cache key was already made for the first.

mod container;
pub(super) mod instance;
mod keys;
mod login;
mod metadata;
mod process;
mod role;
mod selectors;
mod sso;
pub(super) mod usable;
mod web_identity;

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;

use super::AwsError;
use super::client::HttpClient;
use super::error::classify::Caller;
use super::files::{AwsFiles, In, Profile};
use super::sso::SsoSession;
use crate::base::environment::Environment;
use crate::base::secret::Secret;
use crate::base::text::excerpt;
use crate::endpoint::{Domain, Partition};
pub(super) use keys::Keys;
use login::Login;
pub(super) use role::Role;
pub(super) use selectors::Selectors;
use sso::SsoRole;
use usable::Names;
use web_identity::WebIdentity;

/// Where AWS credentials come from: the one source that is asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The access key of the environment or of a profile.
    Keys(Keys),
    WebIdentity(WebIdentity),
    Sso(SsoRole),
    Login(Login),
    /// The command line of a program that prints credentials. Its arguments may be secret.
    Process(Secret),
    Container,
    Instance,
}

impl Source {
    /// What distinguishes this source from every other one. `profile` is the one whose settings are
    /// effective.
    fn add_to(&self, selectors: &mut Selectors<'_>, profile: Option<&Profile>) {
        match self {
            Self::Keys(keys) => keys.add_to(selectors),
            Self::WebIdentity(identity) => identity.add_to(selectors),
            Self::Sso(role) => role.add_to(selectors),
            Self::Login(login) => login.add_to(selectors),
            Self::Process(command) => process::add_to(command, selectors),
            Self::Container => container::add_to(selectors),
            Self::Instance => instance::add_to(selectors, profile),
        }
    }

    /// The kind of credentials, for people: "an access key".
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Keys(keys) => keys.describe(),
            Self::WebIdentity(identity) => identity.describe(),
            Self::Sso(role) => role.describe(),
            Self::Login(login) => login.describe(),
            Self::Process(_) => process::DESCRIPTION.to_owned(),
            Self::Container => container::DESCRIPTION.to_owned(),
            Self::Instance => instance::DESCRIPTION.to_owned(),
        }
    }

    /// What its values are called, if one of them cannot be sent.
    fn names(&self, loader: &Loader<'_>) -> Names {
        match self {
            Self::Keys(keys) => keys.names(loader),
            Self::WebIdentity(_) => role::names(),
            Self::Sso(_) => SsoRole::names(),
            Self::Login(_) => Login::names(),
            Self::Process(_) => process::names(),
            Self::Container => container::names(),
            Self::Instance => instance::names(),
        }
    }

    async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        match self {
            Self::Keys(keys) => Ok(keys.load()),
            Self::WebIdentity(identity) => identity.load(loader).await,
            Self::Sso(role) => role.load(loader).await,
            Self::Login(login) => login.load(loader).await,
            Self::Process(command) => process::load(command, loader).await,
            Self::Container => container::load(loader).await,
            Self::Instance => instance::load(loader).await,
        }
    }
}

/// How the credentials are obtained: one source, and the roles that are assumed with it. Nothing
/// else is used to load them, so that the cache key describes what is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub source: Source,
    /// In the order in which they are assumed.
    pub roles: Vec<Role>,
}

impl Plan {
    /// The source alone, without assumed roles.
    pub(super) fn of(source: Source) -> Self {
        Self { source, roles: Vec::new() }
    }

    /// The sign-in of IAM Identity Center that it needs.
    pub(super) fn sign_in(&self) -> Option<&SsoSession> {
        match &self.source {
            Source::Sso(role) => Some(&role.session),
            _ => None,
        }
    }

    /// Whether it needs STS.
    pub(super) fn asks_sts(&self) -> bool {
        !self.roles.is_empty() || matches!(self.source, Source::WebIdentity(_))
    }

    /// Fails if its credentials are of another partition than the domain. AWS would refuse them there,
    /// and until then the other partition's services would see them: the source's URL chooses where
    /// STS is, if nothing else does.
    pub(super) fn check_partition(&self, domain: &Domain) -> Result<(), AwsError> {
        let ours = Partition::of(&domain.region);
        let of_source = match &self.source {
            Source::WebIdentity(web) => Some((&web.role_arn, Partition::of_arn(&web.role_arn))),
            Source::Login(login) => Some((&login.session, Partition::of_arn(&login.session))),
            Source::Sso(SsoRole { session, .. }) => {
                Some((&session.region, Some(Partition::of(&session.region))))
            }
            _ => None,
        };
        let of_roles = self.roles.iter().map(|role| (&role.arn, Partition::of_arn(&role.arn)));
        let all = of_source.into_iter().chain(of_roles);
        let mut others = all.filter_map(|(what, theirs)| Some((what, theirs?)));
        let Some((what, theirs)) = others.find(|(_, theirs)| theirs.arn != ours.arn) else {
            return Ok(());
        };
        Err(AwsError::OtherPartition {
            what: format!("`{}`", excerpt(what)),
            theirs: theirs.arn,
            ours: ours.arn,
            region: domain.region.clone(),
        })
    }

    /// What distinguishes it from every other one, with the region in which STS is called.
    pub(super) fn add_to(
        &self,
        selectors: &mut Selectors<'_>,
        profile: Option<&Profile>,
        region: Option<&str>,
    ) {
        self.source.add_to(selectors, profile);
        for role in &self.roles {
            role.add_to(selectors);
        }
        if self.asks_sts() {
            selectors.add_optional("region", region);
        }
    }

    pub(super) async fn load(&self, loader: &Loader<'_>) -> Result<Credentials, AwsError> {
        let credentials = self.source.load(loader).await?;
        let mut credentials = sendable(credentials, loader, || self.source.names(loader))?;
        for role in &self.roles {
            let assumed = role.assume(credentials, loader).await?;
            credentials = sendable(assumed, loader, role::names)?;
        }
        Ok(credentials)
    }
}

/// The credentials, after a check that a request can carry them. From now on no message repeats them.
fn sendable(
    mut credentials: Credentials,
    loader: &Loader<'_>,
    names: impl FnOnce() -> Names,
) -> Result<Credentials, AwsError> {
    // AWS takes an empty session token for a wrong one. The AWS CLI leaves it out.
    if credentials.session_token() == Some("") {
        let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
        credentials = Credentials::new(id, secret, None, credentials.expiry(), "without-token");
    }
    usable::check_credentials(&credentials, names)?;
    let secrets = [Some(credentials.secret_access_key()), credentials.session_token()];
    secrets.into_iter().flatten().for_each(|it| loader.client.hide(&Secret::new(it)));
    Ok(credentials)
}

/// What is needed to load credentials.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    pub environment: &'a Environment,
    pub caller: &'a Caller,
    pub files: &'a AwsFiles,
    pub client: &'a HttpClient,
    /// Region and endpoints; no credentials yet.
    pub config: &'a SdkConfig,
    /// The profile whose settings are effective.
    pub profile: Option<&'a Profile>,
    /// The message if an instance is only tried because nothing else was found.
    pub last_resort: Option<AwsError>,
    pub now: SystemTime,
}

/// One place to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    EnvironmentKeys,
    ProfileRole,
    /// In the environment, or else in the profile.
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
    /// The name of the place, for people who have no credentials.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EnvironmentKeys => "AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY",
            Self::WebIdentity | Self::EnvironmentWebIdentity => "web identity",
            Self::Container => "container",
            Self::Instance => "instance metadata",
            _ => "profile `default`",
        }
    }
}

impl Place {
    fn is_of_profile(self) -> bool {
        PROFILE_AND_ENVIRONMENT.contains(&self) || PROFILE_ALONE.contains(&self)
    }
}

/// The profile's places, if the environment's web identity counts too.
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

/// What is searched for a source of credentials.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub environment: &'a Environment,
    pub files: &'a AwsFiles,
    /// The profile's name. There may be no such profile.
    pub profile: &'a str,
}

impl Search<'_> {
    /// The first place with credentials, even if these are broken.
    pub(super) fn first_of(&self, places: &[Place]) -> Result<Option<(Place, Plan)>, AwsError> {
        for place in places {
            if let Some(plan) = self.at(*place)? {
                return Ok(Some((*place, plan)));
            }
        }
        Ok(None)
    }

    fn at(&self, place: Place) -> Result<Option<Plan>, AwsError> {
        let environment = self.environment;
        let profile = self.files.get(self.profile);
        if let (true, Some(profile)) = (place.is_of_profile(), profile) {
            check(profile)?;
        }
        let source = match (place, profile) {
            (Place::EnvironmentKeys, _) => Keys::of_environment(environment)?.map(Source::Keys),
            (Place::EnvironmentWebIdentity, _) => {
                WebIdentity::find(environment, true, None)?.map(Source::WebIdentity)
            }
            (Place::WebIdentity, profile) => {
                WebIdentity::find(environment, true, profile)?.map(Source::WebIdentity)
            }
            (Place::Container, _) => container::is_there(environment).then_some(Source::Container),
            (Place::Instance, _) => Some(Source::Instance),
            (_, None) => None,
            (Place::ProfileRole, Some(profile)) => return self.role_and_source(profile, &[]),
            (Place::ProfileWebIdentity, profile) => {
                WebIdentity::find(environment, false, profile)?.map(Source::WebIdentity)
            }
            (Place::Sso, Some(profile)) => SsoRole::find(self.files, profile)?.map(Source::Sso),
            (Place::CredentialsFileKeys, Some(profile)) => {
                Keys::of_profile(profile, In::Credentials)?.map(Source::Keys)
            }
            (Place::ConfigFileKeys, Some(profile)) => {
                let keys = Keys::of_profile(profile, In::Config)?;
                if let (None, Some(error)) = (&keys, Keys::remains_in(profile)) {
                    return Err(error);
                }
                keys.map(Source::Keys)
            }
            (Place::Login, Some(profile)) => Login::find(profile).map(Source::Login),
            (Place::Process, Some(profile)) => process::find(profile).map(Source::Process),
        };
        Ok(source.map(Plan::of))
    }
}

/// Fails if the profile's sections cannot be used.
fn check(profile: &Profile) -> Result<(), AwsError> {
    match profile.fault() {
        Some(fault) => Err(profile.broken(fault)),
        None => Ok(()),
    }
}

/// Why a profile has no credentials.
pub(super) fn nothing_in(profile: &Profile) -> AwsError {
    let is_sign_in = profile.get("sso_session").or(profile.get("sso_start_url")).is_some();
    let detail = if is_sign_in {
        "it has no `sso_account_id` and `sso_role_name`"
    } else {
        "it contains no credentials"
    };
    profile.broken(detail)
}
