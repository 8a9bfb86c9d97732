//! What holds where no rule says otherwise.

use super::file::ConfigurationFile;
use super::values::{OneOrMore, is_profile};
use super::{
    DURATION_SECONDS, Duration, Environment, INTERACTIVE, Interactive, PROFILE, SettingsError,
};

/// From the variables or from a file.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// None stands for what AWS's own settings choose.
    pub profiles: Vec<String>,
    pub duration: Option<Duration>,
    pub interactive: Option<Interactive>,
}

impl Defaults {
    pub(super) fn of_variables(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self {
            profiles: variable(environment, PROFILE, profiles)?.unwrap_or_default(),
            duration: variable(environment, DURATION_SECONDS, duration)?,
            interactive: variable(environment, INTERACTIVE, str::parse)?,
        })
    }

    /// Takes them out of the file.
    pub(super) fn of_file(file: &mut ConfigurationFile) -> Self {
        Self {
            profiles: OneOrMore::texts(file.profile.take()),
            duration: file.duration_seconds,
            interactive: file.interactive,
        }
    }

    /// These, and those of `other` where nothing is said here.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            profiles: if self.profiles.is_empty() { other.profiles } else { self.profiles },
            duration: self.duration.or(other.duration),
            interactive: self.interactive.or(other.interactive),
        }
    }
}

fn variable<T>(
    environment: &Environment,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, SettingsError> {
    let Some(value) = environment.get(name) else { return Ok(None) };
    let wrong = |expected| SettingsError::Variable { name, value: value.to_owned(), expected };
    parse(value).map(Some).map_err(wrong)
}

fn profiles(value: &str) -> Result<Vec<String>, &'static str> {
    let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
    let is_list = names.iter().all(|name| is_profile(name));
    if is_list {
        Ok(names)
    } else {
        Err("it is a profile of the AWS files, or several with commas")
    }
}

fn duration(value: &str) -> Result<Duration, &'static str> {
    value.parse::<i64>().map_err(|_| Duration::EXPECTED).and_then(Duration::try_from)
}
