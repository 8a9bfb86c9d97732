//! Everything that can prevent a token. Each message says in one line what failed and the cause; its
//! fix is in [`fix`].
//!
//! A variant takes plain facts, such as names and texts. No variant has a secret in it, or text of a
//! server that has not been through [`crate::base::text::printable`].
//!
//! - [`classify`]: which variant an error of the SDK is
//! - [`causes`]: what an error of the SDK says, made readable
//! - [`code`]: the code of each variant
//! - [`echo`]: what others say, without our secrets
//! - [`fix`]: the one table of fixes
//! - [`host`]: the host that a message is about

pub(super) mod causes;
pub(super) mod classify;
mod code;
pub(super) mod echo;
pub(super) mod fix;
mod host;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::base::text::{capitalised, nearest};
use crate::code::Code;
use crate::endpoint::Domain;
use crate::settings::IdentityOrigin;
pub use fix::Help;
pub(super) use fix::KeySource;
pub(super) use host::Host;

/// A failure of the AWS side. Its text says what failed and the cause; [`AwsError::help`] has the fix.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AwsError {
    #[error("No AWS credentials found for {domain}.{missing}")]
    NoCredentials {
        domain: Box<Domain>,
        /// What a report about the failure adds.
        details: String,
        /// Sentences about missing files that variables name, each after a blank.
        missing: String,
        choice: Option<Choice>,
    },
    #[error(
        "No AWS credentials found for {domain}: the EC2 instance metadata returned none ({reason})."
    )]
    NoInstanceRole { domain: Box<Domain>, reason: String, choice: Option<Choice> },
    #[error("The IAM Identity Center session of profile `{profile}` has expired.")]
    SsoExpired { profile: String },
    #[error(
        "The IAM Identity Center session of profile `{profile}` has expired, and the sign-in that was \
         requested {} was not completed.",
        how_long_ago(*.ago)
    )]
    SsoDeclined { profile: String, ago: Duration },
    #[error("The sign-in of profile `{profile}` failed: {detail}.")]
    SsoSignInFailed { profile: String, detail: String },
    #[error("The sign-in of profile `{profile}` cannot be saved in `{}` ({detail}).", path.display())]
    SsoNotKept { profile: String, path: PathBuf, detail: String },
    #[error("The sign-in in `{}` cannot be deleted ({detail}).", path.display())]
    SignInStays { path: PathBuf, detail: String },
    #[error("IAM Identity Center refused the role of profile `{profile}` ({message}).")]
    SsoRoleRefused { profile: String, message: String },
    #[error("Profile `{name}` does not exist ({known}).")]
    NoSuchProfile { name: String, known: String },
    #[error(
        "The shared config file has no sso-session `{name}` with its start URL and region ({known})."
    )]
    NoSuchSession { name: String, known: String },
    #[error(
        "Profile `{profile}` does not use IAM Identity Center: `sso_session` or `sso_start_url` is \
         missing or incomplete."
    )]
    NotBySso {
        profile: String,
        /// The profile that signs in with `aws login`, if one does.
        login: Option<String>,
    },
    #[error("The `aws login` session of profile `{profile}` has expired.")]
    LoginExpired { profile: String },
    #[error("{variable} names profile `{name}`, which does not exist ({known}).")]
    UnknownProfile { variable: &'static str, name: String, known: String, likely: Option<String> },
    #[error("{variable} is not valid Unicode, so the AWS identity is unknown.")]
    NotUnicode { variable: &'static str },
    #[error("{variable} is set, but {missing} is empty or not set.")]
    HalfKey { variable: &'static str, missing: &'static str },
    #[error("Invalid AWS region `{value}`, from {origin}.")]
    NoRegion { value: String, origin: String },
    #[error("{} {known}.", capitalised(format!("{whose}{names}")))]
    NoSuchProfiles {
        whose: String,
        /// "profiles `a`, `b`".
        names: String,
        first: String,
        /// "do not exist (…)".
        known: String,
        likely: Option<Box<str>>,
        chosen_by: IdentityOrigin,
    },
    #[error("Profile `{profile}` requires an MFA code (`mfa_serial`), which NuGet cannot ask for.")]
    NeedsMfa { profile: String },
    #[error("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not.")]
    NoRoleArn,
    #[error("Profile `{name}` cannot be used: {detail}.")]
    BrokenProfile { name: String, detail: String, files: String },
    #[error("A shared config or credentials file cannot be used: {detail}.")]
    Files {
        detail: String,
        /// A whole sentence.
        fix: String,
    },
    #[error("No AWS credentials from {label}: {}.", detail.trim_end_matches('.'))]
    SourceFailed { label: String, detail: String, check: String },
    #[error("{} returned no AWS credentials within {} s.", capitalised(label), .limit.as_secs())]
    SourceHung { label: String, limit: Duration, check: String },
    #[error("{}", reason.text(label, code))]
    KeysRefused {
        label: String,
        code: String,
        reason: KeyDefect,
        keys: Box<KeySource>,
        /// The command that shows which identity AWS sees.
        check: String,
    },
    #[error("AWS refused a request of {label} ({code}): this machine's clock is {skew}.")]
    ClockWrong { label: String, code: String, skew: String },
    #[error("AWS denied `codeartifact:GetAuthorizationToken` to {}.", denial.text())]
    MayNotGetToken { denial: Box<Denial> },
    #[error("AWS denied `sts:GetServiceBearerToken` to {}.", denial.text())]
    MayNotGetBearerToken { denial: Box<Denial> },
    #[error("Domain `{}` does not exist in account {}, {}.", .0.name, .0.owner, .0.region)]
    DomainNotFound(Domain),
    #[error("AWS throttled the request{} ({code}).", if again_at.is_some() { "" } else { " and its retries" })]
    Throttled { code: String, again_at: Option<SystemTime> },
    #[error("AWS rejected a parameter of the request: {}.", message.trim_end_matches('.'))]
    Invalid { message: String },
    #[error("AWS returned `{code}` (HTTP {status}): {}.", message.trim_end_matches('.'))]
    Refused { code: String, status: u16, message: String, again_at: Option<SystemTime> },
    /// The hint names the system's own proxy if there is one: see [`super::route`].
    #[error("The host name {host} cannot be resolved.{}", host.set_by())]
    NameNotResolved { host: Host, hint: String },
    #[error("The TLS connection to {host} is not trusted: {detail}.{}", host.reached_by())]
    Tls { host: Host, detail: String },
    #[error("The TLS connection to {host} is not trusted: {detail}.")]
    SourceTls { host: Host, detail: String },
    #[error("{host} does not speak TLS.{}", host.reached_by())]
    NotTls { host: Host },
    #[error("{host} offers only TLS versions before 1.2, as no host of AWS does.{}", host.reached_by())]
    OldTls { host: Host },
    #[error("The proxy `{proxy}` does not connect to `{host}`: {detail}.")]
    Proxy { proxy: String, host: String, detail: String, settings: String },
    #[error("The proxy `{proxy}` rejected the user name or password (HTTP 407).")]
    ProxyPassword { proxy: String, setting: String },
    #[error("The proxy `{proxy}` accepts only {schemes}, which is not supported.")]
    ProxySignIn { proxy: String, schemes: String },
    #[error("The proxy `{proxy}` does not speak TLS.")]
    ProxyNotTls { proxy: String, setting: String },
    #[error("The proxy `{proxy}` did not connect to `{host}` within {} s.", .limit.as_secs())]
    ProxySilent { proxy: String, host: String, limit: Duration, settings: String },
    #[error("No connection to {host}: {detail}.{}", host.set_by())]
    NotConnected { host: Host, detail: String, hint: String },
    #[error("The connection to {host} failed: {detail}.{}", host.reached_by())]
    BrokenOff { host: Host, detail: String },
    #[error("No response from {host} within {} s.{}", .limit.as_secs(), host.set_by())]
    TimedOut { host: Host, limit: Duration },
    #[error("Unexpected response from {host} ({detail}).{}", host.reached_by())]
    Nonsense { host: Host, detail: String },
    /// An outage, or a page of something else. It says nothing of the sign-in or the role.
    #[error("Unexpected response from {host} ({service}, {detail}).{}", host.reached_by())]
    NotAsExpected { service: &'static str, detail: String, host: Host },
    #[error("Unexpected response from {host} (HTTP {status}, not from AWS).{}", host.reached_by())]
    Unavailable { host: Host, status: u16, again_at: Option<SystemTime> },
    /// A limit of this machine, not of AWS.
    #[error("This process has reached a limit of the system: {what}.")]
    Scarce { what: &'static str },
    #[error("{host} redirects to `{location}` (HTTP {status}), as AWS never does.{}", host.reached_by())]
    Redirected { host: Host, status: u16, location: String },
    #[error("{} `{}` cannot be used: {why}.", capitalised(setting), path.display())]
    CaBundle { setting: String, path: PathBuf, why: String },
    #[error("{}.", capitalised(detail))]
    Trust { detail: String },
    #[error("{} is not the URL of an HTTP proxy.", capitalised(setting))]
    ProxyUrl { setting: String, variable: Option<&'static str> },
    #[error(
        "{} names a proxy with `{scheme}`; only `http` and `https` are supported.",
        capitalised(setting)
    )]
    ProxyScheme { setting: String, scheme: String, variable: Option<&'static str> },
    #[error("The user name or password in {setting} is not valid UTF-8, so it is not sent.")]
    ProxyCredentials { setting: String },
    #[error(
        "The user name or password in {setting} contains `%`, which NuGet sends unchanged and other \
         programs decode, so it is not sent."
    )]
    ProxyEscape { setting: String },
    #[error("The API endpoint {host} uses plain http and is not on this machine.{}", host.set_by())]
    PlainHttp { host: Host },
    #[error("{} is not a URL.", setting.as_deref().map_or("The API endpoint".to_owned(), capitalised))]
    EndpointUrl { setting: Option<String> },
    #[error("{} {why} and cannot be sent to AWS.", capitalised(name))]
    Unsendable {
        /// For people: "`aws_access_key_id` of profile `dev`".
        name: String,
        why: &'static str,
    },
    #[error(
        "{what} belongs to the partition `{theirs}`, but the source's domain to `{ours}` ({region}). \
         Nothing was sent."
    )]
    OtherPartition { what: String, theirs: &'static str, ours: &'static str, region: String },
    #[error("The settings of the API endpoint conflict: {detail}.")]
    EndpointConflict { detail: String },
}

/// A profile that may be meant if no credentials are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub profile: String,
    /// Whether its credentials would be of the domain's account.
    pub is_of_account: bool,
}

/// AWS's statement that an identity may not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// For people: "profile `dev`".
    pub(super) label: String,
    pub(super) message: String,
    pub(super) source: KeySource,
}

impl Denial {
    /// Who is denied it, and why. AWS's message has both, with ARNs that repeat the rest of ours.
    fn text(&self) -> String {
        let Self { label, message, .. } = self;
        let parts = message.strip_prefix("User: ").and_then(|rest| {
            let (arn, rest) = rest.split_once(" is not authorized to perform: ")?;
            let reason =
                rest.split_once(" because ").map(|(_, reason)| format!("because {reason}"));
            let explicit = rest.split_once(" with an explicit deny");
            let explicit = explicit.map(|(_, rest)| format!("by an explicit deny{rest}"));
            Some((arn, reason.or(explicit).unwrap_or_default()))
        });
        match parts {
            Some((arn, reason)) if reason.is_empty() => format!("`{arn}`"),
            Some((arn, reason)) => format!("`{arn}` {}", reason.trim_end_matches('.')),
            None => format!("{label} ({message})"),
        }
    }
}

/// What is wrong with AWS credentials that AWS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDefect {
    Expired,
    Unknown,
    Wrong,
}

impl KeyDefect {
    fn text(self, label: &str, code: &str) -> String {
        match self {
            Self::Expired => format!("The AWS credentials of {label} have expired ({code})."),
            Self::Unknown => format!("AWS does not know the access key of {label} ({code})."),
            Self::Wrong => format!(
                "AWS rejected the signature of {label} ({code}): the secret key or this machine's \
                 clock is wrong."
            ),
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

impl AwsError {
    /// The line without what another program or a metadata service said, for a report that others may
    /// read. None if the line has nothing of it.
    pub fn without_quotation(&self) -> Option<String> {
        match self {
            Self::SourceFailed { label, .. } => {
                Some(format!("No AWS credentials from {label} (its message is left out here)."))
            }
            Self::NoInstanceRole { domain, .. } => Some(format!(
                "No AWS credentials found for {domain}: the EC2 instance metadata returned none (its \
                 message is left out here)."
            )),
            _ => None,
        }
    }

    /// The same for an instance whose metadata service answered and gave no credentials.
    pub(super) fn with_instance_reason(self, reason: String) -> Self {
        match self {
            Self::NoCredentials { domain, choice, .. } => {
                Self::NoInstanceRole { domain, reason, choice }
            }
            other => other,
        }
    }

    /// What a report about the failure adds to the line: the places that were searched.
    pub fn details(&self) -> Option<&str> {
        match self {
            Self::NoCredentials { details, .. } => Some(details),
            _ => None,
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
        let files = if files.is_empty() {
            "the shared config and credentials files".to_owned()
        } else {
            files.join(" or ")
        };
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
        let likely = nearest(&first, known.names.iter().copied()).map(Box::from);
        let verb = if names.len() == 1 { "does" } else { "do" };
        let known = format!("{verb} not exist ({known})");
        let noun = if names.len() == 1 { "profile" } else { "profiles" };
        let names = format!("{noun} `{}`", names.join("`, `"));
        Self::NoSuchProfiles { whose, names, first, known, likely, chosen_by }
    }

    /// `looked_at` are the sources of credentials and `variables` the `AWS_…` variables that this
    /// process has; `fitting` are the profiles of the domain's account.
    pub(super) fn no_credentials(
        domain: &Domain,
        looked_at: &[&str],
        variables: &[String],
        fitting: &[&str],
        known: &KnownProfiles<'_>,
    ) -> Self {
        let variables = match variables {
            [] => "no AWS_ variables".to_owned(),
            _ => variables.join(", "),
        };
        let details =
            format!("Looked at: {}. Set in this process: {variables}.", looked_at.join(", "));
        // If no profile fits, only the single existing one can be meant. `default` is used without
        // being chosen.
        let choice = match (fitting.first(), &*known.names) {
            (Some(first), _) => Some((*first, true)),
            (None, [only]) if *only != "default" => Some((*only, false)),
            (None, _) => None,
        };
        let choice =
            choice.map(|(name, is_of_account)| Choice { profile: name.to_owned(), is_of_account });
        let missing = known.missing.iter().flat_map(|missing| [" ", missing, "."]).collect();
        Self::NoCredentials { domain: Box::new(domain.clone()), details, missing, choice }
    }
}

/// The existing profiles, for a message about one that does not exist.
pub(super) struct KnownProfiles<'a> {
    pub names: Vec<&'a str>,
    /// The missing files that variables name.
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
            1 => write!(formatter, "the only profile is `{}`", self.names.join("")),
            2..=12 => write!(formatter, "existing profiles: `{}`", self.names.join("`, `")),
            count => write!(formatter, "{count} others exist"),
        }?;
        formatter.write_str(&self.missing())
    }
}

fn how_long_ago(time: Duration) -> String {
    match time.as_secs() / 60 {
        0 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes => format!("{minutes} minutes ago"),
    }
}
