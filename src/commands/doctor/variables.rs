//! Variables that change or disable what NuGet finds.

use super::finding::Finding;
use super::fix;
use super::nuget::{Named, NamedFile, Nuget, SHARED_VARIABLE};
use crate::base::environment::Environment;
use crate::base::text::excerpt;
use crate::commands::installation::layout::Client;

/// Time limits in seconds. A plugin needs at least this many on a busy machine.
const LIMITS: [(&str, u64); 2] = [
    ("NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS", 5),
    ("NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS", 5),
];

/// Prefixes of the variables that are read during a restore.
const PREFIXES: [&str; 5] = ["NUGET_", "DOTNET_", "AWS_", "CODEARTIFACT_", "HTTP"];

pub fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    let environment = nuget.environment;
    let mut findings: Vec<Finding> =
        nuget.named.iter().flat_map(|named| plugin_paths(named, nuget)).collect();
    findings.extend(LIMITS.iter().filter_map(|limit| too_short(environment, *limit)));
    findings.extend(dotnet_home(environment));
    findings.extend(plugin_log(environment));
    findings.extend(sudo(nuget));
    findings.extend(not_unicode(environment));
    if findings.is_empty() {
        findings.push(Finding::pass("variables", "No variable changes where NuGet finds plugins"));
    }
    findings
}

fn plugin_paths(named: &Named, nuget: &Nuget<'_>) -> Vec<Finding> {
    let variable = named.variable;
    let mut findings = Vec::new();
    for (path, file) in &named.files {
        if let NamedFile::Unusable(why) = file {
            let what = format!("{variable} names `{}`, {why}", path.display());
            findings.push(wrong_paths("plugin-paths-missing", what, named, nuget));
        }
    }
    if !findings.is_empty() {
        return findings;
    }
    let off = "NuGet then searches neither the plugins folders nor PATH";
    if named.names_this_plugin() {
        let what = format!("{variable} names this plugin; {off}");
        return vec![Finding::pass("plugin-paths", what)];
    }
    let what = format!("{variable} does not name this plugin; {off}");
    vec![wrong_paths("plugin-paths", what, named, nuget)]
}

/// These make `dotnet` fail. Those that only nuget.exe reads are worth a warning.
fn wrong_paths(check: &'static str, what: String, named: &Named, nuget: &Nuget<'_>) -> Finding {
    if named.client == Client::Netfx {
        let what = format!("{what} (only nuget.exe and Visual Studio read it)");
        return Finding::warning(check, what).with_fix(fix::unset(named.variable));
    }
    let fix = match nuget.installed() {
        Some(plugin) if named.variable != SHARED_VARIABLE => {
            fix::set(named.variable, &plugin.to_string_lossy())
        }
        _ => fix::unset(named.variable),
    };
    Finding::failure(check, what).with_fix(fix)
}

fn too_short(environment: &Environment, (variable, fewest): (&str, u64)) -> Option<Finding> {
    let value = environment.get(variable)?;
    if value.trim().parse().is_ok_and(|seconds: u64| seconds >= fewest) {
        return None;
    }
    let what = format!("{variable} is `{}`: less than {fewest} s, or not a number", excerpt(value));
    Some(Finding::warning("plugin-time-limit", what).with_fix(fix::unset(variable)))
}

fn dotnet_home(environment: &Environment) -> Option<Finding> {
    let (check, variable) = ("dotnet-cli-home", "DOTNET_CLI_HOME");
    let home = environment.path(variable)?;
    let shown = home.display();
    if !home.is_absolute() {
        let what = format!("{variable} is `{shown}`, which is relative");
        return Some(Finding::failure(check, what).with_fix(fix::unset(variable)));
    }
    let what = format!(
        "{variable} is set: the SDK looks for plugins and NuGet.Config in `{shown}`, and AWS files stay in \
         the home"
    );
    Some(Finding::pass(check, what))
}

/// NuGet fails if it cannot write its configured log.
fn plugin_log(environment: &Environment) -> Option<Finding> {
    let switch = "NUGET_PLUGIN_ENABLE_LOG";
    let folder = environment.path("NUGET_PLUGIN_LOG_DIRECTORY_PATH")?;
    if !environment.get(switch)?.eq_ignore_ascii_case("true") || folder.is_dir() {
        return None;
    }
    let what = format!(
        "NUGET_PLUGIN_LOG_DIRECTORY_PATH names `{}`, which is not a folder, so NuGet starts no plugin",
        folder.display()
    );
    Some(Finding::failure("plugin-log", what).with_fix(fix::unset(switch)))
}

/// sudo keeps or changes HOME depending on its settings, so files of two users get mixed up.
fn sudo(nuget: &Nuget<'_>) -> Option<Finding> {
    let user = excerpt(nuget.environment.get("SUDO_USER")?);
    let home = nuget.home.as_ref()?;
    if home.file_name().is_some_and(|name| *name == *user) {
        return None;
    }
    let what = format!(
        "Run by `{user}` with sudo: plugins, NuGet.Config and AWS files are those of `{}`",
        home.display()
    );
    let advice = format!(
        "Run `dotnet` without sudo. If root owns files in the home of `{user}`, give them back: \
         sudo chown -R {} ~{user}/.nuget",
        fix::quoted(&user)
    );
    Some(Finding::warning("sudo", what).with_advice(advice))
}

/// .NET reads such a value with replaced characters, and this plugin does not read it.
fn not_unicode(environment: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in environment.not_unicode() {
        if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            let what = format!("{name} is not Unicode text, so programs read it differently");
            findings.push(Finding::failure("variables", what).with_fix(fix::unset(name)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_are_short_or_no_number_are_named() {
        let limit = |value| {
            let environment = Environment::from_pairs([("LIMIT", value)]);
            too_short(&environment, ("LIMIT", 5)).is_some()
        };
        assert_eq!(["4", "5", "60", "soon", "-1"].map(limit), [true, false, false, true, true]);
    }
}
