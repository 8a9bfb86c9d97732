//! What one process fails at, the others that need the same token learn: nobody repeats the call, waits
//! for a second time-out, or fetches after the others what cannot be shared.

use std::time::{Duration, Instant};

use super::{LIMIT, conversations};
use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::FakeNuget;
use crate::support::secret_scan::files_below;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        whoever_waits_for_a_hung_fetch_is_answered_with_it,
        sixteen_processes_learn_of_one_refusal,
        thirty_two_throttled_processes_call_no_more_than_one_does,
        what_has_no_answer_of_aws_is_tried_by_each,
        whoever_mends_the_cause_is_not_held_back,
        tokens_that_cannot_be_shared_are_fetched_at_once,
        #[cfg(unix)]
        the_locks_of_other_identities_make_nobody_wait,
    ]
}

/// All ask at once and are refused with a line that has this text. Returns how long it took.
fn all_are_refused(all: &mut [FakeNuget], source: &str, text: &str) -> Duration {
    let started = Instant::now();
    let asks: Vec<_> = all.iter_mut().map(|it| it.begin_ask(source, false, true)).collect();
    for (nuget, ask) in all.iter_mut().zip(asks) {
        let answer = nuget.answer_to(&ask, 3 * LIMIT);
        let line = answer.assert_refusal("Error").the_warning();
        assert!(line.contains(text), "{line}");
    }
    started.elapsed()
}

fn whoever_waits_for_a_hung_fetch_is_answered_with_it() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::Hang);
    let mut all = conversations(&home, 4);
    let took = all_are_refused(&mut all, &source, "[CNP304] No response from `127.0.0.1:");
    assert!(took < Duration::from_secs(66), "took {took:?}");
    all.into_iter().for_each(FakeNuget::finish);
}

const FORBIDDEN: TokenBehaviour = TokenBehaviour::Fail(
    403,
    "AccessDeniedException",
    "User is not authorized to perform: codeartifact:GetAuthorizationToken",
);

fn sixteen_processes_learn_of_one_refusal() {
    let TokenBehaviour::Fail(status, code, text) = FORBIDDEN else { unreachable!() };
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::FailAfter(Duration::from_secs(2), status, code, text));
    let mut all = conversations(&home, 16);
    let took = all_are_refused(&mut all, &source, "codeartifact:GetAuthorizationToken");
    assert!(took < Duration::from_secs(10), "took {took:?}");
    assert_eq!(fake.token_calls().len(), 1);
    all.into_iter().for_each(FakeNuget::finish);
    home.assert_no_secrets();

    fake.token_api_will(TokenBehaviour::Issue);
    token_of_a_process(&home, &source);
    let left = files_below(&home.cache_dir());
    assert!(!left.iter().any(|file| file.to_string_lossy().ends_with(".failed")), "{left:?}");
}

/// How often one process alone calls an API that throttles it.
fn calls_of_one(api: &TokenBehaviour) -> usize {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(api.clone());
    let mut one = conversations(&home, 1);
    all_are_refused(&mut one, &source, "throttled");
    fake.token_calls().len()
}

fn thirty_two_throttled_processes_call_no_more_than_one_does() {
    // Without such a wait the call would be repeated for a minute.
    let api = TokenBehaviour::AskToWait(429, "120".to_owned());
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(api.clone());
    let mut all = conversations(&home, 32);
    all_are_refused(&mut all, &source, "[CNP504] AWS throttled the request");
    assert_eq!(fake.token_calls().len(), calls_of_one(&api));
    all.into_iter().for_each(FakeNuget::finish);
}

/// It may be due to a process's own proxy or certificates.
fn what_has_no_answer_of_aws_is_tried_by_each() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.set("AWS_CA_BUNDLE", "/nowhere/bundle.pem");
    let mut all = conversations(&home, 3);
    all_are_refused(&mut all, &source, "AWS_CA_BUNDLE");
    all.into_iter().for_each(FakeNuget::finish);
    home.unset("AWS_CA_BUNDLE").run_plugin(&["token", &source]).assert_success();
    assert_eq!(fake.token_calls().len(), 1);
}

fn whoever_mends_the_cause_is_not_held_back() {
    for failing in [FORBIDDEN, TokenBehaviour::Fail(500, "InternalServerException", "no luck")] {
        let Stage { fake, home, source, .. } = Stage::new();
        fake.token_api_will(failing);
        let mut nuget = FakeNuget::start(&home);
        nuget.ask(&source, false, true).assert_refusal("Error").the_warning();
        nuget.finish();
        fake.token_api_will(TokenBehaviour::Issue);
        token_of_a_process(&home, &source);
    }
}

/// Sixteen processes, each after the other, would take as long as sixteen calls.
fn tokens_that_cannot_be_shared_are_fetched_at_once() {
    for life in [0, 30, 13 * 3600] {
        let Stage { fake, home, source, .. } = Stage::new();
        fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(1)));
        fake.tokens_live(Duration::from_secs(life));
        let mut all = conversations(&home, 16);
        let started = Instant::now();
        let asks: Vec<_> = all.iter_mut().map(|it| it.begin_ask(&source, false, true)).collect();
        for (nuget, ask) in all.iter_mut().zip(asks) {
            nuget.answer_to(&ask, LIMIT).assert_success().assert_no_logs();
        }
        assert!(started.elapsed() < Duration::from_secs(9), "took {:?}", started.elapsed());
        all.into_iter().for_each(FakeNuget::finish);
    }
}

/// The cache folder with the locks of an older version, whose keys share them by their first byte. All
/// are taken.
#[cfg(unix)]
fn folder_with_taken_locks(home: &crate::support::sandbox_home::SandboxHome) -> Vec<std::fs::File> {
    use std::fs;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

    let folder = home.cache_dir();
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let take = |byte: u8| {
        let mut options = fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(folder.join(format!("{byte:02x}.lock"))).unwrap();
        file.lock().unwrap();
        file
    };
    (0..=u8::MAX).map(take).collect()
}

#[cfg(unix)]
fn the_locks_of_other_identities_make_nobody_wait() {
    let stage = Stage::new().with_log();
    let _taken = folder_with_taken_locks(&stage.home);
    token_of_a_process(&stage.home, &stage.source);
    assert!(stage.log().contains("locked true"), "{}", stage.log());
    assert!(!stage.log().contains("is silent"), "{}", stage.log());
}
