//! `configure list`, `get` and `path`: what holds, and where it comes from.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::keys::{KEYS, Key};
use super::{Context, Error};
use crate::commands::format::without_user;
use crate::endpoint::HostMapping;
use crate::settings::{
    self, AwsSettings, Bounds, EndpointSettings, Prefer, RoleSettings, Rule, Setting, Settings,
};

/// An effective value. `--json` prints it so; names stay as they are.
#[derive(Debug, Serialize)]
pub struct Holding {
    pub key: &'static str,
    pub value: Value,
    /// A file, a variable, or `built in`.
    pub origin: String,
    /// Where a policy is stricter than what `origin` names.
    #[serde(flatten)]
    pub bound: Option<Bounded>,
}

/// The policy that replaced a value.
#[derive(Debug, Serialize)]
pub struct Bounded {
    /// The policy's file.
    pub bounded_by: String,
    /// The value that the policy replaced.
    pub bounded_from: Value,
}

impl Holding {
    fn of<T>(key: &'static str, setting: &Setting<T>, value: impl Fn(&T) -> Value) -> Self {
        let bound = setting.bounded_by.as_ref().map(|bound| Bounded {
            bounded_by: bound.file.display().to_string(),
            bounded_from: value(&bound.wanted),
        });
        Self { key, value: value(&setting.value), origin: setting.origin.to_string(), bound }
    }
}

/// Keys and their values, in the order of the documentation.
type Keys = Vec<(&'static str, Value)>;

pub fn list(context: &mut Context<'_>, json: bool) -> Result<(), Error> {
    let settings = context.settings()?;
    let values = values(&settings)?;
    if json {
        let report = json!({
            "settings": values,
            "rules": settings.rules.iter().map(rule_report).collect::<Vec<_>>(),
            "hosts": settings.hosts.iter().map(|host| object(host_keys(host))).collect::<Vec<_>>(),
            "notes": notes(&settings),
        });
        writeln!(context.out, "{report}")?;
        return Ok(());
    }
    for Holding { key, value, origin, bound } in values {
        write!(context.out, "{key} = {value}    # {origin}")?;
        if let Some(Bounded { bounded_by, bounded_from }) = bound {
            write!(context.out, ", bounded by the policy in {bounded_by} from {bounded_from}")?;
        }
        writeln!(context.out)?;
    }
    for (place, rule) in settings.rules.iter().enumerate() {
        writeln!(context.out, "\nrule {}    # {}", place + 1, rule.file.display())?;
        print_keys(rule_keys(rule), context.out)?;
    }
    for host in &settings.hosts {
        writeln!(context.out, "\nhost")?;
        print_keys(host_keys(host), context.out)?;
    }
    for note in notes(&settings) {
        writeln!(context.out, "\nnote: {note}")?;
    }
    Ok(())
}

pub fn get(context: &mut Context<'_>, key: &str, json: bool) -> Result<(), Error> {
    let Key { name, .. } = Key::named(key)?;
    let mut values = values(&context.settings()?)?;
    values.retain(|holding| holding.key == name);
    if values.is_empty() {
        return Err(Error::NotSet(key.to_owned()));
    }
    if json {
        writeln!(context.out, "{}", json!({ "key": name, "values": values }))?;
        return Ok(());
    }
    for holding in values {
        match holding.value {
            Value::String(text) => writeln!(context.out, "{text}")?,
            value => writeln!(context.out, "{value}")?,
        }
    }
    Ok(())
}

pub fn paths(context: &mut Context<'_>, json: bool) -> Result<(), Error> {
    let mut files = Vec::new();
    for report in settings::file_reports(context.environment, &context.locations)? {
        let (kind, (state, reason)) = (report.kind_name(), report.state());
        let path = report.path.display();
        if !json {
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            writeln!(context.out, "{kind}: {path} ({state}{reason})")?;
            continue;
        }
        files.push(json!({
            "file": kind, "path": path.to_string(), "state": state, "reason": reason
        }));
    }
    if json {
        writeln!(context.out, "{}", json!({ "files": files }))?;
    }
    Ok(())
}

/// Every key that is set, in the order of [`KEYS`]: the defaults once, as they are effective, and what
/// each policy says.
fn values(settings: &Settings) -> Result<Vec<Holding>, Error> {
    let effective = settings.without_rule()?;
    let mut values = Vec::new();
    if let Some(names) = one_or_more(&effective.aws.profiles.value) {
        values.push(Holding::of("profile", &effective.aws.profiles, |_| names.clone()));
    }
    values.push(Holding::of("duration_seconds", &effective.duration, |it| json!(it.seconds())));
    values.push(Holding::of("interactive", &effective.interactive, |it| json!(it.name())));
    for bounds in &settings.policy.bounds {
        values.extend(policy_values(bounds));
    }
    values.sort_by_key(|holding| KEYS.iter().position(|key| key.name == holding.key));
    Ok(values)
}

/// What one file's policy says.
pub fn policy_values(bounds: &Bounds) -> Vec<Holding> {
    let said = [
        ("policy.allowed_owners", bounds.allowed_owners.as_ref().map(|list| json!(list))),
        ("policy.allowed_hosts", bounds.allowed_hosts.as_ref().map(|list| json!(list))),
        (
            "policy.longest_duration_seconds",
            bounds.longest_duration.map(|duration| json!(duration.seconds())),
        ),
        ("policy.cache", bounds.cache.map(|mode| json!(mode.name()))),
        ("policy.interactive", bounds.interactive.map(|word| json!(word.name()))),
    ];
    let origin = bounds.file.display().to_string();
    let holding = |(key, value): (&'static str, Option<Value>)| {
        Some(Holding { key, value: value?, origin: origin.clone(), bound: None })
    };
    said.into_iter().filter_map(holding).collect()
}

fn notes(settings: &Settings) -> Vec<String> {
    let shadows = settings.shadows().into_iter().map(|shadow| shadow.to_string());
    settings.notes.iter().cloned().chain(shadows).collect()
}

fn rule_report(rule: &Rule) -> Value {
    json!({ "origin": rule.file.display().to_string(), "keys": object(rule_keys(rule)) })
}

/// The rule as it is in a file, but for the password of its proxy.
fn rule_keys(rule: &Rule) -> Keys {
    let Rule { matcher, aws, .. } = rule;
    let AwsSettings { profiles, prefer, roles, endpoints, proxy, ca_bundle } = aws;
    let EndpointSettings { codeartifact, sts, sso } = endpoints;
    let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let keys = [
        ("domain", one_or_more(&matcher.domain)),
        ("owner", one_or_more(&matcher.owner)),
        ("region", one_or_more(&matcher.region)),
        ("repository", one_or_more(&matcher.repository)),
        ("profile", one_or_more(&profiles.value)),
        ("prefer", prefer.map(Prefer::name).map(Value::from)),
        ("role", role_chain(roles)),
        (
            "duration_seconds",
            rule.duration.as_ref().map(|duration| json!(duration.value.seconds())),
        ),
        ("endpoint_url", text(codeartifact)),
        ("sts_endpoint_url", text(sts)),
        ("sso_endpoint_url", text(sso)),
        ("proxy", proxy.as_ref().map(|proxy| json!(without_user(proxy.expose())))),
        ("ca_bundle", ca_bundle.as_ref().map(|path| json!(path.display().to_string()))),
        ("interactive", rule.interactive.as_ref().map(|word| json!(word.value.name()))),
    ];
    present(keys)
}

fn host_keys(host: &HostMapping) -> Keys {
    let name = match host.port {
        Some(port) => format!("{}:{port}", host.host),
        None => host.host.clone(),
    };
    let (domain, owner) = host.domain.clone().unzip();
    present([
        ("host", Some(json!(name))),
        ("domain", domain.map(Value::String)),
        ("owner", owner.map(Value::String)),
        ("region", Some(json!(host.region))),
    ])
}

fn present<const N: usize>(keys: [(&'static str, Option<Value>); N]) -> Keys {
    keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

fn object(keys: Keys) -> Value {
    keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn one_or_more(words: &[String]) -> Option<Value> {
    match words {
        [] => None,
        [word] => Some(json!(word)),
        words => Some(json!(words)),
    }
}

fn role_chain(roles: &[RoleSettings]) -> Option<Value> {
    let role = |role: &RoleSettings| match (&role.external_id, &role.session_name) {
        (None, None) => json!(role.arn),
        (external_id, session_name) => object(present([
            ("arn", Some(json!(role.arn))),
            ("external_id", external_id.as_ref().map(|text| json!(text))),
            ("session_name", session_name.as_ref().map(|text| json!(text))),
        ])),
    };
    match roles {
        [] => None,
        [one] => Some(role(one)),
        chain => Some(chain.iter().map(role).collect()),
    }
}

fn print_keys(keys: Keys, out: &mut dyn Write) -> io::Result<()> {
    for (key, value) in keys {
        writeln!(out, "  {key} = {value}")?;
    }
    Ok(())
}
