//! `--report`: one file without secrets to attach to a ticket. Its owner reads it first.

use std::io::{self, Write};
use std::path::Path;

use super::finding::Finding;
use super::nuget::Nuget;
use super::repair::Repaired;
use super::text::{self, Layout};
use crate::base::environment::Environment;
use crate::base::files;
use crate::base::terminal::{Appearance, Printable};
use crate::base::text::excerpt;
use crate::base::url::{UrlParts, redacted, without_query};
use crate::nuget_config::Layer;

/// Variables whose values are paths, switches and numbers. Of all others the report has only the
/// name: with a list of harmless variables, no secret can be overlooked.
const HARMLESS: [&str; 22] = [
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_PROFILE",
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
    "CODEARTIFACT_NUGET_HEAD_START",
    "CODEARTIFACT_NUGET_INTERACTIVE",
    "CODEARTIFACT_NUGET_PROFILE",
    "DOTNET_CLI_HOME",
    "DOTNET_ROOT",
    "HOME",
    "NUGET_PLUGIN_PATHS",
    "PATH",
    "REQUESTS_CA_BUNDLE",
];

/// Larger than any shared config or credentials file that people write.
const LONGEST_FILE: u64 = 1 << 20;

/// Writes a new file, for its owner only. An existing file is not overwritten.
pub fn write(
    path: &Path,
    findings: &[Finding],
    repairs: &[Repaired],
    nuget: &Nuget<'_>,
) -> io::Result<()> {
    let text = &mut Printable(Vec::new());
    write_findings(findings, repairs, text)?;
    write_places(nuget, text)?;
    write_variables(nuget.environment, text)?;
    write_aws_files(nuget.environment, text)?;
    writeln!(text, "[NuGet.Config]")?;
    for layer in &nuget.config.layers {
        write_nuget_config(layer, text)?;
    }
    files::create_private(path)?.write_all(&text.0)
}

fn write_findings(
    findings: &[Finding],
    repairs: &[Repaired],
    text: &mut dyn Write,
) -> io::Result<()> {
    writeln!(text, "nuget-plugin-codeartifact {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(text, "{} on {}", std::env::consts::OS, std::env::consts::ARCH)?;
    writeln!(text)?;
    writeln!(text, "[findings]")?;
    let shared: Vec<Finding> = findings.iter().map(Finding::shared).collect();
    let appearance = Appearance::PLAIN;
    text::print(&shared, &Layout { appearance, width: None, home: None, is_verbose: true }, text)?;
    for repaired in repairs {
        writeln!(text, "fix:  {}", repaired.what)?;
        repaired.print(text)?;
    }
    Ok(())
}

fn write_places(nuget: &Nuget<'_>, text: &mut dyn Write) -> io::Result<()> {
    writeln!(text)?;
    writeln!(text, "[places]")?;
    writeln!(text, "folder: {}", nuget.folder.display())?;
    for (name, path) in [("executable", &nuget.own_file), ("dotnet", &nuget.host)] {
        if let Some(path) = path {
            writeln!(text, "{name}: {}", path.display())?;
        }
    }
    Ok(())
}

fn write_variables(environment: &Environment, text: &mut dyn Write) -> io::Result<()> {
    writeln!(text)?;
    writeln!(text, "[variables]")?;
    for name in environment.names_with_prefix("") {
        match environment.get(name).filter(|_| HARMLESS.contains(&name)) {
            Some(value) => writeln!(text, "{}={}", excerpt(name), excerpt(value))?,
            None => writeln!(text, "{}", excerpt(name))?,
        }
    }
    Ok(())
}

fn write_aws_files(environment: &Environment, text: &mut dyn Write) -> io::Result<()> {
    writeln!(text)?;
    writeln!(text, "[AWS files]")?;
    for (variable, usual) in
        [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")]
    {
        let in_home = environment.home().map(|home| home.join(".aws").join(usual));
        if let Some(path) = environment.path(variable).or(in_home) {
            writeln!(text, "{}:", path.display())?;
            let content = files::beginning(&path, LONGEST_FILE);
            text.write_all(without_values(&String::from_utf8_lossy(&content)).as_bytes())?;
        }
    }
    writeln!(text)
}

/// The sections and keys of a file, without any value. Other lines are left out, because a secret
/// may be on a line of its own.
fn without_values(text: &str) -> String {
    let mut shown = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') && line.ends_with(']') {
            shown.extend(["  ", &excerpt(line), "\n"]);
        } else if let Some((key, _)) = line.split_once('=')
            && is_key(key.trim())
        {
            shown.extend(["    ", key.trim(), "\n"]);
        }
    }
    shown
}

fn is_key(text: &str) -> bool {
    let is_of_keys = |byte: u8| byte.is_ascii_lowercase() || b"_0123456789".contains(&byte);
    !text.is_empty() && text.bytes().all(is_of_keys)
}

/// The names of a file's sources, and how NuGet treats them. The file's text is left out, because
/// it may contain anything.
fn write_nuget_config(layer: &Layer, text: &mut dyn Write) -> io::Result<()> {
    let document = &layer.document;
    writeln!(text, "{} ({:?})", layer.file.path().display(), layer.kind)?;
    if document.package_sources.clears() {
        writeln!(text, "  packageSources: clear")?;
    }
    for entry in document.package_sources.entries() {
        let (name, url) = (excerpt(&entry.name), excerpt(&without_secrets(&entry.value)));
        writeln!(text, "  packageSources: {name} = {url}")?;
    }
    for name in document.disabled.entries() {
        writeln!(text, "  disabledPackageSources: {}", excerpt(name))?;
    }
    for entry in document.mappings.entries() {
        let (name, patterns) = (excerpt(&entry.name), excerpt(&entry.patterns.join(", ")));
        writeln!(text, "  packageSourceMapping: {name}: {patterns}")?;
    }
    for entry in document.credentials.entries() {
        let how = entry.password.as_ref().map_or("no password", |_| "a password");
        writeln!(text, "  packageSourceCredentials: {}: {how}", excerpt(&entry.name))?;
    }
    writeln!(text)
}

/// The URL without user information, query and fragment, because each may be a secret.
fn without_secrets(url: &str) -> String {
    let parts = UrlParts::tolerant(url);
    if parts.is_ambiguous {
        return redacted(url);
    }
    let bare = parts.without_user();
    without_query(&bare).to_owned()
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
            ("https://aws:x/hunter2@h.example/x#hunter2", "https://h.example/x"),
            ("https://aws:x?hunter2@h.example/x", "https://h.example/x"),
            ("https://me:x@h.example/v3?key=hunter2@x", "https://…"),
            ("https://h.example", "https://h.example"),
            ("../packages", "../packages"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
