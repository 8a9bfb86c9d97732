//! What the command line says in the place of the settings.

use super::{AwsSettings, Chooser, Duration, Prefer, Terms};

/// A choice for one token; whatever is left out is as the settings have it.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// The profile that is used, alone.
    pub profile: Option<String>,
    /// How long the token is to live.
    pub duration: Option<Duration>,
}

impl Chosen {
    /// The terms with what was chosen. The way to AWS stays the rule's; a chosen profile stands in the
    /// place of all that a rule says about the identity.
    pub(super) fn applied_to(&self, terms: Terms) -> Terms {
        let terms = Terms { duration: self.duration.unwrap_or(terms.duration), ..terms };
        let Some(profile) = &self.profile else { return terms };
        let aws = AwsSettings {
            profiles: vec![profile.clone()],
            prefer: Some(Prefer::Profile),
            roles: Vec::new(),
            ..terms.aws
        };
        // No rule is to blame for what the profile lacks.
        Terms { rule: None, chooser: Chooser::CommandLine, aws, ..terms }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::settings::{EndpointSettings, Interactive, RoleSettings};

    fn terms() -> Terms {
        let role = RoleSettings { arn: "arn".into(), external_id: None, session_name: None };
        Terms {
            rule: Some(1),
            duration: Duration::LONGEST,
            interactive: Interactive::Never,
            aws: AwsSettings {
                profiles: vec!["one".into(), "two".into()],
                prefer: Some(Prefer::Environment),
                roles: vec![role],
                endpoints: EndpointSettings { sts: Some("sts".into()), ..Default::default() },
                proxy: None,
                ca_bundle: Some(PathBuf::from("ca.pem")),
            },
            chooser: Chooser::Rule,
        }
    }

    #[test]
    fn a_profile_stands_in_the_place_of_the_rules_identity_and_not_of_its_way_to_aws() {
        let chosen = Chosen { profile: Some("mine".into()), duration: None };
        let applied = chosen.applied_to(terms());
        assert_eq!(applied.aws.profiles, ["mine"]);
        assert_eq!(applied.aws.prefer, Some(Prefer::Profile));
        assert!(applied.aws.roles.is_empty());
        assert_eq!((applied.rule, applied.chooser), (None, Chooser::CommandLine));
        assert_eq!(applied.aws.endpoints, terms().aws.endpoints);
        assert_eq!(applied.aws.ca_bundle, terms().aws.ca_bundle);
        assert_eq!(applied.duration, Duration::LONGEST);
    }

    #[test]
    fn what_is_not_chosen_stays() {
        let duration = Duration::try_from(900).ok();
        let applied = Chosen { profile: None, duration }.applied_to(terms());
        assert_eq!(applied.aws.profiles, ["one", "two"]);
        assert_eq!(applied.aws.roles, terms().aws.roles);
        assert_eq!(Some(applied.duration), duration);
    }
}
