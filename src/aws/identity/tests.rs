//! Machines with AWS files, an environment and a rule, and who would be asking there.

mod keys;
mod order;
mod rules;
mod selectors;

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::settings::{
    AwsSettings, Duration, EndpointSettings, Interactive, Origin, RoleSettings, Setting,
};

/// A home with AWS files, and an environment.
struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
    effective: EffectiveSettings,
}

impl Machine {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let path = home.path().to_str().unwrap().to_owned();
        let variables = vec![("HOME".to_owned(), path.clone()), ("USERPROFILE".to_owned(), path)];
        let effective = EffectiveSettings {
            rule: None,
            duration: Setting::built_in(Duration::try_from(900).unwrap()),
            interactive: Setting::built_in(Interactive::Never),
            aws: AwsSettings::default(),
        };
        Self { home, variables, effective }
    }

    /// One whose AWS configuration is this.
    fn with_config(config: &str) -> Self {
        Self::new().file(".aws/config", config)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn without_file(self, name: &str) -> Self {
        fs::remove_file(self.home.path().join(name)).unwrap();
        self
    }

    /// `~` at a value's beginning is this home.
    fn variable(mut self, name: &str, value: &str) -> Self {
        let home = self.home.path().to_str().unwrap();
        let value =
            value.strip_prefix('~').map_or(value.to_owned(), |rest| format!("{home}{rest}"));
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
        self
    }

    fn variables(self, pairs: &[(&str, &str)]) -> Self {
        pairs.iter().fold(self, |machine, (name, value)| machine.variable(name, value))
    }

    /// A rule, the second, says this.
    fn rule(mut self, aws: AwsSettings) -> Self {
        self.effective.rule = Some(2);
        self.effective.aws = aws;
        self
    }

    fn tell(&self) -> Result<Identity, AwsError> {
        let pairs = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let environment = Environment::from_pairs(pairs);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(of(&environment, &self.effective))
    }

    /// Why there is no identity.
    fn error(&self) -> String {
        self.tell().unwrap_err().to_string()
    }

    fn identity(&self) -> Identity {
        self.tell().unwrap()
    }

    fn selectors(&self) -> Vec<String> {
        self.identity().selectors
    }
}

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIAONE"), ("AWS_SECRET_ACCESS_KEY", "secret-one")];

const WEB_IDENTITY: [(&str, &str); 3] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/one"),
    ("AWS_ROLE_SESSION_NAME", "session"),
];

/// A JSON web token of this payload, whose signature is of no interest.
fn web_token(payload: &str, signature: &str) -> String {
    let encoded = aws_smithy_types::base64::encode(payload);
    let encoded = encoded.trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("e30.{encoded}.{signature}")
}

fn web_identity() -> Machine {
    let token = web_token(r#"{"iss":"https://i.example","sub":"job:1","exp":1}"#, "a");
    Machine::new().file("token", &token).variables(&WEB_IDENTITY)
}
