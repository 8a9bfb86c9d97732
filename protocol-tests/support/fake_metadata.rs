//! The metadata services of a container and of an instance, on one free loopback port.

use serde_json::json;

use super::fake_codeartifact::http::{Reply, Seen, Server};
use super::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};

/// What a container must say to get its credentials.
pub const CONTAINER_TOKEN: &str = "fakeContainerToken";

/// What comes with temporary keys.
pub const SESSION_TOKEN: &str = "fakeSessionToken";

const INSTANCE_TOKEN: &str = "fakeInstanceToken";

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// The running services; dropping it ends them.
#[derive(Debug)]
pub struct FakeMetadata {
    server: Server,
}

impl FakeMetadata {
    /// Both give the access key that the fake CodeArtifact knows.
    pub fn start() -> Self {
        Self { server: Server::start(answer) }
    }

    /// An instance without a role, and no container.
    pub fn without_role() -> Self {
        let token_only = |seen: &Seen| match seen.method.as_str() {
            "PUT" => answer(seen),
            _ => Reply::status(404),
        };
        Self { server: Server::start(token_only) }
    }

    /// Whatever this answers.
    pub fn answering(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self { server: Server::start(answer) }
    }

    /// No metadata, but the service of `aws login`, which renews every session or none.
    pub fn sign_in_service(renews: bool) -> Self {
        Self { server: Server::start(move |_| if renews { renewed() } else { not_renewed() }) }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.server.host())
    }

    /// Every request so far as `METHOD path status`.
    pub fn requests(&self) -> Vec<String> {
        self.server.requests()
    }
}

fn answer(seen: &Seen) -> Reply {
    let is_instance = seen.header("x-aws-ec2-metadata-token") == INSTANCE_TOKEN;
    match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/v1/credentials") if seen.header("authorization") != CONTAINER_TOKEN => {
            Reply::json(401, &json!({"code": "Unauthorized", "message": "no such token"}))
        }
        ("GET", "/v1/credentials") => credentials(),
        ("PUT", "/latest/api/token") => Reply::bytes(200, "text/plain", INSTANCE_TOKEN)
            .with_header("x-aws-ec2-metadata-token-ttl-seconds", "21600"),
        ("GET", path) if path.starts_with("/latest/") && !is_instance => Reply::status(401),
        ("GET", ROLES) => Reply::bytes(200, "text/plain", "build"),
        ("GET", path) if path.strip_prefix(ROLES) == Some("build") => credentials(),
        _ => Reply::status(404),
    }
}

fn renewed() -> Reply {
    Reply::json(
        200,
        &json!({
            "accessToken": {
                "accessKeyId": ACCESS_KEY_ID,
                "secretAccessKey": SECRET_ACCESS_KEY,
                "sessionToken": SESSION_TOKEN
            },
            "tokenType": "aws_sigv4",
            "expiresIn": 900,
            "refreshToken": "fakeRefreshToken"
        }),
    )
}

fn not_renewed() -> Reply {
    let what = json!({"error": "TOKEN_EXPIRED", "message": "the refresh token has expired"});
    Reply::json(400, &what).with_header("x-amzn-errortype", "AccessDeniedException")
}

fn credentials() -> Reply {
    Reply::json(
        200,
        &json!({
            "Code": "Success",
            "Type": "AWS-HMAC",
            "LastUpdated": "2026-01-01T00:00:00Z",
            "AccessKeyId": ACCESS_KEY_ID,
            "SecretAccessKey": SECRET_ACCESS_KEY,
            "Token": SESSION_TOKEN,
            "Expiration": "2099-01-01T00:00:00Z"
        }),
    )
}
