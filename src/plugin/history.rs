//! What a conversation has handed out, and what a retry therefore means. Pure.
//!
//! `IsRetry` says that NuGet got a 401 or a 403 from the host, not that our token was refused: NuGet
//! remembers credentials by host and tries those of one domain on the next one behind it, and those of
//! one repository on the next one, whose identity may be another by a rule.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use crate::base::secret::Secret;
use crate::endpoint::{Domain, RepositoryEndpoint};
use crate::provider::{Served, TokenOrigin};

/// If a token is younger than this, it is not the reason for a refusal, and fetching another one
/// changes nothing.
const JUST_FETCHED: Duration = Duration::from_mins(5);

/// The tokens that one conversation has handed out.
#[derive(Debug, Default)]
pub(super) struct History {
    tokens: HashMap<TokenKey, Token>,
    /// The target of the token that NuGet has for a scheme and host: that of the last response.
    by_host: HashMap<String, TokenKey>,
}

/// The repository of a request, and the rule that is effective for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RepositoryKey<'a> {
    pub(super) endpoint: &'a RepositoryEndpoint,
    pub(super) rule: Option<usize>,
}

/// What one token is for. Repositories of one domain have different tokens if their rules differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TokenKey {
    domain: Domain,
    rule: Option<usize>,
}

#[derive(Debug)]
struct Token {
    served: Served,
    /// Whether it already replaces a refused token.
    replaced: bool,
    /// The repositories that it was handed out for.
    repositories: HashSet<String>,
}

/// How to respond to a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// With a provided, cached or fetched token, as usual.
    Serve,
    /// Our token was refused and may be the reason: hand out another one than this.
    Replace(Secret),
    /// The refused token is most likely the previous one, which NuGet tried at every repository of
    /// the host: hand out this one, which has replaced it.
    Give(Secret),
    /// Our token was refused but is not the reason: hand out the same again. NuGet remembers Error
    /// for the whole host, so one forbidden repository would break all others on it.
    Repeat(Secret),
}

impl History {
    pub(super) fn next_step(
        &self,
        repository: RepositoryKey<'_>,
        is_retry: bool,
        now: SystemTime,
    ) -> Step {
        let (endpoint, key) = (repository.endpoint, repository.token());
        let was_tried = self.by_host.get(&endpoint.origin) == Some(&key);
        match self.tokens.get(&key) {
            Some(token) if is_retry && was_tried => token.after_refusal(&endpoint.repository, now),
            _ => Step::Serve,
        }
    }

    pub(super) fn record(&mut self, repository: RepositoryKey<'_>, served: Served) {
        self.by_host.insert(repository.endpoint.origin.clone(), repository.token());
        match self.tokens.get_mut(&repository.token()) {
            // The same token again: the time of its first use stays.
            Some(token) if token.served.secret == served.secret => {}
            Some(token) => {
                token.served = served;
                token.repositories.clear();
            }
            None => {
                let token = Token { served, replaced: false, repositories: HashSet::new() };
                self.tokens.insert(repository.token(), token);
            }
        }
        self.mark_handed_out(repository);
    }

    pub(super) fn mark_handed_out(&mut self, repository: RepositoryKey<'_>) {
        if let Some(token) = self.tokens.get_mut(&repository.token()) {
            token.repositories.insert(repository.endpoint.repository.clone());
        }
    }

    pub(super) fn mark_replaced(&mut self, repository: RepositoryKey<'_>) {
        if let Some(token) = self.tokens.get_mut(&repository.token()) {
            token.replaced = true;
        }
    }

    /// The place of the last token that was handed out, if the user provides it.
    pub(super) fn provided_place(&self, repository: RepositoryKey<'_>) -> Option<String> {
        let Served { origin, label, .. } = &self.tokens.get(&repository.token())?.served;
        (*origin == TokenOrigin::Provided).then(|| label.clone())
    }
}

impl RepositoryKey<'_> {
    fn token(self) -> TokenKey {
        TokenKey { domain: self.endpoint.domain.clone(), rule: self.rule }
    }
}

impl Token {
    fn after_refusal(&self, repository: &str, now: SystemTime) -> Step {
        let Served { secret, obtained, origin, .. } = &self.served;
        let age = now.duration_since(*obtained).unwrap_or_default();
        let may_be_to_blame = *origin != TokenOrigin::Fetched && !self.replaced;
        if may_be_to_blame || age > JUST_FETCHED {
            Step::Replace(secret.clone())
        } else if self.replaced && !self.repositories.contains(repository) {
            Step::Give(secret.clone())
        } else {
            Step::Repeat(secret.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::endpoint::HostKind;

    const NOW: SystemTime = UNIX_EPOCH;

    fn endpoint(domain: &str, host: &str) -> RepositoryEndpoint {
        RepositoryEndpoint {
            domain: Domain {
                name: domain.into(),
                owner: "111122223333".into(),
                region: "eu-west-1".into(),
            },
            repository: "repo".into(),
            origin: host.into(),
            host: HostKind::Aws,
        }
    }

    fn by_rule(rule: usize, endpoint: &RepositoryEndpoint) -> RepositoryKey<'_> {
        RepositoryKey { endpoint, rule: Some(rule) }
    }

    fn plain(endpoint: &RepositoryEndpoint) -> RepositoryKey<'_> {
        RepositoryKey { endpoint, rule: None }
    }

    fn served(secret: &str, origin: TokenOrigin) -> Served {
        let (secret, label) = (Secret::new(secret), "whose".to_owned());
        Served { secret, obtained: NOW, expiration: None, origin, label, note: None }
    }

    fn replace(secret: &str) -> Step {
        Step::Replace(Secret::new(secret))
    }

    fn repeat(secret: &str) -> Step {
        Step::Repeat(Secret::new(secret))
    }

    #[test]
    fn a_retry_before_anything_was_handed_out_is_served_as_usual() {
        let all = History::default();
        assert_eq!(all.next_step(plain(&endpoint("d1", "h")), true, NOW), Step::Serve);
    }

    #[test]
    fn a_refused_token_of_the_cache_is_replaced_once() {
        let (mut all, d1) = (History::default(), endpoint("d1", "h"));
        all.record(plain(&d1), served("a", TokenOrigin::Cache));
        assert_eq!(all.next_step(plain(&d1), false, NOW), Step::Serve);
        assert_eq!(all.next_step(plain(&d1), true, NOW), replace("a"));
        all.mark_replaced(plain(&d1));
        all.record(plain(&d1), served("b", TokenOrigin::Cache));
        assert_eq!(all.next_step(plain(&d1), true, NOW), repeat("b"));
    }

    #[test]
    fn what_took_a_refused_ones_place_is_given_for_each_repository_before_it_counts_as_refused() {
        let (mut all, first) = (History::default(), endpoint("d1", "h"));
        let second = RepositoryEndpoint { repository: "second".into(), ..first.clone() };
        all.record(plain(&first), served("a", TokenOrigin::Cache));
        all.mark_replaced(plain(&first));
        all.record(plain(&first), served("b", TokenOrigin::Fetched));
        assert_eq!(all.next_step(plain(&second), true, NOW), Step::Give(Secret::new("b")));
        all.mark_handed_out(plain(&second));
        assert_eq!(all.next_step(plain(&second), true, NOW), repeat("b"));
        assert_eq!(all.next_step(plain(&first), true, NOW), repeat("b"));
    }

    #[test]
    fn the_first_token_of_a_host_was_tried_at_each_of_its_repositories() {
        let (mut all, first) = (History::default(), endpoint("d1", "h"));
        let second = RepositoryEndpoint { repository: "second".into(), ..first.clone() };
        all.record(plain(&first), served("a", TokenOrigin::Fetched));
        assert_eq!(all.next_step(plain(&second), true, NOW), repeat("a"));
    }

    #[test]
    fn a_fetched_token_is_repeated_for_five_minutes() {
        let (mut all, d1) = (History::default(), endpoint("d1", "h"));
        all.record(plain(&d1), served("a", TokenOrigin::Fetched));
        assert_eq!(all.next_step(plain(&d1), true, NOW + JUST_FETCHED), repeat("a"));
        let later = NOW + JUST_FETCHED + Duration::from_secs(1);
        assert_eq!(all.next_step(plain(&d1), true, later), replace("a"));
    }

    #[test]
    fn the_token_of_another_domain_behind_the_host_was_the_refused_one() {
        let mut all = History::default();
        let (d1, d2) = (endpoint("d1", "h"), endpoint("d2", "h"));
        all.record(plain(&d1), served("a", TokenOrigin::Cache));
        all.record(plain(&d2), served("b", TokenOrigin::Cache));
        assert_eq!(all.next_step(plain(&d1), true, NOW), Step::Serve);
        assert_eq!(all.next_step(plain(&d2), true, NOW), replace("b"));
    }

    #[test]
    fn a_fetched_token_stays_fetched_when_the_cache_serves_it_again() {
        let (mut all, d1) = (History::default(), endpoint("d1", "h"));
        all.record(plain(&d1), served("a", TokenOrigin::Fetched));
        all.record(plain(&d1), served("a", TokenOrigin::Cache));
        assert_eq!(all.next_step(plain(&d1), true, NOW), repeat("a"));
    }

    #[test]
    fn a_provided_token_that_is_refused_is_replaced_once() {
        let (mut all, d1) = (History::default(), endpoint("d1", "h"));
        all.record(plain(&d1), served("a", TokenOrigin::Provided));
        assert_eq!(all.provided_place(plain(&d1)), Some("whose".to_owned()));
        assert_eq!(all.next_step(plain(&d1), true, NOW), replace("a"));
        all.mark_replaced(plain(&d1));
        // Nothing replaced it.
        assert_eq!(all.next_step(plain(&d1), true, NOW), repeat("a"));
        all.record(plain(&d1), served("b", TokenOrigin::Fetched));
        assert_eq!(all.next_step(plain(&d1), true, NOW), repeat("b"));
        assert_eq!(all.provided_place(plain(&d1)), None);
    }

    #[test]
    fn the_token_of_another_rule_behind_the_host_was_the_refused_one() {
        let (mut all, first) = (History::default(), endpoint("d1", "h"));
        let second = RepositoryEndpoint { repository: "second".into(), ..first.clone() };
        let (first, second) = (by_rule(1, &first), by_rule(2, &second));
        all.record(first, served("a", TokenOrigin::Fetched));
        assert_eq!(all.next_step(second, true, NOW), Step::Serve);
        all.record(second, served("b", TokenOrigin::Cache));
        assert_eq!(all.next_step(first, true, NOW), Step::Serve, "the second's was tried there");
        assert_eq!(all.next_step(second, true, NOW), replace("b"));
        all.record(first, served("a", TokenOrigin::Cache));
        assert_eq!(all.next_step(first, true, NOW), repeat("a"));
    }

    #[test]
    fn repositories_under_one_rule_share_a_token() {
        let (mut all, first) = (History::default(), endpoint("d1", "h"));
        let second = RepositoryEndpoint { repository: "second".into(), ..first.clone() };
        all.record(by_rule(1, &first), served("a", TokenOrigin::Cache));
        assert_eq!(all.next_step(by_rule(1, &second), true, NOW), replace("a"));
        assert_eq!(all.next_step(plain(&second), true, NOW), Step::Serve);
    }

    #[test]
    fn three_domains_of_three_owners_behind_one_host_are_told_apart() {
        let mut all = History::default();
        let domains = ["111122223333", "444455556666", "777788889999"].map(|owner| {
            let of_first = endpoint("d1", "h");
            let domain = Domain { owner: owner.into(), ..of_first.domain };
            RepositoryEndpoint { domain, ..of_first }
        });
        for (endpoint, token) in domains.iter().zip(["a", "b", "c"]) {
            assert_eq!(all.next_step(by_rule(1, endpoint), true, NOW), Step::Serve);
            all.record(by_rule(1, endpoint), served(token, TokenOrigin::Cache));
        }
        let steps = domains.each_ref().map(|it| all.next_step(by_rule(1, it), true, NOW));
        assert_eq!(steps, [Step::Serve, Step::Serve, replace("c")]);
    }
}
