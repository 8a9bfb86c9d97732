//! The explanation as JSON. Names and values stay as they are.

use serde_json::{Value, json};

use crate::commands::SCHEMA;
use crate::commands::configure::policy_values;
use crate::commands::format::without_secrets;
use crate::endpoint::RepositoryEndpoint;
use crate::provider::{
    CacheReport, Explanation, IdentityReport, ProvidedReport, ProviderError, SettingsReport,
};
use crate::settings::{RuleOutcome, RuleReason};

/// Of a URL that no token is for.
pub fn of_foreign(url: &str, problem: &str) -> Value {
    json!({ "schema": SCHEMA, "url": without_secrets(url), "endpoint": null, "problem": problem })
}

/// Of a repository's URL. What cannot be told is null, or an object with `problem`.
pub fn of(
    url: &str,
    endpoint: &RepositoryEndpoint,
    explanation: &Explanation,
    problem: Option<&str>,
) -> Value {
    let RepositoryEndpoint { domain, repository, .. } = endpoint;
    let settings = explanation.settings.as_ref().ok();
    let connection = explanation.connection.as_ref();
    json!({
        "schema": SCHEMA,
        "url": without_secrets(url),
        "problem": problem,
        "endpoint": {
            "form": endpoint.form(),
            "domain": domain.name,
            "domain_owner": domain.owner,
            "region": domain.region,
            "repository": repository,
        },
        "rule": settings.and_then(holding_rule),
        "rules": settings.map(|it| it.rules.iter().map(rule).collect::<Vec<_>>()),
        "policy": settings.map(policy),
        "duration": settings.and_then(duration),
        "given": or_problem(Some(&explanation.provided), |all| all.iter().map(provided).collect()),
        "identity": or_problem(explanation.identity.as_ref(), |it| identity(it, settings)),
        "way": or_problem(connection, |connection| json!({
            "endpoints": connection.endpoints.iter().map(|endpoint| json!({
                "api": endpoint.api.name(), "url": endpoint.url, "origin": endpoint.origin,
            })).collect::<Vec<_>>(),
            "proxy": connection.proxy.as_ref().map(|(name, origin)| {
                json!({ "name": name, "origin": origin })
            }),
            "ca_bundle": connection.ca_bundle.as_ref().map(|(path, origin)| {
                json!({ "path": path.to_string_lossy(), "origin": origin })
            }),
        })),
        "cache": or_problem(Some(&explanation.cache), cache),
        "interactive": interactive(explanation),
        "notes": settings.map(|settings| &settings.shadows),
    })
}

fn or_problem<T>(
    told: Option<&Result<T, ProviderError>>,
    report: impl FnOnce(&T) -> Value,
) -> Value {
    match told {
        None => Value::Null,
        Some(Ok(told)) => report(told),
        Some(Err(error)) => json!({ "problem": error.to_string() }),
    }
}

fn holding_rule(settings: &SettingsReport) -> Option<usize> {
    settings.rules.iter().find(|rule| rule.matches()).map(|rule| rule.number)
}

fn rule(reason: &RuleReason) -> Value {
    let (outcome, mismatch) = match &reason.outcome {
        RuleOutcome::Matches => ("matches", None),
        RuleOutcome::NotTried => ("not tried", None),
        RuleOutcome::Mismatch(mismatch) => ("passed over", Some(mismatch)),
    };
    json!({
        "number": reason.number,
        "file": reason.file.to_string_lossy(),
        "outcome": outcome,
        "misfit": mismatch.map(|mismatch| json!({
            "key": mismatch.key, "patterns": mismatch.patterns, "value": mismatch.value,
        })),
    })
}

fn policy(settings: &SettingsReport) -> Value {
    settings.policy.iter().flat_map(policy_values).map(|holding| json!(holding)).collect()
}

fn duration(settings: &SettingsReport) -> Option<Value> {
    let duration = &settings.effective.as_ref()?.duration;
    Some(json!({
        "seconds": duration.value.seconds(),
        "origin": duration.origin.to_string(),
        "bounded_from": duration.bounded_by.as_ref().map(|bound| bound.wanted.seconds()),
    }))
}

fn provided(provided: &ProvidedReport) -> Value {
    json!({ "place": provided.place, "serves": provided.serves, "reason": provided.reason })
}

fn identity(identity: &IdentityReport, settings: Option<&SettingsReport>) -> Value {
    let IdentityReport { description, is_visible, sign_in } = identity;
    json!({
        "label": description.label,
        "from": description.from,
        "kind": description.kind,
        "roles": description.roles,
        "profile": description.profile,
        "profile_origin": settings.and_then(|settings| settings.profile_origin.as_ref()),
        "region": description.region,
        "visible": is_visible,
        "sign_in": sign_in.as_ref().map(|(session, until)| json!({
            "sso_session": session.name,
            "start_url": session.start_url,
            "signed_in": until.is_some(),
            "expires": until.map(|until| until.text()),
            "refreshable": until.is_some_and(|until| until.is_refreshable),
        })),
    })
}

fn cache(cache: &CacheReport) -> Value {
    json!({
        "place": cache.place,
        "notes": cache.notes,
        "key": cache.key.as_ref().map(ToString::to_string),
        "entry": cache.entry.map(|entry| json!({
            "age_seconds": entry.age.as_secs(),
            "expires_in_seconds": entry.left.as_secs(),
            "fresh": entry.is_fresh,
        })),
    })
}

fn interactive(explanation: &Explanation) -> Value {
    let settings = explanation.settings.as_ref().ok();
    let effective = settings.and_then(|settings| settings.effective.as_ref());
    let said = effective.map(|effective| &effective.interactive);
    let interaction = explanation.interaction.as_ref();
    json!({
        "word": said.map(|said| said.value.name()),
        "origin": said.map(|said| said.origin.to_string()),
        "bounded_from": said.and_then(|said| said.bounded_by.as_ref()).map(|bound| bound.wanted.name()),
        "asks": interaction.map(|it| it.asks),
        "reason": interaction.map(|it| &it.reason),
    })
}
