//! `configure set`, `unset`, `rule` and `host`: change the user's file.

use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};
use toml_edit::{InlineTable, Table, Value};

use super::{Context, Error};
use crate::aws::profile_names;
use crate::base::text::{excerpt, nearest};
use crate::cli::configure::{HostArgs, PlaceArgs, RuleArgs};
use crate::code::Code;
use crate::report::ReportedError;
use crate::settings::{Key, word_or_list};

/// The result of a change.
#[derive(Serialize)]
pub(super) struct Change {
    /// The file that was changed.
    path: String,
    /// The text for people. A line that begins with spaces continues the line before.
    #[serde(serialize_with = "without_indent")]
    messages: Vec<String>,
    /// What does not prevent the change, and is probably not wanted.
    warnings: Vec<ReportedError>,
}

impl Change {
    pub(super) fn new(file: &Path, message: String) -> Self {
        Self {
            path: file.to_string_lossy().into_owned(),
            messages: vec![message],
            warnings: Vec::new(),
        }
    }

    pub(super) fn with(mut self, messages: impl IntoIterator<Item = String>) -> Self {
        self.messages.extend(messages);
        self
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.messages.iter().try_for_each(|message| writeln!(formatter, "{message}"))?;
        self.warnings
            .iter()
            .try_for_each(|warning| writeln!(formatter, "warning: {}", warning.text()))
    }
}

fn without_indent<S: Serializer>(messages: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(messages.iter().map(|message| message.trim()))
}

impl Context<'_> {
    pub(super) fn set(&self, name: &str, text: &str, place: PlaceArgs) -> Result<Change, Error> {
        let key = Key::named(name)?;
        let value = key.value(text)?;
        let mut document = self.document(place)?;
        document.set(key, value)?;
        let path = document.save().map_err(|error| error.of_value(name, text))?;
        let mut change = Change::new(&path, format!("Set {name} in `{}`", path.display()));
        if name == "profile" && !place.machine {
            change.warnings.extend(self.unknown_profile(text));
        }
        Ok(change)
    }

    /// A warning if none of the profiles exists: it may be a typing error, or a profile that is yet
    /// to be added.
    fn unknown_profile(&self, names: &str) -> Option<ReportedError> {
        let known = profile_names(self.environment);
        let mut wanted = names.split(',').map(str::trim);
        if wanted.clone().any(|name| known.iter().any(|known| known == name)) {
            return None;
        }
        let first = wanted.next()?;
        let near = nearest(first, known.iter().map(String::as_str));
        let hint = match (near, &*known) {
            (Some(near), _) => format!("Did you mean `{near}`?"),
            (None, []) => "There are no profiles".to_owned(),
            (None, known) => format!("Profiles: {}", listed(known)),
        };
        let message =
            format!("There is no profile `{first}` in the shared config and credentials files.");
        Some(ReportedError { code: Code::ProfileNotFound, message, fix: Some(hint) })
    }

    pub(super) fn unset(&self, name: &str, place: PlaceArgs) -> Result<Change, Error> {
        let key = Key::named(name)?;
        let mut document = self.document(place)?;
        document.unset(key)?;
        let path = document.save()?;
        Ok(Change::new(&path, format!("Removed {name} from `{}`", path.display())))
    }

    pub(super) fn add_rule(&self, args: &RuleArgs) -> Result<Change, Error> {
        let mut document = self.document(args.place)?;
        if args.proxy.as_ref().is_some_and(|url| url.contains('@')) {
            return Err(Error::ProxyPassword(document.path().to_owned()));
        }
        let table = rule(args);
        if table.is_empty() {
            return Err(Error::EmptyRule);
        }
        let number = document.insert_rule(table, if args.first { Some(1) } else { args.at })?;
        let path = document.save()?;
        let change = Change::new(&path, format!("Added rule {number} to `{}`", path.display()));
        Ok(change.with(self.shadow_notes()))
    }

    pub(super) fn remove_rule(&self, number: usize, place: PlaceArgs) -> Result<Change, Error> {
        let mut document = self.document(place)?;
        document.remove_rule(number)?;
        let path = document.save()?;
        let message = format!("Removed rule {number} from `{}`", path.display());
        Ok(Change::new(&path, message).with(self.shadow_notes()))
    }

    pub(super) fn add_host(&self, args: &HostArgs) -> Result<Change, Error> {
        let HostArgs { host, region, domain, owner, place } = args;
        let mut document = self.document(*place)?;
        let mut table = Table::new();
        table.insert("host", host.into());
        for (key, text) in [("domain", domain), ("owner", owner)] {
            if let Some(text) = text {
                table.insert(key, text.into());
            }
        }
        table.insert("region", region.into());
        document.add_host(host, table)?;
        let path = document.save()?;
        Ok(Change::new(&path, format!("Added host {host} to `{}`", path.display())))
    }

    pub(super) fn remove_host(&self, host: &str, place: PlaceArgs) -> Result<Change, Error> {
        let mut document = self.document(place)?;
        document.remove_host(host)?;
        let path = document.save()?;
        Ok(Change::new(&path, format!("Removed host {host} from `{}`", path.display())))
    }

    /// A note for each rule that conflicts with NuGet's memory of credentials; none if the settings
    /// cannot be used as a whole, as with a broken machine-wide file.
    pub(super) fn shadow_notes(&self) -> Vec<String> {
        let shadows = self.settings().map(|settings| settings.shadows()).unwrap_or_default();
        shadows.iter().map(|shadow| format!("note: {shadow}")).collect()
    }
}

/// The first names, for a message.
fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown = names.iter().take(MOST).map(|name| format!("`{}`", excerpt(name)));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = if names.len() > MOST { ", …" } else { "" };
    format!("{shown}{more}")
}

/// A rule's table, with its keys in the order of the documentation.
fn rule(args: &RuleArgs) -> Table {
    let lists = [
        ("domain", &args.domain),
        ("owner", &args.owner),
        ("region", &args.region),
        ("repository", &args.repository),
        ("profile", &args.profile),
    ];
    let texts = [
        ("prefer", &args.prefer),
        ("endpoint_url", &args.endpoint_url),
        ("sts_endpoint_url", &args.sts_endpoint_url),
        ("sso_endpoint_url", &args.sso_endpoint_url),
        ("proxy", &args.proxy),
        ("ca_bundle", &args.ca_bundle),
        ("interactive", &args.interactive),
    ];
    let mut table = Table::new();
    for (key, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
        table.insert(key, word_or_list(words).into());
    }
    if let Some(role) = role(args) {
        table.insert("role", role.into());
    }
    if let Some(seconds) = args.duration_seconds {
        table.insert("duration_seconds", seconds.into());
    }
    for (key, text) in texts {
        if let Some(text) = text {
            table.insert(key, text.into());
        }
    }
    table
}

/// Only the ARN if nothing else is set for the role.
fn role(args: &RuleArgs) -> Option<Value> {
    let arn = args.role_arn.as_ref()?;
    let more = [("external_id", &args.external_id), ("session_name", &args.role_session_name)];
    if more.iter().all(|(_, text)| text.is_none()) {
        return Some(arn.into());
    }
    let mut role = InlineTable::new();
    role.insert("arn", arn.into());
    for (key, text) in more {
        if let Some(text) = text {
            role.insert(key, text.into());
        }
    }
    Some(role.into())
}
