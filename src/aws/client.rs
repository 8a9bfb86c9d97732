//! How AWS is reached: connections, what they trust, and what is never sent in the clear.
#![expect(clippy::disallowed_methods, reason = "the certificates that the user names are a file")]

use std::borrow::Cow;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
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
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use http_body_util::Limited;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::sync::OnceCell;

use super::endpoints::EndpointVariables;
use super::error::AwsError;
use super::files::AwsFiles;
use super::route::{CaBundle, Proxy, Route};
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::url::{UrlParts, is_loopback};
use crate::settings::EffectiveSettings;

/// Time limit for obtaining a token. It is long enough for a slow network.
pub const FETCH_LIMIT: Duration = Duration::from_mins(1);

/// Time limit for making one connection. The SDK tries three times.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Larger responses are not kept in memory: a response from AWS has a few kilobytes.
const LARGEST_ANSWER: usize = 1 << 20;

/// How AWS is reached with one profile. No connection is made before the first client is needed,
/// and the trusted certificates are read once.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub files: AwsFiles,
    /// The profile whose endpoints are effective.
    pub profile: String,
    endpoints: EndpointVariables,
    route: Result<Route, AwsError>,
    connected: Arc<OnceCell<SharedHttpClient>>,
}

impl Network {
    pub(super) fn new(
        environment: &Environment,
        files: AwsFiles,
        profile: String,
        effective: Option<&EffectiveSettings>,
    ) -> Self {
        let endpoints = EndpointVariables::of(environment);
        let route = Route::to_aws(environment, &files, &profile, effective);
        Self { files, profile, endpoints, route, connected: Arc::default() }
    }

    /// Fails if the proxy or an endpoint in the settings is not a valid URL.
    pub(super) fn route(&self) -> Result<&Route, AwsError> {
        self.route.as_ref().map_err(Clone::clone)
    }

    /// A client over the connections of this network. It remembers the hosts of its own requests only.
    pub(super) async fn client(&self) -> Result<HttpClient, AwsError> {
        let route = self.route()?;
        let connected = self.connected.get_or_try_init(|| connect(route.clone())).await?;
        Ok(HttpClient::guarding(connected.clone(), route.proxy.clone()))
    }

    /// The SDK's configuration without credentials. The endpoints come from the environment, the
    /// files and the rule.
    pub(super) async fn config(
        &self,
        client: &HttpClient,
        profile: &str,
        region: &str,
    ) -> SdkConfig {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .profile_files(self.files.for_sdk(profile))
            .profile_name("default")
            .region(Region::new(region.to_owned()))
            .no_credentials()
            .http_client(client.shared())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard())
            // The SDK's protection would mistake a slow response for a stalled one.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .framework_metadata(framework())
            .load()
            .await;
        let endpoints = self.endpoints.and_of(&self.files, profile);
        let mut config = config.into_builder().service_config(endpoints);
        config.set_endpoint_url(None);
        let config = config.build();
        match &self.route {
            Ok(route) => route.add_endpoints(config),
            Err(_) => config,
        }
    }
}

/// Reading the trusted certificates takes some milliseconds. Other requests are answered meanwhile.
async fn connect(route: Route) -> Result<SharedHttpClient, AwsError> {
    let connected = tokio::task::spawn_blocking(move || connector(&route));
    connected.await.unwrap_or_else(|_| {
        Err(AwsError::Trust { detail: "the trusted certificates are unreadable".to_owned() })
    })
}

fn connector(route: &Route) -> Result<SharedHttpClient, AwsError> {
    let store = trust_store(route.ca_bundle.as_ref())?;
    let tls = TlsContext::builder().with_trust_store(store).build();
    let tls = tls.map_err(|error| AwsError::Trust { detail: error.to_string() })?;
    let proxy = route.proxy.as_ref().map(|proxy| proxy.config.clone());
    let proxy = proxy.unwrap_or_else(ProxyConfig::disabled);
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
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
    Ok(SharedHttpClient::new(client))
}

fn default_settings() -> HttpConnectorSettings {
    HttpConnectorSettings::builder()
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(FETCH_LIMIT)
        .build()
}

pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_LIMIT).read_timeout(FETCH_LIMIT).build()
}

#[expect(clippy::expect_used, reason = "the crate's name and version have no other characters")]
fn framework() -> FrameworkMetadata {
    let version = Cow::Borrowed(env!("CARGO_PKG_VERSION"));
    FrameworkMetadata::new(PROGRAM, Some(version)).expect("a valid name and version")
}

/// Sends requests, and remembers where the last one went. All requests of the plugin go through one
/// of these.
#[derive(Debug, Clone)]
pub(super) struct HttpClient {
    shared: SharedHttpClient,
    last_host: Arc<Mutex<Option<String>>>,
    proxy: Option<Proxy>,
}

impl HttpClient {
    /// As NuGet would send them, for a package source.
    pub(super) async fn to_source(environment: &Environment) -> Result<Self, AwsError> {
        let route = Route::to_source(environment)?;
        let proxy = route.proxy.clone();
        Ok(Self::guarding(connect(route).await?, proxy))
    }

    /// Sends nothing.
    pub(super) fn dry_run(client: &DryRunClient) -> Self {
        Self::guarding(SharedHttpClient::new(client.clone()), None)
    }

    fn guarding(inner: SharedHttpClient, proxy: Option<Proxy>) -> Self {
        let last_host = Arc::default();
        let guarded = Guarded { inner, last_host: Arc::clone(&last_host) };
        Self { shared: SharedHttpClient::new(guarded), last_host, proxy }
    }

    pub(super) fn shared(&self) -> SharedHttpClient {
        self.shared.clone()
    }

    /// The host of the last request, with its port where that is not the default port.
    pub(super) fn last_host(&self) -> Option<String> {
        locked(&self.last_host).clone()
    }

    /// The proxy in use.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts requests and sends none of them: it shows where they would go.
#[derive(Debug, Clone, Default)]
pub(super) struct DryRunClient(Arc<Mutex<Option<String>>>);

impl DryRunClient {
    /// Scheme, host and port that the last request would have gone to. None if there was no
    /// request.
    pub(super) fn origin(&self) -> Option<String> {
        locked(&self.0).as_deref().map(|url| UrlParts::strict(url).origin())
    }
}

impl HttpConnector for DryRunClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !has_sound_port(request.uri()) {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(NoPort.into())));
        }
        *locked(&self.0) = Some(request.uri().to_owned());
        HttpConnectorFuture::ready(Err(ConnectorError::user("nothing is sent".into())))
    }
}

impl SdkHttpClient for DryRunClient {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A request over plain http to another machine was about to be sent, and was stopped.
#[derive(Debug, thiserror::Error)]
#[error("plain http to `{host}`, which is not this machine")]
pub(super) struct PlainHttp {
    pub(super) host: String,
}

/// The endpoint's port is not a number: it is the beginning of a password with a `/`, as in
/// `https://user:pass/word@host`, which no message may show.
#[derive(Debug, thiserror::Error)]
#[error("the port is not a number")]
pub(super) struct NoPort;

fn has_sound_port(url: &str) -> bool {
    let (_, port) = UrlParts::strict(url).host_and_port();
    port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Wraps the client in a guard: wherever the setting of an endpoint came from, credentials go over
/// plain http only if no other machine is in between.
#[derive(Debug)]
struct Guarded {
    inner: SharedHttpClient,
    last_host: Arc<Mutex<Option<String>>>,
}

impl SdkHttpClient for Guarded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(GuardedConnector { inner, last_host: Arc::clone(&self.last_host) })
    }
}

#[derive(Debug)]
struct GuardedConnector {
    inner: SharedHttpConnector,
    last_host: Arc<Mutex<Option<String>>>,
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !has_sound_port(request.uri()) {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(NoPort.into())));
        }
        let url = UrlParts::strict(request.uri());
        let is_plain = !url.scheme.eq_ignore_ascii_case("https");
        let host = url.host().to_ascii_lowercase();
        *locked(&self.last_host) = Some(url.authority.to_ascii_lowercase());
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

/// Whether the request goes to a metadata service, which speaks plain http. Such a request never
/// has AWS credentials, an SSO token or a form in it: for an API's endpoint, plain http at such an
/// address is as bad as at any other.
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

/// A bundle replaces the system's store. Both are checked here, because the SDK panics if a store
/// is empty or broken.
fn trust_store(bundle: Option<&CaBundle>) -> Result<TrustStore, AwsError> {
    let Some(CaBundle { path, setting }) = bundle else {
        if SYSTEM_CERTIFICATES.is_empty() {
            let detail = "the system has no trusted certificates".to_owned();
            return Err(AwsError::Trust { detail });
        }
        return Ok(TrustStore::empty().with_pem_certificate(SYSTEM_CERTIFICATES.as_bytes()));
    };
    bundled_store(path).map_err(|why| {
        let (setting, path) = (setting.clone(), path.clone());
        AwsError::CaBundle { setting, path, why }
    })
}

/// The system's certificates that can be used, as PEM. Handed to the SDK like a bundle: left to itself,
/// it would read some hundred files a second time.
static SYSTEM_CERTIFICATES: LazyLock<String> = LazyLock::new(|| {
    let mut usable = rustls::RootCertStore::empty();
    let certificates = rustls_native_certs::load_native_certs().certs.into_iter();
    certificates.fold(String::new(), |mut pem, certificate| {
        if usable.add(certificate.clone()).is_ok() {
            for line in [
                "-----BEGIN CERTIFICATE-----",
                &*base64::encode(&certificate),
                "-----END CERTIFICATE-----",
            ] {
                pem.push_str(line);
                pem.push('\n');
            }
        }
        pem
    })
});

fn bundled_store(path: &Path) -> Result<TrustStore, String> {
    let pem = fs::read(path).map_err(|error| error.to_string())?;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| "it is not a PEM file")?;
        roots.add(certificate).map_err(|_| "a certificate in it is broken")?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(TrustStore::empty().with_pem_certificate(pem))
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
    fn a_port_that_may_be_a_password_is_found() {
        for url in
            ["https://h", "https://h:8443/x", "https://h:", "http://[::1]:80", "https://u:p@h"]
        {
            assert!(has_sound_port(url), "{url}");
        }
        for url in ["https://u:hun/ter2@h", "https://u:hun#ter2@h", "https://u:hun?ter2@h/x"] {
            assert!(!has_sound_port(url), "{url}");
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
