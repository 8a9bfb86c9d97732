//! A token that is still good is never thrown away: it is renewed before it expires, behind an answer or
//! in its last minutes, and served while that fails.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{LIMIT, conversations, expires_in};
use crate::support::fake_codeartifact::{FakeCodeArtifact, TokenBehaviour};
use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan::files_below;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_good_token_is_served_when_its_renewal_fails,
        a_good_token_is_served_when_aws_cannot_be_reached,
        a_good_token_is_served_when_the_sign_in_has_ended,
        a_renewal_that_hangs_is_waited_for_once_and_not_for_long,
        a_refused_token_is_not_served_again_when_its_renewal_fails,
        a_token_in_its_last_tenth_is_served_and_renewed_behind_the_answer,
        sixteen_processes_renew_once_behind_their_answers,
        a_renewal_ends_with_the_conversation,
        a_command_renews_in_the_last_minutes,
    ]
}

/// A token that expires after so many minutes, and what the API does from now on.
fn aged(minutes: u64, api: TokenBehaviour) -> (FakeCodeArtifact, SandboxHome, String, String) {
    let Stage { fake, home, source, .. } = Stage::new();
    let token = token_of_a_process(&home, &source);
    expires_in(&home, minutes);
    fake.token_api_will(api);
    (fake, home, source, token)
}

fn failing() -> TokenBehaviour {
    TokenBehaviour::Fail(403, "AccessDeniedException", "codeartifact:GetAuthorizationToken")
}

fn a_good_token_is_served_when_its_renewal_fails() {
    for api in [
        failing(),
        TokenBehaviour::Fail(500, "InternalServerException", "no luck"),
        TokenBehaviour::Fail(429, "ThrottlingException", "Rate exceeded"),
        TokenBehaviour::Close,
    ] {
        let (fake, home, source, token) = aged(14, api);
        assert_eq!(token_of_a_process(&home, &source), token);
        assert!(fake.token_calls().len() > 1, "a renewal is tried");
        fake.token_api_will(TokenBehaviour::Issue);
        let newer = token_of_a_process(&home, &source);
        assert_eq!(Some(&newer), fake.issued_tokens().last());
        assert_eq!(token_of_a_process(&home, &source), newer);
    }
}

fn a_good_token_is_served_when_aws_cannot_be_reached() {
    let (fake, home, source, token) = aged(14, TokenBehaviour::Issue);
    drop(fake);
    assert_eq!(token_of_a_process(&home, &source), token);
}

/// Nobody is asked to sign in as long as there is a token.
fn a_good_token_is_served_when_the_sign_in_has_ended() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device");
    stage.signed_in_until("2099-01-01T00:00:00Z");
    stage.assert_served();
    stage.expire();
    stage.change_token(|token| drop(token.remove("refreshToken")));
    for minutes in [60, 14] {
        expires_in(&stage.home, minutes);
        let mut nuget = FakeNuget::start(&stage.home);
        nuget.ask(&stage.source, false, false).assert_success().assert_no_logs();
        nuget.finish();
    }
    assert_eq!(stage.token_calls(), 1);
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 0);
}

fn a_renewal_that_hangs_is_waited_for_once_and_not_for_long() {
    let (fake, home, source, token) = aged(14, TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    let asked = Instant::now();
    for _ in 0..10 {
        let answer = nuget.ask(&source, false, true);
        assert_eq!(answer.assert_success().assert_no_logs().password(), token);
    }
    assert!(asked.elapsed() < Duration::from_secs(20), "took {:?}", asked.elapsed());
    assert_eq!(fake.token_calls().len(), 2);
    nuget.finish();
}

fn a_refused_token_is_not_served_again_when_its_renewal_fails() {
    let (_fake, home, source, token) = aged(14, failing());
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(&source, false, true).assert_success().password(), token);
    nuget.ask(&source, true, true).assert_refusal("Error").the_warning();
    nuget.ask(&source, false, true).assert_refusal("Error");
    nuget.finish();
}

/// Asks until another token than this is given.
fn newer_than(token: &str, nuget: &mut FakeNuget, source: &str) -> String {
    let deadline = Instant::now() + LIMIT;
    loop {
        let given = nuget.ask(source, false, true).assert_no_logs().password().to_owned();
        if given != token {
            return given;
        }
        assert!(Instant::now() < deadline, "it is not renewed");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_token_in_its_last_tenth_is_served_and_renewed_behind_the_answer() {
    let api = TokenBehaviour::IssueAfter(Duration::from_secs(1));
    let (fake, home, source, token) = aged(60, api);
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(&source, false, true).assert_success().password(), token);
    let newer = newer_than(&token, &mut nuget, &source);
    assert_eq!(newer, fake.issued_tokens()[1]);
    nuget.finish();
    assert_eq!(token_of_a_process(&home, &source), newer);
    assert_eq!(fake.token_calls().len(), 2);
    home.assert_no_secrets();

    expires_in(&home, 80);
    assert_eq!(token_of_a_process(&home, &source), newer);
    assert_eq!(fake.token_calls().len(), 2, "it is not in its last tenth yet");
}

fn sixteen_processes_renew_once_behind_their_answers() {
    let api = TokenBehaviour::IssueAfter(Duration::from_secs(1));
    let (fake, home, source, token) = aged(60, api);
    let mut all = conversations(&home, 16);
    for nuget in &mut all {
        nuget.ask(&source, false, true).assert_success().assert_no_logs();
    }
    for nuget in &mut all {
        newer_than(&token, nuget, &source);
    }
    all.into_iter().for_each(FakeNuget::finish);
    assert_eq!(fake.token_calls().len(), 2);
}

/// The plugin does not outlive NuGet for it, and leaves nothing half done.
fn a_renewal_ends_with_the_conversation() {
    let (fake, home, source, token) = aged(60, TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(&source, false, true).assert_success().password(), token);
    fake.wait_for_token_calls(2);
    let closed = Instant::now();
    nuget.finish();
    assert!(closed.elapsed() < Duration::from_secs(10), "took {:?}", closed.elapsed());
    let left = files_below(&home.cache_dir());
    let is_half = |file: &&PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with(".token-") && file.extension().is_none()
    };
    assert_eq!(left.iter().find(is_half), None);

    fake.token_api_will(TokenBehaviour::Issue);
    let mut nuget = FakeNuget::start(&home);
    newer_than(&token, &mut nuget, &source);
    nuget.finish();
}

fn a_command_renews_in_the_last_minutes() {
    let (fake, home, source, token) = aged(60, TokenBehaviour::Issue);
    let printed = || {
        let run = home.run_plugin(&["token", &source]);
        run.assert_success();
        assert_eq!(run.stderr, "");
        run.stdout.trim_end().to_owned()
    };
    assert_eq!(printed(), token);
    assert_eq!(fake.token_calls().len(), 1, "a command is over before a renewal behind it is");
    expires_in(&home, 14);
    fake.token_api_will(failing());
    assert_eq!(printed(), token);
    fake.token_api_will(TokenBehaviour::Issue);
    let newer = printed();
    assert_ne!(newer, token);
    assert_eq!(printed(), newer);
}
