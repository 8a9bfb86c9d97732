//! NuGet.Config as NuGet sees it: all layers, what they come to together, and changes to one file.
//!
//! - [`layers`]: which files there are, nearest first
//! - [`file`], [`encoding`]: one file, read with a limit and exchanged as a whole
//! - [`document`], [`names`], [`values`]: what one file says, with its places in the text
//! - [`merge`]: what all files say together
//! - [`edit`]: changes to a text that leave alone whatever they do not name
//! - [`addition`], [`removal`]: the two changes that are made: a source more, credentials less
//!
//! The facts are those of NuGet.Client's `Settings` and `PackageSourceProvider`, seen in the real
//! `dotnet` as well. Nothing here knows CodeArtifact.

mod addition;
mod document;
mod edit;
mod encoding;
mod error;
mod file;
mod layers;
mod merge;
mod names;
#[cfg_attr(unix, path = "owner_unix.rs")]
#[cfg_attr(windows, path = "owner_windows.rs")]
mod owner;
mod removal;
mod values;

use std::ops::Range;
use std::path::{Path, PathBuf};

pub use addition::add_source;
use document::SourceEntry;
pub use document::{Commented, CredentialsEntry, Document, MappingEntry, Password};
pub use error::ConfigError;
pub use file::ConfigFile;
pub use layers::{Layer, LayerKind};
pub use merge::{Saved, Source};
pub use removal::{remove_credentials, without_secrets};

use crate::base::environment::Environment;
use crate::locations::Locations;

/// What NuGet puts into the user's file where there is none.
const DEFAULT_TEXT: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<configuration>
  <packageSources>
    <add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\" protocolVersion=\"3\" />
  </packageSources>
</configuration>
";

/// A file with nothing in it yet.
const EMPTY_TEXT: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<configuration>
</configuration>
";

/// All that NuGet reads.
#[derive(Debug)]
pub struct NugetConfig {
    /// Nearest first.
    pub layers: Vec<Layer>,
    /// The files that cannot be used; NuGet does nothing at all while there is one.
    pub broken: Vec<ConfigError>,
}

/// A source that a file names.
#[derive(Debug)]
pub struct Mentioned {
    pub file: PathBuf,
    pub name: String,
    pub url: String,
    /// Of its element.
    pub range: Range<usize>,
}

impl NugetConfig {
    /// Reads the files that count in this folder, which is absolute.
    pub fn read(locations: &Locations, working_folder: &Path) -> Self {
        let mut config = Self { layers: Vec::new(), broken: Vec::new() };
        for (kind, path) in layers::places(locations, working_folder) {
            match Layer::read(kind, &path) {
                Ok(layer) => config.layers.extend(layer),
                Err(error) => config.broken.push(error),
            }
        }
        config
    }

    /// As [`Self::read`], and the user's files that other clients than this one's `dotnet` read: that
    /// of the home where `DOTNET_CLI_HOME` moves it, and nuget.exe's under Mono.
    pub fn read_everywhere(locations: &Locations, working_folder: &Path) -> Self {
        let mut config = Self::read(locations, working_folder);
        for folder in locations.other_nuget_user_dirs() {
            // Not the user's kind: a file that is missing there is missing.
            match Layer::read(LayerKind::UserFurther, &folder.join("NuGet.Config")) {
                Ok(layer) => config.layers.extend(layer),
                Err(error) => config.broken.push(error),
            }
        }
        config
    }

    /// One file alone, as the clients' `--configfile` has it; a missing one is planned, and empty.
    pub fn of_file(path: &Path) -> Result<Self, ConfigError> {
        let kind = LayerKind::Project;
        let layer = if let Some(layer) = Layer::read(kind, path)? {
            layer
        } else {
            let file = ConfigFile::planned(path, EMPTY_TEXT);
            let document = Document::parse(file.text(), path)?;
            Layer { kind, file, document }
        };
        Ok(Self { layers: vec![layer], broken: Vec::new() })
    }

    /// The sources that packages come from, in NuGet's order.
    pub fn sources(&self, environment: &Environment) -> Vec<Source> {
        merge::sources(self, |document| &document.package_sources, environment)
    }

    /// The sources that vulnerabilities are asked of, where any are set.
    pub fn audit_sources(&self, environment: &Environment) -> Vec<Source> {
        merge::sources(self, |document| &document.audit_sources, environment)
    }

    /// The sources' patterns; where there are any, a source without patterns serves nothing.
    pub fn mappings(&self) -> Vec<&MappingEntry> {
        merge::mappings(self)
    }

    /// Every source in every file, whatever clears or hides it.
    pub fn mentioned_sources(&self, environment: &Environment) -> Vec<Mentioned> {
        let sections = |layer: &Layer| {
            let Document { package_sources, audit_sources, .. } = &layer.document;
            let entries = package_sources.entries().chain(audit_sources.entries());
            let url_of = |value: &str| merge::url(value, layer.file.path(), environment);
            let mentioned = |entry: &SourceEntry| Mentioned {
                file: layer.file.path().to_owned(),
                name: entry.name.clone(),
                url: url_of(&entry.value),
                range: entry.range.clone(),
            };
            entries.map(mentioned).collect::<Vec<_>>()
        };
        self.layers.iter().flat_map(sections).collect()
    }

    /// The file that NuGet adds a source to: the nearest one of its own that clears the farther ones'
    /// sources, else the farthest, which is the user's.
    pub fn file_for_sources(&self) -> Option<&ConfigFile> {
        let own = || self.layers.iter().filter(|layer| layer.kind.is_written_by_nuget());
        let clears = |layer: &&Layer| layer.document.package_sources.clears();
        own().find(clears).or_else(|| own().next_back()).map(|layer| &layer.file)
    }
}
