//! Saved credentials of CodeArtifact sources: NuGet sends them before it asks any plugin.

use super::context::Context;
use super::finding::Finding;
use super::fix::{self, quoted_path};
use crate::base::text::excerpt;
use crate::commands::scrub::finding::{self, KnownSources, SavedCredentials};
use crate::nuget_config::{Layer, NugetConfig, Password, Saved};

const CHECK: &str = "saved-credentials";

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    let everywhere = NugetConfig::read_everywhere(&context.locations, &context.folder);
    let sources = finding::kinds_of_sources(&everywhere, context.environment, context.provider);
    let layers = everywhere.layers.iter();
    let mut findings: Vec<Finding> =
        layers.flat_map(|layer| of_layer(layer, &sources, context)).collect();
    findings.extend(of_variables(context));
    if findings.is_empty() {
        findings.push(Finding::pass(CHECK, "no saved credentials go before the plugin"));
    }
    findings
}

fn of_layer(layer: &Layer, sources: &KnownSources, context: &Context<'_>) -> Vec<Finding> {
    match finding::in_layer(layer, sources) {
        Ok(found) => found.iter().map(|it| warning(it, layer, context)).collect(),
        Err(error) => vec![Finding::failure("nuget-config", error.to_string())],
    }
}

fn warning(found: &SavedCredentials, layer: &Layer, context: &Context<'_>) -> Finding {
    let (name, path) = (excerpt(&found.source), layer.file.path());
    let how = match &found.password {
        Some(Password::ClearText) => "a password in clear text".to_owned(),
        Some(Password::Encrypted) => "an encrypted password".to_owned(),
        Some(Password::Variable(variable)) => match context.environment.get(variable) {
            Some(_) => format!("the password `%{variable}%`"),
            None => format!("the password `%{variable}%`, a variable that is not set,"),
        },
        None => "a user name".to_owned(),
    };
    let (place, reason) = (format!("`{}`, line {}", path.display(), found.line), &found.reason);
    if found.is_certain {
        let what = format!(
            "{place}, has {how} for source `{name}`, which NuGet sends before it asks the plugin \
             ({reason})"
        );
        // Of another folder's file it is known from here alone whose its source is.
        let fix = if path.parent() == Some(&*context.folder) {
            format!("nuget-plugin-codeartifact scrub {} --yes", quoted_path(path))
        } else {
            "nuget-plugin-codeartifact scrub --yes".to_owned()
        };
        if found.password == Some(Password::Encrypted) && !cfg!(windows) {
            let what = format!(
                "{place}, has {how} for source `{name}`, which NuGet cannot decrypt on this system: every \
                 restore fails ({reason})"
            );
            return Finding::failure(CHECK, what).with_fix(fix);
        }
        return Finding::warning(CHECK, what).with_fix(fix);
    }
    let what = format!("{place}, may have {how} of CodeArtifact's (`{name}`: {reason})");
    Finding::warning(CHECK, what).with_advice("remove it by hand if it is CodeArtifact's")
}

fn of_variables(context: &Context<'_>) -> Vec<Finding> {
    let sources = context.config.sources(context.environment).into_iter();
    let ours = sources.filter(|source| context.provider.endpoint(&source.url).is_ok());
    let saved = ours.filter_map(|source| match source.saved {
        Some(Saved::Variable { name }) => Some(name),
        _ => None,
    });
    saved
        .map(|name| {
            let what = format!(
                "the variable {} is set, whose credentials NuGet sends before it asks the plugin",
                excerpt(&name)
            );
            Finding::warning(CHECK, what).with_fix(fix::unset(&name))
        })
        .collect()
}
