//! `configure import`: takes over what AWS's own provider was told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml_edit::{Item, Table};

use super::{Context, Document, Error};
use crate::commands::aws_provider::{self, Amazons};
use crate::endpoint::RepositoryEndpoint;

pub fn import(context: &mut Context<'_>, file: Option<&Path>) -> Result<(), Error> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => installed(context)?,
    };
    let aws_provider = Amazons::read(&file)?;
    let mut document = Document::open(context)?;
    let mut lines = Vec::new();
    if let Some(profile) = &aws_provider.default_profile {
        lines.push(document.import_default(profile));
    }
    for (source, profile) in &aws_provider.profiles {
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
    let places = aws_provider::places(&context.locations.plugins_dirs());
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let looked = places.iter().map(|place| format!("`{}`", place.display()));
    let looked = looked.collect::<Vec<_>>().join(" or ");
    Err(Error::NothingToImport(format!("there is no {looked}")))
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
