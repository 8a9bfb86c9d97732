//! Which proxy, which certificates and which API endpoints are used: what a rule says, then what the
//! variables say, then what the profile says, as with the AWS CLI.

use std::path::PathBuf;

use aws_config::SdkConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::error::AwsError;
use super::files::AwsFiles;
use crate::base::environment::Environment;
use crate::base::system::SystemProxy;
use crate::base::text::excerpt;
use crate::base::url::{proxy_authority, without_query};
use crate::settings::{EffectiveSettings, EndpointSettings};

/// Addresses of this machine and of its metadata services. A proxy would reach its own machine's
/// instead.
const NEVER_PROXIED: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32";

/// Where the proxy's URL is; the first that is set counts.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

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

/// The proxy for https. Plain http only ever goes to this machine and to metadata services, which no
/// proxy may see, so none is configured for it.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    pub config: ProxyConfig,
    /// Host and port, without its credentials.
    pub name: String,
    /// The settings to check if it does not work, for people.
    pub settings: String,
}

/// The file with the certificate authorities that replace the system's.
#[derive(Debug, Clone)]
pub(super) struct CaBundle {
    pub path: PathBuf,
    /// The setting that names it, for people.
    pub setting: String,
}

impl Route {
    /// The network path to AWS with a profile, and with the settings if there are any. Reads no
    /// file.
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
                let settings = format!("{whose}`proxy`");
                // `NO_PROXY` applies to the proxies of variables only.
                let proxy = Proxy::parse(url.expose(), NEVER_PROXIED, &settings);
                Some(proxy.ok_or(AwsError::ProxyUrl { setting: settings, variable: None })?)
            }
            None => Self::to_source(environment)?.proxy,
        };
        let of_profile = files.get(profile).and_then(|profile| profile.get("ca_bundle"));
        let bundles = [
            (rule.and_then(|rule| rule.ca_bundle.clone()), format!("{whose}`ca_bundle`")),
            (environment.path("AWS_CA_BUNDLE"), "AWS_CA_BUNDLE".to_owned()),
            (of_profile.map(PathBuf::from), format!("`ca_bundle` of profile `{profile}`")),
        ];
        let mut bundles = bundles
            .into_iter()
            .filter_map(|(path, setting)| Some(CaBundle { path: path?, setting }));
        let endpoints = rule.map(|rule| rule.endpoints.clone()).unwrap_or_default();
        Ok(Self { proxy, ca_bundle: bundles.next(), endpoints, whose })
    }

    /// The network path as NuGet reaches a source: with the variables' proxy and the system's
    /// certificates.
    pub(super) fn to_source(environment: &Environment) -> Result<Self, AwsError> {
        let set = PROXY_VARIABLES.iter().find_map(|name| Some((*name, environment.get(name)?)));
        let Some((variable, url)) = set else { return Ok(Self::default()) };
        let exceptions = match environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")) {
            Some(more) => format!("{NEVER_PROXIED},{more}"),
            None => NEVER_PROXIED.to_owned(),
        };
        let proxy = Proxy::parse(url, &exceptions, "HTTPS_PROXY and NO_PROXY");
        let proxy = proxy.ok_or_else(|| AwsError::ProxyUrl {
            setting: format!("the variable {variable}"),
            variable: Some(variable),
        })?;
        Ok(Self { proxy: Some(proxy), ..Self::default() })
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

impl Proxy {
    fn parse(url: &str, exceptions: &str, settings: &str) -> Option<Self> {
        let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
        let config = ProxyConfig::https(url.as_str()).ok()?.no_proxy(exceptions);
        Some(Self { config, name: proxy_authority(&url).to_owned(), settings: settings.to_owned() })
    }
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
pub(super) fn system_proxy_hint(system: &SystemProxy) -> String {
    if let Some(proxy) = system.server.as_deref().and_then(https_proxy) {
        return format!(
            "; the system's proxy `{proxy}` was not used: to use it, set HTTPS_PROXY to `http://{proxy}`"
        );
    }
    let Some(script) = &system.script else { return String::new() };
    let script = excerpt(without_query(script));
    format!(
        "; the system chooses a proxy by the script `{script}`, which was not used: set HTTPS_PROXY to \
         the proxy that it names"
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
        Route::to_source(&environment).map(|route| route.proxy)
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
        assert_eq!(error.help(), ("proxy", Help::UnsetVariable("ALL_PROXY")));
    }

    fn of_server(server: &str) -> String {
        system_proxy_hint(&SystemProxy { server: Some(server.into()), script: None })
    }

    #[test]
    fn the_proxy_for_https_is_named_as_it_is_to_be_set() {
        let line = "; the system's proxy `proxy.example:8080` was not used: to use it, set HTTPS_PROXY \
                    to `http://proxy.example:8080`";
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
            "; the system chooses a proxy by the script `http://wpad.example/proxy.pac`, which was not \
             used: set HTTPS_PROXY to the proxy that it names"
        );
    }

    #[test]
    fn without_a_proxy_nothing_is_said() {
        assert_eq!(system_proxy_hint(&SystemProxy::default()), "");
    }
}
