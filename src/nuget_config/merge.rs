//! What the layers say together. Pure.

use std::path::{Path, PathBuf};

use super::document::{CredentialsEntry, Document, Item, MappingEntry, Section, SourceEntry};
use super::layers::{Layer, LayerKind};
use super::{NugetConfig, Password, values};
use crate::base::environment::Environment;

/// The newest protocol that NuGet knows; a source that asks for a newer one does not go before another.
const NEWEST_PROTOCOL: u32 = 3;

/// A variable of this name and the source's is what NuGet looks at before any file.
const CREDENTIALS_VARIABLE: &str = "NuGetPackageSourceCredentials_";

/// A source that is in effect.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    /// Its URL, or a path.
    pub url: String,
    pub is_enabled: bool,
    /// Whether NuGet lets it be plain http.
    pub allows_http: bool,
    /// The file that it stands in, and the line, from 1.
    pub file: PathBuf,
    pub line: usize,
    pub layer: LayerKind,
    /// The patterns of its mapping.
    pub patterns: Vec<String>,
    /// Credentials that NuGet sends before it asks any plugin.
    pub saved: Option<Saved>,
}

/// Where credentials are saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// How the password is saved, if one is.
    File {
        path: PathBuf,
        password: Option<Password>,
    },
    Variable {
        name: String,
    },
}

/// One entry, and the number of its layer, from the nearest.
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
    let context = Context::new(config, environment);
    let sources = chosen.into_iter();
    let mut sources =
        sources.map(|(at, entry)| context.source(&config.layers[at], entry)).collect();
    add_defaults(&mut sources, &context, section);
    sources
}

pub(super) fn mappings(config: &NugetConfig) -> Vec<&MappingEntry> {
    let is_same = |a: &MappingEntry, b: &MappingEntry| is_same(&a.name, &b.name);
    let merged = merge(config, |document| &document.mappings, is_same);
    merged.into_iter().map(|(_, entry)| entry).collect()
}

/// A source's value as a URL or path.
pub(super) fn url(value: &str, file: &Path, environment: &Environment) -> String {
    // NuGet trims it.
    values::resolve(values::expand(value, environment).trim(), file)
}

/// From the farthest layer to the nearest: `clear` forgets, an entry replaces the same one of a farther
/// layer, or of its own file where a farther one has the section at all.
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

/// Of names that differ in case alone, a newer protocol goes before a nearer file.
fn goes_before(entry: &SourceEntry, other: &SourceEntry, environment: &Environment) -> bool {
    let protocol = |entry: &SourceEntry| {
        let text = entry.protocol_version.as_deref()?;
        values::expand(text, environment).trim().parse().ok()
    };
    let (version, other) = (protocol(entry).unwrap_or(2), protocol(other).unwrap_or(2));
    other < version && version <= NEWEST_PROTOCOL
}

fn is_same(name: &str, other: &str) -> bool {
    name.to_lowercase() == other.to_lowercase()
}

/// What a source is completed with.
struct Context<'a> {
    config: &'a NugetConfig,
    environment: &'a Environment,
    disabled: Vec<Placed<'a, String>>,
    credentials: Vec<Placed<'a, CredentialsEntry>>,
    mappings: Vec<&'a MappingEntry>,
}

impl<'a> Context<'a> {
    fn new(config: &'a NugetConfig, environment: &'a Environment) -> Self {
        let credentials = merge(config, |it| &it.credentials, |a, b| a.name == b.name);
        Self {
            config,
            environment,
            disabled: merge(config, |document| &document.disabled, |a, b| a == b),
            credentials,
            mappings: mappings(config),
        }
    }

    fn source(&self, layer: &Layer, entry: &SourceEntry) -> Source {
        let name = entry.name.clone();
        let allows_http = entry.allow_insecure_connections.as_deref();
        let allows_http = allows_http.map(|text| values::expand(text, self.environment));
        let mapping = self.mappings.iter().find(|mapping| is_same(&mapping.name, &name));
        Source {
            url: url(&entry.value, layer.file.path(), self.environment),
            // Whatever the value says.
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

/// The machine's defaults stay whatever is cleared, before other sources of the machine's.
fn add_defaults(
    sources: &mut Vec<Source>,
    context: &Context<'_>,
    section: fn(&Document) -> &Section<SourceEntry>,
) {
    let layers = &context.config.layers;
    for layer in layers.iter().filter(|layer| layer.kind == LayerKind::Defaults) {
        for entry in section(&layer.document).entries() {
            let mut source = context.source(layer, entry);
            let mut disabled = layer.document.disabled.entries();
            source.is_enabled = !disabled.any(|name| is_same(name, &source.name));
            let is_known = |other: &Source| {
                is_same(&other.name, &source.name) || is_same(&other.url, &source.url)
            };
            if !sources.iter().any(is_known) {
                let machine = sources.iter().position(|it| it.layer == LayerKind::Machine);
                sources.insert(machine.unwrap_or(sources.len()), source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nuget_config::ConfigFile;

    /// Files from the nearest; the first two are projects', the next is the user's.
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
}
