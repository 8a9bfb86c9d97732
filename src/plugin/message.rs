//! The wire types of NuGet's plugin protocol 2.0.0: one JSON object a line.
//!
//! Reading is tolerant: unknown keys are ignored, unknown methods parse, an unknown `Type` is kept
//! as text, and the rest is read as NuGet's own library reads it ([`Fields`]). Writing is exact: keys in
//! `PascalCase`, enums as strings, nulls left out.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::fields::{Fields, enum_name};
use crate::base::secret::Secret;

/// The types of messages, by their number.
const TYPES: [&str; 5] = ["Cancel", "Fault", "Progress", "Request", "Response"];

/// The methods, by their number.
const METHODS: [&str; 18] = [
    "None",
    "Close",
    "CopyFilesInPackage",
    "CopyNupkgFile",
    "GetCredentials",
    "GetFilesInPackage",
    "GetOperationClaims",
    "GetPackageHash",
    "GetPackageVersions",
    "GetServiceIndex",
    "Handshake",
    "Initialize",
    "Log",
    "MonitorNuGetProcessExit",
    "PrefetchPackage",
    "SetCredentials",
    "SetLogLevel",
    "GetAuthenticationCredentials",
];

/// What NuGet sends.
#[derive(Debug)]
pub struct Incoming {
    pub request_id: String,
    /// As NuGet writes it, if it is known.
    pub kind: String,
    /// As NuGet writes it, if it is known.
    pub method: String,
    pub payload: Option<Box<RawValue>>,
}

impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            request_id: fields.required("RequestId")?,
            kind: enum_name(fields.required("Type")?, &TYPES),
            method: enum_name(fields.required("Method")?, &METHODS),
            payload: fields.raw("Payload").map(RawValue::to_owned),
        })
    }
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
#[derive(Debug, Default)]
pub struct PeerHandshake {
    pub protocol_version: String,
    pub minimum_protocol_version: String,
}

impl<'de> Deserialize<'de> for PeerHandshake {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            protocol_version: fields.text("ProtocolVersion")?.unwrap_or_default(),
            minimum_protocol_version: fields.text("MinimumProtocolVersion")?.unwrap_or_default(),
        })
    }
}

/// The Initialize request.
#[derive(Debug, Default)]
pub struct Initialize {
    pub client_version: Option<String>,
    /// A .NET time span, `[d.]hh:mm:ss[.fffffff]`.
    pub request_timeout: Option<String>,
}

impl<'de> Deserialize<'de> for Initialize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            client_version: fields.text("ClientVersion")?,
            request_timeout: fields.text("RequestTimeout")?,
        })
    }
}

/// `GetOperationClaims`: with both absent, the claims for every source are meant.
#[derive(Debug, Default)]
pub struct GetOperationClaims {
    pub package_source_repository: Option<Box<RawValue>>,
    pub service_index: Option<Box<RawValue>>,
}

impl<'de> Deserialize<'de> for GetOperationClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        let owned = |key| fields.raw(key).map(RawValue::to_owned);
        Ok(Self {
            package_source_repository: owned("PackageSourceRepository"),
            service_index: owned("ServiceIndex"),
        })
    }
}

/// The response to `GetOperationClaims`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperationClaims {
    pub claims: &'static [&'static str],
}

/// The `SetLogLevel` request.
#[derive(Debug)]
pub struct SetLogLevel {
    pub log_level: LogLevel,
}

impl<'de> Deserialize<'de> for SetLogLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Fields::deserialize(deserializer)?.required("LogLevel")?;
        let name = enum_name(text, &LogLevel::NAMES);
        let place = LogLevel::NAMES.iter().position(|known| *known == name);
        let log_level = place.and_then(|place| LogLevel::ALL.get(place).copied());
        let unknown = || D::Error::custom("`LogLevel` is none that is known");
        Ok(Self { log_level: log_level.ok_or_else(unknown)? })
    }
}

/// The `MonitorNuGetProcessExit` request.
#[derive(Debug)]
pub struct MonitorNuGetProcessExit {
    pub process_id: u32,
}

impl<'de> Deserialize<'de> for MonitorNuGetProcessExit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { process_id: Fields::deserialize(deserializer)?.number("ProcessId")? })
    }
}

/// The `GetAuthenticationCredentials` request.
#[derive(Debug)]
pub struct GetAuthenticationCredentials {
    pub uri: String,
    pub is_retry: bool,
    pub is_non_interactive: bool,
}

impl<'de> Deserialize<'de> for GetAuthenticationCredentials {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            uri: fields.required("Uri")?,
            is_retry: fields.boolean("IsRetry")?,
            is_non_interactive: fields.boolean("IsNonInteractive")?,
        })
    }
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

/// NuGet's log levels, in rising order, which is that of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum LogLevel {
    Debug,
    Verbose,
    Information,
    Minimal,
    Warning,
    Error,
}

impl LogLevel {
    const ALL: [Self; 6] =
        [Self::Debug, Self::Verbose, Self::Information, Self::Minimal, Self::Warning, Self::Error];

    const NAMES: [&str; 6] = ["Debug", "Verbose", "Information", "Minimal", "Warning", "Error"];
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
    fn messages_are_read_as_nugets_own_library_reads_them() {
        for (line, expected) in [
            (
                r#"{"requestid":7,"TYPE":"request","method":"GETOPERATIONCLAIMS"}"#,
                ("7", "Request", "GetOperationClaims"),
            ),
            (
                r#"{"RequestId":"a-b","Type":3,"Method":17,"Payload":null}"#,
                ("a-b", "Request", "GetAuthenticationCredentials"),
            ),
            (
                r#"{"Type":"Fault","Type":"4","RequestId":"x","Method":"handshake"}"#,
                ("x", "Response", "Handshake"),
            ),
            (r#"{"RequestId":"1","Type":99,"Method":"None"}"#, ("1", "99", "None")),
        ] {
            let message: Incoming = serde_json::from_str(line).unwrap();
            let found = (&*message.request_id, &*message.kind, &*message.method);
            assert_eq!(found, expected, "{line}");
        }
        for line in [
            r#"{"Type":"Request","Method":"Close"}"#,
            r#"{"RequestId":{},"Type":3,"Method":1}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Incoming>(line).is_err(), "{line}");
        }
    }

    #[test]
    fn payloads_are_read_as_nugets_own_library_reads_them() {
        let request: GetAuthenticationCredentials =
            serde_json::from_str(r#"{"uri":"u","isretry":"true","ISNONINTERACTIVE":1}"#).unwrap();
        assert_eq!(
            (&*request.uri, request.is_retry, request.is_non_interactive),
            ("u", true, true)
        );
        for (json, level) in [
            (r#"{"LogLevel":"warning"}"#, Some(LogLevel::Warning)),
            (r#"{"loglevel":0}"#, Some(LogLevel::Debug)),
            (r#"{"LogLevel":6}"#, None),
            (r#"{"LogLevel":"loud"}"#, None),
        ] {
            let read = serde_json::from_str::<SetLogLevel>(json).ok();
            assert_eq!(read.map(|it| it.log_level), level, "{json}");
        }
        let exit: MonitorNuGetProcessExit = serde_json::from_str(r#"{"processid":"12"}"#).unwrap();
        assert_eq!(exit.process_id, 12);
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
