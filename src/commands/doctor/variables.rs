//! Variables that move or switch off what NuGet finds.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::finding::Finding;
use super::fix;
use crate::base::environment::Environment;
use crate::commands::installation::layout::{Client, NAME};

/// Seconds, and the fewest with which a plugin has time enough on a busy machine.
const LIMITS: [(&str, u64); 2] = [
    ("NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS", 5),
    ("NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS", 5),
];

pub fn check(context: &Context<'_>) -> Vec<Finding> {
    let environment = context.environment;
    let mut findings: Vec<Finding> = Reader::ALL
        .into_iter()
        .filter_map(|reader| Named::by(reader, environment))
        .flat_map(|named| named.check(context))
        .collect();
    findings.extend(LIMITS.iter().filter_map(|limit| too_short(environment, *limit)));
    findings.extend(dotnet_home(environment));
    findings.extend(plugin_log(environment));
    findings.extend(sudo(environment));
    findings.extend(not_unicode(environment));
    if findings.is_empty() {
        findings.push(Finding::pass("variables", "no variable moves NuGet's plugins"));
    }
    findings
}

/// Who reads the variables, each its own first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Dotnet,
    /// nuget.exe and its like.
    Framework,
}

impl Reader {
    const ALL: [Self; 2] = [Self::Dotnet, Self::Framework];

    fn own_variable(self) -> &'static str {
        match self {
            Self::Dotnet => "NUGET_NETCORE_PLUGIN_PATHS",
            Self::Framework => "NUGET_NETFX_PLUGIN_PATHS",
        }
    }
}

/// For both, where the variable of its own is not set.
const SHARED: &str = "NUGET_PLUGIN_PATHS";

/// What the variable that a reader reads names: the plugins folders and `PATH` are switched off for it.
#[derive(Debug)]
pub struct Named {
    reader: Reader,
    variable: &'static str,
    pub paths: Vec<PathBuf>,
}

/// What `dotnet` is told, if it is told anything.
pub fn named_plugins(environment: &Environment) -> Option<Named> {
    Named::by(Reader::Dotnet, environment)
}

/// Every path that some variable names.
pub fn all_named(environment: &Environment) -> Vec<PathBuf> {
    let named = Reader::ALL.into_iter().filter_map(|reader| Named::by(reader, environment));
    named.flat_map(|named| named.paths).collect()
}

/// How one of the paths does.
enum Judged {
    /// Whether it is this plugin.
    Usable(bool),
    /// NuGet passes it over.
    Missing,
    /// Why NuGet fails with it.
    Unusable(&'static str),
}

impl Named {
    fn by(reader: Reader, environment: &Environment) -> Option<Self> {
        let value = |variable| environment.get(variable).filter(|value| !value.is_empty());
        let own = reader.own_variable();
        let (variable, value) = match value(own) {
            Some(value) => (own, value),
            // It is told once, for `dotnet`.
            None if reader == Reader::Framework => return None,
            None => (SHARED, value(SHARED)?),
        };
        let separator = if cfg!(windows) { ';' } else { ':' };
        let paths = value.split(separator).filter(|path| !path.is_empty());
        Some(Self { reader, variable, paths: paths.map(PathBuf::from).collect() })
    }

    /// Whether one of the paths is this plugin.
    pub fn names_this_plugin(&self) -> bool {
        self.paths.iter().any(|path| matches!(self.judge(path), Judged::Usable(true)))
    }

    fn check(self, context: &Context<'_>) -> Vec<Finding> {
        let variable = self.variable;
        let judged: Vec<Judged> = self.paths.iter().map(|path| self.judge(path)).collect();
        let unusable = self.paths.iter().zip(&judged).filter_map(|(path, judged)| {
            let why = match judged {
                Judged::Unusable(why) => *why,
                // Of its own variable every reader wants each file to be there.
                Judged::Missing if variable != SHARED => "which is not there",
                _ => return None,
            };
            let what = format!("{variable} names `{}`, {why}", path.display());
            Some(self.failure("plugin-paths-missing", what, context))
        });
        let unusable: Vec<Finding> = unusable.collect();
        if !unusable.is_empty() {
            return unusable;
        }
        let off = "it switches off the plugins folders and PATH";
        if judged.iter().any(|judged| matches!(judged, Judged::Usable(true))) {
            let what = format!("{variable} is set, and names this plugin; {off}");
            return vec![Finding::pass("plugin-paths", what)];
        }
        let what = format!("{variable} is set, and does not name this plugin; {off}");
        vec![self.failure("plugin-paths", what, context)]
    }

    /// For nuget.exe alone it is none of `dotnet`'s.
    fn failure(&self, check: &'static str, what: String, context: &Context<'_>) -> Finding {
        let installed =
            Client::Netcore.folder(&context.locations.plugins_dirs().pop().unwrap_or_default());
        let installed = installed.join(format!("{NAME}.dll"));
        let fix = match self.reader {
            Reader::Dotnet if self.variable != SHARED && installed.is_file() => {
                fix::set(self.variable, &installed.to_string_lossy())
            }
            _ => fix::unset(self.variable),
        };
        match self.reader {
            Reader::Dotnet => Finding::failure(check, what).with_fix(fix),
            Reader::Framework => {
                let what = format!("{what} (nuget.exe and its like alone read it)");
                Finding::warning(check, what).with_fix(fix)
            }
        }
    }

    fn judge(&self, path: &Path) -> Judged {
        let has_extension = |wanted: &str| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
        };
        let stem = path.file_stem().unwrap_or_default();
        let is_plugin_name = stem.to_string_lossy().starts_with("nuget-plugin-");
        match path.metadata() {
            _ if !path.is_absolute() => Judged::Unusable("which is relative"),
            Err(_) => Judged::Missing,
            Ok(found) if found.is_dir() && self.variable != SHARED => {
                Judged::Unusable("which is a folder, where files are wanted")
            }
            Ok(found) if found.is_dir() => {
                let ours = format!("nuget-plugin-codeartifact{}", std::env::consts::EXE_SUFFIX);
                Judged::Usable(path.join(ours).is_file())
            }
            Ok(_) if self.variable == SHARED && is_plugin_name => {
                Judged::Usable(stem == "nuget-plugin-codeartifact")
            }
            Ok(_) if self.reader == Reader::Dotnet && !has_extension("dll") => {
                Judged::Unusable("which `dotnet` cannot start: it wants the `.dll`")
            }
            Ok(_) => Judged::Usable(stem == NAME),
        }
    }
}

/// NuGet fails where it cannot write the log that it is to write.
fn plugin_log(environment: &Environment) -> Option<Finding> {
    let is_on = environment.get("NUGET_PLUGIN_ENABLE_LOG")?.eq_ignore_ascii_case("true");
    let folder = environment.path("NUGET_PLUGIN_LOG_DIRECTORY_PATH").filter(|_| is_on)?;
    if folder.is_dir() {
        return None;
    }
    let what = format!(
        "NUGET_PLUGIN_LOG_DIRECTORY_PATH names `{}`, which is no folder, and NuGet starts no plugin \
         because of it",
        folder.display()
    );
    let fix = fix::unset("NUGET_PLUGIN_ENABLE_LOG");
    Some(Finding::failure("plugin-log", what).with_fix(fix))
}

/// .NET reads it with other characters in it, and this plugin not at all.
fn not_unicode(environment: &Environment) -> Vec<Finding> {
    const OURS: [&str; 5] = ["NUGET_", "DOTNET_", "AWS_", "CODEARTIFACT_", "HTTP"];
    let names = environment.not_unicode().into_iter();
    let names = names.filter(|name| OURS.iter().any(|prefix| name.starts_with(prefix)));
    let finding = names.map(|name| {
        let what = format!("{name} is no Unicode text, and nobody takes it as it is meant");
        Finding::failure("variables", what).with_fix(fix::unset(name))
    });
    finding.collect()
}

fn too_short(environment: &Environment, (variable, fewest): (&str, u64)) -> Option<Finding> {
    let value = environment.get(variable)?;
    if value.trim().parse().is_ok_and(|seconds: u64| seconds >= fewest) {
        return None;
    }
    let value = crate::base::text::excerpt(value);
    let what = format!("{variable} is `{value}`: less than {fewest} s, or no number");
    Some(Finding::warning("plugin-time-limit", what).with_fix(fix::unset(variable)))
}

fn dotnet_home(environment: &Environment) -> Option<Finding> {
    let home = environment.path("DOTNET_CLI_HOME")?;
    let shown = home.display();
    if !home.is_absolute() {
        let what = format!("DOTNET_CLI_HOME is `{shown}`, which is relative");
        let unset = fix::unset("DOTNET_CLI_HOME");
        return Some(Finding::failure("dotnet-cli-home", what).with_fix(unset));
    }
    let what = format!(
        "DOTNET_CLI_HOME is set: the SDK looks for plugins and NuGet.Config in `{shown}`, and AWS files stay in the home"
    );
    Some(Finding::pass("dotnet-cli-home", what))
}

fn sudo(environment: &Environment) -> Option<Finding> {
    let user = crate::base::text::excerpt(environment.get("SUDO_USER")?);
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
    fn each_reader_reads_its_own_variable_first() {
        let environment = Environment::from_pairs([
            ("NUGET_NETCORE_PLUGIN_PATHS", "/a.dll:/c.dll:"),
            ("NUGET_PLUGIN_PATHS", "/d:/e"),
        ]);
        let paths = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(named_plugins(&environment).unwrap().paths, paths(&["/a.dll", "/c.dll"]));
        let shared = Environment::from_pairs([
            ("NUGET_NETCORE_PLUGIN_PATHS", ""),
            ("NUGET_PLUGIN_PATHS", "/d:/e"),
        ]);
        assert_eq!(named_plugins(&shared).unwrap().paths, paths(&["/d", "/e"]));
        assert!(
            named_plugins(&Environment::from_pairs([("NUGET_NETFX_PLUGIN_PATHS", "/f")])).is_none()
        );
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
