//! A proxy as a setting names it: its URL, read as .NET reads it, and the hosts that it is not for.
//!
//! curl, .NET and the AWS CLI disagree on a password with a raw `/`, `?`, `#` or `@`. Where one of them
//! sends it at all, it is what stands before the last `@`, and so it is here. What they would send
//! differently is an error, because a wrong password can lock an account.

use std::net::{IpAddr, Ipv6Addr};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_types::base64;
use ipnet::IpNet;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::AwsError;
use crate::base::secret::Secret;
use crate::base::text::excerpt;
use crate::base::url::{UrlParts, is_loopback};

/// A proxy that the layer above found in a setting that is not one of AWS's.
#[derive(Debug, Clone)]
pub struct ProxySetting {
    url: Secret,
    credentials: Option<(String, Secret)>,
    exceptions: Vec<String>,
    origin: String,
}

impl ProxySetting {
    /// `url` is the value as it is written, which may have a password in it; `credentials` are user
    /// name and password where they have settings of their own. The proxy is not for the hosts of
    /// `no_proxy`, a list as NuGet reads it. `origin` is the setting, for people.
    pub fn new(
        url: Secret,
        credentials: Option<(String, Secret)>,
        no_proxy: &str,
        origin: String,
    ) -> Self {
        Self { url, credentials, exceptions: Exceptions::of_nugets_list(no_proxy), origin }
    }
}

/// The proxy for https. Plain http only ever goes to this machine and to metadata services, which no
/// proxy may see, so none is configured for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Host and port, without its credentials.
    pub name: String,
    /// The setting that names it, for people.
    pub setting: String,
    /// The settings to check if it does not work, for people.
    pub settings: String,
    /// The hosts that it is not for.
    pub exceptions: Exceptions,
    address: ProxyUrl,
}

/// The parts of a proxy's URL, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ProxyUrl {
    is_tls: bool,
    /// Host and port as they are written.
    authority: String,
    /// An IPv6 address is in brackets.
    host: String,
    port: u16,
    credentials: Option<(String, Secret)>,
}

/// Why a value names no proxy that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    NoUrl,
    /// A scheme that needs another protocol, `socks5` for one.
    Scheme,
    /// Programs disagree on what the user name or the password is.
    Credentials,
}

/// Where a proxy's URL is from.
#[derive(Debug, Clone)]
pub(super) struct ProxyOrigin {
    /// The setting, for people.
    pub setting: String,
    /// The variable that it is, if it is one.
    pub variable: Option<&'static str>,
    /// The variable with the hosts that the proxy is not for, where one counts.
    pub exceptions: Option<&'static str>,
}

impl ProxyOrigin {
    /// A setting that is not a variable.
    pub(super) fn of_setting(setting: String) -> Self {
        Self { setting, variable: None, exceptions: None }
    }
}

impl Proxy {
    pub(super) fn parse(
        url: &str,
        exceptions: Exceptions,
        origin: ProxyOrigin,
    ) -> Result<Self, AwsError> {
        let address = ProxyUrl::parse(url).map_err(|why| why.of(url, &origin))?;
        let ProxyOrigin { setting, exceptions: list, .. } = origin;
        let settings = match list {
            Some(list) => format!("{setting} and {list}"),
            None => setting.clone(),
        };
        Ok(Self { name: address.authority.clone(), setting, settings, exceptions, address })
    }

    /// The same, as the layer above found it.
    pub(super) fn of_setting(setting: &ProxySetting) -> Result<Self, AwsError> {
        let ProxySetting { url, credentials, exceptions, origin } = setting;
        let exceptions = Exceptions { of_nuget: exceptions.clone(), ..Exceptions::default() };
        let origin = ProxyOrigin::of_setting(origin.clone());
        let mut proxy = Self::parse(url.expose(), exceptions, origin)?;
        if credentials.is_some() {
            proxy.address.credentials.clone_from(credentials);
        }
        Ok(proxy)
    }

    /// For the SDK, which uses it for every https request.
    pub(super) fn config(&self) -> Result<ProxyConfig, AwsError> {
        let ProxyUrl { is_tls, host, port, credentials, .. } = &self.address;
        let scheme = if *is_tls { "https" } else { "http" };
        let user = credentials.as_ref().map_or(String::new(), |(user, password)| {
            format!("{}:{}@", encoded(user), encoded(password.expose()))
        });
        let config = ProxyConfig::https(format!("{scheme}://{user}{host}:{port}/"));
        // Its message quotes the URL.
        config.map_err(|_| AwsError::ProxyUrl { setting: self.settings.clone(), variable: None })
    }

    /// Whether a request to this host goes through the proxy.
    pub(super) fn is_for(&self, url: &UrlParts<'_>) -> bool {
        url.scheme.eq_ignore_ascii_case("https") && !self.exceptions.have(url)
    }

    /// Whether the connection to the proxy itself has to be TLS.
    pub(super) fn is_tls(&self) -> bool {
        self.address.is_tls
    }

    /// Host and port to connect to.
    pub(super) fn address(&self) -> (&str, u16) {
        let host = self.address.host.trim_start_matches('[').trim_end_matches(']');
        (host, self.address.port)
    }

    /// The value of `Proxy-Authorization`, if a user name is set.
    pub(super) fn authorization(&self) -> Option<Secret> {
        let (user, password) = self.address.credentials.as_ref()?;
        let pair = base64::encode(format!("{user}:{}", password.expose()));
        Some(Secret::new(format!("Basic {pair}")))
    }
}

impl Unusable {
    fn of(self, url: &str, origin: &ProxyOrigin) -> AwsError {
        let ProxyOrigin { setting, variable, .. } = origin.clone();
        let setting = variable.map_or(setting, |name| format!("the variable {name}"));
        match self {
            Self::NoUrl => AwsError::ProxyUrl { setting, variable },
            Self::Scheme => {
                let scheme = excerpt(UrlParts::strict(url.trim()).scheme);
                AwsError::ProxyScheme { setting, scheme, variable }
            }
            Self::Credentials => AwsError::ProxyCredentials { setting },
        }
    }
}

impl ProxyUrl {
    fn parse(text: &str) -> Result<Self, Unusable> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        let written = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, rest) =
            written.unwrap_or_else(|| ("http", text.strip_prefix("//").unwrap_or(text)));
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(Unusable::Scheme),
        };
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let parts = UrlParts::strict(rest);
        let (host, port) = parts.host_and_port();
        let is_misspelled = user
            .map_or(written.is_none() && is_http(host), |user| has_scheme(user, written.is_none()));
        if !is_host(host) || rest.contains("://") || is_misspelled {
            return Err(Unusable::NoUrl);
        }
        let port = match port {
            None | Some("") => {
                if is_tls {
                    443
                } else {
                    80
                }
            }
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| Unusable::NoUrl)?
            }
            Some(_) => return Err(Unusable::NoUrl),
        };
        let credentials = user.map(credentials).transpose()?.flatten();
        let (authority, host) = (parts.authority.to_owned(), host.to_owned());
        Ok(Self { is_tls, authority, host, port, credentials })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_http(text: &str) -> bool {
    ["http", "https"].iter().any(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// Whether user name and password begin with what was meant for a scheme, as in `http:/user:password`
/// or `http//user:password`. It must not be sent as a part of them.
fn has_scheme(user: &str, is_first: bool) -> bool {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let name = name.trim_end();
    let is_scheme = is_first && is_http(name);
    let ends_in_scheme = ["http", "https"].iter().any(|it| name.to_ascii_lowercase().ends_with(it));
    name.contains('/') || is_scheme || ends_in_scheme && password.starts_with(['/', '\\'])
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// User name and password, decoded. A `%` without two digits behind it stands for itself.
fn credentials(text: &str) -> Result<Option<(String, Secret)>, Unusable> {
    if text.chars().any(char::is_control) {
        return Err(Unusable::Credentials);
    }
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let (user, password) = (decoded(user)?, decoded(password)?);
    let is_set = !user.is_empty() || !password.is_empty();
    Ok(is_set.then(|| (user, Secret::new(password))))
}

/// Other bytes than UTF-8 are sent as they are by curl, and percent-encoded by .NET.
fn decoded(text: &str) -> Result<String, Unusable> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Unusable::Credentials)
}

fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// Whether a URL's user information has a percent escape.
pub(super) fn has_escape(url: &str) -> bool {
    let Some((user, _)) = url.rsplit_once('@') else { return false };
    percent_decode_str(user).decode_utf8_lossy() != user
}

/// The hosts that a proxy is not for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exceptions {
    /// As curl and the AWS CLI match them: a domain with all below it, an address, a network.
    pub standard: Vec<String>,
    /// As NuGet matches them: anywhere in scheme, host and port, with wildcards.
    pub of_nuget: Vec<String>,
}

impl Exceptions {
    /// The entries of a list as `NO_PROXY` has it.
    pub(super) fn of_list(list: &str) -> Vec<String> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        list.split(separators).filter(|entry| !entry.is_empty()).map(Into::into).collect()
    }

    /// The entries of a list as NuGet has it, where a blank is a character like others.
    pub(super) fn of_nugets_list(list: &str) -> Vec<String> {
        list.split(',').filter(|entry| !entry.is_empty()).map(Into::into).collect()
    }

    /// This machine and its metadata services are always among them: a proxy would reach its own
    /// machine's instead.
    fn have(&self, url: &UrlParts<'_>) -> bool {
        let host = url.host().to_ascii_lowercase();
        let authority = url.authority.to_ascii_lowercase();
        let address = address_of(&host);
        let is_standard = match self.standard.as_slice() {
            // The only wildcard there is, and only by itself.
            [all] if all == "*" => true,
            entries => entries.iter().any(|entry| match address {
                Some(address) => is_in_network(address, entry) || authority == *entry,
                None => is_in_domain(&host, entry) || is_in_domain(&authority, entry),
            }),
        };
        let is_nuget = || {
            let target = format!("https://{}", authority.trim_end_matches(":443"));
            self.of_nuget.iter().any(|entry| contains(&target, &entry.to_ascii_lowercase()))
        };
        is_of_this_machine(&host, address) || is_standard || is_nuget()
    }
}

fn address_of(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_of_this_machine(host: &str, address: Option<IpAddr>) -> bool {
    is_loopback(host)
        || host.ends_with(".localhost")
        || match address {
            Some(IpAddr::V4(address)) => address.is_link_local(),
            Some(IpAddr::V6(address)) => {
                address.is_unicast_link_local() || address.segments()[..2] == [0xfd00, 0x0ec2]
            }
            None => false,
        }
}

fn is_in_network(address: IpAddr, entry: &str) -> bool {
    let is_address = || address_of(entry).is_some_and(|other| other == address);
    entry.parse::<IpNet>().map_or_else(|_| is_address(), |network| network.contains(&address))
}

/// Whether the host is the entry's domain, or below it.
fn is_in_domain(host: &str, entry: &str) -> bool {
    let domain = entry.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
    let rest = host.strip_suffix(&domain);
    !domain.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether the pattern is anywhere in the text: `*` is any characters, `?` is one. It takes time by the
/// product of both lengths.
fn contains(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // The positions in the text at which the pattern so far can end: it may begin anywhere.
    let mut ends = vec![true; text.len() + 1];
    for one in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = if one == '*' {
                ends[at] || at > 0 && next[at - 1]
            } else {
                at > 0 && ends[at - 1] && (one == '?' || one == text[at - 1])
            };
        }
        ends = next;
    }
    ends.contains(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of which a part of the scheme would be sent as user name or password, or resolved.
    const MISSPELLED: [&str; 15] = [
        "http:h",
        "http:",
        "http//h",
        "HTTP:/h",
        "http://http://h",
        "http://socks5://h",
        "http:u:p@h",
        "HTTPS:/u:p@h",
        "http:///u:p@h",
        "http:\\\\u:p@h",
        "http//u:p@h",
        "http;//u:p@h",
        "http :// u:p@h",
        "http://http://u:p@h",
        "https_proxy=http://u:p@h",
    ];

    fn parsed(text: &str) -> Result<(String, Option<(String, String)>), Unusable> {
        let url = ProxyUrl::parse(text)?;
        let credentials =
            url.credentials.map(|(user, password)| (user, password.expose().to_owned()));
        Ok((format!("{}:{}", url.host, url.port), credentials))
    }

    #[test]
    fn a_password_is_all_up_to_the_last_at_sign() {
        for (written, password) in [
            ("p", "p"),
            ("p@ss", "p@ss"),
            ("pa#ss", "pa#ss"),
            ("pa/ss", "pa/ss"),
            ("pa?ss", "pa?ss"),
            ("pa\\ss", "pa\\ss"),
            ("pa:ss", "pa:ss"),
            ("p@s/s#a?b:c", "p@s/s#a?b:c"),
            ("12/34", "12/34"),
            ("p%40ss%2F%3a", "p@ss/:"),
            ("100%", "100%"),
            ("p%zz%4", "p%zz%4"),
            ("a+b c", "a+b c"),
            ("pä", "pä"),
            ("p%C3%A4", "pä"),
            ("", ""),
        ] {
            let user = Some(("u".to_owned(), password.to_owned()));
            let expected = Ok(("h.example:8080".to_owned(), user));
            assert_eq!(
                parsed(&format!("http://u:{written}@h.example:8080")),
                expected,
                "{written}"
            );
            assert_eq!(parsed(&format!(" u:{written}@h.example:8080/\r\n")), expected, "{written}");
        }
    }

    #[test]
    fn a_user_name_needs_no_password_and_may_have_a_domain() {
        for (url, user) in [
            ("http://u@h", ("u", "")),
            ("http://DOMAIN\\u:p@h", ("DOMAIN\\u", "p")),
            ("http://u%3Ax:p@h", ("u:x", "p")),
            ("http://http:p@h", ("http", "p")),
            ("svc-http:p/@h", ("svc-http", "p/")),
            ("http://:p@h", ("", "p")),
        ] {
            let user = Some((user.0.to_owned(), user.1.to_owned()));
            assert_eq!(parsed(url), Ok(("h:80".to_owned(), user)), "{url}");
        }
        for url in ["http://h", "http://@h", "http://:@h"] {
            assert_eq!(parsed(url), Ok(("h:80".to_owned(), None)), "{url}");
        }
    }

    #[test]
    fn what_programs_send_differently_is_refused() {
        for url in ["http://u:p%E4@h", "http://u%FF:p@h", "http://u:p\nq@h"] {
            assert_eq!(parsed(url), Err(Unusable::Credentials), "{url}");
        }
    }

    #[test]
    fn host_and_port_are_read_behind_the_user() {
        for (url, place) in [
            ("HTTP://Proxy_1.example", "Proxy_1.example:80"),
            ("https://h", "h:443"),
            ("//h:1", "h:1"),
            ("h", "h:80"),
            ("http://h:/", "h:80"),
            ("http://h:8080/path?query#fragment", "h:8080"),
            ("http://u:p@[::1]:3128", "[::1]:3128"),
            ("[fd00::1]", "[fd00::1]:80"),
        ] {
            assert_eq!(parsed(url).map(|(place, _)| place), Ok(place.to_owned()), "{url}");
        }
        for url in ["http://", "http://[", "http://h:x", "http://h:99999", "http://a b", "u:p@", ""]
            .into_iter()
            .chain(MISSPELLED)
        {
            assert_eq!(parsed(url), Err(Unusable::NoUrl), "{url}");
        }
        for url in ["socks5://h", "SOCKS5H://u:p@h:1", "ftp://h"] {
            assert_eq!(parsed(url), Err(Unusable::Scheme), "{url}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let origin = ProxyOrigin::of_setting("x".to_owned());
        let proxy = Proxy::parse("http://me:hunter2@h", Exceptions::default(), origin).unwrap();
        let text = format!("{proxy:?}");
        assert!(text.contains("me") && !text.contains("hunter2"), "{text}");
    }

    fn is_excepted(list: &str, url: &str) -> bool {
        let exceptions = Exceptions { standard: Exceptions::of_list(list), of_nuget: Vec::new() };
        exceptions.have(&UrlParts::strict(url))
    }

    #[test]
    fn a_domain_stands_for_all_below_it_too() {
        for (list, is_direct) in [
            ("api.example.com", true),
            ("API.Example.com", true),
            (".example.com", true),
            ("..example.com", true),
            ("example.com", true),
            ("example.com.", true),
            ("other.example, .example.com ", true),
            ("other.example .example.com", true),
            ("*", true),
            ("other.example,*", false),
            ("*.example.com", false),
            ("xample.com", false),
            ("api", false),
            (".example.com:443", false),
            ("other.example;.example.com", false),
            (",", false),
            ("", false),
        ] {
            assert_eq!(is_excepted(list, "https://api.example.com/x"), is_direct, "{list}");
        }
        assert!(is_excepted("api.example.com:8443", "https://api.example.com:8443"));
    }

    #[test]
    fn an_address_may_be_one_of_a_network() {
        for (list, url, is_direct) in [
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.1.2.3", "https://10.1.2.3:8443", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("fd00::/8", "https://[fd00::7]", true),
            ("[fd00::7]", "https://[fd00::7]", true),
            ("fd00:0::7", "https://[fd00::7]", true),
            ("2.3", "https://10.1.2.3", false),
        ] {
            assert_eq!(is_excepted(list, url), is_direct, "{list} {url}");
        }
    }

    #[test]
    fn this_machine_needs_no_exception() {
        for host in ["localhost", "x.localhost", "127.9.9.9", "[::1]", "169.254.169.254"] {
            assert!(is_excepted("", &format!("https://{host}:8443/x")), "{host}");
        }
        for host in ["[fe80::1]", "[fd00:ec2::254]"] {
            assert!(is_excepted("", &format!("https://{host}")), "{host}");
        }
        assert!(!is_excepted("", "https://[fd00:ec3::254]"));
    }

    #[test]
    fn nuget_finds_its_exceptions_anywhere_in_the_url() {
        for (list, is_direct) in [
            ("example", true),
            ("xample.com", true),
            ("*", true),
            ("x,*", true),
            ("api.*.com", true),
            ("ap?.EXAMPLE", true),
            ("https://api.example.com", true),
            (".example.com:443", false),
            ("y, example", false),
            ("api?example?org", false),
        ] {
            let of_nuget = Exceptions::of_nugets_list(list);
            let exceptions = Exceptions { standard: Vec::new(), of_nuget };
            let url = UrlParts::strict("https://api.example.com/v1");
            assert_eq!(exceptions.have(&url), is_direct, "{list}");
        }
    }
}
