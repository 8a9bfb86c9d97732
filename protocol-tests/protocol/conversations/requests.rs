//! Responses to requests: for our URLs, for foreign ones, and for many at once.

use std::time::{Duration, Instant};

use super::access_denied;
use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository, TokenBehaviour};
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{FOREIGN, OUR_LINE, SOURCE, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    let timed = named![
        a_foreign_url_gets_error_at_once_and_in_silence,
        many_asks_at_once_are_answered_each_by_its_own_token,
    ];
    let others = named![
        success_is_basic_credentials_for_user_aws,
        success_says_nothing_to_the_user,
        a_second_ask_gets_the_same_token,
        a_warm_cache_answers_while_aws_is_down,
        a_foreign_url_is_answered_while_ours_waits,
        a_foreign_url_stays_silent_beside_a_broken_configuration,
        a_configuration_that_the_user_corrects_counts_at_once,
        a_foreign_url_needs_no_home,
        asks_at_once_for_one_domain_share_one_call,
        a_failure_of_ours_is_error_where_no_one_can_act,
        a_failure_of_ours_is_not_found_where_the_user_can_act,
        a_failure_is_explained_once_in_a_conversation,
        our_host_with_an_unusable_path_gets_the_line_with_the_right_url,
        the_call_names_domain_owner_region_and_us,
    ];
    timed.into_iter().map(Trial::alone).chain(others).collect()
}

fn success_is_basic_credentials_for_user_aws() {
    let Stage { fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    assert_eq!(answer.assert_success().password(), fake.issued_tokens()[0]);
    nuget.finish();
    home.assert_no_secrets();
}

fn success_says_nothing_to_the_user() {
    let Stage { fake: _fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    let shown = |level: &str| matches!(level, "Minimal" | "Warning" | "Error");
    assert!(!answer.assert_success().logs.iter().any(|line| shown(&line.level)), "{answer:?}");
    assert_eq!(nuget.stderr(), "");
    nuget.finish();
}

fn a_second_ask_gets_the_same_token() {
    let Stage { fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    let first = nuget.ask(&source, false, true);
    let other_repository = fake.source(&Repository::new("other-repo"));
    let second = nuget.ask(&other_repository, false, true);
    assert_eq!(first.password(), second.password(), "one token serves the whole domain");
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

fn a_warm_cache_answers_while_aws_is_down() {
    let Stage { fake, home, source, .. } = Stage::new();
    let mut cold = FakeNuget::start(&home);
    let token = cold.ask(&source, false, true).password().to_owned();
    cold.finish();
    fake.token_api_will(TokenBehaviour::Close);
    let mut warm = FakeNuget::start(&home);
    assert_eq!(warm.ask(&source, false, true).assert_success().password(), token);
    warm.finish();
    assert_eq!(fake.token_calls().len(), 1);
    home.assert_no_secrets();
}

fn a_foreign_url_gets_error_at_once_and_in_silence() {
    let Stage { fake, home, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    for interactive in [false, true] {
        let asked = Instant::now();
        nuget.ask(FOREIGN, false, !interactive).assert_refusal("Error").assert_no_logs();
        assert!(asked.elapsed() < Duration::from_secs(1), "took {:?}", asked.elapsed());
    }
    nuget.ask(FOREIGN, true, true).assert_refusal("Error").assert_no_logs();
    assert_eq!(fake.token_calls().len(), 0);
    assert_eq!(nuget.stderr(), "");
    nuget.finish();
}

fn a_foreign_url_is_answered_while_ours_waits() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::Hang);
    let mut nuget = FakeNuget::start(&home);
    let ours = nuget.begin_ask(&source, false, true);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    nuget.cancel(&ours);
    nuget.expect(serde_json::json!({"RequestId": ours, "Type": "Cancel"}));
    nuget.finish();
}

fn a_foreign_url_stays_silent_beside_a_broken_configuration() {
    let Stage { fake: _fake, home, source, .. } = Stage::new();
    home.write_configuration("duration_seconds = 900\n[[hosts]]\nhost = 'x\n");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    // The fake's host would have been named in the file, so it is foreign now.
    nuget.ask(&source, false, true).assert_refusal("Error").assert_no_logs();
    let ours =
        "https://d1-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/r1/v3/index.json";
    let answer = nuget.ask(ours, false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert!(line.contains("config.toml"), "{line}");
    assert!(line.contains("line 3") || line.contains(":3:"), "no line number: {line}");
    nuget.finish();
}

/// A client that lives long asks again in the same conversation.
fn a_configuration_that_the_user_corrects_counts_at_once() {
    let stage = Stage::new();
    stage.home.write_configuration("duration_seconds = \n");
    let mut nuget = FakeNuget::start(&stage.home);
    let line = nuget.ask(SOURCE, false, false).assert_refusal("NotFound").the_warning().to_owned();
    assert!(line.contains("config.toml"), "{line}");
    stage.home.write_configuration("duration_seconds = 900\n");
    nuget.ask(SOURCE, false, false).assert_success().assert_no_logs();
    nuget.finish();
    assert_eq!(stage.token_calls(), 1);
}

fn a_foreign_url_needs_no_home() {
    let mut home = SandboxHome::new();
    home.unset("HOME").unset("CODEARTIFACT_NUGET_CACHE_DIR");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}

fn many_asks_at_once_are_answered_each_by_its_own_token() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(1)));
    let mut nuget = FakeNuget::start(&home);
    let asked = Instant::now();
    let domains = ["first-domain", "second-domain", "third-domain", "fourth-domain"];
    let asks = domains.map(|domain| {
        let source = fake.source(&Repository::of(domain, "111122223333", "my-repo"));
        (domain, nuget.begin_ask(&source, false, true))
    });
    for (domain, id) in asks {
        let answer = nuget.answer_to(&id, LIMIT);
        assert!(answer.assert_success().password().contains(domain), "{domain}: {answer:?}");
    }
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(3_500), "one after the other: {took:?}");
    nuget.finish();
}

fn asks_at_once_for_one_domain_share_one_call() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_millis(300)));
    let mut nuget = FakeNuget::start(&home);
    let asks: Vec<_> = (0..8).map(|_| nuget.begin_ask(&source, false, true)).collect();
    for id in asks {
        nuget.answer_to(&id, LIMIT).assert_success();
    }
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

/// NuGet remembers Error for the life of its process, which is short on a build machine.
fn a_failure_of_ours_is_error_where_no_one_can_act() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert!(line.starts_with(OUR_LINE), "{line}");
    assert!(line.contains("codeartifact:GetAuthorizationToken"), "{line}");
    nuget.finish();
}

/// A client that may interact lives long, and should ask again after the user has signed in.
fn a_failure_of_ours_is_not_found_where_the_user_can_act() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.next_token_call_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, false);
    assert!(answer.assert_refusal("NotFound").the_warning().starts_with(OUR_LINE));
    nuget.ask(&source, false, false).assert_success();
    nuget.finish();
}

fn a_failure_is_explained_once_in_a_conversation() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.token_api_will(access_denied());
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, false).assert_refusal("NotFound").the_warning();
    for is_retry in [true, true, false] {
        nuget.ask(&source, is_retry, false).assert_refusal("NotFound").assert_no_logs();
    }
    nuget.finish();
}

/// The host shows that the URL is ours, so the user learns what the path should be.
fn our_host_with_an_unusable_path_gets_the_line_with_the_right_url() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let host = "https://d1-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
    let answer = nuget.ask(&format!("{host}/npm/my-repo/"), false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert!(line.contains(&format!("{host}/nuget/")), "{line}");
    assert!(line.contains("/v3/index.json"), "{line}");
    nuget.finish();
}

fn the_call_names_domain_owner_region_and_us() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "900");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success();
    let call = &fake.token_calls()[0];
    let asked = (&*call.domain, &*call.owner, &*call.region, &*call.duration);
    assert_eq!(asked, ("my-domain", "111122223333", "eu-west-1", "900"));
    assert!(call.user_agent.contains("nuget-plugin-codeartifact"), "{}", call.user_agent);
    nuget.finish();
}
