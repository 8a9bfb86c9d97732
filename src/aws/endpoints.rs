//! API endpoints that a rule moves, as for VPC endpoints: they go before those of variables and files.

use aws_config::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::settings::EndpointSettings;

/// The same configuration with the rule's endpoints.
pub(super) fn with_rule(config: SdkConfig, rule: &EndpointSettings) -> SdkConfig {
    if *rule == EndpointSettings::default() {
        return config;
    }
    let endpoints = RuleEndpoints { rule: rule.clone(), others: config.clone() };
    config.into_builder().service_config(endpoints).build()
}

#[derive(Debug)]
struct RuleEndpoints {
    rule: EndpointSettings,
    others: SdkConfig,
}

impl LoadServiceConfig for RuleEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let of_rule = match (key.profile(), key.service_id()) {
            ("endpoint_url", "codeartifact") => &self.rule.codeartifact,
            ("endpoint_url", "STS") => &self.rule.sts,
            ("endpoint_url", "SSO" | "SSO OIDC") => &self.rule.sso,
            _ => &None,
        };
        of_rule.clone().or_else(|| self.others.service_config()?.load_config(key))
    }
}
