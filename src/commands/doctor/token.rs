//! Whether AWS gives a token, and what the source says to it.
#![expect(clippy::disallowed_methods, reason = "the edge: it is asked now")]

use std::time::{Duration, SystemTime};

use super::context::Context;
use super::finding::{Finding, Outcome};
use super::remedy::{self, quoted};
use super::sources::Examined;
use crate::aws::{AwsError, SourceAnswer};
use crate::commands::source::problem;
use crate::commands::words::{in_words, without_secrets};
use crate::endpoint::{Domain, RepositoryEndpoint};
use crate::provider::{AskError, Asked, Need, Origin, ProviderError, Wanted};
use crate::time;

/// A signature is refused when the clock is wrong by more than five minutes.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// Asks AWS for the token of every source's domain, and the source with it.
pub async fn check(context: &Context<'_>, examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in examined {
        let token = token(context, one).await;
        let is_there = token.outcome == Outcome::Pass;
        findings.push(token);
        if is_there {
            findings.extend(source(context, one).await);
        }
    }
    findings
}

/// What is not asked without a network.
pub fn skipped(examined: &[Examined]) -> Vec<Finding> {
    let asked = "neither AWS nor any source was asked (`--offline`)";
    examined.iter().take(1).map(|_| Finding::skipped("token", asked)).collect()
}

async fn token(context: &Context<'_>, one: &Examined) -> Finding {
    let RepositoryEndpoint { domain, repository, host, .. } = &one.endpoint;
    let (repository, need) = (Some(repository.as_str()), &Need::Any);
    let wanted = Wanted { domain, repository, host: Some(*host), need, user: None };
    match context.provider.token(wanted).await {
        Ok(served) => {
            let from = match served.origin {
                Origin::Given => "there is a given token",
                Origin::Cache => "there is a cached token",
                Origin::Fetched => "AWS gave a token",
            };
            let until = served.expiration.map(|time| format!(", until {}", time::utc(time)));
            let until = until.unwrap_or_default();
            Finding::pass("token", format!("{from} for {domain}: that of {}{until}", served.label))
        }
        Err(error) => failed(&error, one),
    }
}

/// The line that a restore would show, filed under what is wrong, with a command where one helps.
pub fn failed(error: &ProviderError, one: &Examined) -> Finding {
    let (check, fix) = match error {
        ProviderError::Settings(_) => {
            ("settings", Some("nuget-plugin-codeartifact configure list".into()))
        }
        ProviderError::Aws(error) => (kind(error), fix(error, one)),
        _ => ("token", None),
    };
    let what = format!("no token for {}: {error}", one.endpoint.domain);
    Finding { fix, ..Finding::failure(check, what) }
}

fn kind(error: &AwsError) -> &'static str {
    match error {
        AwsError::SsoExpired { .. }
        | AwsError::SsoDeclined { .. }
        | AwsError::SsoSignInFailed { .. }
        | AwsError::SsoNotKept { .. }
        | AwsError::LoginExpired { .. } => "sso-session",
        AwsError::NoCredentials { .. }
        | AwsError::UnknownProfile { .. }
        | AwsError::NoSuchProfile { .. }
        | AwsError::NoSuchProfiles { .. }
        | AwsError::NeedsMfa { .. }
        | AwsError::NoRoleArn
        | AwsError::BrokenProfile { .. }
        | AwsError::Files { .. }
        | AwsError::SsoRoleRefused { .. }
        | AwsError::SourceFailed { .. }
        | AwsError::SourceHung { .. }
        | AwsError::KeysRefused { .. } => "credentials",
        AwsError::MayNotGetToken { .. } | AwsError::MayNotGetBearerToken { .. } => "permission",
        AwsError::DomainNotFound(_) => "domain",
        AwsError::CaBundle { .. } | AwsError::Trust { .. } | AwsError::Tls { .. } => "certificates",
        AwsError::Proxy { .. } | AwsError::ProxyUrl { .. } => "proxy",
        AwsError::NameNotResolved { .. } => "dns",
        AwsError::EmptyEndpoint { .. }
        | AwsError::PlainHttp { .. }
        | AwsError::EndpointUrl
        | AwsError::EndpointConflict { .. }
        | AwsError::NotTls { .. } => "endpoint",
        AwsError::NotConnected { .. }
        | AwsError::BrokenOff { .. }
        | AwsError::TimedOut { .. }
        | AwsError::Nonsense { .. } => "network",
        _ => "token",
    }
}

/// The command that mends it, or shows the same without the plugin.
fn fix(error: &AwsError, one: &Examined) -> Option<String> {
    let domain = &one.endpoint.domain;
    Some(match error {
        AwsError::SsoExpired { profile }
        | AwsError::SsoDeclined { profile, .. }
        | AwsError::SsoSignInFailed { profile, .. } => {
            format!("nuget-plugin-codeartifact login --profile {}", quoted(profile))
        }
        AwsError::SsoNotKept { path, .. } => remedy::make_usable(path.parent()?),
        AwsError::LoginExpired { profile } => format!("aws login --profile {}", quoted(profile)),
        AwsError::NoCredentials { .. } => "aws configure sso".to_owned(),
        AwsError::SsoRoleRefused { profile, .. }
        | AwsError::NoSuchProfiles { first: profile, .. } => {
            format!("aws configure sso --profile {}", quoted(profile))
        }
        AwsError::UnknownProfile { .. } => remedy::unset("AWS_PROFILE"),
        AwsError::NoSuchProfile { .. } => "aws configure list-profiles".to_owned(),
        AwsError::NoRoleArn => remedy::unset("AWS_WEB_IDENTITY_TOKEN_FILE"),
        AwsError::SourceFailed { check, .. }
        | AwsError::SourceHung { check, .. }
        | AwsError::KeysRefused { check, .. } => check.clone(),
        AwsError::MayNotGetToken { .. } => may_get_token(domain),
        AwsError::MayNotGetBearerToken { .. } => may_get_bearer_token(),
        AwsError::DomainNotFound(_) => {
            format!("aws codeartifact list-domains --region {}", domain.region)
        }
        AwsError::CaBundle { setting, .. } if setting == "AWS_CA_BUNDLE" => remedy::unset(setting),
        AwsError::Tls { .. } => {
            remedy::set("AWS_CA_BUNDLE", "<the proxy's certificate, a PEM file>")
        }
        AwsError::ProxyUrl { setting } if is_variable(setting) => remedy::unset(setting),
        AwsError::NameNotResolved { host, .. } => format!("nslookup {host}"),
        AwsError::EmptyEndpoint { variable } => remedy::unset(variable),
        AwsError::PlainHttp { .. }
        | AwsError::EndpointUrl
        | AwsError::EndpointConflict { .. }
        | AwsError::NotTls { .. } => explain(&one.url),
        AwsError::Proxy { host, .. }
        | AwsError::NotConnected { host, .. }
        | AwsError::BrokenOff { host, .. }
        | AwsError::TimedOut { host, .. }
        | AwsError::Nonsense { host, .. } => {
            format!("curl -v {}", quoted(&format!("https://{host}/")))
        }
        _ => return None,
    })
}

fn is_variable(setting: &str) -> bool {
    setting.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// What tells where each setting comes from.
fn explain(url: &str) -> String {
    format!("nuget-plugin-codeartifact explain {}", quoted(&without_secrets(url)))
}

/// A statement for the identity's policy.
fn may_get_token(domain: &Domain) -> String {
    let arn = arn(domain, &format!("domain/{}", domain.name));
    format!(
        r#"{{"Effect":"Allow","Action":"codeartifact:GetAuthorizationToken","Resource":"{arn}"}}"#
    )
}

fn may_get_bearer_token() -> String {
    r#"{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":{"StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"}}}"#.to_owned()
}

fn may_read(domain: &Domain, repository: &str) -> String {
    let arn = arn(domain, &format!("repository/{}/{repository}", domain.name));
    format!(r#"{{"Effect":"Allow","Action":"codeartifact:ReadFromRepository","Resource":"{arn}"}}"#)
}

fn arn(domain: &Domain, resource: &str) -> String {
    let Domain { owner, region, .. } = domain;
    let partition = match region.split_once('-').map(|(first, _)| first) {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:codeartifact:{region}:{owner}:{resource}")
}

/// The source's index, asked with the token.
async fn source(context: &Context<'_>, one: &Examined) -> Vec<Finding> {
    let check = "source-answer";
    match context.provider.ask_source(&one.url, &one.endpoint).await {
        Ok(Asked { answer, label }) => {
            let mut findings = vec![answered(one, answer, &label)];
            findings.extend(answer.date.and_then(|date| clock(date, SystemTime::now())));
            findings
        }
        Err(error) => {
            let (AskError::NoToken { error: cause, .. } | AskError::NoAnswer(cause)) = &error;
            let Finding { fix, .. } = failed(cause, one);
            let what = format!("{}: {error}", one.shown());
            vec![Finding { fix, ..Finding::failure(check, what) }]
        }
    }
}

fn answered(one: &Examined, answer: SourceAnswer, label: &str) -> Finding {
    let (check, shown) = ("source-answer", one.shown());
    let RepositoryEndpoint { domain, repository, .. } = &one.endpoint;
    let Some(problem) = problem(answer, &one.endpoint, label) else {
        return Finding::pass(check, format!("{shown} answers to the token of {label}"));
    };
    let finding = Finding::failure(check, format!("{shown}: {problem}"));
    match answer.status {
        200..=399 => finding.with_fix(format!("curl -v {}", quoted(&without_secrets(&one.url)))),
        401 => finding.with_fix(explain(&one.url)),
        403 => finding.with_fix(may_read(domain, repository)),
        404 => {
            let Domain { name, owner, region } = domain;
            finding.with_fix(format!(
                "aws codeartifact list-repositories-in-domain --domain {name} --domain-owner \
                 {owner} --region {region}"
            ))
        }
        _ => finding,
    }
}

/// None where this machine's clock is right.
fn clock(theirs: SystemTime, ours: SystemTime) -> Option<Finding> {
    let (skew, word) = match ours.duration_since(theirs) {
        Ok(skew) => (skew, "ahead"),
        Err(error) => (error.duration(), "behind"),
    };
    (skew > CLOCK_TOLERANCE).then(|| {
        let what = format!(
            "this machine's clock is {} {word}; AWS refuses signatures by such a clock",
            in_words(skew)
        );
        let fix = if cfg!(windows) { "w32tm /resync" } else { "sudo timedatectl set-ntp true" };
        Finding::failure("clock", what).with_fix(fix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(region: &str) -> Domain {
        Domain { name: "d".into(), owner: "111122223333".into(), region: region.into() }
    }

    #[test]
    fn a_clock_may_be_a_little_wrong() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
        assert!(clock(now, now + Duration::from_mins(5)).is_none());
        let ahead = clock(now, now + Duration::from_mins(12)).unwrap().what;
        assert!(ahead.starts_with("this machine's clock is 12 min ahead"), "{ahead}");
        let behind = clock(now + Duration::from_hours(2), now).unwrap().what;
        assert!(behind.starts_with("this machine's clock is 2 h 0 min behind"), "{behind}");
    }

    #[test]
    fn statements_are_of_the_regions_partition() {
        assert_eq!(
            may_get_token(&domain("eu-west-1")),
            r#"{"Effect":"Allow","Action":"codeartifact:GetAuthorizationToken","Resource":"arn:aws:codeartifact:eu-west-1:111122223333:domain/d"}"#
        );
        let read = may_read(&domain("cn-north-1"), "r");
        assert!(read.contains("arn:aws-cn:codeartifact:cn-north-1:111122223333:repository/d/r"));
        let bearer: serde_json::Value = serde_json::from_str(&may_get_bearer_token()).unwrap();
        assert_eq!(bearer["Action"], "sts:GetServiceBearerToken");
    }
}
