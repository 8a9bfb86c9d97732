//! The only reader of our environment variables and of the configuration file.

mod cache;
mod chosen;
mod environment;
mod file;
mod given;
mod terms;

use std::path::PathBuf;

use serde::Deserialize;

use crate::endpoint::{Domain, HostMapping, is_domain, split_domain};
use crate::locations::Locations;

pub use cache::{CacheMode, CacheSettings};
pub use chosen::Chosen;
pub use environment::Environment;
pub use file::FileError;
pub use given::{Binding, Given, GivenPlace, GivenToken, Unusable};
pub use terms::{AwsSettings, EndpointSettings, Interactive, Prefer, RoleSettings, Terms};

/// Moves the configuration file; absolute.
const CONFIG_FILE: &str = "CODEARTIFACT_NUGET_CONFIG_FILE";
/// How long a token is asked for, in seconds.
const DURATION_SECONDS: &str = "CODEARTIFACT_NUGET_DURATION_SECONDS";
/// Where tokens are kept.
const CACHE: &str = "CODEARTIFACT_NUGET_CACHE";
/// The folder that they are kept in; absolute.
const CACHE_DIR: &str = "CODEARTIFACT_NUGET_CACHE_DIR";
/// A token that the user brings along: the variable of AWS's own guides.
pub const AUTH_TOKEN: &str = "CODEARTIFACT_AUTH_TOKEN";
/// The file that holds such a token; absolute. It goes before the variable, since it can be renewed.
pub const AUTH_TOKEN_FILE: &str = "CODEARTIFACT_AUTH_TOKEN_FILE";
/// The domain that such a token is for.
pub const TOKEN_DOMAIN: &str = "CODEARTIFACT_NUGET_TOKEN_DOMAIN";
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
            interactive: Interactive::default(),
            aws: AwsSettings::default(),
        })
    }

    /// As [`terms`](Self::terms), with what the command line has chosen.
    pub fn chosen_terms(
        &self,
        domain: &Domain,
        repository: Option<&str>,
        chosen: Option<&Chosen>,
    ) -> Result<Terms, SettingsError> {
        let terms = self.terms(domain, repository)?;
        Ok(chosen.map_or_else(|| terms.clone(), |chosen| chosen.applied_to(terms.clone())))
    }
}

fn config_file(
    environment: &Environment,
    locations: &Locations,
) -> Result<Option<PathBuf>, SettingsError> {
    match environment.path(CONFIG_FILE) {
        Some(path) => absolute(CONFIG_FILE, path).map(Some),
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
    let mode = match environment.get(CACHE) {
        None => CacheMode::Auto,
        Some(value) => value.parse().map_err(|expected| SettingsError::Variable {
            name: CACHE,
            value: value.to_owned(),
            expected,
        })?,
    };
    Ok(CacheSettings { mode, dir: environment.path(CACHE_DIR) })
}

/// The tokens that the user brings along, read now, in the order in which they count.
pub fn given_tokens(environment: &Environment) -> Result<Vec<Given>, SettingsError> {
    let mut given = Vec::new();
    if let Some(path) = environment.path(AUTH_TOKEN_FILE) {
        let path = absolute(AUTH_TOKEN_FILE, path)?;
        let token = given::of_file(&path);
        given.push((GivenPlace::File { name: AUTH_TOKEN_FILE, path }, token));
    }
    if let Some(text) = environment.get(AUTH_TOKEN) {
        let token = given::of_variable(text.trim());
        given.push((GivenPlace::Variable { name: AUTH_TOKEN }, token));
    }
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let binding = token_domain(environment)?;
    let with_binding = |(place, token)| Given { place, binding: binding.clone(), token };
    Ok(given.into_iter().map(with_binding).collect())
}

fn token_domain(environment: &Environment) -> Result<Binding, SettingsError> {
    let Some(value) = environment.get(TOKEN_DOMAIN) else { return Ok(Binding::default()) };
    if let Some((domain, owner)) = split_domain(value) {
        return Ok(Binding { domain: Some(domain), owner: Some(owner), region: None });
    }
    if is_domain(value) {
        return Ok(Binding { domain: Some(value.to_owned()), ..Binding::default() });
    }
    Err(SettingsError::Variable {
        name: TOKEN_DOMAIN,
        value: value.to_owned(),
        expected: "it is a domain, as in `my-domain` or `my-domain-111122223333`",
    })
}

fn absolute(name: &'static str, path: PathBuf) -> Result<PathBuf, SettingsError> {
    if path.is_absolute() {
        return Ok(path);
    }
    let value = path.display().to_string();
    Err(SettingsError::Variable { name, value, expected: "the path must be absolute" })
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

    /// What it should have been.
    pub const EXPECTED: &str =
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
            (word.starts_with("CODEARTIFACT_") || word.starts_with("AWS_CODEARTIFACT_"))
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

    fn bound_to(value: &str) -> Result<Binding, SettingsError> {
        let pairs = [(AUTH_TOKEN, "t"), (TOKEN_DOMAIN, value)];
        given_tokens(&Environment::from_pairs(pairs)).map(|mut given| given.remove(0).binding)
    }

    #[test]
    fn a_given_token_is_bound_to_a_domain_or_to_one_of_an_owner() {
        let binding = |domain: &str, owner: Option<&str>| Binding {
            domain: Some(domain.into()),
            owner: owner.map(Into::into),
            region: None,
        };
        assert_eq!(bound_to("").unwrap(), Binding::default());
        assert_eq!(bound_to("my-domain").unwrap(), binding("my-domain", None));
        let with_owner = bound_to("my-domain-111122223333").unwrap();
        assert_eq!(with_owner, binding("my-domain", Some("111122223333")));
        // Eleven digits are no owner.
        assert_eq!(bound_to("d-11112222333").unwrap(), binding("d-11112222333", None));
        for wrong in ["111122223333", "My-Domain", "d", "my-domain.d.codeartifact"] {
            let error = bound_to(wrong).unwrap_err().to_string();
            assert!(error.contains(TOKEN_DOMAIN) && error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn the_file_goes_before_the_variable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let environment =
            Environment::from_pairs([(AUTH_TOKEN, " variables\n"), (AUTH_TOKEN_FILE, path)]);
        let given = given_tokens(&environment).unwrap();
        let places: Vec<_> = given.iter().map(|given| given.place.to_string()).collect();
        assert_eq!(places, [format!("{AUTH_TOKEN_FILE} `{path}`"), AUTH_TOKEN.to_owned()]);
        assert_eq!(given[0].token, Err(Unusable::Absent("is empty")));
        assert_eq!(given[1].token.as_ref().unwrap().secret.expose(), "variables");
    }

    #[test]
    fn a_relative_token_file_is_refused() {
        let environment = Environment::from_pairs([(AUTH_TOKEN_FILE, "token")]);
        let error = given_tokens(&environment).unwrap_err().to_string();
        assert!(error.contains("must be absolute"), "{error}");
    }

    #[test]
    fn a_relative_configuration_file_is_refused() {
        let error = load([(CONFIG_FILE, "config.toml")]).unwrap_err().to_string();
        assert!(error.contains("must be absolute"), "{error}");
    }
}
