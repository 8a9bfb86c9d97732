//! `[[rules]]`: what is effective for some repositories.
//!
//! A new key needs a field of [`Rule`] or of its [`AwsSettings`], a line of [`Rule::read`], and a
//! line of [`Rule::keys`], which lists it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::Settings;
use super::pattern::{
    self, is_all, is_domain_pattern, is_owner_pattern, is_region_pattern, is_repository_pattern,
};
use super::toml::{Node, Problem};
use super::value::{
    Duration, Interactive, KeyValues, Origin, Prefer, Setting, one_or_more, profiles,
};
use crate::base::secret::Secret;
use crate::base::url::{UrlParts, redacted};
use crate::endpoint::{Domain, is_endpoint_url, is_http_url, is_owner};

/// A rule: which repositories it is for, and what is effective for them.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its number among all rules, from 1: the user's rules first, then the machine's.
    pub number: usize,
    /// The file that it is in.
    pub file: PathBuf,
    pub matcher: Matcher,
    pub aws: AwsSettings,
    pub duration: Option<Setting<Duration>>,
    pub interactive: Option<Setting<Interactive>>,
}

/// The identity that a rule chooses, and how AWS is reached. If no rule matches, at most a default
/// profile is named, and AWS's own settings decide the rest.
#[derive(Debug, Clone, Default)]
pub struct AwsSettings {
    /// Names of profiles. Only the first one that exists is used, without environment keys. None if
    /// AWS's own settings choose.
    pub profiles: Setting<Vec<String>>,
    /// Which one goes first if both exist.
    pub prefer: Option<Prefer>,
    /// Roles that are assumed one after the other, starting from the identity.
    pub roles: Vec<RoleSettings>,
    /// The endpoints of the APIs.
    pub endpoints: EndpointSettings,
    /// The proxy's URL, which may contain its password.
    pub proxy: Option<Secret>,
    /// The PEM file with the certificate authorities that replace all others.
    pub ca_bundle: Option<PathBuf>,
}

impl AwsSettings {
    /// Whether it sets anything about the identity that requests the token.
    pub fn chooses_identity(&self) -> bool {
        !self.profiles.value.is_empty() || self.prefer.is_some() || !self.roles.is_empty()
    }

    /// Whether both choose the same identity.
    pub(super) fn chooses_same_identity_as(&self, other: &Self) -> bool {
        self.profiles.value == other.profiles.value
            && self.prefer == other.prefer
            && self.roles == other.roles
    }
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSettings {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
}

/// API endpoints that a rule moves, as for VPC endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointSettings {
    pub codeartifact: Option<String>,
    pub sts: Option<String>,
    pub sso: Option<String>,
}

/// What a rule matches: one pattern of each list has to match; an empty list matches everything.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    pub domain: Vec<String>,
    pub owner: Vec<String>,
    pub region: Vec<String>,
    pub repository: Vec<String>,
}

/// Why a key does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The key's name in the file.
    pub key: &'static str,
    pub patterns: Vec<String>,
    /// The value that no pattern of the key matches; none if no repository is named.
    pub value: Option<String>,
}

impl Matcher {
    /// Whether it matches a repository. If no repository is named, a rule for some repositories
    /// only does not match.
    pub fn matches(&self, domain: &Domain, repository: Option<&str>) -> bool {
        self.mismatch(domain, repository).is_none()
    }

    /// The first of its keys that does not match; none if the rule matches.
    pub fn mismatch(&self, domain: &Domain, repository: Option<&str>) -> Option<Mismatch> {
        let keys = [
            ("domain", &self.domain, Some(&*domain.name)),
            ("owner", &self.owner, Some(&*domain.owner)),
            ("region", &self.region, Some(&*domain.region)),
            ("repository", &self.repository, repository),
        ];
        let (key, patterns, value) = keys.into_iter().find(|(_, patterns, value)| match value {
            Some(value) => !matches_any(patterns, value),
            None => self.is_for_some_repositories(),
        })?;
        Some(Mismatch { key, patterns: patterns.clone(), value: value.map(str::to_owned) })
    }

    /// Whether it matches only some repositories of the domains that it matches.
    pub fn is_for_some_repositories(&self) -> bool {
        !self.repository.is_empty() && !self.repository.iter().any(|pattern| is_all(pattern))
    }

    /// Whether a domain can exist that both match.
    pub(super) fn shares_a_domain_with(&self, other: &Self) -> bool {
        overlap(&self.domain, &other.domain)
            && overlap(&self.owner, &other.owner)
            && overlap(&self.region, &other.region)
    }

    /// Whether it certainly matches every repository of every domain that `other` matches.
    pub(super) fn covers_the_domains_of(&self, other: &Self) -> bool {
        covers(&self.domain, &other.domain)
            && covers(&self.owner, &other.owner)
            && covers(&self.region, &other.region)
            && !self.is_for_some_repositories()
    }
}

fn matches_any(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern::matches(pattern, text))
}

/// Whether a text can exist that both lists match.
fn overlap(ours: &[String], theirs: &[String]) -> bool {
    ours.is_empty()
        || theirs.is_empty()
        || ours.iter().any(|our| theirs.iter().any(|their| pattern::overlap(our, their)))
}

/// Whether our list certainly matches every text that the other list matches.
fn covers(ours: &[String], theirs: &[String]) -> bool {
    ours.is_empty() || ours.iter().any(|our| is_all(our)) || ours == theirs
}

/// The result of trying a rule for one repository.
#[derive(Debug, Clone)]
pub struct RuleReason {
    /// The rule's number.
    pub number: usize,
    /// The file that it is in.
    pub file: PathBuf,
    pub outcome: RuleOutcome,
}

impl RuleReason {
    /// Whether this rule is effective.
    pub fn matches(&self) -> bool {
        self.outcome == RuleOutcome::Matches
    }
}

/// Only the first rule that matches counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOutcome {
    Matches,
    Mismatch(Mismatch),
    NotTried,
}

impl Settings {
    /// The result for each rule, in the order in which they are tried.
    pub fn rule_reasons(&self, domain: &Domain, repository: &str) -> Vec<RuleReason> {
        let mut is_decided = false;
        let mut reasons = Vec::new();
        for rule in &self.rules {
            let outcome = match rule.matcher.mismatch(domain, Some(repository)) {
                _ if is_decided => RuleOutcome::NotTried,
                Some(mismatch) => RuleOutcome::Mismatch(mismatch),
                None => RuleOutcome::Matches,
            };
            is_decided |= outcome == RuleOutcome::Matches;
            reasons.push(RuleReason { number: rule.number, file: rule.file.clone(), outcome });
        }
        reasons
    }
}

/// A rule that conflicts with NuGet's memory of credentials: its repositories may get the token of
/// other repositories of their domain, and the other way round.
///
/// NuGet remembers credentials by scheme and host, and all repositories of a domain share one host.
/// If a rule is for some of them only and chooses another identity than the others get, the first
/// token that was handed out serves all of them, until a repository refuses it and NuGet asks
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shadow {
    /// The rule's number.
    pub rule: usize,
    /// The rule that is effective for other repositories of the same domain; none means the default
    /// identity.
    pub other: Option<usize>,
}

impl fmt::Display for Shadow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Rule {} chooses an identity for some repositories of a domain, ",
            self.rule
        )?;
        match self.other {
            Some(other) => write!(formatter, "and rule {other} another one for the others. ")?,
            None => write!(formatter, "and the default identity is used for the others. ")?,
        }
        write!(
            formatter,
            "NuGet keeps one token for each host, so the first one is used for all of them until it is \
             refused. Use one identity that can read all, or restore them separately"
        )
    }
}

impl Settings {
    /// The rules that conflict with NuGet's memory for each host, each with the first other rule.
    pub fn shadows(&self) -> Vec<Shadow> {
        self.rules.iter().filter_map(|rule| self.shadow_of(rule)).collect()
    }

    fn shadow_of(&self, rule: &Rule) -> Option<Shadow> {
        if !rule.matcher.is_for_some_repositories() || !rule.aws.chooses_identity() {
            return None;
        }
        for other in self.rules.iter().filter(|other| other.number != rule.number) {
            if !other.matcher.shares_a_domain_with(&rule.matcher) {
                continue;
            }
            if !other.aws.chooses_same_identity_as(&rule.aws) {
                return Some(Shadow { rule: rule.number, other: Some(other.number) });
            }
            if other.matcher.covers_the_domains_of(&rule.matcher) {
                return None;
            }
        }
        Some(Shadow { rule: rule.number, other: None })
    }
}

impl Rule {
    /// Reads one of `[[rules]]`, with this number.
    pub(super) fn read(node: Node<'_>, file: &Path, number: usize) -> Result<Self, Problem> {
        let mut keys = node.keys()?;
        let matcher = Matcher {
            domain: keys.texts(
                "domain",
                is_domain_pattern,
                "a pattern of a-z, 0-9, `-`, `*` and `?`",
            ),
            owner: keys.texts(
                "owner",
                is_owner_pattern,
                "an account (twelve digits) or a pattern of digits, `*` and `?`, in quotes",
            ),
            region: keys.texts(
                "region",
                is_region_pattern,
                "an AWS region or a pattern of a-z, 0-9, `-`, `*` and `?`",
            ),
            repository: keys.texts(
                "repository",
                is_repository_pattern,
                "a pattern of A-Z, a-z, 0-9, `.`, `_`, `-`, `*` and `?`",
            ),
        };
        let origin = Origin::Rule(number);
        let profiles = keys.read("profile", profiles);
        let prefer = keys.read("prefer", |node| node.text(str::parse));
        let roles = keys.read("role", |node| node.one_or_more(role));
        let duration = keys.read("duration_seconds", |node| node.number(Duration::try_from));
        let endpoints = EndpointSettings {
            codeartifact: keys.read("endpoint_url", endpoint_url),
            sts: keys.read("sts_endpoint_url", endpoint_url),
            sso: keys.read("sso_endpoint_url", endpoint_url),
        };
        let proxy = keys.read("proxy", |node| node.text(proxy_url));
        let ca_bundle = keys.read("ca_bundle", |node| node.text(absolute_path));
        let interactive = keys.read("interactive", |node| node.text(str::parse));
        keys.finish()?;
        Ok(Self {
            number,
            file: file.to_owned(),
            matcher,
            aws: AwsSettings {
                profiles: profiles
                    .map(|names| Setting::new(names, origin.clone()))
                    .unwrap_or_default(),
                prefer,
                roles: roles.unwrap_or_default(),
                endpoints,
                proxy,
                ca_bundle,
            },
            duration: duration.map(|duration| Setting::new(duration, origin.clone())),
            interactive: interactive.map(|word| Setting::new(word, origin)),
        })
    }
}

impl Rule {
    /// The rule's keys as in a file, except for the password of its proxy.
    pub fn keys(&self) -> KeyValues {
        let Matcher { domain, owner, region, repository } = &self.matcher;
        let AwsSettings { profiles, prefer, roles, endpoints, proxy, ca_bundle } = &self.aws;
        let mut keys = KeyValues::default();
        keys.add("domain", one_or_more(domain));
        keys.add("owner", one_or_more(owner));
        keys.add("region", one_or_more(region));
        keys.add("repository", one_or_more(repository));
        keys.add("profile", one_or_more(&profiles.value));
        keys.add("prefer", prefer.map(Prefer::name));
        keys.add("role", one_or_more(roles));
        keys.add("duration_seconds", self.duration.as_ref().map(|it| it.value.seconds()));
        keys.add("endpoint_url", endpoints.codeartifact.as_deref());
        keys.add("sts_endpoint_url", endpoints.sts.as_deref());
        keys.add("sso_endpoint_url", endpoints.sso.as_deref());
        keys.add("proxy", proxy.as_ref().map(|proxy| redacted(proxy.expose())));
        keys.add("ca_bundle", ca_bundle.as_ref().map(|path| path.display().to_string()));
        keys.add("interactive", self.interactive.as_ref().map(|it| it.value.name()));
        keys
    }
}

/// As in a file: only the ARN if nothing else is set for the role.
impl Serialize for RoleSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.external_id.is_none() && self.session_name.is_none() {
            return serializer.serialize_str(&self.arn);
        }
        let mut keys = KeyValues::default();
        keys.add("arn", Some(self.arn.as_str()));
        keys.add("external_id", self.external_id.as_deref());
        keys.add("session_name", self.session_name.as_deref());
        keys.serialize(serializer)
    }
}

/// A role: its ARN, or a table with its ARN and options.
fn role(node: Node<'_>) -> Result<RoleSettings, Problem> {
    const ARN: &str = "a role's ARN, such as `arn:aws:iam::111122223333:role/reader`";
    const EXTERNAL_ID: &str = "2 to 1224 of A-Z, a-z, 0-9 and `_+=,.@:/-`";
    const SESSION_NAME: &str = "2 to 64 of A-Z, a-z, 0-9 and `_+=,.@-`";
    if node.is_text() {
        let arn = node.checked_text(is_role_arn, ARN)?;
        return Ok(RoleSettings { arn, external_id: None, session_name: None });
    }
    if !node.is_table() {
        return Err(node.mistyped("a role's ARN, or a table with `arn`"));
    }
    let mut keys = node.keys()?;
    let arn = keys.read("arn", |node| node.checked_text(is_role_arn, ARN));
    let external_id =
        keys.read("external_id", |node| node.checked_text(is_external_id, EXTERNAL_ID));
    let session_name =
        keys.read("session_name", |node| node.checked_text(is_session_name, SESSION_NAME));
    keys.finish()?;
    let arn = arn.ok_or_else(|| keys.missing("arn"))?;
    Ok(RoleSettings { arn, external_id, session_name })
}

fn endpoint_url(node: Node<'_>) -> Result<String, Problem> {
    const EXPECTED: &str =
        "an https URL without user, query and fragment (http only for this machine)";
    node.checked_text(is_endpoint_url, EXPECTED)
}

/// A proxy's URL, which may have a password.
fn proxy_url(text: &str) -> Result<Secret, &'static str> {
    const EXPECTED: &str = "a proxy's URL, such as `http://proxy.example:3128` or `http://user:password@proxy.example`";
    if is_proxy_url(text) { Ok(Secret::new(text)) } else { Err(EXPECTED) }
}

/// An absolute path: it must not depend on the working directory.
fn absolute_path(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("an absolute path") }
}

/// As IAM names roles: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.
fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return false };
    let Some(name) = resource.strip_prefix("role/") else { return false };
    partition.starts_with("aws")
        && partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && is_owner(account)
        && !name.is_empty()
        && !name.ends_with('/')
        && name.bytes().all(|b| b == b'/' || is_session_byte(b))
}

fn is_session_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

/// The limits of `RoleSessionName` of STS's `AssumeRole`.
fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(is_session_byte)
}

/// The limits of `ExternalId` of STS's `AssumeRole`.
fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len())
        && text.bytes().all(|b| is_session_byte(b) || matches!(b, b':' | b'/'))
}

fn is_proxy_url(text: &str) -> bool {
    let url = UrlParts::strict(text);
    let mut user = url.user.unwrap_or_default().bytes();
    let is_plain = user.all(|b| b.is_ascii_graphic() && b != b'@');
    is_plain && matches!(url.path, "" | "/") && url.tail.is_empty() && is_http_url(&url.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain() -> Domain {
        Domain {
            name: "team-a".to_owned(),
            owner: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
        }
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_matcher_fits_where_each_of_its_keys_does() {
        let all = Matcher::default();
        assert!(all.matches(&domain(), Some("r1")) && all.matches(&domain(), None));
        let of_domain = Matcher { domain: texts(&["x", "team-*"]), ..all.clone() };
        assert!(of_domain.matches(&domain(), Some("r1")));
        let elsewhere = Matcher { region: texts(&["us-*"]), ..of_domain.clone() };
        assert!(!elsewhere.matches(&domain(), Some("r1")));
        let of_another = Matcher { owner: texts(&["9*"]), ..of_domain };
        assert!(!of_another.matches(&domain(), Some("r1")));
    }

    #[test]
    fn the_first_key_that_does_not_fit_is_told() {
        let matcher = Matcher {
            domain: texts(&["team-*"]),
            owner: texts(&["4*", "5*"]),
            region: texts(&["us-*"]),
            repository: texts(&["r1"]),
        };
        let owner = Mismatch {
            key: "owner",
            patterns: texts(&["4*", "5*"]),
            value: Some("111122223333".to_owned()),
        };
        assert_eq!(matcher.mismatch(&domain(), Some("r1")), Some(owner));
        let of_repository = Matcher { repository: texts(&["r1"]), ..Matcher::default() };
        assert_eq!(of_repository.mismatch(&domain(), Some("r1")), None);
        let unnamed = Mismatch { key: "repository", patterns: texts(&["r1"]), value: None };
        assert_eq!(of_repository.mismatch(&domain(), None), Some(unnamed));
    }

    #[test]
    fn where_no_repository_is_named_only_rules_for_all_of_them_match() {
        let some = Matcher { repository: texts(&["r*"]), ..Matcher::default() };
        assert!(some.matches(&domain(), Some("r1")) && !some.matches(&domain(), Some("x")));
        assert!(!some.matches(&domain(), None));
        let all = Matcher { repository: texts(&["r*", "*"]), ..Matcher::default() };
        assert!(all.matches(&domain(), None));
    }

    #[test]
    fn roles_are_arns() {
        for arn in [
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws-us-gov:iam::111122223333:role/a/b/reader+=,.@_-1",
        ] {
            assert!(is_role_arn(arn), "{arn}");
        }
        for text in [
            "",
            "reader",
            "arn:aws:iam::111122223333:user/reader",
            "arn:aws:iam::11112222333:role/reader",
            "arn:aws:sts::111122223333:role/reader",
            "arn:aws:iam:eu-west-1:111122223333:role/reader",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/reader ",
            "arn:other:iam::111122223333:role/reader",
        ] {
            assert!(!is_role_arn(text), "{text}");
        }
    }

    #[test]
    fn proxies_are_urls_of_a_host() {
        for url in ["http://p:3128", "https://p.example", "http://u:p%40w@p.example:1/"] {
            assert!(is_proxy_url(url), "{url}");
        }
        for text in ["p:3128", "socks5://p:1", "http://", "http://u@", "http://p/x", "http://u/x@p"]
        {
            assert!(!is_proxy_url(text), "{text}");
        }
    }

    #[test]
    fn names_are_as_sts_takes_them() {
        assert!(is_session_name("me@example.com") && !is_session_name("a b"));
        assert!(!is_session_name("a") && !is_session_name(&"a".repeat(65)));
        assert!(is_external_id("a:b/c") && !is_external_id("a"));
    }
}
