//! Log requests: when they may be sent, and how long their Response is waited for.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::access_denied;
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::stage::{FOREIGN, OUR_LINE, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    let timed = named![
        the_answer_waits_for_the_response_to_the_log,
        the_answer_waits_for_a_second_at_most,
    ];
    let others = named![
        nothing_is_logged_before_set_log_level,
        nothing_is_logged_below_the_level,
        a_warning_is_logged_at_its_own_level,
        a_fault_in_answer_to_a_log_does_not_hurt,
        the_log_file_tells_the_conversation_without_its_secrets,
        the_log_file_is_found_again_after_others_rotate_it,
    ];
    timed.into_iter().map(Trial::alone).chain(others).collect()
}

fn nothing_is_logged_before_set_log_level() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::launch(&home);
    nuget.answer_their_handshake();
    nuget.handshake();
    nuget.initialize("00:00:30");
    nuget.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}

fn nothing_is_logged_below_the_level() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    nuget.set_log_level("Error");
    nuget.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}

fn a_warning_is_logged_at_its_own_level() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    nuget.set_log_level("Warning");
    nuget.ask(&source, false, true).assert_refusal("Error").the_warning();
    nuget.finish();
}

/// NuGet loses a text if the response arrives before it has read the text.
fn the_answer_waits_for_the_response_to_the_log() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    nuget.answer_logs(false);
    let id = nuget.begin_ask(&source, false, true);
    let line = nuget.expect_log();
    assert!(line.text.starts_with(OUR_LINE), "{line:?}");
    nuget.expect_silence(Duration::from_millis(400));
    nuget.send(json!({
        "RequestId": line.request_id, "Type": "Response", "Method": "Log",
        "Payload": {"ResponseCode": "Success"}
    }));
    nuget.answer_to(&id, Duration::from_millis(500)).assert_refusal("Error");
    nuget.finish();
}

fn the_answer_waits_for_a_second_at_most() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    nuget.answer_logs(false);
    let id = nuget.begin_ask(&source, false, true);
    let logged = nuget.expect_log().at;
    nuget.answer_to(&id, LIMIT).assert_refusal("Error");
    let waited = logged.elapsed();
    let expected = Duration::from_millis(900)..Duration::from_secs(2);
    assert!(expected.contains(&waited), "waited for {waited:?}");
    nuget.finish();
}

/// NuGet does so if it has not applied the log level yet.
fn a_fault_in_answer_to_a_log_does_not_hurt() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    nuget.answer_logs(false);
    let id = nuget.begin_ask(&source, false, true);
    let line = nuget.expect_log();
    nuget.send(json!({
        "RequestId": line.request_id, "Type": "Fault", "Method": "Log",
        "Payload": {"Message": "no"}
    }));
    nuget.answer_to(&id, LIMIT).assert_refusal("Error");
    nuget.finish();
}

fn the_log_file_tells_the_conversation_without_its_secrets() {
    let Stage { fake: _fake, mut home, source, .. } = Stage::new();
    let file = home.root().join("log/plugin.log");
    fs::create_dir(home.root().join("log")).unwrap();
    home.set("CODEARTIFACT_NUGET_LOG_FILE", &file.to_string_lossy());
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success();
    nuget.finish();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("GetAuthenticationCredentials"), "{text}");
    home.assert_no_secrets();
}

/// As `logrotate` does while a client lives.
fn the_log_file_is_found_again_after_others_rotate_it() {
    let stage = Stage::new().with_log();
    let mut nuget = FakeNuget::start(&stage.home);
    let moved = stage.log_path().with_extension("moved");
    nuget.ask(&stage.source, false, true).assert_success();
    fs::rename(stage.log_path(), &moved).unwrap();
    nuget.ask(FOREIGN, false, true).assert_refusal("Error");
    assert!(stage.log().contains("foreign: "), "{}", stage.log());
    assert!(!fs::read_to_string(&moved).unwrap().contains("foreign: "));
    fs::remove_file(stage.log_path()).unwrap();
    nuget.ask(&stage.source, false, true).assert_success();
    assert!(stage.log().contains("ours: "), "{}", stage.log());
    nuget.finish();
}
