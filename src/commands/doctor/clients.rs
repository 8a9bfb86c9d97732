//! The `dotnet` that would restore here, and what its NuGet can find.

use super::context::Context;
use super::finding::Finding;
use super::fix::quoted_path;
use super::program;
use crate::base::text::excerpt;

const DOWNLOAD: &str =
    "install the .NET SDK (https://dot.net/download), or put the folder of `dotnet` on PATH";

/// The first SDK whose NuGet looks on `PATH`.
const FINDS_ON_PATH: (u32, u32, u32) = (9, 0, 200);

pub async fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(host) = &context.host else {
        let what = "no `dotnet` on PATH, in DOTNET_ROOT or in a usual place";
        return vec![Finding::warning("dotnet", what).with_advice(DOWNLOAD)];
    };
    let (installed, chosen, nuget) = tokio::join!(
        program::ask(host, &["--list-sdks"], &context.folder),
        program::ask(host, &["--version"], &context.folder),
        program::ask(host, &["nuget", "--version"], &context.folder),
    );
    let shown = host.display();
    let sdks = installed.as_ref().map(|list| versions(list).join(", ")).unwrap_or_default();
    match (chosen, installed) {
        (Ok(version), _) => {
            let chosen =
                Sdk { version: excerpt(&version), nuget: nuget.ok().as_deref().and_then(release) };
            vec![chosen.finding(&shown.to_string(), &sdks)]
        }
        (Err(_), Ok(list)) if versions(&list).is_empty() => {
            let what = format!("`{shown}` has no SDK, so there is no `dotnet restore`");
            vec![Finding::warning("dotnet", what).with_advice(DOWNLOAD)]
        }
        (Err(why), Ok(_)) if context.has_global_json() => {
            let what = format!("no SDK can be chosen in this folder ({why})");
            let advice =
                format!("name an installed SDK in global.json ({sdks}), or let it `rollForward`");
            vec![Finding::failure("dotnet-sdk", what).with_advice(advice)]
        }
        (Err(why), _) => {
            let what = format!("`dotnet` does not work here: {why}");
            let advice =
                "see what it says by itself; a variable may be in its way (DOTNET_…, HOME)";
            let finding = Finding::failure("dotnet-sdk", what).with_advice(advice);
            vec![finding.with_fix(format!("{} --info", quoted_path(host)))]
        }
    }
}

/// The one that restores in this folder.
struct Sdk {
    version: String,
    /// NuGet's version; none where it does not say.
    nuget: Option<String>,
}

impl Sdk {
    fn finding(&self, host: &str, others: &str) -> Finding {
        let finds = if finds_on_path(&self.version) {
            "in the plugins folders and on PATH"
        } else {
            "in the plugins folders alone (on PATH from SDK 9.0.200 on)"
        };
        let nuget = self.nuget.as_ref().map(|version| format!(" with NuGet {version}"));
        let (version, nuget) = (&self.version, nuget.unwrap_or_default());
        let what =
            format!("SDK {version}{nuget} of `{host}` finds plugins {finds}; installed: {others}");
        Finding::pass("dotnet", what)
    }
}

/// The numbers of NuGet's version, which a label and a commit follow.
fn release(printed: &str) -> Option<String> {
    let version = printed.split_whitespace().last()?.split(['-', '+']).next()?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    version.split('.').all(is_number).then(|| version.to_owned())
}

/// The versions of a list of SDKs, which has their folders besides.
fn versions(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.split_whitespace().next()).map(excerpt).collect()
}

fn finds_on_path(version: &str) -> bool {
    let release = version.split('-').next().unwrap_or_default();
    let mut numbers = release.split('.').map(|number| number.parse::<u32>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next(), next()) >= FINDS_ON_PATH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_sdk_finds_depends_on_its_version() {
        let found =
            ["8.0.404", "9.0.102", "9.0.200", "10.0.100-rc.1", "10.0.401"].map(finds_on_path);
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
            assert_eq!(release(printed).as_deref(), version);
        }
    }

    #[test]
    fn an_sdk_is_named_by_its_version_alone() {
        let list = "9.0.100 [/usr/share/dotnet/sdk]\n10.0.401 [/usr/share/dotnet/sdk]\n";
        assert_eq!(versions(list), ["9.0.100", "10.0.401"]);
    }
}
