//! `configure list`, `get` and `path`: show effective values and their origins.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Context, Error};
use crate::endpoint::HostMapping;
use crate::report::ReportedError;
use crate::settings::{
    self, Bounds, EditError, FileReport, KEYS, Key, KeyValues, Origin, Rule, Setting, Settings,
    one_or_more,
};

/// All effective settings.
#[derive(Serialize)]
pub(super) struct Listing {
    settings: Vec<EffectiveValue>,
    rules: Vec<ListedRule>,
    hosts: Vec<KeyValues>,
    notes: Vec<String>,
}

/// An effective value. `--json` prints it in this form, so names must not change.
#[derive(Debug, Serialize)]
pub struct EffectiveValue {
    pub key: &'static str,
    pub value: Value,
    pub origin: Origin,
    /// The policy that is stricter than the value of `origin`, if there is one.
    #[serde(flatten)]
    bound: Option<Bounded>,
}

/// The policy that replaced a value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bounded {
    /// The policy's file.
    bounded_by: String,
    /// The value that the policy replaced.
    bounded_from: Value,
}

/// A rule as in a file, except for the password of its proxy.
#[derive(Serialize)]
struct ListedRule {
    number: usize,
    /// The file that contains it.
    path: String,
    keys: KeyValues,
}

/// The result of `get`: one value, or the value of each policy.
#[derive(Serialize)]
pub(super) struct ValuesOfKey {
    key: &'static str,
    values: Vec<EffectiveValue>,
}

/// The configuration files.
#[derive(Serialize)]
pub(super) struct Paths {
    files: Vec<ListedFile>,
}

#[derive(Serialize)]
struct ListedFile {
    /// `user` or `machine`.
    kind: &'static str,
    path: String,
    state: &'static str,
    error: Option<ReportedError>,
}

impl Context<'_> {
    pub(super) fn list(&self) -> Result<Listing, Error> {
        let settings = self.settings()?;
        let shadows = settings.shadows().into_iter().map(|shadow| shadow.to_string());
        Ok(Listing {
            settings: values(&settings)?,
            rules: settings.rules.iter().map(ListedRule::of).collect(),
            hosts: settings.hosts.iter().map(host_keys).collect(),
            notes: settings.notes.iter().cloned().chain(shadows).collect(),
        })
    }

    pub(super) fn values_of(&self, key: &str) -> Result<ValuesOfKey, Error> {
        let name = Key::named(key)?.name;
        let mut values = values(&self.settings()?)?;
        values.retain(|value| value.key == name && !value.value.is_null());
        if values.is_empty() {
            return Err(EditError::NotSet(key.to_owned()).into());
        }
        Ok(ValuesOfKey { key: name, values })
    }

    pub(super) fn paths(&self) -> Result<Paths, Error> {
        let reports = settings::file_reports(self.environment, &self.locations)?;
        Ok(Paths { files: reports.iter().map(ListedFile::of).collect() })
    }
}

/// Every key that is set, in the order of [`KEYS`]: each default once, with its effective value,
/// and each policy's values.
fn values(settings: &Settings) -> Result<Vec<EffectiveValue>, Error> {
    let effective = settings.without_rule()?;
    let mut values = Vec::new();
    if let Some(names) = one_or_more(&effective.aws.profiles.value) {
        values.push(EffectiveValue::of("profile", &effective.aws.profiles, |_| names.clone()));
    } else {
        let profile = EffectiveValue::of("profile", &effective.aws.profiles, |_| Value::Null);
        values.push(profile);
    }
    values.push(EffectiveValue::of("duration_seconds", &effective.duration, |duration| {
        json!(duration.seconds())
    }));
    values
        .push(EffectiveValue::of("interactive", &effective.interactive, |word| json!(word.name())));
    let head_start = settings.head_start()?;
    values.push(EffectiveValue::of("head_start", &head_start, |word| json!(word.name())));
    for bounds in &settings.policy.bounds {
        values.extend(policy_values(bounds));
    }
    values.sort_by_key(|value| KEYS.iter().position(|key| key.name == value.key));
    Ok(values)
}

/// The policy of one file.
pub fn policy_values(bounds: &Bounds) -> Vec<EffectiveValue> {
    let origin = Origin::File(bounds.file.clone());
    let KeyValues(keys) = bounds.keys();
    keys.into_iter()
        .map(|(key, value)| EffectiveValue { key, value, origin: origin.clone(), bound: None })
        .collect()
}

impl EffectiveValue {
    fn of<T>(key: &'static str, setting: &Setting<T>, value: impl Fn(&T) -> Value) -> Self {
        let bound = setting.bounded_by.as_ref().map(|bound| Bounded {
            bounded_by: bound.file.display().to_string(),
            bounded_from: value(&bound.wanted),
        });
        Self { key, value: value(&setting.value), origin: setting.origin.clone(), bound }
    }
}

impl ListedRule {
    fn of(rule: &Rule) -> Self {
        Self { number: rule.number, path: rule.file.display().to_string(), keys: rule.keys() }
    }
}

fn host_keys(host: &HostMapping) -> KeyValues {
    let name = match host.port {
        Some(port) => format!("{}:{port}", host.host),
        None => host.host.clone(),
    };
    let (domain, owner) = host.domain.clone().unzip();
    let mut keys = KeyValues::default();
    keys.add("host", Some(name));
    keys.add("domain", domain);
    keys.add("owner", owner);
    keys.add("region", Some(&*host.region));
    keys
}

impl ListedFile {
    fn of(report: &FileReport) -> Self {
        let (state, error) = report.state();
        let error = error.map(|error| ReportedError::of(error));
        Self { kind: report.kind_name(), path: report.path.display().to_string(), state, error }
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for EffectiveValue { key, value, origin, bound } in &self.settings {
            if value.is_null() {
                writeln!(formatter, "# {key} is not set: AWS's own settings choose it")?;
                continue;
            }
            write!(formatter, "{key} = {value}    # {origin}")?;
            if let Some(Bounded { bounded_by, bounded_from }) = bound {
                write!(formatter, "; the policy in {bounded_by} replaces {bounded_from}")?;
            }
            writeln!(formatter)?;
        }
        for ListedRule { number, path, keys } in &self.rules {
            write!(formatter, "\nrule {number}    # {path}\n{keys}")?;
        }
        for keys in &self.hosts {
            write!(formatter, "\nhost\n{keys}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(formatter, "\nnote: {note}"))
    }
}

impl ValuesOfKey {
    /// Where each value is set, as a line beside the values.
    pub(super) fn origins(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|EffectiveValue { origin, bound, .. }| match bound {
            None if *origin == Origin::BuiltIn => "note: This is the default".to_owned(),
            None => format!("note: Set in {origin}"),
            Some(Bounded { bounded_by, bounded_from }) => format!(
                "note: The policy in {bounded_by} replaces {bounded_from} (set in {origin})"
            ),
        })
    }
}

/// A value without quotes, for scripts.
impl fmt::Display for ValuesOfKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.iter().try_for_each(|EffectiveValue { value, .. }| match value {
            Value::String(text) => writeln!(formatter, "{text}"),
            value => writeln!(formatter, "{value}"),
        })
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.iter().try_for_each(|ListedFile { kind, path, state, error }| {
            let reason = error.as_ref().map(|error| format!(": {}", error.message));
            writeln!(formatter, "{kind}: {path} ({state}{})", reason.unwrap_or_default())
        })
    }
}
