//! Why what holds for a repository holds, for people who wonder.

use std::path::PathBuf;

use super::rules::Mismatch;
use super::{DURATION_SECONDS, Defaults, Duration, INTERACTIVE, Interactive, Origin};
use super::{PROFILE, Settings, SettingsError};
use crate::endpoint::Domain;

/// What became of a rule.
#[derive(Debug, Clone)]
pub struct RuleReason {
    /// Its place among all rules, from 1.
    pub number: usize,
    /// The file that it is in.
    pub file: PathBuf,
    pub outcome: RuleOutcome,
}

impl RuleReason {
    /// Whether it is the one that holds.
    pub fn matches(&self) -> bool {
        self.outcome == RuleOutcome::Matches
    }
}

/// Only the first that matches counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleOutcome {
    Matches,
    Mismatch(Mismatch),
    NotTried,
}

/// A value that holds, and why.
#[derive(Debug, Clone)]
pub struct Reason<T> {
    pub value: T,
    /// What was said, where a policy bounds it.
    pub bounded_from: Option<T>,
    /// "rule 2", a variable, a file, or "built in".
    pub origin: String,
}

impl Settings {
    /// What became of each rule, in the order in which they are tried.
    pub fn rule_reasons(&self, domain: &Domain, repository: &str) -> Vec<RuleReason> {
        let mut is_decided = false;
        let mut reasons = Vec::new();
        for (place, rule) in self.rules.iter().enumerate() {
            let outcome = match rule.matcher.mismatch(domain, Some(repository)) {
                _ if is_decided => RuleOutcome::NotTried,
                Some(mismatch) => RuleOutcome::Mismatch(mismatch),
                None => RuleOutcome::Matches,
            };
            is_decided |= outcome == RuleOutcome::Matches;
            reasons.push(RuleReason { number: place + 1, file: rule.file.clone(), outcome });
        }
        reasons
    }

    /// How long a token is asked for where this rule holds, or none.
    pub fn duration_reason(&self, rule: Option<usize>) -> Result<Reason<Duration>, SettingsError> {
        let of_rule = self.of_rule(rule, |rule| rule.duration);
        let of_defaults = |defaults: &Defaults| defaults.duration;
        let said = self.said(of_rule, rule, of_defaults, DURATION_SECONDS)?;
        Ok(reason(said, Duration::LONGEST, |wanted| self.policy.bound_duration(wanted)))
    }

    /// Whether the user may be asked to sign in.
    pub fn interactive_reason(
        &self,
        rule: Option<usize>,
    ) -> Result<Reason<Interactive>, SettingsError> {
        let of_rule = self.of_rule(rule, |rule| rule.interactive);
        let of_defaults = |defaults: &Defaults| defaults.interactive;
        let said = self.said(of_rule, rule, of_defaults, INTERACTIVE)?;
        let bound = |wanted| self.policy.bound_interactive(wanted);
        Ok(reason(said, Interactive::default(), bound))
    }

    /// What names the profiles; none where that is left to AWS's own settings.
    pub fn profile_origin(&self, rule: Option<usize>) -> Result<Option<String>, SettingsError> {
        let is_there = |profiles: &Vec<String>| (!profiles.is_empty()).then_some(());
        let of_rule = self.of_rule(rule, |rule| is_there(&rule.aws.profiles));
        let said = self.said(of_rule, rule, |defaults| is_there(&defaults.profiles), PROFILE)?;
        Ok(said.map(|((), origin)| origin))
    }

    fn of_rule<T>(
        &self,
        number: Option<usize>,
        value: impl Fn(&super::Rule) -> Option<T>,
    ) -> Option<T> {
        value(self.rules.get(number?.checked_sub(1)?)?)
    }

    /// The first that says something, and what that is.
    fn said<T>(
        &self,
        of_rule: Option<T>,
        rule: Option<usize>,
        of_defaults: impl Fn(&Defaults) -> Option<T>,
        variable: &str,
    ) -> Result<Option<(T, String)>, SettingsError> {
        if let (Some(value), Some(number)) = (of_rule, rule) {
            return Ok(Some((value, format!("rule {number}"))));
        }
        let said = |(origin, defaults): (Origin<'_>, &Defaults)| {
            let name = match origin {
                Origin::Variables => variable.to_owned(),
                Origin::File(path) => path.display().to_string(),
            };
            Some((of_defaults(defaults)?, name))
        };
        Ok(self.layers()?.into_iter().find_map(said))
    }
}

fn reason<T: Copy + PartialEq>(
    said: Option<(T, String)>,
    built_in: T,
    bound: impl Fn(T) -> T,
) -> Reason<T> {
    let (wanted, origin) = said.unwrap_or_else(|| (built_in, "built in".to_owned()));
    let value = bound(wanted);
    Reason { value, bounded_from: (value != wanted).then_some(wanted), origin }
}
