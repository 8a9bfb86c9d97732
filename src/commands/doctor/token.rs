//! Whether AWS issues a token, and how the source responds to it.
#![expect(clippy::disallowed_methods, reason = "the edge: it is asked now")]

use std::time::{Duration, SystemTime};

use super::finding::Finding;
use super::fix::{self, quoted};
use super::nuget::Nuget;
use super::sources::Examined;
use crate::aws::{Help, SourceAnswer};
use crate::base::environment::Environment;
use crate::base::time;
use crate::base::time::in_words;
use crate::base::url::{UrlParts, is_loopback, without_query};
use crate::code::Coded;
use crate::commands::source::problem;
use crate::endpoint::{Domain, Partition, RepositoryEndpoint, SERVICE_PRINCIPAL};
use crate::provider::{AskError, Asked, Need, Provider, ProviderError, Served, TokenOrigin};
use crate::settings::{PROFILE, SettingsError};

/// Requests the token of every source's domain, and then the source with it. A host that did not
/// answer is not called again, because each attempt takes as long as the time limit.
pub async fn check(nuget: &Nuget<'_>, provider: &Provider, examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut silent: Vec<&str> = Vec::new();
    for one in examined {
        // All sources of a region use one API, and all sources of a domain one host.
        let (region, origin) = (&*one.endpoint.domain.region, &*one.endpoint.origin);
        if silent.contains(&region) || silent.contains(&origin) {
            let what = format!("{} was not asked: nobody answered for another one", one.shown());
            findings.push(Finding::skipped("source-answer", what));
            continue;
        }
        match provider.token(&one.resolved, &Need::Any, None).await {
            Ok(served) => findings.push(of_token(&served, one, SystemTime::now())),
            Err(error) => {
                silent.extend(is_silence(&error).then_some(region));
                findings.push(failed(&error, one, nuget.environment));
                continue;
            }
        }
        match provider.ask_source(&one.url, &one.resolved).await {
            Ok(Asked { answer, label }) => {
                findings.push(answered(one, answer, &label));
                findings.extend(answer.date.and_then(|date| clock(date, SystemTime::now())));
            }
            Err(error) => {
                let (AskError::NoToken(cause) | AskError::NoResponse(cause)) = &error;
                silent.extend(is_silence(cause).then_some(origin));
                let what = format!("{}: {error}", one.shown());
                let finding = failed(cause, one, nuget.environment);
                findings.push(Finding { check: "source-answer", what, ..finding });
            }
        }
    }
    findings
}

fn is_silence(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Aws(error) if error.is_silence())
}

/// The checks with `--offline`.
pub fn skipped(examined: &[Examined]) -> Option<Finding> {
    let what = "neither AWS nor any source was asked (`--offline`)";
    (!examined.is_empty()).then(|| Finding::skipped("token", what))
}

fn of_token(served: &Served, one: &Examined, now: SystemTime) -> Finding {
    let from = match served.origin {
        TokenOrigin::Provided => "there is a given token",
        TokenOrigin::Cache => "there is a cached token",
        TokenOrigin::Fetched => "AWS gave a token",
    };
    let until = served.expiration.map(|time| format!(", until {}", time::utc(time)));
    let until = until.unwrap_or_default();
    let what = format!("{from} for {}: that of {}{until}", one.endpoint.domain, served.label);
    match served.expiration.and_then(|end| implausible_end(end, now)) {
        Some(why) => {
            let what = format!("{what}, which {why} by this machine's clock");
            Finding::failure("clock", what).with_fix(fix::set_clock())
        }
        None => Finding::pass("token", what),
    }
}

/// AWS issues tokens for twelve hours at most. Five minutes more are the usual error of a clock.
fn implausible_end(end: SystemTime, now: SystemTime) -> Option<String> {
    const LONGEST: Duration = Duration::from_mins(12 * 60 + 5);
    match end.duration_since(now) {
        Ok(left) if left <= LONGEST => None,
        Ok(left) => {
            Some(format!("is {} away, and more than the 12 h that a token lives", in_words(left)))
        }
        Err(error) => Some(format!("was {} ago", in_words(error.duration()))),
    }
}

/// The line that a restore would show, under the name of its check, with a command if one helps.
pub fn failed(error: &ProviderError, one: &Examined, environment: &Environment) -> Finding {
    let what = error.to_string();
    match error {
        ProviderError::Settings(SettingsError::Variable { name, .. }) => {
            Finding::failure("settings", what).with_fix(fix::unset(name))
        }
        ProviderError::Settings(_) => {
            Finding::failure("settings", what).with_fix("nuget-plugin-codeartifact configure list")
        }
        ProviderError::Aws(error) => {
            let (check, help) = error.help();
            let withheld = error.without_quotation();
            let finding = Finding { withheld, ..Finding::failure(check, what) };
            with_help(finding, help, one, environment)
        }
        _ => {
            let finding = Finding::failure("token", what);
            match error.fix() {
                Some(fix) => finding.with_advice(fix),
                None => finding,
            }
        }
    }
}

fn with_help(
    finding: Finding,
    help: Help<'_>,
    one: &Examined,
    environment: &Environment,
) -> Finding {
    match help {
        Help::Nothing => finding,
        Help::DefaultProfile(_) if environment.path(PROFILE).is_some() => {
            finding.with_fix(fix::unset(PROFILE))
        }
        Help::ExplainSource(_) => finding.with_fix(explain(&one.url)),
        Help::MakeWritable(path) => {
            // The file `~/.aws/sso/cache/….json`.
            let mut above = path.ancestors().skip(1);
            let (folder, home) = (above.next().unwrap_or(path), above.nth(2));
            fix::make_usable(finding, folder, home)
        }
        Help::AllowToken(_) => finding.with_advice(in_policy(&may_get_token(&one.endpoint.domain))),
        Help::AllowBearerToken(_) => finding.with_advice(in_policy(&may_get_bearer_token())),
        Help::See(_, command) => finding.with_advice(format!("see what `{command}` says")),
        Help::AskHost(_, host) => {
            // Plain http is only ever used to this machine. The output of curl contains no proxy's
            // password.
            let scheme = if is_loopback(UrlParts::strict(host).host()) { "http" } else { "https" };
            let url = quoted(&format!("{scheme}://{host}/"));
            finding.with_advice(format!("see what `curl -sSI {url}` says"))
        }
        help => match (help.command(), help.sentence()) {
            (Some(command), _) => finding.with_fix(command),
            (None, Some(sentence)) => finding.with_advice(sentence),
            (None, None) => finding,
        },
    }
}

fn in_policy(statement: &str) -> String {
    format!("add to the identity's IAM policy: {statement}")
}

/// Shows the origin of each setting of the source. The query may be a secret, so it is left out.
fn explain(url: &str) -> String {
    format!("nuget-plugin-codeartifact explain {}", quoted(without_query(url)))
}

/// A statement for the identity's policy.
fn may_get_token(domain: &Domain) -> String {
    let arn = arn(domain, &format!("domain/{}", domain.name));
    format!(
        r#"{{"Effect":"Allow","Action":"codeartifact:GetAuthorizationToken","Resource":"{arn}"}}"#
    )
}

fn may_get_bearer_token() -> String {
    format!(
        r#"{{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":{{"StringEquals":{{"sts:AWSServiceName":"{SERVICE_PRINCIPAL}"}}}}}}"#
    )
}

fn may_read(domain: &Domain, repository: &str) -> String {
    let arn = arn(domain, &format!("repository/{}/{repository}", domain.name));
    format!(r#"{{"Effect":"Allow","Action":"codeartifact:ReadFromRepository","Resource":"{arn}"}}"#)
}

fn arn(domain: &Domain, resource: &str) -> String {
    let Domain { owner, region, .. } = domain;
    let partition = Partition::of(region).arn;
    format!("arn:{partition}:codeartifact:{region}:{owner}:{resource}")
}

fn answered(one: &Examined, answer: SourceAnswer, label: &str) -> Finding {
    let (check, shown) = ("source-answer", one.shown());
    let RepositoryEndpoint { domain, repository, .. } = &one.endpoint;
    let Some(problem) = problem(answer, &one.endpoint, label) else {
        return Finding::pass(check, format!("{shown} answers to the token of {label}"));
    };
    let finding = Finding::failure(check, format!("{shown}: {problem}"));
    match answer.status {
        200..=399 => finding.with_fix(format!("curl -v {}", quoted(without_query(&one.url)))),
        401 => finding.with_fix(explain(&one.url)),
        403 => finding.with_advice(in_policy(&may_read(domain, repository))),
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

/// None if this machine's clock is right.
fn clock(theirs: SystemTime, ours: SystemTime) -> Option<Finding> {
    let skew = time::skew(theirs, ours)?;
    let what = format!("this machine's clock is {skew}; AWS refuses signatures by such a clock");
    Some(Finding::failure("clock", what).with_fix(fix::set_clock()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(region: &str) -> Domain {
        Domain { name: "d".into(), owner: "111122223333".into(), region: region.into() }
    }

    #[test]
    fn statements_are_of_the_regions_partition() {
        assert_eq!(
            may_get_token(&domain("eu-west-1")),
            r#"{"Effect":"Allow","Action":"codeartifact:GetAuthorizationToken","Resource":"arn:aws:codeartifact:eu-west-1:111122223333:domain/d"}"#
        );
        let read = may_read(&domain("cn-north-1"), "r");
        assert!(read.contains("arn:aws-cn:codeartifact:cn-north-1:111122223333:repository/d/r"));
        for (region, partition) in [("eusc-de-east-1", "aws-eusc"), ("us-isob-east-1", "aws-iso-b")]
        {
            let arn = format!("arn:{partition}:codeartifact:{region}:111122223333:domain/d");
            assert!(may_get_token(&domain(region)).contains(&arn));
        }
        let bearer: serde_json::Value = serde_json::from_str(&may_get_bearer_token()).unwrap();
        assert_eq!(bearer["Action"], "sts:GetServiceBearerToken");
    }
}
