//! The `dotnet` that would restore here, and what its NuGet can find.

use super::context::Context;
use super::finding::Finding;
use super::program;
use crate::text::excerpt;

/// The first SDK whose NuGet looks on `PATH`.
const FINDS_ON_PATH: (u32, u32, u32) = (9, 0, 200);

pub async fn check(context: &Context<'_>) -> Vec<Finding> {
    let Some(host) = &context.host else {
        let what = "no `dotnet` on PATH, in DOTNET_ROOT or in a usual place";
        return vec![
            Finding::warning("dotnet", what).with_fix("export PATH=\"$HOME/.dotnet:$PATH\""),
        ];
    };
    let installed = program::ask(host, &["--list-sdks"], &context.folder).await;
    let chosen = program::ask(host, &["--version"], &context.folder).await;
    let shown = host.display();
    let sdks = installed.as_ref().map(|list| versions(list).join(", ")).unwrap_or_default();
    match (chosen, installed) {
        (Ok(version), _) => vec![chosen_sdk(&shown.to_string(), &excerpt(&version), &sdks)],
        (Err(_), Ok(list)) if versions(&list).is_empty() => {
            let what = format!("`{shown}` has no SDK, so there is no `dotnet restore`");
            vec![Finding::warning("dotnet", what).with_fix("https://dot.net/download")]
        }
        (Err(why), _) => {
            let what = format!("no SDK can be chosen in this folder ({why})");
            let fix =
                format!("name an installed SDK in global.json ({sdks}), or let it `rollForward`");
            vec![Finding::failure("dotnet-sdk", what).with_fix(fix)]
        }
    }
}

fn chosen_sdk(host: &str, version: &str, others: &str) -> Finding {
    let finds = if finds_on_path(version) {
        "in the plugins folders and on PATH"
    } else {
        "in the plugins folders alone (on PATH from SDK 9.0.200 on)"
    };
    let what = format!("SDK {version} of `{host}` finds plugins {finds}; installed: {others}");
    Finding::pass("dotnet", what)
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
    fn an_sdk_is_named_by_its_version_alone() {
        let list = "9.0.100 [/usr/share/dotnet/sdk]\n10.0.401 [/usr/share/dotnet/sdk]\n";
        assert_eq!(versions(list), ["9.0.100", "10.0.401"]);
    }
}
