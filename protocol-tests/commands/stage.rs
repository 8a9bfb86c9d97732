//! A home with AWS keys, a fake AWS, and the plugin's executable as a command.

use std::process::Command;
use std::time::Duration;

use super::support::fake_codeartifact::{FakeCodeArtifact, TokenBehaviour};
use super::support::process::{self, Run};
use super::support::sandbox_home::SandboxHome;

/// What every command here is about.
pub const SOURCE: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

/// The same by names.
pub const NAMES: [&str; 6] =
    ["--domain", "my-domain", "--domain-owner", "111122223333", "--region", "eu-west-1"];

const LIMIT: Duration = Duration::from_mins(1);

pub struct Stage {
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
}

impl Stage {
    pub fn new() -> Self {
        let fake = FakeCodeArtifact::start();
        let home = SandboxHome::for_codeartifact(&fake);
        Self { fake, home }
    }

    /// Runs the plugin's executable with these words.
    pub fn run(&self, words: &[&str]) -> Run {
        self.home.run_plugin(words)
    }

    /// Runs a script of `sh` in which `$PLUGIN` is the plugin's executable.
    pub fn sh(&self, script: &str) -> Run {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).current_dir(self.home.project());
        command.env_clear().envs(self.home.environment()).env("PLUGIN", SandboxHome::plugin());
        process::run(&mut command, LIMIT)
    }

    /// The one token that the fake has issued.
    pub fn issued(&self) -> String {
        let issued = self.fake.issued_tokens();
        assert_eq!(issued.len(), 1, "one token should have been issued");
        issued[0].clone()
    }

    /// The fake issues this token from now on, for a year.
    pub fn issues(&self, token: &str) {
        let body =
            serde_json::json!({ "authorizationToken": token, "expiration": 4_102_444_800_u64 });
        self.fake.token_api_will(TokenBehaviour::Say(body.to_string().into_bytes()));
    }

    pub fn has_no_credentials(&mut self) {
        self.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    }
}

/// Requires this exit code; returns what was said on standard error.
#[track_caller]
pub fn failure(run: &Run, code: i32) -> &str {
    assert_eq!(run.status.and_then(|status| status.code()), Some(code), "{run}");
    &run.stderr
}
