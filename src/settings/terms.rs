//! What the settings say about the tokens of one repository.

use std::path::PathBuf;
use std::str::FromStr;

use super::Duration;
use crate::secret::Secret;

/// All that holds for one repository, from the first rule that matches it and the defaults.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The rule that matched: its place among all rules, from 1.
    pub rule: Option<usize>,
    /// How long a token is asked for.
    pub duration: Duration,
    /// Whether the user may be asked to sign in.
    pub interactive: Interactive,
    /// What is said about AWS.
    pub aws: AwsSettings,
}

/// Whether the plugin may ask the user to sign in, where NuGet says that it may interact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interactive {
    /// Where a terminal is attached and this is not CI.
    #[default]
    Auto,
    /// Wherever NuGet says so.
    Always,
    Never,
}

impl FromStr for Interactive {
    /// What it should have been.
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err("it is auto, always or never"),
        }
    }
}

/// The identity that a rule chooses and the way to AWS that it names; all of it is empty where no rule
/// matches, and then AWS's own settings decide.
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
    /// Whether a rule says who is to ask for the token.
    pub fn chooses_identity(&self) -> bool {
        !self.profiles.is_empty() || self.prefer.is_some() || !self.roles.is_empty()
    }
}

/// Which of two sources of AWS credentials goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefer {
    /// The environment's keys, if there are any.
    Environment,
    /// The profile, also where the environment has keys.
    Profile,
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
