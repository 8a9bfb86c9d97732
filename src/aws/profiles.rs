//! The AWS files, read by the SDK's own loader, so that what we say of a profile is what the SDK
//! does with it.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::AwsError;
use crate::base::environment::Environment;

/// The AWS files' profiles.
#[derive(Clone, Default)]
pub struct AwsFiles {
    pub profiles: ProfileSet,
    /// The profiles whose access key stands in the credentials file, where that matters: the AWS CLI
    /// looks for one there before it looks for a `credential_process`, and elsewhere after it.
    keys_in_credentials: HashSet<String>,
}

/// Names only: keys are among the values.
impl fmt::Debug for AwsFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

impl AwsFiles {
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
        let fits = |profile: &Profile| {
            let role_of = |arn: &str| arn.split(':').nth(4) == Some(account);
            profile.get("sso_account_id") == Some(account)
                || profile.get("role_arn").is_some_and(role_of)
                || profile.get("login_session").is_some_and(role_of)
        };
        let mut names = self.names();
        names.retain(|name| self.get(name).is_some_and(fits));
        names
    }
}

/// The profiles of `~/.aws/config` and `~/.aws/credentials`, or of the files that `AWS_CONFIG_FILE`
/// and `AWS_SHARED_CREDENTIALS_FILE` name.
pub(super) async fn load(environment: &Environment) -> Result<AwsFiles, AwsError> {
    let profiles = read(&files(environment)).await?;
    let is_ambiguous = |name: &str| {
        let profile = profiles.get_profile(name);
        let has = |key| profile.is_some_and(|profile| profile.get(key).is_some());
        has("aws_access_key_id") && (has("credential_process") || has("login_session"))
    };
    let ambiguous: Vec<&str> = profiles.profiles().filter(|name| is_ambiguous(name)).collect();
    let mut keys_in_credentials = HashSet::new();
    if !ambiguous.is_empty() {
        let path = path_of(environment, EnvConfigFileKind::Credentials);
        let alone = read(&of_paths([(EnvConfigFileKind::Credentials, path)])).await?;
        let has_key = |name: &&str| {
            alone.get_profile(name).is_some_and(|it| it.get("aws_access_key_id").is_some())
        };
        keys_in_credentials = ambiguous.into_iter().filter(has_key).map(str::to_owned).collect();
    }
    Ok(AwsFiles { profiles, keys_in_credentials })
}

/// Where the files are that are there. The SDK finds no home but that of a variable, and a process
/// may have none.
pub(super) fn files(environment: &Environment) -> EnvConfigFiles {
    let kinds = [EnvConfigFileKind::Config, EnvConfigFileKind::Credentials];
    of_paths(kinds.map(|kind| (kind, path_of(environment, kind))))
}

fn of_paths<const N: usize>(paths: [(EnvConfigFileKind, Option<PathBuf>); N]) -> EnvConfigFiles {
    let there = paths.into_iter().filter_map(|(kind, path)| Some((kind, path?)));
    let there = there.filter(|(_, path)| path.is_file());
    // The SDK panics where it is given no file at all.
    let none = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "");
    there.fold(none, |files, (kind, path)| files.with_file(kind, path)).build()
}

fn path_of(environment: &Environment, kind: EnvConfigFileKind) -> Option<PathBuf> {
    let (variable, usual) = match kind {
        EnvConfigFileKind::Credentials => ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        EnvConfigFileKind::Config => ("AWS_CONFIG_FILE", ".aws/config"),
    };
    let in_home = |name: PathBuf| environment.home().map(|home| home.join(name));
    match environment.path(variable) {
        Some(path) => match path.strip_prefix("~") {
            Ok(rest) => in_home(rest.to_owned()),
            Err(_) => Some(path),
        },
        None => in_home(usual.into()),
    }
}

async fn read(files: &EnvConfigFiles) -> Result<ProfileSet, AwsError> {
    aws_config::profile::load(&Fs::real(), &Env::from_slice(&[]), files, None)
        .await
        .map_err(|error| AwsError::Files { detail: super::causes::readable(&error) })
}
