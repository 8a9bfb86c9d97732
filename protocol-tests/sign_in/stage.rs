//! A fake SSO, a fake `CodeArtifact`, and a home whose profile signs in by SSO.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::support::fake_codeartifact::{FakeCodeArtifact, Repository, TOKEN_PREFIX};
use super::support::fake_nuget::{FakeNuget, LIMIT};
use super::support::fake_sso::{self, FakeSso, SECRET_PREFIX};
use super::support::sandbox_home::SandboxHome;
use super::support::secret_scan;

pub const START_URL: &str = "https://corp.awsapps.example/start";

const SESSION: &str = "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n[sso-session corp]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n";

const OLDER_FORM: &str = "[profile dev]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = Reader\n";

/// How a line about a token that cannot be had begins.
pub const HEAD: &str = "[CredentialProvider]CodeArtifact: no token for domain `my-domain` of account 111122223333 in eu-west-1: ";

pub const EXPIRED: &str = "the SSO session of profile `dev` is signed out or has expired; sign in with `nuget-plugin-codeartifact login --profile dev` or `aws sso login --profile dev`";

/// The set of a test.
pub struct Stage {
    pub sso: FakeSso,
    pub fake: FakeCodeArtifact,
    pub home: SandboxHome,
    pub source: String,
    /// What the shared file is named by.
    identifier: &'static str,
}

/// A test that is a function.
pub fn trial(name: &'static str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

impl Stage {
    /// Nobody is signed in to the `sso-session` of profile `dev`.
    pub fn new() -> Self {
        Self::with(SESSION, "corp")
    }

    /// Nobody is signed in, and the profile is of the form without a session.
    pub fn of_the_older_form() -> Self {
        Self::with(OLDER_FORM, START_URL)
    }

    fn with(config: &str, identifier: &'static str) -> Self {
        let (sso, fake) = (FakeSso::start(), FakeCodeArtifact::start());
        FakeSso::let_role_into(&fake);
        let mut home = SandboxHome::for_codeartifact(&fake);
        home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY").set("AWS_PROFILE", "dev");
        home.set("AWS_ENDPOINT_URL_SSO", &sso.url());
        home.set("AWS_ENDPOINT_URL_SSO_OIDC", &sso.url());
        home.write("home/.aws/config", config);
        let log = home.root().join("plugin.log");
        home.set("CODEARTIFACT_NUGET_LOG_FILE", &log.to_string_lossy());
        let source = fake.source(&Repository::new("my-repo"));
        Self { sso, fake, home, source, identifier }
    }

    /// The file that the AWS CLI and all SDKs share.
    pub fn token_file(&self) -> PathBuf {
        self.home.home().join(fake_sso::token_file(self.identifier))
    }

    pub fn sso_cache(&self) -> PathBuf {
        self.home.home().join(".aws/sso/cache")
    }

    /// Somebody signed in earlier, until then.
    pub fn signed_in_until(&self, expires_at: &str) {
        let [client_id, client_secret, access_token, refresh_token] = self.sso.earlier_sign_in();
        self.write_token(&json!({
            "startUrl": START_URL, "region": "eu-west-1",
            "accessToken": access_token, "expiresAt": expires_at,
            "clientId": client_id, "clientSecret": client_secret,
            "registrationExpiresAt": "2099-01-01T00:00:00Z",
            "refreshToken": refresh_token, "ofSomebodyElse": {"kept": true}
        }));
    }

    /// Long ago.
    pub fn expire(&self) {
        self.change_token(|token| {
            token.insert("expiresAt".into(), json!("2020-01-01T00:00:00Z"));
        });
    }

    pub fn write_token(&self, token: &Value) {
        fs::create_dir_all(self.sso_cache()).expect("a folder");
        fs::write(self.token_file(), token.to_string()).expect("the token's file");
    }

    /// What the shared file says.
    pub fn token(&self) -> Value {
        read_json(&self.token_file())
    }

    /// Sets or removes keys of the shared file.
    pub fn change_token(&self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        let mut token = self.token();
        change(token.as_object_mut().expect("an object"));
        self.write_token(&token);
    }

    /// One restore's conversation that gets its token and says nothing.
    #[track_caller]
    pub fn assert_served(&self) {
        let mut nuget = FakeNuget::start(&self.home);
        nuget.ask(&self.source, false, true).assert_success().assert_no_logs();
        self.finish(nuget);
    }

    /// One that fails with this line behind [`HEAD`].
    #[track_caller]
    pub fn assert_fails(&self, line: &str) {
        let mut nuget = FakeNuget::start(&self.home);
        let answer = nuget.ask(&self.source, false, true);
        let said = answer.assert_refusal("Error").the_warning();
        let said = said.replace(&*self.home.root().to_string_lossy(), "<root>");
        assert_eq!(said, format!("{HEAD}{line}"));
        self.finish(nuget);
    }

    /// Ends the conversation; nothing secret was said or left anywhere.
    #[track_caller]
    pub fn finish(&self, mut nuget: FakeNuget) {
        nuget.close_stdin();
        assert!(nuget.wait_exit(LIMIT).success());
        secret_scan::assert_no_secrets_in(&nuget.exchange().replace(TOKEN_PREFIX, ""), &secrets());
        secret_scan::assert_no_secrets_in(&nuget.stderr(), &secrets());
        self.assert_no_secrets();
    }

    /// The shared folder holds secrets, and so do the token cache and what the AWS CLI keeps.
    #[track_caller]
    pub fn assert_no_secrets(&self) {
        let theirs = self.home.home().join(".aws/cli/cache");
        let allowed = [self.sso_cache(), self.home.cache_dir(), theirs];
        secret_scan::assert_no_secrets(self.home.root(), &secrets(), &allowed);
    }

    /// The user may be asked, and signs in by this method.
    pub fn may_ask(&mut self, method: &str) -> &mut Self {
        self.home.set("CODEARTIFACT_NUGET_INTERACTIVE", "always");
        self.home.set("CODEARTIFACT_NUGET_SIGN_IN", method);
        self
    }

    /// Begins an interactive ask; returns the line that the user is shown for it.
    #[track_caller]
    pub fn begin(&self, nuget: &mut FakeNuget) -> (String, String) {
        let ask = nuget.begin_ask(&self.source, false, false);
        let line = nuget.expect_log();
        assert_eq!(line.level, "Minimal");
        (ask, line.text)
    }

    /// Takes the token out of the cache, so that the next restore is a cold one.
    pub fn forget_tokens(&self) {
        for file in secret_scan::files_below(&self.home.cache_dir()) {
            if file.extension().is_some_and(|end| end == "json") {
                fs::remove_file(file).expect("a file of the cache");
            }
        }
    }
}

/// What a printed line may hold none of.
pub fn secrets() -> [String; 2] {
    [SECRET_PREFIX, TOKEN_PREFIX].map(str::to_owned)
}

pub fn read_json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Keeps what people saw in the folder that `CODEARTIFACT_NUGET_TEST_TRANSCRIPTS` names, if it names
/// one.
pub fn keep_transcript(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("CODEARTIFACT_NUGET_TEST_TRANSCRIPTS") {
        fs::write(Path::new(&folder).join(name), text).expect("a folder for transcripts");
    }
}
