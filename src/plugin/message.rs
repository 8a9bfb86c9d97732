//! The wire types of NuGet's plugin protocol 2.0.0: one JSON object a line.
//!
//! Reading is tolerant: unknown keys are ignored, unknown methods parse, and an unknown `Type` is kept
//! as text. Writing is exact: keys in `PascalCase`, enums as strings, nulls left out.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::base::secret::Secret;

/// What NuGet sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Incoming {
    pub request_id: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub method: String,
    #[serde(default)]
    pub payload: Option<Box<RawValue>>,
}

impl Incoming {
    /// The payload as the method's own type; an absent one reads as an empty object.
    pub fn payload<T: for<'a> Deserialize<'a>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.payload.as_deref().map_or("{}", RawValue::get))
    }
}

/// What we send.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outgoing<'a, P> {
    pub request_id: &'a str,
    #[serde(rename = "Type")]
    pub kind: Kind,
    pub method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<P>,
}

impl<P: Serialize> Outgoing<'_, P> {
    /// The message as one line, without its end.
    #[expect(clippy::expect_used, reason = "our payloads have string keys and no failing impl")]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("a message serializes")
    }
}

/// The types of messages that we send. Fault is not among them, because NuGet then stops the
/// plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Kind {
    Request,
    Response,
    Progress,
    Cancel,
}

/// The Handshake request of both sides.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeRequest {
    pub protocol_version: &'static str,
    pub minimum_protocol_version: &'static str,
}

/// The response to a Handshake: the version is that of the conversation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeResponse {
    pub response_code: ResponseCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_version: Option<&'static str>,
}

/// NuGet's Handshake request, reduced to what the plugin uses.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PeerHandshake {
    pub protocol_version: String,
    pub minimum_protocol_version: String,
}

/// The Initialize request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Initialize {
    pub client_version: Option<String>,
    /// A .NET time span, `[d.]hh:mm:ss[.fffffff]`.
    pub request_timeout: Option<String>,
}

/// `GetOperationClaims`: with both absent, the claims for every source are meant.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GetOperationClaims {
    pub package_source_repository: Option<Box<RawValue>>,
    pub service_index: Option<Box<RawValue>>,
}

/// The response to `GetOperationClaims`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperationClaims {
    pub claims: &'static [&'static str],
}

/// The `SetLogLevel` request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetLogLevel {
    pub log_level: LogLevel,
}

/// The `MonitorNuGetProcessExit` request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MonitorNuGetProcessExit {
    pub process_id: u32,
}

/// The `GetAuthenticationCredentials` request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAuthenticationCredentials {
    pub uri: String,
    #[serde(default)]
    pub is_retry: bool,
    #[serde(default)]
    pub is_non_interactive: bool,
}

/// The response to `GetAuthenticationCredentials`. There is no `Message`: NuGet never shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AuthenticationCredentials {
    pub response_code: ResponseCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_types: Option<[&'static str; 1]>,
}

impl AuthenticationCredentials {
    /// The token, as the credentials that a repository expects.
    pub fn token(token: Secret) -> Self {
        Self {
            response_code: ResponseCode::Success,
            username: Some("aws"),
            password: Some(token),
            authentication_types: Some(["basic"]),
        }
    }

    /// No credentials; the code determines what NuGet does next.
    pub fn none(response_code: ResponseCode) -> Self {
        Self { response_code, username: None, password: None, authentication_types: None }
    }
}

/// A response with only a code.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CodeOnly {
    pub response_code: ResponseCode,
}

/// A Log request: a line that NuGet shows to the user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Log<'a> {
    pub log_level: LogLevel,
    pub message: &'a str,
}

/// The progress of a long request. The percentage is null, and it must be written as null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Progress {
    pub percentage: Option<f64>,
}

/// How NuGet reacts to a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ResponseCode {
    Success,
    /// NuGet skips the provider for this host, every repository of it, for the rest of its process.
    Error,
    /// NuGet asks the next provider, and does not remember the response.
    NotFound,
}

/// NuGet's log levels, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    Debug,
    Verbose,
    Information,
    Minimal,
    Warning,
    Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<P: Serialize>(kind: Kind, method: &str, payload: Option<P>) -> String {
        Outgoing { request_id: "7", kind, method, payload }.to_line()
    }

    #[test]
    fn a_request_with_unknown_keys_parses() {
        let line = r#"{"RequestId":"1","Type":"Request","Method":"Made Up","New":1,"Payload":{"Uri":"u","CanShowDialog":true}}"#;
        let message: Incoming = serde_json::from_str(line).unwrap();
        assert_eq!((message.kind.as_str(), message.method.as_str()), ("Request", "Made Up"));
        let request: GetAuthenticationCredentials = message.payload().unwrap();
        assert_eq!(
            (request.uri.as_str(), request.is_retry, request.is_non_interactive),
            ("u", false, false)
        );
    }

    #[test]
    fn responses_are_written_without_nulls() {
        assert_eq!(
            written(
                Kind::Response,
                "GetAuthenticationCredentials",
                Some(AuthenticationCredentials::token(Secret::new("t")))
            ),
            r#"{"RequestId":"7","Type":"Response","Method":"GetAuthenticationCredentials","Payload":{"ResponseCode":"Success","Username":"aws","Password":"t","AuthenticationTypes":["basic"]}}"#
        );
        assert_eq!(
            written(
                Kind::Response,
                "GetAuthenticationCredentials",
                Some(AuthenticationCredentials::none(ResponseCode::NotFound))
            ),
            r#"{"RequestId":"7","Type":"Response","Method":"GetAuthenticationCredentials","Payload":{"ResponseCode":"NotFound"}}"#
        );
    }

    #[test]
    fn progress_is_written_with_its_null() {
        assert_eq!(
            written(
                Kind::Progress,
                "GetAuthenticationCredentials",
                Some(Progress { percentage: None })
            ),
            r#"{"RequestId":"7","Type":"Progress","Method":"GetAuthenticationCredentials","Payload":{"Percentage":null}}"#
        );
    }

    #[test]
    fn a_cancel_has_no_payload() {
        assert_eq!(
            written::<()>(Kind::Cancel, "GetAuthenticationCredentials", None),
            r#"{"RequestId":"7","Type":"Cancel","Method":"GetAuthenticationCredentials"}"#
        );
    }

    #[test]
    fn debug_of_a_response_lacks_the_token() {
        let response = AuthenticationCredentials::token(Secret::new("hunter2"));
        assert!(!format!("{response:?}").contains("hunter2"));
    }
}
