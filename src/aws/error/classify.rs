//! Which failure an SDK error is. AWS's error code decides if there is one, then the types of the
//! causes, and their texts last.

use std::error::Error;
use std::io;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_codeartifact::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::causes::{find, readable, says};
use super::{AwsError, Denial, Host, KeyDefect, KeySource};
use crate::aws::client::{CONNECT_LIMIT, HttpClient, NoPort, PlainHttp};
use crate::aws::headers::{asked_time, http_date};
use crate::aws::proxy::Proxy;
use crate::aws::proxy_answer::ProxyFailure;
use crate::aws::retry::is_throttling;
use crate::aws::retry_policy::FETCH_LIMIT;
use crate::aws::route;
use crate::base::system;
use crate::base::text::excerpt;
use crate::base::time::skew;
use crate::base::url::UrlParts;
use crate::endpoint::Domain;

/// How TLS says that the other side has no version that this side has.
const OLD_TLS: [&str; 3] =
    ["fatal alert: ProtocolVersion", "ServerDoesNotSupportTls12Or13", "UnknownProtocolVersion"];

/// What a message says about the identity that makes a call.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Caller {
    /// For people: "profile `dev`", "rule 2's role `…`".
    pub label: String,
    /// The same, without the roles that a rule adds.
    pub source_label: String,
    /// The command that tries the same credentials without the plugin.
    pub check: String,
    pub source: KeySource,
}

impl Caller {
    /// The identity's source gave no AWS credentials.
    pub(in crate::aws) fn source_failed(&self, detail: String) -> AwsError {
        let (label, check) = (self.source_label.clone(), self.check.clone());
        AwsError::SourceFailed { label, detail, check }
    }

    /// There was no response within the time limit.
    pub(in crate::aws) fn timed_out(&self, client: &HttpClient, limit: Duration) -> AwsError {
        if let Some(proxy) = client.proxy() {
            return silent(&proxy, client, limit);
        }
        if let Some(host) = client.host() {
            return AwsError::TimedOut { host, limit };
        }
        // Nothing was sent over the network yet, so the cause is a process that hangs.
        let (label, check) = (self.source_label.clone(), self.check.clone());
        AwsError::SourceHung { label, limit, check }
    }
}

/// A response from AWS with an error code.
#[derive(Debug)]
pub(in crate::aws) struct Refusal {
    pub code: String,
    pub message: String,
    status: u16,
    /// The time by the clock of the host that answered.
    date: Option<SystemTime>,
    /// The time until which the host asks to wait.
    pub again_at: Option<SystemTime>,
}

/// AWS's error code, or why there is none.
pub(in crate::aws) fn refusal<E>(
    error: &SdkError<E, HttpResponse>,
    client: &HttpClient,
) -> Result<Refusal, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(failure) => {
            let status = failure.raw().status();
            let Some(code) = failure.err().code() else {
                return Err(without_code(failure.raw(), client));
            };
            let message = client.without_secrets(failure.err().message().unwrap_or_default());
            let message = excerpt(&message);
            Ok(Refusal {
                code: excerpt(&client.without_secrets(code)),
                message: if message.is_empty() { "without a message".to_owned() } else { message },
                status: status.as_u16(),
                date: failure.raw().headers().get("date").and_then(http_date),
                again_at: asked_time(failure.raw().headers()),
            })
        }
        SdkError::ResponseError(_) if is_broken_off(error) => Err(broken_off(error, client)),
        SdkError::ResponseError(_) => Err(nonsense(client, said(error, client))),
        SdkError::TimeoutError(_) => Err(match client.proxy() {
            Some(proxy) => silent(&proxy, client, FETCH_LIMIT),
            None => AwsError::TimedOut { host: host_of(client), limit: FETCH_LIMIT },
        }),
        _ => Err(connection(error, client)),
    }
}

/// Like [`refusal`], for another service: a response without AWS's error code is an outage, or a page
/// of something else in its place, and says nothing of a sign-in or a role.
pub(in crate::aws) fn refusal_by<E>(
    service: &'static str,
    error: &SdkError<E, HttpResponse>,
    client: &HttpClient,
) -> Result<Refusal, AwsError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error.raw_response() {
        Some(raw) if error.code().is_none() => {
            let status = raw.status();
            let what = if status.is_success() { "without credentials" } else { "not from AWS" };
            let detail = format!("HTTP {}, {what}", status.as_u16());
            Err(not_as_expected(service, detail, client))
        }
        _ => refusal(error, client),
    }
}

/// A response that is not one of this service.
pub(in crate::aws) fn not_as_expected(
    service: &'static str,
    detail: impl Into<String>,
    client: &HttpClient,
) -> AwsError {
    AwsError::NotAsExpected { service, detail: detail.into(), host: host_of(client) }
}

/// The reason why a call to CodeArtifact failed.
pub(in crate::aws) fn service_refusal(
    refusal: Refusal,
    domain: &Domain,
    caller: &Caller,
    now: SystemTime,
) -> AwsError {
    let Refusal { code, message, status, date, again_at } = refusal;
    let label = caller.label.clone();
    let denial =
        |label, message| Box::new(Denial { label, message, source: caller.source.clone() });
    let reason = match code.as_str() {
        "AccessDeniedException" | "AccessDenied"
            if message.contains("sts:GetServiceBearerToken") =>
        {
            return AwsError::MayNotGetBearerToken { denial: denial(label, message) };
        }
        "AccessDeniedException" | "AccessDenied" => {
            return AwsError::MayNotGetToken { denial: denial(label, message) };
        }
        "ResourceNotFoundException" => return AwsError::DomainNotFound(domain.clone()),
        code_of_throttling if is_throttling(code_of_throttling) => {
            return AwsError::Throttled { code, again_at };
        }
        "ValidationException" => return AwsError::Invalid { message },
        // The remaining codes are about the AWS credentials themselves.
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => KeyDefect::Expired,
        "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            KeyDefect::Unknown
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" => KeyDefect::Wrong,
        _ => return AwsError::Refused { code, status, message, again_at },
    };
    // If the clock is wrong, AWS reports the signature as invalid or expired.
    if let Some(skew) = date.and_then(|date| skew(date, now)) {
        return AwsError::ClockWrong { label, code, skew };
    }
    let (keys, check) = (Box::new(caller.source.clone()), caller.check.clone());
    AwsError::KeysRefused { label, code, reason, keys, check }
}

/// Why a credentials provider of the SDK failed. The source may know a better explanation.
pub(in crate::aws) fn provider_error(
    error: &CredentialsError,
    client: &HttpClient,
) -> Option<AwsError> {
    find::<ConnectorError>(error).map(|_| connection(error, client))
}

/// A connection that could not be made, or that broke.
pub(in crate::aws) fn connection(error: &(dyn Error + 'static), client: &HttpClient) -> AwsError {
    if let Some(PlainHttp { host }) = find(error) {
        let setting = host_of(client).setting;
        return AwsError::PlainHttp { host: Host { name: host.clone(), setting } };
    }
    // The SDK's own text goes on with a dump of the request.
    if find::<NoPort>(error).is_some() || says(error, &["failed to apply endpoint"]) {
        return AwsError::EndpointUrl { setting: client.broken_endpoint() };
    }
    if let Some(what) = find::<io::Error>(error).and_then(system::scarcity) {
        return AwsError::Scarce { what };
    }
    let (host, detail) = (host_of(client), said(error, client));
    if let Some((_, detail)) = detail.split_once("Invalid Configuration: ") {
        return AwsError::EndpointConflict { detail: detail.to_owned() };
    }
    if let Some(proxy) = client.proxy()
        && let Some(failure) = of_proxy(error, proxy, &host.name, &detail)
    {
        return failure;
    }
    if says(error, &["InvalidContentType"]) {
        return AwsError::NotTls { host };
    }
    if says(error, &OLD_TLS) {
        return AwsError::OldTls { host };
    }
    if says(error, &["certificate", "TLS handshake", "corrupt message"]) {
        return AwsError::Tls { host, detail };
    }
    if says(error, &["dns error", "failed to lookup address"]) {
        return AwsError::NameNotResolved { host, hint: system_proxy_hint(client) };
    }
    if says(error, &["parsed", "too large"]) {
        return nonsense(client, detail);
    }
    if is_broken_off(error) {
        return broken_off(error, client);
    }
    AwsError::NotConnected { host, detail, hint: system_proxy_hint(client) }
}

/// What a proxy failed at; none if the failure is behind it.
fn of_proxy(
    error: &(dyn Error + 'static),
    proxy: Proxy,
    host: &str,
    detail: &str,
) -> Option<AwsError> {
    let (host, detail) = (host.to_owned(), detail.to_owned());
    let Proxy { name: proxy, setting, settings, .. } = proxy;
    match find(error) {
        Some(ProxyFailure::PasswordRefused) => {
            return Some(AwsError::ProxyPassword { proxy, setting });
        }
        Some(ProxyFailure::NoTls) => return Some(AwsError::ProxyNotTls { proxy, setting }),
        Some(ProxyFailure::NoBasic(schemes)) => {
            return Some(AwsError::ProxySignIn { proxy, schemes: schemes.clone() });
        }
        Some(_) => return Some(AwsError::Proxy { proxy, host, detail, settings }),
        None => {}
    }
    if says(error, &["HTTP connect timeout"]) {
        return Some(AwsError::ProxySilent { proxy, host, limit: CONNECT_LIMIT, settings });
    }
    if !says(error, &["tunnel error"]) {
        return None;
    }
    Some(if says(error, &["InvalidContentType"]) {
        AwsError::ProxyNotTls { proxy, setting }
    } else {
        AwsError::Proxy { proxy, host, detail, settings }
    })
}

fn silent(proxy: &Proxy, client: &HttpClient, limit: Duration) -> AwsError {
    let (name, settings) = (proxy.name.clone(), proxy.settings.clone());
    AwsError::ProxySilent { proxy: name, host: host_of(client).name, limit, settings }
}

/// An unsuccessful response without an error code. Every refusal by AWS has one.
fn without_code(answer: &HttpResponse, client: &HttpClient) -> AwsError {
    let (status, host) = (answer.status().as_u16(), host_of(client));
    let location =
        answer.headers().get("location").map(|url| excerpt(UrlParts::tolerant(url).host()));
    match (status, location) {
        (429 | 502..=504, _) => {
            AwsError::Unavailable { host, status, again_at: asked_time(answer.headers()) }
        }
        (301..=308, Some(location)) if !location.is_empty() => {
            AwsError::Redirected { host, status, location }
        }
        (200..=299, _) => nonsense(client, format!("HTTP {status}, without a token")),
        _ => nonsense(client, format!("HTTP {status}, not from AWS")),
    }
}

/// A response that is not from AWS.
pub(in crate::aws) fn nonsense(client: &HttpClient, detail: impl Into<String>) -> AwsError {
    AwsError::Nonsense { host: host_of(client), detail: detail.into() }
}

/// The system is asked for its proxy only at this point, and only if no other proxy is set.
fn system_proxy_hint(client: &HttpClient) -> String {
    if client.proxy().is_some() {
        return String::new();
    }
    if cfg!(target_os = "macos") {
        // To know it, another program would have to run. `doctor` does that.
        return " The proxy of the system settings is not used; if there is one (scutil --proxy), set \
                HTTPS_PROXY to it."
            .to_owned();
    }
    route::system_proxy_hint(&system::system_proxy())
}

fn is_broken_off(error: &(dyn Error + 'static)) -> bool {
    says(error, &["closed before", "SendRequest", "connection error", "reset", "unexpected EOF"])
}

fn broken_off(error: &(dyn Error + 'static), client: &HttpClient) -> AwsError {
    AwsError::BrokenOff { host: host_of(client), detail: said(error, client) }
}

/// The causes in one line, which may quote a server.
pub(in crate::aws) fn said(error: &(dyn Error + 'static), client: &HttpClient) -> String {
    client.without_secrets(&readable(error))
}

fn host_of(client: &HttpClient) -> Host {
    client.host().unwrap_or_else(|| Host { name: "AWS".to_owned(), setting: None })
}
