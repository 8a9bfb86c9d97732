//! The report of `explain`: the resolved request, as JSON and as text. Names and values of the JSON
//! must not change.

use std::time::Duration;

use serde::Serialize;

use crate::aws::{Connection, Identity, IdentityDescription};
use crate::base::text::printable;
use crate::base::time::{in_words, utc};
use crate::base::url::redacted;
use crate::commands::configure::{EffectiveValue, policy_values};
use crate::commands::status::until_in_words;
use crate::endpoint::{HostForm, RepositoryEndpoint};
use crate::provider::{
    CacheReport, ProvidedReport, Provider, ProviderError, Resolved, SettingsReport,
};
use crate::report::{ReportedError, Rows};
use crate::settings::{EffectiveSettings, Mismatch, Origin, RuleOutcome, RuleReason};

/// For a URL that gets no token.
#[derive(Debug, Serialize)]
pub struct ForeignReport {
    url: String,
    /// Always null.
    endpoint: (),
    #[serde(skip)]
    problem: String,
}

impl ForeignReport {
    pub fn new(url: &str, problem: String) -> Self {
        Self { url: redacted(url), endpoint: (), problem }
    }

    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        rows.add("URL", printable(&self.url));
        rows.add("token", format!("no: {}", self.problem));
        rows
    }
}

/// For a repository's URL.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    url: String,
    endpoint: EndpointPart,
    /// The number of the rule that is effective.
    rule: Option<usize>,
    rules: Option<Vec<RulePart>>,
    policy: Option<Vec<EffectiveValue>>,
    duration: Option<DurationPart>,
    /// Why the settings cannot be used. It is also why the command fails.
    #[serde(skip)]
    settings_error: Option<ReportedError>,
    provided_tokens: Part<Vec<ProvidedReport>>,
    identity: Part<IdentityPart>,
    connection: Part<ConnectionPart>,
    cache: Part<CachePart>,
    interactive: InteractivePart,
    notes: Option<Vec<String>>,
}

/// A part of the report. Null if it is unknown because another part is missing.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part<T> {
    Unknown,
    Known(T),
    Unusable { error: ReportedError },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointPart {
    form: HostForm,
    domain: String,
    domain_owner: String,
    region: String,
    repository: String,
}

#[derive(Debug, Serialize)]
struct RulePart {
    number: usize,
    path: String,
    outcome: &'static str,
    mismatch: Option<MismatchPart>,
}

/// The key of a rule because of which it does not match.
#[derive(Debug, Serialize)]
struct MismatchPart {
    key: &'static str,
    patterns: Vec<String>,
    value: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DurationPart {
    seconds: i64,
    origin: Origin,
    bounded_from: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityPart {
    #[serde(flatten)]
    description: IdentityDescription,
    profile_origin: Option<String>,
    /// False where AWS can change the identity without a trace on this machine.
    visible: bool,
    sign_in: Option<SignInPart>,
    /// The missing shared files that variables name.
    #[serde(skip)]
    missing_files: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SignInPart {
    sso_session: Option<String>,
    start_url: String,
    signed_in: bool,
    expiration: Option<String>,
    refreshable: bool,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionPart {
    endpoints: Vec<ApiPart>,
    proxy: Option<ProxyPart>,
    ca_bundle: Option<CaBundlePart>,
}

#[derive(Debug, Serialize)]
struct ApiPart {
    api: &'static str,
    url: String,
    origin: String,
}

#[derive(Debug, Serialize)]
struct ProxyPart {
    name: String,
    origin: String,
}

#[derive(Debug, Serialize)]
struct CaBundlePart {
    path: String,
    origin: String,
}

#[derive(Debug, Serialize)]
struct CachePart {
    place: String,
    notes: Vec<String>,
    key: Option<String>,
    entry: Option<EntryPart>,
}

#[derive(Debug, Serialize)]
struct EntryPart {
    /// When it expires, or is no longer kept.
    expiration: String,
    fresh: bool,
    #[serde(skip)]
    age: Duration,
    #[serde(skip)]
    left: Duration,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InteractivePart {
    value: Option<&'static str>,
    origin: Option<Origin>,
    bounded_from: Option<&'static str>,
    asks: Option<bool>,
    reason: Option<String>,
}

impl Explanation {
    /// Collects every part of the request.
    pub async fn of(
        url: &str,
        endpoint: &RepositoryEndpoint,
        resolved: &Resolved,
        provider: &Provider,
    ) -> Self {
        let RepositoryEndpoint { domain, repository, .. } = endpoint.clone();
        let endpoint = EndpointPart {
            form: endpoint.form(),
            domain: domain.name,
            domain_owner: domain.owner,
            region: domain.region,
            repository,
        };
        let (settings, settings_error) = match provider.settings_report(resolved) {
            Ok(settings) => (Some(settings), None),
            Err(error) => (None, Some(ReportedError::of(&error))),
        };
        let effective = settings.as_ref().and_then(|settings| settings.effective.as_ref());
        // If the settings cannot be used, it is unknown which identity would call AWS.
        let caller = match &resolved.settings {
            Ok(_) => Some(provider.caller(resolved).await),
            Err(_) => None,
        };
        let identity = caller.as_ref().and_then(|caller| Some(&caller.as_ref().ok()?.identity));
        let connection = match identity {
            Some(_) => Part::of(provider.connection(resolved).await, ConnectionPart::of),
            None => Part::Unknown,
        };
        let profile_origin = settings.as_ref().and_then(|it| it.profile_origin.clone());
        Self {
            url: redacted(url),
            endpoint,
            rule: settings.as_ref().and_then(SettingsReport::rule),
            rules: settings.as_ref().map(|it| it.rules.iter().map(RulePart::of).collect()),
            policy: settings.as_ref().map(|it| it.policy.iter().flat_map(policy_values).collect()),
            duration: effective.map(DurationPart::of),
            settings_error,
            provided_tokens: Part::of(provider.provided_reports(resolved), |provided| provided),
            interactive: InteractivePart::of(effective, identity, provider),
            identity: caller.map_or(Part::Unknown, |caller| {
                Part::of(caller, |caller| IdentityPart::of(&caller.identity, profile_origin))
            }),
            connection,
            cache: Part::of(provider.cache_report(resolved).await, CachePart::of),
            notes: settings.map(|settings| settings.shadows),
        }
    }

    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        // Without settings nothing else leads to a token.
        if let Some(error) = &self.settings_error {
            rows.add("settings", unusable(error));
        }
        rows.add("URL", printable(&self.url));
        self.endpoint.add_to(&mut rows);
        if self.settings_error.is_none() {
            self.add_settings(&mut rows);
        }
        self.provided_tokens.add_to(&mut rows, "own token", |rows, provided| {
            rows.add_all("own token", provided.iter().map(provided_text), "none");
        });
        self.identity.add_to(&mut rows, "identity", |rows, identity| identity.add_to(rows));
        self.connection.add_to(&mut rows, "connection", |rows, connection| connection.add_to(rows));
        self.cache.add_to(&mut rows, "cache", |rows, cache| cache.add_to(rows));
        if let Some(interactive) = self.interactive.text() {
            rows.add("interactive", interactive);
        }
        for note in self.notes.iter().flatten() {
            rows.add("note", note);
        }
        rows
    }

    fn add_settings(&self, rows: &mut Rows) {
        rows.add_all("rules", self.rules.iter().flatten().map(RulePart::text), "none");
        let policy = self.policy.iter().flatten().map(|holding| {
            let key = holding.key.trim_start_matches("policy.");
            format!("{key} = {} (in {})", holding.value, holding.origin)
        });
        rows.add_all("policy", policy, "none");
        if let Some(duration) = &self.duration {
            rows.add("duration", duration.text());
        }
    }
}

impl<T> Part<T> {
    fn of<U>(part: Result<U, ProviderError>, known: impl FnOnce(U) -> T) -> Self {
        match part {
            Ok(part) => Self::Known(known(part)),
            Err(error) => Self::Unusable { error: ReportedError::of(&error) },
        }
    }

    fn add_to(&self, rows: &mut Rows, name: &str, add: impl FnOnce(&mut Rows, &T)) {
        match self {
            Self::Unknown => rows.add(name, "unknown, because of the error above"),
            Self::Known(part) => add(rows, part),
            Self::Unusable { error } => rows.add(name, unusable(error)),
        }
    }
}

fn unusable(error: &ReportedError) -> String {
    printable(&format!("cannot be used: {}", error.message))
}

impl EndpointPart {
    fn add_to(&self, rows: &mut Rows) {
        rows.add("host", self.form.to_string());
        rows.add("domain", &self.domain);
        rows.add("owner", &self.domain_owner);
        rows.add("region", &self.region);
        rows.add("repository", &self.repository);
    }
}

impl RulePart {
    fn of(RuleReason { number, file, outcome }: &RuleReason) -> Self {
        let (outcome, mismatch) = match outcome {
            RuleOutcome::Matches => ("matches", None),
            RuleOutcome::NotTried => ("notTried", None),
            RuleOutcome::Mismatch(Mismatch { key, patterns, value }) => {
                let (patterns, value) = (patterns.clone(), value.clone());
                ("skipped", Some(MismatchPart { key, patterns, value }))
            }
        };
        Self { number: *number, path: file.to_string_lossy().into_owned(), outcome, mismatch }
    }

    fn text(&self) -> String {
        let Self { number, path, outcome, mismatch } = self;
        match mismatch {
            Some(MismatchPart { key, patterns, value }) => {
                let value = value.as_deref().unwrap_or_default();
                let patterns = patterns.join("`, `");
                printable(&format!("{number}: skipped, its {key} `{patterns}` is not `{value}`"))
            }
            None if *outcome == "matches" => format!("{number}: matches (in {path})"),
            None => format!("{number}: not tried, an earlier rule matches"),
        }
    }
}

impl DurationPart {
    fn of(EffectiveSettings { duration, .. }: &EffectiveSettings) -> Self {
        Self {
            seconds: duration.value.seconds(),
            origin: duration.origin.clone(),
            bounded_from: duration.bounded_by.as_ref().map(|bound| bound.wanted.seconds()),
        }
    }

    fn text(&self) -> String {
        let duration = match self.seconds {
            0 => "as long as the role's session".to_owned(),
            seconds => format!("{seconds} s"),
        };
        let origin = &self.origin;
        match self.bounded_from {
            Some(wanted) => {
                format!("{duration} ({origin}; the policy replaces {wanted} s)")
            }
            None => format!("{duration} ({origin})"),
        }
    }
}

fn provided_text(ProvidedReport { place, serves, reason, .. }: &ProvidedReport) -> String {
    let serves = if *serves { "used" } else { "not used" };
    printable(&format!("{place}: {serves}, because {reason}"))
}

impl IdentityPart {
    fn of(identity: &Identity, profile_origin: Option<String>) -> Self {
        let now = Provider::clock();
        let sign_in = identity.sign_in.as_ref().map(|session| {
            let until = session.signed_in(now);
            let state = until.map_or("not signed in".to_owned(), |it| until_in_words(it, now));
            SignInPart {
                sso_session: session.name.clone(),
                start_url: session.start_url.clone(),
                signed_in: until.is_some(),
                expiration: until.map(|until| until.text()),
                refreshable: until.is_some_and(|until| until.is_refreshable),
                text: format!("{}: {state}", session.in_words()),
            }
        });
        let (description, visible) = (identity.description(), identity.is_visible);
        let missing_files = identity.missing_files().into_iter().map(|(_, what)| what).collect();
        Self { description, profile_origin, visible, sign_in, missing_files }
    }

    fn add_to(&self, rows: &mut Rows) {
        let IdentityDescription { label, from, kind, roles, region, .. } = &self.description;
        let origin = self.profile_origin.as_ref();
        let origin = origin.map(|origin| format!(" (set in {origin})"));
        rows.add("identity", format!("{label}{}", origin.unwrap_or_default()));
        rows.add("", format!("from {from}: {kind}"));
        for role in roles {
            rows.add("", format!("assumes role `{role}`"));
        }
        let region = region.as_deref().unwrap_or("none; the domain's region is used");
        rows.add("", format!("region: {region}"));
        if !self.visible {
            rows.add("", "AWS can change it unnoticed, so its tokens are cached for 1 h only");
        }
        if let Some(sign_in) = &self.sign_in {
            rows.add("sign-in", &sign_in.text);
        }
        for missing in &self.missing_files {
            rows.add("AWS files", printable(missing));
        }
    }
}

impl ConnectionPart {
    fn of(connection: &Connection) -> Self {
        let endpoints = connection.endpoints.iter().map(|endpoint| ApiPart {
            api: endpoint.api.name(),
            url: endpoint.url.clone(),
            origin: endpoint.origin.clone(),
        });
        let proxy = connection.proxy.clone();
        let ca_bundle = connection.ca_bundle.as_ref();
        Self {
            endpoints: endpoints.collect(),
            proxy: proxy.map(|(name, origin)| ProxyPart { name, origin }),
            ca_bundle: ca_bundle.map(|(path, origin)| CaBundlePart {
                path: path.to_string_lossy().into_owned(),
                origin: origin.clone(),
            }),
        }
    }

    fn add_to(&self, rows: &mut Rows) {
        for ApiPart { api, url, origin } in &self.endpoints {
            rows.add(*api, format!("{} ({origin})", printable(url)));
        }
        let proxy = self.proxy.as_ref();
        let proxy = proxy.map(|proxy| printable(&format!("{} ({})", proxy.name, proxy.origin)));
        rows.add("proxy", proxy.unwrap_or_else(|| "none".to_owned()));
        let bundle = self.ca_bundle.as_ref();
        let bundle = bundle.map(|bundle| format!("{} ({})", bundle.path, bundle.origin));
        rows.add("CA", bundle.unwrap_or_else(|| "the system's".to_owned()));
    }
}

impl CachePart {
    fn of(CacheReport { place, notes, key, entry }: CacheReport) -> Self {
        let entry = entry.map(|entry| EntryPart {
            expiration: utc(Provider::clock() + entry.left),
            fresh: entry.is_fresh,
            age: entry.age,
            left: entry.left,
        });
        Self { place, notes, key: key.map(|key| key.to_string()), entry }
    }

    fn add_to(&self, rows: &mut Rows) {
        rows.add("cache", &self.place);
        for note in &self.notes {
            rows.add("", printable(note));
        }
        if self.key.is_none() {
            return;
        }
        let entry = self.entry.as_ref().map(|entry| {
            let fresh = if entry.fresh { "used" } else { "renewed" };
            let [age, left] = [entry.age, entry.left].map(in_words);
            format!("{age} old, {left} left, {fresh}")
        });
        rows.add("entry", entry.unwrap_or_else(|| "none".to_owned()));
    }
}

impl InteractivePart {
    fn of(
        effective: Option<&EffectiveSettings>,
        identity: Option<&Identity>,
        provider: &Provider,
    ) -> Self {
        let setting = effective.map(|effective| &effective.interactive);
        let bound = setting.and_then(|setting| setting.bounded_by.as_ref());
        let interaction = setting
            .zip(identity)
            .map(|(setting, identity)| provider.interaction(identity, setting.value));
        Self {
            value: setting.map(|setting| setting.value.name()),
            origin: setting.map(|setting| setting.origin.clone()),
            bounded_from: bound.map(|bound| bound.wanted.name()),
            asks: interaction.as_ref().map(|interaction| interaction.asks),
            reason: interaction.map(|interaction| interaction.reason),
        }
    }

    /// None if the settings do not determine it.
    fn text(&self) -> Option<String> {
        let (value, origin) = (self.value?, self.origin.as_ref()?);
        let bounded = if self.bounded_from.is_some() { "; set by the policy" } else { "" };
        let asks = self.asks.zip(self.reason.as_ref()).map(|(asks, reason)| {
            let asks = if asks { "asks to sign in" } else { "does not ask" };
            format!("; {asks}: {reason}")
        });
        Some(format!("{value} ({origin}{bounded}){}", asks.unwrap_or_default()))
    }
}
