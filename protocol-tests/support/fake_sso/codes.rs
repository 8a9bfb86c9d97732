//! The codes and tokens that the fake has issued, and the clients that got them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Clients, codes and tokens.
#[derive(Debug, Default)]
pub struct Codes {
    issued: u32,
    /// The secret and the registration, by client id.
    clients: HashMap<String, (String, Value)>,
    /// The client, by device code.
    devices: HashMap<String, String>,
    /// By authorization code.
    authorizations: HashMap<String, Authorization>,
    access_tokens: HashSet<String>,
    /// The client, by refresh token that was not used yet.
    refresh_tokens: HashMap<String, String>,
}

/// What an authorization code was issued for.
#[derive(Debug, Clone)]
pub struct Authorization {
    pub client: String,
    pub redirect_uri: String,
    pub challenge: String,
}

impl Codes {
    /// The id and the secret of a new client.
    pub fn register(&mut self, asked: Value) -> (String, String) {
        let (id, secret) = (self.next("fake-client"), self.next("FAKESSOCLIENTSECRET"));
        self.clients.insert(id.clone(), (secret.clone(), asked));
        (id, secret)
    }

    pub fn registrations(&self) -> Vec<Value> {
        self.clients.values().map(|(_, asked)| asked.clone()).collect()
    }

    /// What the client registered with.
    pub fn registration(&self, client: &str) -> Option<&Value> {
        self.clients.get(client).map(|(_, asked)| asked)
    }

    pub fn knows(&self, client: &str, secret: &str) -> bool {
        self.clients.get(client).is_some_and(|(known, _)| known == secret)
    }

    /// A device code, and the code that the user confirms.
    pub fn start_device(&mut self, client: &str) -> (String, String) {
        let code = self.next("FAKESSODEVICECODE");
        self.devices.insert(code.clone(), client.to_owned());
        (code, format!("WXYZ-{:04}", self.issued))
    }

    pub fn is_device_of(&self, code: &str, client: &str) -> bool {
        self.devices.get(code).is_some_and(|owner| owner == client)
    }

    pub fn forget_device(&mut self, code: &str) {
        self.devices.remove(code);
    }

    pub fn authorize(&mut self, authorization: Authorization) -> String {
        let code = self.next("FAKESSOAUTHCODE");
        self.authorizations.insert(code.clone(), authorization);
        code
    }

    /// A code works once.
    pub fn take_authorization(&mut self, code: &str) -> Option<Authorization> {
        self.authorizations.remove(code)
    }

    /// A refresh token works once.
    pub fn take_refresh_token(&mut self, token: &str, client: &str) -> bool {
        self.refresh_tokens.remove(token).is_some_and(|owner| owner == client)
    }

    /// A new access token and, where the client may refresh, a new refresh token.
    pub fn issue(&mut self, client: &str) -> (String, Option<String>) {
        let access = self.next("FAKESSOACCESSTOKEN");
        self.access_tokens.insert(access.clone());
        let asked = self.registration(client);
        let may_refresh = asked.is_some_and(|asked| asked["scopes"].is_array());
        let refresh = may_refresh.then(|| self.next("FAKESSOREFRESHTOKEN"));
        if let Some(token) = &refresh {
            self.refresh_tokens.insert(token.clone(), client.to_owned());
        }
        (access, refresh)
    }

    pub fn forget_access_tokens(&mut self) {
        self.access_tokens.clear();
    }

    pub fn is_access_token(&self, token: &str) -> bool {
        self.access_tokens.contains(token)
    }

    pub fn earlier_sign_in(&mut self) -> [String; 4] {
        let (id, secret) = self.register(serde_json::json!({"scopes": ["sso:account:access"]}));
        let (access, refresh) = self.issue(&id);
        [id, secret, access, refresh.expect("the client has a scope")]
    }

    fn next(&mut self, prefix: &str) -> String {
        self.issued += 1;
        format!("{prefix}{:04}", self.issued)
    }
}
