//! The configuration file: TOML, every key known, every value checked where it stands.
#![expect(clippy::disallowed_methods, reason = "the only reader of the configuration file")]

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use super::Duration;
use crate::endpoint::{HostMapping, is_domain, is_owner, is_region};

/// No honest configuration is longer.
const LARGEST: u64 = 1 << 20;

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ConfigurationFile {
    pub(super) duration_seconds: Option<Duration>,
    pub(super) hosts: Vec<HostEntry>,
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
    let bytes = match read_bounded(path) {
        Ok(bytes) => bytes,
        Err(error) if is_absence(error.kind()) => return Ok(ConfigurationFile::default()),
        Err(error) => {
            return Err(FileError::Unreadable { path: path.into(), detail: error.to_string() });
        }
    };
    let invalid = |text: &str, offset, message: String| {
        let (line, column) = position(text, offset);
        FileError::Invalid { path: path.into(), line, column, message }
    };
    let text = str::from_utf8(&bytes).map_err(|error| {
        let sound = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        invalid(sound, sound.len(), "a byte that is not UTF-8".to_owned())
    })?;
    toml::from_str(text).map_err(|error| {
        // The message can go on with hints in lines of their own.
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let message = message.replace("expected i64", "expected a number");
        invalid(text, error.span().map_or(0, |span| span.start), message)
    })
}

/// Also where the home is no folder, as `/dev/null` of a service account.
pub(super) fn is_absence(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    fs::read(path)
}

/// One-based line and column (in characters) of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// `[[hosts]]`: a host of the user's own before CodeArtifact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, try_from = "RawHostEntry")]
pub(super) struct HostEntry(pub(super) HostMapping);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHostEntry {
    host: HostAndPort,
    domain: Option<DomainName>,
    owner: Option<Owner>,
    region: Region,
}

impl TryFrom<RawHostEntry> for HostEntry {
    type Error = &'static str;

    fn try_from(raw: RawHostEntry) -> Result<Self, Self::Error> {
        let domain = match (raw.domain, raw.owner) {
            (Some(DomainName(domain)), Some(Owner(owner))) => Some((domain, owner)),
            (None, None) => None,
            _ => return Err("`domain` and `owner` go together: give both, or neither"),
        };
        let HostAndPort { host, port } = raw.host;
        Ok(Self(HostMapping { host, port, domain, region: raw.region.0 }))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct HostAndPort {
    host: String,
    port: Option<u16>,
}

impl TryFrom<String> for HostAndPort {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str =
            "`host` is a host name, and a port behind `:` where it is not the usual one";
        let port_at = text.rfind(':').filter(|at| !text[*at..].contains(']'));
        let (host, port) = text.split_at(port_at.unwrap_or(text.len()));
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(digits.parse().ok().filter(|port| *port != 0).ok_or(WRONG)?)
            }
            Some(_) => return Err(WRONG),
            None => None,
        };
        if !is_host(host) {
            return Err(WRONG);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

/// Labels with dots between them, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => text.split('.').all(is_label),
    }
}

/// A string type that takes only what a check lets through.
macro_rules! checked_text {
    ($name:ident, $check:path, $message:literal) => {
        #[derive(Deserialize)]
        #[serde(try_from = "String")]
        struct $name(String);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if $check(&text) { Ok(Self(text)) } else { Err($message) }
            }
        }
    };
}

checked_text!(
    DomainName,
    is_domain,
    "`domain` is a CodeArtifact domain: 2 to 50 of a-z, 0-9 and `-`"
);
checked_text!(Owner, is_owner, "`owner` is the domain's account: twelve digits, in quotes");
checked_text!(Region, is_region, "`region` is an AWS region, as in `us-east-1`");

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: impl AsRef<[u8]>) -> Result<ConfigurationFile, FileError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    fn place(text: impl AsRef<[u8]>) -> (usize, usize, String) {
        match read_text(text) {
            Err(FileError::Invalid { line, column, message, .. }) => (line, column, message),
            other => panic!("{other:?}"),
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
