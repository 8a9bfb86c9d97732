//! What a test begins with: a fake AWS, a throwaway home that knows it, and a source in it.
//!
//! - [`conversation`]: one conversation of NuGet's, with what it must say and must not leave
//! - [`sso`]: a profile that signs in at IAM Identity Center
//! - [`restore`]: an installed plugin and a project for the real `dotnet`
//! - [`doctor`]: a home in which everything works, until a test breaks something

pub mod conversation;
#[cfg(unix)]
pub mod doctor;
pub mod restore;
pub mod sso;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fake_codeartifact::{
    FakeCodeArtifact, Repository, SECRET_ACCESS_KEY, TOKEN_PREFIX, TokenBehaviour,
};
use super::fake_sso::SECRET_PREFIX;
use super::process::{self, Run};
use super::sandbox_home::SandboxHome;
use super::secret_scan;

/// A source at a host of AWS's own.
pub const SOURCE: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

/// The same by names.
pub const NAMES: [&str; 6] =
    ["--domain", "my-domain", "--domain-owner", "111122223333", "--region", "eu-west-1"];

/// A domain that nothing was asked for yet, where a token is in the cache.
pub const OTHER_NAMES: [&str; 6] =
    ["--domain", "other-domain", "--domain-owner", "111122223333", "--region", "eu-west-1"];

/// How every line for the user begins.
pub const OUR_LINE: &str = "[CredentialProvider]CodeArtifact:";

/// A source that has nothing to do with CodeArtifact.
pub const FOREIGN: &str = "https://pkgs.example.com/nuget/v3/index.json";

/// Every secret that a test stores contains this, so that one search finds it anywhere.
pub const SECRET: &str = "hunter2";

/// Longer than a command takes, on a busy machine as well.
pub const LIMIT: Duration = Duration::from_mins(2);

/// The fakes and the home of one test.
pub struct Stage {
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
    pub repository: Repository,
    /// The URL of the repository at the fake's own host.
    pub source: String,
    sign_in: Option<sso::SignIn>,
}

impl Stage {
    /// With the access key that the fake knows.
    pub fn new() -> Self {
        let fake = FakeCodeArtifact::start();
        let home = SandboxHome::for_codeartifact(&fake);
        let repository = Repository::new("my-repo");
        let source = fake.source(&repository);
        Self { fake, home, repository, source, sign_in: None }
    }

    /// The plugin writes a log file.
    pub fn with_log(mut self) -> Self {
        let log = self.log_path();
        self.home.set("CODEARTIFACT_NUGET_LOG_FILE", &log.to_string_lossy());
        self
    }

    /// What the plugin wrote into its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn log_path(&self) -> PathBuf {
        self.home.root().join("plugin.log")
    }

    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.home.set(name, value);
        self
    }

    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.home.unset(name);
        self
    }

    /// No AWS credentials are left.
    pub fn without_keys(&mut self) -> &mut Self {
        self.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY")
    }

    /// No keys; `~/.aws/config` is this, and `AWS_PROFILE` is `dev`.
    pub fn with_profile(&mut self, config: &str) -> &mut Self {
        self.without_keys().set("AWS_PROFILE", "dev");
        self.home.write("home/.aws/config", config);
        self
    }

    /// The call goes to CodeArtifact's real host, if the test's proxy lets it.
    pub fn with_real_endpoints(&mut self) -> &mut Self {
        self.unset("AWS_ENDPOINT_URL_CODEARTIFACT").unset("AWS_ENDPOINT_URL_STS")
    }

    /// Runs the plugin's executable with these words.
    pub fn run(&self, words: &[&str]) -> Run {
        self.home.run_plugin(words)
    }

    /// Runs a script of `sh` in which `$PLUGIN` is the plugin's executable.
    pub fn sh(&self, script: &str) -> Run {
        let mut command = self.home.command("/bin/sh");
        command.args(["-c", script]).env("PLUGIN", SandboxHome::plugin());
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

    /// How often the token API was called.
    pub fn token_calls(&self) -> usize {
        self.fake.token_calls().len()
    }

    /// The entries of `[[hosts]]` that make the fake's host a host of `CodeArtifact`.
    pub fn listed_host(&self) -> String {
        format!("[[hosts]]\nhost = \"{}\"\nregion = \"eu-west-1\"\n", self.fake.host())
    }

    /// The text with `<root>` and `<port>` for what differs from run to run.
    pub fn readable(&self, text: &str) -> String {
        let text = self.home.neutral(text);
        let (mut readable, mut parts) = (String::new(), text.split("127.0.0.1:"));
        readable.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            readable.extend(["127.0.0.1:<port>", rest]);
        }
        readable
    }

    /// No file holds a secret, but for those whose purpose it is: AWS's own, the user's configuration
    /// and the token cache.
    #[track_caller]
    pub fn assert_no_secrets(&self) {
        let (home, cache) = (self.home.home(), self.home.cache_dir());
        let allowed = match self.sign_in {
            // A profile that signs in has no secret in its own file.
            Some(_) => vec![home.join(".aws/sso/cache"), cache, home.join(".aws/cli/cache")],
            None => vec![home.join(".aws"), home.join(".config"), cache, self.home.bin()],
        };
        secret_scan::assert_no_secrets(self.home.root(), &secrets(), &allowed);
    }
}

/// What no output and no file of others may hold.
pub fn secrets() -> [String; 4] {
    [TOKEN_PREFIX, SECRET_ACCESS_KEY, SECRET_PREFIX, SECRET].map(str::to_owned)
}

/// Requires this exit code; returns standard error.
#[track_caller]
pub fn failure(run: &Run, code: i32) -> &str {
    assert_eq!(run.code(), Some(code), "{run}");
    &run.stderr
}

/// Keeps what people saw in the folder that `CODEARTIFACT_NUGET_TEST_TRANSCRIPTS` names, if it names
/// one.
pub fn keep_transcript(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("CODEARTIFACT_NUGET_TEST_TRANSCRIPTS") {
        fs::write(Path::new(&folder).join(name), text).expect("a folder for transcripts");
    }
}
