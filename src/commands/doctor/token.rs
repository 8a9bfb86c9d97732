//! Whether AWS issues a token, and how the source responds to it.
#![expect(clippy::disallowed_methods, reason = "the edge: it is asked now")]

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime};

use super::concurrently;
use super::finding::Finding;
use super::fix::{self, quoted};
use super::nuget::Nuget;
use super::sources::Examined;
use crate::aws::{Help, SourceAnswer};
use crate::base::invocation::command;
use crate::base::time::{self, in_words};
use crate::base::url::{UrlParts, is_loopback, without_query};
use crate::code::{Code, Coded};
use crate::commands::source::problem;
use crate::endpoint::{Domain, Partition, RepositoryEndpoint, SERVICE_PRINCIPAL};
use crate::provider::{AskError, Asked, Need, Provider, ProviderError, Served, TokenOrigin};
use crate::settings::{PROFILE, SettingsError};

/// Requests the token of every source's domain, and then the source with it. A host that did not
/// respond is not called for the sources that come later, because each attempt takes as long as the
/// time limit.
pub async fn check(nuget: &Nuget<'_>, provider: &Provider, examined: &[Examined]) -> Vec<Finding> {
    let silent = RefCell::new(HashSet::new());
    let checks = examined.iter().map(|one| check_one(one, nuget, provider, &silent));
    concurrently::all(checks).await.into_iter().flatten().collect()
}

/// `silent` has the regions and the hosts that did not respond: all sources of a region use one API,
/// and all sources of a domain one host.
async fn check_one<'a>(
    one: &'a Examined,
    nuget: &Nuget<'_>,
    provider: &Provider,
    silent: &RefCell<HashSet<&'a str>>,
) -> Vec<Finding> {
    let (region, origin) = (&*one.endpoint.domain.region, &*one.endpoint.origin);
    let found = if silent.borrow().contains(region) || silent.borrow().contains(origin) {
        let what = "Not checked, because the host did not respond for another source.";
        vec![Finding::skipped("source-answer", what)]
    } else {
        match provider.token(&one.resolved, &Need::Any, None).await {
            Ok(served) => {
                let of_token = of_token(&served, one, SystemTime::now());
                let (response, is_silent) = of_source(&served, one, nuget, provider).await;
                silent.borrow_mut().extend(is_silent.then_some(origin));
                std::iter::once(of_token).chain(response).collect()
            }
            Err(error) => {
                silent.borrow_mut().extend(is_silence(&error).then_some(region));
                vec![failed(&error, one, nuget)]
            }
        }
    };
    found.into_iter().map(|finding| one.finding(finding)).collect()
}

/// The findings of the response to the token, and whether there was none.
async fn of_source(
    served: &Served,
    one: &Examined,
    nuget: &Nuget<'_>,
    provider: &Provider,
) -> (Vec<Finding>, bool) {
    let started = Instant::now();
    match provider.ask_source(&one.url, &one.resolved).await {
        Ok(Asked { answer, label }) => {
            let now = SystemTime::now();
            let left = served.expiration.and_then(|end| end.duration_since(now).ok());
            let response = Response { answer, label: &label, took: started.elapsed(), left };
            let mut findings = vec![answered(one, &response)];
            findings.extend(answer.date.and_then(|date| clock(date, now)));
            (findings, false)
        }
        Err(error) => {
            let (AskError::NoToken(cause) | AskError::NoResponse(cause)) = &error;
            let finding = failed(cause, one, nuget);
            let finding = match error {
                AskError::NoToken(_) => finding,
                AskError::NoResponse(_) => Finding { check: "source-answer", ..finding },
            };
            (vec![finding], is_silence(cause))
        }
    }
}

/// A source's response.
struct Response<'a> {
    answer: SourceAnswer,
    /// Whose token it is.
    label: &'a str,
    took: Duration,
    /// How long the token is valid, if that is known.
    left: Option<Duration>,
}

fn is_silence(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Aws(error) if error.is_silence())
}

/// The checks with `--offline`.
pub fn skipped(examined: &[Examined]) -> Option<Finding> {
    let what = "AWS and the sources were not contacted (`--offline`)";
    (!examined.is_empty()).then(|| Finding::skipped("token-skipped", what))
}

fn of_token(served: &Served, one: &Examined, now: SystemTime) -> Finding {
    let from = match served.origin {
        TokenOrigin::Provided => "provided token",
        TokenOrigin::Cache => "cached token",
        TokenOrigin::Fetched => "token of AWS",
    };
    let until = served.expiration.map(|time| format!(", valid until {}", time::utc(time)));
    let until = until.unwrap_or_default();
    let what = format!("There is a {from} of {} for {}{until}", served.label, one.endpoint.domain);
    match served.expiration.and_then(|end| implausible_end(end, now)) {
        Some(why) => {
            let what = format!("{what}, which {why} by the clock of this machine");
            fix::set_clock(Finding::failure("clock", what))
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
            Some(format!("is in {}, but tokens are valid for 12 h at most", in_words(left)))
        }
        Err(error) => Some(format!("was {} ago", in_words(error.duration()))),
    }
}

/// The message that a restore would show, with a command if one helps.
pub fn failed(error: &ProviderError, one: &Examined, nuget: &Nuget<'_>) -> Finding {
    let message = error.to_string();
    let finding = match error {
        ProviderError::Settings(SettingsError::Variable { name, .. }) => {
            Finding::failure("settings", message).with_fix(fix::unset(name))
        }
        ProviderError::Settings(_) => Finding::failure("settings", message),
        ProviderError::Aws(error) => {
            let (check, help) = error.help();
            let withheld = error.without_quotation();
            let message = [Some(&*message), error.details()].into_iter().flatten();
            let message = message.collect::<Vec<_>>().join(" ");
            let finding = Finding { withheld, ..Finding::failure(check, message) };
            with_help(finding, help, one, nuget)
        }
        _ => Finding::failure("token", message),
    };
    let finding = finding.with_code(error.code());
    match error.fix() {
        Some(fix) if finding.fix.is_none() && finding.advice.is_none() => finding.with_advice(fix),
        _ => finding,
    }
}

fn with_help(finding: Finding, help: Help<'_>, one: &Examined, nuget: &Nuget<'_>) -> Finding {
    match help {
        Help::Nothing => finding,
        Help::SetClock => fix::set_clock(finding),
        Help::DefaultProfile(_) if nuget.environment.path(PROFILE).is_some() => {
            finding.with_fix(fix::unset(PROFILE))
        }
        // A command that shows something does not fix it.
        Help::DefaultProfile(None) => match help.sentence() {
            Some(sentence) => finding.with_advice(sentence),
            None => finding,
        },
        Help::ExplainSource(_) => finding.with_advice(explain(&one.url)),
        Help::MakeWritable(path) => {
            // The file `~/.aws/sso/cache/….json`.
            let mut above = path.ancestors().skip(1);
            let (folder, home) = (above.next().unwrap_or(path), above.nth(2));
            fix::make_usable(finding, folder, home)
        }
        Help::AllowToken(_) => finding.with_advice(in_policy(&may_get_token(&one.endpoint.domain))),
        Help::AllowBearerToken(_) => finding.with_advice(in_policy(&may_get_bearer_token())),
        Help::See(lead, command) => finding.with_advice(format!("{lead}: {command}")),
        Help::AskHost(sentence, host) => {
            // Plain http is only ever used to this machine. The output of curl contains no proxy's
            // password.
            let scheme = if is_loopback(UrlParts::strict(host).host()) { "http" } else { "https" };
            let url = quoted(&format!("{scheme}://{host}/"));
            finding.with_advice(format!("{sentence} Show more: curl -sSI {url}"))
        }
        help => match (help.command(), help.sentence()) {
            (Some(command), _) => finding.with_fix(command),
            (None, Some(sentence)) => finding.with_advice(sentence),
            (None, None) => finding,
        },
    }
}

fn in_policy(statement: &str) -> String {
    format!("Add this statement to the identity's IAM policy: {statement}")
}

/// Shows the origin of each setting of the source. The query may be a secret, so it is left out.
fn explain(url: &str) -> String {
    let explain = command(["explain", without_query(url)]);
    format!("Show the settings and credentials of the source: {explain}")
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

fn answered(one: &Examined, response: &Response<'_>) -> Finding {
    let RepositoryEndpoint { domain, repository, .. } = &one.endpoint;
    let Response { answer, label, took, left } = response;
    let Some(problem) = problem(*answer, &one.endpoint, label) else {
        let left = left.map(|left| format!(", token valid for {}", in_words(left)));
        let what = format!(
            "HTTP {} in {} ms, {label}{}",
            answer.status,
            took.as_millis(),
            left.unwrap_or_default()
        );
        return Finding::pass("source-answer", what);
    };
    let finding = Finding::failure("source-answer", problem);
    match answer.status {
        200..=399 => {
            let url = quoted(without_query(&one.url));
            finding
                .with_code(Code::UnexpectedResponse)
                .with_advice(format!("Show more: curl -v {url}"))
        }
        401 => finding.with_advice(explain(&one.url)),
        403 => finding.with_advice(in_policy(&may_read(domain, repository))),
        404 => {
            let Domain { name, owner, region } = domain;
            finding.with_code(Code::RepositoryNotFound).with_advice(format!(
                "List the repositories: aws codeartifact list-repositories-in-domain --domain {name} \
                 --domain-owner {owner} --region {region}"
            ))
        }
        407 => finding.with_code(Code::ProxyPassword),
        429 => finding.with_code(Code::Throttled),
        _ => finding.with_code(Code::UnexpectedResponse),
    }
}

/// None if this machine's clock is right.
fn clock(theirs: SystemTime, ours: SystemTime) -> Option<Finding> {
    let skew = time::skew(theirs, ours)?;
    let what = format!("This machine's clock is {skew}, and AWS rejects its signatures");
    Some(fix::set_clock(Finding::failure("clock", what)))
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
