//! What this conversation handed out, and what a retry therefore means. Pure.
//!
//! `IsRetry` says that NuGet got a 401 or a 403 from the host, not that our token was refused: NuGet
//! remembers credentials by host and tries those of one domain on the next one behind it.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use crate::endpoint::{Domain, RepositoryEndpoint};
use crate::provider::{Origin, Served};
use crate::secret::Secret;

/// A token younger than this is not the reason of a refusal: fetching another one changes nothing.
const JUST_FETCHED: Duration = Duration::from_mins(5);

/// The memory of one conversation.
#[derive(Debug, Default)]
pub(super) struct HandedOut {
    tokens: HashMap<Domain, Token>,
    /// Whose token NuGet holds for a scheme and host: that of the last answer.
    holders: HashMap<String, Domain>,
}

#[derive(Debug)]
struct Token {
    served: Served,
    /// Whether it already stands in the place of a refused one.
    replaced: bool,
    /// The repositories that it was given for.
    given_for: HashSet<String>,
}

/// What to do for an ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Cached or fetched, as usual.
    Serve,
    /// Ours was refused and may be to blame: another one than this.
    Replace(Secret),
    /// What was refused is most likely the one before this, which NuGet tried at every repository of
    /// the host: this one, which has taken its place.
    Give(Secret),
    /// Ours was refused and is not to blame. NuGet would remember an Error for the whole host, and
    /// one forbidden repository would break its neighbours: the same again.
    Repeat(Secret),
}

impl HandedOut {
    pub(super) fn next_step(
        &self,
        endpoint: &RepositoryEndpoint,
        is_retry: bool,
        now: SystemTime,
    ) -> Step {
        let was_tried = self.holders.get(&endpoint.origin) == Some(&endpoint.domain);
        match self.tokens.get(&endpoint.domain) {
            Some(token) if is_retry && was_tried => token.after_refusal(&endpoint.repository, now),
            _ => Step::Serve,
        }
    }

    pub(super) fn record(&mut self, endpoint: &RepositoryEndpoint, served: Served) {
        self.holders.insert(endpoint.origin.clone(), endpoint.domain.clone());
        match self.tokens.get_mut(&endpoint.domain) {
            // The same token again: how it first came stays what counts.
            Some(token) if token.served.token.secret == served.token.secret => {}
            Some(token) => {
                token.served = served;
                token.given_for.clear();
            }
            None => {
                let token = Token { served, replaced: false, given_for: HashSet::new() };
                self.tokens.insert(endpoint.domain.clone(), token);
            }
        }
        self.mark_given(endpoint);
    }

    pub(super) fn mark_given(&mut self, endpoint: &RepositoryEndpoint) {
        if let Some(token) = self.tokens.get_mut(&endpoint.domain) {
            token.given_for.insert(endpoint.repository.clone());
        }
    }

    pub(super) fn mark_replaced(&mut self, endpoint: &RepositoryEndpoint) {
        if let Some(token) = self.tokens.get_mut(&endpoint.domain) {
            token.replaced = true;
        }
    }
}

impl Token {
    fn after_refusal(&self, repository: &str, now: SystemTime) -> Step {
        let Served { token, origin } = &self.served;
        let age = now.duration_since(token.obtained).unwrap_or_default();
        let may_be_to_blame = *origin == Origin::Cache && !self.replaced;
        if may_be_to_blame || age > JUST_FETCHED {
            Step::Replace(token.secret.clone())
        } else if self.replaced && !self.given_for.contains(repository) {
            Step::Give(token.secret.clone())
        } else {
            Step::Repeat(token.secret.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::token::AuthorizationToken;

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
        }
    }

    fn served(secret: &str, origin: Origin) -> Served {
        let token = AuthorizationToken {
            secret: Secret::new(secret),
            obtained: NOW,
            expiration: NOW + Duration::from_hours(12),
        };
        Served { token, origin }
    }

    fn replace(secret: &str) -> Step {
        Step::Replace(Secret::new(secret))
    }

    fn repeat(secret: &str) -> Step {
        Step::Repeat(Secret::new(secret))
    }

    #[test]
    fn a_retry_before_anything_was_handed_out_is_served_as_usual() {
        let all = HandedOut::default();
        assert_eq!(all.next_step(&endpoint("d1", "h"), true, NOW), Step::Serve);
    }

    #[test]
    fn a_refused_token_of_the_cache_is_replaced_once() {
        let (mut all, d1) = (HandedOut::default(), endpoint("d1", "h"));
        all.record(&d1, served("a", Origin::Cache));
        assert_eq!(all.next_step(&d1, false, NOW), Step::Serve);
        assert_eq!(all.next_step(&d1, true, NOW), replace("a"));
        all.mark_replaced(&d1);
        all.record(&d1, served("b", Origin::Cache));
        assert_eq!(all.next_step(&d1, true, NOW), repeat("b"));
    }

    #[test]
    fn what_took_a_refused_ones_place_is_given_for_each_repository_before_it_counts_as_refused() {
        let (mut all, first) = (HandedOut::default(), endpoint("d1", "h"));
        let second = RepositoryEndpoint { repository: "second".into(), ..first.clone() };
        all.record(&first, served("a", Origin::Cache));
        all.mark_replaced(&first);
        all.record(&first, served("b", Origin::Fetched));
        assert_eq!(all.next_step(&second, true, NOW), Step::Give(Secret::new("b")));
        all.mark_given(&second);
        assert_eq!(all.next_step(&second, true, NOW), repeat("b"));
        assert_eq!(all.next_step(&first, true, NOW), repeat("b"));
    }

    #[test]
    fn the_first_token_of_a_host_was_tried_at_each_of_its_repositories() {
        let (mut all, first) = (HandedOut::default(), endpoint("d1", "h"));
        let second = RepositoryEndpoint { repository: "second".into(), ..first.clone() };
        all.record(&first, served("a", Origin::Fetched));
        assert_eq!(all.next_step(&second, true, NOW), repeat("a"));
    }

    #[test]
    fn a_fetched_token_is_repeated_for_five_minutes() {
        let (mut all, d1) = (HandedOut::default(), endpoint("d1", "h"));
        all.record(&d1, served("a", Origin::Fetched));
        assert_eq!(all.next_step(&d1, true, NOW + JUST_FETCHED), repeat("a"));
        let later = NOW + JUST_FETCHED + Duration::from_secs(1);
        assert_eq!(all.next_step(&d1, true, later), replace("a"));
    }

    #[test]
    fn the_token_of_another_domain_behind_the_host_was_the_refused_one() {
        let mut all = HandedOut::default();
        let (d1, d2) = (endpoint("d1", "h"), endpoint("d2", "h"));
        all.record(&d1, served("a", Origin::Cache));
        all.record(&d2, served("b", Origin::Cache));
        assert_eq!(all.next_step(&d1, true, NOW), Step::Serve);
        assert_eq!(all.next_step(&d2, true, NOW), replace("b"));
    }

    #[test]
    fn a_fetched_token_stays_fetched_when_the_cache_serves_it_again() {
        let (mut all, d1) = (HandedOut::default(), endpoint("d1", "h"));
        all.record(&d1, served("a", Origin::Fetched));
        all.record(&d1, served("a", Origin::Cache));
        assert_eq!(all.next_step(&d1, true, NOW), repeat("a"));
    }
}
