//! A single request without the SDK's services: to a package source, and to the metadata services of
//! containers and instances.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use super::client::{HttpClient, timeouts};
use super::headers::http_date;
use crate::base::url::UrlParts;

/// What is sent. It has no body, follows no redirect and is not repeated.
#[derive(Debug, Clone)]
pub(super) struct Request<'a> {
    pub method: &'static str,
    pub url: &'a str,
    /// The value must be one that a header can carry.
    pub headers: Vec<(&'static str, String)>,
    pub timeouts: TimeoutConfig,
}

/// The response, whatever its status.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The time by the clock of the host that answered, if it says so.
    pub date: Option<SystemTime>,
}

/// There was no response.
pub(super) type NoAnswer = SdkError<Infallible, HttpResponse>;

impl<'a> Request<'a> {
    pub(super) fn get(url: &'a str) -> Self {
        Self { method: "GET", url, headers: Vec::new(), timeouts: timeouts() }
    }

    /// Each header replaces an earlier one of its name.
    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With this limit for the connection and for the response.
    pub(super) fn within(self, limit: Duration) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(limit).read_timeout(limit).build();
        Self { timeouts, ..self }
    }

    pub(super) async fn send(self, client: &HttpClient) -> Result<Answer, NoAnswer> {
        let Self { method, url, headers, timeouts } = self;
        let parts = UrlParts::strict(url);
        let origin = parts.origin();
        let path = if parts.path.is_empty() { "/" } else { parts.path };
        let path = format!("{path}{}", without_fragment(parts.tail));
        let operation = Operation::builder()
            .service_name("plain")
            .operation_name("request")
            .endpoint_url(&origin)
            .http_client(client.shared())
            .timeout_config(timeouts)
            .no_retry()
            .no_auth()
            .serializer(move |()| {
                let mut request = HttpRequest::new(SdkBody::empty());
                request.set_method(method)?;
                request.set_uri(path.as_str())?;
                for (name, value) in &headers {
                    request.headers_mut().try_insert(*name, value.clone())?;
                }
                Ok(request)
            })
            .deserializer(|response: &HttpResponse| {
                Ok(Answer {
                    status: response.status().as_u16(),
                    body: response.body().bytes().unwrap_or_default().to_owned(),
                    date: response.headers().get("date").and_then(http_date),
                })
            })
            .build();
        operation.invoke(()).await
    }
}

/// The query, without what no server gets to see.
fn without_fragment(tail: &str) -> &str {
    tail.split_once('#').map_or(tail, |(query, _)| query)
}
