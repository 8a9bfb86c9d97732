//! The configuration file: TOML, every key known, every value checked where it stands.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Defaults;
use super::hosts::HostEntry;
use super::policy::RawPolicy;
use super::rules::RawRule;
use super::suggestion;
use super::value::{Duration, Interactive, Origin, Setting};
use super::values::{OneOrMore, ProfileName};
use crate::base::files;

/// No honest configuration is longer.
const LARGEST: u64 = 1 << 20;

/// What the file says. The user's and the machine-wide one have the same keys.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ConfigurationFile {
    pub(super) profile: Option<OneOrMore<ProfileName>>,
    pub(super) duration_seconds: Option<Duration>,
    pub(super) interactive: Option<Interactive>,
    pub(super) hosts: Vec<HostEntry>,
    pub(super) rules: Vec<RawRule>,
    pub(super) policy: Option<RawPolicy>,
}

impl ConfigurationFile {
    /// Takes what it says outside of rules.
    pub(super) fn defaults(&mut self, path: &Path) -> Defaults {
        let origin = || Origin::File(path.to_owned());
        let profiles = self.profile.take().map(|list| OneOrMore::texts(Some(list)));
        Defaults {
            profiles: profiles.map(|names| Setting::new(names, origin())),
            duration: self.duration_seconds.map(|value| Setting::new(value, origin())),
            interactive: self.interactive.map(|value| Setting::new(value, origin())),
        }
    }
}

/// The file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FileError {
    #[error("the configuration file `{}` cannot be read: {detail}; make it readable, or move it away", path.display())]
    Unreadable { path: PathBuf, detail: String },
    #[error("the configuration file `{}` has an error at line {line}, column {column}: {message}; correct it", path.display())]
    Invalid { path: PathBuf, line: usize, column: usize, message: String },
}

/// Reads the file; one that is not there says nothing.
pub(super) fn read(path: &Path) -> Result<ConfigurationFile, FileError> {
    match read_text(path)? {
        Some(text) => parse(path, &text),
        None => Ok(ConfigurationFile::default()),
    }
}

/// The file's text; none where it is not there.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, FileError> {
    let bytes = match files::read_bounded(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(error) if files::is_absence(&error) => return Ok(None),
        Err(error) => {
            return Err(FileError::Unreadable { path: path.into(), detail: error.to_string() });
        }
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let sound = str::from_utf8(sound).unwrap_or_default();
        invalid(path, sound, sound.len(), "a byte that is not UTF-8".to_owned())
    })
}

/// Reads what would be in the file.
pub(super) fn parse(path: &Path, text: &str) -> Result<ConfigurationFile, FileError> {
    toml_edit::de::from_str(text).map_err(|error| {
        // The message can go on with hints in lines of their own.
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let message = message.replace("expected i64", "expected a number");
        let message = suggestion::for_unknown_key(&message).unwrap_or(message);
        invalid(path, text, error.span().map_or(0, |span| span.start), message)
    })
}

fn invalid(path: &Path, text: &str, offset: usize, message: String) -> FileError {
    let (line, column) = position(text, offset);
    FileError::Invalid { path: path.into(), line, column, message }
}

/// One-based line and column (in characters) of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::hosts::HostEntry;
    use super::*;

    fn read_text(text: impl AsRef<[u8]>) -> Result<ConfigurationFile, FileError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    fn place(text: impl AsRef<[u8]>) -> (usize, usize, String) {
        match read_text(text) {
            Err(FileError::Invalid { line, column, message, .. }) => (line, column, message),
            other => panic!("{:?}", other.map(|_| "a file without fault")),
        }
    }

    #[test]
    fn a_whole_file() {
        let text = "duration_seconds = 900\n[[hosts]]\nhost = \"Packages.Example:8443\"\ndomain = \"d1\"\nowner = \"111122223333\"\nregion = \"eu-west-1\"\n";
        let file = read_text(text).unwrap();
        let HostEntry(mapping) = &file.hosts[0];
        assert_eq!((mapping.host.as_str(), mapping.port), ("packages.example", Some(8443)));
        assert_eq!(file.duration_seconds.map(Duration::seconds), Some(900));
    }

    #[test]
    fn errors_name_line_and_column() {
        assert_eq!(place("duration_seconds = 900\nx = 1\n").0, 2);
        assert_eq!(place("\n\nduration_seconds = \"x\"").0, 3);
        let (line, column, message) = place("[[hosts]]\nhost = \"a b\"\nregion = \"eu-west-1\"\n");
        assert_eq!((line, column), (2, 8), "{message}");
        assert!(place("duration_seconds = 899").2.contains("900"));
        assert_eq!(place("hosts = [").0, 1);
        assert!(
            place("[[hosts]]\nhost=\"h\"\ndomain=\"d1\"\nregion=\"eu-west-1\"")
                .2
                .contains("go together")
        );
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        let entry = |host: &str| format!("[[hosts]]\nhost = \"{host}\"\nregion = \"eu-west-1\"\n");
        for host in ["h", "h:1", "[::1]:8080", "127.0.0.1", "a-b.example"] {
            assert!(read_text(entry(host)).is_ok(), "{host}");
        }
        for host in ["", "h:", "h:0", "h:+80", "h:99999", "..", "a..b", "[zzz]", "h/x", "u@h"] {
            assert_eq!(place(entry(host)).0, 2, "{host}");
        }
    }

    #[test]
    fn a_byte_that_is_no_text_has_a_place() {
        assert_eq!((place(b"a = 1\nb\xff").0, place(b"a = 1\nb\xff").1), (2, 2));
    }

    #[test]
    fn a_missing_file_says_nothing() {
        assert!(read(Path::new("/dev/null/config.toml")).unwrap().hosts.is_empty());
        assert!(read(Path::new("/nonexistent/config.toml")).unwrap().hosts.is_empty());
    }
}
