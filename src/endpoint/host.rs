//! The grammar of hosts.

use std::fmt;

use serde::Serialize;

use super::HttpUrl;
use super::partition::Partition;
use super::path::split_domain;
use crate::base::url::is_loopback;

/// A host of the user's own: a reverse proxy for CodeArtifact, or a test server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostMapping {
    /// In lower case, without port; an IPv6 address is in brackets.
    pub host: String,
    /// None means the scheme's default port.
    pub port: Option<u16>,
    /// Domain and owner; none if the path names them, as behind a VPC endpoint.
    pub domain: Option<(String, String)>,
    /// The region of the domain.
    pub region: String,
}

/// Why a host counts as one of CodeArtifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKind {
    /// Only AWS has hosts with such a name.
    Aws,
    /// The user listed it.
    Listed,
}

/// The recognized form of a host. Names of the JSON must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HostForm {
    Aws,
    AwsDualStack,
    AwsVpcEndpoint,
    OwnHost,
}

/// The recognized form of a host, from its name in lower case.
pub(super) fn form(kind: HostKind, host: &str) -> HostForm {
    let labels: Vec<&str> = host.split('.').collect();
    match (kind, &*labels) {
        (HostKind::Listed, _) => HostForm::OwnHost,
        (_, [_, "d", "codeartifact", _, "vpce", ..]) => HostForm::AwsVpcEndpoint,
        (_, [_, "codeartifact", ..]) => HostForm::AwsDualStack,
        _ => HostForm::Aws,
    }
}

impl fmt::Display for HostForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Aws => "AWS (IPv4)",
            Self::AwsDualStack => "AWS (dual-stack)",
            Self::AwsVpcEndpoint => "AWS (VPC endpoint)",
            Self::OwnHost => "own host",
        })
    }
}

/// What the name of a recognized host determines.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) kind: HostKind,
    pub(super) names: Names,
    pub(super) region: String,
    /// Whether folders may precede `/nuget/`, as with reverse proxies.
    pub(super) any_prefix: bool,
}

/// Which part of the URL names domain and owner.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Names {
    Host { domain: String, owner: String },
    Path,
}

pub(super) fn recognize(url: &HttpUrl<'_>, mappings: &[HostMapping]) -> Result<Host, &'static str> {
    match amazon(url) {
        Ok(host) => Ok(host),
        Err(reason) => match mappings.iter().find(|mapping| matches(mapping, url)) {
            Some(mapping) if url.https || is_loopback(&url.host) => Ok(mapped(mapping)),
            Some(_) => Err("plain http to a host that is not this machine"),
            None => Err(reason),
        },
    }
}

fn matches(mapping: &HostMapping, url: &HttpUrl<'_>) -> bool {
    let default_port = if url.https { 443 } else { 80 };
    mapping.host == url.host && mapping.port.unwrap_or(default_port) == url.effective_port()
}

fn mapped(mapping: &HostMapping) -> Host {
    let names = match mapping.domain.clone() {
        Some((domain, owner)) => Names::Host { domain, owner },
        None => Names::Path,
    };
    Host { kind: HostKind::Listed, names, region: mapping.region.clone(), any_prefix: true }
}

fn amazon(url: &HttpUrl<'_>) -> Result<Host, &'static str> {
    let labels: Vec<&str> = url.host.split('.').collect();
    let host = match labels.as_slice() {
        [first, "d", "codeartifact", region, "vpce", suffix @ ..] => {
            vpc_endpoint(first, region, suffix)
        }
        [first, "d", "codeartifact", region, suffix @ ..] => {
            named(first, region, suffix, Suffix::Ipv4)
        }
        [first, "codeartifact", region, suffix @ ..] => {
            named(first, region, suffix, Suffix::DualStack)
        }
        _ => return Err("the host is not one of CodeArtifact's"),
    }?;
    if !url.https {
        return Err("CodeArtifact's hosts are asked over https only");
    }
    if url.effective_port() != 443 {
        return Err("CodeArtifact's hosts have no port but 443");
    }
    Ok(host)
}

fn named(first: &str, region: &str, suffix: &[&str], kind: Suffix) -> Result<Host, &'static str> {
    check_suffix(region, suffix, kind)?;
    let (domain, owner) = split_domain(first).ok_or_else(|| why_no_domain(first))?;
    let names = Names::Host { domain, owner };
    Ok(aws_host(names, region))
}

fn why_no_domain(label: &str) -> &'static str {
    let owner = label.rsplit_once('-').map_or("", |(_, owner)| owner);
    let is_number = !owner.is_empty() && owner.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && owner.len() != 12 {
        "the account in the host has not twelve digits"
    } else {
        "the host does not name domain and owner"
    }
}

fn vpc_endpoint(first: &str, region: &str, suffix: &[&str]) -> Result<Host, &'static str> {
    check_suffix(region, suffix, Suffix::Ipv4)?;
    let id = first.strip_prefix("vpce-").ok_or("the host names no VPC endpoint")?;
    let is_id_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if id.is_empty() || id.ends_with('-') || !id.bytes().all(is_id_byte) {
        return Err("the host names no VPC endpoint");
    }
    Ok(aws_host(Names::Path, region))
}

fn aws_host(names: Names, region: &str) -> Host {
    Host { kind: HostKind::Aws, names, region: region.to_owned(), any_prefix: false }
}

#[derive(Clone, Copy)]
enum Suffix {
    Ipv4,
    DualStack,
}

fn check_suffix(region: &str, suffix: &[&str], kind: Suffix) -> Result<(), &'static str> {
    if !is_region(region) {
        return Err("the host names no region");
    }
    let partition = Partition::of(region);
    let (ipv4, dual_stack) = (Some(partition.suffix), partition.dual_stack_suffix());
    let (expected, other) = match kind {
        Suffix::Ipv4 => (ipv4, dual_stack),
        Suffix::DualStack => (dual_stack, ipv4),
    };
    match expected.and_then(|expected| behind(suffix, expected)) {
        Some([]) => return Ok(()),
        Some([.., ""]) => return Err("the host ends in a dot"),
        Some(_) => return Err("the host goes on behind AWS's own name"),
        None => {}
    }
    let is_of_other_form = other.and_then(|other| behind(suffix, other)) == Some(&[]);
    Err(match kind {
        Suffix::DualStack if is_of_other_form => "the host lacks the `.d` before `.codeartifact`",
        Suffix::Ipv4 if is_of_other_form => {
            "the host has a `.d` before `.codeartifact`, which the dual-stack form has not"
        }
        _ => "region and suffix of the host do not belong together",
    })
}

/// The labels that follow this name; none if the labels do not begin with it.
fn behind<'a>(labels: &'a [&'a str], name: &'a str) -> Option<&'a [&'a str]> {
    labels.strip_prefix(name.split('.').collect::<Vec<_>>().as_slice())
}

/// Letters, then words, then a number, as in `us-gov-west-1`.
pub fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., last] = words.as_slice() else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    (2..=4).contains(&first.len())
        && is_word(first)
        && !middle.is_empty()
        && middle.iter().all(|word| is_word(word))
        && (1..=2).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_digit())
}
