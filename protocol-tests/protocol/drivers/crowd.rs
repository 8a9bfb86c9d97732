//! Many processes begin at once, without a token.

use super::chance::Chance;
use super::{LIMIT, ask_all, long, report, rounds};
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::Stage;

/// Each round has more of them: a few in the suite, up to 200 in the long mode.
const SIZES: [usize; 9] = [1, 2, 3, 8, 16, 32, 64, 128, 200];

pub fn a_crowd_makes_one_call() {
    let mut largest = 0;
    let round = |chance: &mut Chance, done: usize| {
        let last = if long().is_some() { SIZES.len() } else { 5 };
        let number = SIZES[done % last];
        largest = largest.max(number);
        let Stage { fake, home, source, .. } = Stage::new();
        fake.token_api_will(TokenBehaviour::IssueAfter(chance.milliseconds_below(300)));
        let mut all: Vec<_> = (0..number).map(|_| FakeNuget::start(&home)).collect();
        let asks = ask_all(&mut all, &source);
        for (nuget, ask) in all.iter_mut().zip(&asks) {
            let answer = nuget.answer_to(ask, LIMIT);
            let token = answer.assert_success().assert_no_logs().password().to_owned();
            assert_eq!(token, fake.issued_tokens()[0]);
        }
        assert_eq!(fake.token_calls().len(), 1, "of {number} processes");
        all.into_iter().for_each(FakeNuget::finish);
        home.assert_no_secrets();
    };
    rounds("crowd", 5, round);
    report("crowd", &format!("up to {largest} processes"));
}
