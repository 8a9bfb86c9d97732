//! AWS and its package sources on one free loopback port: the `CodeArtifact` token API, a minimal
//! STS, and NuGet v3 sources that want an issued token as Basic password.
//!
//! The server ends with its value. It keeps no file and needs no network.

mod endpoint_api;
pub mod http;
mod nuget_source;
mod package;
mod push;
mod repository;
mod sigv4;
mod sts;
mod token_api;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use endpoint_api::EndpointApi;
use http::{Reply, Seen, Server};
use nuget_source::Sources;
pub use package::Package;
pub use repository::{Access, Repository};
use sigv4::AccessKeys;
pub use sts::AssumedRole;
use sts::Sts;
use token_api::{Quota, TokenApi};
pub use token_api::{TokenBehaviour, TokenCall};

/// Every token that the fake issues begins with this, so that a search finds any that strayed.
pub const TOKEN_PREFIX: &str = "FAKECODEARTIFACTTOKEN";

/// The access key that the fake knows from the start.
pub const ACCESS_KEY_ID: &str = "AKIAFAKEACCESSKEY001";
/// Its secret.
pub const SECRET_ACCESS_KEY: &str = "fakeSecretAccessKey/0000000000000000001";
/// Whose it is.
pub const IDENTITY_ARN: &str = "arn:aws:iam::111122223333:user/sandbox";

/// The running fake. Its knobs can be turned at any time.
#[derive(Debug)]
pub struct FakeCodeArtifact {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    keys: AccessKeys,
    tokens: TokenApi,
    endpoints: EndpointApi,
    sts: Sts,
    sources: Sources,
}

impl FakeCodeArtifact {
    /// Starts the fake with one access key, and with no repository.
    pub fn start() -> Self {
        let mut keys = AccessKeys::default();
        keys.add(ACCESS_KEY_ID, SECRET_ACCESS_KEY, IDENTITY_ARN);
        let state = Arc::new(Mutex::new(State {
            keys,
            tokens: TokenApi::default(),
            endpoints: EndpointApi::default(),
            sts: Sts::default(),
            sources: Sources::default(),
        }));
        let shared = Arc::clone(&state);
        let server = Server::start(move |seen| answer(&mut lock(&shared), seen));
        Self { server, state }
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL_…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// The URL of a repository's index, in the form of a VPC endpoint: the path names the domain.
    pub fn source(&self, repository: &Repository) -> String {
        let Repository { domain, owner, name } = repository;
        format!("{}/nuget/d/{domain}-{owner}/{name}/v3/index.json", self.url())
    }

    /// The URL of the index of a repository of [`Repository::new`]'s domain: the path names the
    /// repository alone.
    pub fn short_source(&self, name: &str) -> String {
        format!("{}/nuget/{name}/v3/index.json", self.url())
    }

    /// Lets another access key in.
    pub fn add_access_key(&self, id: &str, secret: &str, arn: &str) {
        self.state().keys.add(id, secret, arn);
    }

    /// As [`Self::add_access_key`], for one that comes with a session token.
    pub fn add_temporary_key(&self, id: &str, secret: &str, session_token: &str, arn: &str) {
        self.state().keys.add_temporary(id, secret, session_token, arn);
    }

    /// What the token API does from now on.
    pub fn token_api_will(&self, behaviour: TokenBehaviour) {
        self.state().tokens.always = behaviour;
    }

    /// The token API lets so many calls a second through, and throttles all others as AWS does.
    pub fn token_api_allows(&self, calls_a_second: f64) {
        self.state().tokens.quota = Some(Quota::of(calls_a_second));
    }

    /// What the token API does at its next call; given several times, at the calls after it.
    pub fn next_token_call_will(&self, behaviour: TokenBehaviour) {
        self.state().tokens.next.push_back(behaviour);
    }

    /// What the token API does for this domain from now on.
    pub fn token_api_for(&self, domain: &str, behaviour: TokenBehaviour) {
        self.state().tokens.by_domain.insert(domain.to_owned(), behaviour);
    }

    /// `GetRepositoryEndpoint` refuses from now on, as AWS does: HTTP status, error code, text.
    pub fn endpoint_api_fails(&self, status: u16, code: &'static str, message: &'static str) {
        self.state().endpoints.fails = Some((status, code, message));
    }

    /// `GetRepositoryEndpoint` answers with this repository's from now on.
    pub fn endpoint_api_names_repository(&self, name: &'static str) {
        self.state().endpoints.repository = Some(name);
    }

    /// `GetRepositoryEndpoint` names AWS's hosts of eu-west-1 from now on, and not the fake.
    pub fn endpoint_api_names_aws(&self) {
        self.state().endpoints.names_aws = true;
    }

    /// The life of tokens issued from now on, whatever duration is asked for.
    pub fn tokens_live(&self, life: Duration) {
        self.state().tokens.life = Some(life);
    }

    /// Every call of the token API so far, also refused ones, in order.
    pub fn token_calls(&self) -> Vec<TokenCall> {
        self.state().tokens.calls.clone()
    }

    /// Waits until the token API was called so often.
    pub fn wait_for_token_calls(&self, calls: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.token_calls().len() < calls {
            assert!(Instant::now() < deadline, "the token API was not called {calls} times");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Every token issued so far, in order.
    pub fn issued_tokens(&self) -> Vec<String> {
        self.state().tokens.issued.iter().map(|token| token.text.clone()).collect()
    }

    /// From now on sources refuse every token issued so far with 401.
    pub fn revoke_issued_tokens(&self) {
        self.state().tokens.revoke_all();
    }

    /// The `Action`s that STS was asked for.
    pub fn sts_calls(&self) -> Vec<String> {
        self.state().sts.calls.clone()
    }

    /// Every role that STS gave, in order.
    pub fn assumed_roles(&self) -> Vec<AssumedRole> {
        self.state().sts.assumed.clone()
    }

    /// STS gives the role only to who names this external id.
    pub fn role_wants_external_id(&self, role: &str, id: &str) {
        self.state().sts.external_ids.insert(role.to_owned(), id.to_owned());
    }

    /// STS gives the role only to callers whose ARN begins so.
    pub fn role_trusts(&self, role: &str, caller: &str) {
        self.state().sts.trusted.insert(role.to_owned(), caller.to_owned());
    }

    /// STS gives roles for this web identity token too.
    pub fn trust_web_token(&self, token: &str) {
        self.state().sts.web_tokens.push(token.to_owned());
    }

    /// STS never answers from now on.
    pub fn sts_hangs(&self) {
        self.state().sts.hangs = true;
    }

    /// STS never answers the next call.
    pub fn sts_loses_an_answer(&self) {
        self.state().sts.loses_an_answer = true;
    }

    /// Makes the repository, open to every token of its domain.
    pub fn add_repository(&self, repository: &Repository) {
        self.state().sources.at(repository);
    }

    /// Puts a package into the repository, which is made if it is not there.
    pub fn add_package(&self, repository: &Repository, package: &Package) {
        self.state().sources.at(repository).add(package);
    }

    /// Which requests the repository accepts.
    pub fn set_access(&self, repository: &Repository, access: Access) {
        self.state().sources.at(repository).access = access;
    }

    /// Gives the repository a vulnerability index that lists `package_id`'s every version.
    pub fn report_vulnerable(&self, repository: &Repository, package_id: &str) {
        self.state().sources.at(repository).vulnerable = Some(package_id.to_owned());
    }

    /// How often the repository answered with this status.
    pub fn count(&self, repository: &Repository, status: u16) -> usize {
        let mut state = self.state();
        state.sources.at(repository).statuses.iter().filter(|seen| **seen == status).count()
    }

    /// `id version` of every package pushed to the repository, in order.
    pub fn pushed(&self, repository: &Repository) -> Vec<String> {
        self.state().sources.at(repository).pushed.clone()
    }

    /// Every request so far as `METHOD path status`, for the reader of a failed test.
    pub fn requests(&self) -> Vec<String> {
        self.server.requests()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for FakeCodeArtifact {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- requests to the fake\n{}", self.requests().join("\n"));
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(state: &mut State, seen: &Seen) -> Reply {
    match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/v1/authorization-token") => state.tokens.answer(&state.keys, seen),
        ("GET", "/v1/repository/endpoint") => state.endpoints.answer(&state.keys, seen),
        ("POST", "/") => state.sts.answer(&mut state.keys, seen),
        (_, path) if path.starts_with("/nuget/") => state.sources.answer(&state.tokens, seen),
        _ => Reply::status(404),
    }
}
