//! Which URLs belong to CodeArtifact, and what they name. Pure.
//!
//! Only the host decides: a token is requested and handed out for hosts of the grammar below and
//! for hosts that the user listed, never for a look-alike. The path only names the repository.
//!
//! | form | host | path |
//! | --- | --- | --- |
//! | IPv4 | `{domain}-{owner}.d.codeartifact.{region}.{suffix}` | `/nuget/{repository}/v3/…` |
//! | dual-stack | `{domain}-{owner}.codeartifact.{region}.{dual-stack suffix}` | the same |
//! | VPC endpoint | `vpce-….d.codeartifact.{region}.vpce.{suffix}` | `/nuget/d/{domain}-{owner}/{repository}/v3/…` |
//!
//! The suffix is that of the region's partition. Source: the CodeArtifact user guide.

#[cfg(any(test, fuzzing))]
#[path = "../../protocol-tests/fuzz/checks/endpoint.rs"]
pub mod check;
mod host;
mod partition;
mod path;
mod repair;

use std::fmt;

use crate::base::url::{UrlParts, is_loopback};
use crate::code::{Code, Coded};

use host::Names;
pub use host::{HostForm, HostKind, HostMapping, is_region};
pub use partition::{Partition, SERVICE_PRINCIPAL, is_aws_host, resembles_codeartifact};
pub use path::{is_domain, is_owner, is_repository, is_repository_byte, split_domain};
pub use repair::repaired;

/// A domain of CodeArtifact. An authorization token is issued for a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Domain {
    /// The domain's name.
    pub name: String,
    /// The account that owns it, twelve digits.
    pub owner: String,
    /// The region it lives in.
    pub region: String,
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, owner, region } = self;
        write!(formatter, "domain `{name}` ({owner}, {region})")
    }
}

/// A repository of a domain, as a source's URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryEndpoint {
    /// The domain.
    pub domain: Domain,
    /// The repository's name.
    pub repository: String,
    /// Scheme and authority, in lower case. NuGet remembers credentials by these.
    pub origin: String,
    /// Why its host counts as one of CodeArtifact.
    pub host: HostKind,
}

/// Why a URL names no repository.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Another provider's URL, or a look-alike: it gets no token, and the user sees no message
    /// about it.
    #[error("not a CodeArtifact URL: {0}")]
    Foreign(&'static str),
    /// The host is CodeArtifact's, the path is not a NuGet repository's.
    #[error("`{url}` names no NuGet repository; its URL is `{right}`")]
    Path {
        /// The requested URL, without query.
        url: String,
        /// What the URL should have been, with `<…>` for parts that the path lacks.
        right: String,
    },
}

impl Coded for EndpointError {
    fn code(&self) -> Code {
        match self {
            Self::Foreign(_) => Code::NotCodeArtifact,
            Self::Path { .. } => Code::IncompleteUrl,
        }
    }
}

impl RepositoryEndpoint {
    /// Reads a source's URL; `mappings` are the hosts that the user listed.
    pub fn parse(url: &str, mappings: &[HostMapping]) -> Result<Self, EndpointError> {
        let parts = HttpUrl::parse(url).map_err(EndpointError::Foreign)?;
        let host = host::recognize(&parts, mappings).map_err(EndpointError::Foreign)?;
        let below_prefix = host.any_prefix;
        let Some(path) = path::read(parts.path, host.names == Names::Path, below_prefix) else {
            return Err(unusable_path(&parts, &host));
        };
        let (name, owner) = match host.names {
            Names::Host { domain, owner } => (domain, owner),
            Names::Path => path.domain.ok_or(EndpointError::Foreign("no domain in the path"))?,
        };
        Ok(Self {
            domain: Domain { name, owner, region: host.region },
            repository: path.repository.to_owned(),
            origin: parts.origin(),
            host: host.kind,
        })
    }
}

impl fmt::Display for RepositoryEndpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` in {}", self.repository, self.domain)
    }
}

impl RepositoryEndpoint {
    /// The form of the host, for people.
    pub fn form(&self) -> HostForm {
        let host = self.origin.rsplit('/').next().unwrap_or_default();
        host::form(self.host, host)
    }
}

fn unusable_path(parts: &HttpUrl<'_>, host: &host::Host) -> EndpointError {
    let origin = parts.origin();
    EndpointError::Path {
        url: format!("{origin}{}", parts.path),
        right: format!("{origin}{}", path::suggest(parts.path, host.names == Names::Path)),
    }
}

/// Whether an API can be called at the URL: https, or http to this machine; without user, query and
/// fragment.
pub fn is_endpoint_url(url: &str) -> bool {
    let is_plain = url.bytes().all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#');
    is_plain && HttpUrl::parse(url).is_ok_and(|parts| parts.https || is_loopback(&parts.host))
}

/// Whether the URL is http or https, with a host and without user.
pub fn is_http_url(url: &str) -> bool {
    HttpUrl::parse(url).is_ok()
}

/// A URL of http or https with a host and without disallowed parts. The parser is strict, because a
/// look-alike hides behind exactly what a lenient parser would repair.
#[derive(Debug)]
struct HttpUrl<'a> {
    https: bool,
    /// In lower case, without port; an IPv6 address keeps its brackets.
    host: String,
    port: Option<u16>,
    path: &'a str,
}

impl<'a> HttpUrl<'a> {
    fn parse(url: &'a str) -> Result<Self, &'static str> {
        let parts = UrlParts::strict(url);
        let https = match parts.scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            "" if !url.contains("://") => return Err("not an absolute URL"),
            _ => return Err("neither https nor http"),
        };
        if parts.user.is_some() {
            return Err("it carries user information");
        }
        let (host, port) = parts.host_and_port();
        let port = port.map(port_number).transpose()?;
        if host.is_empty() || !host.bytes().all(is_host_byte) {
            return Err("the host has characters that no host has");
        }
        Ok(Self { https, host: host.to_ascii_lowercase(), port, path: parts.path })
    }

    /// The port that a connection would use.
    fn effective_port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let host = &self.host;
        match self.port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }
}

/// Digits only: Rust's number parser accepts a sign, which no port has.
fn port_number(digits: &str) -> Result<u16, &'static str> {
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
    number.flatten().ok_or("the port is not a number")
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'[' | b']' | b':')
}

#[cfg(test)]
mod tests;
