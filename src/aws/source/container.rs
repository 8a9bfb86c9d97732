//! The role of a container, or of an EKS pod identity.
//!
//! The SDK's own provider is not used: it shows of a refusal only the status, and panics or fails
//! without a name at a token that no header can carry.

use std::time::Duration;

use aws_credential_types::Credentials;

use super::selectors::{Selectors, digest, token_in};
use super::usable::{self, Names};
use super::{Loader, metadata};
use crate::aws::AwsError;
use crate::aws::error::classify;
use crate::aws::request::Request;
use crate::base::environment::Environment;
use crate::base::secret::Secret;
use crate::base::url::{UrlParts, is_loopback};

pub(super) const DESCRIPTION: &str = "what the container's endpoint gives";

const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// Where ECS serves the relative URI.
const ECS: &str = "http://169.254.170.2";

/// Hosts that are asked over plain http besides this machine: ECS and EKS.
const PLAIN_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/// As the AWS CLI has them: the limit for one attempt, the attempts, and the wait between two.
const LIMIT: Duration = Duration::from_secs(2);
const ATTEMPTS: u32 = 3;
const WAIT: Duration = Duration::from_secs(1);

pub(super) fn is_there(environment: &Environment) -> bool {
    environment.get(RELATIVE_URI).is_some() || environment.get(FULL_URI).is_some()
}

pub(super) fn add_to(selectors: &mut Selectors<'_>) {
    let environment = selectors.environment;
    selectors.add_variables(&[RELATIVE_URI, FULL_URI]);
    // The relative URI belongs to one task, whose role stays the same. At another address, another
    // process may answer.
    if environment.get(RELATIVE_URI).is_none() {
        selectors.is_visible = false;
    }
    let token = environment.get(TOKEN).map(digest);
    selectors.add_optional("container-token", token.as_deref());
    if let Some(file) = environment.path(TOKEN_FILE) {
        selectors.add_token_file(&file);
    }
}

pub(super) fn names() -> Names {
    let keys = ["AccessKeyId", "SecretAccessKey", "Token"];
    Names::in_json(keys, "in the response of the container's endpoint")
}

pub(super) async fn load(loader: &Loader<'_>) -> Result<Credentials, AwsError> {
    let url = url(loader)?;
    let mut request = Request::get(&url).within(LIMIT).with_header("accept", "application/json");
    if let Some(token) = token(loader)? {
        loader.client.hide(&token);
        request = request.with_header("authorization", token.expose());
    }
    let mut attempt = 1;
    let answer = loop {
        let answer = request.clone().send(loader.client).await;
        let is_outage = answer.as_ref().map_or(true, |answer| answer.status >= 500);
        if !is_outage || attempt == ATTEMPTS {
            break answer;
        }
        attempt += 1;
        tokio::time::sleep(WAIT).await;
    };
    let answer = answer.map_err(|error| classify::connection(&error, loader.client))?;
    let credentials = match answer.status {
        200 => metadata::credentials(&answer.body, "container", loader.now),
        status => Err(metadata::refusal(status, &answer.body)),
    };
    credentials.map_err(|why| loader.caller.source_failed(loader.client.without_secrets(&why)))
}

/// The address to ask. An address over plain http must be this machine's or a metadata service's.
fn url(loader: &Loader<'_>) -> Result<String, AwsError> {
    let environment = loader.environment;
    let (variable, url) = match environment.get(RELATIVE_URI).map(str::trim) {
        // Anything else, as `@` and a name, would be a part of the host.
        Some(path) if !path.starts_with('/') => {
            let detail = format!("{RELATIVE_URI} does not begin with `/`");
            return Err(loader.caller.source_failed(detail));
        }
        Some(path) => (RELATIVE_URI, format!("{ECS}{path}")),
        None => (FULL_URI, environment.get(FULL_URI).unwrap_or_default().trim().to_owned()),
    };
    usable::check(&url, || variable.to_owned())?;
    let parts = UrlParts::strict(&url);
    let host = parts.host().to_ascii_lowercase();
    let is_plain = parts.scheme.eq_ignore_ascii_case("http")
        && (is_loopback(&host) || PLAIN_HOSTS.contains(&&*host));
    let is_safe = is_plain || parts.scheme.eq_ignore_ascii_case("https") && !host.is_empty();
    if is_safe && !url.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return Ok(url);
    }
    Err(loader.caller.source_failed(format!(
        "{variable} is neither an https URL nor an http URL of this machine or of a container service"
    )))
}

/// The token of the file, or else of the variable.
fn token(loader: &Loader<'_>) -> Result<Option<Secret>, AwsError> {
    let environment = loader.environment;
    let (token, name) = match environment.path(TOKEN_FILE) {
        Some(path) => {
            let file = format!("`{}`, which {TOKEN_FILE} names,", path.display());
            let token = token_in(&path).map_err(|error| {
                let detail = format!("the token file {file} cannot be read: {error}");
                loader.caller.source_failed(detail)
            })?;
            (token, format!("the token in {file}"))
        }
        None => match environment.get(TOKEN) {
            Some(token) => (token.to_owned(), TOKEN.to_owned()),
            None => return Ok(None),
        },
    };
    // A line end behind it is of the editor that wrote the file.
    let token = token.trim();
    usable::check(token, || name)?;
    Ok(Some(Secret::new(token)).filter(|token| !token.expose().is_empty()))
}
