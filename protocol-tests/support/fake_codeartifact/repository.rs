//! One repository: its packages, its pushed packages, and which requests it accepts.

use super::Package;
use super::http::{Reply, Seen};
use super::token_api::TokenApi;

/// A repository's full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Repository {
    pub domain: String,
    pub owner: String,
    pub name: String,
}

impl Repository {
    /// A repository of the domain `my-domain` of account 111122223333.
    pub fn new(name: &str) -> Self {
        Self::of("my-domain", "111122223333", name)
    }

    pub fn of(domain: &str, owner: &str, name: &str) -> Self {
        Self { domain: domain.into(), owner: owner.into(), name: name.into() }
    }
}

/// Which requests a repository accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Every token of its domain.
    Open,
    /// No one: a good token gets 403.
    Forbidden,
    /// Every token that this access key fetched; another good one gets 403.
    Key(&'static str),
    /// No one: every request gets 401.
    RefuseAlways,
    /// The next so many requests that carry a good token get 401.
    RefuseTimes(u32),
    /// Everyone is sent elsewhere.
    Redirect(String),
    /// Everyone gets a page, as a proxy's.
    Page,
    /// A source of someone else's: only this user name and password.
    Password(&'static str, &'static str),
}

/// A repository's content and record.
#[derive(Debug)]
pub struct Content {
    pub access: Access,
    pub packages: Vec<Package>,
    /// `id version` of what was pushed.
    pub pushed: Vec<String>,
    /// Package id of the one entry of the vulnerability index.
    pub vulnerable: Option<String>,
    pub statuses: Vec<u16>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            access: Access::Open,
            packages: Vec::new(),
            pushed: Vec::new(),
            vulnerable: None,
            statuses: Vec::new(),
        }
    }
}

impl Content {
    pub fn add(&mut self, package: &Package) {
        self.packages.push(package.clone());
    }

    /// Versions of the package `id`, whatever its casing.
    pub fn versions_of(&self, id: &str) -> Vec<&Package> {
        self.packages.iter().filter(|package| package.id.eq_ignore_ascii_case(id)).collect()
    }

    /// The refusal of a request that may not enter; none where it may.
    pub fn refuse(&mut self, name: &Repository, tokens: &TokenApi, seen: &Seen) -> Option<Reply> {
        let credentials = basic_credentials(seen.header("authorization"));
        let (user, password) = credentials.unwrap_or_default();
        let token = tokens.find(&password).filter(|_| user == "aws");
        let is_good = token.is_some_and(|it| it.domain == name.domain && it.owner == name.owner);
        match &mut self.access {
            Access::Password(good_user, good_password) => {
                (user != *good_user || password != *good_password).then(unauthorized)
            }
            Access::Redirect(to) => Some(Reply::status(302).with_header("location", to.clone())),
            Access::Page => Some(Reply::bytes(200, "text/html", "<html>sign in</html>")),
            _ if !is_good => Some(unauthorized()),
            Access::Open | Access::RefuseTimes(0) => None,
            Access::Key(key) => {
                let is_of_key = token.is_some_and(|token| token.access_key_id == *key);
                (!is_of_key).then(|| Reply::status(403))
            }
            Access::Forbidden => Some(Reply::status(403)),
            Access::RefuseAlways => Some(unauthorized()),
            Access::RefuseTimes(times) => {
                *times -= 1;
                Some(unauthorized())
            }
        }
    }
}

fn unauthorized() -> Reply {
    Reply::status(401).with_header("www-authenticate", "Basic realm=\"fake CodeArtifact\"")
}

fn basic_credentials(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(aws_smithy_types::base64::decode(encoded).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
