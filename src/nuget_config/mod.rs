//! NuGet.Config as NuGet sees it: all layers, their merged result, and changes to one file.
//!
//! - [`layers`], [`unread`]: which files there are, nearest first, and which NuGet ignores
//! - [`file`], [`encoding`]: one file, read with a limit and replaced as a whole
//! - [`xml`], [`markup`], [`name_characters`], [`attributes`], [`positions`]: its XML, as .NET reads it
//! - [`kinds`], [`rules`]: what NuGet takes an element for, and what it refuses
//! - [`document`], [`section`], [`source_names`]: the content of one file, with its ranges in the text
//! - [`merge`], [`values`]: the merged result of all files
//! - [`proxy`]: the proxy that the user's files name
//! - [`edit`]: the two changes, a source added and credentials removed, byte-exact
//!
//! The rules are those of NuGet.Client's `Settings` and `PackageSourceProvider`, and were tested
//! with the real `dotnet`. Nothing here knows CodeArtifact.

mod attributes;
#[cfg(any(test, fuzzing))]
#[path = "../../protocol-tests/fuzz/checks/nuget_config.rs"]
pub mod check;
mod document;
mod edit;
mod encoding;
mod file;
mod kinds;
mod layers;
mod markup;
mod merge;
mod name_characters;
mod positions;
mod proxy;
mod rules;
mod section;
mod source_names;
mod unread;
mod values;
mod xml;

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub use document::{CredentialsEntry, Document, MappingEntry, Password};
pub use edit::{
    add_source, remove_credentials, remove_source, sections_of_source, without_secrets,
};
pub use file::ConfigFile;
pub use layers::{Layer, LayerKind};
pub use merge::{CREDENTIALS_VARIABLE, Saved, Source};
pub use proxy::UserProxy;
pub use rules::Problem;
pub use unread::Unread;

use crate::base::environment::Environment;
use crate::code::{Code, Coded};
use crate::locations::Locations;

/// The content of the user's file that NuGet creates if there is none.
const DEFAULT_TEXT: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<configuration>
  <packageSources>
    <add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\" protocolVersion=\"3\" />
  </packageSources>
</configuration>
";

/// The content of an empty file.
const EMPTY_TEXT: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<configuration>
</configuration>
";

/// All files that NuGet reads.
#[derive(Debug)]
pub struct NugetConfig {
    /// The nearest file first.
    pub layers: Vec<Layer>,
    /// The files that cannot be used. NuGet fails until they are fixed.
    pub broken: Vec<ConfigError>,
}

/// A source that a file names.
#[derive(Debug)]
pub struct Mentioned {
    pub file: PathBuf,
    pub name: String,
    pub url: String,
    /// The range of its element in the file's text.
    pub range: Range<usize>,
}

/// Something in a file for which NuGet fails.
#[derive(Debug)]
pub struct Refusal<'a> {
    pub file: &'a Path,
    pub problem: &'a Problem,
    /// Whether NuGet reads the file, and fails only when a restore uses this part of it.
    pub is_late: bool,
}

impl NugetConfig {
    /// Reads the files that are effective in this folder, which is absolute.
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

    /// Also reads the user's files of other clients than this `dotnet`: the file in the home if
    /// `DOTNET_CLI_HOME` names another folder, and that of nuget.exe under Mono.
    pub fn read_everywhere(locations: &Locations, working_folder: &Path) -> Self {
        let mut config = Self::read(locations, working_folder);
        for folder in locations.other_nuget_user_dirs() {
            // Only for the kind `User`, a missing file is planned.
            match Layer::read(LayerKind::UserFurther, &folder.join("NuGet.Config")) {
                Ok(layer) => config.layers.extend(layer),
                Err(error) => config.broken.push(error),
            }
        }
        config
    }

    /// The files that NuGet does not read although their names nearly fit.
    pub fn unread(locations: &Locations, working_folder: &Path) -> Vec<Unread> {
        unread::files(locations, working_folder)
    }

    /// Reads only one file, as the clients' `--configfile` does. A missing file is planned, and
    /// empty.
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

    /// The sources that serve vulnerability data, where any are set.
    pub fn audit_sources(&self, environment: &Environment) -> Vec<Source> {
        merge::sources(self, |document| &document.audit_sources, environment)
    }

    /// The patterns of the sources. If there are any, a source without patterns is not used.
    pub fn mappings(&self) -> Vec<&MappingEntry> {
        merge::mappings(self)
    }

    /// Why NuGet refuses files, or fails when a restore uses what is in them.
    pub fn refusals(&self, environment: &Environment) -> Vec<Refusal<'_>> {
        let mut refusals = Vec::new();
        let late = merge::late_problems(self, environment);
        for (at, Layer { file, document, .. }) in self.layers.iter().enumerate() {
            let of_file = document.problems.iter().map(|problem| (problem, false));
            let of_use = late.iter().filter(|(layer, _)| *layer == at);
            let problems = of_file.chain(of_use.map(|(_, problem)| (*problem, true)));
            refusals.extend(problems.map(|(problem, is_late)| Refusal {
                file: file.path(),
                problem,
                is_late,
            }));
        }
        refusals
    }

    /// Every source in every file, including those that another file clears or overrides.
    pub fn mentioned_sources(&self, environment: &Environment) -> Vec<Mentioned> {
        let mut mentioned = Vec::new();
        for Layer { file, document, .. } in &self.layers {
            let entries = document.package_sources.entries();
            for entry in entries.chain(document.audit_sources.entries()) {
                mentioned.push(Mentioned {
                    file: file.path().to_owned(),
                    name: entry.name.clone(),
                    url: values::url(&entry.value, file.path(), environment),
                    range: entry.range.clone(),
                });
            }
        }
        mentioned
    }

    /// The file that NuGet adds a source to: of the files that NuGet writes, the nearest one that
    /// clears the sources of farther files, otherwise the farthest one, which is the user's.
    pub fn file_for_sources(&self) -> Option<&ConfigFile> {
        let mut written = self.layers.iter().filter(|layer| layer.kind.is_written_by_nuget());
        let clearing = written.clone().find(|layer| layer.document.package_sources.clears());
        clearing.or_else(|| written.next_back()).map(|layer| &layer.file)
    }
}

/// Why a NuGet.Config cannot be used or written.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("`{}` cannot be read: {source}; make it readable for this user, or move it away", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` is no file, but a folder or a device; name a NuGet.Config", path.display())]
    NoFile { path: PathBuf },
    #[error("`{}` is a broken link. Remove it, or create its target.", path.display())]
    DeadLink { path: PathBuf },
    #[error("`{}` is larger than 4 MiB, which no NuGet.Config is; name another file, or move it away", path.display())]
    TooLarge { path: PathBuf },
    #[error("`{}` is no text that NuGet reads, from line {line} on: {detail}; save it as UTF-8", path.display())]
    Encoding { path: PathBuf, line: usize, detail: String },
    #[error("`{}` has an error at line {line}, column {column}: {detail}; correct it", path.display())]
    Xml { path: PathBuf, line: u32, column: u32, detail: String },
    #[error("`{}` cannot be written: {source}; {}", path.display(), hint(source))]
    NotWritten { path: PathBuf, source: io::Error },
    #[error(
        "`{}` belongs to another user, and a change would give it to this one ({source}); run this \
         as that user",
        path.display()
    )]
    OwnerLost { path: PathBuf, source: io::Error },
    #[error("`{}` was changed by another program meanwhile, and was left so; run this again", path.display())]
    ChangedMeanwhile { path: PathBuf },
    #[error("`{}` is written in {encoding}, which lacks a character of what is to be added; save it as UTF-8", path.display())]
    NotInEncoding { path: PathBuf, encoding: &'static str },
    #[error("`{}` has bytes that are no {encoding}, which a change would lose; save it as UTF-8", path.display())]
    BytesLost { path: PathBuf, encoding: &'static str },
}

impl Coded for ConfigError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. }
            | Self::NoFile { .. }
            | Self::DeadLink { .. }
            | Self::TooLarge { .. } => Code::UnreadableNuGetConfig,
            Self::Xml { .. } => Code::InvalidNuGetConfig,
            Self::NotWritten { .. } | Self::OwnerLost { .. } | Self::ChangedMeanwhile { .. } => {
                Code::NuGetConfigNotChanged
            }
            Self::Encoding { .. } | Self::NotInEncoding { .. } | Self::BytesLost { .. } => {
                Code::NuGetConfigEncoding
            }
        }
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make it and its folder writable for this user, or run this as its owner"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room and run this again",
        _ => "correct this and run the command again",
    }
}
