//! The explanation for people.

use std::time::SystemTime;

use crate::base::text::printable;
use crate::commands::configure::policy_values;
use crate::commands::format::{Rows, in_words, without_secrets};
use crate::commands::status::until_in_words;
use crate::endpoint::RepositoryEndpoint;
use crate::provider::{
    CacheReport, Connection, Explanation, IdentityReport, ProvidedReport, ProviderError,
    SettingsReport,
};
use crate::settings::{EffectiveSettings, Mismatch, RuleOutcome, RuleReason};

/// Of a URL that no token is for.
pub fn of_foreign(url: &str, problem: &str) -> Rows {
    let mut rows = Rows::default();
    rows.add("URL", printable(&without_secrets(url)));
    rows.add("token", format!("never: {problem}"));
    rows
}

/// Of a repository's URL.
pub fn of(
    url: &str,
    endpoint: &RepositoryEndpoint,
    explanation: &Explanation,
    now: SystemTime,
) -> Rows {
    let mut rows = Rows::default();
    add_url(&mut rows, url, endpoint);
    let add_settings = |rows: &mut Rows, settings: &_| add_settings(rows, settings);
    add_or_problem(&mut rows, "settings", Some(&explanation.settings), add_settings);
    add_or_problem(&mut rows, "given token", Some(&explanation.provided), |rows, all| {
        let said = all.iter().map(provided).collect();
        rows.add_all("given token", said, "none");
    });
    add_or_problem(&mut rows, "identity", explanation.identity.as_ref(), |rows, identity| {
        add_identity(rows, identity, explanation.settings.as_ref().ok(), now);
    });
    add_or_problem(&mut rows, "way to AWS", explanation.connection.as_ref(), add_way);
    add_or_problem(&mut rows, "cache", Some(&explanation.cache), add_cache);
    add_interactive(&mut rows, explanation);
    let notes = explanation.settings.as_ref().map(|settings| settings.shadows.clone());
    for note in notes.unwrap_or_default() {
        rows.add("note", note);
    }
    rows
}

fn add_or_problem<T>(
    rows: &mut Rows,
    name: &str,
    told: Option<&Result<T, ProviderError>>,
    add: impl FnOnce(&mut Rows, &T),
) {
    match told {
        None => rows.add(name, "not known, for want of the above"),
        Some(Ok(told)) => add(rows, told),
        Some(Err(error)) => rows.add(name, printable(&format!("cannot be used: {error}"))),
    }
}

fn add_url(rows: &mut Rows, url: &str, endpoint: &RepositoryEndpoint) {
    let RepositoryEndpoint { domain, repository, .. } = endpoint;
    rows.add("URL", printable(&without_secrets(url)));
    rows.add("host", endpoint.form());
    rows.add("domain", &domain.name);
    rows.add("owner", &domain.owner);
    rows.add("region", &domain.region);
    rows.add("repository", repository);
}

fn add_settings(rows: &mut Rows, settings: &SettingsReport) {
    rows.add_all("rules", settings.rules.iter().map(rule).collect(), "there are none");
    let policy = settings.policy.iter().flat_map(policy_values).map(|holding| {
        let key = holding.key.trim_start_matches("policy.");
        format!("{key} = {}, by {}", holding.value, holding.origin)
    });
    rows.add_all("policy", policy.collect(), "there is none");
    if let Some(EffectiveSettings { duration, .. }) = &settings.effective {
        let bounded = duration
            .bounded_by
            .as_ref()
            .map(|bound| format!(", bounded by the policy from {} s", bound.wanted.seconds()));
        let text = match duration.value.seconds() {
            0 => "as long as the role's session".to_owned(),
            seconds => format!("{seconds} s"),
        };
        rows.add(
            "duration",
            format!("{text} ({}{})", duration.origin, bounded.unwrap_or_default()),
        );
    }
}

fn rule(reason: &RuleReason) -> String {
    let RuleReason { number, file, outcome } = reason;
    match outcome {
        RuleOutcome::Matches => format!("{number} matches, of {}", file.display()),
        RuleOutcome::NotTried => format!("{number} is not tried, since one before it matches"),
        RuleOutcome::Mismatch(Mismatch { key, patterns, value }) => {
            let value = value.as_deref().unwrap_or_default();
            let patterns = patterns.join("`, `");
            printable(&format!("{number} is passed over: its {key} is `{patterns}`, not `{value}`"))
        }
    }
}

fn provided(provided: &ProvidedReport) -> String {
    let serves = if provided.serves { "serves" } else { "does not serve" };
    printable(&format!("{} {serves}: {}", provided.place, provided.reason))
}

fn add_identity(
    rows: &mut Rows,
    identity: &IdentityReport,
    settings: Option<&SettingsReport>,
    now: SystemTime,
) {
    let IdentityReport { description, is_visible, sign_in } = identity;
    let origin = settings.and_then(|settings| settings.profile_origin.as_ref());
    let origin = origin.map(|origin| format!(" (profile named by {origin})")).unwrap_or_default();
    rows.add("identity", format!("{}{origin}", description.label));
    rows.add("", format!("from {}: {}", description.from, description.kind));
    for role in &description.roles {
        rows.add("", format!("then role `{role}`"));
    }
    let region = description.region.as_deref().unwrap_or("none, so the domain's is used");
    rows.add("", format!("its region: {region}"));
    if !is_visible {
        rows.add("", "AWS can change it without a trace here, so its tokens are kept for 1 h");
    }
    if let Some((session, until)) = sign_in {
        let state = until.map_or("nobody is signed in".to_owned(), |it| until_in_words(it, now));
        rows.add("sign-in", format!("{}: {state}", session.in_words()));
    }
}

fn add_way(rows: &mut Rows, connection: &Connection) {
    for endpoint in &connection.endpoints {
        let (name, url) = (endpoint.api.name(), printable(&endpoint.url));
        rows.add(name, format!("{url} ({})", endpoint.origin));
    }
    let proxy = connection.proxy.as_ref();
    let proxy = proxy.map(|(name, setting)| printable(&format!("{name} ({setting})")));
    rows.add("proxy", proxy.unwrap_or_else(|| "none".to_owned()));
    let bundle = connection.ca_bundle.as_ref();
    let bundle = bundle.map(|(path, setting)| format!("{} ({setting})", path.display()));
    rows.add("CA", bundle.unwrap_or_else(|| "those of the system".to_owned()));
}

fn add_cache(rows: &mut Rows, cache: &CacheReport) {
    rows.add("cache", &cache.place);
    for note in &cache.notes {
        rows.add("", printable(note));
    }
    if cache.key.is_none() {
        return;
    }
    let entry = cache.entry.map(|entry| {
        let fresh = if entry.is_fresh { "is served" } else { "is renewed" };
        format!("{} old, {} left, {fresh}", in_words(entry.age), in_words(entry.left))
    });
    rows.add("entry", entry.unwrap_or_else(|| "none".to_owned()));
}

fn add_interactive(rows: &mut Rows, explanation: &Explanation) {
    let effective = explanation.settings.as_ref().ok().and_then(|it| it.effective.as_ref());
    let Some(EffectiveSettings { interactive: said, .. }) = effective else { return };
    let bounded = if said.bounded_by.is_some() { ", bounded by the policy" } else { "" };
    let word = format!("{} ({}{bounded})", said.value.name(), said.origin);
    let asks = explanation.interaction.as_ref().map(|it| {
        let asks = if it.asks { "asks" } else { "does not ask" };
        format!("; {asks}: {}", it.reason)
    });
    rows.add("interactive", format!("{word}{}", asks.unwrap_or_default()));
}
