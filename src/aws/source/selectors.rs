//! What distinguishes one identity from every other one, as text. The cache keys are made from it.
//!
//! A source adds what selects its identity, and never what rotates: a new session token of the same
//! key, a refreshed sign-in or a renewed web-identity token changes nothing. Secrets are included
//! as digests only. The wording is part of every key in users' caches, so it must not change.

use std::io;
use std::path::{Path, PathBuf};

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

use crate::base::environment::Environment;
use crate::base::files;

/// Collects selectors, each as `name=value`.
#[derive(Debug)]
pub(in crate::aws) struct Selectors<'a> {
    pub(super) environment: &'a Environment,
    pub(in crate::aws) collected: Vec<String>,
    /// False where AWS can change the identity without a trace on this machine.
    pub(in crate::aws) is_visible: bool,
}

impl<'a> Selectors<'a> {
    pub(in crate::aws) fn new(environment: &'a Environment) -> Self {
        Self { environment, collected: Vec::new(), is_visible: true }
    }

    pub(in crate::aws) fn add(&mut self, name: &str, value: &str) {
        self.collected.push(format!("{name}={value}"));
    }

    pub(in crate::aws) fn add_optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    pub(in crate::aws) fn add_variables(&mut self, names: &[&str]) {
        for name in names {
            self.add_optional(name, self.environment.get(name));
        }
    }

    /// Whether a file exists.
    pub(super) fn add_presence(&mut self, name: &str, file: Option<PathBuf>) {
        let is_there = file.is_some_and(|file| file.is_file());
        self.add(name, if is_there { "present" } else { "absent" });
    }

    /// Issuer and subject of a token file: they stay the same when the token is renewed. If they
    /// cannot be read, only the path identifies it, and the owner of the token is unknown.
    pub(super) fn add_token_file(&mut self, path: &Path) {
        self.add("token-file", &path.to_string_lossy());
        match issuer_and_subject(path) {
            Some(names) => self.add("token-names", &names),
            None => self.is_visible = false,
        }
    }
}

/// `iss` and `sub` of the JSON web token in the file.
fn issuer_and_subject(path: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Claims {
        iss: String,
        sub: String,
    }
    let token = token_in(path).ok()?;
    let payload = token.trim().split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let padding = "=".repeat(payload.len().wrapping_neg() % 4);
    let payload = base64::decode(format!("{payload}{padding}")).ok()?;
    let Claims { iss, sub } = serde_json::from_slice(&payload).ok()?;
    serde_json::to_string(&(iss, sub)).ok()
}

/// Tokens have some thousand characters.
const LARGEST_TOKEN: u64 = 1 << 20;

/// The text of a token file. A pipe (`<(…)` of a shell) is refused: the file is read for the identity and
/// once more for the call.
pub(super) fn token_in(path: &Path) -> io::Result<String> {
    let text = files::read_regular(path, LARGEST_TOKEN)?;
    let not_text = || io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text");
    String::from_utf8(text).map_err(|_| not_text())
}

pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
