//! What the command line says in place of the settings.

use super::{AwsSettings, Duration, EffectiveSettings, Origin, Prefer, Setting};

/// A choice for one token; whatever is left out is as the settings have it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The profile that is used, alone.
    pub profile: Option<String>,
    /// How long the token is to live.
    pub duration: Option<Duration>,
}

impl Overrides {
    /// The settings with what was chosen. Endpoints, proxy and CA bundle stay the rule's; a chosen
    /// profile replaces all that a rule says about the identity.
    pub(super) fn applied_to(&self, mut effective: EffectiveSettings) -> EffectiveSettings {
        if let Some(duration) = self.duration {
            effective.duration = Setting::new(duration, Origin::CommandLine("--duration-seconds"));
        }
        let Some(profile) = &self.profile else { return effective };
        let aws = AwsSettings {
            profiles: Setting::new(vec![profile.clone()], Origin::CommandLine("--profile")),
            prefer: Some(Prefer::Profile),
            roles: Vec::new(),
            ..effective.aws
        };
        // No rule is to blame for what the profile lacks.
        EffectiveSettings { rule: None, aws, ..effective }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::settings::{EndpointSettings, IdentityOrigin, Interactive, RoleSettings};

    fn effective() -> EffectiveSettings {
        let role = RoleSettings { arn: "arn".into(), external_id: None, session_name: None };
        EffectiveSettings {
            rule: Some(1),
            duration: Setting::built_in(Duration::LONGEST),
            interactive: Setting::new(Interactive::Never, Origin::Rule(1)),
            aws: AwsSettings {
                profiles: Setting::new(vec!["one".into(), "two".into()], Origin::Rule(1)),
                prefer: Some(Prefer::Environment),
                roles: vec![role],
                endpoints: EndpointSettings { sts: Some("sts".into()), ..Default::default() },
                proxy: None,
                ca_bundle: Some(PathBuf::from("ca.pem")),
            },
        }
    }

    #[test]
    fn a_profile_stands_in_the_place_of_the_rules_identity_and_not_of_its_way_to_aws() {
        let overrides = Overrides { profile: Some("mine".into()), duration: None };
        let applied = overrides.applied_to(effective());
        assert_eq!(applied.aws.profiles.value, ["mine"]);
        assert_eq!(applied.aws.prefer, Some(Prefer::Profile));
        assert!(applied.aws.roles.is_empty());
        assert_eq!((applied.rule, applied.identity_origin()), (None, IdentityOrigin::CommandLine));
        assert_eq!(applied.aws.endpoints, effective().aws.endpoints);
        assert_eq!(applied.aws.ca_bundle, effective().aws.ca_bundle);
        assert_eq!(applied.duration.value, Duration::LONGEST);
    }

    #[test]
    fn what_is_not_chosen_stays() {
        let duration = Duration::try_from(900).ok();
        let applied = Overrides { profile: None, duration }.applied_to(effective());
        assert_eq!(applied.aws.profiles.value, ["one", "two"]);
        assert_eq!(applied.aws.roles, effective().aws.roles);
        assert_eq!(Some(applied.duration.value), duration);
    }
}
