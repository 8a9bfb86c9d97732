//! Which proxy, which certificates and which API endpoints are used: what a rule says, then what the
//! variables say, then what the profile says, as with the AWS CLI.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::error::AwsError;
use super::files::AwsFiles;
use super::proxy::{Exceptions, Proxy, ProxyOrigin, ProxySetting, has_escape};
use crate::base::environment::Environment;
use crate::base::system::SystemProxy;
use crate::base::text::excerpt;
use crate::base::url::{UrlParts, proxy_authority, without_query};
use crate::settings::{EffectiveSettings, EndpointSettings};

/// Where the proxy's URL is, for the AWS CLI, curl and .NET; the first that is set counts. On Windows,
/// where case does not matter, each has one name.
const PROXY_VARIABLES: &[&str] = if cfg!(windows) {
    &["HTTPS_PROXY", "ALL_PROXY"]
} else {
    &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
};

/// The variable whose proxy NuGet uses for https too. On Unix, only in lower case.
const NUGETS_PROXY_VARIABLE: &str = if cfg!(windows) { "HTTP_PROXY" } else { "http_proxy" };

/// The network path to AWS, or to a source.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    pub proxy: Option<Proxy>,
    pub ca_bundle: Option<CaBundle>,
    /// The endpoints that a rule moves.
    pub endpoints: EndpointSettings,
    /// The origin of these settings, for people: "rule 2's ".
    pub whose: String,
}

/// The file with the certificate authorities that replace the system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CaBundle {
    pub path: PathBuf,
    /// The setting that names it, for people.
    pub setting: String,
}

/// A proxy that is looked up only if AWS or a source is called and no setting of AWS's names one.
#[derive(Clone, Default)]
pub struct FallbackProxy(Option<Arc<Lookup>>);

type Lookup = LazyLock<Option<ProxySetting>, Box<dyn FnOnce() -> Option<ProxySetting> + Send>>;

impl FallbackProxy {
    /// `look_up` is called at most once.
    pub fn new(look_up: impl FnOnce() -> Option<ProxySetting> + Send + 'static) -> Self {
        Self(Some(Arc::new(LazyLock::new(Box::new(look_up)))))
    }

    fn get(&self) -> Option<&ProxySetting> {
        LazyLock::force(self.0.as_deref()?).as_ref()
    }
}

impl fmt::Debug for FallbackProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FallbackProxy")
    }
}

impl Route {
    /// The network path to AWS with a profile, and with the settings if there are any. Reads no
    /// file: if no rule and no variable names a proxy, [`Self::or_fallback`] looks further.
    pub(super) fn to_aws(
        environment: &Environment,
        files: &AwsFiles,
        profile: &str,
        effective: Option<&EffectiveSettings>,
    ) -> Result<Self, AwsError> {
        let of_rule = effective.map(|effective| (whose_settings(effective), &effective.aws));
        let (whose, rule) = of_rule.unzip();
        let whose = whose.unwrap_or_default();
        let proxy = match rule.and_then(|rule| rule.proxy.as_ref()) {
            Some(url) => {
                let setting = format!("{whose}`proxy`");
                // `NO_PROXY` applies to the proxies of variables only.
                let none = Exceptions::default();
                Some(Proxy::parse(url.expose(), none, ProxyOrigin::of_setting(setting))?)
            }
            None => proxy_of_variables(environment)?
                .map_or_else(|| proxy_of_nugets_variable(environment), |proxy| Ok(Some(proxy)))?,
        };
        let of_profile = files.get(profile).and_then(|profile| profile.get("ca_bundle"));
        let bundles = [
            (rule.and_then(|rule| rule.ca_bundle.clone()), format!("{whose}`ca_bundle`")),
            (environment.expanded_path("AWS_CA_BUNDLE"), "AWS_CA_BUNDLE".to_owned()),
            (
                of_profile.map(|path| environment.expand(path)),
                format!("`ca_bundle` of profile `{profile}`"),
            ),
            (environment.expanded_path("REQUESTS_CA_BUNDLE"), "REQUESTS_CA_BUNDLE".to_owned()),
        ];
        let mut bundles = bundles
            .into_iter()
            .filter_map(|(path, setting)| Some(CaBundle { path: path?, setting }));
        let endpoints = rule.map(|rule| rule.endpoints.clone()).unwrap_or_default();
        Ok(Self { proxy, ca_bundle: bundles.next(), endpoints, whose })
    }

    /// The same, with the proxy of the layer above if this has none. It is not for the hosts that
    /// the variables except: the AWS CLI reaches those directly.
    pub(super) fn or_fallback(
        self,
        environment: &Environment,
        fallback: &FallbackProxy,
    ) -> Result<Self, AwsError> {
        if self.proxy.is_some() {
            return Ok(self);
        }
        let proxy = fallback.get().map(|setting| {
            let mut proxy = Proxy::of_setting(setting)?;
            proxy.exceptions.standard = exceptions(environment).0;
            Ok(proxy)
        });
        Ok(Self { proxy: proxy.transpose()?, ..self })
    }

    /// The network path as NuGet reaches a source: with its own proxy before that of .NET's
    /// variables, and the system's certificates.
    pub(super) fn to_source(
        environment: &Environment,
        fallback: &FallbackProxy,
    ) -> Result<Self, AwsError> {
        let proxy = match fallback.get() {
            Some(setting) => Some(Proxy::of_setting(setting)?),
            None => proxy_of_nugets_variable(environment)?
                .map_or_else(|| proxy_of_variables(environment), |proxy| Ok(Some(proxy)))?,
        };
        Ok(Self { proxy, ..Self::default() })
    }

    /// The same configuration with the endpoints of the rule. They replace those of variables and
    /// files, because they are meant for VPC endpoints.
    pub(super) fn add_endpoints(&self, config: SdkConfig) -> SdkConfig {
        if self.endpoints == EndpointSettings::default() {
            return config;
        }
        let endpoints = RuleEndpoints { rule: self.endpoints.clone(), others: config.clone() };
        config.into_builder().service_config(endpoints).build()
    }
}

fn proxy_of_variables(environment: &Environment) -> Result<Option<Proxy>, AwsError> {
    // A value of blanks counts as unset, like an empty one.
    let value = |name| environment.get(name).filter(|value| !value.trim().is_empty());
    let set = PROXY_VARIABLES.iter().find_map(|name| Some((*name, value(name)?)));
    let Some((variable, url)) = set else { return Ok(None) };
    let (standard, list) = exceptions(environment);
    let exceptions = Exceptions { standard, of_nuget: Vec::new() };
    of_variable(variable, url, exceptions, list).map(Some)
}

/// NuGet takes the value only as an absolute URL, and its own list of exceptions besides.
fn proxy_of_nugets_variable(environment: &Environment) -> Result<Option<Proxy>, AwsError> {
    let Some(url) = environment.get(NUGETS_PROXY_VARIABLE).map(str::trim) else { return Ok(None) };
    if !url.contains("://") {
        return Ok(None);
    }
    let setting = format!("the variable {NUGETS_PROXY_VARIABLE}");
    if has_escape(url) {
        // NuGet sends the escape as it is written, and every other program what it stands for.
        return Err(AwsError::ProxyEscape { setting });
    }
    let (standard, list) = exceptions(environment);
    let of_nuget = environment.get("no_proxy").map(Exceptions::of_nugets_list).unwrap_or_default();
    let exceptions = Exceptions { standard, of_nuget };
    of_variable(NUGETS_PROXY_VARIABLE, url, exceptions, list).map(Some)
}

fn of_variable(
    variable: &'static str,
    url: &str,
    exceptions: Exceptions,
    list: &'static str,
) -> Result<Proxy, AwsError> {
    let setting = variable.to_owned();
    let origin = ProxyOrigin { setting, variable: Some(variable), exceptions: Some(list) };
    Proxy::parse(url, exceptions, origin)
}

/// The entries of `NO_PROXY`, and the name of the variable that counts.
fn exceptions(environment: &Environment) -> (Vec<String>, &'static str) {
    let lower = environment.get("no_proxy");
    // Set to nothing, it still goes before the other: there are no exceptions.
    let is_nothing = environment.is_set_to_nothing("no_proxy");
    match lower.or_else(|| environment.get("NO_PROXY").filter(|_| !is_nothing)) {
        Some(list) if lower.is_some() && !cfg!(windows) => (Exceptions::of_list(list), "no_proxy"),
        Some(list) => (Exceptions::of_list(list), "NO_PROXY"),
        None => (Vec::new(), "NO_PROXY"),
    }
}

/// A setting that moves an API or a metadata service to another address.
#[derive(Debug, Clone)]
pub(super) struct EndpointSetting {
    /// For people: `AWS_ENDPOINT_URL`, "rule 2's `endpoint_url`".
    pub name: String,
    url: String,
}

impl EndpointSetting {
    /// Whether it names this host and port.
    pub(super) fn is_at(&self, authority: &str) -> bool {
        UrlParts::strict(&self.url).authority.eq_ignore_ascii_case(authority)
    }

    /// Whether it has the form of a URL of http or https.
    pub(super) fn is_url(&self) -> bool {
        let url = UrlParts::strict(&self.url);
        let (host, port) = url.host_and_port();
        let is_sound =
            |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\');
        ["http", "https"].iter().any(|scheme| url.scheme.eq_ignore_ascii_case(scheme))
            && !host.is_empty()
            && self.url.chars().all(is_sound)
            && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// Variables that move an API, or a metadata service.
const ENDPOINT_VARIABLES: [&str; 8] = [
    "AWS_ENDPOINT_URL_CODEARTIFACT",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_SIGNIN",
    "AWS_ENDPOINT_URL",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// The same in a section `[services …]`.
const SERVICES: [&str; 5] = ["codeartifact", "sts", "sso", "sso_oidc", "signin"];

/// Every setting that moves an API or a metadata service, the one that counts before the others.
pub(super) fn endpoint_settings(
    environment: &Environment,
    files: &AwsFiles,
    profile: &str,
    route: Option<&Route>,
) -> Vec<EndpointSetting> {
    let mut all = Vec::new();
    let mut add = |name: String, url: Option<&str>| {
        all.extend(url.map(|url| EndpointSetting { name, url: url.to_owned() }));
    };
    if let Some(Route { endpoints, whose, .. }) = route {
        add(format!("{whose}`endpoint_url`"), endpoints.codeartifact.as_deref());
        add(format!("{whose}`sts_endpoint_url`"), endpoints.sts.as_deref());
        add(format!("{whose}`sso_endpoint_url`"), endpoints.sso.as_deref());
    }
    for variable in ENDPOINT_VARIABLES {
        add(variable.to_owned(), environment.get(variable));
    }
    let Some(settings) = files.get(profile) else { return all };
    if let Some(section) = settings.get("services") {
        for service in SERVICES {
            let name = format!("`endpoint_url` of `{service}` in `[services {section}]`");
            add(name, files.endpoint_of(section, service));
        }
    }
    for property in ["endpoint_url", "ec2_metadata_service_endpoint"] {
        add(format!("`{property}` of profile `{profile}`"), settings.get(property));
    }
    all
}

#[derive(Debug)]
struct RuleEndpoints {
    rule: EndpointSettings,
    others: SdkConfig,
}

impl LoadServiceConfig for RuleEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let of_rule = match (key.profile(), key.service_id()) {
            ("endpoint_url", "codeartifact") => &self.rule.codeartifact,
            ("endpoint_url", "STS") => &self.rule.sts,
            ("endpoint_url", "SSO" | "SSO OIDC") => &self.rule.sso,
            _ => &None,
        };
        of_rule.clone().or_else(|| self.others.service_config()?.load_config(key))
    }
}

/// The origin of a setting, for people: "rule 2's ".
pub(super) fn whose_settings(effective: &EffectiveSettings) -> String {
    match effective.rule {
        Some(number) => format!("rule {number}'s "),
        None => "the configured ".to_owned(),
    }
}

/// The end of a message about a failed connection if the system has a proxy of its own, which is
/// not used. Empty if it has none.
pub fn system_proxy_hint(system: &SystemProxy) -> String {
    if let Some(proxy) = system.server.as_deref().and_then(https_proxy) {
        return format!(
            " The system's proxy `{proxy}` is not used; to use it, set HTTPS_PROXY to `http://{proxy}`."
        );
    }
    let Some(script) = &system.script else { return String::new() };
    let script = excerpt(without_query(script));
    format!(
        " The system's proxy script `{script}` is not used; set HTTPS_PROXY to the proxy that it names."
    )
}

/// Host and port of the proxy for https in a list as Windows has it: `http=one:80;https=two:80`, or one
/// proxy for every scheme.
fn https_proxy(servers: &str) -> Option<String> {
    let mut entries = servers.split([';', ' ']).filter(|entry| !entry.is_empty());
    let proxy = entries.find_map(|entry| match entry.split_once('=') {
        Some((scheme, proxy)) => scheme.trim().eq_ignore_ascii_case("https").then_some(proxy),
        None => Some(entry),
    });
    Some(excerpt(proxy_authority(proxy?))).filter(|proxy| !proxy.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Help;

    fn proxy_of(pairs: &[(&str, &str)]) -> Result<Option<Proxy>, AwsError> {
        let environment = Environment::from_pairs(pairs.iter().copied());
        let none = FallbackProxy::default();
        Route::default().or_fallback(&environment, &none)?;
        Route::to_source(&environment, &none).map(|route| route.proxy)
    }

    #[test]
    fn a_proxy_is_named_without_its_credentials() {
        for url in
            ["http://user:hunter2@proxy.example:3128/", "http://u:hun/t?er@2@proxy.example:3128"]
        {
            let proxy = proxy_of(&[("https_proxy", url)]);
            assert_eq!(proxy.unwrap().unwrap().name, "proxy.example:3128");
        }
    }

    #[test]
    fn a_proxy_that_is_none_is_not_quoted() {
        let error = proxy_of(&[("ALL_PROXY", "socks5://me:hunter2@proxy.example")]).unwrap_err();
        let line = error.to_string();
        assert!(line.contains("ALL_PROXY") && !line.contains("hunter2"), "{line}");
        let address = "http://proxy.example:3128";
        assert_eq!(error.help(), ("proxy", Help::SetVariable("HTTPS_PROXY", address)));
    }

    /// On Windows names of variables have no case.
    #[cfg(unix)]
    fn names(pairs: &[(&str, &str)], of_nuget: Option<&str>) -> [Option<String>; 2] {
        let environment = Environment::from_pairs(pairs.iter().copied());
        let fallback = of_nuget.map_or_else(FallbackProxy::default, |url| {
            let url = crate::base::secret::Secret::new(url);
            let setting = ProxySetting::new(url, None, "", "NuGet's".to_owned());
            FallbackProxy::new(move || Some(setting))
        });
        let to_aws =
            Route::to_aws(&environment, &AwsFiles::empty(&environment), "default", None).unwrap();
        let to_aws = to_aws.or_fallback(&environment, &fallback).unwrap();
        let to_source = Route::to_source(&environment, &fallback).unwrap();
        [to_aws, to_source].map(|route| route.proxy.map(|proxy| proxy.name))
    }

    /// NuGet uses its own first, and so does what stands for NuGet.
    #[cfg(unix)]
    #[test]
    fn aws_goes_by_its_own_proxy_first_and_a_source_by_nugets() {
        let (aws, dotnet) = (("https_proxy", "http://aws"), ("http_proxy", "http://nuget"));
        for (pairs, of_nuget, to_aws, to_source) in [
            (&[][..], None, None, None),
            (&[aws], None, Some("aws"), Some("aws")),
            (&[dotnet], None, Some("nuget"), Some("nuget")),
            (&[aws, dotnet], None, Some("aws"), Some("nuget")),
            (&[("ALL_PROXY", "http://aws"), dotnet], None, Some("aws"), Some("nuget")),
            (&[("HTTP_PROXY", "http://nobody")], None, None, None),
            (&[("http_proxy", "nobody:3128")], None, None, None),
            (&[], Some("config:1"), Some("config:1"), Some("config:1")),
            (&[aws], Some("config:1"), Some("aws"), Some("config:1")),
            (&[dotnet], Some("config:1"), Some("nuget"), Some("config:1")),
        ] {
            let expected = [to_aws, to_source].map(|name| name.map(str::to_owned));
            assert_eq!(names(pairs, of_nuget), expected, "{pairs:?} {of_nuget:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn exceptions_in_lower_case_go_first_even_if_there_are_none() {
        for (pairs, expected) in [
            (&[("no_proxy", "a"), ("NO_PROXY", "b")][..], ("a", "no_proxy")),
            (&[("no_proxy", ""), ("NO_PROXY", "b")], ("", "NO_PROXY")),
            (&[("NO_PROXY", "b, c")], ("b c", "NO_PROXY")),
            (&[], ("", "NO_PROXY")),
        ] {
            let environment = Environment::from_pairs(pairs.iter().copied());
            let (entries, name) = exceptions(&environment);
            assert_eq!((&*entries.join(" "), name), expected);
        }
    }

    fn of_server(server: &str) -> String {
        system_proxy_hint(&SystemProxy { server: Some(server.into()), script: None })
    }

    #[test]
    fn the_proxy_for_https_is_named_as_it_is_to_be_set() {
        let line = " The system's proxy `proxy.example:8080` is not used; to use it, set HTTPS_PROXY to \
                    `http://proxy.example:8080`.";
        for server in [
            "proxy.example:8080",
            "http://proxy.example:8080/",
            "http=other.example:80;https=proxy.example:8080;ftp=other.example:21",
            "http=other.example:80 HTTPS=me:hunter2@proxy.example:8080",
        ] {
            assert_eq!(of_server(server), line, "{server}");
        }
        for server in ["http=other.example:80", "https=", ";", " "] {
            assert_eq!(of_server(server), "", "{server}");
        }
    }

    #[test]
    fn a_script_is_named_without_its_query() {
        let script = Some("http://wpad.example/proxy.pac?key=hunter2".to_owned());
        assert_eq!(
            system_proxy_hint(&SystemProxy { server: None, script }),
            " The system's proxy script `http://wpad.example/proxy.pac` is not used; set HTTPS_PROXY to \
             the proxy that it names."
        );
    }

    #[test]
    fn without_a_proxy_nothing_is_said() {
        assert_eq!(system_proxy_hint(&SystemProxy::default()), "");
    }
}
