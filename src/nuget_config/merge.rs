//! The merged result of all layers: the effective sources. Pure.

use std::path::{Path, PathBuf};

use super::document::{CredentialsEntry, Document, Item, MappingEntry, Section, SourceEntry};
use super::layers::{Layer, LayerKind};
use super::{NugetConfig, Password};
use crate::base::environment::Environment;
use crate::base::files::normal;

/// The newest protocol version that NuGet knows. A source with a newer one is not preferred.
const NEWEST_PROTOCOL: u32 = 3;

/// NuGet reads the variable with this prefix and the source's name before any file.
const CREDENTIALS_VARIABLE: &str = "NuGetPackageSourceCredentials_";

/// An effective source.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    /// Its URL, or a path.
    pub url: String,
    pub is_enabled: bool,
    /// Whether NuGet allows it to be plain http.
    pub allows_http: bool,
    /// The file that contains it, and the line, from 1.
    pub file: PathBuf,
    pub line: usize,
    pub layer: LayerKind,
    /// The patterns of its package source mapping.
    pub patterns: Vec<String>,
    /// Credentials that NuGet sends before it calls any plugin.
    pub saved: Option<Saved>,
}

/// Where credentials are saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// The file, and how the password is saved in it, if there is one.
    File {
        path: PathBuf,
        password: Option<Password>,
    },
    Variable {
        name: String,
    },
}

/// The index of a layer, 0 for the nearest, and one of its entries.
type Placed<'a, T> = (usize, &'a T);

pub(super) fn sources(
    config: &NugetConfig,
    section: fn(&Document) -> &Section<SourceEntry>,
    environment: &Environment,
) -> Vec<Source> {
    let mut entries = merge(config, section, |a, b| a.name == b.name);
    entries.sort_by_key(|(layer, _)| *layer);
    let mut chosen: Vec<Placed<'_, SourceEntry>> = Vec::new();
    for (layer, entry) in entries {
        match chosen.iter_mut().find(|(_, other)| is_same(&other.name, &entry.name)) {
            None => chosen.push((layer, entry)),
            Some(other) if goes_before(entry, other.1, environment) => *other = (layer, entry),
            Some(_) => {}
        }
    }
    let others = OtherSections::of(config, environment);
    let chosen = chosen.into_iter();
    let mut sources =
        chosen.map(|(at, entry)| others.complete(&config.layers[at], entry)).collect();
    add_defaults(&mut sources, &others, section);
    sources
}

pub(super) fn mappings(config: &NugetConfig) -> Vec<&MappingEntry> {
    let merged = merge(config, |document| &document.mappings, |a, b| is_same(&a.name, &b.name));
    merged.into_iter().map(|(_, entry)| entry).collect()
}

/// A source's value as a URL or path.
pub(super) fn url(value: &str, file: &Path, environment: &Environment) -> String {
    // NuGet trims the value after expanding variables.
    resolve(expand(value, environment).trim(), file)
}

/// Goes from the farthest layer to the nearest: `clear` discards the entries so far, and an entry
/// replaces an equal one. In the farthest file with the section, NuGet does not compare entries:
/// one that is there twice is kept twice, and the first is effective.
fn merge<T>(
    config: &NugetConfig,
    section: fn(&Document) -> &Section<T>,
    is_same: fn(&T, &T) -> bool,
) -> Vec<Placed<'_, T>> {
    let mut merged: Vec<Placed<'_, T>> = Vec::new();
    let mut is_first = true;
    for (at, layer) in config.layers.iter().enumerate().rev() {
        let section = section(&layer.document);
        if layer.kind == LayerKind::Defaults || !section.is_there {
            continue;
        }
        for item in &section.items {
            match item {
                Item::Clear => merged.clear(),
                Item::Entry(entry) => {
                    let same = merged.iter().position(|(_, other)| is_same(other, entry));
                    if let Some(same) = same.filter(|_| !is_first) {
                        merged.remove(same);
                    }
                    merged.push((at, entry));
                }
            }
        }
        is_first = false;
    }
    merged
}

/// Of names that differ only in case, a newer protocol is preferred to a nearer file.
fn goes_before(entry: &SourceEntry, other: &SourceEntry, environment: &Environment) -> bool {
    let version = protocol(entry, environment);
    protocol(other, environment) < version && version <= NEWEST_PROTOCOL
}

/// The default is 2.
fn protocol(entry: &SourceEntry, environment: &Environment) -> u32 {
    let text = entry.protocol_version.as_deref().unwrap_or_default();
    expand(text, environment).trim().parse().unwrap_or(2)
}

fn is_same(name: &str, other: &str) -> bool {
    name.to_lowercase() == other.to_lowercase()
}

/// The merged sections that complete a source.
struct OtherSections<'a> {
    config: &'a NugetConfig,
    environment: &'a Environment,
    disabled: Vec<Placed<'a, String>>,
    credentials: Vec<Placed<'a, CredentialsEntry>>,
    mappings: Vec<&'a MappingEntry>,
}

impl<'a> OtherSections<'a> {
    fn of(config: &'a NugetConfig, environment: &'a Environment) -> Self {
        let credentials = merge(config, |it| &it.credentials, |a, b| a.name == b.name);
        Self {
            config,
            environment,
            disabled: merge(config, |document| &document.disabled, |a, b| a == b),
            credentials,
            mappings: mappings(config),
        }
    }

    fn complete(&self, layer: &Layer, entry: &SourceEntry) -> Source {
        let name = entry.name.clone();
        let allows_http = entry.allow_insecure_connections.as_deref();
        let allows_http = allows_http.map(|text| expand(text, self.environment));
        let mapping = self.mappings.iter().find(|mapping| is_same(&mapping.name, &name));
        Source {
            url: url(&entry.value, layer.file.path(), self.environment),
            // NuGet ignores the entry's value, even `false`.
            is_enabled: !self.disabled.iter().any(|(_, disabled)| **disabled == name),
            allows_http: allows_http.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")),
            file: layer.file.path().to_path_buf(),
            line: layer.file.text()[..entry.range.start].matches('\n').count() + 1,
            layer: layer.kind,
            patterns: mapping.map(|mapping| mapping.patterns.clone()).unwrap_or_default(),
            saved: self.saved(&name),
            name,
        }
    }

    fn saved(&self, name: &str) -> Option<Saved> {
        let variable = format!("{CREDENTIALS_VARIABLE}{name}");
        if self.environment.get(&variable).is_some() {
            return Some(Saved::Variable { name: variable });
        }
        let (layer, entry) = self.credentials.iter().find(|(_, entry)| entry.name == name)?;
        let path = self.config.layers[*layer].file.path().to_path_buf();
        Some(Saved::File { path, password: entry.password.clone() })
    }
}

/// No `clear` removes the machine's defaults. They precede the machine's other sources.
fn add_defaults(
    sources: &mut Vec<Source>,
    others: &OtherSections<'_>,
    section: fn(&Document) -> &Section<SourceEntry>,
) {
    let layers = &others.config.layers;
    for layer in layers.iter().filter(|layer| layer.kind == LayerKind::Defaults) {
        for entry in section(&layer.document).entries() {
            let mut source = others.complete(layer, entry);
            let mut disabled = layer.document.disabled.entries();
            source.is_enabled = !disabled.any(|name| is_same(name, &source.name));
            let is_known = sources.iter().any(|other| {
                is_same(&other.name, &source.name) || is_same(&other.url, &source.url)
            });
            if !is_known {
                let machine = sources.iter().position(|it| it.layer == LayerKind::Machine);
                sources.insert(machine.unwrap_or(sources.len()), source);
            }
        }
    }
}

/// Replaces `%NAME%` by the variable's value, on every system. The name of an unset variable stays.
pub(super) fn expand(value: &str, environment: &Environment) -> String {
    let (mut expanded, mut rest) = (String::new(), value);
    while let Some(at) = rest.find('%') {
        expanded.push_str(&rest[..at]);
        let name = rest[at + 1..].split_once('%').map(|(name, _)| name);
        if let Some((name, value)) = name.and_then(|name| Some((name, environment.get(name)?))) {
            expanded.push_str(value);
            rest = &rest[at + name.len() + 2..];
        } else {
            expanded.push('%');
            rest = &rest[at + 1..];
        }
    }
    expanded + rest
}

/// A URL unchanged; a path relative to the folder of its file.
fn resolve(value: &str, file: &Path) -> String {
    let is_url = value.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    if is_url || value.is_empty() || Path::new(value).is_absolute() {
        return value.to_owned();
    }
    let folder = file.parent().unwrap_or(file);
    normal(&folder.join(value)).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuget_config::ConfigFile;

    /// Files from the nearest. The first two are projects' files, and the next is the user's.
    fn config(texts: &[&str]) -> NugetConfig {
        use LayerKind::{Defaults, Machine, Project, User};
        let kinds = [Project, Project, User, Machine, Defaults];
        let layer = |(at, text): (usize, &&str)| {
            let path = format!("/{at}/nuget.config");
            let text = format!("<configuration>{text}</configuration>");
            let file = ConfigFile::planned(Path::new(&path), &text);
            let document = Document::parse(file.text(), file.path()).unwrap();
            Layer { kind: kinds[at], file, document }
        };
        let layers = texts.iter().enumerate().map(layer).collect();
        NugetConfig { layers, broken: Vec::new() }
    }

    fn sources(config: &NugetConfig) -> Vec<String> {
        let show = |source: Source| {
            let disabled = if source.is_enabled { "" } else { " off" };
            format!("{} {}{disabled}", source.name, source.url)
        };
        config.sources(&Environment::default()).into_iter().map(show).collect()
    }

    #[test]
    fn the_nearest_wins_and_comes_first() {
        let near = "<packageSources><add key='b' value='x:near'/></packageSources>";
        let far = "<packageSources><add key='a' value='xx:a'/><add key='b' value='xx:far'/>\
                   </packageSources>";
        assert_eq!(sources(&config(&[&near.replace("x:", "xx:"), far])), ["b xx:near", "a xx:a"]);
    }

    #[test]
    fn clear_forgets_one_section_of_the_farther_files() {
        let near = "<packageSources><clear/><add key='a' value='xx:near'/></packageSources>";
        let far = "<packageSources><add key='b' value='xx:b'/></packageSources>\
                   <disabledPackageSources><add key='a' value='true'/></disabledPackageSources>";
        assert_eq!(sources(&config(&[near, far])), ["a xx:near off"]);
        let more = "<disabledPackageSources><clear/></disabledPackageSources>";
        assert_eq!(sources(&config(&[&format!("{near}{more}"), far])), ["a xx:near"]);
    }

    #[test]
    fn of_names_that_differ_in_case_the_newer_protocol_wins() {
        let near = "<packageSources><add key='A' value='xx:near'/></packageSources>";
        let far = "<packageSources><add key='a' value='xx:far' protocolVersion='3'/>\
                   </packageSources>";
        assert_eq!(sources(&config(&[near, far])), ["a xx:far"]);
        assert_eq!(sources(&config(&[near, &far.replace('3', "4")])), ["A xx:near"]);
    }

    #[test]
    fn a_name_twice_in_a_file_is_the_first_or_the_last() {
        let twice = "<packageSources><add key='a' value='xx:1'/><add key='a' value='xx:2'/>\
                     </packageSources>";
        assert_eq!(sources(&config(&[twice])), ["a xx:1"]);
        assert_eq!(sources(&config(&[twice, "<packageSources/>"])), ["a xx:2"]);
    }

    #[test]
    fn defaults_of_the_machine_stay() {
        let near = "<packageSources><clear/><add key='a' value='xx:a'/></packageSources>";
        let defaults = "<packageSources><add key='d' value='xx:d'/><add key='A' value='xx:e'/>\
                        <add key='f' value='XX:A'/></packageSources>";
        assert_eq!(sources(&config(&[near, "", "", "", defaults])), ["a xx:a", "d xx:d"]);
    }

    #[test]
    fn sources_are_completed_with_patterns_and_saved_credentials() {
        let near = "<packageSourceMapping><packageSource key='A'><package pattern='x.*'/>\
                    </packageSource></packageSourceMapping><packageSourceCredentials><a>\
                    <add key='Username' value='u'/><add key='Password' value='p'/></a>\
                    </packageSourceCredentials>";
        let far = "<packageSources><add key='a' value='xx:a' allowInsecureConnections='True'/>\
                   <add key='b' value='%URL%'/></packageSources>";
        let pairs = [("NuGetPackageSourceCredentials_b", "Username=u"), ("URL", "xx:b")];
        let sources = config(&[near, far]).sources(&Environment::from_pairs(pairs));
        let [a, b] = sources.as_slice() else { panic!("{sources:?}") };
        let (path, password) = (PathBuf::from("/0/nuget.config"), Some(Password::Encrypted));
        assert_eq!(a.saved, Some(Saved::File { path, password }));
        assert_eq!((a.patterns.as_slice(), a.allows_http), (&["x.*".to_owned()][..], true));
        let name = "NuGetPackageSourceCredentials_b".to_owned();
        assert_eq!((&b.saved, &*b.url), (&Some(Saved::Variable { name }), "xx:b"));
    }

    #[test]
    fn a_source_is_added_where_nuget_adds_it() {
        let cleared = "<packageSources><clear/></packageSources>";
        let place =
            |texts: &[&str]| config(texts).file_for_sources().map(|file| file.path().to_path_buf());
        assert_eq!(place(&["", "", ""]), Some("/2/nuget.config".into()));
        assert_eq!(place(&["", cleared, ""]), Some("/1/nuget.config".into()));
        assert_eq!(place(&[cleared, cleared, "", cleared]), Some("/0/nuget.config".into()));
    }

    #[test]
    fn variables_are_expanded_and_unset_ones_stay() {
        let environment = Environment::from_pairs([("A", "https://a"), ("B", "b")]);
        for (value, expanded) in [
            ("%A%/x", "https://a/x"),
            ("%A%%B%", "https://ab"),
            ("%C%/%B%", "%C%/b"),
            ("%C%B%", "%Cb"),
            ("100%", "100%"),
            ("%%", "%%"),
        ] {
            assert_eq!(expand(value, &environment), expanded, "{value}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_seen_from_the_file() {
        let file = Path::new("/repo/src/nuget.config");
        for (value, resolved) in [
            ("https://x.example/v3/index.json", "https://x.example/v3/index.json"),
            ("../packages", "/repo/packages"),
            (".\\local", "/repo/src/.\\local"),
            ("/abs", "/abs"),
        ] {
            assert_eq!(resolve(value, file), resolved);
        }
    }
}
