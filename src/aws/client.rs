//! How AWS is reached: connections, the proxy or the direct way, and what is never sent in the clear.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::http::{
    HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
    SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use http_body_util::Limited;
use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;

use super::endpoints::EndpointVariables;
use super::error::{AwsError, Host, echo};
use super::files::AwsFiles;
use super::proxy::Proxy;
use super::proxy_answer::{self, ProxyFailure};
use super::retry::{Patience, Repeat};
use super::retry_policy::FETCH_LIMIT;
use super::route::{CaBundle, EndpointSetting, FallbackProxy, Route, endpoint_settings};
use super::trust::trust_store;
use crate::base::PROGRAM;
use crate::base::environment::Environment;
use crate::base::files;
use crate::base::secret::Secret;
use crate::base::system;
use crate::base::url::{UrlParts, is_loopback};
use crate::settings::EffectiveSettings;

/// Time limit for making one connection. The SDK tries three times.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Time limit for reading the trusted certificates. Some hundred files of a slow disk take a second.
const READ_LIMIT: Duration = Duration::from_secs(20);

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
    environment: Environment,
    fallback_proxy: FallbackProxy,
    route: Result<Route, AwsError>,
    /// What moves an API to another address, for messages.
    settings: Arc<[EndpointSetting]>,
    connected: Arc<OnceCell<Connected>>,
}

/// The connections of a network path.
#[derive(Debug, Clone)]
struct Connected {
    direct: SharedHttpClient,
    by_proxy: Option<(SharedHttpClient, Proxy)>,
}

impl Network {
    pub(super) fn new(
        environment: &Environment,
        fallback_proxy: FallbackProxy,
        files: AwsFiles,
        profile: String,
        effective: Option<&EffectiveSettings>,
    ) -> Self {
        let endpoints = EndpointVariables::of(environment);
        let route = Route::to_aws(environment, &files, &profile, effective);
        let settings = endpoint_settings(environment, &files, &profile, route.as_ref().ok());
        let environment = environment.clone();
        Self {
            settings: settings.into(),
            files,
            profile,
            endpoints,
            environment,
            fallback_proxy,
            route,
            connected: Arc::default(),
        }
    }

    /// Fails if the proxy or an endpoint in the settings is not a valid URL.
    pub(super) fn route(&self) -> Result<Route, AwsError> {
        self.route.clone()?.or_fallback(&self.environment, &self.fallback_proxy)
    }

    /// A client over the connections of this network. It remembers the hosts of its own requests only.
    pub(super) async fn client(&self) -> Result<HttpClient, AwsError> {
        let network = self.clone();
        let connected = self.connected.get_or_try_init(|| connect(move || network.route())).await?;
        let client = HttpClient::guarding(connected.clone());
        Ok(HttpClient { endpoints: Arc::clone(&self.settings), ..client })
    }

    /// The name of the user's application in requests, which AWS's logs repeat. One that the SDK does
    /// not allow is left out.
    fn app_name(&self, profile: &str) -> Option<AppName> {
        let of_profile = || self.files.get(profile)?.get_some("sdk_ua_app_id");
        let name = self.environment.get("AWS_SDK_UA_APP_ID").or_else(of_profile)?;
        AppName::new(name.to_owned()).ok()
    }

    /// The SDK's configuration without credentials. The endpoints come from the environment, the
    /// files and the rule.
    pub(super) fn config(&self, client: &HttpClient, profile: &str, region: &str) -> SdkConfig {
        let variant = self.endpoints.variant(&self.files, profile);
        // Built without the SDK's loader, which brings the SDK's own search for credentials with it.
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .http_client(client.shared())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard())
            .identity_cache(IdentityCache::lazy().build())
            // The SDK's protection would mistake a slow response for a stalled one.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .service_config(self.endpoints.and_of(&self.files, profile));
        config.set_app_name(self.app_name(profile));
        config.set_framework_metadata(vec![framework()]);
        config.set_use_fips(variant.fips);
        config.set_use_dual_stack(variant.dual_stack);
        let config = config.build();
        match &self.route {
            Ok(route) => route.add_endpoints(config),
            Err(_) => config,
        }
    }
}

/// Reads NuGet's proxy, if no setting of AWS's names one, and the trusted certificates. A drive that
/// does not answer is waited for no longer than [`READ_LIMIT`], and named.
async fn connect(
    route: impl FnOnce() -> Result<Route, AwsError> + Send + 'static,
) -> Result<Connected, AwsError> {
    let (sender, reading) = watch::channel(Reading::Proxy);
    let read = move || {
        let route = route()?;
        sender.send_replace(match &route.ca_bundle {
            Some(bundle) => Reading::Bundle(bundle.clone()),
            None => Reading::System,
        });
        Connected::of(route)
    };
    // The system's functions for names need a thread of this pool later, which is then there.
    can_start_threads()?;
    match tokio::time::timeout(READ_LIMIT, tokio::task::spawn_blocking(read)).await {
        Ok(Ok(connected)) => connected,
        Ok(Err(_)) => {
            Err(AwsError::Trust { detail: "the trusted certificates cannot be read".to_owned() })
        }
        Err(_) => Err(reading.borrow().clone().stuck()),
    }
}

/// The pool panics where the system has no more threads.
fn can_start_threads() -> Result<(), AwsError> {
    match thread::Builder::new().spawn(|| ()) {
        Ok(_) => Ok(()),
        Err(_) => Err(AwsError::Scarce { what: system::NO_MORE_THREADS }),
    }
}

/// What is read for a connection, in this order.
#[derive(Debug, Clone)]
enum Reading {
    Proxy,
    Bundle(CaBundle),
    System,
}

impl Reading {
    fn stuck(self) -> AwsError {
        let why = format!("reading it did not end within {} s", READ_LIMIT.as_secs());
        match self {
            Self::Proxy => {
                AwsError::Trust { detail: format!("NuGet.Config may name a proxy, but {why}") }
            }
            Self::Bundle(CaBundle { setting, path }) => AwsError::CaBundle { setting, path, why },
            Self::System => AwsError::Trust {
                detail: format!(
                    "the system's trusted certificates are on a drive that hangs: {why}"
                ),
            },
        }
    }
}

/// The connections of the last network paths, for every identity and domain: each has its own parsed
/// certificates and idle connections, and a conversation may be about a thousand domains.
static CONNECTED: Mutex<VecDeque<(Path, Connected)>> = Mutex::new(VecDeque::new());

/// So many of them are kept. Rules may name a few proxies and bundles.
const KEPT_PATHS: usize = 4;

/// What connections depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path {
    proxy: Option<Proxy>,
    ca_bundle: Option<CaBundle>,
    /// The bundle may be replaced while a client lives.
    bundle_version: Option<(SystemTime, u64)>,
}

impl Path {
    fn of(route: &Route) -> Self {
        let bundle = route.ca_bundle.as_ref();
        Self {
            proxy: route.proxy.clone(),
            ca_bundle: route.ca_bundle.clone(),
            bundle_version: bundle.and_then(|bundle| files::version(&bundle.path)),
        }
    }
}

impl Connected {
    /// Those that this process has for the route, or new ones.
    fn of(route: Route) -> Result<Self, AwsError> {
        let path = Path::of(&route);
        if let Some((_, kept)) = locked(&CONNECTED).iter().find(|(kept, _)| *kept == path) {
            return Ok(kept.clone());
        }
        let made = Self::new(route)?;
        let mut all = locked(&CONNECTED);
        all.push_front((path, made.clone()));
        all.truncate(KEPT_PATHS);
        Ok(made)
    }

    fn new(route: Route) -> Result<Self, AwsError> {
        let store = trust_store(route.ca_bundle.as_ref())?;
        let tls = TlsContext::builder().with_trust_store(store).build();
        let tls = tls.map_err(|error| AwsError::Trust { detail: error.to_string() })?;
        let direct = connections(tls.clone(), ProxyConfig::disabled());
        let by_proxy = match route.proxy {
            Some(proxy) => Some((connections(tls, proxy.config()?), proxy)),
            None => None,
        };
        Ok(Self { direct, by_proxy })
    }

    /// Where a request goes: the connections, and the proxy if they are its.
    fn to(&self, url: &UrlParts<'_>) -> (&SharedHttpClient, Option<&Proxy>) {
        match &self.by_proxy {
            Some((client, proxy)) if proxy.is_for(url) => (client, Some(proxy)),
            _ => (&self.direct, None),
        }
    }
}

fn connections(tls: TlsContext, proxy: ProxyConfig) -> SharedHttpClient {
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
    SharedHttpClient::new(client)
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
    last: Arc<Mutex<Option<LastRequest>>>,
    /// How many requests were sent.
    calls: Arc<AtomicU32>,
    endpoints: Arc<[EndpointSetting]>,
    /// What no message may repeat.
    secrets: Arc<Mutex<Vec<Secret>>>,
    /// The limit of the fetch that it is for.
    until: Instant,
}

/// Where a request went.
#[derive(Debug, Clone)]
struct LastRequest {
    host: String,
    proxy: Option<Proxy>,
    sent: Instant,
    /// Whether it has failed: what comes next is another request, after a while.
    has_failed: bool,
}

impl HttpClient {
    /// As NuGet would send them, for a package source.
    pub(super) async fn to_source(
        environment: &Environment,
        fallback_proxy: &FallbackProxy,
    ) -> Result<Self, AwsError> {
        let (environment, fallback_proxy) = (environment.clone(), fallback_proxy.clone());
        let route = move || Route::to_source(&environment, &fallback_proxy);
        let connected = connect(route).await?;
        Ok(Self::guarding(connected))
    }

    /// Sends nothing.
    pub(super) fn dry_run(client: &DryRunClient) -> Self {
        let direct = SharedHttpClient::new(client.clone());
        Self::guarding(Connected { direct, by_proxy: None })
    }

    fn guarding(connected: Connected) -> Self {
        let (last, secrets, calls) = (Arc::default(), Arc::default(), Arc::default());
        let guarded = Guarded {
            connected,
            last: Arc::clone(&last),
            calls: Arc::clone(&calls),
            secrets: Arc::clone(&secrets),
        };
        let shared = SharedHttpClient::new(guarded);
        let until = Instant::now() + FETCH_LIMIT;
        Self { shared, last, calls, endpoints: Arc::default(), secrets, until }
    }

    pub(super) fn shared(&self) -> SharedHttpClient {
        self.shared.clone()
    }

    /// Which calls of this fetch are repeated, for one that may be.
    pub(super) fn patience(&self) -> Patience {
        Patience::until(self.until, Repeat::Temporary, Arc::clone(&self.calls))
    }

    /// The same for a call that may be repeated only if the service refused to look at it.
    pub(super) fn patience_for_once(&self) -> Patience {
        Patience::until(self.until, Repeat::Unseen, Arc::clone(&self.calls))
    }

    /// How long the last request has been without a whole answer. Zero if it has failed, and the next
    /// one is to come.
    pub(super) fn silence(&self) -> Duration {
        let last = locked(&self.last);
        let waiting = last.as_ref().filter(|last| !last.has_failed);
        waiting.map(|last| last.sent.elapsed()).unwrap_or_default()
    }

    /// The host of the last request.
    pub(super) fn host(&self) -> Option<Host> {
        let name = locked(&self.last).as_ref().map(|last| last.host.clone())?;
        let setting = self.endpoints.iter().find(|endpoint| endpoint.is_at(&name));
        Some(Host { setting: setting.map(|endpoint| endpoint.name.clone()), name })
    }

    /// The first setting of an API's address that is no URL.
    pub(super) fn broken_endpoint(&self) -> Option<String> {
        let broken = self.endpoints.iter().find(|endpoint| !endpoint.is_url())?;
        Some(broken.name.clone())
    }

    /// Keeps a secret of a request's body out of messages. Those of headers are known.
    pub(super) fn hide(&self, secret: &Secret) {
        locked(&self.secrets).push(secret.clone());
    }

    /// What a server or a program says, without the secrets of our requests.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        echo::without_secrets(text, &locked(&self.secrets))
    }

    /// The proxy that the last request went through.
    pub(super) fn proxy(&self) -> Option<Proxy> {
        locked(&self.last).as_ref()?.proxy.clone()
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
    connected: Connected,
    last: Arc<Mutex<Option<LastRequest>>>,
    calls: Arc<AtomicU32>,
    secrets: Arc<Mutex<Vec<Secret>>>,
}

impl SdkHttpClient for Guarded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GuardedConnector {
            connected: self.connected.clone(),
            settings: settings.clone(),
            components: components.clone(),
            last: Arc::clone(&self.last),
            calls: Arc::clone(&self.calls),
            secrets: Arc::clone(&self.secrets),
        })
    }
}

#[derive(Debug)]
struct GuardedConnector {
    connected: Connected,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
    last: Arc<Mutex<Option<LastRequest>>>,
    calls: Arc<AtomicU32>,
    secrets: Arc<Mutex<Vec<Secret>>>,
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !has_sound_port(request.uri()) {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(NoPort.into())));
        }
        let url = UrlParts::strict(request.uri());
        let is_plain = !url.scheme.eq_ignore_ascii_case("https");
        let host = url.host().to_ascii_lowercase();
        let authority = url.authority.to_ascii_lowercase();
        let (connections, proxy) = self.connected.to(&url);
        let proxy = proxy.cloned();
        self.calls.fetch_add(1, Ordering::Relaxed);
        *locked(&self.last) = Some(LastRequest {
            host: authority.clone(),
            proxy: proxy.clone(),
            sent: Instant::now(),
            has_failed: false,
        });
        if is_plain && !is_loopback(&host) && !asks_metadata(&request, &host) {
            return HttpConnectorFuture::ready(Err(ConnectorError::user(
                PlainHttp { host }.into(),
            )));
        }
        if proxy.as_ref().is_some_and(was_refused) {
            return HttpConnectorFuture::ready(Err(ProxyFailure::PasswordRefused.into_error()));
        }
        remember_secrets(&request, &mut locked(&self.secrets));
        // Its connector is made once for these settings, and kept by the SDK.
        let answer = connections.http_connector(&self.settings, &self.components).call(request);
        let last = Arc::clone(&self.last);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            if !answer.as_ref().is_ok_and(|answer| answer.status().is_success())
                && let Some(last) = locked(&last).as_mut()
            {
                last.has_failed = true;
            }
            match (answer, proxy) {
                (Ok(answer), _) => {
                    Ok(answer
                        .map(|body| SdkBody::from_body_1_x(Limited::new(body, LARGEST_ANSWER))))
                }
                (Err(error), Some(proxy)) => Err(explained(error, &proxy, &authority).await),
                (Err(error), None) => Err(error),
            }
        })
    }
}

/// The error, or the proxy's own reason for it.
async fn explained(error: ConnectorError, proxy: &Proxy, authority: &str) -> ConnectorError {
    let has_port = UrlParts::strict(authority).host_and_port().1.is_some();
    let target = if has_port { authority.to_owned() } else { format!("{authority}:443") };
    match proxy_answer::failure(&error, proxy, &target).await {
        Some(failure) => {
            if failure == ProxyFailure::PasswordRefused {
                let sent = proxy.authorization().map(|sent| (proxy.name.clone(), sent));
                locked(&REFUSED).extend(sent);
            }
            failure.into_error()
        }
        None => error,
    }
}

/// What proxies refused in this process, as it was sent. It is not sent again: for the next source,
/// the same wrong password would be another step towards a locked account.
static REFUSED: Mutex<Vec<(String, Secret)>> = Mutex::new(Vec::new());

fn was_refused(proxy: &Proxy) -> bool {
    let sent = proxy.authorization().map(|sent| (proxy.name.clone(), sent));
    sent.is_some_and(|sent| locked(&REFUSED).contains(&sent))
}

/// Headers that are secret as a whole.
const SECRET_HEADERS: [&str; 3] =
    ["x-amz-security-token", "x-amz-sso_bearer_token", "x-aws-ec2-metadata-token"];

/// The secrets that go out with this request, each once.
fn remember_secrets(request: &HttpRequest, secrets: &mut Vec<Secret>) {
    let headers = request.headers();
    // Of AWS's own scheme only the signature is secret: the rest is in good messages too.
    let authorization =
        headers.get("authorization").map(|text| match text.split_once("Signature=") {
            Some((_, signature)) => signature,
            None => text.split_once(' ').map_or(text, |(_, behind)| behind),
        });
    let whole = SECRET_HEADERS.iter().filter_map(|name| headers.get(*name));
    for secret in whole.chain(authorization).map(Secret::new) {
        if !secrets.contains(&secret) {
            secrets.push(secret);
        }
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
}
