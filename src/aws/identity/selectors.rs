//! What selects an identity, source by source.
#![expect(clippy::disallowed_methods, reason = "what a token file says is part of the identity")]

use std::fs;
use std::path::{Path, PathBuf};

use aws_config::profile::{Profile, ProfileSet};
use aws_smithy_types::base64;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Source, profiles};
use crate::settings::Environment;
use crate::sys;
use crate::text::lower_hex;

/// Properties of a profile that go in as they are.
const PLAIN_PROPERTIES: [&str; 15] = [
    "role_arn",
    "external_id",
    "role_session_name",
    "source_profile",
    "credential_source",
    "web_identity_token_file",
    "mfa_serial",
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "region",
    "ec2_metadata_service_endpoint",
];

/// Properties of a profile that move an API to another endpoint.
const ENDPOINT_PROPERTIES: [&str; 5] = [
    "endpoint_url",
    "services",
    "ignore_configured_endpoint_urls",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
];

/// Properties that make a profile a source of credentials, whole or broken. An `sso-session` without
/// an account gives access tokens to others, and no credentials.
const YIELDING_PROPERTIES: [&str; 10] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "role_arn",
    "web_identity_token_file",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "credential_process",
    "credential_source",
];

/// Variables that move an API to another endpoint.
const ENDPOINT_VARIABLES: [&str; 7] = [
    "AWS_ENDPOINT_URL_CODEARTIFACT",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// Collects selectors, each as `name=value`.
#[derive(Debug)]
pub(super) struct Selectors<'a> {
    environment: &'a Environment,
    collected: Vec<String>,
    is_visible: bool,
}

impl<'a> Selectors<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, collected: Vec::new(), is_visible: true }
    }

    pub(super) fn into_parts(self) -> (Vec<String>, bool) {
        (self.collected, self.is_visible)
    }

    /// Another endpoint is another AWS.
    pub(super) fn add_endpoints(&mut self) {
        self.add_variables(&ENDPOINT_VARIABLES);
    }

    /// False where there are none.
    pub(super) fn add_environment_keys(&mut self) -> bool {
        // The SDK takes blanks for nothing, and an older name for the secret.
        let get = |name| self.environment.get(name).filter(|value| !value.trim().is_empty());
        let secret = get("AWS_SECRET_ACCESS_KEY").or_else(|| get("SECRET_ACCESS_KEY"));
        let (Some(id), Some(_)) = (get("AWS_ACCESS_KEY_ID"), secret) else { return false };
        self.add("environment-key", &digest(id));
        true
    }

    /// The endpoints that a profile sets, which hold for keys from elsewhere too.
    pub(super) fn add_profile_endpoints(&mut self, profiles: &ProfileSet, name: &str) {
        if let Some(profile) = profiles.get_profile(name) {
            self.add_endpoints_of(profiles, profile);
        }
    }

    /// The profile and those that it builds on; false where none yields credentials.
    pub(super) fn add_profile(&mut self, profiles: &ProfileSet, name: &str) -> bool {
        let mut yields = false;
        for profile in profiles::chain(profiles, name) {
            yields |= YIELDING_PROPERTIES.iter().any(|name| profile.get(name).is_some());
            self.add_properties(profiles, profile);
        }
        yields
    }

    /// Web identity, container, instance: the first that is there, in the SDK's order.
    pub(super) fn add_surroundings(&mut self) -> (Source, String) {
        if self.environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
            self.add_variables(&["AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"]);
            self.add_token_file(self.environment.path("AWS_WEB_IDENTITY_TOKEN_FILE"));
            return (Source::WebIdentity, "the role of AWS_WEB_IDENTITY_TOKEN_FILE".to_owned());
        }
        if self.add_container() {
            return (Source::Container, "the container's role".to_owned());
        }
        self.add_instance();
        (Source::Instance, "the instance's role".to_owned())
    }

    fn add_properties(&mut self, profiles: &ProfileSet, profile: &Profile) {
        self.add("profile", profile.name());
        for name in PLAIN_PROPERTIES {
            self.add_optional(name, profile.get(name));
        }
        self.add_optional("key", profile.get("aws_access_key_id").map(digest).as_deref());
        if let Some(command) = profile.get("credential_process") {
            // Its arguments may hold a secret.
            self.add("credential_process", &digest(command));
            self.is_visible = false;
        }
        self.add_endpoints_of(profiles, profile);
        self.add_sign_ins(profiles, profile);
        if let Some(file) = profile.get("web_identity_token_file") {
            self.add_token_file(Some(PathBuf::from(file)));
        }
        match profile.get("credential_source") {
            Some("Environment") => drop(self.add_environment_keys()),
            Some("EcsContainer") => drop(self.add_container()),
            Some("Ec2InstanceMetadata") => self.add_instance(),
            _ => {}
        }
    }

    fn add_endpoints_of(&mut self, profiles: &ProfileSet, profile: &Profile) {
        for name in ENDPOINT_PROPERTIES {
            self.add_optional(name, profile.get(name));
        }
        if let Some(services) = profile.get("services") {
            self.add_services(profiles, services);
        }
    }

    fn add_services(&mut self, profiles: &ProfileSet, services: &str) {
        use aws_runtime::env_config::property::PropertiesKey;
        for service in ["codeartifact", "sts", "sso", "ssooidc"] {
            let key = PropertiesKey::builder()
                .section_key("services")
                .section_name(services)
                .property_name(service)
                .sub_property_name("endpoint_url")
                .build();
            let url = key.ok().and_then(|key| profiles.other_sections().get(&key).cloned());
            self.add_optional(service, url.as_deref());
        }
    }

    /// Whether somebody is signed in at all: a sign-out is another identity, a refresh is not.
    fn add_sign_ins(&mut self, profiles: &ProfileSet, profile: &Profile) {
        if let Some(session) =
            profile.get("sso_session").and_then(|name| profiles.sso_session(name))
        {
            for name in ["sso_start_url", "sso_region"] {
                self.add_optional(name, session.get(name));
            }
        }
        if let Some(sign_in) = profiles::sso_sign_in(profile) {
            let file = format!(".aws/sso/cache/{}.json", lower_hex(&Sha1::digest(sign_in)));
            self.add_presence("sso-sign-in", self.environment.home().map(|home| home.join(file)));
        }
        if let Some(session) = profile.get("login_session") {
            let file = format!("{}.json", lower_hex(&Sha256::digest(session.trim())));
            let moved = self.environment.path("AWS_LOGIN_CACHE_DIRECTORY");
            let usual = || self.environment.home().map(|home| home.join(".aws/login/cache"));
            self.add_presence("login", moved.or_else(usual).map(|folder| folder.join(file)));
        }
    }

    fn add_container(&mut self) -> bool {
        const URIS: [&str; 2] =
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        if URIS.iter().all(|name| self.environment.get(name).is_none()) {
            return false;
        }
        self.add_variables(&URIS);
        // The usual URI is one task's, whose role stays. Behind another address anybody may answer.
        if self.environment.get(URIS[0]).is_none() {
            self.is_visible = false;
        }
        let token = self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(digest);
        self.add_optional("container-token", token.as_deref());
        let file = self.environment.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        if file.is_some() {
            self.add_token_file(file);
        }
        true
    }

    /// The role is the instance's and may be swapped: only the machine can be told, and where its
    /// metadata is asked for.
    fn add_instance(&mut self) {
        self.is_visible = false;
        self.add_variables(&[
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        ]);
        for part in sys::machine_identity(self.environment) {
            self.add("machine", &part);
        }
    }

    /// Issuer and subject of a token file: they stay when the token is renewed. Of a token that has
    /// none to be read only the path is left, and whose it is cannot be seen.
    fn add_token_file(&mut self, path: Option<PathBuf>) {
        let Some(path) = path else { return };
        self.add("token-file", &path.to_string_lossy());
        match issuer_and_subject(&path) {
            Some(names) => self.add("token-names", &names),
            None => self.is_visible = false,
        }
    }

    fn add_presence(&mut self, name: &str, file: Option<PathBuf>) {
        let is_there = file.is_some_and(|file| file.is_file());
        self.add(name, if is_there { "present" } else { "absent" });
    }

    fn add_variables(&mut self, names: &[&str]) {
        for name in names {
            self.add_optional(name, self.environment.get(name));
        }
    }

    fn add_optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        self.collected.push(format!("{name}={value}"));
    }
}

/// `iss` and `sub` of the JSON web token in the file.
fn issuer_and_subject(path: &Path) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Claims {
        iss: String,
        sub: String,
    }
    let token = fs::read_to_string(path).ok()?;
    let payload = token.trim().split('.').nth(1)?.replace('-', "+").replace('_', "/");
    let padding = "=".repeat(payload.len().wrapping_neg() % 4);
    let payload = base64::decode(format!("{payload}{padding}")).ok()?;
    let Claims { iss, sub } = serde_json::from_slice(&payload).ok()?;
    serde_json::to_string(&(iss, sub)).ok()
}

fn digest(text: &str) -> String {
    lower_hex(&Sha256::digest(text))
}
