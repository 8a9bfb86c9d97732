//! `--report`: one file to attach to a ticket, for its owner's eyes first, and without secrets.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use super::context::Context;
use super::finding::Finding;
use super::printing;
use super::repair::Repaired;
use crate::base::files;
use crate::base::terminal::Appearance;
use crate::base::text::excerpt;
use crate::nuget_config::Layer;

/// Variables whose values are places, switches and numbers. Of all others just the name is told: what
/// is harmless is listed, not what is secret.
const HARMLESS: [&str; 19] = [
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "CI",
    "CODEARTIFACT_NUGET_CACHE",
    "CODEARTIFACT_NUGET_CACHE_DIR",
    "CODEARTIFACT_NUGET_CONFIG_FILE",
    "CODEARTIFACT_NUGET_DURATION_SECONDS",
    "CODEARTIFACT_NUGET_INTERACTIVE",
    "CODEARTIFACT_NUGET_PROFILE",
    "DOTNET_CLI_HOME",
    "DOTNET_ROOT",
    "HOME",
    "NUGET_PLUGIN_PATHS",
    "PATH",
];

/// An AWS file is shorter.
const LONGEST_FILE: u64 = 1 << 20;

/// Writes a new file.
pub fn write(
    path: &Path,
    findings: &[Finding],
    repairs: &[Repaired],
    context: &Context<'_>,
) -> io::Result<()> {
    let mut text = Vec::new();
    writeln!(text, "nuget-plugin-codeartifact {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "{} on {}", std::env::consts::OS, std::env::consts::ARCH)?;
    writeln!(text, "\n[findings]")?;
    for finding in findings {
        printing::line(&finding.shared(), Appearance::PLAIN, &mut text)?;
    }
    for repaired in repairs {
        writeln!(text, "fix:  {}", repaired.what)?;
        printing::repaired(repaired, &mut text)?;
    }
    writeln!(text, "\n[places]\n{}", places(context))?;
    writeln!(text, "[variables]\n{}", variables(context))?;
    writeln!(text, "[AWS files]\n{}", aws_files(context))?;
    writeln!(text, "[NuGet.Config]")?;
    for layer in &context.config.layers {
        writeln!(text, "{}", nuget_config(layer))?;
    }
    files::create_private(path)?.write_all(&text)
}

fn places(context: &Context<'_>) -> String {
    let mut text = format!("folder: {}\n", context.folder.display());
    let named = [("executable", &context.own_file), ("dotnet", &context.host)];
    for (name, path) in named {
        if let Some(path) = path {
            let _ = writeln!(text, "{name}: {}", path.display()); // writing to a string cannot fail
        }
    }
    text
}

fn variables(context: &Context<'_>) -> String {
    let mut text = String::new();
    for name in context.environment.names_with_prefix("") {
        let value = HARMLESS.contains(&name).then(|| context.environment.get(name)).flatten();
        let name = excerpt(name);
        let _ = match value {
            Some(value) => writeln!(text, "{name}={}", excerpt(value)),
            None => writeln!(text, "{name}"),
        };
    }
    text
}

fn aws_files(context: &Context<'_>) -> String {
    let mut text = String::new();
    let files =
        [("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")];
    for (variable, usual) in files {
        let in_home = || Some(context.environment.home()?.join(usual));
        let Some(path) = context.environment.path(variable).or_else(in_home) else { continue };
        let _ = writeln!(text, "{}:", path.display());
        let bytes = files::beginning(&path, LONGEST_FILE);
        text.push_str(&without_values(&String::from_utf8_lossy(&bytes)));
    }
    text
}

/// The sections and keys of a file, without any value. What is neither is left out.
fn without_values(text: &str) -> String {
    let mut shown = String::new();
    for line in text.lines().map(str::trim) {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        let is_section = line.starts_with('[') && line.ends_with(']');
        let is_key = |key: &&str| {
            !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b))
        };
        if is_section {
            let _ = writeln!(shown, "  {}", excerpt(line));
        } else if let Some(key) = key.filter(is_key) {
            let _ = writeln!(shown, "    {key}");
        }
    }
    shown
}

/// The layer's sources by name, and what NuGet does with them. Its text is not told: anything may
/// stand in it.
fn nuget_config(layer: &Layer) -> String {
    let document = &layer.document;
    let mut text = format!("{} ({:?})\n", layer.file.path().display(), layer.kind);
    if document.package_sources.clears() {
        text.push_str("  packageSources: clear\n");
    }
    for entry in document.package_sources.entries() {
        let url = without_user(&entry.value);
        let _ = writeln!(text, "  packageSources: {} = {}", excerpt(&entry.name), excerpt(&url));
    }
    for name in document.disabled.entries() {
        let _ = writeln!(text, "  disabledPackageSources: {}", excerpt(name));
    }
    for entry in document.mappings.entries() {
        let patterns = excerpt(&entry.patterns.join(", "));
        let _ = writeln!(text, "  packageSourceMapping: {}: {patterns}", excerpt(&entry.name));
    }
    for entry in document.credentials.entries() {
        let how = entry.password.as_ref().map_or("no password", |_| "a password");
        let _ = writeln!(text, "  packageSourceCredentials: {}: {how}", excerpt(&entry.name));
    }
    text
}

/// A URL without what may be a password: user information, query and fragment.
fn without_user(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_files_are_told_without_their_values() {
        let text = "[default]\naws_secret_access_key = hunter2\n# hunter2 = x\nhunter2\n\
                    [profile dev]\ns3 =\n  HUNTER=hunter2\ncredential_process = /bin/x hunter2=1\n";
        let shown = without_values(text);
        assert_eq!(
            shown,
            "  [default]\n    aws_secret_access_key\n  [profile dev]\n    s3\n    credential_process\n"
        );
    }

    #[test]
    fn urls_are_told_without_passwords() {
        for (url, shown) in [
            ("https://u:hunter2@h.example/x?sig=hunter2", "https://h.example/x"),
            ("https://h.example", "https://h.example"),
            ("../packages", "../packages"),
        ] {
            assert_eq!(without_user(url), shown);
        }
    }
}
