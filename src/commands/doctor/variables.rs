//! Variables that move or switch off what NuGet finds.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::finding::Finding;
use super::remedy;
use crate::commands::installation::layout::NAME;
use crate::settings::Environment;

const PATHS: [&str; 3] =
    ["NUGET_NETCORE_PLUGIN_PATHS", "NUGET_NETFX_PLUGIN_PATHS", "NUGET_PLUGIN_PATHS"];

/// Seconds, and the fewest with which a plugin has time enough on a busy machine.
const LIMITS: [(&str, u64); 2] = [
    ("NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS", 5),
    ("NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS", 5),
];

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    let environment = context.environment;
    let mut findings: Vec<Finding> =
        named_plugins(environment).into_iter().flat_map(Named::check).collect();
    findings.extend(LIMITS.iter().filter_map(|limit| too_short(environment, *limit)));
    findings.extend(dotnet_home(environment));
    findings.extend(sudo(environment));
    if findings.is_empty() {
        findings.push(Finding::pass("variables", "no variable moves NuGet's plugins"));
    }
    findings
}

/// What one variable names.
#[derive(Debug)]
pub struct Named {
    variable: &'static str,
    pub paths: Vec<PathBuf>,
}

/// The variables that are set: the plugins folders and `PATH` are switched off then.
pub fn named_plugins(environment: &Environment) -> Vec<Named> {
    let named = |variable: &'static str| {
        let value = environment.get(variable)?;
        // The newest variable is a list like `PATH`; the older ones, and older clients, know `;`.
        let is_list = variable == "NUGET_PLUGIN_PATHS" && !cfg!(windows);
        let is_between = |c: char| c == ';' || is_list && c == ':';
        let paths = value.split(is_between).filter(|path| !path.is_empty());
        Some(Named { variable, paths: paths.map(PathBuf::from).collect() })
    };
    PATHS.into_iter().filter_map(named).collect()
}

impl Named {
    fn check(self) -> Vec<Finding> {
        let variable = self.variable;
        let missing = self.paths.iter().filter(|path| !path.exists());
        let missing: Vec<Finding> = missing
            .map(|path| {
                let what = format!("{variable} names `{}`, which is not there", path.display());
                Finding::failure("plugin-paths-missing", what).with_fix(remedy::unset(variable))
            })
            .collect();
        if !missing.is_empty() {
            return missing;
        }
        let off = "it switches off the plugins folders and PATH";
        if self.paths.iter().any(|path| is_ours(path)) {
            let what = format!("{variable} is set, and names this plugin; {off}");
            return vec![Finding::pass("plugin-paths", what)];
        }
        let what = format!("{variable} is set, and does not name this plugin; {off}");
        vec![Finding::failure("plugin-paths", what).with_fix(remedy::unset(variable))]
    }
}

/// Whether it is a file of ours, or a folder with one that is found there.
fn is_ours(path: &Path) -> bool {
    let direct = format!("nuget-plugin-codeartifact{}", std::env::consts::EXE_SUFFIX);
    let stem = path.file_stem().unwrap_or_default();
    let is_file = stem == NAME || stem == "nuget-plugin-codeartifact" || path.ends_with(NAME);
    is_file || path.join(direct).is_file()
}

fn too_short(environment: &Environment, (variable, fewest): (&str, u64)) -> Option<Finding> {
    let value = environment.get(variable)?;
    if value.trim().parse().is_ok_and(|seconds: u64| seconds >= fewest) {
        return None;
    }
    let value = crate::text::excerpt(value);
    let what = format!("{variable} is `{value}`: less than {fewest} s, or no number");
    Some(Finding::warning("plugin-time-limit", what).with_fix(remedy::unset(variable)))
}

fn dotnet_home(environment: &Environment) -> Option<Finding> {
    let home = environment.path("DOTNET_CLI_HOME")?;
    let shown = home.display();
    if !home.is_absolute() {
        let what = format!("DOTNET_CLI_HOME is `{shown}`, which is relative");
        let unset = remedy::unset("DOTNET_CLI_HOME");
        return Some(Finding::failure("dotnet-cli-home", what).with_fix(unset));
    }
    let what = format!(
        "DOTNET_CLI_HOME is set: the SDK looks for plugins and NuGet.Config in `{shown}`, and AWS files stay in the home"
    );
    Some(Finding::pass("dotnet-cli-home", what))
}

fn sudo(environment: &Environment) -> Option<Finding> {
    let user = crate::text::excerpt(environment.get("SUDO_USER")?);
    let home = environment.home()?;
    if home.file_name().is_some_and(|name| *name == *user) {
        return None;
    }
    let what = format!(
        "run by `{user}` with sudo: plugins, NuGet.Config and AWS files are those of `{}`",
        home.display()
    );
    Some(Finding::warning("sudo", what).with_fix("sudo --preserve-env=HOME dotnet restore"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_as_nuget_cuts_them() {
        let environment = Environment::from_pairs([
            ("NUGET_NETCORE_PLUGIN_PATHS", "/a:b.dll;/c.dll;"),
            ("NUGET_PLUGIN_PATHS", "/d:/e;/f"),
        ]);
        let named = named_plugins(&environment);
        assert_eq!(named[0].paths, ["/a:b.dll", "/c.dll"].map(PathBuf::from));
        assert_eq!(named[1].paths, ["/d", "/e", "/f"].map(PathBuf::from));
    }

    #[test]
    fn limits_that_are_short_or_no_number_are_named() {
        let limit = |value| {
            let environment = Environment::from_pairs([("LIMIT", value)]);
            too_short(&environment, ("LIMIT", 5)).is_some()
        };
        assert_eq!(["4", "5", "60", "soon", "-1"].map(limit), [true, false, false, true, true]);
    }
}
