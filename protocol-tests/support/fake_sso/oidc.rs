//! The sign-in service's three calls, and the page that a browser is sent to.

use aws_smithy_types::base64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::codes::Authorization;
use super::{State, UserWill, refusal};
use crate::support::fake_codeartifact::http::{Reply, Seen};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub fn register(state: &mut State, seen: &Seen) -> Reply {
    state.calls.push("RegisterClient".to_owned());
    let asked = body(seen);
    if asked["clientType"] != "public" || asked["clientName"].as_str().is_none_or(str::is_empty) {
        return refusal(400, "InvalidClientMetadataException", "a name and a public client");
    }
    let (id, secret) = state.codes.register(asked);
    Reply::json(
        200,
        &json!({
            "clientId": id, "clientSecret": secret, "clientIdIssuedAt": 1_700_000_000,
            "clientSecretExpiresAt": 4_070_908_800_u64
        }),
    )
}

pub fn start_device(state: &mut State, seen: &Seen) -> Reply {
    state.calls.push("StartDeviceAuthorization".to_owned());
    let asked = body(seen);
    let client = text(&asked["clientId"]);
    if !state.codes.knows(&client, &text(&asked["clientSecret"])) {
        return refusal(401, "InvalidClientException", "no such client");
    }
    let (device_code, user_code) = state.codes.start_device(&client);
    let page = &state.page;
    Reply::json(
        200,
        &json!({
            "deviceCode": device_code, "userCode": user_code, "verificationUri": page,
            "verificationUriComplete": format!("{page}?user_code={user_code}"),
            "expiresIn": 600, "interval": state.interval
        }),
    )
}

pub fn create_token(state: &mut State, seen: &Seen) -> Reply {
    let asked = body(seen);
    let (grant, client) = (text(&asked["grantType"]), text(&asked["clientId"]));
    state.calls.push(grant.rsplit(':').next().unwrap_or_default().to_owned());
    if !state.codes.knows(&client, &text(&asked["clientSecret"])) {
        return refusal(401, "InvalidClientException", "no such client");
    }
    if let Some(code) = state.next_refusals.pop_front() {
        return refusal(400, code, "as the test says");
    }
    let granted = match grant.as_str() {
        DEVICE_CODE => device(state, &text(&asked["deviceCode"]), &client),
        "authorization_code" => authorization_code(state, &asked, &client),
        "refresh_token" => refresh(state, &text(&asked["refreshToken"]), &client),
        _ => Err("UnsupportedGrantTypeException"),
    };
    match granted {
        Ok(()) => issue(state, &client),
        Err(code) => refusal(400, code, "no"),
    }
}

/// The page: the user's answer goes back by a redirect, as the browser follows it.
pub fn authorize(state: &mut State, seen: &Seen) -> Reply {
    state.calls.push("Authorize".to_owned());
    let get = |name| seen.parameter(name).map(decoded).unwrap_or_default();
    let (client, redirect_uri) = (get("client_id"), get("redirect_uri"));
    let asked = state.codes.registration(&client).cloned().unwrap_or_default();
    let is_registered = asked["redirectUris"][0] == without_port(&redirect_uri)
        && asked["grantTypes"]
            .as_array()
            .is_some_and(|all| all.contains(&json!("authorization_code")))
        && asked["issuerUrl"].is_string();
    let is_sound = get("response_type") == "code"
        && get("code_challenge_method") == "S256"
        && get("scopes") == "sso:account:access";
    if !is_registered || !is_sound {
        return refusal(400, "InvalidRequestException", "not as it was registered");
    }
    let answer = match state.user {
        UserWill::Agree => {
            let challenge = get("code_challenge");
            let to = Authorization { client, redirect_uri: redirect_uri.clone(), challenge };
            format!("code={}", state.codes.authorize(to))
        }
        _ => "error=access_denied".to_owned(),
    };
    let target = format!("{redirect_uri}?{answer}&state={}", get("state"));
    Reply::status(302).with_header("location", target)
}

fn device(state: &mut State, code: &str, client: &str) -> Result<(), &'static str> {
    if !state.codes.is_device_of(code, client) {
        return Err("InvalidGrantException");
    }
    match state.user {
        UserWill::Wait => return Err("AuthorizationPendingException"),
        UserWill::Decline => return Err("AccessDeniedException"),
        UserWill::LetExpire => return Err("ExpiredTokenException"),
        UserWill::Agree => state.codes.forget_device(code),
    }
    Ok(())
}

fn authorization_code(state: &mut State, asked: &Value, client: &str) -> Result<(), &'static str> {
    let issued = state.codes.take_authorization(&text(&asked["code"]));
    let issued = issued.ok_or("InvalidGrantException")?;
    let verifier = text(&asked["codeVerifier"]);
    let digest = base64::encode(Sha256::digest(&verifier));
    state.verifiers.push(verifier);
    let challenge = digest.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let is_sound = issued.client == client
        && issued.redirect_uri == text(&asked["redirectUri"])
        && issued.challenge == challenge;
    if is_sound { Ok(()) } else { Err("InvalidGrantException") }
}

fn refresh(state: &mut State, token: &str, client: &str) -> Result<(), &'static str> {
    if state.refuses_refresh || !state.codes.take_refresh_token(token, client) {
        return Err("InvalidGrantException");
    }
    Ok(())
}

fn issue(state: &mut State, client: &str) -> Reply {
    let (access, refresh) = state.codes.issue(client);
    let mut answer =
        json!({"accessToken": access, "tokenType": "Bearer", "expiresIn": state.access_lives});
    if let Some(refresh) = refresh {
        answer["refreshToken"] = json!(refresh);
    }
    Reply::json(200, &answer)
}

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Ports of loopback redirects are free.
fn without_port(uri: &str) -> String {
    let rest = uri.strip_prefix("http://127.0.0.1:").unwrap_or_default();
    format!("http://127.0.0.1{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Percent decoding of what is ASCII.
fn decoded(value: &str) -> String {
    let mut parts = value.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(2.min(part.len()));
        text.push(u8::from_str_radix(code, 16).map_or('?', char::from));
        text.push_str(rest);
    }
    text
}
