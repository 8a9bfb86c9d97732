//! The only reader of our environment variables and of the configuration file.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The environment of the process, or of a test. A variable that is set to nothing counts as unset.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: HashMap<OsString, OsString>,
    fallback_home: Option<PathBuf>,
}

impl Environment {
    /// What this process was started with.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self { variables: std::env::vars_os().collect(), fallback_home: std::env::home_dir() }
    }

    /// An environment of just these variables.
    #[cfg(test)]
    pub fn from_pairs<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        let variables = pairs.map(|(name, value)| (name.into(), value.into())).into();
        Self { variables, fallback_home: None }
    }

    /// The variable's text; none where it is unset, empty or not Unicode.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name)?.to_str()
    }

    /// The variable as a path; none where it is unset or empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).map(PathBuf::from)
    }

    /// The user's home: `HOME` (`USERPROFILE` on Windows), else the system's user database.
    pub fn home(&self) -> Option<PathBuf> {
        let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        self.path(variable).or_else(|| self.fallback_home.clone())
    }

    fn raw(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|v| !v.is_empty())
    }
}
