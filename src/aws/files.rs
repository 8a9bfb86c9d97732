//! The shared config and credentials files (`~/.aws/config`, `~/.aws/credentials`). The SDK's own
//! loader parses them, so that the plugin reports what the SDK uses.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the shared files")]

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::{Builder, EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::error::{AwsError, causes};
use crate::base::environment::Environment;

/// The contents of the shared files. They are read once, so that an identity and the SDK's own
/// configuration come from the same text.
#[derive(Clone)]
pub struct AwsFiles {
    pub profiles: ProfileSet,
    /// The profiles whose access key is in the credentials file, where that matters: the AWS CLI
    /// looks for one there before it looks for a `credential_process`, and elsewhere after it.
    keys_in_credentials: HashSet<String>,
    texts: EnvConfigFiles,
    home: Option<PathBuf>,
}

/// Only names are shown, because the values include keys.
impl fmt::Debug for AwsFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

impl AwsFiles {
    /// Reads `~/.aws/config` and `~/.aws/credentials`, or the files that `AWS_CONFIG_FILE` and
    /// `AWS_SHARED_CREDENTIALS_FILE` name. A file that does not exist counts as empty.
    pub(super) async fn load(environment: &Environment) -> Result<Self, AwsError> {
        let config = SharedFile::read(environment, EnvConfigFileKind::Config);
        let credentials = SharedFile::read(environment, EnvConfigFileKind::Credentials);
        let texts = credentials.add_text(config.add_text(no_files())).build();
        let profiles = match parse(&texts).await {
            Ok(profiles) => profiles,
            // The error of a text does not name the file that it is from; the error of a file does.
            Err(_) => parse(&credentials.add_path(config.add_path(no_files())).build()).await?,
        };
        let mut keys_in_credentials = HashSet::new();
        if profiles.profiles().any(|name| is_ambiguous(&profiles, name)) {
            let alone = parse(&credentials.add_text(no_files()).build()).await?;
            keys_in_credentials
                .extend(alone.profiles().filter(|name| has(&alone, name, KEY)).map(str::to_owned));
        }
        Ok(Self { profiles, keys_in_credentials, texts, home: environment.home() })
    }

    /// Files without any profile, for an identity that needs none.
    pub(super) fn empty(environment: &Environment) -> Self {
        Self {
            profiles: ProfileSet::default(),
            keys_in_credentials: HashSet::new(),
            texts: no_files().build(),
            home: environment.home(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get_profile(name)
    }

    /// The profiles' names, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.profiles.profiles().collect();
        names.sort_unstable();
        names
    }

    pub(super) fn has_key_in_credentials(&self, profile: &Profile) -> bool {
        self.keys_in_credentials.contains(profile.name())
    }

    /// The profiles whose credentials would be of this account, in order.
    pub(super) fn of_account(&self, account: &str) -> Vec<&str> {
        let mut names = self.names();
        names.retain(|name| self.get(name).is_some_and(|profile| is_of_account(profile, account)));
        names
    }

    /// The text that was read, for the SDK's configuration.
    pub(super) fn texts(&self) -> EnvConfigFiles {
        self.texts.clone()
    }

    /// `~/.aws/sso/cache`, the folder with the sign-ins of IAM Identity Center that the AWS CLI and
    /// all SDKs share. None if this user has no home.
    pub(super) fn sso_cache(&self) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(".aws/sso/cache"))
    }
}

const KEY: &str = "aws_access_key_id";

fn has(profiles: &ProfileSet, name: &str, key: &str) -> bool {
    profiles.get_profile(name).is_some_and(|profile| profile.get(key).is_some())
}

/// Whether it matters which of the two files has the profile's key.
fn is_ambiguous(profiles: &ProfileSet, name: &str) -> bool {
    has(profiles, name, KEY)
        && (has(profiles, name, "credential_process") || has(profiles, name, "login_session"))
}

fn is_of_account(profile: &Profile, account: &str) -> bool {
    let arns = [profile.get("role_arn"), profile.get("login_session")];
    profile.get("sso_account_id") == Some(account)
        || arns.into_iter().flatten().any(|arn| arn.split(':').nth(4) == Some(account))
}

/// One of the two files, as it was read. The SDK is not left to search for it, because it finds the
/// home only by a variable, and a process may have none.
struct SharedFile {
    kind: EnvConfigFileKind,
    /// None if the file does not exist.
    path: Option<PathBuf>,
    /// None if it cannot be read as text. The SDK then reports the error.
    text: Option<String>,
}

impl SharedFile {
    fn read(environment: &Environment, kind: EnvConfigFileKind) -> Self {
        let (variable, default) = match kind {
            EnvConfigFileKind::Credentials => ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
            EnvConfigFileKind::Config => ("AWS_CONFIG_FILE", ".aws/config"),
        };
        let home = environment.home();
        let path = match environment.path(variable) {
            Some(path) => match path.strip_prefix("~") {
                Ok(rest) => home.map(|home| home.join(rest)),
                Err(_) => Some(path),
            },
            None => home.map(|home| home.join(default)),
        };
        let path = path.filter(|path| path.is_file());
        let text = path.as_ref().and_then(|path| fs::read_to_string(path).ok());
        Self { kind, path, text }
    }

    fn add_text(&self, files: Builder) -> Builder {
        match &self.text {
            Some(text) => files.with_contents(self.kind, text),
            None => self.add_path(files),
        }
    }

    fn add_path(&self, files: Builder) -> Builder {
        match &self.path {
            Some(path) => files.with_file(self.kind, path),
            None => files,
        }
    }
}

/// The SDK panics if it gets no file at all.
fn no_files() -> Builder {
    EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "")
}

async fn parse(files: &EnvConfigFiles) -> Result<ProfileSet, AwsError> {
    aws_config::profile::load(&Fs::real(), &Env::from_slice(&[]), files, None)
        .await
        .map_err(|error| AwsError::Files { detail: causes::readable(&error) })
}
