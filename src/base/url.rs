//! URLs that somebody else wrote, split at their delimiters. Nothing is decoded or repaired.
//!
//! Two readings are needed. A client that follows RFC 3986 ends the authority at the first `/`, `?` or
//! `#`, so a decision on where something is sent takes [`UrlParts::strict`]. People paste a password
//! into a URL without escaping it, so whatever is shown, or searched for a password, takes
//! [`UrlParts::tolerant`].

use std::net::{Ipv4Addr, Ipv6Addr};

/// A URL split into its parts, each unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// Without `://`; empty if the text has no scheme.
    pub scheme: &'a str,
    /// User name and password, without the `@` that ends them.
    pub user: Option<&'a str>,
    /// Host and port.
    pub authority: &'a str,
    /// Begins with `/` unless it is empty.
    pub path: &'a str,
    /// Query and fragment, with the `?` or `#` that begins them.
    pub tail: &'a str,
    /// Whether both readings are plausible, so that each could show a secret of the other.
    pub is_ambiguous: bool,
}

/// Where the user information ends, counted from the end of the scheme.
#[derive(Clone, Copy)]
enum UserInformation {
    None,
    EndsAt(usize),
    /// The same position, but it is unclear whether the `@` belongs to a query or ends a password.
    MayEndAt(Option<usize>),
}

impl<'a> UrlParts<'a> {
    /// Cut as RFC 3986 says: user information is never beyond the first `/`, `?` or `#`.
    pub fn strict(url: &'a str) -> Self {
        let (_, rest) = cut_scheme(url);
        let at = rest[..find(rest, &['/', '?', '#'])].rfind('@');
        Self::cut(url, at.map_or(UserInformation::None, UserInformation::EndsAt))
    }

    /// Split as people mean it: a password may contain `/`, `?`, `#` and `@`, and so may a query.
    pub fn tolerant(url: &'a str) -> Self {
        Self::cut(url, user_of(cut_scheme(url).1))
    }

    fn cut(url: &'a str, user: UserInformation) -> Self {
        let (scheme, rest) = cut_scheme(url);
        let (end, is_ambiguous) = match user {
            UserInformation::None => (None, false),
            UserInformation::EndsAt(at) => (Some(at), false),
            UserInformation::MayEndAt(at) => (at, true),
        };
        let after_user = &rest[end.map_or(0, |at| at + 1)..];
        let (authority, path_and_tail) = after_user.split_at(find(after_user, &['/', '?', '#']));
        let (path, tail) = path_and_tail.split_at(find(path_and_tail, &['?', '#']));
        Self { scheme, user: end.map(|at| &rest[..at]), authority, path, tail, is_ambiguous }
    }

    /// The authority without its port. An IPv6 address keeps its brackets.
    pub fn host(&self) -> &'a str {
        self.host_and_port().0
    }

    /// Host and port, which need not be a number. An IPv6 address keeps its brackets.
    pub fn host_and_port(&self) -> (&'a str, Option<&'a str>) {
        let after_brackets = self.authority.rfind(']').map_or(0, |at| at + 1);
        let colon = self.authority[after_brackets..].find(':').map(|at| after_brackets + at);
        match colon {
            Some(at) => (&self.authority[..at], Some(&self.authority[at + 1..])),
            None => (self.authority, None),
        }
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Everything but the user information.
    pub fn without_user(&self) -> String {
        format!("{}{}{}{}", self.prefix(), self.authority, self.path, self.tail)
    }

    fn prefix(&self) -> String {
        if self.scheme.is_empty() { String::new() } else { format!("{}://", self.scheme) }
    }
}

/// The URL for a screen or a file: `…` replaces user information, query and fragment, because each
/// may be a secret.
pub fn redacted(url: &str) -> String {
    let parts = UrlParts::tolerant(url);
    let prefix = parts.prefix();
    if parts.is_ambiguous {
        return format!("{prefix}…");
    }
    let user = if parts.user.is_some() { "…@" } else { "" };
    let tail = parts.tail.get(..1).map_or(String::new(), |delimiter| format!("{delimiter}…"));
    format!("{prefix}{user}{}{}{tail}", parts.authority, parts.path)
}

/// The URL without query and fragment. User information stays: it is for URLs that have none.
pub fn without_query(url: &str) -> &str {
    &url[..find(url, &['?', '#'])]
}

/// Host and port of a proxy. Its URL has no query, so that all before the last `@` is a password.
pub fn proxy_authority(url: &str) -> &str {
    UrlParts::strict(url.rsplit('@').next().unwrap_or_default()).authority
}

/// Whether the host is certainly this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

fn cut_scheme(url: &str) -> (&str, &str) {
    match url.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(is_scheme_byte) => (scheme, rest),
        _ => ("", url),
    }
}

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

/// The position of the first delimiter, or the text's end.
fn find(text: &str, delimiters: &[char]) -> usize {
    text.find(delimiters).unwrap_or(text.len())
}

fn user_of(rest: &str) -> UserInformation {
    let Some(last) = rest.rfind('@') else { return UserInformation::None };
    let query = find(rest, &['?', '#']);
    if last < query {
        return UserInformation::EndsAt(last);
    }
    // Either the last `@` is in the query, or the password contains the `?`.
    if let Some(at) = rest[..query].rfind('@') {
        return UserInformation::MayEndAt(Some(at));
    }
    match rest[..find(rest, &['/', '?', '#'])].split_once(':') {
        None => UserInformation::None,
        Some((_, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            UserInformation::MayEndAt(None)
        }
        // A port is a number, so this text is a password.
        Some(_) => UserInformation::EndsAt(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_of_a_url_is_shown() {
        for (url, shown) in [
            ("https://h.example/v3", "https://h.example/v3"),
            ("https://me:hunter2@h.example/v3", "https://…@h.example/v3"),
            ("https://me:hun/t?er@2@h.example", "https://…@h.example"),
            ("https://aws:hun/ter2@h.example/v3", "https://…@h.example/v3"),
            ("https://aws:hun#ter2@h.example/v3", "https://…@h.example/v3"),
            ("https://aws:hun@ter2@h.example/v3?key=hunter2", "https://…@h.example/v3?…"),
            ("https://hunter2@h.example:8443", "https://…@h.example:8443"),
            ("me@h://x", "…@h://x"),
            ("../packages", "../packages"),
            (r"C:\packages", r"C:\packages"),
            ("https://h.example/v3?key=hunter2#x", "https://h.example/v3?…"),
            ("https://h.example/v3#hunter2", "https://h.example/v3#…"),
            ("http://h.example/v3?key=hun@ter2", "http://h.example/v3?…"),
            ("https://h.example/@hunter2/v3", "https://…@hunter2/v3"),
            ("", ""),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }

    #[test]
    fn where_query_and_password_cannot_be_told_apart_neither_is_shown() {
        for url in [
            "https://me:hunter2@h.example/v3?key=hun@ter2",
            "https://me:hun@t?er2@h.example/v3",
            "https://aws:1234?5@h.example",
            "https://h.example:8443/v3?key=hun@ter2",
        ] {
            assert_eq!(redacted(url), "https://…", "{url}");
        }
    }

    #[test]
    fn a_password_may_hold_any_delimiter() {
        for url in [
            "https://aws:hunter2@h.example:8443/v3?x",
            "https://aws:hun/ter2@h.example:8443/v3?x",
            "https://aws:hun?ter2@h.example:8443/v3?x",
            "https://aws:hun#t@er/2@h.example:8443/v3?x",
        ] {
            let parts = UrlParts::tolerant(url);
            assert!(parts.user.is_some_and(|user| user.starts_with("aws:hun")), "{parts:?}");
            assert_eq!(parts.host_and_port(), ("h.example", Some("8443")), "{url}");
            assert_eq!((parts.path, parts.tail), ("/v3", "?x"));
            assert_eq!(parts.without_user(), "https://h.example:8443/v3?x");
        }
    }

    #[test]
    fn a_strict_reading_is_that_of_the_client_that_sends() {
        let parts = UrlParts::strict("http://evil.example/x@127.0.0.1");
        assert_eq!((parts.host(), parts.path), ("evil.example", "/x@127.0.0.1"));
        assert_eq!(UrlParts::strict("https://A.example/x").host(), "A.example");
        assert_eq!(UrlParts::strict("http://u:p@h:1?q").host(), "h");
        let parts = UrlParts::strict("http://u:p@[::1]:80?x@y");
        assert_eq!((parts.user, parts.host()), (Some("u:p"), "[::1]"));
        assert_eq!((parts.origin().as_str(), parts.tail), ("http://[::1]:80", "?x@y"));
    }

    #[test]
    fn loopback_hosts_are_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "[::2]", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
