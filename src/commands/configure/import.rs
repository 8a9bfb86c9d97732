//! `configure import`: takes over what AWS's own provider was told.
//!
//! Its `configuration.json` has `DefaultProfile`, and `SourceProfileOverrides` from a source's URL to
//! the profile for it; both may be missing or null, and the casing of keys does not matter.
#![expect(clippy::disallowed_methods, reason = "the other provider's configuration is on disk")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use toml_edit::{Item, Table};

use super::{Context, Document, Error};
use crate::endpoint::RepositoryEndpoint;

/// Its folders below the plugins folder, in the order in which they are looked for.
const FOLDERS: [&str; 2] =
    ["AWS.CodeArtifact.NuGetCredentialProvider", "AWS.CodeArtifact.NuGet.CredentialProvider"];

/// What it was told.
#[derive(Debug, Default)]
struct Amazons {
    default_profile: Option<String>,
    profiles: BTreeMap<String, String>,
}

pub fn import(context: &mut Context<'_>, file: Option<&Path>) -> Result<(), Error> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => installed(context)?,
    };
    let amazons = read(&file)?;
    let mut document = Document::open(context)?;
    let mut lines = Vec::new();
    if let Some(profile) = &amazons.default_profile {
        lines.push(document.import_default(profile));
    }
    for (source, profile) in &amazons.profiles {
        lines.push(document.import_override(source, profile)?);
    }
    let path = document.save()?;
    writeln!(context.out, "imported `{}` into `{}`:", file.display(), path.display())?;
    for line in lines {
        writeln!(context.out, "  {line}")?;
    }
    context.print_shadows()
}

/// Where the provider keeps it.
fn installed(context: &Context<'_>) -> Result<PathBuf, Error> {
    let plugins = context.locations.plugins_dirs();
    let places = plugins.iter().flat_map(|plugins| {
        FOLDERS.map(|folder| plugins.join("netcore").join(folder).join("configuration.json"))
    });
    let places: Vec<PathBuf> = places.collect();
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let looked = places.iter().map(|place| format!("`{}`", place.display()));
    let looked = looked.collect::<Vec<_>>().join(" or ");
    Err(Error::NothingToImport(format!("there is no {looked}")))
}

fn read(file: &Path) -> Result<Amazons, Error> {
    let text = fs::read_to_string(file).map_err(|source| Error::Disk {
        action: "read",
        path: file.to_owned(),
        source,
    })?;
    let wrong = |message: String| Error::NotAmazons { path: file.to_owned(), message };
    let text = text.trim_start_matches('\u{feff}');
    let object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let mut amazons = Amazons::default();
    for (key, value) in object {
        match (key.to_ascii_lowercase().as_str(), value) {
            (_, Value::Null) => {}
            ("defaultprofile", Value::String(profile)) if profile.is_empty() => {}
            ("defaultprofile", Value::String(profile)) => amazons.default_profile = Some(profile),
            ("sourceprofileoverrides", profiles) => {
                amazons.profiles = serde_json::from_value(profiles)
                    .map_err(|error| wrong(format!("`{key}`: {error}")))?;
            }
            ("defaultprofile", _) => return Err(wrong(format!("`{key}` is no text"))),
            _ => {}
        }
    }
    Ok(amazons)
}

impl Document {
    /// Ours stays where it says something else.
    fn import_default(&mut self, profile: &str) -> String {
        let Some(ours) = self.root().get("profile").and_then(Item::as_value).cloned() else {
            self.put("profile", profile.into());
            return format!("profile `{profile}` where no rule says otherwise");
        };
        if ours.as_str() == Some(profile) {
            return format!("profile `{profile}`: is so already");
        }
        let ours = ours.decorated("", "");
        format!(
            "profile `{profile}`: left out, since `profile` is {ours} here; \
             `configure set profile {profile}` changes it"
        )
    }

    /// A rule for just this repository.
    fn import_override(&mut self, source: &str, profile: &str) -> Result<String, Error> {
        let Ok(endpoint) = RepositoryEndpoint::parse(source, &[]) else {
            return Ok(format!(
                "`{source}`: left out, since it is no NuGet repository of CodeArtifact's"
            ));
        };
        let RepositoryEndpoint { domain, repository, .. } = &endpoint;
        let mut rule = Table::new();
        for (key, text) in [
            ("domain", &domain.name),
            ("owner", &domain.owner),
            ("region", &domain.region),
            ("repository", repository),
        ] {
            rule.insert(key, text.into());
        }
        rule.insert("profile", profile.into());
        if self.has_rule(&rule)? {
            return Ok(format!("repository `{repository}` of {domain}: has its rule already"));
        }
        let number = self.insert_rule(rule, None)?;
        Ok(format!("rule {number}: profile `{profile}` for repository `{repository}` of {domain}"))
    }

    fn has_rule(&mut self, rule: &Table) -> Result<bool, Error> {
        let texts = |table: &Table| {
            let text =
                |(key, item): (&str, &Item)| (key.to_owned(), item.as_str().map(str::to_owned));
            table.iter().map(text).collect::<BTreeMap<_, _>>()
        };
        let Some(rules) = self.tables("rules")? else { return Ok(false) };
        Ok(rules.iter().any(|other| texts(other) == texts(rule)))
    }
}
