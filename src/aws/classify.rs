//! Which failure an SDK error is. Codes decide where there are any; else types; words come last.

use std::error::Error;
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_codeartifact::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sso::operation::get_role_credentials::GetRoleCredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::causes::{find, readable, says};
use super::error::host_of;
use super::http::{HttpClient, PlainHttp};
use super::identity::{Identity, Source};
use super::source_index::time_of;
use super::{AwsError, FETCH_LIMIT, system_proxy};
use crate::base::system;
use crate::base::text::{excerpt, printable};
use crate::base::time::skew;
use crate::endpoint::Domain;

/// A failure of a call to CodeArtifact itself.
pub(super) fn service_error<E>(
    error: &SdkError<E, HttpResponse>,
    client: &HttpClient,
    domain: &Domain,
    identity: &Identity,
    now: SystemTime,
) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(failure) if failure.err().code().is_some() => {
            let status = failure.raw().status().as_u16();
            let date = failure.raw().headers().get("date").and_then(time_of);
            let refusal = refusal(failure.err(), status, domain, identity);
            by_clock(refusal, date.and_then(|date| skew(date, now)))
        }
        SdkError::ServiceError(failure) => {
            let status = failure.raw().status();
            let what =
                if status.is_success() { "no token in it" } else { "no error code of AWS's" };
            AwsError::nonsense(client, format!("status {status}, and {what}"))
        }
        SdkError::ResponseError(_) if is_broken_off(error) => broken_off(error, client),
        SdkError::ResponseError(_) => AwsError::nonsense(client, readable(error)),
        SdkError::TimeoutError(_) => AwsError::timed_out(client, identity, FETCH_LIMIT),
        _ => connection(error, client),
    }
}

/// A failure to get the AWS credentials.
pub(super) fn credentials_error(
    error: &CredentialsError,
    client: &HttpClient,
    identity: &Identity,
    domain: &Domain,
) -> AwsError {
    let is_last_resort = !identity.looked_at.is_empty();
    match error {
        _ if is_last_resort && identity.plan.source == Source::Instance => {
            AwsError::no_credentials(identity, domain)
        }
        _ => source_failure(error, client, identity),
    }
}

/// A role that STS did not give.
pub(super) fn role_error<E>(
    error: &SdkError<E, HttpResponse>,
    role: &str,
    client: &HttpClient,
    identity: &Identity,
) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(failure) if failure.err().code().is_some() => {
            let code = printable(failure.err().code().unwrap_or_default());
            let message = message_of(failure.err());
            AwsError::SourceFailed {
                label: identity.source_label.clone(),
                detail: format!(
                    "the role `{role}` was not assumed, STS answered {code}: {message}"
                ),
                check: identity.check(),
            }
        }
        SdkError::ServiceError(failure) => {
            let status = failure.raw().status();
            AwsError::nonsense(client, format!("status {status}, and no error code of AWS's"))
        }
        SdkError::ResponseError(_) if is_broken_off(error) => broken_off(error, client),
        SdkError::ResponseError(_) => AwsError::nonsense(client, readable(error)),
        SdkError::TimeoutError(_) => AwsError::timed_out(client, identity, FETCH_LIMIT),
        _ => connection(error, client),
    }
}

fn refusal(
    error: &impl ProvideErrorMetadata,
    status: u16,
    domain: &Domain,
    identity: &Identity,
) -> AwsError {
    let code = printable(error.code().unwrap_or_default());
    let message = message_of(error);
    let label = identity.label.clone();
    match code.as_str() {
        "AccessDeniedException" | "AccessDenied"
            if message.contains("sts:GetServiceBearerToken") =>
        {
            AwsError::MayNotGetBearerToken { label, message }
        }
        "AccessDeniedException" | "AccessDenied" => AwsError::MayNotGetToken { label, message },
        "ResourceNotFoundException" => AwsError::DomainNotFound(domain.clone()),
        "ThrottlingException" | "Throttling" | "TooManyRequestsException" => {
            AwsError::Throttled { code }
        }
        "ValidationException" => AwsError::Invalid { message },
        _ => keys_refusal(&code, identity).unwrap_or(AwsError::Refused { code, status, message }),
    }
}

/// A signature by a wrong clock is refused as a wrong or expired one.
fn by_clock(refusal: AwsError, skew: Option<String>) -> AwsError {
    match (refusal, skew) {
        (AwsError::KeysRefused { label, code, .. }, Some(skew)) => {
            AwsError::ClockWrong { label, code, skew }
        }
        (refusal, _) => refusal,
    }
}

/// Codes that are about the AWS credentials themselves.
fn keys_refusal(code: &str, identity: &Identity) -> Option<AwsError> {
    let (what, hint) = match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            ("expired", "renew them, or choose a profile that renews them by itself")
        }
        "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            ("unknown to AWS", "check the key, its account and partition, and AWS_SESSION_TOKEN")
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            ("wrong, or this machine's clock is", "check the secret key and the clock")
        }
        _ => return None,
    };
    let (label, check) = (identity.label.clone(), identity.check());
    Some(AwsError::KeysRefused { label, code: code.to_owned(), what, hint, check })
}

fn source_failure(error: &CredentialsError, client: &HttpClient, identity: &Identity) -> AwsError {
    if let Some(refusal) = find::<GetRoleCredentialsError>(error)
        && refusal.code().is_some()
    {
        return sso_refusal(refusal, identity);
    }
    if find::<ConnectorError>(error).is_some() {
        return connection(error, client);
    }
    match &identity.plan.source {
        Source::Sso(role) => AwsError::SsoExpired { profile: role.session.profile.clone() },
        Source::Login { profile, .. } => AwsError::LoginExpired { profile: profile.clone() },
        _ => AwsError::SourceFailed {
            label: identity.source_label.clone(),
            detail: readable(error),
            check: identity.check(),
        },
    }
}

/// What the SSO portal said when it was asked for the role's credentials.
fn sso_refusal(refusal: &GetRoleCredentialsError, identity: &Identity) -> AwsError {
    let profile = identity.sso_profile().unwrap_or_else(|| identity.label.clone());
    let code = printable(refusal.code().unwrap_or_default());
    let message = message_of(refusal);
    match code.as_str() {
        "UnauthorizedException" => AwsError::SsoExpired { profile },
        "ForbiddenException" | "ResourceNotFoundException" => {
            AwsError::SsoRoleRefused { profile, message }
        }
        "TooManyRequestsException" => AwsError::Throttled { code },
        _ => AwsError::SourceFailed {
            label: identity.source_label.clone(),
            detail: format!("SSO answered {code}: {message}"),
            check: identity.check(),
        },
    }
}

fn message_of(error: &impl ProvideErrorMetadata) -> String {
    let message = error.message().map(excerpt).filter(|message| !message.is_empty());
    message.unwrap_or_else(|| "without a message".to_owned())
}

/// A connection that was not made, or broke.
pub(super) fn connection(error: &(dyn Error + 'static), client: &HttpClient) -> AwsError {
    if let Some(PlainHttp { host }) = find(error) {
        return AwsError::PlainHttp { host: host.clone() };
    }
    if says(error, &["failed to apply endpoint"]) {
        // The text goes on with a dump of the request.
        return AwsError::EndpointUrl;
    }
    let (host, detail) = (host_of(client), readable(error));
    if let Some((_, detail)) = detail.split_once("Invalid Configuration: ") {
        return AwsError::EndpointConflict { detail: detail.to_owned() };
    }
    if says(error, &["InvalidContentType"]) {
        return AwsError::NotTls { host };
    }
    if says(error, &["certificate", "TLS handshake", "corrupt message"]) {
        return AwsError::Tls { host, detail };
    }
    if let (Some(proxy), true) = (client.proxy(), says(error, &["tunnel error"])) {
        let (proxy, settings) = (proxy.name.clone(), proxy.settings.clone());
        return AwsError::Proxy { proxy, host, detail, settings };
    }
    if says(error, &["dns error", "failed to lookup address"]) {
        return AwsError::NameNotResolved { host, hint: hint(client) };
    }
    if says(error, &["parsed", "too large"]) {
        return AwsError::nonsense(client, detail);
    }
    if is_broken_off(error) {
        return broken_off(error, client);
    }
    AwsError::NotConnected { host, detail, hint: hint(client) }
}

/// The system is asked for its proxy only now, and where no other one was set.
fn hint(client: &HttpClient) -> String {
    if client.proxy().is_some() {
        return String::new();
    }
    system_proxy::hint(&system::system_proxy())
}

fn is_broken_off(error: &(dyn Error + 'static)) -> bool {
    says(error, &["closed before", "SendRequest", "connection error", "reset", "unexpected EOF"])
}

fn broken_off(error: &(dyn Error + 'static), client: &HttpClient) -> AwsError {
    AwsError::BrokenOff { host: host_of(client), detail: readable(error) }
}
