//! Processes are killed at any moment, most likely while one of them fetches.

use rustix::process::{Pid, Signal, kill_process};

use super::chance::Chance;
use super::{LIMIT, ask_all, long, report, rounds};
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;

/// Nobody else loses the answer; there is at most one call more for each that is killed; and the token
/// that is left is whole, so that the next process makes none.
pub fn whoever_is_killed_costs_nobody_a_token() {
    let (mut killed, mut calls, mut answered) = (0, 0, 0);
    let round = |chance: &mut Chance, _| {
        let (kills, of_round, answers) = round(chance);
        killed += kills;
        calls += of_round;
        answered += answers;
    };
    rounds("kill", 4, round);
    report("kill", &format!("{killed} killed, {answered} answered, {calls} calls"));
}

fn round(chance: &mut Chance) -> (usize, usize, usize) {
    let Stage { fake, home, source, .. } = Stage::new();
    let number = if long().is_some() { 4 + chance.below(29) } else { 6 };
    fake.token_api_will(TokenBehaviour::IssueAfter(chance.milliseconds_below(300)));
    let mut all: Vec<_> = (0..number).map(|_| FakeNuget::start(&home)).collect();
    // Most likely the first one fetches, and half of the time it is killed.
    let mut asks = ask_all(&mut all[..1], &source);
    std::thread::sleep(chance.milliseconds_below(40));
    asks.extend(ask_all(&mut all[1..], &source));
    let mut all: Vec<_> = all.into_iter().zip(asks).collect();
    if chance.below(2) == 0 {
        // Then it is killed between its call and the answer.
        fake.wait_for_token_calls(1);
    }
    let kills = 1 + chance.below(number / 2);
    for _ in 0..kills {
        std::thread::sleep(chance.milliseconds_below(120));
        let killed = if chance.below(2) == 0 { 0 } else { chance.below(all.len()) };
        let (nuget, _) = all.remove(killed);
        let id = i32::try_from(nuget.process_id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a process id"), Signal::KILL).expect("the plugin runs");
    }
    let answered = all.len();
    for (mut nuget, ask) in all {
        let answer = nuget.answer_to(&ask, LIMIT);
        let token = answer.assert_success().assert_no_logs().password().to_owned();
        assert!(fake.issued_tokens().contains(&token), "`{token}` was never issued");
        nuget.finish();
    }
    let calls = fake.token_calls().len();
    assert!(calls <= 1 + kills, "{calls} calls, and {kills} were killed");
    let kept = token_of_a_process(&home, &source);
    assert!(fake.issued_tokens().contains(&kept), "`{kept}` was never issued");
    assert_eq!(fake.token_calls().len(), calls, "the token was lost");
    home.assert_no_secrets();
    (kills, calls, answered)
}
