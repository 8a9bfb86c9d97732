//! One of the two shared files, as it is on disk.
//!
//! A file that cannot be read is an error, and never counts as absent: without its profiles, somebody
//! else's credentials would be used.

use std::io;
use std::path::{Path, PathBuf};

use super::ini::Ini;
use crate::aws::error::AwsError;
use crate::base::environment::Environment;
use crate::base::files::{is_absence, read_bounded};
use crate::base::text::printable;

/// A larger file is not read. Organizations have files with thousands of profiles, of a few hundred
/// bytes each.
const LARGEST: u64 = 16 << 20;

/// Where a file is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    variable: &'static str,
    /// In `~/.aws`.
    default: &'static str,
}

pub(super) const CONFIG: Place = Place { variable: "AWS_CONFIG_FILE", default: "config" };
pub(super) const CREDENTIALS: Place =
    Place { variable: "AWS_SHARED_CREDENTIALS_FILE", default: "credentials" };

/// What was read.
#[derive(Debug, Default)]
pub(super) struct SharedFile {
    /// Its path, for people.
    pub name: String,
    /// No sections if there is no such file.
    pub ini: Ini,
    /// The variable that names it, with what it names, if no such file exists.
    pub missing: Option<(&'static str, String)>,
}

impl SharedFile {
    /// Reads the file that the variable names, or the one in the home.
    pub fn read(environment: &Environment, place: Place) -> Result<Self, AwsError> {
        let named = environment.expanded_path(place.variable);
        let is_named = named.is_some();
        let in_home = || environment.home().map(|home| home.join(".aws").join(place.default));
        let Some(path) = named.or_else(in_home) else { return Ok(Self::default()) };
        let name = printable(&path.display().to_string());
        match read(&path) {
            Ok(Some(text)) => Ok(Self { ini: Ini::parse(&text), name, missing: None }),
            Ok(None) => {
                let missing = is_named.then(|| {
                    let variable = place.variable;
                    (variable, format!("{variable} names `{name}`, which does not exist"))
                });
                Ok(Self { name, missing, ini: Ini::default() })
            }
            Err(reason) => Err(AwsError::Files {
                detail: format!("`{name}` {reason}"),
                fix: format!(
                    "Correct it (it must be UTF-8), or name another file in {}.",
                    place.variable
                ),
            }),
        }
    }
}

/// The text. None if there is no file.
fn read(path: &Path) -> Result<Option<String>, String> {
    let bytes = match read_bounded(path, LARGEST) {
        Err(error) if is_absence(&error) => {
            return match dangling_link(path) {
                Some(link) => {
                    let link = printable(&link.display().to_string());
                    Err(format!("does not exist: `{link}` is a broken link"))
                }
                None => Ok(None),
            };
        }
        Err(_) if path.is_dir() => return Err("is a folder".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err("cannot be read by this user (permission denied)".to_owned());
        }
        Err(error) => return Err(format!("cannot be read: {error}")),
        Ok(bytes) => bytes,
    };
    text(bytes).map(Some)
}

/// The text of these bytes. Windows' editors begin a file with a byte order mark, which is not part
/// of the text.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err("is UTF-16, not UTF-8".to_owned());
    }
    if bytes.contains(&0) {
        return Err("contains zero bytes, as UTF-16 does".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            Err(format!("is not UTF-8 in line {line}, perhaps Latin-1"))
        }
    }
}

/// The part of the path that is a link to nothing.
fn dangling_link(path: &Path) -> Option<PathBuf> {
    // Nothing is found below a link to nothing, so it is the last part that is found.
    let mut parts = path.ancestors().filter_map(|part| Some((part, part.symlink_metadata().ok()?)));
    let (part, found) = parts.next()?;
    (found.is_symlink() && !part.exists()).then(|| part.to_owned())
}
