//! A package source asked for its index as NuGet would ask, with a token: to see what it says.

use std::convert::Infallible;
use std::time::SystemTime;

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::{DateTime, Format};

use super::http::HttpClient;
use super::identity::Identity;
use super::route::Route;
use super::{Aws, AwsError, FETCH_LIMIT, classify, timeouts};
use crate::base::secret::Secret;

/// What a source said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceAnswer {
    pub status: u16,
    /// Whether the body is an index of NuGet's.
    pub is_index: bool,
    /// The time by the clock of whoever answered, if it is told.
    pub date: Option<SystemTime>,
}

impl Aws {
    /// Sends one GET with the token to the URL, which is one that may have it. No redirect is followed,
    /// and nothing is repeated. It goes as NuGet goes, which knows neither `AWS_CA_BUNDLE` nor a rule's
    /// proxy: what works here works there.
    pub async fn source_index(
        &self,
        url: &str,
        token: &Secret,
        identity: &Identity,
    ) -> Result<SourceAnswer, AwsError> {
        let client = self.client_of(Route::of_nuget(&self.environment)).await?;
        match tokio::time::timeout(FETCH_LIMIT, get(url, token, &client)).await {
            Ok(answer) => answer.map_err(|error| of_nuget(classify::connection(&error, &client))),
            Err(_) => Err(AwsError::timed_out(&client, identity, FETCH_LIMIT)),
        }
    }
}

/// The way out is another one than for AWS's own calls.
fn of_nuget(error: AwsError) -> AwsError {
    match error {
        AwsError::Tls { host, detail } => AwsError::SourceTls { host, detail },
        other => other,
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
            let date = response.headers().get("date").and_then(time_of);
            Ok(SourceAnswer { status: response.status().as_u16(), is_index, date })
        })
        .build();
    ask.invoke(()).await
}

/// The time of a `Date` header.
pub(super) fn time_of(header: &str) -> Option<SystemTime> {
    SystemTime::try_from(DateTime::from_str(header, Format::HttpDate).ok()?).ok()
}

/// An object with the resources that the source has.
fn is_index(body: &[u8]) -> bool {
    // Others than .NET's reader stumble over a mark.
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
