//! The environment variables that the process was started with.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::can_start;

/// The variable with the user's home.
pub const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// The environment of the process, or of a test. A variable that is set but empty counts as unset.
/// On Windows, names are compared without regard to case.
#[derive(Clone, Default)]
pub struct Environment {
    /// Shared, because many parts keep the environment, and a process has a hundred variables.
    variables: Arc<HashMap<OsString, OsString>>,
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
        let variables = std::env::vars_os()
            .map(|(name, value)| (folded(&name).into_owned(), value))
            .collect::<HashMap<_, _>>();
        Self { variables: variables.into(), fallback_home: std::env::home_dir() }
    }

    /// An environment with only these variables.
    #[cfg(any(test, fuzzing))]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs.into_iter();
        let variables = pairs
            .map(|(name, value)| (folded(OsStr::new(name)).into_owned(), value.into()))
            .collect::<HashMap<_, _>>();
        Self { variables: variables.into(), fallback_home: None }
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

    /// The variable's text, also where it is empty; none if it is unset or not Unicode.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.raw_set(name)?.to_str()
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

    /// The variable as a path; none if it is unset or empty. `~` and variables in it are expanded.
    pub fn expanded_path(&self, name: &str) -> Option<PathBuf> {
        let path = self.path(name)?;
        Some(path.to_str().map_or_else(|| path.clone(), |path| self.expand(path)))
    }

    /// A path that a user wrote, with the variables in it (`$NAME`, `${NAME}`, `%NAME%` on Windows) and
    /// `~` at its beginning expanded, as the AWS CLI expands them. An unknown variable stays as it
    /// is written, and so does `~user`.
    pub fn expand(&self, path: &str) -> PathBuf {
        let path = self.with_values(path);
        let Some(rest) = path.strip_prefix('~') else { return PathBuf::from(path) };
        let rest_in_home = rest.strip_prefix(std::path::is_separator);
        match (rest.is_empty(), rest_in_home, self.home()) {
            (true, _, Some(home)) => home,
            (false, Some(rest), Some(home)) => {
                home.join(rest.trim_start_matches(std::path::is_separator))
            }
            _ => PathBuf::from(path),
        }
    }

    fn with_values(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '%']) {
            let (before, reference) = rest.split_at(at);
            expanded.push_str(before);
            let parts = variable_at(reference);
            let value =
                parts.and_then(|(name, length)| Some((self.raw_set(name)?.to_str()?, length)));
            let (value, length) = value.unwrap_or((&reference[..1], 1));
            expanded.push_str(value);
            rest = &reference[length..];
        }
        expanded + rest
    }

    /// Whether the variable is set, and to nothing.
    pub fn is_set_to_nothing(&self, name: &str) -> bool {
        self.raw_set(name).is_some_and(OsStr::is_empty)
    }

    /// The names of set variables whose values are not Unicode, in order. They count as unset.
    pub fn not_unicode(&self) -> Vec<&str> {
        let names = self.variables.iter().filter(|(_, value)| value.to_str().is_none());
        let mut names: Vec<&str> = names.filter_map(|(name, _)| name.to_str()).collect();
        names.sort_unstable();
        names
    }

    fn raw(&self, name: &str) -> Option<&OsStr> {
        self.raw_set(name).filter(|value| !value.is_empty())
    }

    /// The value, which may be empty.
    fn raw_set(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(&*folded(OsStr::new(name))).map(OsString::as_os_str)
    }
}

/// The name of the variable that a text begins with a reference to, and the reference's length.
fn variable_at(text: &str) -> Option<(&str, usize)> {
    if let Some(rest) = text.strip_prefix('%') {
        let end = rest.find('%').filter(|end| *end > 0 && cfg!(windows))?;
        return Some((&rest[..end], end + 2));
    }
    let rest = text.strip_prefix('$')?;
    if let Some(rest) = rest.strip_prefix('{') {
        let end = rest.find('}')?;
        return Some((&rest[..end], end + 3));
    }
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = rest.find(|character| !is_of_name(character)).unwrap_or(rest.len());
    (end > 0).then(|| (&rest[..end], end + 1))
}

/// A name as the system compares it.
fn folded(name: &OsStr) -> Cow<'_, OsStr> {
    if cfg!(windows) { name.to_ascii_uppercase().into() } else { name.into() }
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

    /// As Python's `expandvars` and `expanduser` have it.
    #[test]
    fn a_users_path_is_expanded() {
        let folder = if cfg!(windows) { "C:/h" } else { "/h" };
        let environment = Environment::from_pairs([(HOME, folder), ("A", "/a"), ("EMPTY", "")]);
        for (path, expected) in [
            ("~/x", "/h/x"),
            ("~", "/h"),
            ("~//x", "/h/x"),
            ("~user/x", "~user/x"),
            ("/x/~/y", "/x/~/y"),
            ("$A/x", "/a/x"),
            ("${A}b/$A", "/ab//a"),
            ("$Ab/x", "$Ab/x"),
            ("$EMPTY/x", "/x"),
            ("$/x$", "$/x$"),
            ("${A", "${A"),
            ("/x%A/y", "/x%A/y"),
            ("é$A", "é/a"),
        ] {
            let expected = expected.replace("/h", folder);
            assert_eq!(environment.expand(path), PathBuf::from(expected), "{path}");
        }
        let environment = Environment::from_pairs([("FILE", "$A/x"), ("A", "/a"), ("NONE", "")]);
        assert_eq!(environment.expanded_path("FILE"), Some("/a/x".into()));
        assert_eq!(environment.expanded_path("NONE"), None);
    }
}
