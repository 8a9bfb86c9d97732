//! `[[hosts]]`: hosts of the user's own before CodeArtifact.

use std::net::Ipv6Addr;

use serde::Deserialize;

use super::values::{DomainName, Owner, Region};
use crate::endpoint::HostMapping;

/// One of `[[hosts]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, try_from = "RawHostEntry")]
pub(super) struct HostEntry(pub(super) HostMapping);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHostEntry {
    host: HostAndPort,
    domain: Option<DomainName>,
    owner: Option<Owner>,
    region: Region,
}

impl TryFrom<RawHostEntry> for HostEntry {
    type Error = &'static str;

    fn try_from(raw: RawHostEntry) -> Result<Self, Self::Error> {
        let domain = match (raw.domain, raw.owner) {
            (Some(DomainName(domain)), Some(Owner(owner))) => Some((domain, owner)),
            (None, None) => None,
            _ => return Err("`domain` and `owner` go together: give both, or neither"),
        };
        let HostAndPort { host, port } = raw.host;
        Ok(Self(HostMapping { host, port, domain, region: raw.region.0 }))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct HostAndPort {
    host: String,
    port: Option<u16>,
}

impl TryFrom<String> for HostAndPort {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str =
            "`host` is a host name, and a port behind `:` where it is not the usual one";
        let port_at = text.rfind(':').filter(|at| !text[*at..].contains(']'));
        let (host, port) = text.split_at(port_at.unwrap_or(text.len()));
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse().ok().filter(|port| *port != 0).ok_or(WRONG)?)
            }
            Some(_) => return Err(WRONG),
            None => None,
        };
        if !is_host(host) {
            return Err(WRONG);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

/// Labels with dots between them, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => text.split('.').all(is_label),
    }
}
