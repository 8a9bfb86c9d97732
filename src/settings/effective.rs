//! What the settings say about the tokens of one repository.

use std::path::PathBuf;

use super::value::{Duration, Interactive, Origin, Prefer, Setting};
use crate::base::secret::Secret;

/// All that is effective for one repository: the first rule that matches it, the defaults for what
/// the rule leaves out, and the bounds of the policies.
#[derive(Debug, Clone)]
pub struct EffectiveSettings {
    /// The number of the rule that matched.
    pub rule: Option<usize>,
    /// How long a token is asked for.
    pub duration: Setting<Duration>,
    /// Whether the user may be asked to sign in.
    pub interactive: Setting<Interactive>,
    /// What is said about AWS.
    pub aws: AwsSettings,
}

/// What chooses the identity that asks for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityOrigin {
    /// The rule that matched.
    Rule,
    /// The default of the settings, or AWS's own settings.
    Default,
    /// An option of the command line.
    CommandLine,
}

impl EffectiveSettings {
    /// What chooses the identity. A rule that adds a role to the default profile chooses it too.
    pub fn identity_origin(&self) -> IdentityOrigin {
        match self.aws.profiles.origin {
            Origin::CommandLine(_) => IdentityOrigin::CommandLine,
            Origin::Rule(_) => IdentityOrigin::Rule,
            // Only a rule can say these.
            _ if self.aws.prefer.is_some() || !self.aws.roles.is_empty() => IdentityOrigin::Rule,
            _ => IdentityOrigin::Default,
        }
    }
}

/// The identity that a rule chooses and the way to AWS that it names. Where no rule matches, at most a
/// default profile is said, and AWS's own settings decide on the rest.
#[derive(Debug, Clone, Default)]
pub struct AwsSettings {
    /// The first of these that the AWS files have is used, alone: without environment keys. None
    /// where the choice is left to AWS's own settings.
    pub profiles: Setting<Vec<String>>,
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
        !self.profiles.value.is_empty() || self.prefer.is_some() || !self.roles.is_empty()
    }

    /// Whether both say the same about who asks.
    pub(super) fn chooses_same_identity_as(&self, other: &Self) -> bool {
        self.profiles.value == other.profiles.value
            && self.prefer == other.prefer
            && self.roles == other.roles
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
