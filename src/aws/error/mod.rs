//! Everything that can prevent a token. Each message says in one line what failed, where, and what
//! to do about it. It reads after "no token for domain …: ".
//!
//! A variant takes plain facts, such as names and texts. No variant has a secret in it, or text of a
//! server that has not been through [`crate::base::text::printable`].
//!
//! - [`classify`]: which variant an error of the SDK is
//! - [`causes`]: what an error of the SDK says, made readable
//! - [`code`]: the code of each variant
//! - [`echo`]: what others say, without our secrets
//! - [`host`]: the host that a message is about

pub(super) mod causes;
pub(super) mod classify;
mod code;
pub(super) mod echo;
mod host;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::base::PROGRAM;
use crate::base::text::nearest;
use crate::base::time;
use crate::code::Code;
use crate::endpoint::{Domain, SERVICE_PRINCIPAL};
use crate::settings::IdentityOrigin;
pub(super) use host::Host;

/// How a profile is chosen on this system.
const CHOOSE: &str = if cfg!(windows) { "setx AWS_PROFILE " } else { "export AWS_PROFILE=" };

/// A failure of the AWS side.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AwsError {
    #[error(
        "no AWS credentials: looked at {looked_at}; {seen}{fitting}; choose a profile with `{CHOOSE}{}` (an \
         IDE started from a menu does not see what a shell exports), or sign in with `aws configure` \
         or `aws configure sso`",
        choice.as_deref().unwrap_or("<name>")
    )]
    NoCredentials { looked_at: String, seen: String, fitting: String, choice: Option<String> },
    #[error(
        "no AWS credentials: the instance metadata gave none: {reason}{fitting}; give this instance a role \
         that EC2 may assume, or choose a profile with `{CHOOSE}{}`",
        choice.as_deref().unwrap_or("<name>")
    )]
    NoInstanceRole { reason: String, fitting: String, choice: Option<String> },
    #[error(
        "the SSO session of profile `{profile}` is signed out or has expired; sign in with \
         `nuget-plugin-codeartifact login --profile {profile}` or `aws sso login --profile {profile}`"
    )]
    SsoExpired { profile: String },
    #[error(
        "the SSO session of profile `{profile}` is signed out or has expired, and the sign-in that was \
         asked for {} did not come about; sign in with \
         `nuget-plugin-codeartifact login --profile {profile}`",
        how_long_ago(*.ago)
    )]
    SsoDeclined { profile: String, ago: Duration },
    #[error(
        "the SSO sign-in of profile `{profile}` failed: {detail}; try again with \
         `nuget-plugin-codeartifact login --profile {profile}`"
    )]
    SsoSignInFailed { profile: String, detail: String },
    #[error(
        "the SSO sign-in of profile `{profile}` cannot be kept in `{}` ({detail}); make the file and \
         its folder writable",
        path.display()
    )]
    SsoNotKept { profile: String, path: PathBuf, detail: String },
    #[error("the SSO sign-in in `{}` stays: it cannot be removed ({detail}); remove the file", path.display())]
    SignInStays { path: PathBuf, detail: String },
    #[error(
        "the SSO sign-in of profile `{profile}` is good, but not for its role ({message}); check \
         `sso_account_id` and `sso_role_name`, or ask for the role"
    )]
    SsoRoleRefused { profile: String, message: String },
    #[error("there is no profile `{name}` ({known}); name another one with `--profile`")]
    NoSuchProfile { name: String, known: String },
    #[error(
        "no AWS file has an sso-session `{name}`, with its start URL and region ({known}); name \
         another one, or make it with `aws configure sso-session`"
    )]
    NoSuchSession { name: String, known: String },
    #[error(
        "profile `{profile}` does not sign in by SSO: it has no `sso_session` or `sso_start_url`, or \
         not all that belongs to it; {hint}"
    )]
    NotBySso { profile: String, hint: String },
    #[error(
        "the login session of profile `{profile}` is signed out or has expired; sign in with \
         `aws login --profile {profile}`"
    )]
    LoginExpired { profile: String },
    #[error(
        "{variable} names profile `{name}`, which no AWS file has ({known}); correct it or unset \
         {variable}"
    )]
    UnknownProfile { variable: &'static str, name: String, known: String, likely: Option<String> },
    #[error("{variable} is no Unicode text, and may name an AWS identity; correct it or unset it")]
    NotUnicode { variable: &'static str },
    #[error("{variable} is set, but {missing} is empty or not set; set both or unset both")]
    HalfKey { variable: &'static str, missing: &'static str },
    #[error(
        "`{value}` is no AWS region; it is from {origin}: correct it to a name like `us-east-1`"
    )]
    NoRegion { value: String, origin: String },
    #[error(
        "{whose}profiles are {names}, and no AWS file has one of them ({known}); correct the configuration, or \
         make one of them with `aws configure sso --profile {first}`"
    )]
    NoSuchProfiles {
        whose: String,
        names: String,
        first: String,
        known: String,
        likely: Option<Box<str>>,
        chosen_by: IdentityOrigin,
    },
    #[error(
        "profile `{profile}` asks for an MFA code (`mfa_serial`), for which NuGet leaves no way to ask; \
         run `eval \"$(aws configure export-credentials --profile {profile} --format env)\"` in the \
         shell first, which asks for it, or use IAM Identity Center (`aws configure sso`)"
    )]
    NeedsMfa { profile: String },
    #[error(
        "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not; set it to the role to assume, or \
         unset both"
    )]
    NoRoleArn,
    #[error("profile `{name}` cannot be used: {detail}; correct it in {files}")]
    BrokenProfile { name: String, detail: String, files: String },
    #[error("the AWS files cannot be used: {detail}")]
    Files { detail: String },
    #[error("{label} gave no AWS credentials: {detail}; try `{check}`")]
    SourceFailed { label: String, detail: String, check: String },
    #[error(
        "{label} gave no AWS credentials within {} s; see what it waits for with `{check}`",
        .limit.as_secs()
    )]
    SourceHung { label: String, limit: Duration, check: String },
    #[error(
        "AWS refused the credentials of {label} ({code}): they are {}; {}", reason.what(), reason.hint()
    )]
    KeysRefused {
        label: String,
        code: String,
        reason: KeyDefect,
        /// The command that shows which identity AWS sees.
        check: String,
    },
    #[error(
        "AWS refused a request of {label} ({code}), since this machine's clock is {skew}; set the clock right"
    )]
    ClockWrong { label: String, code: String, skew: String },
    #[error(
        "`codeartifact:GetAuthorizationToken` is not allowed to {label} ({message}); allow it in the \
         identity's policy and, for another account's domain, in the domain's"
    )]
    MayNotGetToken { label: String, message: String },
    #[error(
        "`sts:GetServiceBearerToken` is not allowed to {label} ({message}); allow it with the condition \
         `sts:AWSServiceName` = `{SERVICE_PRINCIPAL}`"
    )]
    MayNotGetBearerToken { label: String, message: String },
    #[error(
        "there is no domain `{}` of account {} in {}; check the three in the source's URL",
        .0.name, .0.owner, .0.region
    )]
    DomainNotFound(Domain),
    #[error(
        "AWS throttled the call{} ({code}); {}",
        if again_at.is_some() { "" } else { ", also when it was repeated" },
        try_again(*again_at, "wait a minute and try again")
    )]
    Throttled { code: String, again_at: Option<SystemTime> },
    #[error("AWS rejected a parameter ({message}); check the source's URL and `duration_seconds`")]
    Invalid { message: String },
    #[error(
        "AWS answered `{code}` with status {status} ({message}); {}, or look the code up",
        try_again(*again_at, "try again")
    )]
    Refused { code: String, status: u16, message: String, again_at: Option<SystemTime> },
    /// The hint names the system's own proxy if there is one: see [`super::route`].
    #[error(
        "the name {host} cannot be resolved; check {}the network, VPN and DNS, and the region{hint}",
        host.first()
    )]
    NameNotResolved { host: Host, hint: String },
    #[error(
        "no trusted TLS connection to {host} ({detail}); behind a proxy that inspects TLS set \
         AWS_CA_BUNDLE to its certificate"
    )]
    Tls { host: Host, detail: String },
    #[error(
        "no trusted TLS connection to {host} ({detail}); NuGet trusts what the system trusts: add the \
         certificate of the proxy that inspects TLS there, or name it in SSL_CERT_FILE on Linux"
    )]
    SourceTls { host: Host, detail: String },
    #[error(
        "{host} does not speak TLS; check {}, and HTTPS_PROXY",
        host.setting_or("AWS_ENDPOINT_URL and its like")
    )]
    NotTls { host: Host },
    #[error(
        "{host} speaks only an old version of TLS, before 1.2; AWS does not, so check what stands \
         between this machine and AWS, and {}",
        host.setting_or("AWS_ENDPOINT_URL and its like")
    )]
    OldTls { host: Host },
    #[error("the proxy `{proxy}` does not connect to `{host}` ({detail}); check {settings}")]
    Proxy { proxy: String, host: String, detail: String, settings: String },
    #[error(
        "the proxy `{proxy}` refuses the user name or the password (407); correct it in {setting}, \
         with `%40` for `@`, `%3A` for `:` and `%25` for `%`"
    )]
    ProxyPassword { proxy: String, setting: String },
    #[error(
        "the proxy `{proxy}` takes no user name with a password, but only {schemes}, which is not \
         supported; use a proxy on this machine that signs in there (px, cntlm), or except AWS in NO_PROXY"
    )]
    ProxySignIn { proxy: String, schemes: String },
    #[error(
        "the proxy `{proxy}` does not speak TLS; write its URL with `http://` instead of `https://` in \
         {setting}"
    )]
    ProxyNotTls { proxy: String, setting: String },
    #[error(
        "the proxy `{proxy}` made no connection to `{host}` within {} s; check {settings}, and \
         whether the proxy is up",
        .limit.as_secs()
    )]
    ProxySilent { proxy: String, host: String, limit: Duration, settings: String },
    #[error(
        "no connection to {host} ({detail}); check {}the network, HTTPS_PROXY and NO_PROXY{hint}",
        host.first()
    )]
    NotConnected { host: Host, detail: String, hint: String },
    #[error(
        "the connection to {host} broke off ({detail}); try again, and check {}what stands between \
         this machine and AWS",
        host.first_of_two()
    )]
    BrokenOff { host: Host, detail: String },
    #[error(
        "no answer from {host} within {} s; check {}the network and try again",
        .limit.as_secs(), host.first_of_two()
    )]
    TimedOut { host: Host, limit: Duration },
    #[error(
        "the answer of {host} makes no sense ({detail}); check what stands between this machine and \
         AWS, and {}",
        host.setting_or("AWS_ENDPOINT_URL and its like")
    )]
    Nonsense { host: Host, detail: String },
    /// An outage, or a page of something else. It says nothing of the sign-in or the role.
    #[error(
        "{service} did not answer as expected ({detail}); try again later, and check what stands between \
         this machine and {host}"
    )]
    NotAsExpected { service: &'static str, detail: String, host: Host },
    #[error(
        "AWS or a proxy is not available ({status}): {host} answered without an error code of AWS's; {}, \
         and check what stands between this machine and AWS",
        try_again(*again_at, "try again later")
    )]
    Unavailable { host: Host, status: u16, again_at: Option<SystemTime> },
    /// A limit of this machine, not of AWS.
    #[error("this process has reached a limit of the system: {what}")]
    Scarce { what: &'static str },
    #[error(
        "{host} answers with a redirect ({status}) to `{location}`, as AWS never does: a sign-in page \
         of the network may stand before it; sign in there with a browser, and check {}",
        host.setting_or("AWS_ENDPOINT_URL and its like")
    )]
    Redirected { host: Host, status: u16, location: String },
    #[error("{setting} `{}` cannot be used: {why}; correct or unset {setting}", path.display())]
    CaBundle { setting: String, path: PathBuf, why: String },
    #[error("{detail}; install them (`ca-certificates`), or set AWS_CA_BUNDLE to a PEM file")]
    Trust { detail: String },
    #[error("{setting} is no URL of an http proxy, as in `http://proxy.example:3128`; correct it")]
    ProxyUrl { setting: String, variable: Option<&'static str> },
    #[error(
        "{setting} names a proxy by `{scheme}`, and only `http` and `https` are supported; set {} to an \
         http proxy, as in `http://proxy.example:3128`",
        nearest_proxy_variable(*variable)
    )]
    ProxyScheme { setting: String, scheme: String, variable: Option<&'static str> },
    #[error(
        "the user name or the password in {setting} is not plain UTF-8, so that it is not sent; write it \
         percent-encoded, as UTF-8"
    )]
    ProxyCredentials { setting: String },
    #[error(
        "the user name or the password in {setting} has a `%`, which NuGet sends as it is and other \
         programs decode, so that it is not sent; set https_proxy as well, with every special \
         character percent-encoded"
    )]
    ProxyEscape { setting: String },
    #[error(
        "the endpoint {host} is set to plain http, and is not this machine; set {} to https",
        host.setting_or("AWS_ENDPOINT_URL and its like, or the profile's `endpoint_url`,")
    )]
    PlainHttp { host: Host },
    #[error(
        "the API endpoint is set to what is no URL; set {} to `https://…`",
        setting.as_deref().unwrap_or("AWS_ENDPOINT_URL and its like")
    )]
    EndpointUrl { setting: Option<String> },
    #[error("{name} {why} and cannot be sent to AWS; correct it")]
    Unsendable {
        /// For people: "`aws_access_key_id` of profile `dev`".
        name: String,
        why: &'static str,
    },
    #[error(
        "{what} belongs to the partition `{theirs}`, and the source's domain to `{ours}` ({region}), so \
         nothing was sent; choose a profile of `{ours}` for this source"
    )]
    OtherPartition { what: String, theirs: &'static str, ours: &'static str, region: String },
    #[error(
        "the settings of the API endpoint do not go together ({detail}); unset AWS_ENDPOINT_URL and its \
         like, or AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT and the profile's like"
    )]
    EndpointConflict { detail: String },
}

/// What is wrong with AWS credentials that AWS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDefect {
    Expired,
    Unknown,
    Wrong,
}

impl KeyDefect {
    fn what(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Unknown => "unknown to AWS",
            Self::Wrong => "wrong, or this machine's clock is",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Expired => "renew them, or choose a profile that renews them by itself",
            Self::Unknown => "check the key, its account and partition, and AWS_SESSION_TOKEN",
            Self::Wrong => "check the secret key and the clock",
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Expired => Code::CredentialsExpired,
            Self::Unknown => Code::CredentialsUnknown,
            Self::Wrong => Code::CredentialsWrong,
        }
    }
}

/// What fixes a failure, in addition to the hint that ends its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Help<'a> {
    /// The line says everything.
    Nothing,
    /// A command, word by word and not yet quoted for a shell.
    Run(Vec<&'a str>),
    SetVariable(&'a str, &'a str),
    UnsetVariable(&'a str),
    SetClock,
    /// Export the credentials of this profile into the shell, which can ask for an MFA code.
    ExportCredentials(&'a str),
    /// Correct the default profile of the settings. The one that was probably meant, if one was.
    DefaultProfile(Option<&'a str>),
    /// See where the settings for the source come from.
    ExplainSource,
    /// Give this user back the file and its folder.
    MakeWritable(&'a Path),
    /// Allow `codeartifact:GetAuthorizationToken` for the domain.
    AllowToken,
    /// Allow `sts:GetServiceBearerToken`.
    AllowBearerToken,
    /// A command that shows the same failure without the plugin, ready for a shell.
    See(String),
    /// Ask this host, with or without a port, over the network without the plugin.
    AskHost(&'a str),
    /// A fix that no command does.
    Advice(&'static str),
}

impl AwsError {
    /// The subject of the failure, in kebab case, and its fix. This is the only table of both.
    pub fn help(&self) -> (&'static str, Help<'_>) {
        match self {
            Self::SsoExpired { profile }
            | Self::SsoDeclined { profile, .. }
            | Self::SsoSignInFailed { profile, .. } => {
                ("sso-session", Help::Run(vec![PROGRAM, "login", "--profile", profile]))
            }
            Self::SsoNotKept { path, .. } => ("sso-session", Help::MakeWritable(path)),
            Self::LoginExpired { profile } => {
                ("sso-session", Help::Run(vec!["aws", "login", "--profile", profile]))
            }
            Self::NoCredentials { choice: Some(name), .. }
            | Self::NoInstanceRole { choice: Some(name), .. } => {
                ("credentials", Help::Run(vec![PROGRAM, "configure", "set", "profile", name]))
            }
            Self::NoCredentials { choice: None, .. } => {
                ("credentials", Help::Run(vec!["aws", "configure", "sso"]))
            }
            Self::NoInstanceRole { choice: None, .. } => {
                ("credentials", Help::Advice("attach a role to this instance"))
            }
            Self::SsoRoleRefused { profile, .. } => {
                ("credentials", Help::Run(vec!["aws", "configure", "sso", "--profile", profile]))
            }
            Self::NoSuchProfiles { chosen_by: IdentityOrigin::Default, likely, .. } => {
                ("credentials", Help::DefaultProfile(likely.as_deref()))
            }
            Self::NoSuchProfiles { .. } => {
                ("credentials", Help::Run(vec![PROGRAM, "configure", "list"]))
            }
            Self::UnknownProfile { variable, likely: Some(name), .. } => {
                ("credentials", Help::SetVariable(variable, name))
            }
            Self::UnknownProfile { variable, likely: None, .. }
            | Self::HalfKey { variable, .. }
            | Self::NotUnicode { variable } => ("credentials", Help::UnsetVariable(variable)),
            Self::NoRoleArn => ("credentials", Help::UnsetVariable("AWS_WEB_IDENTITY_TOKEN_FILE")),
            Self::NeedsMfa { profile } => ("credentials", Help::ExportCredentials(profile)),
            Self::NoSuchProfile { .. } => {
                ("credentials", Help::See("aws configure list-profiles".to_owned()))
            }
            Self::SourceFailed { check, .. }
            | Self::SourceHung { check, .. }
            | Self::KeysRefused { check, .. } => ("credentials", Help::See(check.clone())),
            Self::BrokenProfile { .. }
            | Self::Files { .. }
            | Self::NoRegion { .. }
            | Self::Unsendable { .. }
            | Self::OtherPartition { .. } => ("credentials", Help::Nothing),
            other => other.help_with_request(),
        }
    }

    /// The rows of the same table for responses of AWS and for network failures.
    fn help_with_request(&self) -> (&'static str, Help<'_>) {
        match self {
            Self::MayNotGetToken { .. } => ("permission", Help::AllowToken),
            Self::MayNotGetBearerToken { .. } => ("permission", Help::AllowBearerToken),
            Self::DomainNotFound(Domain { region, .. }) => {
                let command = format!("aws codeartifact list-domains --region {region}");
                ("domain", Help::See(command))
            }
            Self::ClockWrong { .. } => ("clock", Help::SetClock),
            Self::Tls { .. } => ("certificates", Help::Advice(TRUST_FOR_AWS)),
            Self::SourceTls { .. } if cfg!(target_os = "linux") => {
                ("certificates", Help::Advice(TRUST_FOR_NUGET))
            }
            Self::CaBundle { setting, .. } if setting == "AWS_CA_BUNDLE" => {
                ("certificates", Help::UnsetVariable(setting))
            }
            Self::SourceTls { .. } | Self::CaBundle { .. } | Self::Trust { .. } => {
                ("certificates", Help::Nothing)
            }
            Self::Proxy { host, .. } | Self::ProxySilent { host, .. } => {
                ("proxy", Help::AskHost(host))
            }
            Self::ProxyUrl { variable: Some(name), .. } => ("proxy", Help::UnsetVariable(name)),
            Self::ProxyScheme { variable: Some(name), .. } => {
                ("proxy", Help::SetVariable(name, "http://proxy.example:3128"))
            }
            Self::ProxyUrl { .. }
            | Self::ProxyScheme { .. }
            | Self::ProxyCredentials { .. }
            | Self::ProxyEscape { .. }
            | Self::ProxyPassword { .. }
            | Self::ProxySignIn { .. }
            | Self::ProxyNotTls { .. } => ("proxy", Help::Nothing),
            Self::NameNotResolved { host, .. } => {
                ("dns", Help::See(format!("nslookup {}", host.name)))
            }
            Self::PlainHttp { .. }
            | Self::EndpointUrl { .. }
            | Self::EndpointConflict { .. }
            | Self::NotTls { .. } => ("endpoint", Help::ExplainSource),
            Self::NotConnected { host, .. }
            | Self::BrokenOff { host, .. }
            | Self::TimedOut { host, .. }
            | Self::OldTls { host }
            | Self::Unavailable { host, .. }
            | Self::Redirected { host, .. }
            | Self::Nonsense { host, .. }
            | Self::NotAsExpected { host, .. } => ("network", Help::AskHost(&host.name)),
            Self::Throttled { .. } => ("token", Help::Advice("wait a minute")),
            _ => ("token", Help::Nothing),
        }
    }

    /// The line without what another program or a metadata service said, for a report that others may
    /// read. None if the line has nothing of it.
    pub fn without_quotation(&self) -> Option<String> {
        match self {
            Self::SourceFailed { label, check, .. } => Some(format!(
                "{label} gave no AWS credentials (what it said is left out here); try `{check}`"
            )),
            Self::NoInstanceRole { .. } => Some(
                "no AWS credentials: the instance metadata gave none (what it said is left out here)"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// The same for an instance whose metadata service answered and gave no credentials.
    pub(super) fn with_instance_reason(self, reason: String) -> Self {
        match self {
            Self::NoCredentials { fitting, choice, .. } => {
                Self::NoInstanceRole { reason, fitting, choice }
            }
            other => other,
        }
    }

    /// Whether a new sign-in to IAM Identity Center helps.
    pub fn needs_sign_in(&self) -> bool {
        matches!(self, Self::SsoExpired { .. })
    }

    /// Whether it is AWS's word on the call, or AWS's silence: then it is the same for every process
    /// with the same identity. Other failures may be due to a process's own environment.
    pub fn is_of_aws(&self) -> bool {
        matches!(
            self,
            Self::Throttled { .. }
                | Self::Refused { .. }
                | Self::Unavailable { .. }
                | Self::Invalid { .. }
                | Self::DomainNotFound(_)
                | Self::MayNotGetToken { .. }
                | Self::MayNotGetBearerToken { .. }
                | Self::KeysRefused { .. }
                | Self::ClockWrong { .. }
                | Self::TimedOut { .. }
                | Self::SourceHung { .. }
        )
    }

    /// How long nobody should call AWS again.
    pub fn pause(&self, now: SystemTime) -> Duration {
        match self {
            Self::Throttled { again_at: Some(at), .. }
            | Self::Refused { again_at: Some(at), .. }
            | Self::Unavailable { again_at: Some(at), .. } => {
                at.duration_since(now).unwrap_or_default()
            }
            Self::Throttled { .. } => Duration::from_secs(1),
            _ => Duration::ZERO,
        }
    }

    /// Whether nothing answered within the time limit. Another attempt would only wait as long
    /// again.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::ProxySilent { .. })
    }
}

const TRUST_FOR_AWS: &str = "name the certificate of the proxy in AWS_CA_BUNDLE, a PEM file, and give \
                             it to the system as well, which NuGet trusts";

const TRUST_FOR_NUGET: &str = "name the PEM file with the proxy's certificate and the usual \
                               authorities in SSL_CERT_FILE";

impl AwsError {
    pub(super) fn sign_in_failed(profile: &str, detail: impl Into<String>) -> Self {
        Self::SsoSignInFailed { profile: profile.to_owned(), detail: detail.into() }
    }

    pub(super) fn sign_in_not_kept(profile: &str, path: &Path, error: &io::Error) -> Self {
        let (profile, path) = (profile.to_owned(), path.to_owned());
        Self::SsoNotKept { profile, path, detail: error.kind().to_string() }
    }

    /// `files` are the paths of the files that have a section of the profile.
    pub(super) fn broken_profile<'a>(
        name: &str,
        detail: impl Into<String>,
        files: impl Iterator<Item = &'a str>,
    ) -> Self {
        let files: Vec<String> = files.map(|file| format!("`{file}`")).collect();
        let files = if files.is_empty() { "the AWS files".to_owned() } else { files.join(" or ") };
        Self::BrokenProfile { name: name.to_owned(), detail: detail.into(), files }
    }

    pub(super) fn no_such_profile(name: &str, known: &KnownProfiles<'_>) -> Self {
        Self::NoSuchProfile { name: name.to_owned(), known: known.to_string() }
    }

    /// `variable` names the profile.
    pub(super) fn unknown_profile(
        variable: &'static str,
        name: &str,
        known: &KnownProfiles<'_>,
    ) -> Self {
        let likely = nearest(name, known.names.iter().copied()).map(str::to_owned);
        Self::UnknownProfile { variable, name: name.to_owned(), known: known.to_string(), likely }
    }

    /// `whose` says which settings name the profiles, for example "rule 2's ".
    pub(super) fn no_such_profiles(
        names: &[String],
        whose: String,
        chosen_by: IdentityOrigin,
        known: &KnownProfiles<'_>,
    ) -> Self {
        let first = names.first().cloned().unwrap_or_default();
        if chosen_by == IdentityOrigin::CommandLine {
            return Self::no_such_profile(&first, known);
        }
        let names = format!("`{}`", names.join("`, `"));
        let likely = nearest(&first, known.names.iter().copied()).map(Box::from);
        let known = known.to_string();
        Self::NoSuchProfiles { whose, names, first, known, likely, chosen_by }
    }

    /// `looked_at` are the sources of credentials and `variables` the `AWS_…` variables that this
    /// process has; `fitting` are the profiles of the account.
    pub(super) fn no_credentials(
        looked_at: &[&str],
        variables: &[String],
        (account, fitting): (&str, &[&str]),
        known: &KnownProfiles<'_>,
    ) -> Self {
        let looked_at = match looked_at.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        let seen = match variables {
            [] => "no AWS_ variables".to_owned(),
            _ => variables.join(", "),
        };
        let seen = format!("this process sees {seen}{}", known.missing());
        // If no profile fits, only the single existing one can be meant. `default` is used without
        // being chosen.
        let choice = match (fitting.first(), &*known.names) {
            (Some(first), _) => Some((*first).to_owned()),
            (None, [only]) if *only != "default" => Some((*only).to_owned()),
            (None, _) => None,
        };
        let fitting = match fitting {
            [] => String::new(),
            names => format!("; of account {account} are the profiles `{}`", names.join("`, `")),
        };
        Self::NoCredentials { looked_at, seen, fitting, choice }
    }
}

/// The existing profiles, for a message about one that does not exist.
pub(super) struct KnownProfiles<'a> {
    pub names: Vec<&'a str>,
    /// The files that variables name in vain.
    pub missing: Vec<&'a str>,
}

impl KnownProfiles<'_> {
    /// The end of a line about them.
    fn missing(&self) -> String {
        self.missing.iter().flat_map(|missing| ["; ", missing]).collect()
    }
}

impl fmt::Display for KnownProfiles<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names.len() {
            0 => formatter.write_str("there are no profiles"),
            1..=12 => write!(formatter, "there are `{}`", self.names.join("`, `")),
            count => write!(formatter, "there are {count} others"),
        }?;
        formatter.write_str(&self.missing())
    }
}

/// The variable to set in place of this one: `https_proxy` goes before `HTTPS_PROXY`, which goes before
/// all others.
fn nearest_proxy_variable(variable: Option<&'static str>) -> &'static str {
    variable.filter(|name| name.eq_ignore_ascii_case("https_proxy")).unwrap_or("HTTPS_PROXY")
}

fn try_again(at: Option<SystemTime>, usual: &str) -> String {
    match at {
        Some(at) => format!("it asks to wait, so try again after {}", time::utc(at)),
        None => usual.to_owned(),
    }
}

fn how_long_ago(time: Duration) -> String {
    match time.as_secs() / 60 {
        0 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes => format!("{minutes} minutes ago"),
    }
}
