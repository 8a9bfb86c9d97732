//! What the command line says in the place of the settings.

use super::{AwsSettings, Duration, EffectiveSettings, Prefer, ProfileOrigin};

/// A choice for one token; whatever is left out is as the settings have it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The profile that is used, alone.
    pub profile: Option<String>,
    /// How long the token is to live.
    pub duration: Option<Duration>,
}

impl Overrides {
    /// The terms with what was chosen. The way to AWS stays the rule's; a chosen profile stands in the
    /// place of all that a rule says about the identity.
    pub(super) fn applied_to(&self, effective: EffectiveSettings) -> EffectiveSettings {
        let effective = EffectiveSettings {
            duration: self.duration.unwrap_or(effective.duration),
            ..effective
        };
        let Some(profile) = &self.profile else { return effective };
        let aws = AwsSettings {
            profiles: vec![profile.clone()],
            prefer: Some(Prefer::Profile),
            roles: Vec::new(),
            ..effective.aws
        };
        // No rule is to blame for what the profile lacks.
        EffectiveSettings { rule: None, chooser: ProfileOrigin::CommandLine, aws, ..effective }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::settings::{EndpointSettings, Interactive, RoleSettings};

    fn effective() -> EffectiveSettings {
        let role = RoleSettings { arn: "arn".into(), external_id: None, session_name: None };
        EffectiveSettings {
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
            chooser: ProfileOrigin::Rule,
        }
    }

    #[test]
    fn a_profile_stands_in_the_place_of_the_rules_identity_and_not_of_its_way_to_aws() {
        let overrides = Overrides { profile: Some("mine".into()), duration: None };
        let applied = overrides.applied_to(effective());
        assert_eq!(applied.aws.profiles, ["mine"]);
        assert_eq!(applied.aws.prefer, Some(Prefer::Profile));
        assert!(applied.aws.roles.is_empty());
        assert_eq!((applied.rule, applied.chooser), (None, ProfileOrigin::CommandLine));
        assert_eq!(applied.aws.endpoints, effective().aws.endpoints);
        assert_eq!(applied.aws.ca_bundle, effective().aws.ca_bundle);
        assert_eq!(applied.duration, Duration::LONGEST);
    }

    #[test]
    fn what_is_not_chosen_stays() {
        let duration = Duration::try_from(900).ok();
        let applied = Overrides { profile: None, duration }.applied_to(effective());
        assert_eq!(applied.aws.profiles, ["one", "two"]);
        assert_eq!(applied.aws.roles, effective().aws.roles);
        assert_eq!(Some(applied.duration), duration);
    }
}
