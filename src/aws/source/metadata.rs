//! The credentials that the metadata services of containers and instances give, as JSON.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use serde::Deserialize;

use crate::base::secret::Secret;
use crate::base::text::excerpt;
use crate::base::time;

/// What a metadata service answers, good or bad. Of `code` and `message` each service writes its own
/// case.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    token: Option<Secret>,
    expiration: Option<String>,
    #[serde(alias = "code")]
    code: Option<String>,
    #[serde(alias = "message")]
    message: Option<String>,
}

/// The credentials of the JSON, or why there are none, to be read after "… gave no AWS credentials: ".
pub(super) fn credentials(
    body: &[u8],
    provider: &'static str,
    now: SystemTime,
) -> Result<Credentials, String> {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return Err("its answer is no JSON of credentials".to_owned());
    };
    let (Some(id), Some(secret)) = (answer.access_key_id, answer.secret_access_key) else {
        return Err(reason(answer.code.as_deref(), answer.message.as_deref()).unwrap_or_else(
            || "its answer has no `AccessKeyId` and `SecretAccessKey`".to_owned(),
        ));
    };
    let expiration = match answer.expiration.as_deref().map(time::parse) {
        Some(None) => return Err("the `Expiration` in its answer is no time".to_owned()),
        expiration => expiration.flatten(),
    };
    // A service that is down for a while goes on giving the old credentials, which AWS still takes.
    let expiration = expiration.filter(|expiration| *expiration > now);
    let token = answer.token.map(|token| token.expose().to_owned());
    Ok(Credentials::new(id, secret.expose(), token, expiration, provider))
}

/// The service's own code and message.
fn reason(code: Option<&str>, message: Option<&str>) -> Option<String> {
    let text: Vec<String> = [code, message].into_iter().flatten().map(excerpt).collect();
    let text: Vec<String> = text.into_iter().filter(|text| !text.is_empty()).collect();
    if text.is_empty() { None } else { Some(format!("it returned {}", text.join(": "))) }
}

/// Why a response with this status gives nothing, with its code and message or the begin of its text.
pub(super) fn refusal(status: u16, body: &[u8]) -> String {
    let answer = serde_json::from_slice::<Answer>(body).ok();
    let reason = answer.and_then(|it| reason(it.code.as_deref(), it.message.as_deref()));
    let text = String::from_utf8_lossy(body);
    let text = excerpt(&text);
    match reason {
        Some(reason) => format!("{reason} (HTTP {status})"),
        None if text.is_empty() || text.starts_with('<') => {
            format!("it returned HTTP {status}")
        }
        None => format!("it returned HTTP {status}: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const NOW: SystemTime = UNIX_EPOCH;

    fn error(body: &str) -> String {
        credentials(body.as_bytes(), "test", NOW).unwrap_err()
    }

    #[test]
    fn the_services_own_reason_is_shown() {
        let refused =
            r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot\nassume it"}"#;
        assert_eq!(
            error(refused),
            "it returned AssumeRoleUnauthorizedAccess: EC2 cannot assume it"
        );
        assert_eq!(error("{\"code\":\"x\"}"), "it returned x");
        assert_eq!(error("{}"), "its answer has no `AccessKeyId` and `SecretAccessKey`");
        assert_eq!(error("<html>"), "its answer is no JSON of credentials");
    }

    #[test]
    fn a_status_is_shown_with_the_reason_or_the_text() {
        let json = br#"{"code":"InvalidRole","message":"no such association"}"#;
        assert_eq!(refusal(400, json), "it returned InvalidRole: no such association (HTTP 400)");
        assert_eq!(refusal(400, b"[x]: bad\r\n"), "it returned HTTP 400: [x]: bad");
        assert_eq!(refusal(502, b"<html>"), "it returned HTTP 502");
        assert_eq!(refusal(500, b""), "it returned HTTP 500");
    }

    #[test]
    fn credentials_are_read_and_old_ones_stay_usable() {
        let body = r#"{"Code":"Success","AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"1970-01-01T01:00:00Z"}"#;
        let read = credentials(body.as_bytes(), "test", NOW).unwrap();
        assert_eq!((read.access_key_id(), read.session_token()), ("A", Some("t")));
        assert_eq!(read.expiry(), Some(NOW + Duration::from_hours(1)));
        let later = NOW + Duration::from_hours(2);
        assert_eq!(credentials(body.as_bytes(), "test", later).unwrap().expiry(), None);
    }
}
