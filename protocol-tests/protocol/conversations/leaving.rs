//! The end of a conversation, and of the process.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::fake_nuget::FakeNuget;
use crate::support::process::{SLEEP, sleeping};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        close_is_not_answered_and_ends_the_process,
        close_ends_a_waiting_ask_as_well,
        the_end_of_input_ends_the_process,
        the_end_of_input_before_any_word_ends_the_process,
        the_end_of_input_ends_the_process_while_aws_never_answers,
        the_end_of_input_ends_the_process_while_a_child_never_answers,
        the_end_of_nuget_ends_the_process_though_the_input_stays_open,
        a_nuget_that_is_gone_already_ends_the_process,
    ]
}

/// The goal is 200 ms; a busy machine may take longer.
const AT_ONCE: Duration = Duration::from_secs(1);

fn close_is_not_answered_and_ends_the_process() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    nuget.send(json!({"RequestId": "close-1", "Type": "Request", "Method": "Close"}));
    assert!(nuget.wait_exit(AT_ONCE).success());
    nuget.expect_silence(Duration::ZERO);
}

fn close_ends_a_waiting_ask_as_well() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    nuget.begin_ask(&source, false, true);
    nuget.send(json!({"RequestId": "close-1", "Type": "Request", "Method": "Close"}));
    assert!(nuget.wait_exit(AT_ONCE).success());
}

fn the_end_of_input_ends_the_process() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    leave(&mut nuget);
}

fn the_end_of_input_before_any_word_ends_the_process() {
    let mut nuget = FakeNuget::launch(&SandboxHome::new());
    leave(&mut nuget);
}

fn the_end_of_input_ends_the_process_while_aws_never_answers() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    nuget.begin_ask(&source, false, true);
    fake.wait_for_token_calls(1);
    leave(&mut nuget);
}

fn the_end_of_input_ends_the_process_while_a_child_never_answers() {
    let Stage { fake: _fake, mut home, source, .. } = Stage::new();
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    home.write("home/.aws/config", &format!("[default]\ncredential_process = {SLEEP}\n"));
    let mut nuget = FakeNuget::start(&home);
    let id = nuget.begin_ask(&source, false, true);
    nuget.wait_for_progress(&id);
    leave(&mut nuget);
}

fn the_end_of_nuget_ends_the_process_though_the_input_stays_open() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let mut parent = sleeping().spawn().unwrap();
    nuget.monitor_process_exit(parent.id());
    parent.kill().unwrap();
    parent.wait().unwrap();
    nuget.wait_exit(Duration::from_secs(5));
}

fn a_nuget_that_is_gone_already_ends_the_process() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    // No system assigns so high a number.
    nuget.request("MonitorNuGetProcessExit", json!({"ProcessId": 2_147_483_646}));
    nuget.wait_exit(Duration::from_secs(5));
}

fn leave(nuget: &mut FakeNuget) {
    let left = Instant::now();
    nuget.close_stdin();
    let status = nuget.wait_exit(AT_ONCE);
    assert!(status.success(), "left with {status} after {:?}", left.elapsed());
}
