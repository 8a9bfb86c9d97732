//! The role of an EC2 instance, if this is one.
//!
//! The SDK's own provider is not used: it takes a line end in the list of roles for a part of a
//! role's name, which ends in a panic, and hides what the service says.

use std::time::Duration;

use aws_credential_types::Credentials;

use super::selectors::Selectors;
use super::usable::{self, Names};
use super::{Loader, metadata};
use crate::aws::AwsError;
use crate::aws::error::classify;
use crate::aws::files::Profile;
use crate::aws::request::{Answer, NoAnswer, Request};
use crate::base::environment::Environment;
use crate::base::secret::Secret;
use crate::base::system;
use crate::base::text::excerpt;

pub(super) const DESCRIPTION: &str = "what the instance metadata gives, if this is an instance";

/// Time limit for connecting to the instance metadata service, and for its response, if nothing is
/// set. The service is near or does not exist, and in the second case the message about missing
/// credentials should come soon. For the same reason there is only one attempt. The AWS CLI has the
/// same two values.
const LIMIT: u32 = 1;
const ATTEMPTS: u32 = 1;

const ENDPOINT_PROPERTY: &str = "ec2_metadata_service_endpoint";
const ENDPOINT_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE_PROPERTY: &str = "ec2_metadata_service_endpoint_mode";
const MODE_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";

const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

const TOKEN_PATH: &str = "/latest/api/token";
const ROLES_PATH: &str = "/latest/meta-data/iam/security-credentials/";

/// Switches the service off, if it is `true`.
pub(in crate::aws) const SWITCH: &str = "AWS_EC2_METADATA_DISABLED";

/// AWS may replace the role. So only the machine and the address of its metadata service identify
/// it.
pub(super) fn add_to(selectors: &mut Selectors<'_>, profile: Option<&Profile>) {
    selectors.is_visible = false;
    let endpoint = profile.and_then(|profile| profile.get(ENDPOINT_PROPERTY));
    selectors.add_optional(ENDPOINT_PROPERTY, endpoint);
    selectors.add_variables(&[ENDPOINT_VARIABLE, MODE_VARIABLE]);
    for part in system::machine_identity(selectors.environment) {
        selectors.add("machine", &part);
    }
}

pub(super) fn names() -> Names {
    let keys = ["AccessKeyId", "SecretAccessKey", "Token"];
    Names::in_json(keys, "in the response of the instance metadata")
}

/// Whether the user switched the metadata service off.
pub(in crate::aws) fn is_switched_off(environment: &Environment) -> bool {
    environment.get(SWITCH).is_some_and(|switch| switch.eq_ignore_ascii_case("true"))
}

/// Why there are no credentials.
enum Failure {
    /// The service does not answer: this is not an EC2 instance.
    Absent(Box<NoAnswer>),
    /// The service answers, and gives none.
    Refused(String),
}

impl From<NoAnswer> for Failure {
    fn from(error: NoAnswer) -> Self {
        Self::Absent(Box::new(error))
    }
}

pub(super) async fn load(loader: &Loader<'_>) -> Result<Credentials, AwsError> {
    if is_switched_off(loader.environment) {
        return Err(loader.last_resort.clone().unwrap_or_else(|| {
            let detail = format!("{SWITCH} disables the instance metadata");
            loader.caller.source_failed(detail)
        }));
    }
    let service = Service::of(loader)?;
    service.credentials(loader).await.map_err(|failure| match (failure, &loader.last_resort) {
        (Failure::Absent(_), Some(no_credentials)) => no_credentials.clone(),
        (Failure::Absent(error), None) => classify::connection(&*error, loader.client),
        (Failure::Refused(why), Some(no_credentials)) => {
            let why =
                with_missing_files(loader.client.without_secrets(&why), &loader.files.missing());
            no_credentials.clone().with_instance_reason(why)
        }
        (Failure::Refused(why), None) => {
            loader.caller.source_failed(loader.client.without_secrets(&why))
        }
    })
}

/// The reason, and the missing files that variables name: they may be where the credentials are.
fn with_missing_files(why: String, missing: &[(&'static str, String)]) -> String {
    missing.iter().fold(why, |why, (_, missing)| format!("{why}, and {missing}"))
}

/// The metadata service, and how long it is waited for.
struct Service {
    endpoint: String,
    limit: Duration,
    attempts: u32,
}

impl Service {
    fn of(loader: &Loader<'_>) -> Result<Self, AwsError> {
        let limit = number(loader, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")?;
        let attempts =
            number(loader, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")?;
        Ok(Self {
            endpoint: endpoint(loader)?,
            limit: Duration::from_secs(limit.unwrap_or(LIMIT).into()),
            attempts: attempts.unwrap_or(ATTEMPTS).max(1),
        })
    }

    async fn credentials(&self, loader: &Loader<'_>) -> Result<Credentials, Failure> {
        let token = self.token(loader).await?;
        let roles = self.get(ROLES_PATH, token.as_ref(), loader).await?;
        let listed = String::from_utf8_lossy(&roles.body);
        let role = match roles.status {
            200 => listed.lines().map(str::trim).find(|line| !line.is_empty()),
            404 => None,
            status => return Err(Failure::Refused(metadata::refusal(status, &roles.body))),
        };
        let Some(role) = role else {
            return Err(Failure::Refused("this instance has no role".to_owned()));
        };
        if role.contains(|c: char| !c.is_ascii_graphic() || matches!(c, '/' | '?' | '#' | '<')) {
            let detail = "the list of roles in the instance metadata contains no role";
            return Err(Failure::Refused(detail.to_owned()));
        }
        let answer = self.get(&format!("{ROLES_PATH}{role}"), token.as_ref(), loader).await?;
        let found = match answer.status {
            200 => metadata::credentials(&answer.body, "instance", loader.now),
            status => Err(metadata::refusal(status, &answer.body)),
        };
        found.map_err(|why| Failure::Refused(format!("for role `{}` {why}", excerpt(role))))
    }

    /// The token of version 2. None where the service has only version 1.
    async fn token(&self, loader: &Loader<'_>) -> Result<Option<Secret>, Failure> {
        let url = format!("{}{TOKEN_PATH}", self.endpoint);
        let request = Request { method: "PUT", ..Request::get(&url) };
        let request = request.with_header("x-aws-ec2-metadata-token-ttl-seconds", "21600");
        let answer = self.send(request, loader).await?;
        let text = String::from_utf8_lossy(&answer.body);
        match answer.status {
            200 if usable::check(text.trim(), String::new).is_ok() => {
                Ok(Some(Secret::new(text.trim())))
            }
            200 => Err(Failure::Refused("its session token is no token".to_owned())),
            403..=405 if is_version_1_off(loader) => {
                Err(Failure::Refused(metadata::refusal(answer.status, &answer.body)))
            }
            403..=405 => Ok(None),
            status => Err(Failure::Refused(metadata::refusal(status, &answer.body))),
        }
    }

    async fn get(
        &self,
        path: &str,
        token: Option<&Secret>,
        loader: &Loader<'_>,
    ) -> Result<Answer, NoAnswer> {
        let url = format!("{}{path}", self.endpoint);
        let mut request = Request::get(&url);
        if let Some(token) = token {
            request = request.with_header("x-aws-ec2-metadata-token", token.expose());
        }
        self.send(request, loader).await
    }

    /// Repeats what fails for a while only, if more than one attempt is set.
    async fn send(&self, request: Request<'_>, loader: &Loader<'_>) -> Result<Answer, NoAnswer> {
        let request = request.within(self.limit);
        let mut attempt = 1;
        loop {
            let answer = request.clone().send(loader.client).await;
            let is_outage = answer.as_ref().map_or(true, |answer| answer.status >= 500);
            if !is_outage || attempt >= self.attempts {
                return answer;
            }
            attempt += 1;
        }
    }
}

/// Whether the service is asked by its version 2 alone.
fn is_version_1_off(loader: &Loader<'_>) -> bool {
    let of_profile = loader.profile.and_then(|profile| profile.get("ec2_metadata_v1_disabled"));
    let switch = loader.environment.get("AWS_EC2_METADATA_V1_DISABLED").or(of_profile);
    switch.is_some_and(|switch| switch.trim().eq_ignore_ascii_case("true"))
}

/// A whole number above 0, of the variable or else of the profile.
fn number(loader: &Loader<'_>, variable: &str, property: &str) -> Result<Option<u32>, AwsError> {
    let of_profile = loader.profile.and_then(|profile| Some((profile, profile.get(property)?)));
    let (text, name) = match (loader.environment.get(variable), of_profile) {
        (Some(text), _) => (text, variable.to_owned()),
        (None, Some((profile, text))) => {
            (text, format!("`{property}` of profile `{}`", profile.name()))
        }
        (None, None) => return Ok(None),
    };
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(loader.caller.source_failed(format!("{name} is not a positive whole number"))),
    }
}

/// The service's address, without a `/` at its end.
fn endpoint(loader: &Loader<'_>) -> Result<String, AwsError> {
    let of_profile = |property| loader.profile.and_then(|profile| profile.get(property));
    let set = [
        (loader.environment.get(ENDPOINT_VARIABLE), ENDPOINT_VARIABLE),
        (of_profile(ENDPOINT_PROPERTY), ENDPOINT_PROPERTY),
    ];
    let set = set.into_iter().find_map(|(url, name)| Some((url?.trim(), name)));
    let Some((url, name)) = set else {
        let mode = loader.environment.get(MODE_VARIABLE).or_else(|| of_profile(MODE_PROPERTY));
        let is_ipv6 = mode.is_some_and(|mode| mode.trim().eq_ignore_ascii_case("ipv6"));
        return Ok(if is_ipv6 { IPV6 } else { IPV4 }.to_owned());
    };
    if url.contains("://") && url.chars().all(|character| character.is_ascii_graphic()) {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    Err(AwsError::EndpointUrl { setting: Some(name.to_owned()) })
}
