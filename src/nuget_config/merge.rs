//! The merged result of all layers: the effective sources. Pure.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;

use super::document::{CredentialsEntry, Document, MappingEntry, SourceEntry};
use super::layers::{Layer, LayerKind};
use super::rules::{Problem, USED};
use super::section::{Item, Section};
use super::values::{expand, url};
use super::{NugetConfig, Password};
use crate::base::environment::Environment;

/// The newest protocol version that NuGet knows. A source with a newer one is not preferred.
const NEWEST_PROTOCOL: i32 = 3;

/// NuGet reads the variable with this prefix and the source's name before any file. Its value is
/// `Username=…;Password=…`; the name is as in the file, whatever characters it has, and on Unix its
/// case counts.
pub const CREDENTIALS_VARIABLE: &str = "NuGetPackageSourceCredentials_";

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
    pub line: u32,
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
    let mut entries = merge(config, |it| Some(section(it)), |entry| entry.name.clone());
    entries.sort_by_key(|(layer, _)| *layer);
    let mut chosen: Vec<Placed<'_, SourceEntry>> = Vec::new();
    let mut places = HashMap::new();
    for (layer, entry) in entries {
        match places.entry(folded(&entry.name)) {
            MapEntry::Vacant(place) => {
                place.insert(chosen.len());
                chosen.push((layer, entry));
            }
            MapEntry::Occupied(place) => {
                let other = &mut chosen[*place.get()];
                if goes_before(entry, other.1, environment) {
                    *other = (layer, entry);
                }
            }
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
    let merged = merge(config, |it| Some(&it.mappings), |entry| folded(&entry.name));
    merged.into_iter().map(|(_, entry)| entry).collect()
}

/// The entries for which NuGet fails when it uses the merged sections, with the index of their layer.
pub(super) fn late_problems<'a>(
    config: &'a NugetConfig,
    environment: &Environment,
) -> Vec<(usize, &'a Problem)> {
    let mut problems = Vec::new();
    for used in USED {
        let section = |document: &'a Document| {
            document.late.iter().find(|(name, _)| *name == used).map(|(_, section)| section)
        };
        let mut seen = HashSet::new();
        for (layer, entry) in merge(config, section, |entry| entry.identity.clone()) {
            let repeated = entry.unique.iter().filter(|(value, _)| !seen.insert(value.as_str()));
            problems.extend(repeated.map(|(_, problem)| (layer, problem)));
            let missing = entry.needs.iter().filter(|need| {
                need.variables.iter().all(|name| environment.text(name) == Some(""))
            });
            problems.extend(missing.map(|need| (layer, &need.problem)));
        }
    }
    problems
}

/// Goes from the farthest layer to the nearest: `clear` discards the entries so far, and an entry
/// replaces an equal one. In the farthest file with the section, NuGet does not compare entries:
/// one that is there twice is kept twice, and the first is effective.
fn merge<'a, T>(
    config: &'a NugetConfig,
    section: impl Fn(&'a Document) -> Option<&'a Section<T>>,
    identity: impl Fn(&T) -> String,
) -> Vec<Placed<'a, T>> {
    let mut merged: Vec<Option<Placed<'_, T>>> = Vec::new();
    let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
    let mut is_first = true;
    for (at, layer) in config.layers.iter().enumerate().rev() {
        let section = section(&layer.document).filter(|section| section.is_there);
        let Some(section) = section.filter(|_| layer.kind != LayerKind::Defaults) else { continue };
        for item in &section.items {
            match item {
                Item::Clear => {
                    merged.clear();
                    places.clear();
                }
                Item::Entry(entry) => {
                    let same = places.entry(identity(entry)).or_default();
                    if let Some(same) = if is_first { None } else { same.pop_front() } {
                        merged[same] = None;
                    }
                    same.push_back(merged.len());
                    merged.push(Some((at, entry)));
                }
            }
        }
        is_first = false;
    }
    merged.into_iter().flatten().collect()
}

/// Of names that differ only in case, a newer protocol is preferred to a nearer file.
fn goes_before(entry: &SourceEntry, other: &SourceEntry, environment: &Environment) -> bool {
    let version = protocol(entry, environment);
    protocol(other, environment) < version && version <= NEWEST_PROTOCOL
}

/// The default is 2.
fn protocol(entry: &SourceEntry, environment: &Environment) -> i32 {
    let text = entry.protocol_version.as_deref().unwrap_or_default();
    expand(text, environment).trim().parse().unwrap_or(2)
}

/// A name as NuGet compares it without regard to case.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The merged sections that complete a source.
struct OtherSections<'a> {
    config: &'a NugetConfig,
    environment: &'a Environment,
    disabled: HashSet<&'a str>,
    credentials: HashMap<&'a str, Placed<'a, CredentialsEntry>>,
    mappings: HashMap<String, &'a MappingEntry>,
}

impl<'a> OtherSections<'a> {
    fn of(config: &'a NugetConfig, environment: &'a Environment) -> Self {
        let disabled = merge(config, |it| Some(&it.disabled), Clone::clone);
        let credentials = merge(config, |it| Some(&it.credentials), |entry| entry.name.clone());
        // Of two with the same name, the first is effective, and the last one stays in a map.
        let credentials = credentials.into_iter().rev();
        let mappings = mappings(config).into_iter().rev();
        Self {
            config,
            environment,
            disabled: disabled.into_iter().map(|(_, name)| name.as_str()).collect(),
            credentials: credentials.map(|placed| (placed.1.name.as_str(), placed)).collect(),
            mappings: mappings.map(|mapping| (folded(&mapping.name), mapping)).collect(),
        }
    }

    fn complete(&self, layer: &Layer, entry: &SourceEntry) -> Source {
        let name = entry.name.clone();
        let allows_http = entry.allow_insecure_connections.as_deref();
        let allows_http = allows_http.map(|text| expand(text, self.environment));
        let mapping = self.mappings.get(&folded(&name));
        Source {
            url: url(&entry.value, layer.file.path(), self.environment),
            // NuGet ignores the entry's value, even `false`.
            is_enabled: !self.disabled.contains(name.as_str()),
            allows_http: allows_http.is_some_and(|text| text.trim().eq_ignore_ascii_case("true")),
            file: layer.file.path().to_path_buf(),
            line: entry.line,
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
        let (layer, entry) = self.credentials.get(name)?;
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
    let mut names: HashSet<_> = sources.iter().map(|source| folded(&source.name)).collect();
    let mut urls: HashSet<_> = sources.iter().map(|source| folded(&source.url)).collect();
    let mut added = Vec::new();
    for layer in layers.iter().filter(|layer| layer.kind == LayerKind::Defaults) {
        let disabled: HashSet<_> = layer.document.disabled.entries().map(|it| folded(it)).collect();
        for entry in section(&layer.document).entries() {
            let mut source = others.complete(layer, entry);
            source.is_enabled = !disabled.contains(&folded(&source.name));
            let is_new =
                !names.contains(&folded(&source.name)) && !urls.contains(&folded(&source.url));
            if is_new {
                names.insert(folded(&source.name));
                urls.insert(folded(&source.url));
                added.push(source);
            }
        }
    }
    let machine = sources.iter().position(|it| it.layer == LayerKind::Machine);
    let place = machine.unwrap_or(sources.len());
    sources.splice(place..place, added);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
        let old = near.replace("/>", " protocolVersion='-1'/>");
        assert_eq!(sources(&config(&[&old, &far.replace('3', "x")])), ["a xx:far"]);
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

    fn late(texts: &[&str], pairs: &[(&str, &str)]) -> Vec<(usize, u32, String)> {
        let config = config(texts);
        let environment = Environment::from_pairs(pairs.iter().copied());
        let problems = late_problems(&config, &environment).into_iter();
        problems.map(|(layer, problem)| (layer, problem.column, problem.what.clone())).collect()
    }

    fn credentials(name: &str, user_name: &str, password: &str) -> String {
        format!(
            "<packageSourceCredentials><{name}><add key='Username' value='{user_name}'/><add \
             key='ClearTextPassword' value='{password}'/></{name}></packageSourceCredentials>"
        )
    }

    #[test]
    fn an_empty_password_fails_where_nuget_uses_it() {
        let empty = credentials("a", "u", "");
        let what = "the password of saved credentials is empty".to_owned();
        assert_eq!(late(&["", &empty], &[]), [(1, 76, what.clone())]);
        // A nearer entry replaces it.
        assert_eq!(late(&[&credentials("a", "u", "p"), &empty], &[]), []);
        assert_eq!(late(&[&credentials("b", "u", "p"), &empty], &[]).len(), 1);
        let variable = credentials("a", "u", "%TOKEN%");
        assert_eq!(late(&[&variable], &[]), []);
        assert_eq!(late(&[&variable], &[("TOKEN", "t")]), []);
        assert_eq!(late(&[&variable], &[("TOKEN", "")]), [(0, 76, what)]);
    }

    #[test]
    fn what_a_clear_discards_does_not_fail() {
        let empty = "<fallbackPackageFolders><add key='a' value=''/></fallbackPackageFolders>";
        assert_eq!(late(&["", empty], &[]).len(), 1);
        let clear = "<fallbackPackageFolders><clear/></fallbackPackageFolders>";
        assert_eq!(late(&[clear, empty], &[]), []);
        assert_eq!(late(&[&empty.replace("</f", "<clear/></f")], &[]), []);
    }

    #[test]
    fn certificates_and_mappings_are_unique_to_a_source() {
        let certificates = "<clientCertificates><storeCert packageSource='a' findValue='x'/>\
                            <fileCert packageSource='A' path='x'/></clientCertificates>";
        assert_eq!(late(&[certificates], &[]).len(), 1);
        let mapping = |key: &str, other: &str| {
            format!("<packageSource key='{key}' x='{other}'><package pattern='*'/></packageSource>")
        };
        let section =
            |inner: String| format!("<packageSourceMapping>{inner}</packageSourceMapping>");
        assert_eq!(late(&[&section(mapping("a", "1") + &mapping("a", "2"))], &[]).len(), 1);
        assert_eq!(late(&[&section(mapping("a", "1") + &mapping("A", "2"))], &[]), []);
    }

    /// The identity of an entry is asked for once, whatever the number of entries is.
    #[test]
    fn merging_takes_as_many_steps_as_there_are_entries() {
        for count in [500, 2000] {
            let adds = (0..count).map(|it| format!("<add key='{it}' value='xx:{it}'/>"));
            let adds = adds.collect::<Vec<_>>().concat();
            let text = format!("<packageSources>{adds}</packageSources>");
            let config = config(&[&text, &text]);
            let steps = std::cell::Cell::new(0);
            let merged = merge(
                &config,
                |it| Some(&it.package_sources),
                |entry| {
                    steps.set(steps.get() + 1);
                    entry.name.clone()
                },
            );
            assert_eq!((merged.len(), steps.get()), (count, 2 * count));
        }
    }
}
