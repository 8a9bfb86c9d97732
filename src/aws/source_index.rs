//! A package source's index, requested with a token as NuGet would, to see how the source responds.

use std::time::SystemTime;

use aws_smithy_types::base64;

use super::Aws;
use super::client::HttpClient;
use super::error::AwsError;
use super::error::classify;
use super::identity::Identity;
use super::request::{Answer, NoAnswer, Request};
use super::retry_policy::FETCH_LIMIT;
use crate::base::secret::Secret;

/// The response of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAnswer {
    pub status: u16,
    /// Whether the body is an index of a NuGet source.
    pub is_index: bool,
    /// The time by the clock of the host that answered, if it says so.
    pub date: Option<SystemTime>,
}

impl Aws {
    /// Sends one GET with the token to the URL, which must be one that may get the token. It
    /// follows no redirect and does not retry. It uses NuGet's network path, without
    /// `AWS_CA_BUNDLE` and a rule's proxy, and with NuGet's own proxy first: if it works here, it
    /// works for NuGet.
    pub async fn source_index(
        &self,
        url: &str,
        token: &Secret,
        identity: &Identity,
    ) -> Result<SourceAnswer, AwsError> {
        let client = HttpClient::to_source(&self.environment, &self.fallback_proxy).await?;
        match tokio::time::timeout(FETCH_LIMIT, get(url, token, &client)).await {
            Ok(answer) => answer.map_err(|error| match classify::connection(&error, &client) {
                // The fix is not the same as for AWS's own calls.
                AwsError::Tls { host, detail } => AwsError::SourceTls { host, detail },
                other => other,
            }),
            Err(_) => Err(identity.caller().timed_out(&client, FETCH_LIMIT)),
        }
    }
}

async fn get(url: &str, token: &Secret, client: &HttpClient) -> Result<SourceAnswer, NoAnswer> {
    let credentials = base64::encode(format!("aws:{}", token.expose()));
    let request = Request::get(url).with_header("authorization", format!("Basic {credentials}"));
    let Answer { status, body, date } = request.send(client).await?;
    Ok(SourceAnswer { status, is_index: is_index(&body), date })
}

/// An object with the resources that the source has.
fn is_index(body: &[u8]) -> bool {
    // .NET's reader skips a byte order mark, and this parser does not.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let index: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    index["resources"].is_array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_resources() {
        assert!(is_index(b"\xef\xbb\xbf{\"version\": \"3.0.0\", \"resources\": []}"));
        for other in [&b""[..], b"<html>", b"{}", b"[]", b"{\"resources\": 1}"] {
            assert!(!is_index(other));
        }
    }
}
