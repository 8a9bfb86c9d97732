//! Many processes at once fetch only once, whatever happens to the process that fetches.

use std::time::{Duration, Instant};

use super::{LIMIT, conversations};
use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository, TokenBehaviour};
use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        thirty_two_processes_fetch_once_from_an_api_that_takes_20_seconds,
        thirty_two_processes_fetch_once_from_an_api_that_takes_3_seconds,
        thirty_two_processes_fetch_once_from_a_quick_api,
        thirty_two_processes_whose_cached_token_is_refused_fetch_once,
        asks_of_one_process_are_joined,
        asks_of_one_process_are_joined_without_a_cache_as_well,
        #[cfg(unix)]
        a_killed_holder_is_followed_by_one,
        #[cfg(unix)]
        a_stopped_holder_is_followed_by_one_after_a_few_seconds,
        a_holder_whose_input_ends_is_followed_by_one_at_once,
        a_holder_whose_ask_is_cancelled_is_followed_by_one_at_once,
    ]
}

/// Conversations that have asked and wait. Progress is their proof, so it comes soon.
fn waiting(home: &SandboxHome, source: &str, number: usize) -> Vec<(FakeNuget, String)> {
    let begin = |mut nuget: FakeNuget| {
        nuget.initialize("00:00:00.3");
        let ask = nuget.begin_ask(source, false, true);
        nuget.wait_for_progress(&ask);
        (nuget, ask)
    };
    conversations(home, number).into_iter().map(begin).collect()
}

/// A process that has the lock, since its call has arrived, and is never answered.
fn hanging_holder(fake: &FakeCodeArtifact, home: &SandboxHome, source: &str) -> FakeNuget {
    fake.next_token_call_will(TokenBehaviour::Hang);
    let mut holder = FakeNuget::start(home);
    holder.begin_ask(source, false, true);
    fake.wait_for_token_calls(1);
    holder
}

/// All ask at once; returns the passwords that they were given.
fn passwords(all: &mut [FakeNuget], source: &str, is_retry: bool) -> Vec<String> {
    let ask = |nuget: &mut FakeNuget| nuget.begin_ask(source, is_retry, true);
    let asks: Vec<String> = all.iter_mut().map(ask).collect();
    let answers = all.iter_mut().zip(asks).map(|(nuget, ask)| nuget.answer_to(&ask, LIMIT));
    answers.map(|it| it.assert_success().assert_no_logs().password().to_owned()).collect()
}

fn all_are(passwords: &[String], token: &str) -> bool {
    passwords.iter().all(|password| password == token)
}

fn thirty_two_fetch_once(api: TokenBehaviour) {
    thirty_two_fetch_by(api, 1);
}

fn thirty_two_fetch_by(api: TokenBehaviour, calls: usize) {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(api);
    let mut all = conversations(&home, 32);
    let passwords = passwords(&mut all, &source, false);
    assert_eq!(fake.token_calls().len(), calls);
    assert!(all_are(&passwords, &fake.issued_tokens()[0]));
    all.into_iter().for_each(FakeNuget::finish);
    home.assert_no_secrets();
}

/// After 15 seconds the one process that fetches takes the answer for lost, and calls once more.
fn thirty_two_processes_fetch_once_from_an_api_that_takes_20_seconds() {
    thirty_two_fetch_by(TokenBehaviour::IssueAfter(Duration::from_secs(20)), 2);
}

fn thirty_two_processes_fetch_once_from_an_api_that_takes_3_seconds() {
    thirty_two_fetch_once(TokenBehaviour::IssueAfter(Duration::from_secs(3)));
}

fn thirty_two_processes_fetch_once_from_a_quick_api() {
    thirty_two_fetch_once(TokenBehaviour::Issue);
}

fn thirty_two_processes_whose_cached_token_is_refused_fetch_once() {
    let Stage { fake, home, source, .. } = Stage::new();
    let refused = token_of_a_process(&home, &source);
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(1)));
    let mut all = conversations(&home, 32);
    assert!(all_are(&passwords(&mut all, &source, false), &refused));
    assert_eq!(fake.token_calls().len(), 1);
    let newer = passwords(&mut all, &source, true);
    assert_eq!(fake.token_calls().len(), 2);
    assert!(all_are(&newer, &fake.issued_tokens()[1]));
    all.into_iter().for_each(FakeNuget::finish);
}

fn asks_of_one_process_are_joined() {
    let Stage { fake, home, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_millis(500)));
    let mut nuget = FakeNuget::start(&home);
    let asks: Vec<String> = (0..10)
        .map(|n| fake.source(&Repository::new(&format!("repo-{n}"))))
        .map(|source| nuget.begin_ask(&source, false, true))
        .collect();
    for ask in asks {
        let answer = nuget.answer_to(&ask, LIMIT);
        assert_eq!(answer.assert_success().password(), fake.issued_tokens()[0]);
    }
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

/// The cache is off, so that only memory can join them.
fn asks_of_one_process_are_joined_without_a_cache_as_well() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.set("CODEARTIFACT_NUGET_CACHE", "off");
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_millis(500)));
    let mut nuget = FakeNuget::start(&home);
    let asks = [(); 4].map(|()| nuget.begin_ask(&source, false, true));
    for ask in asks {
        nuget.answer_to(&ask, LIMIT).assert_success();
    }
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

#[cfg(unix)]
fn a_killed_holder_is_followed_by_one() {
    use rustix::process::Signal;

    let Stage { fake, home, source, .. } = Stage::new();
    let holder = hanging_holder(&fake, &home, &source);
    let others = waiting(&home, &source, 8);
    assert_eq!(fake.token_calls().len(), 1);
    signal(&holder, Signal::KILL);
    for (mut nuget, ask) in others {
        let answer = nuget.answer_to(&ask, LIMIT);
        assert_eq!(answer.assert_success().password(), fake.issued_tokens()[0]);
        nuget.finish();
    }
    assert_eq!(fake.token_calls().len(), 2);
}

#[cfg(unix)]
fn a_stopped_holder_is_followed_by_one_after_a_few_seconds() {
    use rustix::process::Signal;

    let Stage { fake, home, source, .. } = Stage::new();
    let holder = hanging_holder(&fake, &home, &source);
    let others = waiting(&home, &source, 8);
    signal(&holder, Signal::STOP);
    let stopped = Instant::now();
    for (mut nuget, ask) in others {
        let answer = nuget.answer_to(&ask, LIMIT);
        assert_eq!(answer.assert_success().password(), fake.issued_tokens()[0]);
        nuget.finish();
    }
    assert_eq!(fake.token_calls().len(), 2);
    assert!(stopped.elapsed() < Duration::from_secs(20), "took {:?}", stopped.elapsed());
}

/// A restore that is given up ends its process: the others must not wait for it.
fn a_holder_whose_input_ends_is_followed_by_one_at_once() {
    let Stage { fake, home, source, .. } = Stage::new();
    let holder = hanging_holder(&fake, &home, &source);
    let others = waiting(&home, &source, 4);
    holder.finish();
    let ended = Instant::now();
    for (mut nuget, ask) in others {
        nuget.answer_to(&ask, LIMIT).assert_success();
        nuget.finish();
    }
    assert_eq!(fake.token_calls().len(), 2);
    assert!(ended.elapsed() < Duration::from_secs(4), "took {:?}", ended.elapsed());
}

/// NuGet cancels a request of one process: the other process still gets the token.
fn a_holder_whose_ask_is_cancelled_is_followed_by_one_at_once() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.next_token_call_will(TokenBehaviour::Hang);
    let mut holder = FakeNuget::start(&home);
    let ask = holder.begin_ask(&source, false, true);
    fake.wait_for_token_calls(1);
    let others = waiting(&home, &source, 4);
    holder.cancel(&ask);
    for (mut nuget, ask) in others {
        nuget.answer_to(&ask, LIMIT).assert_success();
        nuget.finish();
    }
    assert_eq!(fake.token_calls().len(), 2);
}

#[cfg(unix)]
fn signal(nuget: &FakeNuget, signal: rustix::process::Signal) {
    use rustix::process::{Pid, kill_process};
    let id = i32::try_from(nuget.process_id()).ok().and_then(Pid::from_raw);
    kill_process(id.expect("a process id"), signal).expect("the plugin runs");
}
