//! What the settings say about the tokens of one repository.

use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use super::Duration;
use crate::base::secret::Secret;

/// All that holds for one repository, from the first rule that matches it and the defaults.
#[derive(Debug, Clone)]
pub struct EffectiveSettings {
    /// The rule that matched: its place among all rules, from 1.
    pub rule: Option<usize>,
    /// How long a token is asked for.
    pub duration: Duration,
    /// Whether the user may be asked to sign in.
    pub interactive: Interactive,
    /// What is said about AWS.
    pub aws: AwsSettings,
    /// What says who asks for the token.
    pub chooser: ProfileOrigin,
}

/// What says who asks for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileOrigin {
    /// The rule that matched.
    Rule,
    /// The default of the settings, or AWS's own settings.
    Default,
    /// An option of the command line.
    CommandLine,
}

/// Whether the plugin may ask the user to sign in, where NuGet says that it may interact. The later
/// is the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum Interactive {
    /// Wherever NuGet says so.
    Always,
    /// Where a terminal is attached and this is not CI.
    #[default]
    Auto,
    Never,
}

impl Interactive {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Auto => "auto",
            Self::Never => "never",
        }
    }
}

impl FromStr for Interactive {
    /// What it should have been.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Always, Self::Auto, Self::Never];
        let word = text.trim().to_ascii_lowercase();
        all.into_iter().find(|one| one.name() == word).ok_or("it is auto, always or never")
    }
}

impl TryFrom<String> for Interactive {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The identity that a rule chooses and the way to AWS that it names. Where no rule matches, at most a
/// default profile is said, and AWS's own settings decide on the rest.
#[derive(Debug, Clone, Default)]
pub struct AwsSettings {
    /// The first of these that the AWS files have is used, alone: without environment keys.
    pub profiles: Vec<String>,
    /// Which goes first where both are there.
    pub prefer: Option<Prefer>,
    /// Assumed one after the other, on top of whatever the identity is.
    pub roles: Vec<RoleSettings>,
    /// Where the APIs are.
    pub endpoints: EndpointSettings,
    /// The proxy's URL, which may hold its password.
    pub proxy: Option<Secret>,
    /// The PEM file of the authorities that are trusted, in place of all others.
    pub ca_bundle: Option<PathBuf>,
}

impl AwsSettings {
    /// Whether anything is said about who is to ask for the token.
    pub fn chooses_identity(&self) -> bool {
        !self.profiles.is_empty() || self.prefer.is_some() || !self.roles.is_empty()
    }

    /// Whether both say the same about who asks.
    pub(super) fn chooses_same_identity_as(&self, other: &Self) -> bool {
        self.profiles == other.profiles && self.prefer == other.prefer && self.roles == other.roles
    }
}

/// Which of two sources of AWS credentials goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Prefer {
    /// The environment's keys, if there are any.
    Environment,
    /// The profile, also where the environment has keys.
    Profile,
}

impl Prefer {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Profile => "profile",
        }
    }
}

impl TryFrom<String> for Prefer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut both = [Self::Environment, Self::Profile].into_iter();
        both.find(|one| one.name() == text).ok_or("`prefer` is environment or profile")
    }
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSettings {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
}

/// API endpoints that a rule moves, as for VPC endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointSettings {
    pub codeartifact: Option<String>,
    pub sts: Option<String>,
    pub sso: Option<String>,
}
