//! Who would be asking for a token, where that comes from, and until when.
#![expect(clippy::disallowed_methods, reason = "the edge: it is looked now")]

use std::time::SystemTime;

use super::context::Context;
use super::finding::Finding;
use super::fix::{self, quoted};
use super::sources::Examined;
use super::token::failed;
use super::toolkit;
use crate::aws::{Identity, SignInState};
use crate::base::environment::Environment;
use crate::base::text::printable;
use crate::commands::format::in_words;
use crate::provider::{Connection, Explanation};

const CHECK: &str = "identity";

pub async fn check(context: &Context<'_>, examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told: Vec<(&Examined, Identity)> = Vec::new();
    for one in examined {
        let explanation = Box::pin(context.provider.explain(&one.endpoint)).await;
        findings.extend(unusable_given(&explanation));
        if let Some(place) = provided(&explanation) {
            let what = format!("{} is served by the token of {place}", one.endpoint.domain);
            findings.push(Finding::pass(CHECK, what));
            continue;
        }
        match (&context.provider.identity(&one.endpoint).await, &explanation.identity) {
            (Err(error), _) | (_, Some(Err(error))) => {
                findings.push(failed(error, one, context.environment));
            }
            (Ok(identity), _) => {
                findings.extend(of_identity(one, identity, &explanation, context.environment));
                told.push((one, identity.clone()));
            }
        }
    }
    findings.extend(half_keys(context).filter(|_| !examined.is_empty()));
    findings.extend(shared_hosts(&told));
    findings.extend(toolkit::check(context, &told));
    findings
}

/// Where a token stands that the user brought along, if one goes before any identity.
fn provided(explanation: &Explanation) -> Option<&str> {
    let provided = explanation.provided.as_ref().ok()?;
    provided.iter().find(|provided| provided.serves).map(|provided| &*provided.place)
}

/// What was brought along and is good for nothing.
fn unusable_given(explanation: &Explanation) -> Vec<Finding> {
    let provided = explanation.provided.iter().flatten();
    let unusable =
        provided.filter(|provided| provided.is_unusable && !provided.serves).map(|provided| {
            let what =
                printable(&format!("{} does not serve: {}", provided.place, provided.reason));
            let variable = provided.place.split(' ').next().unwrap_or_default();
            Finding::warning("given-token", what).with_fix(fix::unset(variable))
        });
    unusable.collect()
}

/// The AWS CLI stops at that; the plugin goes on to whatever comes next.
fn half_keys(context: &Context<'_>) -> Option<Finding> {
    let pair = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let is_set =
        pair.map(|name| context.environment.get(name).is_some_and(|value| !value.is_empty()));
    let (set, missing) = match is_set {
        [true, false] => (pair[0], pair[1]),
        [false, true] => (pair[1], pair[0]),
        _ => return None,
    };
    let what = format!("{set} is set and {missing} is not, so that it is passed over");
    Some(Finding::warning("credentials", what).with_fix(fix::unset(set)))
}

fn of_identity(
    one: &Examined,
    identity: &Identity,
    explanation: &Explanation,
    environment: &Environment,
) -> Vec<Finding> {
    let (label, domain) = (&identity.label, &one.endpoint.domain);
    let mut findings = Vec::new();
    findings.push(if identity.is_last_resort() {
        let what = format!("nothing here says who asks for {domain}, so that {label} is tried");
        Finding::warning(CHECK, what).with_fix("aws configure sso")
    } else {
        let origin = origin(identity, explanation);
        Finding::pass(CHECK, format!("{domain} is asked for by {label}{origin}"))
    });
    findings.extend(identity.sign_in.as_ref().map(|session| {
        let now = SystemTime::now();
        let state = session.state(now);
        sso(&session.profile, state, session.signed_in(now).map(|it| it.expires_at), now)
    }));
    findings.extend(explanation.connection.as_ref().map(|connection| match connection {
        Ok(connection) => of_way(connection),
        Err(error) => failed(error, one, environment),
    }));
    let entry = explanation.cache.as_ref().ok().and_then(|cache| cache.entry);
    findings.extend(entry.filter(|entry| entry.is_fresh).map(|entry| {
        let left = in_words(entry.left);
        Finding::pass(
            "cached-token",
            format!("a token for {domain} is in the cache, good for {left}"),
        )
    }));
    findings
}

/// What the credentials are, and what names them.
fn origin(identity: &Identity, explanation: &Explanation) -> String {
    let description = identity.description();
    let from =
        (description.from != description.label).then(|| format!("from {}", description.from));
    let settings = explanation.settings.as_ref().ok();
    let named = settings.and_then(|settings| settings.profile_origin.as_ref());
    let named = named
        .filter(|_| identity.profile_of_credentials().is_some())
        .map(|by| format!("named by {by}"));
    let parts: Vec<String> = from.into_iter().chain([description.kind]).chain(named).collect();
    format!(" ({})", parts.join(", "))
}

/// Where AWS is asked, and by what way.
fn of_way(connection: &Connection) -> Finding {
    let mut what: Vec<String> = Vec::new();
    for endpoint in &connection.endpoints {
        what.push(format!("{} at {}", endpoint.api.name(), printable(&endpoint.url)));
    }
    let proxy =
        connection.proxy.as_ref().map_or("without a proxy".to_owned(), |(proxy, setting)| {
            printable(&format!("through the proxy `{proxy}` ({setting})"))
        });
    let trusted =
        connection.ca_bundle.as_ref().map_or("the system's".to_owned(), |(path, setting)| {
            format!("those of `{}` ({setting})", path.display())
        });
    let what =
        format!("AWS is asked {proxy}: {}; trusted certificates: {trusted}", what.join(", "));
    Finding::pass("network", what)
}

/// NuGet remembers one password for a host, also where two identities have one each.
fn shared_hosts(told: &[(&Examined, Identity)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, (one, identity)) in told.iter().enumerate() {
        let is_other = |(other, theirs): &&(&Examined, Identity)| {
            other.endpoint.origin == one.endpoint.origin
                && other.endpoint.domain == one.endpoint.domain
                && theirs.selectors != identity.selectors
        };
        if let Some((other, theirs)) = told[at + 1..].iter().find(is_other) {
            let what = format!(
                "{} and {} are on one host, for which NuGet remembers one password, and are asked \
                 for by {} and {}: whichever comes first serves both until it is refused",
                one.shown(),
                other.shown(),
                identity.label,
                theirs.label
            );
            let fix = "give both one identity that may read all: `nuget-plugin-codeartifact configure list` shows the rules";
            findings.push(Finding::warning("source-shared-host", what).with_advice(fix));
        }
    }
    findings
}

fn sso(profile: &str, state: SignInState, end: Option<SystemTime>, now: SystemTime) -> Finding {
    let check = "sso-session";
    let login = format!("nuget-plugin-codeartifact login --profile {}", quoted(profile));
    let left = end.and_then(|end| end.duration_since(now).ok()).map(in_words).unwrap_or_default();
    match (state, end) {
        (SignInState::Good, _) => Finding::pass(
            check,
            format!("the SSO session of profile `{profile}` is good for {left}"),
        ),
        (SignInState::AboutToExpire, _) => {
            let what = format!("the SSO session of profile `{profile}` expires in {left}");
            Finding::warning(check, what).with_fix(login)
        }
        (SignInState::Expired, Some(_)) => {
            let what = format!(
                "the SSO session of profile `{profile}` has expired; it is renewed silently where it \
                 can be"
            );
            Finding::warning(check, what).with_fix(login)
        }
        (SignInState::Expired, None) => {
            let what = format!("nobody is signed in to the SSO session of profile `{profile}`");
            Finding::failure(check, what).with_fix(login)
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
        assert!(good.what.ends_with("is good for 1 h 5 min"), "{}", good.what);
        assert_eq!(of(SignInState::AboutToExpire, later).outcome, Outcome::Warning);
        assert_eq!(of(SignInState::Expired, Some(now)).outcome, Outcome::Warning);
        let never = of(SignInState::Expired, None);
        assert_eq!(never.outcome, Outcome::Failure);
        assert_eq!(never.fix.as_deref(), Some("nuget-plugin-codeartifact login --profile dev"));
    }
}
