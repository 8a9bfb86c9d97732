//! The endpoints that variables and profiles configure, in the AWS CLI's order: a service's variable,
//! the variable for all services, the profile's `services`, the profile's `endpoint_url`.
//!
//! The SDK's own order is the same, but it takes a variable that is set to nothing for a value. Which
//! of AWS's own endpoints is used otherwise (FIPS, dual stack) is configured in the same places.

use std::collections::BTreeMap;

use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::files::{AwsFiles, Profile};
use crate::base::environment::Environment;

const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// The variables that configure endpoints. One that is set to nothing is none of them.
#[derive(Debug, Clone, Default)]
pub(super) struct EndpointVariables {
    urls: BTreeMap<String, String>,
    are_ignored: bool,
    variant: Variant,
}

/// Which of AWS's own endpoints is used; none if it is not configured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) fips: Option<bool>,
    pub(super) dual_stack: Option<bool>,
}

impl Variant {
    fn of_variables(environment: &Environment) -> Self {
        let flag = |name| environment.get(name).map(is_true);
        Self { fips: flag("AWS_USE_FIPS_ENDPOINT"), dual_stack: flag("AWS_USE_DUALSTACK_ENDPOINT") }
    }

    fn of_profile(profile: &Profile) -> Self {
        let flag = |key| profile.get_some(key).map(is_true);
        Self { fips: flag("use_fips_endpoint"), dual_stack: flag("use_dualstack_endpoint") }
    }

    fn or(self, other: Self) -> Self {
        let Self { fips, dual_stack } = self;
        Self { fips: fips.or(other.fips), dual_stack: dual_stack.or(other.dual_stack) }
    }
}

impl EndpointVariables {
    pub(super) fn of(environment: &Environment) -> Self {
        let names = environment.names_with_prefix(VARIABLE).into_iter();
        let urls =
            names.filter_map(|name| Some((name.to_owned(), environment.get(name)?.to_owned())));
        let ignored = environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        Self {
            urls: urls.collect(),
            are_ignored: ignored.is_some_and(is_true),
            variant: Variant::of_variables(environment),
        }
    }

    /// A variable counts before the profile.
    pub(super) fn variant(&self, files: &AwsFiles, profile: &str) -> Variant {
        let of_profile = files.get(profile).map(Variant::of_profile);
        self.variant.or(of_profile.unwrap_or_default())
    }

    /// The endpoints with those of the profile.
    pub(super) fn and_of(&self, files: &AwsFiles, profile: &str) -> Endpoints {
        let mut endpoints = Endpoints { variables: self.clone(), ..Endpoints::default() };
        let Some(profile) = files.get(profile) else { return endpoints };
        endpoints.variables.are_ignored |=
            profile.get("ignore_configured_endpoint_urls").is_some_and(is_true);
        endpoints.of_profile = profile.get_some("endpoint_url").map(str::to_owned);
        let of_service = |service: &str| of_service(files, profile, service);
        let services = ["codeartifact", "sts", "sso", "sso_oidc", "signin"].into_iter();
        endpoints.of_services =
            services.filter_map(|name| Some((name.to_owned(), of_service(name)?))).collect();
        endpoints
    }
}

fn of_service(files: &AwsFiles, profile: &Profile, service: &str) -> Option<String> {
    let url = files.endpoint_of(profile.get("services")?, service)?;
    Some(url.to_owned()).filter(|url| !url.is_empty())
}

fn is_true(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

/// The endpoints for a profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Endpoints {
    variables: EndpointVariables,
    /// By the service's name in a section `[services …]`.
    of_services: BTreeMap<String, String>,
    of_profile: Option<String>,
}

impl Endpoints {
    /// The endpoint of the service with this id of the SDK, as `SSO OIDC`.
    fn of(&self, service: &str) -> Option<&String> {
        if self.variables.are_ignored {
            return None;
        }
        let name = service.replace([' ', '-'], "_").to_lowercase();
        let variable = format!("{VARIABLE}_{}", name.to_uppercase());
        self.variables
            .urls
            .get(&variable)
            .or_else(|| self.variables.urls.get(VARIABLE))
            .or_else(|| self.of_services.get(&name))
            .or(self.of_profile.as_ref())
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.profile() == "endpoint_url" { self.of(key.service_id()).cloned() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(service: &str, variables: &[(&str, &str)]) -> Option<String> {
        let environment = Environment::from_pairs(variables.iter().copied());
        let files = AwsFiles::of_texts(
            "[default]\nendpoint_url = https://all\nservices = s\n\
             [profile ignoring]\nendpoint_url = https://all\nignore_configured_endpoint_urls = true\n\
             [services s]\nsts =\n  endpoint_url = https://sts-of-profile\nsso_oidc =\n  endpoint_url=\n",
            "",
        );
        let variables = EndpointVariables::of(&environment);
        assert_eq!(variables.and_of(&files, "ignoring").of(service), None);
        variables.and_of(&files, "default").of(service).cloned()
    }

    #[test]
    fn the_aws_clis_order() {
        const ALL: (&str, &str) = ("AWS_ENDPOINT_URL", "https://variable");
        const STS: (&str, &str) = ("AWS_ENDPOINT_URL_STS", "https://sts");
        let answer = |service: &str, variables: &[(&str, &str)]| of(service, variables).unwrap();
        assert_eq!(answer("STS", &[ALL, STS]), "https://sts");
        assert_eq!(answer("STS", &[ALL]), "https://variable");
        assert_eq!(answer("STS", &[]), "https://sts-of-profile");
        assert_eq!(answer("codeartifact", &[STS]), "https://all");
        assert_eq!(of("STS", &[STS, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]), None);
    }

    #[test]
    fn a_variable_selects_the_variant_before_the_profile() {
        let files = AwsFiles::of_texts("[default]\nuse_fips_endpoint = True\n", "");
        let variant = |variables: &[(&str, &str)]| {
            let environment = Environment::from_pairs(variables.iter().copied());
            EndpointVariables::of(&environment).variant(&files, "default")
        };
        let of_profile = Variant { fips: Some(true), dual_stack: None };
        assert_eq!(variant(&[]), of_profile);
        assert_eq!(variant(&[("AWS_USE_FIPS_ENDPOINT", "")]), of_profile);
        let both = [("AWS_USE_FIPS_ENDPOINT", "false"), ("AWS_USE_DUALSTACK_ENDPOINT", "true")];
        assert_eq!(variant(&both), Variant { fips: Some(false), dual_stack: Some(true) });
    }

    #[test]
    fn what_is_set_to_nothing_counts_for_nothing() {
        let nothing = [("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_STS", "")];
        assert_eq!(of("STS", &nothing).as_deref(), Some("https://sts-of-profile"));
        assert_eq!(of("SSO OIDC", &nothing).as_deref(), Some("https://all"));
    }
}
