//! Our environment variables: their names and their values.

use std::path::PathBuf;
use std::str::FromStr;

use super::value::{CacheSettings, Duration, Origin, Setting, SignInMethod, is_profile};
use super::{Defaults, SettingsError};
use crate::base::environment::Environment;

/// Names another configuration file; an absolute path.
pub const CONFIG_FILE: &str = "CODEARTIFACT_NUGET_CONFIG_FILE";
/// How long a token should be valid, in seconds.
pub(super) const DURATION_SECONDS: &str = "CODEARTIFACT_NUGET_DURATION_SECONDS";
/// The profiles of the default identity, separated by commas.
pub const PROFILE: &str = "CODEARTIFACT_NUGET_PROFILE";
/// Whether the plugin may ask the user to sign in.
pub(super) const INTERACTIVE: &str = "CODEARTIFACT_NUGET_INTERACTIVE";
/// Whether a token is requested before NuGet asks for it.
pub const HEAD_START: &str = "CODEARTIFACT_NUGET_HEAD_START";
/// How the user signs in.
const SIGN_IN: &str = "CODEARTIFACT_NUGET_SIGN_IN";
/// Where tokens are cached.
pub(super) const CACHE: &str = "CODEARTIFACT_NUGET_CACHE";
/// The cache folder; an absolute path.
pub const CACHE_DIR: &str = "CODEARTIFACT_NUGET_CACHE_DIR";
/// The user's own token. AWS's guides use this variable.
pub const AUTH_TOKEN: &str = "CODEARTIFACT_AUTH_TOKEN";
/// A file with such a token; an absolute path. It goes before the variable, because a file can be
/// renewed.
pub const AUTH_TOKEN_FILE: &str = "CODEARTIFACT_AUTH_TOKEN_FILE";
/// The domain of such a token.
pub const TOKEN_DOMAIN: &str = "CODEARTIFACT_NUGET_TOKEN_DOMAIN";
/// The log file.
pub const LOG_FILE: &str = "CODEARTIFACT_NUGET_LOG_FILE";
/// The log file of AWS's own provider, for people who change from it.
pub const AWS_PROVIDER_LOG_FILE: &str = "AWS_CODEARTIFACT_NUGET_LOGFILE";

/// The values of the variables, which are used if no rule sets the same.
pub(super) fn defaults(environment: &Environment) -> Result<Defaults, SettingsError> {
    Ok(Defaults {
        profiles: setting(environment, PROFILE, profiles)?,
        duration: setting(environment, DURATION_SECONDS, duration)?,
        interactive: setting(environment, INTERACTIVE, str::parse)?,
        head_start: setting(environment, HEAD_START, str::parse)?,
    })
}

/// Where the user wants tokens to be cached.
pub(super) fn cache(environment: &Environment) -> Result<CacheSettings, SettingsError> {
    let mode = variable(environment, CACHE, str::parse)?.unwrap_or_default();
    Ok(CacheSettings { mode, dir: environment.path(CACHE_DIR) })
}

/// How the user signs in when the plugin asks for it.
pub fn sign_in_method(environment: &Environment) -> Result<SignInMethod, SettingsError> {
    Ok(variable(environment, SIGN_IN, SignInMethod::from_str)?.unwrap_or_default())
}

/// The path in a variable; none if it is not set. It is never resolved against the working
/// directory.
pub(super) fn absolute_path(
    environment: &Environment,
    name: &'static str,
) -> Result<Option<PathBuf>, SettingsError> {
    let Some(path) = environment.path(name) else { return Ok(None) };
    if path.is_absolute() {
        return Ok(Some(path));
    }
    let value = path.display().to_string();
    Err(SettingsError::Variable { name, value, expected: "an absolute path" })
}

/// The cache folder that the user named.
pub fn named_cache_dir(environment: &Environment) -> Option<PathBuf> {
    environment.path(CACHE_DIR).filter(|path| path.is_absolute())
}

/// The variables in which the user named paths, and the paths.
pub fn moved_places(environment: &Environment) -> Vec<(&'static str, PathBuf)> {
    let names = [CACHE_DIR, CONFIG_FILE];
    names.into_iter().filter_map(|name| Some((name, environment.path(name)?))).collect()
}

/// The log files: our own, and that of AWS's variable.
pub fn log_files(environment: &Environment) -> (Option<PathBuf>, Option<PathBuf>) {
    (environment.path(LOG_FILE), environment.path(AWS_PROVIDER_LOG_FILE))
}

fn setting<T>(
    environment: &Environment,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<Setting<T>>, SettingsError> {
    let value = variable(environment, name, parse)?;
    Ok(value.map(|value| Setting::new(value, Origin::Variable(name))))
}

fn variable<T>(
    environment: &Environment,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, SettingsError> {
    let Some(value) = environment.get(name) else { return Ok(None) };
    parse(value).map(Some).map_err(|expected| SettingsError::Variable {
        name,
        value: value.to_owned(),
        expected,
    })
}

fn profiles(value: &str) -> Result<Vec<String>, &'static str> {
    let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().all(|name| is_profile(name)) {
        Ok(names)
    } else {
        Err("profiles of the shared config and credentials files, separated by commas")
    }
}

fn duration(value: &str) -> Result<Duration, &'static str> {
    value.parse::<i64>().map_err(|_| Duration::EXPECTED).and_then(Duration::try_from)
}
