//! The metadata services of a container and of an instance, on one free loopback port.

use serde_json::json;

use super::fake_codeartifact::http::{Reply, Seen, Server};
use super::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};

/// What a container must say to get its credentials.
pub const CONTAINER_TOKEN: &str = "fakeContainerToken";

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

fn credentials() -> Reply {
    Reply::json(
        200,
        &json!({
            "Code": "Success",
            "Type": "AWS-HMAC",
            "LastUpdated": "2026-01-01T00:00:00Z",
            "AccessKeyId": ACCESS_KEY_ID,
            "SecretAccessKey": SECRET_ACCESS_KEY,
            "Token": "fakeSessionToken",
            "Expiration": "2099-01-01T00:00:00Z"
        }),
    )
}
