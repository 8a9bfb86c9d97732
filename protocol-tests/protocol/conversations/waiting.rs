//! A request that takes long: progress, cancellation, and NuGet's own time-outs.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::{Answer, FakeNuget, LIMIT};
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    let timed = named![
        progress_comes_every_two_seconds_until_the_answer,
        a_short_request_timeout_brings_progress_more_often,
    ];
    let others = named![
        a_quick_answer_has_no_progress,
        a_cancelled_ask_is_answered_with_cancel_once,
        a_cancel_that_comes_late_or_for_nothing_is_ignored,
        cancelling_one_ask_leaves_the_others,
    ];
    timed.into_iter().map(Trial::alone).chain(others).collect()
}

fn progress_comes_every_two_seconds_until_the_answer() {
    let answer = ask_slowly("00:00:30", Duration::from_secs(5));
    assert_eq!(answer.progress.len(), 2, "{answer:?}");
    let gap = answer.progress[1] - answer.progress[0];
    let expected = Duration::from_millis(1_500)..Duration::from_millis(2_500);
    assert!(expected.contains(&gap), "{gap:?} between progress");
}

fn a_short_request_timeout_brings_progress_more_often() {
    let answer = ask_slowly("00:00:01.5000000", Duration::from_millis(2_250));
    assert!(answer.progress.len() >= 3, "every 0.5 s: {answer:?}");
}

fn a_quick_answer_has_no_progress() {
    let answer = ask_slowly("00:00:30", Duration::ZERO);
    assert_eq!(answer.progress.len(), 0);
}

fn a_cancelled_ask_is_answered_with_cancel_once() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.next_token_call_will(TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    let id = nuget.begin_ask(&source, false, true);
    fake.wait_for_token_calls(1);
    nuget.cancel(&id);
    let cancelled = nuget.expect_next(&json!({"RequestId": id, "Type": "Cancel"}));
    assert_eq!(cancelled["Method"], "GetAuthenticationCredentials");
    nuget.cancel(&id);
    nuget.expect_silence(Duration::from_millis(300));
    nuget.ask(&source, false, true).assert_success();
    nuget.finish();
}

fn a_cancel_that_comes_late_or_for_nothing_is_ignored() {
    let Stage { fake: _fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    nuget.cancel("never-sent");
    let id = nuget.begin_ask(&source, false, true);
    nuget.answer_to(&id, LIMIT).assert_success();
    nuget.cancel(&id);
    nuget.expect_silence(Duration::from_millis(300));
    nuget.finish();
}

fn cancelling_one_ask_leaves_the_others() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_millis(700)));
    let mut nuget = FakeNuget::start(&home);
    let first = nuget.begin_ask(&source, false, true);
    let second = nuget.begin_ask(&source, false, true);
    nuget.cancel(&first);
    nuget.expect(json!({"RequestId": first, "Type": "Cancel"}));
    nuget.answer_to(&second, LIMIT).assert_success();
    nuget.finish();
}

/// Asks with this request timeout while the API takes its time. Progress after the answer would end
/// the connection, so there is a while to listen for it.
fn ask_slowly(request_timeout: &str, api_takes: Duration) -> Answer {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::IssueAfter(api_takes));
    let mut nuget = FakeNuget::start(&home);
    nuget.initialize(request_timeout);
    let asked = Instant::now();
    let answer = nuget.ask(&source, false, true);
    assert!(asked.elapsed() >= api_takes, "answered before the API");
    answer.assert_success();
    nuget.expect_silence(Duration::from_millis(2_300));
    nuget.finish();
    answer
}
