//! The only reader of our environment variables and of the configuration file.

mod cache;
mod environment;
mod file;
mod sign_in;
mod terms;

use std::path::PathBuf;

use serde::Deserialize;

use crate::endpoint::{Domain, HostMapping};
use crate::locations::Locations;

pub use cache::{CacheMode, CacheSettings};
pub use environment::Environment;
pub use file::FileError;
pub use sign_in::SignInMethod;
pub use terms::{AwsSettings, EndpointSettings, Interactive, Prefer, RoleSettings, Terms};

/// Moves the configuration file; absolute.
const CONFIG_FILE: &str = "CODEARTIFACT_NUGET_CONFIG_FILE";
/// How long a token is asked for, in seconds.
const DURATION_SECONDS: &str = "CODEARTIFACT_NUGET_DURATION_SECONDS";
/// Where tokens are kept.
const CACHE: &str = "CODEARTIFACT_NUGET_CACHE";
/// The folder that they are kept in; absolute.
const CACHE_DIR: &str = "CODEARTIFACT_NUGET_CACHE_DIR";
/// Whether the user may be asked to sign in.
const INTERACTIVE: &str = "CODEARTIFACT_NUGET_INTERACTIVE";
/// How the user signs in.
const SIGN_IN: &str = "CODEARTIFACT_NUGET_SIGN_IN";
/// The log file.
const LOG_FILE: &str = "CODEARTIFACT_NUGET_LOG_FILE";
/// The variable of AWS's own provider, for people who move over.
const AMAZONS_LOG_FILE: &str = "AWS_CODEARTIFACT_NUGET_LOGFILE";

/// What the user set, from the variables and the configuration file.
#[derive(Debug)]
pub struct Settings {
    /// Hosts of the user's own.
    pub hosts: Vec<HostMapping>,
    /// How long a token is asked for. A bad value fails the ask for a token, and leaves the hosts
    /// ours, so that the user is told.
    pub duration: Result<Duration, SettingsError>,
    /// Whether the user may be asked to sign in.
    pub interactive: Result<Interactive, SettingsError>,
}

/// A setting that cannot be used: nothing is guessed in its place.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the variable {name} is `{value}`: {expected}; correct or unset it")]
    Variable { name: &'static str, value: String, expected: &'static str },
}

impl Settings {
    /// Reads the configuration file and the variables that go before it.
    pub fn load(environment: &Environment, locations: &Locations) -> Result<Self, SettingsError> {
        let file = match config_file(environment, locations)? {
            Some(path) => file::read(&path)?,
            None => file::ConfigurationFile::default(),
        };
        Ok(Self {
            hosts: file.hosts.into_iter().map(|entry| entry.0).collect(),
            duration: duration_of(environment)
                .map(|duration| duration.or(file.duration_seconds).unwrap_or(Duration::LONGEST)),
            interactive: parsed(environment, INTERACTIVE),
        })
    }

    /// What holds for a repository, or for a domain of which no repository is named.
    pub fn terms(
        &self,
        _domain: &Domain,
        _repository: Option<&str>,
    ) -> Result<Terms, SettingsError> {
        Ok(Terms {
            rule: None,
            duration: self.duration.clone()?,
            interactive: self.interactive.clone()?,
            aws: AwsSettings::default(),
        })
    }
}

fn config_file(
    environment: &Environment,
    locations: &Locations,
) -> Result<Option<PathBuf>, SettingsError> {
    match environment.path(CONFIG_FILE) {
        Some(path) if path.is_absolute() => Ok(Some(path)),
        Some(path) => Err(SettingsError::Variable {
            name: CONFIG_FILE,
            value: path.display().to_string(),
            expected: "the path must be absolute",
        }),
        None => Ok(locations.config_file()),
    }
}

fn duration_of(environment: &Environment) -> Result<Option<Duration>, SettingsError> {
    let Some(value) = environment.get(DURATION_SECONDS) else { return Ok(None) };
    let duration =
        value.parse::<i64>().map_err(|_| Duration::EXPECTED).and_then(Duration::try_from);
    duration.map(Some).map_err(|expected| SettingsError::Variable {
        name: DURATION_SECONDS,
        value: value.to_owned(),
        expected,
    })
}

/// Where tokens are kept. Apart from [`Settings`], since no configuration file says anything of it.
pub fn cache_settings(environment: &Environment) -> Result<CacheSettings, SettingsError> {
    Ok(CacheSettings { mode: parsed(environment, CACHE)?, dir: environment.path(CACHE_DIR) })
}

/// How the user signs in, where the plugin asks for it.
pub fn sign_in_method(environment: &Environment) -> Result<SignInMethod, SettingsError> {
    parsed(environment, SIGN_IN)
}

/// The variable's value, or the default where it is not set.
fn parsed<T>(environment: &Environment, name: &'static str) -> Result<T, SettingsError>
where
    T: Default + std::str::FromStr<Err = &'static str>,
{
    let Some(value) = environment.get(name) else { return Ok(T::default()) };
    let variable = |expected| SettingsError::Variable { name, value: value.to_owned(), expected };
    value.parse().map_err(variable)
}

/// The variables with which the user named a place of their own, and what they say.
pub fn moved_places(environment: &Environment) -> Vec<(&'static str, PathBuf)> {
    let names = [CACHE_DIR, CONFIG_FILE];
    names.into_iter().filter_map(|name| Some((name, environment.path(name)?))).collect()
}

/// The log files: ours, and the one that AWS's variable names.
pub fn log_files(environment: &Environment) -> (Option<PathBuf>, Option<PathBuf>) {
    (environment.path(LOG_FILE), environment.path(AMAZONS_LOG_FILE))
}

/// How long a token is asked for: 0 (as long as the role's own credentials) or 900 to 43,200 seconds,
/// the limits of `GetAuthorizationToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Duration(i64);

impl Duration {
    /// Twelve hours, which is what is asked for where nothing is set.
    const LONGEST: Self = Self(43_200);

    const EXPECTED: &str =
        "the duration is 0 (as long as the role's session) or 900 to 43200 seconds";

    /// The seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Duration {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        match seconds {
            0 | 900..=43_200 => Ok(Self(seconds)),
            _ => Err(Self::EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names of our variables that a text holds in quotes or backticks.
    fn named_in(text: &str) -> BTreeSet<&str> {
        let is_name = |word: &&str| {
            (word.starts_with("CODEARTIFACT_NUGET_") || *word == "AWS_CODEARTIFACT_NUGET_LOGFILE")
                && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
                && !word.ends_with('_')
        };
        text.split(['"', '`']).filter(is_name).collect()
    }

    #[test]
    fn the_readme_lists_the_variables_that_are_read() {
        let code = include_str!("settings.rs");
        assert_eq!(named_in(include_str!("../README.md")), named_in(code));
    }

    fn load(pairs: [(&str, &str); 1]) -> Result<Settings, SettingsError> {
        let environment = Environment::from_pairs(pairs);
        Settings::load(&environment, &Locations::of(&environment))
    }

    #[test]
    fn durations_are_those_that_the_api_takes() {
        for (text, seconds) in [("0", 0), ("900", 900), ("43200", 43_200)] {
            let settings = load([(DURATION_SECONDS, text)]).unwrap();
            assert_eq!(settings.duration.unwrap().seconds(), seconds);
        }
        for text in ["899", "43201", "-1", "1h", "1.5"] {
            let settings = load([(DURATION_SECONDS, text)]).unwrap();
            let error = settings.duration.unwrap_err().to_string();
            assert!(error.contains(DURATION_SECONDS) && error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_relative_configuration_file_is_refused() {
        let error = load([(CONFIG_FILE, "config.toml")]).unwrap_err().to_string();
        assert!(error.contains("must be absolute"), "{error}");
    }
}
