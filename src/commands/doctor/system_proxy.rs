//! The proxy of macOS's settings. NuGet uses it, and the plugin does not.

use std::path::Path;

use super::finding::Finding;
use super::nuget::Nuget;
use crate::aws::system_proxy_hint;
use crate::base::system::SystemProxy;
use crate::code::Code;

/// Where a connection failed, that there is such a proxy. Windows is asked for its own at the failure.
pub async fn check(nuget: &Nuget<'_>, found: &[Finding]) -> Option<Finding> {
    let has_failed =
        found.iter().any(|it| it.is_problem() && matches!(it.check, "network" | "dns"));
    if !cfg!(target_os = "macos") || !has_failed {
        return None;
    }
    let printed = nuget.ask(Path::new("/usr/sbin/scutil"), &["--proxy"]).await.ok()?;
    let hint = system_proxy_hint(&of_scutil(&printed));
    let is_there = !hint.is_empty();
    is_there.then(|| Finding::warning("proxy", hint.trim()).with_code(Code::NotConnected))
}

/// The settings that `scutil --proxy` prints: a dictionary, with one entry a line.
fn of_scutil(printed: &str) -> SystemProxy {
    let value = |key: &str| {
        // Entries of a dictionary in it are indented more.
        let mut entries = printed.lines().filter_map(|line| line.strip_prefix("  "));
        let entry = entries.find_map(|line| line.strip_prefix(key)?.strip_prefix(" : "))?;
        Some(entry.trim()).filter(|value| !value.is_empty())
    };
    let is_on = |key| value(key) == Some("1");
    let server = value("HTTPSProxy").filter(|_| is_on("HTTPSEnable")).map(|host| {
        let port = value("HTTPSPort").map(|port| format!(":{port}")).unwrap_or_default();
        format!("https={host}{port}")
    });
    let script = value("ProxyAutoConfigURLString").filter(|_| is_on("ProxyAutoConfigEnable"));
    SystemProxy { server, script: script.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_for_https_is_taken_where_it_is_on() {
        let printed = "\
<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  HTTPEnable : 1
  HTTPPort : 3128
  HTTPProxy : other.example
  HTTPSEnable : 1
  HTTPSPort : 8080
  HTTPSProxy : proxy.example
  ProxyAutoConfigEnable : 0
  ProxyAutoConfigURLString : http://pac.example/proxy.pac
}
";
        let proxy = of_scutil(printed);
        assert_eq!(
            (proxy.server.as_deref(), &proxy.script),
            (Some("https=proxy.example:8080"), &None)
        );
        assert_eq!(
            system_proxy_hint(&proxy),
            " The system's proxy `proxy.example:8080` is not used; to use it, set HTTPS_PROXY to \
             `http://proxy.example:8080`."
        );
        let scripted = printed
            .replace("HTTPSEnable : 1", "HTTPSEnable : 0")
            .replace("Enable : 0", "Enable : 1");
        let scripted = scripted.replace("HTTPSEnable : 1", "HTTPSEnable : 0");
        let proxy = of_scutil(&scripted);
        assert_eq!(
            (proxy.server, proxy.script.as_deref()),
            (None, Some("http://pac.example/proxy.pac"))
        );
        for nothing in
            ["", "<dictionary> {\n}\n", "No such file", "  HTTPSEnable : 1\n  HTTPSProxy : \n"]
        {
            assert_eq!(of_scutil(nothing), SystemProxy::default());
        }
    }
}
