//! Other vendors' plugins: NuGet asks them as well, and one that fails ends the search for a token.

use std::path::{Path, PathBuf};

use super::context::{Context, names_in};
use super::finding::{Finding, Outcome};
use super::{fix, path, plugin_folders, variables};
use crate::commands::aws_provider::Amazons;
use crate::commands::installation::layout::{Client, NAME};

const CHECK: &str = "other-plugin";

/// How the files of AWS's own provider begin.
const AMAZONS: &str = "AWS.CodeArtifact.";

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    if variables::named_plugins(context.environment).is_some() {
        return vec![Finding::skipped(
            CHECK,
            "other plugins: the folders and PATH are switched off",
        )];
    }
    let mut others = in_folders(context);
    // Those on PATH come after the folders, so that only without us there they are in our way.
    if !plugin_folders::is_found(context) {
        others.extend(on_path(context));
    }
    let findings: Vec<Finding> =
        others.iter().flat_map(|other| other.check(context.host.as_deref())).collect();
    if findings.is_empty() {
        return vec![Finding::pass(CHECK, "no other plugin goes before this one")];
    }
    findings
}

/// Somebody else's plugin.
struct Other {
    file: PathBuf,
    /// What is to be moved to be rid of it.
    place: PathBuf,
    start: Start,
}

/// How NuGet starts it.
enum Start {
    /// By `dotnet`.
    Host,
    Itself,
    /// By a .NET Framework that is not here.
    Elsewhere,
}

/// In the plugins folder that is searched now.
fn in_folders(context: &Context<'_>) -> Vec<Other> {
    let plugins = context.locations.plugins_dirs().pop();
    let folders = plugins.into_iter().flat_map(|plugins| {
        Client::ALL.into_iter().filter_map(move |client| {
            Some((client, client.folder(&plugins).parent()?.to_path_buf()))
        })
    });
    folders.flat_map(|(client, folder)| of_client(client, &folder)).collect()
}

fn of_client(client: Client, folder: &Path) -> Vec<Other> {
    let names = names_in(folder).unwrap_or_default().into_iter().filter(|name| name != NAME);
    let others = names.map(|name| {
        let place = folder.join(&name);
        let extension = if client == Client::Netcore { "dll" } else { "exe" };
        let start = match client {
            Client::Netcore => Start::Host,
            Client::Netfx if cfg!(windows) => Start::Itself,
            Client::Netfx => Start::Elsewhere,
        };
        Other { file: place.join(format!("{name}.{extension}")), place, start }
    });
    others.filter(|other| other.file.is_file()).collect()
}

fn on_path(context: &Context<'_>) -> Vec<Other> {
    let files = path::files(&context.path_folders()).into_iter();
    let files = files.filter(|file| !file.is_ours && file.state == path::State::Startable);
    files
        .map(|file| Other { place: file.path.clone(), file: file.path, start: Start::Itself })
        .collect()
}

impl Other {
    fn check(&self, host: Option<&Path>) -> Vec<Finding> {
        let started = self.start(host);
        // The same would be said of it twice, and moved away twice.
        match started.as_ref().map(|finding| finding.outcome) {
            Some(Outcome::Failure) => started.into_iter().collect(),
            _ => self.aws_provider().into_iter().chain(started).collect(),
        }
    }

    fn aws_provider(&self) -> Option<Finding> {
        let name = self.file.file_name()?.to_str()?;
        let is_amazons = name.starts_with(AMAZONS);
        is_amazons.then(|| {
            let what = format!(
                "AWS's own provider `{}` is installed as well: whichever NuGet finds first \
                 answers, and the other is not asked",
                self.file.display()
            );
            let aside = fix::move_aside(&self.place);
            Finding::warning("amazons-provider", what).with_fix(match self.told() {
                Some(file) => {
                    let file = fix::quoted_path(&file);
                    format!("nuget-plugin-codeartifact configure import {file} && {aside}")
                }
                None => aside,
            })
        })
    }

    /// Where it was told a profile, which would be lost.
    fn told(&self) -> Option<PathBuf> {
        let file = self.place.join("configuration.json");
        let told = Amazons::read(&file).ok()?;
        (told.default_profile.is_some() || !told.profiles.is_empty()).then_some(file)
    }

    fn start(&self, host: Option<&Path>) -> Option<Finding> {
        let shown = self.file.display();
        let answer = match (&self.start, host) {
            (Start::Host, Some(host)) => plugin_folders::start(host, Some(&self.file)),
            (Start::Host, None) => {
                let what = format!("`{shown}` was not tried, since there is no `dotnet`");
                return Some(Finding::skipped(CHECK, what));
            }
            (Start::Itself, _) => plugin_folders::start(&self.file, None),
            (Start::Elsewhere, _) => return None,
        };
        Some(match answer {
            Ok(time) => {
                Finding::pass(CHECK, format!("`{shown}` answers in {} ms", time.as_millis()))
            }
            Err(problem) => {
                let problem = problem.to_string().replace("\n  ", " ");
                let what = format!(
                    "`{shown}` does not work, and NuGet may ask it before this plugin and stop: \
                     {problem}"
                );
                Finding::failure(CHECK, what).with_fix(match self.start {
                    // Under any name that begins so NuGet takes it.
                    Start::Itself if self.place == self.file => fix::stop_running(&self.file),
                    _ => fix::move_aside(&self.place),
                })
            }
        })
    }
}
