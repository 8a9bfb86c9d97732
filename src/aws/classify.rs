//! Which failure an SDK error is. Codes decide where there are any; else the chain of causes.
//!
//! `DisplayErrorContext` is never used: it ends in a debug dump that can hold the answer's body.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_codeartifact::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codeartifact::operation::get_authorization_token::GetAuthorizationTokenError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::error::host_of;
use super::http::{HttpClient, PlainHttp};
use super::identity::{Identity, Source};
use super::{AwsError, FETCH_LIMIT};
use crate::endpoint::Domain;
use crate::text::printable;

type TokenError = SdkError<GetAuthorizationTokenError, HttpResponse>;

/// A failure of `GetAuthorizationToken` itself.
pub(super) fn service_error(
    error: &TokenError,
    client: &HttpClient,
    domain: &Domain,
    identity: &Identity,
) -> AwsError {
    match error {
        SdkError::ServiceError(failure) if failure.err().code().is_some() => {
            let status = failure.raw().status().as_u16();
            refusal(failure.err(), status, domain, identity)
        }
        SdkError::ServiceError(failure) => {
            let status = failure.raw().status();
            AwsError::nonsense(client, format!("status {status} without an error code"))
        }
        SdkError::ResponseError(_) => AwsError::nonsense(client, chain(error)),
        SdkError::TimeoutError(_) => AwsError::timed_out(client, FETCH_LIMIT),
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
    match (error, &identity.source) {
        (CredentialsError::CredentialsNotLoaded(_), Source::Profile { name, is_named: true }) => {
            let detail = match error.source() {
                Some(cause) => chain(cause),
                None => "there are no credentials in it".to_owned(),
            };
            AwsError::BrokenProfile { name: name.clone(), detail }
        }
        (CredentialsError::CredentialsNotLoaded(_), _) | (_, Source::Instance) => {
            AwsError::no_credentials(identity, domain)
        }
        (CredentialsError::InvalidConfiguration(_), Source::Profile { name, .. }) => {
            AwsError::BrokenProfile { name: name.clone(), detail: chain(error) }
        }
        _ => source_failure(error, client, identity),
    }
}

/// The chain of causes in one line, without repetition.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            let separator = if text.is_empty() { "" } else { ": " };
            text = format!("{text}{separator}{cause}");
        }
    }
    printable(&text)
}

fn refusal(
    error: &impl ProvideErrorMetadata,
    status: u16,
    domain: &Domain,
    identity: &Identity,
) -> AwsError {
    let code = printable(error.code().unwrap_or_default());
    let message = printable(error.message().unwrap_or("without a message"));
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
        _ => keys_refusal(&code, label).unwrap_or(AwsError::Refused { code, status, message }),
    }
}

/// Codes that are about the AWS credentials themselves.
fn keys_refusal(code: &str, label: String) -> Option<AwsError> {
    let (what, way_out) = match code {
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
    Some(AwsError::KeysRefused { label, code: code.to_owned(), what, way_out })
}

fn source_failure(error: &CredentialsError, client: &HttpClient, identity: &Identity) -> AwsError {
    let text = chain(error);
    let is_network = ["dispatch failure", "timeout", "timed out"].iter().any(|w| text.contains(w));
    if is_network {
        return connection(error, client);
    }
    if let (Some(profile), Source::Profile { name, .. }) = (identity.profile(), &identity.source) {
        let has = |property| profile.get(property).is_some();
        if has("sso_session") || has("sso_start_url") {
            return AwsError::SsoExpired { profile: name.clone() };
        }
        if has("login_session") {
            return AwsError::LoginExpired { profile: name.clone() };
        }
    }
    let label = identity.label.clone();
    let detail = sts_refusal(error).unwrap_or(text);
    AwsError::SourceFailed { label, detail }
}

/// What STS said when a role could not be assumed.
fn sts_refusal(error: &(dyn Error + 'static)) -> Option<String> {
    causes(error).find_map(|cause| {
        let role = cause.downcast_ref::<AssumeRoleError>().map(code_and_message);
        let web = || cause.downcast_ref::<AssumeRoleWithWebIdentityError>().map(code_and_message);
        role.or_else(web)
    })
}

fn code_and_message(error: &impl ProvideErrorMetadata) -> String {
    let code = error.code().unwrap_or("an unknown error");
    let message = error.message().unwrap_or("without a message");
    printable(&format!("the role was not assumed, STS answered {code}: {message}"))
}

/// A connection that was not made, or broke.
fn connection(error: &(dyn Error + 'static), client: &HttpClient) -> AwsError {
    if let Some(PlainHttp { host }) = causes(error).find_map(|cause| cause.downcast_ref()) {
        return AwsError::PlainHttp { host: host.clone() };
    }
    let detail = chain(error);
    let host = host_of(client);
    let says = |words: &[&str]| words.iter().any(|word| detail.contains(word));
    if says(&["certificate", "TLS handshake", "InvalidContentType", "corrupt message"]) {
        return AwsError::Tls { host, detail };
    }
    if let Some(proxy) = client.proxy() {
        return AwsError::Proxy { proxy: proxy.to_owned(), host, detail };
    }
    if says(&["dns error", "failed to lookup address"]) {
        return AwsError::NameNotResolved { host };
    }
    if says(&["timed out", "timeout"]) {
        return AwsError::NotConnected { host, detail: "the connection timed out".to_owned() };
    }
    AwsError::NotConnected { host, detail }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
