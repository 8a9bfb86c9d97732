//! Where there is no head start.

use std::fs;

use super::{
    assert_no_head_start, config, foreign_restore, over, record, started_early, yesterday,
};
use crate::support::stage::conversation::token_of_a_process;
use crate::support::stage::{FOREIGN, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_token_that_is_still_served_is_not_requested,
        a_folder_whose_last_restore_needed_no_token_has_none,
        a_variable_and_a_key_of_the_file_switch_it_off,
        an_invalid_variable_switches_it_off,
        a_provided_token_needs_none,
        an_sso_session_that_needs_a_person_is_left_alone,
        a_program_that_prints_credentials_is_not_started,
        another_identity_has_none,
        an_owner_that_a_policy_refuses_has_none,
        a_host_that_is_no_longer_listed_has_none,
        another_folder_whose_sources_are_others_has_none,
        no_cache_means_none,
        a_check_of_the_handshake_makes_no_call,
        a_user_of_others_sources_gets_no_folder,
    ]
}

fn a_token_that_is_still_served_is_not_requested() {
    let stage = Stage::new().with_log();
    token_of_a_process(&stage.home, &stage.source);
    assert_no_head_start(&stage);
}

fn a_folder_whose_last_restore_needed_no_token_has_none() {
    let stage = Stage::new().with_log();
    token_of_a_process(&stage.home, &stage.source);
    foreign_restore(&stage);
    stage.forget_tokens();
    let over = fs::read_to_string(record(&stage)).unwrap();
    let (before, after) = over.split_once("\"fresh_until\":").expect("a time");
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    fs::write(record(&stage), format!("{before}\"fresh_until\":1{after}")).unwrap();
    assert_no_head_start(&stage);
}

fn a_variable_and_a_key_of_the_file_switch_it_off() {
    let mut stage = yesterday();
    stage.set("CODEARTIFACT_NUGET_HEAD_START", "Off");
    assert_no_head_start(&stage);
    stage.unset("CODEARTIFACT_NUGET_HEAD_START");
    let listed = stage.listed_host();
    stage.home.write_configuration(&format!("head_start = \"off\"\n{listed}"));
    assert_no_head_start(&stage);
}

fn an_invalid_variable_switches_it_off() {
    let mut stage = yesterday();
    stage.set("CODEARTIFACT_NUGET_HEAD_START", "no");
    let line = stage.line_for(&stage.source);
    let cause = "Invalid value `no` for CODEARTIFACT_NUGET_HEAD_START: expected auto or off";
    assert!(line.contains(cause), "{line}");
    assert_no_head_start(&stage);
}

fn a_provided_token_needs_none() {
    let mut stage = yesterday();
    stage.set("CODEARTIFACT_AUTH_TOKEN", "provided");
    stage.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain");
    assert_no_head_start(&stage);
}

fn an_sso_session_that_needs_a_person_is_left_alone() {
    let mut stage = Stage::signing_in();
    stage.signed_in_until("2099-01-01T00:00:00Z");
    stage = over(stage);
    stage.may_ask("device");
    stage.expire();
    stage.change_token(|token| drop(token.remove("refreshToken")));
    let calls = stage.sso().calls();
    assert_no_head_start(&stage);
    assert_eq!(stage.sso().calls(), calls);
}

fn a_program_that_prints_credentials_is_not_started() {
    let mut stage = Stage::new();
    let [id, secret] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| {
        let found = stage.home.environment().find(|(key, _)| *key == name);
        found.expect("a key of the fake").1.clone()
    });
    let keys = format!("\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"{secret}\"");
    let ran = stage.home.root().join("ran");
    let line = format!("{{\"Version\":1,{keys}}}");
    let program = stage.home.program_that_says("program", &line, &ran);
    stage.with_profile(&format!("[profile dev]\ncredential_process = {}\n", program.display()));
    let stage = over(stage);
    fs::remove_file(&ran).expect("it ran for NuGet's request");
    assert_no_head_start(&stage);
    assert!(!ran.exists());
}

fn another_identity_has_none() {
    let mut stage = yesterday();
    stage.set("AWS_ACCESS_KEY_ID", "AKIAOTHER");
    assert_no_head_start(&stage);
}

fn an_owner_that_a_policy_refuses_has_none() {
    let stage = yesterday();
    let listed = stage.listed_host();
    let policy = "[policy]\nallowed_owners = [\"444455556666\"]\n";
    stage.home.write_configuration(&format!("{listed}{policy}"));
    assert_no_head_start(&stage);
}

fn a_host_that_is_no_longer_listed_has_none() {
    let stage = yesterday();
    stage.home.write_configuration("");
    assert_no_head_start(&stage);
}

fn another_folder_whose_sources_are_others_has_none() {
    let mut stage = yesterday();
    stage.home.work_in("project/below");
    assert_no_head_start(&stage);
    stage.home.work_in("elsewhere");
    assert_no_head_start(&stage);
    stage.home.write("elsewhere/NuGet.Config", &config(FOREIGN));
    assert_no_head_start(&stage);
}

fn no_cache_means_none() {
    for mode in ["off", "memory"] {
        let mut stage = yesterday();
        stage.set("CODEARTIFACT_NUGET_CACHE", mode);
        assert_no_head_start(&stage);
    }
}

/// `install` and `doctor` start plugins, too. Anybody else who starts one there has a head start.
fn a_check_of_the_handshake_makes_no_call() {
    let mut stage = yesterday();
    let before = fs::read(record(&stage)).unwrap();
    // For the user everywhere, so that it is a source of the folder in which `install` tries it.
    stage.home.write("home/.nuget/NuGet/NuGet.Config", &config(&stage.source));
    stage.home.succeed(&["install"]);
    assert_eq!(stage.token_calls(), 1, "{}", stage.log());
    assert_eq!(fs::read(record(&stage)).unwrap(), before);
    stage.home.work_in("elsewhere");
    drop(started_early(&stage));
}

fn a_user_of_others_sources_gets_no_folder() {
    let stage = Stage::new();
    foreign_restore(&stage);
    assert!(!stage.home.cache_dir().exists());
}
