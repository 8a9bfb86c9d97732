//! IAM Identity Center on one free loopback port: the sign-in service (SSO OIDC) with its page for
//! the browser, and the portal that gives a role's credentials.
//!
//! It enforces the rules of AWS: only the authorized client gets a token, a code works once and
//! with its verifier, and a refresh token works once.

mod codes;
mod oidc;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use sha1::{Digest, Sha1};

use super::fake_codeartifact::FakeCodeArtifact;
use super::fake_codeartifact::http::{Reply, Seen, Server};
use codes::Codes;

/// Every secret of the fake begins with this, so that a search finds any that strayed.
pub const SECRET_PREFIX: &str = "FAKESSO";

/// What the portal gives for the role `Reader`.
const ROLE_KEY: &str = "ASIAPORTALREADER0001";
const ROLE_SECRET: &str = "FAKESSOROLESECRET";
const ROLE_SESSION: &str = "FAKESSOROLESESSION";

/// The file below the home that the AWS CLI and all SDKs share for this session's name or, of a
/// profile of the older form, start URL.
pub fn token_file(identifier: &str) -> String {
    let digest = Sha1::digest(identifier).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!(".aws/sso/cache/{digest}.json")
}

/// What the user does at the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserWill {
    Agree,
    Decline,
    /// Nothing, and the code expires.
    LetExpire,
    /// Nothing yet.
    Wait,
}

/// The running fake.
#[derive(Debug)]
pub struct FakeSso {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    codes: Codes,
    user: UserWill,
    /// How long an access token lives.
    access_lives: u64,
    /// The seconds that a client is to leave between two polls.
    interval: u64,
    /// What the next calls of `CreateToken` are answered with, before anything else.
    next_refusals: VecDeque<&'static str>,
    refuses_refresh: bool,
    delay: Duration,
    portal_refusal: Option<(u16, &'static str, &'static str)>,
    /// Status and page that are sent in place of every answer.
    outage: Option<(u16, &'static str)>,
    calls: Vec<String>,
    page: String,
    verifiers: Vec<String>,
}

impl FakeSso {
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            codes: Codes::default(),
            user: UserWill::Agree,
            access_lives: 8 * 3600,
            interval: 1,
            next_refusals: VecDeque::new(),
            refuses_refresh: false,
            delay: Duration::ZERO,
            portal_refusal: None,
            outage: None,
            calls: Vec::new(),
            verifiers: Vec::new(),
            page: "https://device.sso.eu-west-1.amazonaws.com/".to_owned(),
        }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |seen| answer(&mut lock(&shared), seen));
        Self { server, state }
    }

    /// Lets the keys of the portal's role into `fake`.
    pub fn let_role_into(fake: &FakeCodeArtifact) {
        let arn = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Reader/me";
        fake.add_temporary_key(ROLE_KEY, ROLE_SECRET, ROLE_SESSION, arn);
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL_…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    pub fn user_will(&self, will: UserWill) {
        self.state().user = will;
    }

    pub fn access_tokens_live(&self, seconds: u64) {
        self.state().access_lives = seconds;
    }

    /// `CreateToken` is answered with this code before anything else, once.
    pub fn refuse_next(&self, code: &'static str) {
        self.state().next_refusals.push_back(code);
    }

    pub fn refuse_refresh(&self) {
        self.state().refuses_refresh = true;
    }

    /// Every answer takes so long from now on.
    pub fn answer_after(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Every session is ended before its time: access tokens of earlier work no more.
    pub fn end_sessions(&self) {
        self.state().codes.forget_access_tokens();
    }

    /// The verifiers that were sent for codes.
    pub fn verifiers(&self) -> Vec<String> {
        self.state().verifiers.clone()
    }

    /// The portal refuses role credentials from now on.
    pub fn portal_refuses(&self, status: u16, code: &'static str, message: &'static str) {
        self.state().portal_refusal = Some((status, code, message));
    }

    /// Every call gets this from now on, as by a proxy or in an outage.
    pub fn answers_with(&self, status: u16, page: &'static str) {
        self.state().outage = Some((status, page));
    }

    /// Where users are sent, in place of an https address of AWS's.
    pub fn send_users_to(&self, page: &str) {
        page.clone_into(&mut self.state().page);
    }

    /// A client that is registered, and tokens that were issued to it, as a sign-in of earlier leaves
    /// them: client id, client secret, access token, refresh token.
    pub fn earlier_sign_in(&self) -> [String; 4] {
        self.state().codes.earlier_sign_in()
    }

    /// Every call so far: the operation, or the grant of a `CreateToken`.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    /// How often this was called.
    pub fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|name| *name == call).count()
    }

    /// What a client asked for when it registered, of every registration.
    pub fn registrations(&self) -> Vec<serde_json::Value> {
        self.state().codes.registrations()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for FakeSso {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- calls of SSO\n{}", self.calls().join("\n"));
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, seen: &Seen) -> Reply {
    let delay = state.delay;
    if let Some((status, page)) = state.outage {
        state.calls.push("outage".to_owned());
        return Reply::bytes(status, "text/html", page).after(delay);
    }
    let reply = match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/client/register") => oidc::register(state, seen),
        ("POST", "/device_authorization") => oidc::start_device(state, seen),
        ("POST", "/token") => oidc::create_token(state, seen),
        ("GET", "/authorize") => oidc::authorize(state, seen),
        ("GET", "/federation/credentials") => role_credentials(state, seen),
        ("POST", "/logout") => log_out(state, seen),
        _ => Reply::status(404),
    };
    reply.after(delay)
}

fn log_out(state: &mut State, seen: &Seen) -> Reply {
    state.calls.push("Logout".to_owned());
    if !state.codes.is_access_token(seen.header("x-amz-sso_bearer_token")) {
        return refusal(401, "UnauthorizedException", "Session token not found or invalid");
    }
    Reply::json(200, &json!({}))
}

fn role_credentials(state: &mut State, seen: &Seen) -> Reply {
    state.calls.push("GetRoleCredentials".to_owned());
    if let Some((status, code, message)) = state.portal_refusal {
        return refusal(status, code, message);
    }
    if !state.codes.is_access_token(seen.header("x-amz-sso_bearer_token")) {
        return refusal(401, "UnauthorizedException", "Session token not found or invalid");
    }
    let asked = (seen.parameter("account_id"), seen.parameter("role_name"));
    if asked != (Some("111122223333"), Some("Reader")) {
        return refusal(403, "ForbiddenException", "No access");
    }
    Reply::json(
        200,
        &json!({"roleCredentials": {
            "accessKeyId": ROLE_KEY, "secretAccessKey": ROLE_SECRET,
            "sessionToken": ROLE_SESSION, "expiration": 4_070_908_800_000_u64
        }}),
    )
}

/// An error as the services write it.
fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message, "__type": code}))
        .with_header("x-amzn-errortype", code)
}
