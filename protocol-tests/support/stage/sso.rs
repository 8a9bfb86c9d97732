//! A stage whose profile `dev` signs in at a fake IAM Identity Center.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Stage;
use super::conversation::HEAD;
use crate::support::fake_nuget::FakeNuget;
use crate::support::fake_sso::{self, FakeSso};
use crate::support::secret_scan;

pub const START_URL: &str = "https://corp.awsapps.example/start";

const SESSION: &str = "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n[sso-session corp]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n";

const OLDER_FORM: &str = "[profile dev]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = Reader\n";

pub const EXPIRED: &str = "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev";

/// Where a stage's profile signs in.
pub struct SignIn {
    sso: FakeSso,
    /// What the shared file is named by.
    identifier: &'static str,
}

impl Stage {
    /// Nobody is signed in to the `sso-session` of profile `dev`.
    pub fn signing_in() -> Self {
        Self::new().with_log().with_sign_in(SESSION, "corp")
    }

    /// Nobody is signed in, and the profile is of the form without a session.
    pub fn signing_in_by_the_older_form() -> Self {
        Self::new().with_log().with_sign_in(OLDER_FORM, START_URL)
    }

    fn with_sign_in(mut self, config: &str, identifier: &'static str) -> Self {
        let sso = FakeSso::start();
        FakeSso::let_role_into(&self.fake);
        self.with_profile(config);
        self.set("AWS_ENDPOINT_URL_SSO", &sso.url()).set("AWS_ENDPOINT_URL_SSO_OIDC", &sso.url());
        self.sign_in = Some(SignIn { sso, identifier });
        self
    }

    fn sign_in(&self) -> &SignIn {
        self.sign_in.as_ref().expect("a stage that signs in")
    }

    pub fn sso(&self) -> &FakeSso {
        &self.sign_in().sso
    }

    /// The file that the AWS CLI and all SDKs share.
    pub fn token_file(&self) -> PathBuf {
        self.home.path(&format!("home/{}", fake_sso::token_file(self.sign_in().identifier)))
    }

    pub fn sso_cache(&self) -> PathBuf {
        self.home.path("home/.aws/sso/cache")
    }

    /// Somebody signed in earlier, until then.
    pub fn signed_in_until(&self, expires_at: &str) {
        let [client_id, client_secret, access_token, refresh_token] = self.sso().earlier_sign_in();
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
    pub fn change_token(&self, change: impl FnOnce(&mut Map<String, Value>)) {
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

    /// One request that fails with this line behind [`HEAD`].
    #[track_caller]
    pub fn assert_refused(&self, line: &str) {
        let mut nuget = FakeNuget::start(&self.home);
        let answer = nuget.ask(&self.source, false, true);
        let said = self.home.neutral(answer.assert_refusal("Error").the_warning());
        assert_eq!(said, format!("{HEAD}{line}"));
        self.finish(nuget);
    }

    /// The user may be asked, and signs in by this method.
    pub fn may_ask(&mut self, method: &str) -> &mut Self {
        self.set("CODEARTIFACT_NUGET_INTERACTIVE", "always");
        self.set("CODEARTIFACT_NUGET_SIGN_IN", method)
    }

    /// Begins an interactive request; returns its id and the line that the user is shown for it.
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

pub fn read_json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
