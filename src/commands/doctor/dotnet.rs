//! The `dotnet` that a restore would use here, and where its NuGet searches for plugins.

use std::path::Path;

use super::finding::Finding;
use super::fix::quoted_path;
use super::nuget::Nuget;
use super::signatures;
use crate::base::text::excerpt;
use crate::commands::installation::dotnet::searches_path;
use crate::commands::installation::global_json::{GlobalJson, Syntax};

const DOWNLOAD: &str =
    "Install the .NET SDK (https://dot.net/download), or add the folder of `dotnet` to PATH.";

pub async fn check(nuget: &Nuget<'_>) -> Vec<Finding> {
    let Some(host) = &nuget.host else {
        let what = "No `dotnet` on PATH, in DOTNET_ROOT or in the usual folders";
        return vec![Finding::warning("dotnet", what).with_advice(DOWNLOAD)];
    };
    let (installed, chosen, of_nuget) = tokio::join!(
        nuget.ask(host, &["--list-sdks"]),
        nuget.sdk(host),
        nuget.ask(host, &["nuget", "--version"]),
    );
    let is_listed = installed.is_ok();
    let installed = versions(&installed.unwrap_or_default());
    let of_nuget = of_nuget.as_deref().ok().and_then(release);
    let mut findings = Vec::new();
    let finding = match (chosen, &nuget.global_json) {
        (_, Some(file)) if file.has_paths => of_repository(file),
        (Ok(version), _) => {
            let version = excerpt(version.trim());
            findings.extend(signatures::of_dotnet(nuget, &version, of_nuget));
            chosen_sdk(host, &version, of_nuget, &installed)
        }
        (Err(_), _) if is_listed && installed.is_empty() => {
            let what =
                format!("`{}` has no SDK, so `dotnet restore` does not work", host.display());
            Finding::warning("dotnet", what).with_advice(DOWNLOAD)
        }
        (Err(why), Some(file)) if is_listed => unchosen(file, why, &installed),
        (Err(why), _) => {
            let what = format!("`dotnet` does not work here: {why}");
            Finding::failure("dotnet-sdk", what)
                .with_advice(format!("Show more: {} --info", quoted_path(host)))
        }
    };
    findings.insert(0, finding);
    findings
}

/// The repository brings SDKs along, or names folders with some. Nothing of it is started here.
fn of_repository(file: &GlobalJson) -> Finding {
    let path = file.path.display();
    let what = format!(
        "`{path}` names folders of SDKs (`sdk.paths`), whose code any `dotnet` command here runs; \
         doctor does not, so it cannot tell which SDK restores"
    );
    Finding::warning("dotnet", what).with_advice(
        "Check that you trust the repository before you run `dotnet` in it, or remove `sdk.paths`.",
    )
}

/// `global.json` asks for an SDK that is not installed, or is not readable.
fn unchosen(file: &GlobalJson, why: &str, installed: &[String]) -> Finding {
    let what = format!("No SDK can be chosen in this folder ({why})");
    let path = file.path.display();
    Finding::failure("dotnet-sdk", what).with_advice(match file.syntax {
        Syntax::Good => format!(
            "Name an installed SDK in global.json ({}), or let it `rollForward`.",
            installed.join(", ")
        ),
        Syntax::TrailingComma => format!("Remove the comma before a bracket from `{path}`."),
        Syntax::Bad => format!("Make `{path}` a JSON object, as `dotnet new globaljson` does."),
    })
}

/// The SDK that restores in this folder.
fn chosen_sdk(host: &Path, version: &str, of_nuget: Option<&str>, installed: &[String]) -> Finding {
    let finds = if searches_path(version) {
        "in the plugins folders and on PATH"
    } else {
        "in the plugins folders only (SDK 9.0.200 and newer also search PATH)"
    };
    let with_nuget = of_nuget.map(|release| format!(" with NuGet {release}"));
    let what = format!(
        "SDK {version}{} of `{}` finds plugins {finds}; installed: {}",
        with_nuget.unwrap_or_default(),
        host.display(),
        installed.join(", ")
    );
    Finding::pass("dotnet", what)
}

/// The numbers of NuGet's version. A label and a commit follow them.
fn release(printed: &str) -> Option<&str> {
    let version = printed.split_whitespace().last()?.split(['-', '+']).next()?;
    version.split('.').all(|part| part.parse::<u32>().is_ok()).then_some(version)
}

/// The versions in the output of `--list-sdks`, which also has their folders.
fn versions(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.split_whitespace().next()).map(excerpt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_sdk_finds_depends_on_its_version() {
        let finds = |version| {
            let finding = chosen_sdk(Path::new("dotnet"), version, None, &[]);
            finding.message.contains(" and on PATH")
        };
        let found = ["8.0.404", "9.0.102", "9.0.200", "10.0.100-rc.1", "10.0.401"].map(finds);
        assert_eq!(found, [false, false, true, true, true]);
    }

    #[test]
    fn nugets_version_is_its_numbers() {
        for (printed, version) in [
            ("7.9.0-rc.42413+e34a38d2\n", Some("7.9.0")),
            ("NuGet Command Line\n6.12.4.1\n", Some("6.12.4.1")),
            ("an error", None),
            ("", None),
        ] {
            assert_eq!(release(printed), version);
        }
    }

    #[test]
    fn an_sdk_is_named_by_its_version_alone() {
        let list = "9.0.100 [/usr/share/dotnet/sdk]\n10.0.401 [/usr/share/dotnet/sdk]\n";
        assert_eq!(versions(list), ["9.0.100", "10.0.401"]);
    }
}
