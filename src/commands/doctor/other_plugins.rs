//! Other vendors' plugins. NuGet calls them too, and one that fails ends the search for a token.
//! The usual one is AWS's own provider, whose profiles the AWS Toolkit inside Visual Studio shares.

use std::path::{Path, PathBuf};

use super::concurrently;
use super::finding::{Finding, Outcome};
use super::fix::{self, quoted};
use super::nuget::{self, Nuget, PathFile, State};
use super::sources::Examined;
use crate::aws::Identity;
use crate::base::invocation::command_name;
use crate::base::text::excerpt;
use crate::commands::aws_provider::{self, AwsProviderProfiles};
use crate::commands::installation::layout::{Client, NAME};
use crate::endpoint::{Domain, RepositoryEndpoint};

const CHECK: &str = "other-plugin";

const TOOLKIT: &str = "aws-toolkit";

/// The prefix of the file names of AWS's own provider.
const AMAZONS: &str = "AWS.CodeArtifact.";

pub async fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    if nuget.named_for_dotnet().is_some() {
        let what =
            "Other plugins were not checked: a variable switches off the plugins folders and PATH";
        return vec![Finding::skipped(CHECK, what)];
    }
    let mut others = in_plugins_folders(nuget);
    // NuGet searches PATH last, so a plugin there is called before this one only if the plugins
    // folders lack this one.
    if nuget.installed().is_none() {
        let on_path = nuget.path_files.iter();
        others.extend(on_path.filter(|file| !file.is_ours).filter_map(Other::on_path));
    }
    let checks = others.iter().map(|other| other.check(nuget));
    let findings: Vec<Finding> = concurrently::all(checks).await.into_iter().flatten().collect();
    if findings.is_empty() {
        return vec![Finding::pass(CHECK, "No other plugin comes before this one")];
    }
    findings
}

/// Another vendor's plugin.
struct Other {
    file: PathBuf,
    /// The path that a user moves away to disable it.
    place: PathBuf,
    start: Start,
}

/// How NuGet starts it.
enum Start {
    /// Through `dotnet`.
    Host,
    Itself,
    /// Through .NET Framework, which this system does not have.
    Elsewhere,
}

/// The plugins in the folders that clients search now. NuGet starts the file that has the name of
/// its folder.
fn in_plugins_folders(nuget: &Nuget<'_>) -> Vec<Other> {
    let mut others = Vec::new();
    let Some(plugins) = nuget.locations.plugins_dirs().pop() else { return others };
    for client in Client::ALL {
        let ours = client.folder(&plugins);
        let folder = ours.parent().unwrap_or(&plugins);
        for name in nuget::names_in(folder).into_iter().filter(|name| name != NAME) {
            let place = folder.join(&name);
            let file = place.join(format!("{name}.{}", nuget::extension(client)));
            let start = match client {
                Client::Netcore => Start::Host,
                Client::Netfx if cfg!(windows) => Start::Itself,
                Client::Netfx => Start::Elsewhere,
            };
            if file.is_file() {
                others.push(Other { file, place, start });
            }
        }
    }
    others
}

impl Other {
    fn on_path(file: &PathFile) -> Option<Self> {
        let (file, is_startable) = (file.path.clone(), file.state == State::Startable);
        is_startable.then(|| Self { place: file.clone(), file, start: Start::Itself })
    }

    async fn check(&self, nuget: &Nuget<'_>) -> Vec<Finding> {
        let started = self.started(nuget).await;
        // If it does not work, the fix above moves it away already.
        let is_broken = started.as_ref().is_some_and(|it| it.outcome == Outcome::Failure);
        let aws_provider = if is_broken { None } else { self.aws_provider() };
        aws_provider.into_iter().chain(started).collect()
    }

    fn aws_provider(&self) -> Option<Finding> {
        if !self.file.file_name()?.to_str()?.starts_with(AMAZONS) {
            return None;
        }
        let what = format!(
            "AWS's own provider `{}` is installed too. NuGet uses the one that it finds first",
            self.file.display()
        );
        let mut fix = fix::move_aside(&self.place);
        // The profiles in its configuration would be lost.
        let file = self.place.join("configuration.json");
        if let Ok(theirs) = AwsProviderProfiles::read(&file)
            && (theirs.default_profile.is_some() || !theirs.profiles.is_empty())
        {
            let file = fix::quoted_path(&file);
            fix = format!("{} configure import {file} && {fix}", command_name());
        }
        Some(Finding::warning("amazons-provider", what).with_fix(fix))
    }

    async fn started(&self, nuget: &Nuget<'_>) -> Option<Finding> {
        let shown = self.file.display();
        let answer = match (&self.start, &nuget.host) {
            (Start::Host, Some(host)) => nuget.start(host, Some(&self.file)).await,
            (Start::Host, None) => {
                let what = format!("`{shown}` was not started, because there is no `dotnet`");
                return Some(Finding::skipped(CHECK, what));
            }
            (Start::Itself, _) => nuget.start(&self.file, None).await,
            (Start::Elsewhere, _) => return None,
        };
        let problem = match answer {
            Ok(time) => {
                return Some(Finding::pass(CHECK, format!("`{shown}` responds in {time} ms")));
            }
            Err(problem) => problem,
        };
        let what = format!(
            "`{shown}` does not work, and NuGet may start it before this plugin and stop: {problem}"
        );
        // NuGet starts a file on PATH under any name with this prefix.
        let fix = if self.place == self.file {
            fix::stop_running(&self.file)
        } else {
            fix::move_aside(&self.place)
        };
        Some(Finding::failure(CHECK, what).with_fix(fix))
    }
}

/// Whether AWS's own provider uses another profile than this plugin. It may answer first, and so
/// may the AWS Toolkit, which Visual Studio calls first. Nothing is found if they have no profile.
pub fn aws_toolkit(nuget: &Nuget<'_>, identities: &[(&Examined, &Identity)]) -> Vec<Finding> {
    let places = aws_provider::places(&nuget.locations.plugins_dirs());
    let Some(file) = places.into_iter().find(|file| file.is_file() && is_read(file)) else {
        return Vec::new();
    };
    let profiles = match AwsProviderProfiles::read(&file) {
        Ok(profiles) => profiles,
        Err(error) => {
            let aside = fix::move_aside(&file);
            return vec![Finding::warning(TOOLKIT, error.to_string()).with_fix(aside)];
        }
    };
    let mut findings = Vec::new();
    for (one, identity) in identities {
        let theirs = profiles.profile_for(&one.url);
        if let Some(theirs) = theirs.filter(|theirs| !is_profile(identity, theirs)) {
            findings.push(other_profile(&file, theirs, one, identity));
        }
    }
    if findings.is_empty() {
        let what = format!("`{}` names no other profile than the plugin's", file.display());
        return vec![Finding::pass(TOOLKIT, what)];
    }
    findings
}

/// The Toolkit runs on Windows, and reads the file even if the provider is not installed.
fn is_read(file: &Path) -> bool {
    let names = file.parent().map(nuget::names_in).unwrap_or_default();
    cfg!(windows) || names.iter().any(|name| nuget::has_extension(Path::new(name), "dll"))
}

fn is_profile(identity: &Identity, name: &str) -> bool {
    let description = identity.description();
    identity.profile_of_credentials() == Some(name) && description.label == description.from
}

fn other_profile(file: &Path, theirs: &str, one: &Examined, identity: &Identity) -> Finding {
    let what = format!(
        "`{}` has profile `{}` for {}, but this plugin uses {}. AWS's own provider and the AWS Toolkit, \
         which Visual Studio calls first, use that profile",
        file.display(),
        excerpt(theirs),
        one.shown(),
        identity.label
    );
    let RepositoryEndpoint { domain: Domain { name, owner, region }, repository, .. } =
        &one.endpoint;
    Finding::warning(TOOLKIT, what).with_fix(format!(
        "{} configure rule add --first --domain {name} --owner {owner} --region {region} \
         --repository {repository} --profile {}",
        command_name(),
        quoted(theirs)
    ))
}
