//! One server for all of AWS, which gives everybody credentials that say how they were got: the access
//! key's id is the text of it, in hexadecimal digits.

use serde_json::json;

use crate::support::fake_codeartifact::http::{Reply, Seen, Server};

/// What the ids of such keys begin with.
const PREFIX: &str = "ASIAX";

/// The session token of such keys.
const SESSION: &str = "given";

/// The names of sessions that the plugin and botocore make up.
const OWN_SESSIONS: [&str; 2] = ["nuget-plugin-codeartifact", "botocore-session-"];

const INSTANCE: &str = "/latest/meta-data/iam/security-credentials/";

pub fn start() -> Server {
    Server::start(answer)
}

/// Who has this key: `AKIAONE`, `AKIAONE+token`, or how the credentials were got.
pub fn who(id: &str, token: &str) -> String {
    let digits = id.strip_prefix(PREFIX).unwrap_or_default();
    let text = hex::decode(digits).ok().and_then(|text| String::from_utf8(text).ok());
    match (text, token) {
        (Some(text), SESSION) if !text.is_empty() => text,
        (_, "") => id.to_owned(),
        _ => format!("{id}+{token}"),
    }
}

fn answer(seen: &Seen) -> Reply {
    match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/v1/authorization-token") => {
            let token = hex::encode(signer(seen));
            Reply::json(200, &json!({"authorizationToken": token, "expiration": 4_102_444_800_u64}))
        }
        ("POST", "/") => sts(seen),
        ("GET", "/federation/credentials") => {
            let parameter = |name| seen.parameter(name).unwrap_or_default();
            let (role, account) = (parameter("role_name"), parameter("account_id"));
            let sign_in = seen.header("x-amz-sso_bearer_token");
            let id = key(&format!("{role} in {account} by {sign_in}"));
            Reply::json(
                200,
                &json!({"roleCredentials": {
                    "accessKeyId": id, "secretAccessKey": "s", "sessionToken": SESSION,
                    "expiration": 4_102_444_800_000_u64
                }}),
            )
        }
        ("GET", "/container") => metadata("container"),
        ("PUT", "/latest/api/token") => Reply::bytes(200, "text/plain", "t")
            .with_header("x-aws-ec2-metadata-token-ttl-seconds", "21600"),
        ("GET", INSTANCE) => Reply::bytes(200, "text/plain", "build"),
        ("GET", path) if path.strip_prefix(INSTANCE) == Some("build") => metadata("instance"),
        _ => Reply::status(404),
    }
}

fn key(text: &str) -> String {
    format!("{PREFIX}{}", hex::encode(text))
}

/// Who signed the request.
fn signer(seen: &Seen) -> String {
    let scope = seen.header("authorization").split("Credential=").nth(1).unwrap_or_default();
    who(scope.split('/').next().unwrap_or_default(), seen.header("x-amz-security-token"))
}

fn metadata(who: &str) -> Reply {
    Reply::json(
        200,
        &json!({
            "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2020-01-01T00:00:00Z",
            "AccessKeyId": key(who), "SecretAccessKey": "s", "Token": SESSION,
            "Expiration": "2099-01-01T00:00:00Z"
        }),
    )
}

fn sts(seen: &Seen) -> Reply {
    let body = String::from_utf8_lossy(&seen.body).replace("%3A", ":").replace("%2F", "/");
    let get = |name: &str| {
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let (action, role) = (get("Action"), get("RoleArn"));
    let by = match action.as_str() {
        "AssumeRole" => signer(seen),
        _ => format!("token {}", get("WebIdentityToken")),
    };
    let mut text = format!("{by} > {role}");
    for name in ["ExternalId", "RoleSessionName"] {
        let value = get(name);
        let is_own = OWN_SESSIONS.iter().any(|own| value.starts_with(own));
        if !value.is_empty() && !is_own {
            text = format!("{text} {name}={value}");
        }
    }
    let id = key(&text);
    Reply::bytes(
        200,
        "text/xml",
        format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
             <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>{SESSION}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
             </Credentials></{action}Result></{action}Response>"
        ),
    )
}
