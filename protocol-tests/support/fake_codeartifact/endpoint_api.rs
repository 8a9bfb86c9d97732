//! `GET /v1/repository/endpoint`.

use serde_json::json;

use super::http::{Reply, Seen};
use super::sigv4::AccessKeys;

/// The API's knob.
#[derive(Debug, Default)]
pub struct EndpointApi {
    /// HTTP status, error code and text of every answer from now on.
    pub fails: Option<(u16, &'static str, &'static str)>,
    /// Whether AWS's own hosts are named, and not the fake.
    pub names_aws: bool,
    /// The repository of every answer, whichever is asked for.
    pub repository: Option<&'static str>,
}

impl EndpointApi {
    /// Names the source's URL on the fake itself, in the form of a VPC endpoint.
    pub fn answer(&self, keys: &AccessKeys, seen: &Seen) -> Reply {
        let failure = |status, code: &str, message: &str| {
            Reply::json(status, &json!({"message": message})).with_header("x-amzn-errortype", code)
        };
        if let Err(refusal) = keys.verify(seen, "codeartifact") {
            return failure(403, refusal.code, &refusal.message);
        }
        if let Some((status, code, message)) = self.fails {
            return failure(status, code, message);
        }
        let parameter = |name| seen.parameter(name).unwrap_or_default();
        if parameter("format") != "nuget" {
            return failure(400, "ValidationException", "format is not nuget");
        }
        let (domain, owner) = (parameter("domain"), parameter("domain-owner"));
        let (repository, kind) = (parameter("repository"), parameter("endpointType"));
        let repository = self.repository.unwrap_or(repository);
        let host = seen.header("host");
        // Real hosts differ by the kind; the fake has but one, and tells it by a folder.
        let folder = if kind == "dualstack" { "dualstack/" } else { "" };
        if self.names_aws {
            let host = format!("{domain}-{owner}.d.codeartifact.eu-west-1.amazonaws.com");
            let url = format!("https://{host}/nuget/{repository}/");
            return Reply::json(200, &json!({"repositoryEndpoint": url}));
        }
        let url = format!("http://{host}/{folder}nuget/d/{domain}-{owner}/{repository}/");
        Reply::json(200, &json!({"repositoryEndpoint": url}))
    }
}
