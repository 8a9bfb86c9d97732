//! The environment variables that the process was started with.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::files::can_start;

/// The variable with the user's home.
pub const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// The environment of the process, or of a test. A variable that is set but empty counts as unset.
/// On Windows, names are compared without regard to case.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<OsString, OsString>,
    fallback_home: Option<PathBuf>,
}

/// Only names are shown, because the values include AWS keys and proxy passwords.
impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The environment that this process was started with.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().map(|(name, value)| (folded(&name), value)).collect();
        Self { variables, fallback_home: std::env::home_dir() }
    }

    /// An environment with only these variables.
    #[cfg(test)]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs.into_iter();
        let variables =
            pairs.map(|(name, value)| (folded(OsStr::new(name)), value.into())).collect();
        Self { variables, fallback_home: None }
    }

    /// As if the system's user database named this home.
    #[cfg(test)]
    pub fn with_fallback_home(self, home: &Path) -> Self {
        Self { fallback_home: Some(home.to_owned()), ..self }
    }

    /// The variable's text; none if it is unset, empty or not Unicode.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name)?.to_str()
    }

    /// The variable as a path; none if it is unset or empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).map(PathBuf::from)
    }

    /// The user's home: [`HOME`], else the system's user database. None if the variable has a
    /// relative path: that would be another home in each working folder, such as one that came with
    /// a stranger's repository.
    pub fn home(&self) -> Option<PathBuf> {
        let home = self.path(HOME).or_else(|| self.fallback_home.clone());
        home.filter(|home| home.is_absolute())
    }

    /// The folders of `PATH`. A relative one is left out: it is another folder in each working
    /// folder, and there a stranger's repository may have a program of the same name.
    pub fn path_folders(&self) -> Vec<PathBuf> {
        let path = self.path("PATH").unwrap_or_default();
        std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect()
    }

    /// The first program with this name in the folders of `PATH`. On Windows the name may lack
    /// `.exe`.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let is_whole = Path::new(name).extension().is_some();
        let suffix = if is_whole { "" } else { std::env::consts::EXE_SUFFIX };
        let files = self.path_folders().into_iter().map(|it| it.join(format!("{name}{suffix}")));
        files.into_iter().find(|file| can_start(file))
    }

    /// The names of the set variables that begin with this prefix, in order.
    pub fn names_with_prefix(&self, prefix: &str) -> Vec<&str> {
        let names = self.variables.iter().filter(|(_, value)| !value.is_empty());
        let mut names: Vec<&str> = names.filter_map(|(name, _)| name.to_str()).collect();
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        names
    }

    /// A variable with this prefix that is set but empty: the SDK takes some of these for a value.
    pub fn set_to_nothing(&self, prefix: &str) -> Option<&str> {
        let nothing = self.variables.iter().filter(|(_, value)| value.is_empty());
        nothing.filter_map(|(name, _)| name.to_str()).find(|name| name.starts_with(prefix))
    }

    /// The names of set variables whose values are not Unicode, in order. They count as unset.
    pub fn not_unicode(&self) -> Vec<&str> {
        let names = self.variables.iter().filter(|(_, value)| value.to_str().is_none());
        let mut names: Vec<&str> = names.filter_map(|(name, _)| name.to_str()).collect();
        names.sort_unstable();
        names
    }

    fn raw(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(&folded(OsStr::new(name)))?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// A name as the system compares it.
fn folded(name: &OsStr) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value() {
        let environment = Environment::from_pairs([("AWS_SECRET_ACCESS_KEY", "hunter2")]);
        let text = format!("{environment:?}");
        assert!(text.contains("AWS_SECRET_ACCESS_KEY") && !text.contains("hunter2"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_relative_home_is_none_and_a_relative_folder_of_path_is_left_out() {
        let relative = Environment::from_pairs([("HOME", "."), ("PATH", "usr/../bin:.:")]);
        assert_eq!(relative.with_fallback_home(Path::new("/home/u")).home(), None);
        let environment = Environment::from_pairs([("PATH", ".:/etc:/bin:")]);
        assert_eq!(environment.path_folders(), [Path::new("/etc"), Path::new("/bin")]);
        assert_eq!(environment.program("sh"), Some(PathBuf::from("/bin/sh")));
        assert_eq!(environment.program("passwd.none"), None);
    }

    #[test]
    fn what_is_set_to_nothing_counts_as_unset_and_can_be_found() {
        let environment = Environment::from_pairs([("AWS_ENDPOINT_URL_STS", "")]);
        assert_eq!(environment.get("AWS_ENDPOINT_URL_STS"), None);
        assert_eq!(environment.set_to_nothing("AWS_ENDPOINT_URL"), Some("AWS_ENDPOINT_URL_STS"));
    }
}
