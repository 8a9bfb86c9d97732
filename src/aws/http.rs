//! Connections to AWS: what is trusted, and what is never sent in the clear.
#![expect(clippy::disallowed_methods, reason = "the certificates that the user names are a file")]

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
    SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::AwsError;
use super::route::{CaBundle, Proxy, Route};
use crate::base::url::{UrlParts, is_loopback};

/// The one way out of this process.
#[derive(Debug, Clone)]
pub(super) struct HttpClient {
    shared: SharedHttpClient,
    seen: Arc<Seen>,
}

/// No honest answer is longer; what is longer is not held in memory.
const LARGEST_ANSWER: usize = 1 << 20;

/// What the connections were like, for messages.
#[derive(Debug, Default)]
struct Seen {
    last_host: Mutex<Option<String>>,
    proxy: Option<Proxy>,
}

impl HttpClient {
    /// Reads the certificates that are trusted. No connection is made.
    pub(super) fn new(route: &Route) -> Result<Self, AwsError> {
        let store = trust_store(route.ca_bundle.as_ref())?;
        let tls = TlsContext::builder().with_trust_store(store).build();
        let tls = tls.map_err(|error| AwsError::Trust { detail: error.to_string() })?;
        let proxy = route.proxy.as_ref().map(|proxy| proxy.config.clone());
        let proxy = proxy.unwrap_or_else(ProxyConfig::disabled);
        let seen = Arc::new(Seen { proxy: route.proxy.clone(), last_host: Mutex::default() });
        let inner = Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .proxy_config(proxy.clone())
                .connector_settings(settings.cloned().unwrap_or_else(default_settings));
            if let Some(sleep) = components.and_then(RuntimeComponents::sleep_impl) {
                connector = connector.sleep_impl(sleep);
            }
            connector.build()
        });
        Ok(Self::guarding(SharedHttpClient::new(inner), seen))
    }

    /// The same guard before another way out.
    pub(super) fn over(inner: SharedHttpClient) -> Self {
        Self::guarding(inner, Arc::default())
    }

    fn guarding(inner: SharedHttpClient, seen: Arc<Seen>) -> Self {
        let guarded = Guarded { inner, seen: Arc::clone(&seen) };
        Self { shared: SharedHttpClient::new(guarded), seen }
    }

    pub(super) fn shared(&self) -> SharedHttpClient {
        self.shared.clone()
    }

    /// The host that was asked last, with its port where that is not the usual one.
    pub(super) fn last_host(&self) -> Option<String> {
        self.seen.last_host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The proxy in use.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.seen.proxy.as_ref()
    }
}

/// A request over plain http to another machine was about to be sent.
#[derive(Debug, thiserror::Error)]
#[error("plain http to `{host}`, which is not this machine")]
pub(super) struct PlainHttp {
    pub(super) host: String,
}

/// The client with a guard before it: whatever setting an endpoint came from, credentials go over
/// plain http only where nobody listens in between.
#[derive(Debug)]
struct Guarded {
    inner: SharedHttpClient,
    seen: Arc<Seen>,
}

impl SdkHttpClient for Guarded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(GuardedConnector { inner, seen: Arc::clone(&self.seen) })
    }
}

#[derive(Debug)]
struct GuardedConnector {
    inner: SharedHttpConnector,
    seen: Arc<Seen>,
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = UrlParts::strict(request.uri());
        let is_plain = !url.scheme.eq_ignore_ascii_case("https");
        let host = url.host().to_ascii_lowercase();
        *self.seen.last_host.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(url.authority.to_ascii_lowercase());
        if is_plain && !is_loopback(&host) && !asks_metadata(&request, &host) {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(
                PlainHttp { host }.into(),
            )));
        }
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            Ok(answer.await?.map(|body| SdkBody::from_body_1_x(Limited::new(body, LARGEST_ANSWER))))
        })
    }
}

/// Whether a metadata service is asked, which speaks plain http: never with AWS credentials, an SSO
/// token or a form. An API's endpoint at such an address is as bad as at any other.
fn asks_metadata(request: &HttpRequest, host: &str) -> bool {
    let headers = request.headers();
    let is_signed = headers.get("authorization").is_some_and(|text| text.starts_with("AWS4-"));
    let is_api = is_signed || headers.contains_key("x-amz-sso_bearer_token");
    is_metadata_service(host) && !is_api && request.method() != "POST"
}

/// The instance metadata service and the container credential endpoints of ECS and EKS are at
/// link-local addresses.
fn is_metadata_service(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => Ipv4Addr::is_link_local(&address),
        Ok(IpAddr::V6(address)) => {
            Ipv6Addr::is_unicast_link_local(&address) || address.segments()[..2] == [0xfd00, 0x0ec2]
        }
        Err(_) => false,
    }
}

fn default_settings() -> HttpConnectorSettings {
    HttpConnectorSettings::builder()
        .connect_timeout(super::CONNECT_LIMIT)
        .read_timeout(super::FETCH_LIMIT)
        .build()
}

/// A bundle replaces the system's store. Either is checked here: the SDK panics on a store that is empty
/// or broken.
fn trust_store(bundle: Option<&CaBundle>) -> Result<TrustStore, AwsError> {
    let Some(CaBundle { path, setting }) = bundle else {
        return system_trust_store();
    };
    let broken =
        |why: String| AwsError::CaBundle { setting: setting.clone(), path: path.clone(), why };
    let pem = fs::read(path).map_err(|error| broken(error.to_string()))?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| broken("it is not a PEM file".to_owned()))?;
        let added = roots.add(certificate);
        added.map_err(|_| broken("a certificate in it is broken".to_owned()))?;
    }
    if roots.is_empty() {
        return Err(broken("there is no certificate in it".to_owned()));
    }
    Ok(TrustStore::empty().with_pem_certificate(pem))
}

fn system_trust_store() -> Result<TrustStore, AwsError> {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let (usable, _) = rustls::RootCertStore::empty().add_parsable_certificates(certificates);
    if usable == 0 {
        return Err(AwsError::Trust {
            detail: "the system has no trusted certificates".to_owned(),
        });
    }
    Ok(TrustStore::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_services_are_link_local() {
        for host in ["169.254.169.254", "169.254.170.23", "[fd00:ec2::254]", "[fe80::1]"] {
            assert!(is_metadata_service(host), "{host}");
        }
        for host in ["10.0.0.1", "example.org", "[fd00:ec3::254]"] {
            assert!(!is_metadata_service(host), "{host}");
        }
    }

    #[test]
    fn a_bundle_that_is_missing_empty_or_broken_is_named() {
        let empty = tempfile::NamedTempFile::new().unwrap();
        for path in ["/nonexistent/ca.pem", empty.path().to_str().unwrap()] {
            let bundle = CaBundle { path: path.into(), setting: "AWS_CA_BUNDLE".into() };
            let error = trust_store(Some(&bundle)).unwrap_err().to_string();
            assert!(error.contains("AWS_CA_BUNDLE") && error.contains(path), "{error}");
        }
    }
}
