//! A setting's value together with its origin, and the types of the values.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::toml::{Node, Problem};
use crate::token::LONGEST_LIFE;

/// An effective value and its origin, so that a report prints what a request uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value, after the policies were applied.
    pub value: T,
    /// The origin of the value, or of the value that a policy replaced.
    pub origin: Origin,
    /// The policy that replaced the requested value; none if no policy is stricter.
    pub bounded_by: Option<Bound<T>>,
}

/// A policy that is stricter than the requested value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound<T> {
    /// The file with the policy.
    pub file: PathBuf,
    /// The requested value.
    pub wanted: T,
}

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An option of the command line.
    CommandLine(&'static str),
    /// The rule of this number.
    Rule(usize),
    /// An environment variable.
    Variable(&'static str),
    /// A configuration file, outside of its rules.
    File(PathBuf),
    /// Nothing sets a value, so it is the built-in one.
    BuiltIn,
}

impl<T> Setting<T> {
    /// A value that no policy bounds.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin, bounded_by: None }
    }

    /// The effective value if nothing sets one.
    pub fn built_in(value: T) -> Self {
        Self::new(value, Origin::BuiltIn)
    }

    /// A stricter policy's value replaces this one. The requested value is kept.
    pub(super) fn bounded(self, value: T, file: &Path) -> Self {
        let wanted = self.bounded_by.map_or(self.value, |bound| bound.wanted);
        Self { value, origin: self.origin, bounded_by: Some(Bound { file: file.into(), wanted }) }
    }
}

/// The default value, which nothing sets.
impl<T: Default> Default for Setting<T> {
    fn default() -> Self {
        Self::built_in(T::default())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine(option) => formatter.write_str(option),
            Self::Rule(number) => write!(formatter, "rule {number}"),
            Self::Variable(name) => formatter.write_str(name),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::BuiltIn => formatter.write_str("default"),
        }
    }
}

/// An object, whose names must not change.
impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = match self {
            Self::CommandLine(option) => json!({"kind": "commandLine", "name": option}),
            Self::Rule(number) => json!({"kind": "rule", "number": number}),
            Self::Variable(name) => json!({"kind": "variable", "name": name}),
            Self::File(path) => json!({"kind": "file", "path": path.to_string_lossy()}),
            Self::BuiltIn => json!({"kind": "default"}),
        };
        object.serialize(serializer)
    }
}

/// Keys of the configuration file and their values, in the order of the documentation.
#[derive(Debug, Default)]
pub struct KeyValues(pub Vec<(&'static str, Value)>);

impl KeyValues {
    /// Adds a key, unless it has no value.
    pub fn add(&mut self, key: &'static str, value: Option<impl Into<Value>>) {
        self.0.extend(value.map(|value| (key, value.into())));
    }
}

/// One indented line for each key, as in the file.
impl fmt::Display for KeyValues {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(key, value)| writeln!(formatter, "  {key} = {value}"))
    }
}

impl Serialize for KeyValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A single value or a list; none if there are no values.
pub fn one_or_more<T: Serialize>(values: &[T]) -> Option<Value> {
    match values {
        [] => None,
        [value] => Some(json!(value)),
        values => Some(json!(values)),
    }
}

/// How long a token should be valid: 0 (as long as the role's own credentials) or 900 to 43,200
/// seconds, the limits of `GetAuthorizationToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

impl Duration {
    /// Twelve hours, the default.
    pub const LONGEST: Self = Self(LONGEST_LIFE.as_secs().cast_signed());

    /// As long as the role's own credentials.
    pub(super) const OF_SESSION: Self = Self(0);

    /// The expected form, for messages.
    pub const EXPECTED: &str = "0 (as long as the role's session) or 900 to 43200 seconds";

    /// The seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Duration {
    type Error = &'static str;

    fn try_from(seconds: i64) -> Result<Self, Self::Error> {
        if seconds == Self::OF_SESSION.0 || (900..=Self::LONGEST.0).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(Self::EXPECTED)
        }
    }
}

/// Whether the plugin may ask the user to sign in when NuGet allows interaction. Later variants are
/// stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Interactive {
    /// Whenever NuGet allows it.
    Always,
    /// If a terminal is attached and this is not CI.
    #[default]
    Auto,
    Never,
}

impl Interactive {
    /// The value as it is written in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Auto => "auto",
            Self::Never => "never",
        }
    }
}

impl FromStr for Interactive {
    /// The expected form, for messages.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Always, Self::Auto, Self::Never];
        let word = text.trim().to_ascii_lowercase();
        all.into_iter().find(|one| one.name() == word).ok_or("auto, always or never")
    }
}

/// Whether the plugin may request a token before NuGet asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeadStart {
    /// If the last token that was used in the working folder has expired.
    #[default]
    Auto,
    Off,
}

impl HeadStart {
    /// The value as it is written in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Off => "off",
        }
    }
}

impl FromStr for HeadStart {
    /// The expected form, for messages.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim().to_ascii_lowercase();
        [Self::Auto, Self::Off].into_iter().find(|one| one.name() == word).ok_or("auto or off")
    }
}

/// Which of two sources of AWS credentials takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The environment's keys, if there are any.
    Environment,
    /// The profile, even if the environment has keys.
    Profile,
}

impl Prefer {
    /// The value as it is written in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile => "profile",
        }
    }
}

impl FromStr for Prefer {
    /// The expected form, for messages.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut both = [Self::Environment, Self::Profile].into_iter();
        both.find(|one| one.name() == text).ok_or("environment or profile")
    }
}

/// The values of `CODEARTIFACT_NUGET_CACHE`. Later variants are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum CacheMode {
    /// The user's cache folder, on every machine.
    Disk,
    /// The user's cache folder on a person's machine. In a container or on CI, a memory file
    /// system, or else this process.
    #[default]
    Auto,
    /// Only the memory of this process.
    Memory,
    /// Nothing is cached.
    Off,
}

impl CacheMode {
    /// The value as it is written in a variable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Auto => "auto",
            Self::Memory => "memory",
            Self::Off => "off",
        }
    }
}

impl FromStr for CacheMode {
    /// The expected form, for messages.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Disk, Self::Auto, Self::Memory, Self::Off];
        let word = text.trim().to_ascii_lowercase();
        all.into_iter().find(|mode| mode.name() == word).ok_or("auto, disk, memory or off")
    }
}

/// The user's settings for the cache.
#[derive(Debug, Clone, Default)]
pub struct CacheSettings {
    pub mode: CacheMode,
    /// `CODEARTIFACT_NUGET_CACHE_DIR`: an absolute folder for [`CacheMode::Auto`] and
    /// [`CacheMode::Disk`]. Because the user named it, it is used in a container and on CI too.
    pub dir: Option<PathBuf>,
}

/// The values of `CODEARTIFACT_NUGET_SIGN_IN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignInMethod {
    /// In a browser if one can be opened on this machine, otherwise with a code.
    #[default]
    Auto,
    /// In a browser on this machine, which returns to the plugin.
    Browser,
    /// With a code that the user confirms in a browser on any machine.
    Device,
}

impl FromStr for SignInMethod {
    /// The expected form, for messages.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "browser" => Ok(Self::Browser),
            "device" => Ok(Self::Device),
            _ => Err("auto, browser or device"),
        }
    }
}

/// Whether the AWS files can contain a profile with this name.
pub(super) fn is_profile(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(|c: char| c.is_control() || c == ']')
}

/// Names of profiles. The first one that exists in the AWS files is used.
pub(super) fn profiles(node: Node<'_>) -> Result<Vec<String>, Problem> {
    const EXPECTED: &str = "the name of a profile in the shared config or credentials file";
    node.one_or_more(|name| name.checked_text(is_profile, EXPECTED))
}

/// The expected form of an account that is not a pattern.
pub(super) const OWNER: &str = "the domain's account: twelve digits, in quotes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_and_anything_else_is_explained() {
        assert_eq!("auto".parse(), Ok(CacheMode::Auto));
        assert_eq!(" Disk".parse(), Ok(CacheMode::Disk));
        assert_eq!("MEMORY".parse(), Ok(CacheMode::Memory));
        assert_eq!("off".parse(), Ok(CacheMode::Off));
        assert_eq!("on".parse::<CacheMode>(), Err("auto, disk, memory or off"));
    }

    #[test]
    fn profiles_are_names_that_a_section_can_have() {
        assert!(is_profile("my profile") && !is_profile(" dev") && !is_profile("a]"));
    }
}
