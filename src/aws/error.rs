//! What can go wrong on the way to a token: what, where, and the way out, in one line each.
//!
//! Each reads after "no token for domain …: ". No variant holds a secret, or text of a peer that has
//! not been through [`crate::text::printable`].

use std::path::PathBuf;
use std::time::Duration;

use aws_config::profile::ProfileSet;

use super::http::HttpClient;
use super::identity::Identity;
use super::profiles;
use crate::endpoint::Domain;

/// How a profile is chosen on this system.
const CHOOSE: &str =
    if cfg!(windows) { "setx AWS_PROFILE <name>" } else { "export AWS_PROFILE=<name>" };

/// A failure of the AWS side.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AwsError {
    #[error(
        "no AWS credentials: {looked_at}; {seen}{fitting}; choose a profile with `{CHOOSE}` (an IDE \
         started from a menu does not see what a shell exports), or sign in with `aws configure` or \
         `aws configure sso`"
    )]
    NoCredentials { looked_at: String, seen: String, fitting: String },
    #[error(
        "the SSO session of profile `{profile}` is signed out or has expired; sign in with \
         `aws sso login --profile {profile}`"
    )]
    SsoExpired { profile: String },
    #[error(
        "the login session of profile `{profile}` is signed out or has expired; sign in with \
         `aws login --profile {profile}`"
    )]
    LoginExpired { profile: String },
    #[error(
        "AWS_PROFILE names profile `{name}`, which no AWS file has ({known}); correct it or unset \
         AWS_PROFILE"
    )]
    UnknownProfile { name: String, known: String },
    #[error("profile `{name}` cannot be used: {detail}; correct it in `~/.aws/config`")]
    BrokenProfile { name: String, detail: String },
    #[error("the AWS files cannot be used: {detail}; correct them")]
    Files { detail: String },
    #[error("{label} gave no AWS credentials: {detail}; try `aws sts get-caller-identity`")]
    SourceFailed { label: String, detail: String },
    #[error("AWS refused the credentials of {label} ({code}): they are {what}; {way_out}")]
    KeysRefused { label: String, code: String, what: &'static str, way_out: &'static str },
    #[error(
        "{label} may not call `codeartifact:GetAuthorizationToken` ({message}); allow it in the \
         identity's policy and, for another account's domain, in the domain's"
    )]
    MayNotGetToken { label: String, message: String },
    #[error(
        "{label} lacks `sts:GetServiceBearerToken` ({message}); allow it with the condition \
         `sts:AWSServiceName` = `codeartifact.amazonaws.com`"
    )]
    MayNotGetBearerToken { label: String, message: String },
    #[error(
        "there is no domain `{}` of account {} in {}; check the three in the source's URL",
        .0.name, .0.owner, .0.region
    )]
    DomainNotFound(Domain),
    #[error(
        "AWS throttled the call, also when it was repeated ({code}); wait a minute and try again"
    )]
    Throttled { code: String },
    #[error("AWS rejected a parameter ({message}); check the source's URL and `duration_seconds`")]
    Invalid { message: String },
    #[error(
        "AWS answered `{code}` with status {status} ({message}); try again, or look the code up"
    )]
    Refused { code: String, status: u16, message: String },
    #[error("the name `{host}` cannot be resolved; check the network, VPN and DNS, and the region")]
    NameNotResolved { host: String },
    #[error(
        "no trusted TLS connection to `{host}` ({detail}); behind a proxy that inspects TLS set \
         AWS_CA_BUNDLE to its certificate"
    )]
    Tls { host: String, detail: String },
    #[error(
        "the proxy `{proxy}` does not connect to `{host}` ({detail}); check HTTPS_PROXY and NO_PROXY"
    )]
    Proxy { proxy: String, host: String, detail: String },
    #[error(
        "no connection to `{host}` ({detail}); check the network, and HTTPS_PROXY if one is needed"
    )]
    NotConnected { host: String, detail: String },
    #[error("no answer from {place} within {} s; check the network and try again", .limit.as_secs())]
    TimedOut { place: String, limit: Duration },
    #[error(
        "the answer of `{host}` makes no sense ({detail}); check that nothing stands between this \
         machine and AWS, and AWS_ENDPOINT_URL"
    )]
    Nonsense { host: String, detail: String },
    #[error("AWS_CA_BUNDLE `{}` cannot be used: {why}; correct or unset AWS_CA_BUNDLE", path.display())]
    CaBundle { path: PathBuf, why: String },
    #[error("{detail}; install them (`ca-certificates`), or set AWS_CA_BUNDLE to a PEM file")]
    Trust { detail: String },
    #[error(
        "the variable {variable} is no URL of an http proxy, as in `http://proxy.example:3128`; correct it"
    )]
    ProxyUrl { variable: &'static str },
    #[error(
        "the endpoint `{host}` is set to plain http, and is not this machine; set AWS_ENDPOINT_URL and \
         its like to https"
    )]
    PlainHttp { host: String },
}

impl AwsError {
    pub(super) fn timed_out(client: &HttpClient, limit: Duration) -> Self {
        let place = match client.last_host() {
            Some(host) => format!("`{host}`"),
            None => "the source of AWS credentials".to_owned(),
        };
        Self::TimedOut { place, limit }
    }

    pub(super) fn nonsense(client: &HttpClient, detail: impl Into<String>) -> Self {
        Self::Nonsense { host: host_of(client), detail: detail.into() }
    }

    pub(super) fn unknown_profile(name: &str, profiles: &ProfileSet) -> Self {
        let mut known: Vec<&str> = profiles.profiles().collect();
        known.sort_unstable();
        let known = match known.len() {
            0 => "there are no profiles".to_owned(),
            1..=12 => format!("there are `{}`", known.join("`, `")),
            count => format!("there are {count} others"),
        };
        Self::UnknownProfile { name: name.to_owned(), known }
    }

    pub(super) fn no_credentials(identity: &Identity, domain: &Domain) -> Self {
        let looked_at = "looked at AWS_ACCESS_KEY_ID, the AWS files' profile `default`, web \
                         identity, container and instance metadata"
            .to_owned();
        let seen = if identity.variables.is_empty() {
            "this process sees no AWS_ variables".to_owned()
        } else {
            format!("this process sees {}", identity.variables.join(", "))
        };
        let fitting =
            identity.profiles.as_ref().map(|set| profiles::of_account(set, &domain.owner));
        let fitting = match fitting {
            Some(names) if !names.is_empty() => {
                format!("; of account {} are the profiles `{}`", domain.owner, names.join("`, `"))
            }
            _ => String::new(),
        };
        Self::NoCredentials { looked_at, seen, fitting }
    }
}

pub(super) fn host_of(client: &HttpClient) -> String {
    client.last_host().unwrap_or_else(|| "AWS".to_owned())
}
