//! A package source's index, requested with a token as NuGet would, to see how the source responds.

use std::convert::Infallible;
use std::time::SystemTime;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;

use super::Aws;
use super::client::{FETCH_LIMIT, HttpClient, timeouts};
use super::error::AwsError;
use super::error::classify::{self, http_date};
use super::identity::Identity;
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

async fn get(
    url: &str,
    token: &Secret,
    client: &HttpClient,
) -> Result<SourceAnswer, SdkError<Infallible, HttpResponse>> {
    let path_at = url.find("://").and_then(|at| Some(at + 3 + url[at + 3..].find('/')?));
    let (origin, path) = url.split_at(path_at.unwrap_or(url.len()));
    let (path, token) = (path.to_owned(), token.clone());
    let ask = Operation::builder()
        .service_name("source")
        .operation_name("index")
        .endpoint_url(origin)
        .http_client(client.shared())
        .timeout_config(timeouts())
        .no_retry()
        .no_auth()
        .serializer(move |()| {
            let credentials = base64::encode(format!("aws:{}", token.expose()));
            let mut request = HttpRequest::new(SdkBody::empty());
            request.set_uri(path.as_str())?;
            request.headers_mut().try_insert("authorization", format!("Basic {credentials}"))?;
            Ok(request)
        })
        .deserializer(|response: &HttpResponse| {
            let is_index = is_index(response.body().bytes().unwrap_or_default());
            let date = response.headers().get("date").and_then(http_date);
            Ok(SourceAnswer { status: response.status().as_u16(), is_index, date })
        })
        .build();
    ask.invoke(()).await
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
