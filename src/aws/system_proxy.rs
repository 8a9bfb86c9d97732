//! What is said of the system's own proxy, which is not used, once a direct connection has failed.

use crate::base::system::SystemProxy;
use crate::base::text::excerpt;
use crate::base::url::{proxy_authority, without_query};

/// What a line on a failed connection ends with; empty where the system has no proxy.
pub(super) fn hint(system: &SystemProxy) -> String {
    if let Some(proxy) = system.server.as_deref().and_then(https_proxy) {
        return format!(
            "; the system's proxy `{proxy}` was not used: to use it, set HTTPS_PROXY to `http://{proxy}`"
        );
    }
    let Some(script) = &system.script else { return String::new() };
    // What follows may be a secret.
    let script = excerpt(without_query(script));
    format!(
        "; the system chooses a proxy by the script `{script}`, which was not used: set HTTPS_PROXY to \
         the proxy that it names"
    )
}

/// Host and port of the proxy for https, without user information.
fn https_proxy(servers: &str) -> Option<String> {
    let of_scheme = |entry: &str| match entry.split_once('=') {
        Some((scheme, proxy)) => scheme.trim().eq_ignore_ascii_case("https").then(|| proxy.into()),
        None => Some(entry.to_owned()),
    };
    let proxy = servers.split([';', ' ']).filter(|entry| !entry.is_empty()).find_map(of_scheme)?;
    Some(excerpt(proxy_authority(&proxy))).filter(|proxy| !proxy.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_server(server: &str) -> String {
        hint(&SystemProxy { server: Some(server.into()), script: None })
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
            hint(&SystemProxy { server: None, script }),
            "; the system chooses a proxy by the script `http://wpad.example/proxy.pac`, which was not \
             used: set HTTPS_PROXY to the proxy that it names"
        );
    }

    #[test]
    fn without_a_proxy_nothing_is_said() {
        assert_eq!(hint(&SystemProxy::default()), "");
    }
}
