//! The fix of each failure: the only table of them. A message ends with it, and `doctor` shows it.

use std::borrow::Cow;
use std::path::Path;
use std::time::SystemTime;

use super::{AwsError, Choice, KeyDefect};
use crate::base::invocation;
use crate::base::runtime_environment::RuntimeEnvironment;
use crate::base::shell;
use crate::base::time;
use crate::endpoint::{Domain, SERVICE_PRINCIPAL};
use crate::settings::IdentityOrigin;

/// What fixes a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Help<'a> {
    /// The message says everything.
    Nothing,
    /// What a command of this program does, and its words.
    Run(Cow<'static, str>, Vec<&'a str>),
    /// What another command does, and the command, ready for a shell.
    RunOther(&'static str, String),
    SetVariable(&'a str, &'a str),
    UnsetVariable(&'a str),
    SetClock,
    /// Export the credentials of this profile into the shell, which can ask for an MFA code.
    ExportCredentials(&'a str),
    /// Correct the default profile of the settings. The one that was probably meant, if one was.
    DefaultProfile(Option<&'a str>),
    /// See where the settings for the source come from. A sentence for a message about no source.
    ExplainSource(String),
    /// Give this user back the file and its folder.
    MakeWritable(&'a Path),
    /// Allow `codeartifact:GetAuthorizationToken` for the domain, in whose policy.
    AllowToken(&'static str),
    /// Allow `sts:GetServiceBearerToken`, in whose policy.
    AllowBearerToken(&'static str),
    /// What a command shows: the same failure without the plugin. The command is ready for a shell.
    See(&'static str, String),
    /// A sentence, and a host, with or without a port, to request without the plugin.
    AskHost(String, &'a str),
    /// A sentence about what no command does.
    Advice(Cow<'static, str>),
}

impl Help<'_> {
    /// The end of a message: a sentence, or a text that ends with a command.
    pub fn sentence(&self) -> Option<String> {
        let lead = match self {
            Self::Nothing => return None,
            Self::Run(lead, _) => lead,
            Self::RunOther(lead, _) | Self::See(lead, _) => *lead,
            Self::SetVariable(..) => "Set it",
            Self::UnsetVariable(_) => "Correct it, or remove it",
            Self::SetClock => "Set the clock",
            Self::ExportCredentials(_) => {
                "Export its credentials, with the code, before the restore"
            }
            Self::DefaultProfile(Some(_)) => "Correct the configured profile",
            Self::DefaultProfile(None) => "Correct the configured profile, as listed by",
            Self::MakeWritable(_) => {
                return Some("Make the file and its folder writable.".to_owned());
            }
            Self::AllowToken(policy) => {
                return Some(format!(
                    "Allow it in {policy} and, for another account's domain, in the domain's policy."
                ));
            }
            Self::AllowBearerToken(policy) => {
                return Some(format!(
                    "Allow it in {policy} with the condition `sts:AWSServiceName` = \
                     `{SERVICE_PRINCIPAL}`."
                ));
            }
            Self::ExplainSource(sentence) | Self::AskHost(sentence, _) => {
                return Some(sentence.clone());
            }
            Self::Advice(sentence) => return Some(sentence.clone().into_owned()),
        };
        let command = self.command().unwrap_or_default();
        Some(format!("{lead}: {command}"))
    }

    /// The command of the fix, ready for a shell.
    pub fn command(&self) -> Option<String> {
        Some(match self {
            Self::Run(_, words) => invocation::command(words.iter().copied()),
            Self::RunOther(_, command) | Self::See(_, command) => command.clone(),
            Self::SetVariable(name, value) => shell::set(name, value),
            Self::UnsetVariable(name) => shell::unset(name),
            Self::SetClock => shell::set_clock().to_owned(),
            Self::ExportCredentials(profile) => shell::export_credentials(profile),
            Self::DefaultProfile(Some(name)) => {
                invocation::command(["configure", "set", "profile", name])
            }
            Self::DefaultProfile(None) => invocation::command(["configure", "list"]),
            _ => return None,
        })
    }
}

fn advise(sentence: impl Into<Cow<'static, str>>) -> Help<'static> {
    Help::Advice(sentence.into())
}

/// Where AWS credentials are from, as far as their fix depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The environment's access key. The profile that this process uses otherwise, if it exists.
    Environment {
        profile: Option<String>,
    },
    /// A profile's access key.
    Profile(String),
    /// A profile's `credential_process`.
    Process(String),
    Container,
    Instance,
    WebIdentity,
    /// A sign-in, or a role that a profile or a rule names.
    Other,
}

impl KeySource {
    /// Whose policy allows what these credentials may do.
    fn policy(&self, place: RuntimeEnvironment) -> &'static str {
        match (self, place) {
            (Self::Container, RuntimeEnvironment::CodeBuild) => {
                "the policy of the project's service role"
            }
            (Self::Container, RuntimeEnvironment::Kubernetes) => {
                "the policy of the pod's role (EKS Pod Identity)"
            }
            (Self::Container, RuntimeEnvironment::Ecs) => "the policy of the task role",
            (Self::Container, _) => "the policy of the container's role",
            (Self::Instance, _) => "the policy of the instance's role",
            (Self::WebIdentity, RuntimeEnvironment::Kubernetes) => {
                "the policy of the service account's role"
            }
            (Self::WebIdentity | Self::Environment { .. }, place) if place.is_ci() => {
                "the policy of the job's role"
            }
            _ => "the identity's policy",
        }
    }

    /// What renews expired credentials.
    fn renewal(&self, place: RuntimeEnvironment) -> Help<'_> {
        match (self, place) {
            (Self::Environment { .. }, RuntimeEnvironment::GitHubActions { .. }) => advise(
                "Run aws-actions/configure-aws-credentials again right before the restore, or \
                     with a longer `role-duration-seconds`.",
            ),
            (Self::Environment { .. }, place) if place.is_ci() => {
                advise("Request new ones in the job right before the restore.")
            }
            (Self::Environment { profile: Some(profile) }, _) => {
                Help::RunOther("Renew them", shell::export_credentials(profile))
            }
            (Self::Environment { profile: None }, _) => Help::RunOther(
                "Export new ones, or remove them",
                shell::unset_all(&[
                    "AWS_ACCESS_KEY_ID",
                    "AWS_SECRET_ACCESS_KEY",
                    "AWS_SESSION_TOKEN",
                ]),
            ),
            (Self::Profile(profile), _) => Help::RunOther(
                "Write new keys to the credentials file, or set up a sign-in",
                format!("aws configure sso --profile {}", shell::quoted(profile)),
            ),
            (Self::Process(profile), _) => Help::See(
                "Renew what its `credential_process` uses, and see what it prints",
                format!("aws configure export-credentials --profile {}", shell::quoted(profile)),
            ),
            (Self::Container | Self::Instance, _) => advise(
                "They are renewed by themselves: try again, and restart the container or the \
                 metadata service if that does not help.",
            ),
            (Self::WebIdentity | Self::Other, _) => advise("Renew them and try again."),
        }
    }
}

/// How a job or a container without a user gets AWS credentials. None where a user can sign in.
fn role(place: RuntimeEnvironment) -> Option<&'static str> {
    Some(match place {
        RuntimeEnvironment::GitHubActions { has_id_token: true } => {
            "Add the step aws-actions/configure-aws-credentials before the restore."
        }
        RuntimeEnvironment::GitHubActions { has_id_token: false } => {
            "Add `permissions: id-token: write` to the job, and the step \
             aws-actions/configure-aws-credentials before the restore."
        }
        RuntimeEnvironment::GitLab => {
            "Add `id_tokens` to the job, write the token to a file, and set AWS_ROLE_ARN and \
             AWS_WEB_IDENTITY_TOKEN_FILE."
        }
        RuntimeEnvironment::CodeBuild => {
            "Give the project a service role; in `docker build` or `docker run` pass \
             AWS_CONTAINER_CREDENTIALS_RELATIVE_URI on."
        }
        RuntimeEnvironment::OtherCi => {
            "Give the job a role, for example with AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE."
        }
        RuntimeEnvironment::Ecs => "Give the task definition a task role (`taskRoleArn`).",
        RuntimeEnvironment::Kubernetes => {
            "Give the pod's service account a role, with EKS Pod Identity or IAM roles for service \
             accounts."
        }
        RuntimeEnvironment::DevContainer
        | RuntimeEnvironment::Menu
        | RuntimeEnvironment::Terminal => return None,
    })
}

/// What gives credentials to a process that has none.
fn credentials(choice: Option<&Choice>, place: RuntimeEnvironment) -> Help<'_> {
    if let Some(Choice { profile, is_of_account }) = choice {
        return match (role(place), is_of_account) {
            (Some(_), true) => advise(format!(
                "Profile `{profile}` belongs to this account: set AWS_PROFILE to it."
            )),
            (Some(role), false) => advise(role),
            (None, _) => {
                let belongs = if *is_of_account {
                    format!("Profile `{profile}` belongs to this account; to use it")
                } else {
                    format!("To use profile `{profile}`")
                };
                Help::Run(Cow::Owned(belongs), vec!["configure", "set", "profile", profile])
            }
        };
    }
    match (role(place), place) {
        (Some(role), _) => advise(role),
        (None, RuntimeEnvironment::DevContainer) => Help::RunOther(
            "Mount `~/.aws` of the host into the container, or set up a sign-in",
            "aws configure sso".to_owned(),
        ),
        (None, RuntimeEnvironment::Menu) => Help::RunOther(
            "A program started from a menu does not see a shell's variables. Set up a sign-in",
            "aws configure sso".to_owned(),
        ),
        (None, _) => Help::RunOther("Set up a sign-in", "aws configure sso".to_owned()),
    }
}

/// What starts a session of a profile again.
fn sign_in<'a>(lead: &'static str, profile: &'a str, place: RuntimeEnvironment) -> Help<'a> {
    match role(place) {
        Some(role) => advise(format!("Nobody can sign in here. {role}")),
        None => Help::Run(Cow::Borrowed(lead), vec!["login", "--profile", profile]),
    }
}

impl AwsError {
    /// The subject of the failure, in kebab case, and its fix.
    pub fn help(&self) -> (&'static str, Help<'_>) {
        self.help_in(RuntimeEnvironment::here())
    }

    fn help_in(&self, place: RuntimeEnvironment) -> (&'static str, Help<'_>) {
        match self {
            Self::SsoExpired { profile } | Self::SsoDeclined { profile, .. } => {
                ("sso-session", sign_in("Sign in", profile, place))
            }
            Self::SsoSignInFailed { profile, .. } => {
                ("sso-session", sign_in("Try again", profile, place))
            }
            Self::SsoNotKept { path, .. } => ("sso-session", Help::MakeWritable(path)),
            Self::SignInStays { path, .. } => {
                let command = shell::remove_file(path);
                ("sso-session", Help::RunOther("Delete the file", command))
            }
            Self::LoginExpired { profile } => (
                "sso-session",
                match role(place) {
                    Some(_) => sign_in("", profile, place),
                    None => of_profile("Sign in", "aws login", profile),
                },
            ),
            Self::NotBySso { profile, login } => (
                "credentials",
                match login {
                    Some(login) => of_profile("It signs in with", "aws login", login),
                    None => of_profile(
                        "Name another profile with --profile, or set this one up",
                        "aws configure sso",
                        profile,
                    ),
                },
            ),
            Self::NoSuchSession { .. } => (
                "credentials",
                Help::RunOther(
                    "Name another one, or create it",
                    "aws configure sso-session".into(),
                ),
            ),
            Self::NoCredentials { choice, .. } => {
                ("credentials", credentials(choice.as_ref(), place))
            }
            Self::NoInstanceRole { choice: Some(choice), .. } if choice.is_of_account => {
                ("credentials", credentials(Some(choice), place))
            }
            Self::NoInstanceRole { .. } => {
                let role = role(place).unwrap_or("Attach an IAM role to the instance.");
                ("credentials", advise(role))
            }
            Self::SsoRoleRefused { profile, .. } => (
                "credentials",
                of_profile(
                    "Ask for access to the role, or choose another one",
                    "aws configure sso",
                    profile,
                ),
            ),
            Self::KeysRefused { reason: KeyDefect::Expired, keys, .. } => {
                ("credentials", keys.renewal(place))
            }
            other => other.help_with_profile(place),
        }
    }

    /// The rows for profiles and for other settings that name credentials.
    fn help_with_profile(&self, place: RuntimeEnvironment) -> (&'static str, Help<'_>) {
        let help = match self {
            Self::NoSuchProfiles { chosen_by: IdentityOrigin::Default, likely, .. } => {
                Help::DefaultProfile(likely.as_deref())
            }
            Self::NoSuchProfiles { .. } => Help::Run(
                Cow::Borrowed("Correct the rule, or create the profile; to see the rules"),
                vec!["configure", "list"],
            ),
            Self::UnknownProfile { variable, likely: Some(name), .. } => {
                Help::SetVariable(variable, name)
            }
            Self::UnknownProfile { variable, likely: None, .. } | Self::NotUnicode { variable } => {
                Help::UnsetVariable(variable)
            }
            Self::HalfKey { variable, .. } => {
                Help::RunOther("Set both, or unset both", shell::unset(variable))
            }
            Self::NoRoleArn => Help::RunOther(
                "Set it to the role to assume, or unset both",
                shell::unset("AWS_WEB_IDENTITY_TOKEN_FILE"),
            ),
            Self::NeedsMfa { profile } => Help::ExportCredentials(profile),
            Self::NoSuchProfile { .. } => Help::See(
                "Choose another one with --profile, as listed by",
                "aws configure list-profiles".to_owned(),
            ),
            Self::SourceFailed { check, .. } => {
                Help::See("See the failure without the plugin", check.clone())
            }
            Self::SourceHung { check, .. } => Help::See("See what it waits for", check.clone()),
            Self::KeysRefused { reason: KeyDefect::Unknown, check, .. } => {
                Help::See("Check the key, its partition and AWS_SESSION_TOKEN with", check.clone())
            }
            Self::KeysRefused { check, .. } => {
                Help::See("Check the secret key and the clock with", check.clone())
            }
            Self::BrokenProfile { files, .. } => advise(format!("Correct it in {files}.")),
            Self::Files { fix, .. } => advise(fix.clone()),
            Self::NoRegion { .. } => advise("Correct it to a region such as us-east-1."),
            Self::Unsendable { .. } => advise("Correct it."),
            Self::OtherPartition { ours, .. } => {
                advise(format!("Choose a profile of `{ours}` for this source."))
            }
            other => return other.help_with_request(place),
        };
        ("credentials", help)
    }

    /// The rows for responses of AWS.
    fn help_with_request(&self, place: RuntimeEnvironment) -> (&'static str, Help<'_>) {
        match self {
            Self::MayNotGetToken { denial } => {
                ("permission", Help::AllowToken(denial.source.policy(place)))
            }
            Self::MayNotGetBearerToken { denial } => {
                ("permission", Help::AllowBearerToken(denial.source.policy(place)))
            }
            Self::DomainNotFound(Domain { region, .. }) => {
                let command = format!("aws codeartifact list-domains --region {region}");
                (
                    "domain",
                    Help::See(
                        "Check the source's URL; the account's domains are listed by",
                        command,
                    ),
                )
            }
            Self::ClockWrong { .. } => ("clock", Help::SetClock),
            Self::Throttled { again_at, .. } => {
                ("token", try_again(*again_at, "Wait a minute and try again."))
            }
            Self::Refused { again_at, .. } => ("token", try_again(*again_at, "Try again.")),
            Self::Invalid { .. } => {
                ("token", advise("Check the source's URL and `duration_seconds`."))
            }
            other => other.help_with_network(),
        }
    }

    /// The rows for the network.
    fn help_with_network(&self) -> (&'static str, Help<'_>) {
        match self {
            Self::NameNotResolved { host, hint } => {
                let checked = host.checked("the network, VPN, DNS and the region");
                ("dns", Help::AskHost(format!("Check {checked}.{hint}"), &host.name))
            }
            Self::NotConnected { host, hint, .. } => {
                let checked = host.checked("the network, HTTPS_PROXY and NO_PROXY");
                ("network", Help::AskHost(format!("Check {checked}.{hint}"), &host.name))
            }
            Self::BrokenOff { host, .. } => {
                let checked = host.checked("the proxies and firewalls on the way to it");
                ("network", Help::AskHost(format!("Try again, and check {checked}."), &host.name))
            }
            Self::TimedOut { host, .. } => {
                let checked = host.checked("the network");
                ("network", Help::AskHost(format!("Check {checked}, and try again."), &host.name))
            }
            Self::OldTls { host } | Self::Nonsense { host, .. } => {
                let checked = host.setting_or("the proxies and firewalls on the way to it");
                ("network", Help::AskHost(format!("Check {checked}."), &host.name))
            }
            Self::NotAsExpected { host, .. } => {
                let checked = host.setting_or("the proxies and firewalls on the way to it");
                (
                    "network",
                    Help::AskHost(format!("Try again later, and check {checked}."), &host.name),
                )
            }
            Self::Unavailable { host, again_at, .. } => {
                let checked = host.setting_or("the proxies and firewalls on the way to it");
                let when = match again_at {
                    Some(at) => format!("Try again after {}, and check", time::utc(*at)),
                    None => "Try again later, and check".to_owned(),
                };
                ("network", Help::AskHost(format!("{when} {checked}."), &host.name))
            }
            Self::Redirected { host, .. } => {
                let checked = host.setting_or("the proxy");
                let sentence = format!(
                    "If the network has a sign-in page, sign in there with a browser; else check {checked}."
                );
                ("network", Help::AskHost(sentence, &host.name))
            }
            other => other.help_with_endpoint(),
        }
    }

    /// The rows for API endpoints.
    fn help_with_endpoint(&self) -> (&'static str, Help<'_>) {
        match self {
            Self::NotTls { host } => {
                let checked = host.setting_or("AWS_ENDPOINT_URL and HTTPS_PROXY");
                ("endpoint", Help::ExplainSource(format!("Check {checked}.")))
            }
            Self::PlainHttp { host } => {
                let setting = host.setting_or("AWS_ENDPOINT_URL or the profile's `endpoint_url`");
                ("endpoint", Help::ExplainSource(format!("Set {setting} to an https URL.")))
            }
            Self::EndpointUrl { .. } => {
                ("endpoint", Help::ExplainSource("Set it to `https://…`, or unset it.".to_owned()))
            }
            Self::EndpointConflict { .. } => (
                "endpoint",
                Help::ExplainSource(
                    "Unset AWS_ENDPOINT_URL, or AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, \
                     and the same settings of the profile."
                        .to_owned(),
                ),
            ),
            other => other.help_with_trust(),
        }
    }

    /// The rows for certificates.
    fn help_with_trust(&self) -> (&'static str, Help<'_>) {
        match self {
            Self::Tls { .. } => ("certificates", advise(TRUST_FOR_AWS)),
            Self::SourceTls { .. } => ("certificates", advise(TRUST_FOR_NUGET)),
            Self::CaBundle { setting, .. } if setting == "AWS_CA_BUNDLE" => {
                ("certificates", Help::UnsetVariable(setting))
            }
            Self::CaBundle { setting, .. } => {
                ("certificates", advise(format!("Correct or remove {setting}.")))
            }
            Self::Trust { .. } => (
                "certificates",
                advise(
                    "Install trusted certificates (`ca-certificates`), or set AWS_CA_BUNDLE to a PEM \
                     file.",
                ),
            ),
            other => other.help_with_proxy(),
        }
    }

    /// The rows for proxies.
    fn help_with_proxy(&self) -> (&'static str, Help<'_>) {
        match self {
            Self::Proxy { host, settings, .. } => {
                ("proxy", Help::AskHost(format!("Check {settings}."), host))
            }
            Self::ProxySilent { host, settings, .. } => (
                "proxy",
                Help::AskHost(format!("Check {settings}, and whether the proxy is running."), host),
            ),
            Self::ProxyUrl { variable: Some(name), .. } => {
                ("proxy", Help::SetVariable(name, "http://proxy.example:3128"))
            }
            Self::ProxyScheme { variable: Some(name), .. } => {
                ("proxy", Help::SetVariable(to_set(name), "http://proxy.example:3128"))
            }
            Self::ProxyUrl { .. } | Self::ProxyScheme { .. } => {
                ("proxy", advise("Write it as in `http://proxy.example:3128`."))
            }
            Self::ProxyCredentials { .. } => {
                ("proxy", advise("Write it percent-encoded, as UTF-8."))
            }
            Self::ProxyEscape { .. } => (
                "proxy",
                advise("Set https_proxy as well, with every special character percent-encoded."),
            ),
            Self::ProxyPassword { setting, .. } => (
                "proxy",
                advise(format!(
                    "Correct it in {setting}, with `%40` for `@`, `%3A` for `:` and `%25` for `%`."
                )),
            ),
            Self::ProxySignIn { .. } => (
                "proxy",
                advise(
                    "Use a local proxy that signs in there (px, cntlm), or exclude AWS in NO_PROXY.",
                ),
            ),
            Self::ProxyNotTls { setting, .. } => (
                "proxy",
                advise(format!("Write its URL with `http://` instead of `https://` in {setting}.")),
            ),
            _ => ("token", Help::Nothing),
        }
    }
}

const TRUST_FOR_AWS: &str = "Behind a proxy that inspects TLS, set AWS_CA_BUNDLE to its certificate (a \
                             PEM file), and let the system trust it for NuGet.";

const TRUST_FOR_NUGET: &str = if cfg!(target_os = "linux") {
    "NuGet trusts what the system trusts: add the certificate of the proxy that inspects TLS there, or \
     set SSL_CERT_FILE to a PEM file with it."
} else {
    "NuGet trusts what the system trusts: add the certificate of the proxy that inspects TLS there."
};

fn of_profile(lead: &'static str, command: &str, profile: &str) -> Help<'static> {
    Help::RunOther(lead, format!("{command} --profile {}", shell::quoted(profile)))
}

fn try_again(at: Option<SystemTime>, usual: &'static str) -> Help<'static> {
    advise(match at {
        Some(at) => Cow::Owned(format!("Try again after {}.", time::utc(at))),
        None => Cow::Borrowed(usual),
    })
}

/// The variable to set in place of this one: `https_proxy` goes before `HTTPS_PROXY`, which goes before
/// all others.
fn to_set(variable: &'static str) -> &'static str {
    if variable.eq_ignore_ascii_case("https_proxy") { variable } else { "HTTPS_PROXY" }
}

#[cfg(test)]
mod tests {
    use super::*;

    use RuntimeEnvironment as Place;

    const CI: [Place; 5] = [
        Place::GitHubActions { has_id_token: true },
        Place::GitHubActions { has_id_token: false },
        Place::GitLab,
        Place::CodeBuild,
        Place::OtherCi,
    ];
    const SERVICES: [Place; 2] = [Place::Ecs, Place::Kubernetes];
    const PEOPLE: [Place; 3] = [Place::DevContainer, Place::Menu, Place::Terminal];

    fn none(choice: Option<(&str, bool)>) -> AwsError {
        let domain = Domain { name: "d".into(), owner: "1".into(), region: "r".into() };
        let choice = choice
            .map(|(profile, is_of_account)| Choice { profile: profile.into(), is_of_account });
        let (details, missing) = (String::new(), String::new());
        AwsError::NoCredentials { domain: Box::new(domain), details, missing, choice }
    }

    fn sentence(error: &AwsError, place: Place) -> String {
        error.help_in(place).1.sentence().expect("a fix")
    }

    #[test]
    fn a_job_is_told_of_its_role_and_never_to_sign_in() {
        let expired = AwsError::SsoExpired { profile: "dev".into() };
        let login = AwsError::LoginExpired { profile: "dev".into() };
        for place in CI.into_iter().chain(SERVICES) {
            for error in [&none(None), &none(Some(("dev", false))), &expired, &login] {
                let fix = sentence(error, place);
                let is_for_people = ["login", "aws configure", "export", "codeartifact "];
                assert!(!is_for_people.iter().any(|it| fix.contains(it)), "{place:?}: {fix}");
                assert!(fix.ends_with(role(place).unwrap()), "{place:?}: {fix}");
            }
        }
        let words = [
            "step aws-actions/configure-aws-credentials",
            "`permissions: id-token: write`",
            "`id_tokens`",
            "service role",
            "AWS_ROLE_ARN",
        ];
        for (place, word) in CI.into_iter().zip(words) {
            assert!(sentence(&none(None), place).contains(word), "{place:?}");
        }
        assert!(sentence(&none(None), Place::Ecs).contains("task role"));
        assert!(sentence(&none(None), Place::Kubernetes).contains("service account"));
    }

    #[test]
    fn a_person_is_told_a_command_and_nothing_of_jobs() {
        let expired = AwsError::SsoExpired { profile: "my dev".into() };
        for place in PEOPLE {
            let fix = sentence(&none(Some(("dev", true))), place);
            assert_eq!(
                fix,
                "Profile `dev` belongs to this account; to use it: dotnet codeartifact configure \
                 set profile dev"
            );
            assert!(sentence(&none(None), place).ends_with(": aws configure sso"));
            let fix = sentence(&expired, place);
            let profile = shell::quoted("my dev");
            assert_eq!(fix, format!("Sign in: dotnet codeartifact login --profile {profile}"));
        }
    }

    #[test]
    fn expired_keys_get_what_renews_them_where_they_are_from() {
        let expired = |keys| AwsError::KeysRefused {
            label: "l".into(),
            code: "ExpiredToken".into(),
            reason: KeyDefect::Expired,
            keys: Box::new(keys),
            check: "aws sts get-caller-identity".into(),
        };
        let environment =
            |profile: Option<&str>| KeySource::Environment { profile: profile.map(str::to_owned) };
        for (keys, place, command) in [
            (
                environment(None),
                Place::Terminal,
                "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
            ),
            (
                environment(Some("dev")),
                Place::Terminal,
                "eval \"$(aws configure export-credentials --profile dev --format env)\"",
            ),
            (KeySource::Profile("dev".into()), Place::Terminal, "aws configure sso --profile dev"),
            (environment(None), CI[1], "aws-actions/configure-aws-credentials again"),
            (environment(Some("dev")), Place::GitLab, "in the job right before the restore"),
        ] {
            let fix = sentence(&expired(keys), place);
            assert!(cfg!(windows) || fix.contains(command), "{fix}");
            assert!(!fix.contains("get-caller-identity"), "{fix}");
        }
    }

    #[test]
    fn a_denied_permission_is_allowed_in_the_policy_of_the_role_in_use() {
        for (keys, place, whose) in [
            (KeySource::Container, Place::CodeBuild, "the project's service role"),
            (KeySource::Container, Place::Ecs, "the task role"),
            (KeySource::Container, Place::Kubernetes, "EKS Pod Identity"),
            (KeySource::WebIdentity, Place::Kubernetes, "the service account's role"),
            (KeySource::WebIdentity, Place::GitLab, "the job's role"),
            (KeySource::Instance, Place::Terminal, "the instance's role"),
            (KeySource::Profile("dev".into()), Place::Terminal, "the identity's policy"),
            (KeySource::Profile("dev".into()), Place::CodeBuild, "the identity's policy"),
        ] {
            let denial =
                super::super::Denial { label: "l".into(), message: "no".into(), source: keys };
            let fix = sentence(&AwsError::MayNotGetToken { denial: Box::new(denial) }, place);
            assert!(fix.contains(whose), "{place:?}: {fix}");
        }
    }
}
