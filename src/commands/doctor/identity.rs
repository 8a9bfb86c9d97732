//! The identity that would request a token, its origin, and when its sign-in expires.
#![expect(clippy::disallowed_methods, reason = "the edge: the sign-in is looked at now")]

use std::collections::HashMap;
use std::time::SystemTime;

use super::concurrently;
use super::finding::Finding;
use super::fix;
use super::nuget::Nuget;
use super::other_plugins;
use super::sources::Examined;
use super::token::failed;
use crate::aws::{Identity, SignInState};
use crate::base::invocation::command;
use crate::base::text::printable;
use crate::base::time::in_words;
use crate::base::url::redacted;
use crate::code::Code;
use crate::provider::{Connection, Provider};

const CHECK: &str = "identity";

pub async fn check(nuget: &Nuget<'_>, provider: &Provider, examined: &[Examined]) -> Vec<Finding> {
    let checks = examined.iter().map(|one| check_one(one, nuget, provider));
    let mut findings = Vec::new();
    let mut identities: Vec<(&Examined, &Identity)> = Vec::new();
    for (one, (found, identity)) in examined.iter().zip(concurrently::all(checks).await) {
        findings.extend(found.into_iter().map(|finding| one.finding(finding)));
        identities.extend(identity.map(|identity| (one, identity)));
    }
    if !examined.is_empty() {
        findings.extend(half_keys(nuget));
    }
    findings.extend(shared_hosts(&identities));
    findings.extend(other_plugins::aws_toolkit(nuget, &identities));
    findings
}

/// The findings about one source, and who requests its token, unless the token was provided.
async fn check_one<'a>(
    one: &'a Examined,
    nuget: &Nuget<'_>,
    provider: &'a Provider,
) -> (Vec<Finding>, Option<&'a Identity>) {
    let mut findings = Vec::new();
    let tokens = provider.provided_reports(&one.resolved).unwrap_or_default();
    for token in tokens.iter().filter(|token| token.is_unusable && !token.serves) {
        let what = printable(&format!("{} is ignored: {}", token.place, token.reason));
        let variable = token.place.split(' ').next().unwrap_or_default();
        findings.push(Finding::warning("given-token", what).with_fix(fix::unset(variable)));
    }
    if let Some(token) = tokens.iter().find(|token| token.serves) {
        let what = format!("The token of {} is used for {}", token.place, one.endpoint.domain);
        findings.push(Finding::pass(CHECK, what));
        return (findings, None);
    }
    match provider.caller(&one.resolved).await {
        Ok(caller) => {
            findings.extend(of_identity(one, &caller.identity, nuget, provider).await);
            (findings, Some(&caller.identity))
        }
        Err(error) => {
            findings.push(failed(&error, one, nuget));
            (findings, None)
        }
    }
}

async fn of_identity(
    one: &Examined,
    identity: &Identity,
    nuget: &Nuget<'_>,
    provider: &Provider,
) -> Vec<Finding> {
    let (label, domain) = (&identity.label, &one.endpoint.domain);
    let mut findings = Vec::new();
    findings.push(if identity.is_last_resort() {
        let what = format!("No AWS credentials are configured for {domain}, so {label} is tried");
        Finding::warning(CHECK, what).with_advice("Set up a profile: aws configure sso")
    } else {
        let origin = origin(one, identity, provider);
        Finding::pass(CHECK, format!("Tokens for {domain} are requested with {label} ({origin})"))
    });
    for (variable, what) in identity.missing_files() {
        let finding = Finding::warning("credentials", printable(&what));
        findings.push(finding.with_fix(fix::unset(variable)));
    }
    if let Some(session) = &identity.sign_in {
        let now = SystemTime::now();
        let end = session.signed_in(now).map(|signed_in| signed_in.expires_at);
        findings.push(sso(&session.profile, session.state(now), end, now));
    }
    findings.push(match provider.connection(&one.resolved).await {
        Ok(connection) => network(connection),
        Err(error) => failed(&error, one, nuget),
    });
    let cached = provider.cache_report(&one.resolved).await.ok().and_then(|cache| cache.entry);
    if let Some(entry) = cached.filter(|entry| entry.is_fresh) {
        let left = in_words(entry.left);
        let what = format!("A token for {domain} is in the cache, valid for {left}");
        findings.push(Finding::pass("cached-token", what));
    }
    findings
}

/// The kind of credentials, and the setting that names their profile.
fn origin(one: &Examined, identity: &Identity, provider: &Provider) -> String {
    let description = identity.description();
    let mut parts = Vec::new();
    if description.from != description.label {
        parts.push(format!("from {}", description.from));
    }
    parts.push(description.kind);
    if identity.profile_of_credentials().is_some()
        && let Ok(settings) = &one.resolved.settings
        && let Some(origin) = provider.profile_origin(settings)
    {
        parts.push(format!("named by {origin}"));
    }
    parts.join(", ")
}

/// Where requests to AWS go, and through which proxy.
fn network(connection: &Connection) -> Finding {
    let mut apis = Vec::new();
    for endpoint in &connection.endpoints {
        apis.push(format!("{} at {}", endpoint.api.name(), printable(&redacted(&endpoint.url))));
    }
    let proxy = match &connection.proxy {
        Some((proxy, setting)) => printable(&format!("through proxy `{proxy}` ({setting})")),
        None => "directly".to_owned(),
    };
    let trusted = match &connection.ca_bundle {
        Some((path, setting)) => format!("those of `{}` ({setting})", path.display()),
        None => "the system's".to_owned(),
    };
    let apis = apis.join(", ");
    let what = format!("Connection to AWS {proxy}: {apis}; trusted certificates: {trusted}");
    Finding::pass("network", what)
}

/// Without a key id, the AWS CLI and this plugin continue with the next source of credentials. A key
/// id without its secret is an error.
fn half_keys(nuget: &Nuget<'_>) -> Option<Finding> {
    let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let is_set = |name| nuget.environment.get(name).is_some();
    if is_set(id) || !is_set(secret) {
        return None;
    }
    let what = format!("{secret} is set and {id} is not, so it is ignored");
    let finding = Finding::warning("credentials", what).with_code(Code::IncompleteKey);
    Some(finding.with_fix(fix::unset(secret)))
}

/// NuGet remembers one password for each host, even if two sources there need different identities.
fn shared_hosts(identities: &[(&Examined, &Identity)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The place of the next source of another identity, by host and domain, from the last one on.
    let mut others: Vec<Option<usize>> = vec![None; identities.len()];
    let mut next: HashMap<(&str, String), usize> = HashMap::new();
    for (at, (one, identity)) in identities.iter().enumerate().rev() {
        let group = (one.endpoint.origin.as_str(), one.endpoint.domain.to_string());
        if let Some(after) = next.insert(group, at) {
            let is_same = identities[after].1.selectors == identity.selectors;
            others[at] = if is_same { others[after] } else { Some(after) };
        }
    }
    for ((one, identity), other) in identities.iter().zip(others) {
        let other = other.map(|at| &identities[at]);
        if let Some((other, theirs)) = other {
            let what = format!(
                "{} and {} are on one host, for which NuGet remembers one password, and their tokens \
                 are requested with {} and {}: NuGet uses the first for both until it is refused",
                one.shown(),
                other.shown(),
                identity.label,
                theirs.label
            );
            let advice = format!(
                "Use one profile that can read both. Show the rules: {}",
                command(["configure", "list"])
            );
            findings.push(Finding::warning("source-shared-host", what).with_advice(advice));
        }
    }
    findings
}

fn sso(profile: &str, state: SignInState, end: Option<SystemTime>, now: SystemTime) -> Finding {
    let check = "sso-session";
    let login = command(["login", "--profile", profile]);
    let left = end.and_then(|end| end.duration_since(now).ok()).map(in_words).unwrap_or_default();
    let session = format!("The IAM Identity Center session of profile `{profile}`");
    match (state, end) {
        (SignInState::Good, _) => Finding::pass(check, format!("{session} is valid for {left}")),
        (SignInState::AboutToExpire, _) => {
            Finding::warning(check, format!("{session} expires in {left}")).with_fix(login)
        }
        (SignInState::Expired, Some(_)) => {
            let what = format!("{session} has expired. It is renewed automatically if possible");
            Finding::warning(check, what).with_fix(login)
        }
        (SignInState::Expired, None) => {
            Finding::failure(check, format!("{session} has expired")).with_fix(login)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::finding::Outcome;
    use super::*;

    #[test]
    fn a_session_is_good_about_to_end_over_or_was_never_there() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
        let later = Some(now + Duration::from_mins(65));
        let of = |state, end| sso("dev", state, end, now);
        let good = of(SignInState::Good, later);
        assert_eq!((good.outcome, good.fix), (Outcome::Pass, None));
        assert!(good.message.ends_with("is valid for 1 h 5 min"), "{}", good.message);
        assert_eq!(of(SignInState::AboutToExpire, later).outcome, Outcome::Warning);
        assert_eq!(of(SignInState::Expired, Some(now)).outcome, Outcome::Warning);
        let never = of(SignInState::Expired, None);
        assert_eq!(never.outcome, Outcome::Failure);
        assert_eq!(never.fix.as_deref(), Some("dotnet codeartifact login --profile dev"));
    }
}
