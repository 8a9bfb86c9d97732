//! Machines with shared files, an environment and a rule, and the identities that they have.

mod files;
mod keys;
mod order;
mod rules;
mod selectors;

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::aws::{Aws, SignInState};
use crate::base::log::Log;
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

    /// A machine with this AWS configuration.
    fn with_config(config: &str) -> Self {
        Self::new().file(".aws/config", config)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        let machine = self.file(name, "");
        fs::write(machine.home.path().join(name), bytes).unwrap();
        machine
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

    /// Adds these lines to a rule, which is the second one.
    fn rule(mut self, aws: AwsSettings) -> Self {
        self.effective.rule = Some(2);
        self.effective.aws = aws;
        self
    }

    fn environment(&self) -> Environment {
        let pairs = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Environment::from_pairs(pairs)
    }

    fn tell(&self) -> Result<Identity, AwsError> {
        Identity::of(&self.environment(), &FallbackProxy::default(), &self.effective)
    }

    /// The reason why there is no identity.
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

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIAONE"), ("AWS_SECRET_ACCESS_KEY", "secret-one")];

const WEB_IDENTITY: [(&str, &str); 3] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/one"),
    ("AWS_ROLE_SESSION_NAME", "session"),
];

/// A JSON web token with this payload. Its signature does not matter here.
fn web_token(payload: &str, signature: &str) -> String {
    let encoded = aws_smithy_types::base64::encode(payload);
    let encoded = encoded.trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("e30.{encoded}.{signature}")
}

fn web_identity() -> Machine {
    let token = web_token(r#"{"iss":"https://i.example","sub":"job:1","exp":1}"#, "a");
    Machine::new().file("token", &token).variables(&WEB_IDENTITY)
}

/// A process may have no HOME. The user database names the same home for the shared files and for the
/// sign-in beside them.
#[test]
fn the_sign_in_is_in_the_home_of_the_shared_files() {
    let config = "[default]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n\
        [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example\n";
    // printf corp | sha1sum
    let machine = Machine::with_config(config).file(
        ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        r#"{"accessToken":"one","expiresAt":"2100-01-01T00:00:00Z"}"#,
    );
    let environment = Environment::from_pairs([]).with_fallback_home(machine.home.path());
    let identity =
        Identity::of(&environment, &FallbackProxy::default(), &machine.effective).unwrap();
    let session = identity.sign_in.unwrap();
    assert_eq!(session.state(std::time::UNIX_EPOCH), SignInState::Good);
}

/// Requests use what the cache key was made from, even if the files are edited meanwhile.
#[test]
fn the_shared_files_are_read_once() {
    let config = |host: &str| format!("[default]\nendpoint_url = https://{host}\n");
    let machine = Machine::with_config(&config("one.example")).variables(&KEYS);
    let identity = machine.identity();
    let machine = machine.file(".aws/config", &config("two.example"));
    let aws = Aws::new(machine.environment(), Log::open(None, None));
    let (name, owner) = ("d".to_owned(), "111122223333".to_owned());
    let domain = Domain { name, owner, region: "eu-west-1".to_owned() };
    let connection = runtime().block_on(aws.connection(&domain, &identity)).unwrap();
    assert_eq!(connection.endpoints[0].url, "https://one.example");
}
