//! Whether AWS gives a token, and what the source says to it.
#![expect(clippy::disallowed_methods, reason = "the edge: it is asked now")]

use std::time::{Duration, SystemTime};

use super::context::Context;
use super::finding::{Finding, Outcome};
use super::identity::in_words;
use super::remedy::{self, quoted};
use super::sources::Examined;
use crate::aws::{AwsError, SourceAnswer};
use crate::commands::source::problem;
use crate::endpoint::{Domain, RepositoryEndpoint};
use crate::provider::{AskError, Asked, Need, Origin, ProviderError, Wanted};
use crate::time;

/// A signature is refused when the clock is wrong by more than five minutes.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// Asks AWS for the token of every source's domain, and the source with it.
pub async fn check(context: &Context<'_>, examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in examined {
        let token = token(context, &one.endpoint).await;
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

async fn token(context: &Context<'_>, endpoint: &RepositoryEndpoint) -> Finding {
    let RepositoryEndpoint { domain, repository, host, .. } = endpoint;
    let (repository, need) = (Some(repository.as_str()), &Need::Any);
    let wanted = Wanted { domain, repository, host: Some(*host), need, user: None, chosen: None };
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
        Err(error) => failed(&error, domain),
    }
}

/// The line that a restore would show, filed under what is wrong, with a command where one helps.
pub fn failed(error: &ProviderError, domain: &Domain) -> Finding {
    let (check, fix) = match error {
        ProviderError::Settings(_) => {
            ("settings", Some("nuget-plugin-codeartifact configure list".into()))
        }
        ProviderError::Aws(error) => of_aws(error, domain),
        _ => ("token", None),
    };
    let finding = Finding::failure(check, format!("no token for {domain}: {error}"));
    Finding { fix, ..finding }
}

fn of_aws(error: &AwsError, domain: &Domain) -> (&'static str, Option<String>) {
    let login = |profile: &str| {
        Some(format!("nuget-plugin-codeartifact login --profile {}", quoted(profile)))
    };
    match error {
        AwsError::SsoExpired { profile }
        | AwsError::SsoDeclined { profile, .. }
        | AwsError::SsoSignInFailed { profile, .. } => ("sso-session", login(profile)),
        AwsError::LoginExpired { profile } => {
            ("sso-session", Some(format!("aws login --profile {}", quoted(profile))))
        }
        AwsError::NoCredentials { .. } => ("credentials", Some("aws configure sso".to_owned())),
        AwsError::UnknownProfile { .. } => ("credentials", Some(remedy::unset("AWS_PROFILE"))),
        AwsError::SourceFailed { check, .. } | AwsError::SourceHung { check, .. } => {
            ("credentials", Some(check.clone()))
        }
        AwsError::KeysRefused { .. } => {
            ("credentials", Some("aws sts get-caller-identity".to_owned()))
        }
        AwsError::MayNotGetToken { .. } => ("permission", Some(may_get_token(domain))),
        AwsError::MayNotGetBearerToken { .. } => ("permission", Some(may_get_bearer_token())),
        AwsError::DomainNotFound(_) => {
            ("domain", Some(format!("aws codeartifact list-domains --region {}", domain.region)))
        }
        AwsError::CaBundle { setting, .. } if setting == "AWS_CA_BUNDLE" => {
            ("certificates", Some(remedy::unset(setting)))
        }
        AwsError::CaBundle { .. } | AwsError::Trust { .. } | AwsError::Tls { .. } => {
            ("certificates", None)
        }
        AwsError::Proxy { .. } | AwsError::ProxyUrl { .. } => ("proxy", None),
        AwsError::NameNotResolved { .. } => ("dns", None),
        AwsError::EmptyEndpoint { variable } => ("endpoint", Some(remedy::unset(variable))),
        AwsError::PlainHttp { .. } | AwsError::EndpointUrl | AwsError::NotTls { .. } => {
            ("endpoint", None)
        }
        AwsError::NotConnected { .. }
        | AwsError::BrokenOff { .. }
        | AwsError::TimedOut { .. }
        | AwsError::Nonsense { .. } => ("network", None),
        _ => ("token", None),
    }
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
            let Finding { fix, .. } = failed(cause, &one.endpoint.domain);
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
