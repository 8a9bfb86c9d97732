//! Who would be asking for a token, where that comes from, and until when.
#![expect(clippy::disallowed_methods, reason = "the edge: it is looked now")]

use std::time::{Duration, SystemTime};

use super::context::Context;
use super::finding::Finding;
use super::remedy::quoted;
use super::sources::Examined;
use super::token::failed;
use crate::aws::{Aws, Identity, SignInState};
use crate::endpoint::RepositoryEndpoint;

const CHECK: &str = "identity";

pub async fn check(context: &Context<'_>, examined: &[Examined]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in examined {
        if let Some(place) = given(context, &one.endpoint).await {
            let what = format!("{} is served by the token of {place}", one.endpoint.domain);
            findings.push(Finding::pass(CHECK, what));
            continue;
        }
        match context.provider.identity(&one.endpoint).await {
            Ok(identity) => {
                findings.extend(of_identity(&one.endpoint.domain.to_string(), &identity));
            }
            Err(error) => findings.push(failed(&error, &one.endpoint.domain)),
        }
    }
    findings
}

/// Where a token stands that the user brought along, if one goes before any identity.
async fn given(context: &Context<'_>, endpoint: &RepositoryEndpoint) -> Option<String> {
    let given = context.provider.explain(endpoint).await.given.ok()?;
    given.into_iter().find(|given| given.serves).map(|given| given.place)
}

fn of_identity(domain: &str, identity: &Identity) -> Vec<Finding> {
    let label = &identity.label;
    let who = if identity.is_last_resort() {
        let what = format!("nothing here says who asks for {domain}, so that {label} is tried");
        Finding::warning(CHECK, what).with_fix("aws configure sso")
    } else {
        Finding::pass(CHECK, format!("{domain} is asked for by {label}"))
    };
    let mut findings = vec![who];
    findings.extend(identity.sign_in.as_ref().map(|session| {
        let now = SystemTime::now();
        let state = Aws::sign_in_state(session, now);
        sso(&session.profile, state, Aws::sign_in_end(session), now)
    }));
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

/// Hours and minutes.
pub fn in_words(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{} s", time.as_secs()),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
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
