//! What selects an identity, source by source.
//!
//! Each source adds what selects its identity and never what rotates: a new session token of the same
//! key, a refreshed sign-in or a renewed web-identity token changes nothing. Secrets go in by digest
//! only.
#![expect(clippy::disallowed_methods, reason = "what a token file says is part of the identity")]

use std::fs;
use std::path::{Path, PathBuf};

use aws_config::profile::{Profile, ProfileSet};
use aws_smithy_types::base64;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::plan::{Plan, Role, Source, SsoRole};
use crate::aws::profiles::AwsFiles;
use crate::base::environment::Environment;
use crate::base::system;
use crate::base::text::lower_hex;
use crate::settings::{EffectiveSettings, EndpointSettings};

/// Properties of a profile that move an API to another endpoint.
const ENDPOINT_PROPERTIES: [&str; 5] = [
    "endpoint_url",
    "services",
    "ignore_configured_endpoint_urls",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
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

    /// All selectors of the plan, and whether the identity can be seen from here.
    pub(super) fn of(
        mut self,
        files: &AwsFiles,
        profile: &str,
        plan: &Plan,
        region: Option<&str>,
        effective: &EffectiveSettings,
    ) -> (Vec<String>, bool) {
        self.add_endpoints(&files.profiles, profile, &effective.aws.endpoints);
        self.add_source(&plan.source, files.get(profile));
        plan.roles.iter().for_each(|role| self.add_role(role));
        if plan.asks_sts() {
            self.add_optional("region", region);
        }
        (self.collected, self.is_visible)
    }

    /// Another endpoint is another AWS.
    fn add_endpoints(&mut self, profiles: &ProfileSet, name: &str, rule: &EndpointSettings) {
        self.add_variables(&ENDPOINT_VARIABLES);
        if let Some(profile) = profiles.get_profile(name) {
            for property in ENDPOINT_PROPERTIES {
                self.add_optional(property, profile.get(property));
            }
            if let Some(services) = profile.get("services") {
                self.add_services(profiles, services);
            }
        }
        let EndpointSettings { codeartifact, sts, sso } = rule;
        for (api, url) in [("codeartifact", codeartifact), ("sts", sts), ("sso", sso)] {
            self.add_optional(&format!("rule-{api}"), url.as_deref());
        }
    }

    fn add_source(&mut self, source: &Source, profile: Option<&Profile>) {
        match source {
            Source::Keys(keys) => self.add("key", &digest(&keys.id)),
            Source::WebIdentity(identity) => {
                self.add("web-identity", &identity.role_arn);
                self.add_optional("session-name", identity.session_name.as_deref());
                self.add_token_file(&identity.token_file);
            }
            Source::Sso(role) => self.add_sso(role),
            Source::Login { session, .. } => {
                self.add("login", session);
                self.add_login_file(session);
            }
            Source::Process(command) => {
                self.add("process", &digest(command.expose()));
                self.is_visible = false;
            }
            Source::Container => self.add_container(),
            Source::Instance => self.add_instance(profile),
        }
    }

    fn add_role(&mut self, role: &Role) {
        let Role { arn, external_id, session_name, duration } = role;
        self.add("role", arn);
        self.add_optional("external-id", external_id.as_deref());
        self.add_optional("role-session-name", session_name.as_deref());
        self.add_optional("role-duration", duration.map(|it| it.to_string()).as_deref());
    }

    /// Whether somebody is signed in at all: a sign-out is another identity, a refresh is not.
    fn add_sso(&mut self, SsoRole { session, account, role }: &SsoRole) {
        self.add_optional("sso-session", session.name.as_deref());
        self.add("sso-start-url", &session.start_url);
        self.add("sso-region", &session.region);
        self.add("sso-account", account);
        self.add("sso-role", role);
        let sign_in = session.name.as_ref().unwrap_or(&session.start_url);
        let file = format!(".aws/sso/cache/{}.json", lower_hex(&Sha1::digest(sign_in)));
        self.add_presence("sso-sign-in", self.environment.home().map(|home| home.join(file)));
    }

    fn add_login_file(&mut self, session: &str) {
        let file = format!("{}.json", lower_hex(&Sha256::digest(session.trim())));
        let moved = self.environment.path("AWS_LOGIN_CACHE_DIRECTORY");
        let usual = || self.environment.home().map(|home| home.join(".aws/login/cache"));
        let file = moved.or_else(usual).map(|folder| folder.join(file));
        self.add_presence("login-sign-in", file);
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

    fn add_container(&mut self) {
        const URIS: [&str; 2] =
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        self.add_variables(&URIS);
        // The usual URI is one task's, whose role stays. Behind another address anybody may answer.
        if self.environment.get(URIS[0]).is_none() {
            self.is_visible = false;
        }
        let token = self.environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(digest);
        self.add_optional("container-token", token.as_deref());
        if let Some(file) = self.environment.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            self.add_token_file(&file);
        }
    }

    /// The role is the instance's and may be swapped: only the machine can be told, and where its
    /// metadata is asked for.
    fn add_instance(&mut self, profile: Option<&Profile>) {
        self.is_visible = false;
        let property = "ec2_metadata_service_endpoint";
        self.add_optional(property, profile.and_then(|profile| profile.get(property)));
        self.add_variables(&[
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        ]);
        for part in system::machine_identity(self.environment) {
            self.add("machine", &part);
        }
    }

    /// Issuer and subject of a token file: they stay when the token is renewed. Of a token that has
    /// none to be read only the path is left, and whose it is cannot be seen.
    fn add_token_file(&mut self, path: &Path) {
        self.add("token-file", &path.to_string_lossy());
        match issuer_and_subject(path) {
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
