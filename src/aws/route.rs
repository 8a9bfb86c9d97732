//! Which proxy and which certificates are to be used: what the rule says, then what the variables say,
//! then what the profile says, as with the AWS CLI.

use std::path::PathBuf;

use aws_smithy_http_client::proxy::ProxyConfig;

use super::identity::{Identity, of_rule};
use super::{AwsError, profiles};
use crate::base::environment::Environment;
use crate::base::url::proxy_authority;
use crate::settings::EffectiveSettings;

/// The addresses of this machine and of its metadata services: no proxy can reach the same ones.
const NEVER_PROXIED: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32";

/// Where the proxy's URL stands, first found first.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The way to AWS.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub proxy: Option<Proxy>,
    pub ca_bundle: Option<CaBundle>,
}

/// The proxy for https. Plain http only ever goes to this machine and to metadata services, which no
/// proxy may see, so none is configured for it.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    pub config: ProxyConfig,
    /// Host and port, without its credentials.
    pub name: String,
    /// Where to look when it does not do, for people.
    pub settings: String,
}

/// The file of the authorities that are trusted in place of the system's.
#[derive(Debug, Clone)]
pub(super) struct CaBundle {
    pub path: PathBuf,
    /// What names it, for people.
    pub setting: String,
}

impl Route {
    /// Reads no file. A proxy's URL that is none fails.
    pub(super) fn of(
        environment: &Environment,
        identity: &Identity,
        effective: &EffectiveSettings,
    ) -> Result<Self, AwsError> {
        let proxy = match &effective.aws.proxy {
            Some(url) => Some(proxy_of_rule(url.expose(), effective)?),
            None => proxy_of_variables(environment)?,
        };
        Ok(Self { proxy, ca_bundle: ca_bundle(environment, identity, effective) })
    }
}

impl Route {
    /// As NuGet goes: it knows the variables' proxy, and trusts what the system trusts.
    pub(super) fn of_nuget(environment: &Environment) -> Result<Self, AwsError> {
        Ok(Self { proxy: proxy_of_variables(environment)?, ca_bundle: None })
    }
}

impl Route {
    /// As [`of`](Self::of), for a profile that somebody names, and without any rule.
    pub(super) async fn of_profile(
        environment: &Environment,
        profile: &str,
    ) -> Result<Self, AwsError> {
        let files = profiles::load(environment).await?;
        let of_variable = environment.path("AWS_CA_BUNDLE");
        let of_variable = of_variable.map(|path| (path, "AWS_CA_BUNDLE".to_owned()));
        let of_profile = || {
            let path = files.get(profile)?.get("ca_bundle")?;
            Some((PathBuf::from(path), format!("`ca_bundle` of profile `{profile}`")))
        };
        let ca_bundle = of_variable.or_else(of_profile);
        let ca_bundle = ca_bundle.map(|(path, setting)| CaBundle { path, setting });
        Ok(Self { proxy: proxy_of_variables(environment)?, ca_bundle })
    }
}

/// For every host: the rule knows its own, and `NO_PROXY` is about the other variables.
fn proxy_of_rule(url: &str, effective: &EffectiveSettings) -> Result<Proxy, AwsError> {
    let setting = format!("{}`proxy`", of_rule(effective));
    proxy(url, NEVER_PROXIED, setting.clone())
        .map_err(|NoProxyUrl| AwsError::ProxyUrl { setting, variable: None })
}

fn proxy_of_variables(environment: &Environment) -> Result<Option<Proxy>, AwsError> {
    let set = PROXY_VARIABLES.iter().find_map(|name| Some((name, environment.get(name)?)));
    let Some((variable, url)) = set else { return Ok(None) };
    let exceptions = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy"));
    let exceptions =
        exceptions.map_or(NEVER_PROXIED.to_owned(), |more| format!("{NEVER_PROXIED},{more}"));
    let settings = "HTTPS_PROXY and NO_PROXY".to_owned();
    proxy(url, &exceptions, settings).map(Some).map_err(|NoProxyUrl| AwsError::ProxyUrl {
        setting: format!("the variable {variable}"),
        variable: Some(variable),
    })
}

struct NoProxyUrl;

fn proxy(url: &str, exceptions: &str, settings: String) -> Result<Proxy, NoProxyUrl> {
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let config = ProxyConfig::https(url.as_str()).map_err(|_| NoProxyUrl)?;
    let name = proxy_authority(&url).to_owned();
    Ok(Proxy { config: config.no_proxy(exceptions), name, settings })
}

fn ca_bundle(
    environment: &Environment,
    identity: &Identity,
    effective: &EffectiveSettings,
) -> Option<CaBundle> {
    if let Some(path) = &effective.aws.ca_bundle {
        let setting = format!("{}`ca_bundle`", of_rule(effective));
        return Some(CaBundle { path: path.clone(), setting });
    }
    if let Some(path) = environment.path("AWS_CA_BUNDLE") {
        return Some(CaBundle { path, setting: "AWS_CA_BUNDLE".to_owned() });
    }
    let setting = format!("`ca_bundle` of profile `{}`", identity.profile);
    identity.ca_bundle.clone().map(|path| CaBundle { path, setting })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_of(pairs: &[(&str, &str)]) -> Result<Option<Proxy>, AwsError> {
        proxy_of_variables(&Environment::from_pairs(pairs.iter().copied()))
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
    }
}
