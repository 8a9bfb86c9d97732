//! Several copies of the plugin under one NuGet process: a failure is told once.

use std::fs;
use std::path::PathBuf;

use super::access_denied;
use crate::support::fake_codeartifact::{Repository, TokenBehaviour};
use crate::support::fake_nuget::FakeNuget;
use crate::support::process;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_second_copy_answers_a_failed_request_at_once_and_in_silence,
        a_copy_elsewhere_knows_of_the_failure_after_the_first_has_ended,
        the_next_process_of_the_same_copy_tries_again,
        another_nuget_process_is_told_again,
        another_request_of_the_same_nuget_process_is_tried,
        another_identity_is_tried,
        a_url_that_names_no_repository_is_explained_once,
        a_failure_is_told_once_wherever_tokens_are_kept,
        a_record_that_is_damaged_counts_for_nothing,
    ]
}

/// A copy of the executable at another path, as one on PATH.
fn copy_of_the_plugin(home: &SandboxHome) -> PathBuf {
    let copy = home.bin().join("nuget-plugin-codeartifact");
    SandboxHome::link_plugin(&copy);
    copy
}

fn a_second_copy_answers_a_failed_request_at_once_and_in_silence() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    for (is_non_interactive, code) in [(true, "Error"), (false, "NotFound")] {
        let before = fake.token_calls().len();
        let (mut first, mut second) = (FakeNuget::start(&home), FakeNuget::start(&home));
        first.ask(&source, false, is_non_interactive).assert_refusal(code).the_warning();
        let calls = fake.token_calls().len();
        assert!(calls > before);
        second.ask(&source, false, is_non_interactive).assert_refusal(code).assert_no_logs();
        assert_eq!(fake.token_calls().len(), calls);
        first.finish();
        second.finish();
    }
    home.assert_no_secrets();
}

fn a_copy_elsewhere_knows_of_the_failure_after_the_first_has_ended() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut first = FakeNuget::start(&home);
    first.ask(&source, false, true).assert_refusal("Error").the_warning();
    first.finish();
    let calls = fake.token_calls().len();
    let mut second = FakeNuget::start_program(&home, &copy_of_the_plugin(&home));
    second.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
    second.finish();
    assert_eq!(fake.token_calls().len(), calls);
}

/// A client that lives long starts the plugin again when the user has acted.
fn the_next_process_of_the_same_copy_tries_again() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.next_token_call_will(access_denied());
    let mut first = FakeNuget::start(&home);
    first.ask(&source, false, true).assert_refusal("Error").the_warning();
    first.finish();
    let mut next = FakeNuget::start(&home);
    next.ask(&source, false, true).assert_success();
    next.finish();
}

fn another_nuget_process_is_told_again() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut other_nuget = process::sleeping().spawn().expect("a process");
    let (mut first, mut second) = (FakeNuget::start(&home), FakeNuget::start(&home));
    first.ask(&source, false, true).assert_refusal("Error").the_warning();
    second.monitor_process_exit(other_nuget.id());
    second.ask(&source, false, true).assert_refusal("Error").the_warning();
    first.finish();
    second.finish();
    other_nuget.kill().and_then(|()| other_nuget.wait()).expect("it ends");
}

fn another_request_of_the_same_nuget_process_is_tried() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.next_token_call_will(access_denied());
    let (mut first, mut second) = (FakeNuget::start(&home), FakeNuget::start(&home));
    first.ask(&source, false, true).assert_refusal("Error").the_warning();
    let other = fake.source(&Repository::of("other-domain", "111122223333", "my-repo"));
    second.ask(&other, false, true).assert_success();
    first.finish();
    second.finish();
}

fn another_identity_is_tried() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    fake.next_token_call_will(access_denied());
    let mut first = FakeNuget::start(&home);
    first.ask(&source, false, true).assert_refusal("Error").the_warning();
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "900");
    let mut second = FakeNuget::start(&home);
    second.ask(&source, false, true).assert_success();
    first.finish();
    second.finish();
}

fn a_url_that_names_no_repository_is_explained_once() {
    let home = SandboxHome::new();
    let host = "https://d1-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
    let url = format!("{host}/npm/my-repo/");
    let (mut first, mut second) = (FakeNuget::start(&home), FakeNuget::start(&home));
    first.ask(&url, false, true).assert_refusal("Error").the_warning();
    second.ask(&url, false, true).assert_refusal("Error").assert_no_logs();
    first.finish();
    second.finish();
}

/// A record of a failure has no secret, so it needs no place for secrets, nor sound settings.
fn a_failure_is_told_once_wherever_tokens_are_kept() {
    for mode in ["memory", "off", "invalid"] {
        let Stage { fake, mut home, source, .. } = Stage::new();
        fake.token_api_will(TokenBehaviour::Close);
        home.set("CODEARTIFACT_NUGET_CACHE", mode);
        let (mut first, mut second) = (FakeNuget::start(&home), FakeNuget::start(&home));
        first.ask(&source, false, true).assert_refusal("Error").the_warning();
        let calls = fake.token_calls().len();
        second.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
        assert_eq!(fake.token_calls().len(), calls, "{mode}");
        first.finish();
        second.finish();
    }
}

fn a_record_that_is_damaged_counts_for_nothing() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let (mut first, mut second) = (FakeNuget::start(&home), FakeNuget::start(&home));
    first.ask(&source, false, true).assert_refusal("Error").the_warning();
    let is_record = |file: &PathBuf| file.extension().is_some_and(|it| it == "told");
    let files = fs::read_dir(home.cache_dir()).expect("the cache").flatten();
    let records: Vec<_> = files.map(|file| file.path()).filter(is_record).collect();
    assert_eq!(records.len(), 1);
    fs::write(&records[0], "{\"version\":1").expect("a file of ours");
    second.ask(&source, false, true).assert_refusal("Error").the_warning();
    first.finish();
    second.finish();
}
