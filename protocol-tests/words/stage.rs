//! A home, a fake AWS, and one conversation about a source of CodeArtifact's own.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;

use super::support::fake_codeartifact::{FakeCodeArtifact, SECRET_ACCESS_KEY, TOKEN_PREFIX};
use super::support::fake_nuget::{Answer, FakeNuget, LIMIT};
use super::support::sandbox_home::SandboxHome;
use super::support::secret_scan;

/// What every test here asks for.
pub const SOURCE: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

/// How a line about a token that cannot be had begins.
pub const HEAD: &str = "[CredentialProvider]CodeArtifact: no token for domain `my-domain` of account 111122223333 in eu-west-1: ";

/// Every secret that a test puts somewhere holds this, so that one search finds it anywhere.
pub const SECRET: &str = "hunter2";

/// The set of a test.
pub struct Stage {
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
}

/// A test of a conversation that fails with this line behind [`HEAD`]: once as a Warning before the
/// answer, `Error` without and `NotFound` with a user who could act, and nothing secret anywhere.
pub fn failing(name: &'static str, set_up: fn(&mut Stage), line: &'static str) -> Trial {
    Trial::test(name, move || {
        let mut stage = Stage::new();
        set_up(&mut stage);
        stage.assert_fails(line);
        Ok(())
    })
}

/// A test that is a function.
pub fn trial(name: &'static str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

impl Stage {
    /// With the access key that the fake knows, and a log file.
    pub fn new() -> Self {
        let fake = FakeCodeArtifact::start();
        let mut home = SandboxHome::for_codeartifact(&fake);
        let log = home.root().join("plugin.log");
        home.set("CODEARTIFACT_NUGET_LOG_FILE", &log.to_string_lossy());
        Self { fake, home }
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

    /// What the plugin wrote into its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn log_path(&self) -> PathBuf {
        self.home.root().join("plugin.log")
    }

    #[track_caller]
    pub fn assert_fails(&self, line: &str) {
        self.assert_warns(&format!("{HEAD}{line}"));
    }

    /// As [`failing`], with the whole line.
    #[track_caller]
    pub fn assert_warns(&self, line: &str) {
        let mut nuget = FakeNuget::start(&self.home);
        let first = nuget.ask(SOURCE, false, true);
        self.assert_line(&first, line);
        let second = nuget.ask(SOURCE, false, false);
        second.assert_refusal("NotFound").assert_no_logs();
        self.finish(nuget);
    }

    /// As [`Self::assert_fails`], asking once, and for what takes up to a minute.
    #[track_caller]
    pub fn assert_fails_late(&self, line: &str) {
        let mut nuget = FakeNuget::start(&self.home);
        let id = nuget.begin_ask(SOURCE, false, true);
        let answer = nuget.answer_to(&id, LIMIT * 4);
        self.assert_line(&answer, &format!("{HEAD}{line}"));
        self.finish(nuget);
    }

    /// Requires Success, and nothing said above Minimal.
    #[track_caller]
    pub fn assert_succeeds(&self) {
        let mut nuget = FakeNuget::start(&self.home);
        let id = nuget.begin_ask(SOURCE, false, true);
        let answer = nuget.answer_to(&id, LIMIT * 3);
        answer.assert_success();
        assert!(answer.logs.iter().all(|line| !matches!(&*line.level, "Warning" | "Error")));
        nuget.close_stdin();
        assert!(nuget.wait_exit(LIMIT).success());
        assert_eq!(nuget.stderr(), "");
        self.assert_no_secrets();
    }

    /// One ask in a conversation of its own, answered with Error; its line.
    #[track_caller]
    pub fn line_for(&self, source: &str) -> String {
        let mut nuget = FakeNuget::start(&self.home);
        let answer = nuget.ask(source, false, true);
        let line = self.readable(answer.assert_refusal("Error").the_warning());
        self.finish(nuget);
        line
    }

    #[track_caller]
    fn assert_line(&self, answer: &Answer, line: &str) {
        let said = self.readable(answer.the_warning());
        assert_eq!(said, line);
        answer.assert_refusal("Error");
    }

    /// What differs from run to run is `<root>` and `<port>`.
    fn readable(&self, line: &str) -> String {
        let line = line.replace(&*self.home.root().to_string_lossy(), "<root>");
        let (mut readable, mut parts) = (String::new(), line.split("127.0.0.1:"));
        readable.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            readable.extend(["127.0.0.1:<port>", rest]);
        }
        readable
    }

    #[track_caller]
    fn finish(&self, mut nuget: FakeNuget) {
        nuget.close_stdin();
        assert!(nuget.wait_exit(LIMIT).success());
        assert_eq!(nuget.stderr(), "");
        secret_scan::assert_no_secrets_in(&nuget.exchange(), &secrets());
        self.assert_no_secrets();
    }

    /// The AWS files hold secrets, the user's configuration may, and so does the token cache.
    #[track_caller]
    pub fn assert_no_secrets(&self) {
        let home = self.home.home();
        let allowed =
            [home.join(".aws"), home.join(".config"), self.home.cache_dir(), self.home.bin()];
        secret_scan::assert_no_secrets(self.home.root(), &secrets(), &allowed);
    }
}

fn secrets() -> [String; 3] {
    [TOKEN_PREFIX, SECRET_ACCESS_KEY, SECRET].map(str::to_owned)
}
