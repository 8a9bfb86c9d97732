//! What a head start does, and what it leaves to others.

use std::time::Duration;

use super::{
    assert_no_head_start, config, foreign_restore, over, started_early, token_of, yesterday,
};
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::process;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_token_is_requested_before_nuget_asks_and_then_served,
        a_request_joins_the_call_in_progress,
        a_failure_is_that_of_the_request_that_waits_for_it,
        a_failure_that_no_request_waits_for_is_silent,
        eight_processes_make_one_call,
        a_killed_process_leaves_nothing_behind,
        a_process_leaves_at_once_although_its_call_hangs,
        an_sso_session_is_refreshed_silently,
        a_wrong_guess_is_not_repeated,
        a_new_folder_with_the_same_source_has_a_head_start,
    ]
}

fn a_token_is_requested_before_nuget_asks_and_then_served() {
    let stage = yesterday();
    let mut nuget = started_early(&stage);
    nuget.open();
    let token = token_of(&mut nuget, &stage.source);
    assert_eq!(stage.fake.issued_tokens()[1], token);
    nuget.finish();
    assert_eq!(token_of_a_process(&stage.home, &stage.source), token, "it is in the cache");
    assert_eq!(stage.token_calls(), 2);
    stage.assert_no_secrets();
}

fn a_request_joins_the_call_in_progress() {
    let stage = yesterday();
    stage.fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(2)));
    let mut nuget = started_early(&stage);
    nuget.open();
    token_of(&mut nuget, &stage.source);
    assert_eq!(stage.token_calls(), 2);
    nuget.finish();
}

fn a_failure_is_that_of_the_request_that_waits_for_it() {
    let stage = yesterday();
    let denied = TokenBehaviour::FailAfter(
        Duration::from_secs(2),
        403,
        "AccessDeniedException",
        "not authorized",
    );
    stage.fake.token_api_will(denied);
    let mut nuget = started_early(&stage);
    nuget.open();
    let answer = nuget.ask(&stage.source, false, true);
    assert!(answer.assert_refusal("Error").the_warning().contains("not authorized"));
    assert_eq!(stage.token_calls(), 2);
    nuget.finish();
}

fn a_failure_that_no_request_waits_for_is_silent() {
    let stage = yesterday();
    stage.fake.token_api_will(TokenBehaviour::Fail(403, "AccessDeniedException", "no"));
    let mut nuget = started_early(&stage);
    assert!(process::wait_for_text(&stage.log_path(), "head start: "), "{}", stage.log());
    nuget.open();
    assert!(nuget.logs().is_empty(), "{:?}", nuget.logs());
    nuget.close_stdin();
    assert!(nuget.wait_exit(LIMIT).success());
    assert_eq!(nuget.stderr(), "");
}

fn eight_processes_make_one_call() {
    let stage = yesterday();
    stage.fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(1)));
    let mut all: Vec<FakeNuget> = (0..8).map(|_| FakeNuget::launch(&stage.home)).collect();
    let tokens = all.iter_mut().map(|nuget| {
        nuget.open();
        token_of(nuget, &stage.source)
    });
    let expected = tokens.collect::<std::collections::HashSet<_>>();
    assert_eq!(expected.len(), 1);
    assert_eq!(stage.token_calls(), 2);
    all.into_iter().for_each(FakeNuget::finish);
}

fn a_killed_process_leaves_nothing_behind() {
    let stage = yesterday();
    stage.fake.next_token_call_will(TokenBehaviour::Hang);
    drop(started_early(&stage));
    token_of_a_process(&stage.home, &stage.source);
    assert_eq!(stage.token_calls(), 3);
}

fn a_process_leaves_at_once_although_its_call_hangs() {
    let stage = yesterday();
    stage.fake.next_token_call_will(TokenBehaviour::Hang);
    let mut nuget = started_early(&stage);
    nuget.close_stdin();
    // Far below the limit of the call.
    assert!(nuget.wait_exit(LIMIT).success());
}

fn an_sso_session_is_refreshed_silently() {
    let stage = Stage::signing_in();
    stage.signed_in_until("2099-01-01T00:00:00Z");
    let stage = over(stage);
    stage.expire();
    let mut nuget = started_early(&stage);
    assert_eq!(stage.sso().count("refresh_token"), 1, "{:?}", stage.sso().calls());
    nuget.open();
    token_of(&mut nuget, &stage.source);
    assert_eq!(stage.token_calls(), 2);
    nuget.finish();
}

fn a_new_folder_with_the_same_source_has_a_head_start() {
    let mut stage = yesterday();
    stage.home.work_in("elsewhere/app");
    stage.home.write("elsewhere/NuGet.Config", &config(&stage.source));
    let mut nuget = started_early(&stage);
    nuget.open();
    token_of(&mut nuget, &stage.source);
    assert_eq!(stage.token_calls(), 2);
    nuget.finish();
}

fn a_wrong_guess_is_not_repeated() {
    let stage = yesterday();
    drop(started_early(&stage));
    stage.forget_tokens();
    std::fs::remove_file(stage.log_path()).expect("a log");
    assert_no_head_start(&stage);
    foreign_restore(&stage);
    assert_eq!(stage.token_calls(), 2);
}
