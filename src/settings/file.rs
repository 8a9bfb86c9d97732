//! The configuration files: TOML in which only known keys are accepted and every value is checked.

use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use toml_edit::Document;

use super::environment::{CONFIG_FILE, absolute_path};
use super::policy::Bounds;
use super::rule::Rule;
use super::toml::{Keys, Node, Problem};
use super::value::{Duration, OWNER, Origin, Setting, profiles};
use super::{Defaults, SettingsError};
use crate::base::environment::{Environment, HOME};
use crate::base::{files, invocation};
use crate::code::{Code, Coded};
use crate::endpoint::{HostMapping, is_domain, is_owner, is_region};
use crate::locations::Locations;

/// A configuration has some kilobytes: a larger file must be something else.
const LARGEST: u64 = 1 << 20;

/// The content of a file. The user's and the machine-wide file have the same keys.
#[derive(Default)]
pub(super) struct ConfigurationFile {
    pub(super) defaults: Defaults,
    pub(super) hosts: Vec<HostMapping>,
    /// Numbered from 1.
    pub(super) rules: Vec<Rule>,
    pub(super) policy: Option<Bounds>,
}

/// The file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FileError {
    #[error("The configuration file `{}` cannot be read: {detail}.", path.display())]
    Unreadable { path: PathBuf, detail: String },
    #[error(
        "The machine-wide configuration file `{}` is not trusted, so no tokens are requested: {reason}.",
        path.display()
    )]
    Untrusted { path: PathBuf, reason: String, fix: String },
    #[error("Invalid configuration file `{}`, line {line}, column {column}: {message}{}", path.display(), end(message))]
    Invalid { path: PathBuf, line: usize, column: usize, message: String },
}

/// The end of a sentence, which may be a question.
pub(super) fn end(sentence: &str) -> &'static str {
    if sentence.ends_with('?') { "" } else { "." }
}

impl FileError {
    /// For a file that must be there.
    pub fn missing(path: &Path) -> Self {
        Self::Unreadable { path: path.to_owned(), detail: "there is no such file".to_owned() }
    }

    /// Line and column of the error, if it has a place.
    pub fn position(&self) -> Option<(usize, usize)> {
        match self {
            Self::Invalid { line, column, .. } => Some((*line, *column)),
            Self::Unreadable { .. } | Self::Untrusted { .. } => None,
        }
    }
}

impl Coded for FileError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } => Code::UnreadableConfiguration,
            Self::Untrusted { .. } => Code::UntrustedMachineFile,
            Self::Invalid { .. } => Code::InvalidConfiguration,
        }
    }

    fn fix(&self) -> Option<String> {
        Some(match self {
            Self::Unreadable { .. } => "Make it readable, or remove it".to_owned(),
            Self::Untrusted { fix, .. } => format!("As administrator, run: {fix}"),
            Self::Invalid { .. } => {
                format!(
                    "Correct it, then check: {}",
                    invocation::command(["configure", "validate"])
                )
            }
        })
    }
}

/// Reads the file; a missing file sets nothing. Its rules are numbered after `rules_before`.
pub(super) fn read(path: &Path, rules_before: usize) -> Result<ConfigurationFile, FileError> {
    match read_text(path)? {
        Some(text) => parse(path, &text, rules_before),
        None => Ok(ConfigurationFile::default()),
    }
}

/// The text of a valid file; none if there is no file.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, FileError> {
    let text = read_text(path)?;
    if let Some(text) = &text {
        parse(path, text, 0)?;
    }
    Ok(text)
}

/// The file's text; none if it does not exist.
fn read_text(path: &Path) -> Result<Option<String>, FileError> {
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
        let message = "a byte is not UTF-8".to_owned();
        Problem { offset: sound.len(), message }.in_file(path, sound)
    })
}

/// Reads text that is, or would be, the content of the file.
pub(super) fn parse(
    path: &Path,
    text: &str,
    rules_before: usize,
) -> Result<ConfigurationFile, FileError> {
    let document = Document::parse(text).map_err(|error| {
        // The parser's message can continue with hints on further lines.
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        let offset = error.span().map_or(0, |span| span.start);
        Problem { offset, message }.in_file(path, text)
    })?;
    let file = of_root(Keys::of_root(document.as_table()), path, rules_before);
    file.map_err(|problem| problem.in_file(path, text))
}

fn of_root(
    mut keys: Keys<'_>,
    path: &Path,
    rules_before: usize,
) -> Result<ConfigurationFile, Problem> {
    let origin = Origin::File(path.to_owned());
    let profiles = keys.read("profile", profiles);
    let duration = keys.read("duration_seconds", |node| node.number(Duration::try_from));
    let interactive = keys.read("interactive", |node| node.text(str::parse));
    let head_start = keys.read("head_start", |node| node.text(str::parse));
    let mut number = rules_before;
    let file = ConfigurationFile {
        defaults: Defaults {
            profiles: profiles.map(|names| Setting::new(names, origin.clone())),
            duration: duration.map(|duration| Setting::new(duration, origin.clone())),
            interactive: interactive.map(|word| Setting::new(word, origin.clone())),
            head_start: head_start.map(|word| Setting::new(word, origin)),
        },
        hosts: keys.read("hosts", |node| node.list(host)).unwrap_or_default(),
        rules: keys
            .read("rules", |node| {
                node.list(|rule| {
                    number += 1;
                    Rule::read(rule, path, number)
                })
            })
            .unwrap_or_default(),
        policy: keys.read("policy", |node| Bounds::read(node, path)),
    };
    keys.finish()?;
    Ok(file)
}

/// One of `[[hosts]]`.
fn host(node: Node<'_>) -> Result<HostMapping, Problem> {
    const DOMAIN: &str = "a CodeArtifact domain (2 to 50 of a-z, 0-9 and `-`)";
    const REGION: &str = "an AWS region, such as `us-east-1`";
    let mut keys = node.keys()?;
    let host = keys.read("host", |node| node.text(host_and_port));
    let domain = keys.read("domain", |node| node.checked_text(is_domain, DOMAIN));
    let owner = keys.read("owner", |node| node.checked_text(is_owner, OWNER));
    let region = keys.read("region", |node| node.checked_text(is_region, REGION));
    keys.finish()?;
    let (host, port) = host.ok_or_else(|| keys.missing("host"))?;
    let region = region.ok_or_else(|| keys.missing("region"))?;
    let domain = match (domain, owner) {
        (Some(domain), Some(owner)) => Some((domain, owner)),
        (None, None) => None,
        _ => return Err(keys.problem("`domain` needs `owner`, and `owner` needs `domain`")),
    };
    Ok(HostMapping { host, port, domain, region })
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), &'static str> {
    const EXPECTED: &str = "a host name, with `:` and the port if that is not the default one";
    // An IPv6 address has colons within its brackets.
    let port_at = text.rfind(':').filter(|at| !text[*at..].contains(']'));
    let (host, port) = text.split_at(port_at.unwrap_or(text.len()));
    let port = match port.strip_prefix(':') {
        // Rust's number parser accepts a leading `+`.
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0).ok_or(EXPECTED)?)
        }
        Some(_) => return Err(EXPECTED),
        None => None,
    };
    if is_host(host) { Ok((host.to_ascii_lowercase(), port)) } else { Err(EXPECTED) }
}

/// Labels separated by dots, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    text.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

impl Problem {
    fn in_file(self, path: &Path, text: &str) -> FileError {
        let (line, column) = position(text, self.offset);
        FileError::Invalid { path: path.into(), line, column, message: self.message }
    }
}

/// One-based line and column (in characters) of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The user's file, which need not exist; none if the user has no home.
///
/// # Errors
///
/// If the variable for the file, or for the home, has a relative path.
pub fn config_file(
    environment: &Environment,
    locations: &Locations,
) -> Result<Option<PathBuf>, SettingsError> {
    let named = absolute_path(environment, CONFIG_FILE)?;
    absolute_path(environment, HOME)?;
    Ok(named.or_else(|| locations.config_file()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read_text(text: impl AsRef<[u8]>) -> Result<ConfigurationFile, FileError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read(file.path(), 0)
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
        let mapping = &file.hosts[0];
        assert_eq!((mapping.host.as_str(), mapping.port), ("packages.example", Some(8443)));
        assert_eq!(file.defaults.duration.map(|it| it.value.seconds()), Some(900));
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
                .contains("`domain` needs `owner`")
        );
    }

    #[test]
    fn a_near_key_is_suggested_and_a_far_one_is_not() {
        let message = |key: &str| place(format!("[[hosts]]\nhost = \"h\"\n{key} = \"x\"\n")).2;
        assert_eq!(message("regoin"), "unknown key `regoin`. Did you mean `region`?");
        assert!(message("password").ends_with("Known keys: `host`, `domain`, `owner`, `region`"));
    }

    #[test]
    fn the_first_problem_of_the_file_is_reported() {
        assert_eq!(place("interactive = \"no\"\nprofile = []").0, 1);
        assert_eq!(place("[[rules]]\nprofil = \"a\"\ndomain = 1\n[policy]\nx = 1").0, 2);
        let (line, column, message) = place("[[hosts]]\n\n[[hosts]]\nhost = \"h\"\n");
        assert_eq!((line, column, &*message), (1, 1, "missing key `host`"));
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
        assert!(read(Path::new("/dev/null/config.toml"), 0).unwrap().hosts.is_empty());
        assert!(read(Path::new("/nonexistent/config.toml"), 0).unwrap().hosts.is_empty());
    }
}
