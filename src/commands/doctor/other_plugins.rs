//! Other vendors' plugins: NuGet asks them as well, and one that fails ends the search for a token.

use std::path::{Path, PathBuf};

use super::context::{Context, names_in};
use super::finding::Finding;
use super::{path, plugin_folders, remedy, variables};
use crate::commands::installation::layout::{Client, NAME};

const CHECK: &str = "other-plugin";

/// How the files of AWS's own provider begin.
const AMAZONS: &str = "AWS.CodeArtifact.";

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    if !variables::named_plugins(context.environment).is_empty() {
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
    needs_host: bool,
}

fn in_folders(context: &Context<'_>) -> Vec<Other> {
    let plugins = context.locations.plugins_dirs();
    let client = Client::Netcore;
    let folders =
        plugins.last().and_then(|plugins| client.folder(plugins).parent().map(Path::to_path_buf));
    let folders = folders.into_iter().flat_map(|folder| {
        let names = names_in(&folder).unwrap_or_default();
        names.into_iter().map(move |name| (folder.join(&name), name))
    });
    let others = folders.filter(|(_, name)| name != NAME);
    let others = others.map(|(place, name)| Other {
        file: place.join(format!("{name}.dll")),
        place,
        needs_host: true,
    });
    others.filter(|other| other.file.is_file()).collect()
}

fn on_path(context: &Context<'_>) -> Vec<Other> {
    let files = path::files(&context.path_folders()).into_iter();
    let files = files.filter(|file| !file.is_ours && file.state == path::State::Startable);
    files
        .map(|file| Other { place: file.path.clone(), file: file.path, needs_host: false })
        .collect()
}

impl Other {
    fn check(&self, host: Option<&Path>) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.amazons().into_iter().collect();
        findings.push(self.start(host));
        findings
    }

    fn amazons(&self) -> Option<Finding> {
        let name = self.file.file_name()?.to_str()?;
        let is_amazons = name.starts_with(AMAZONS);
        is_amazons.then(|| {
            let what = format!(
                "AWS's own provider `{}` is installed as well: whichever NuGet finds first \
                 answers, and the other is not asked",
                self.file.display()
            );
            Finding::warning("amazons-provider", what).with_fix(remedy::move_aside(&self.place))
        })
    }

    fn start(&self, host: Option<&Path>) -> Finding {
        let shown = self.file.display();
        let answer = match (self.needs_host, host) {
            (true, Some(host)) => plugin_folders::start(host, Some(&self.file)),
            (true, None) => {
                let what = format!("`{shown}` was not tried, since there is no `dotnet`");
                return Finding::skipped(CHECK, what);
            }
            (false, _) => plugin_folders::start(&self.file, None),
        };
        match answer {
            Ok(time) => {
                Finding::pass(CHECK, format!("`{shown}` answers in {} ms", time.as_millis()))
            }
            Err(problem) => {
                let problem = problem.to_string().replace("\n  ", " ");
                let what = format!(
                    "`{shown}` does not work, and NuGet may ask it before this plugin and stop: \
                     {problem}"
                );
                Finding::failure(CHECK, what).with_fix(remedy::move_aside(&self.place))
            }
        }
    }
}
