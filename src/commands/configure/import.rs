//! `configure import`: takes over the configuration of AWS's own provider.

use std::path::{Path, PathBuf};

use toml_edit::Table;

use super::change::Change;
use super::{Context, Error};
use crate::base::invocation;
use crate::cli::configure::PlaceArgs;
use crate::commands::aws_provider::{self, AwsProviderProfiles};
use crate::endpoint::RepositoryEndpoint;
use crate::settings::{Document, Key};

impl Context<'_> {
    pub(super) fn import(&self, file: Option<&Path>) -> Result<Change, Error> {
        let file = match file {
            Some(file) => file.to_owned(),
            None => self.installed()?,
        };
        let aws_provider = AwsProviderProfiles::read(&file)?;
        let mut document = self.document(PlaceArgs::default())?;
        let mut lines = Vec::new();
        if let Some(profile) = &aws_provider.default_profile {
            lines.push(import_default(&mut document, profile)?);
        }
        for (source, profile) in &aws_provider.profiles {
            lines.push(import_override(&mut document, source, profile)?);
        }
        let path = document.save()?;
        let message = format!("Imported `{}` into `{}`:", file.display(), path.display());
        let lines = lines.into_iter().map(|line| format!("  {line}"));
        Ok(Change::new(&path, message).with(lines).with(self.shadow_notes()))
    }

    /// The folders in which the provider may have its configuration.
    fn installed(&self) -> Result<PathBuf, Error> {
        let places = aws_provider::places(&self.locations.plugins_dirs());
        if let Some(found) = places.iter().find(|place| place.is_file()) {
            return Ok(found.clone());
        }
        let looked = places.iter().map(|place| format!("`{}`", place.display()));
        let looked = looked.collect::<Vec<_>>().join(" or ");
        Err(Error::NothingToImport(format!("{looked} does not exist")))
    }
}

/// The existing setting stays if it differs.
fn import_default(document: &mut Document, profile: &str) -> Result<String, Error> {
    let key = Key::named("profile")?;
    let Some(ours) = document.value(key).cloned() else {
        document.set(key, profile.into())?;
        return Ok(format!("profile `{profile}`: used if no rule chooses another"));
    };
    if ours.as_str() == Some(profile) {
        return Ok(format!("profile `{profile}`: already set"));
    }
    let ours = ours.decorated("", "");
    Ok(format!(
        "profile `{profile}`: skipped, because `profile` is {ours}. To change it: {}",
        invocation::command(["configure", "set", "profile", profile])
    ))
}

/// A rule for this repository only.
fn import_override(document: &mut Document, source: &str, profile: &str) -> Result<String, Error> {
    let Ok(endpoint) = RepositoryEndpoint::parse(source, &[]) else {
        return Ok(format!(
            "`{source}`: skipped, because it is not the URL of a CodeArtifact NuGet repository"
        ));
    };
    let RepositoryEndpoint { domain, repository, .. } = &endpoint;
    let mut rule = Table::new();
    for (key, text) in [
        ("domain", domain.name.as_str()),
        ("owner", &domain.owner),
        ("region", &domain.region),
        ("repository", repository),
        ("profile", profile),
    ] {
        rule.insert(key, text.into());
    }
    if document.has_rule(&rule)? {
        return Ok(format!("repository `{repository}` of {domain}: already has a rule"));
    }
    let number = document.insert_rule(rule, None)?;
    Ok(format!("rule {number}: profile `{profile}` for repository `{repository}` of {domain}"))
}
