//! Whom AWS's own provider, and the AWS Toolkit inside Visual Studio, ask by: where they are there,
//! they may answer before this plugin, and by another identity.

use std::path::Path;

use super::context::{Context, names_in};
use super::finding::Finding;
use super::fix::{self, quoted};
use super::sources::Examined;
use crate::aws::Identity;
use crate::base::text::excerpt;
use crate::commands::aws_provider::{self, Amazons};
use crate::endpoint::{Domain, RepositoryEndpoint};

const CHECK: &str = "aws-toolkit";

/// Nothing is said where they were told nothing.
pub fn check(context: &Context<'_>, told: &[(&Examined, Identity)]) -> Vec<Finding> {
    let places = aws_provider::places(&context.locations.plugins_dirs());
    let Some(file) = places.into_iter().find(|file| file.is_file() && counts(file)) else {
        return Vec::new();
    };
    let aws_provider = match Amazons::read(&file) {
        Ok(aws_provider) => aws_provider,
        Err(error) => {
            let aside = fix::move_aside(&file);
            return vec![Finding::warning(CHECK, error.to_string()).with_fix(aside)];
        }
    };
    let differing = told.iter().filter_map(|(one, identity)| {
        let theirs = aws_provider.profile_for(&one.url)?;
        (!is_profile(identity, theirs)).then(|| differs(&file, theirs, one, identity))
    });
    let findings: Vec<Finding> = differing.collect();
    if findings.is_empty() {
        let what = format!("`{}` names no other profile than the plugin's", file.display());
        return vec![Finding::pass(CHECK, what)];
    }
    findings
}

/// The Toolkit is for Windows; the provider is there where its files are.
fn counts(file: &Path) -> bool {
    let names = file.parent().and_then(names_in).unwrap_or_default();
    cfg!(windows)
        || names.iter().any(|name| Path::new(name).extension().is_some_and(|end| end == "dll"))
}

fn is_profile(identity: &Identity, name: &str) -> bool {
    let description = identity.description();
    identity.profile_of_credentials() == Some(name) && description.label == description.from
}

fn differs(file: &Path, theirs: &str, one: &Examined, identity: &Identity) -> Finding {
    let what = format!(
        "`{}` has profile `{}` for {}, for which this plugin asks by {}: AWS's own provider uses that \
         one, and so does the AWS Toolkit, which Visual Studio asks first",
        file.display(),
        excerpt(theirs),
        one.shown(),
        identity.label
    );
    let RepositoryEndpoint { domain: Domain { name, owner, region }, repository, .. } =
        &one.endpoint;
    let fix = format!(
        "nuget-plugin-codeartifact configure rule add --first --domain {name} --owner {owner} --region \
         {region} --repository {repository} --profile {}",
        quoted(theirs)
    );
    Finding::warning(CHECK, what).with_fix(fix)
}
