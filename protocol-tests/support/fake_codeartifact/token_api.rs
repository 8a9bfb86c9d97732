//! `POST /v1/authorization-token`, with everything that can go wrong in it.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::TOKEN_PREFIX;
use super::http::{Ending, Reply, Seen};
use super::sigv4::{AccessKeys, Signer};

/// What the API does when it is called with good keys.
#[derive(Debug, Clone)]
pub enum TokenBehaviour {
    /// Answers at once with a new token.
    Issue,
    /// Answers with a new token, and takes its time.
    IssueAfter(Duration),
    /// Refuses, as AWS does: HTTP status, error code, text.
    Fail(u16, &'static str, &'static str),
    /// The same after a while.
    FailAfter(Duration, u16, &'static str, &'static str),
    /// 429 with `x-amz-retry-after`.
    Throttle(Duration),
    /// This status, without an error code where it is 503, with `Retry-After`.
    AskToWait(u16, String),
    /// 200 with this body.
    Say(Vec<u8>),
    /// 200 and half an answer.
    Truncate,
    /// Hangs up without an answer.
    Close,
    /// Never answers and never hangs up.
    Hang,
}

/// One call of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCall {
    pub domain: String,
    pub owner: String,
    pub duration: String,
    /// From the signature's scope; empty where the signature was refused.
    pub region: String,
    /// Empty where the signature was refused.
    pub access_key_id: String,
    pub user_agent: String,
}

/// A token that was issued.
#[derive(Debug)]
pub struct IssuedToken {
    pub text: String,
    pub domain: String,
    pub owner: String,
    /// Who fetched it.
    pub access_key_id: String,
    revoked: bool,
}

/// The API's state and knobs.
#[derive(Debug)]
pub struct TokenApi {
    pub always: TokenBehaviour,
    pub next: VecDeque<TokenBehaviour>,
    pub by_domain: HashMap<String, TokenBehaviour>,
    pub life: Option<Duration>,
    pub quota: Option<Quota>,
    pub calls: Vec<TokenCall>,
    pub issued: Vec<IssuedToken>,
}

impl Default for TokenApi {
    fn default() -> Self {
        Self {
            always: TokenBehaviour::Issue,
            next: VecDeque::new(),
            by_domain: HashMap::new(),
            life: None,
            quota: None,
            calls: Vec::new(),
            issued: Vec::new(),
        }
    }
}

impl TokenApi {
    pub fn answer(&mut self, keys: &AccessKeys, seen: &Seen) -> Reply {
        let parameter = |name| seen.parameter(name).unwrap_or_default().to_owned();
        let signer = keys.verify(seen, "codeartifact");
        let call = TokenCall {
            domain: parameter("domain"),
            owner: parameter("domain-owner"),
            duration: parameter("duration"),
            region: signer.as_ref().map_or(String::new(), |signer: &Signer| signer.region.clone()),
            access_key_id: signer.as_ref().map_or(String::new(), |it| it.access_key_id.clone()),
            user_agent: seen.header("user-agent").to_owned(),
        };
        self.calls.push(call.clone());
        if let Err(refusal) = signer {
            return failure(403, refusal.code, &refusal.message);
        }
        if let Some(refused) = refuse_parameters(&call) {
            return refused;
        }
        self.behave(&call)
    }

    /// The issued token with this text, unless it was revoked.
    pub fn find(&self, text: &str) -> Option<&IssuedToken> {
        self.issued.iter().find(|token| token.text == text && !token.revoked)
    }

    pub fn revoke_all(&mut self) {
        self.issued.iter_mut().for_each(|token| token.revoked = true);
    }

    fn behave(&mut self, call: &TokenCall) -> Reply {
        if self.quota.as_mut().is_some_and(|quota| !quota.takes_one()) {
            return failure(400, "ThrottlingException", "Rate exceeded");
        }
        let of_domain = || self.by_domain.get(&call.domain).unwrap_or(&self.always).clone();
        let behaviour = self.next.pop_front().unwrap_or_else(of_domain);
        match behaviour {
            TokenBehaviour::Issue => self.issue(call),
            TokenBehaviour::IssueAfter(delay) => self.issue(call).after(delay),
            TokenBehaviour::Fail(status, code, message) => failure(status, code, message),
            TokenBehaviour::FailAfter(delay, status, code, message) => {
                failure(status, code, message).after(delay)
            }
            TokenBehaviour::Throttle(retry_after) => {
                let milliseconds = retry_after.as_millis().to_string();
                failure(429, "ThrottlingException", "Rate exceeded")
                    .with_header("x-amz-retry-after", milliseconds)
            }
            TokenBehaviour::AskToWait(503, time) => {
                Reply::bytes(503, "text/html", "<html>").with_header("retry-after", time)
            }
            TokenBehaviour::AskToWait(status, time) => {
                failure(status, "ThrottlingException", "Rate exceeded")
                    .with_header("retry-after", time)
                    .after(Duration::from_millis(500))
            }
            TokenBehaviour::Say(body) => Reply::bytes(200, "application/json", body),
            TokenBehaviour::Truncate => Reply {
                ending: Ending::Truncated,
                ..Reply::bytes(200, "application/json", "{\"au")
            },
            TokenBehaviour::Close => Reply::ending(Ending::Closed),
            TokenBehaviour::Hang => Reply::ending(Ending::Never),
        }
    }

    fn issue(&mut self, call: &TokenCall) -> Reply {
        let number = self.issued.len() + 1;
        let TokenCall { domain, owner, access_key_id, .. } = call.clone();
        // Real tokens are over a thousand characters long.
        let filler = "0123456789abcdef".repeat(64);
        let text = format!("{TOKEN_PREFIX}-{domain}-{number}-{filler}");
        self.issued.push(IssuedToken {
            text: text.clone(),
            domain,
            owner,
            access_key_id,
            revoked: false,
        });
        let asked = match call.duration.parse() {
            // As long as the role's session, which is an hour here.
            Ok(0) => Duration::from_hours(1),
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => Duration::from_hours(12),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let expiration = (now + self.life.unwrap_or(asked)).as_secs();
        Reply::json(200, &json!({"authorizationToken": text, "expiration": expiration}))
    }
}

/// A bucket that fills at the rate of the quota, and holds a second of it.
#[derive(Debug)]
pub struct Quota {
    rate: f64,
    level: f64,
    at: Instant,
}

impl Quota {
    pub fn of(rate: f64) -> Self {
        Self { rate, level: rate, at: Instant::now() }
    }

    fn takes_one(&mut self) -> bool {
        let passed = self.at.elapsed().as_secs_f64();
        self.at = Instant::now();
        self.level = (self.level + passed * self.rate).min(self.rate);
        let is_served = self.level >= 1.0;
        self.level -= f64::from(u8::from(is_served));
        is_served
    }
}

fn refuse_parameters(call: &TokenCall) -> Option<Reply> {
    let good_duration = match call.duration.parse() {
        Ok(0 | 900..=43_200) => true,
        Ok(_) => false,
        Err(_) => call.duration.is_empty(),
    };
    let good_owner = call.owner.len() == 12 && call.owner.bytes().all(|byte| byte.is_ascii_digit());
    let refused = |what: &str| failure(400, "ValidationException", what);
    match (call.domain.is_empty(), good_owner, good_duration) {
        (true, _, _) => Some(refused("domain is missing")),
        (_, false, _) => Some(refused("domain-owner is not an account id")),
        (_, _, false) => Some(refused("duration is out of range")),
        _ => None,
    }
}

fn failure(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"message": message})).with_header("x-amzn-errortype", code)
}
