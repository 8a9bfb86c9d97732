//! `[[rules]]`: what holds for some repositories.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Settings;
use super::effective::{AwsSettings, EndpointSettings, RoleSettings};
use super::pattern;
use super::value::{Duration, Interactive, Origin, Prefer, Setting};
use super::values::{
    AbsolutePath, DomainPattern, EndpointUrl, ExternalId, OneOrMore, OwnerPattern, ProfileName,
    ProxyUrl, RegionPattern, RepositoryPattern, RoleArn, SessionName,
};
use crate::endpoint::Domain;

/// A rule: for whom it is, and what it says.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its place among all rules, from 1: the user's first, and then the machine's.
    pub number: usize,
    /// The file that it is in.
    pub file: PathBuf,
    pub matcher: Matcher,
    pub aws: AwsSettings,
    pub duration: Option<Setting<Duration>>,
    pub interactive: Option<Setting<Interactive>>,
}

/// What a rule matches: patterns, of which one has to fit; none fits all.
#[derive(Debug, Clone, Default)]
pub struct Matcher {
    pub domain: Vec<String>,
    pub owner: Vec<String>,
    pub region: Vec<String>,
    pub repository: Vec<String>,
}

/// Why a matcher does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// As it is in the file.
    pub key: &'static str,
    pub patterns: Vec<String>,
    /// What fits none of them; none where no repository is named.
    pub value: Option<String>,
}

impl Matcher {
    /// Whether it matches a repository, or a domain of which no repository is named: then no rule
    /// does that is for some repositories only.
    pub fn matches(&self, domain: &Domain, repository: Option<&str>) -> bool {
        self.mismatch(domain, repository).is_none()
    }

    /// The first of its keys that does not fit; none where it matches.
    pub fn mismatch(&self, domain: &Domain, repository: Option<&str>) -> Option<Mismatch> {
        let fits = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern::matches(pattern, text))
        };
        let keys = [
            ("domain", &self.domain, Some(&*domain.name)),
            ("owner", &self.owner, Some(&*domain.owner)),
            ("region", &self.region, Some(&*domain.region)),
            ("repository", &self.repository, repository),
        ];
        let (key, patterns, value) = keys.into_iter().find(|(_, patterns, value)| match value {
            Some(value) => !fits(patterns, value),
            None => self.is_for_some_repositories(),
        })?;
        Some(Mismatch { key, patterns: patterns.clone(), value: value.map(str::to_owned) })
    }

    /// Whether other repositories of a domain that it matches are not matched.
    pub fn is_for_some_repositories(&self) -> bool {
        !self.repository.is_empty() && !self.repository.iter().any(|pattern| is_all(pattern))
    }

    /// Whether there can be a domain that both match.
    pub(super) fn shares_a_domain_with(&self, other: &Self) -> bool {
        let overlap = |ours: &[String], theirs: &[String]| {
            ours.is_empty()
                || theirs.is_empty()
                || ours.iter().any(|our| theirs.iter().any(|their| pattern::overlap(our, their)))
        };
        overlap(&self.domain, &other.domain)
            && overlap(&self.owner, &other.owner)
            && overlap(&self.region, &other.region)
    }

    /// Whether it surely matches every repository of every domain that `other` matches.
    pub(super) fn covers_the_domains_of(&self, other: &Self) -> bool {
        let covers = |ours: &[String], theirs: &[String]| {
            ours.is_empty() || ours.iter().any(|our| is_all(our)) || ours == theirs
        };
        covers(&self.domain, &other.domain)
            && covers(&self.owner, &other.owner)
            && covers(&self.region, &other.region)
            && !self.is_for_some_repositories()
    }
}

fn is_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// What became of a rule for one repository.
#[derive(Debug, Clone)]
pub struct RuleReason {
    /// The rule's number.
    pub number: usize,
    /// The file that it is in.
    pub file: PathBuf,
    pub outcome: RuleOutcome,
}

impl RuleReason {
    /// Whether it is the rule that is effective.
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
    /// What became of each rule, in the order in which they are tried.
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

/// One of `[[rules]]`, as it is in the file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawRule {
    domain: Option<OneOrMore<DomainPattern>>,
    owner: Option<OneOrMore<OwnerPattern>>,
    region: Option<OneOrMore<RegionPattern>>,
    repository: Option<OneOrMore<RepositoryPattern>>,
    profile: Option<OneOrMore<ProfileName>>,
    prefer: Option<Prefer>,
    role: Option<OneOrMore<RoleEntry>>,
    duration_seconds: Option<Duration>,
    endpoint_url: Option<EndpointUrl>,
    sts_endpoint_url: Option<EndpointUrl>,
    sso_endpoint_url: Option<EndpointUrl>,
    proxy: Option<ProxyUrl>,
    ca_bundle: Option<AbsolutePath>,
    interactive: Option<Interactive>,
}

impl RawRule {
    pub(super) fn placed_in(self, file: &Path, number: usize) -> Rule {
        let origin = || Origin::Rule(number);
        let profiles = self.profile.map(|list| OneOrMore::texts(Some(list)));
        let url = |url: Option<EndpointUrl>| url.map(|url| url.0);
        let roles = self.role.map_or_else(Vec::new, |list| list.0);
        Rule {
            number,
            file: file.to_owned(),
            matcher: Matcher {
                domain: OneOrMore::texts(self.domain),
                owner: OneOrMore::texts(self.owner),
                region: OneOrMore::texts(self.region),
                repository: OneOrMore::texts(self.repository),
            },
            aws: AwsSettings {
                profiles: profiles.map(|names| Setting::new(names, origin())).unwrap_or_default(),
                prefer: self.prefer,
                roles: roles.into_iter().map(|role| role.0).collect(),
                endpoints: EndpointSettings {
                    codeartifact: url(self.endpoint_url),
                    sts: url(self.sts_endpoint_url),
                    sso: url(self.sso_endpoint_url),
                },
                proxy: self.proxy.map(|proxy| proxy.0),
                ca_bundle: self.ca_bundle.map(|path| path.0),
            },
            duration: self.duration_seconds.map(|value| Setting::new(value, origin())),
            interactive: self.interactive.map(|value| Setting::new(value, origin())),
        }
    }
}

/// A role: its ARN, or a table with more about it.
struct RoleEntry(RoleSettings);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    arn: RoleArn,
    external_id: Option<ExternalId>,
    session_name: Option<SessionName>,
}

impl<'de> Deserialize<'de> for RoleEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RoleVisitor)
    }
}

struct RoleVisitor;

impl<'de> Visitor<'de> for RoleVisitor {
    type Value = RoleEntry;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a role's ARN, or a table with `arn`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let RoleArn(arn) = RoleArn::deserialize(StrDeserializer::new(text))?;
        Ok(RoleEntry(RoleSettings { arn, external_id: None, session_name: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let table = RoleTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RoleEntry(RoleSettings {
            arn: table.arn.0,
            external_id: table.external_id.map(Into::into),
            session_name: table.session_name.map(Into::into),
        }))
    }
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
}
