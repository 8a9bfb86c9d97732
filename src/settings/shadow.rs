//! Rules that NuGet's memory gets in the way of.
//!
//! NuGet remembers credentials by scheme and host, and all repositories of a domain share one host. So
//! where a rule is for some of them only and chooses another identity than what the others get, the
//! first token that is handed out serves all, until a repository refuses it and NuGet asks again.

use std::fmt;

use super::Settings;
use super::rules::Rule;

/// A rule whose repositories may get what others of their domain get, and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shadow {
    /// The rule's place, from 1.
    pub rule: usize,
    /// The rule that holds for others of the same domain; none stands for the default identity.
    pub other: Option<usize>,
}

impl fmt::Display for Shadow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "rule {} is for some repositories of a domain, and ", self.rule)?;
        match self.other {
            Some(other) => write!(formatter, "rule {other} chooses another identity")?,
            None => write!(formatter, "the default identity holds")?,
        }
        write!(
            formatter,
            " for the others; NuGet remembers one token for all of a host, so whichever is asked for \
             first serves both until it is refused; give them one identity that may read all, or \
             restore them apart"
        )
    }
}

impl Settings {
    /// The rules that NuGet's memory for each host gets in the way of, each with the first other.
    pub fn shadows(&self) -> Vec<Shadow> {
        let is_candidate =
            |rule: &Rule| rule.matcher.is_for_some_repositories() && rule.aws.chooses_identity();
        let places = (0..self.rules.len()).filter(|place| is_candidate(&self.rules[*place]));
        places.filter_map(|place| self.shadow_of(place)).collect()
    }

    fn shadow_of(&self, place: usize) -> Option<Shadow> {
        let rule = &self.rules[place];
        let of_same_domains = |other: &(usize, &Rule)| {
            other.0 != place && other.1.matcher.shares_a_domain_with(&rule.matcher)
        };
        for (at, other) in self.rules.iter().enumerate().filter(of_same_domains) {
            if !other.aws.chooses_same_identity_as(&rule.aws) {
                return Some(Shadow { rule: place + 1, other: Some(at + 1) });
            }
            if other.matcher.covers_the_domains_of(&rule.matcher) {
                return None;
            }
        }
        Some(Shadow { rule: place + 1, other: None })
    }
}
