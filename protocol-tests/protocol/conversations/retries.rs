//! `IsRetry` says that NuGet got a 401 or 403 from the source, and not that our token was bad.

use std::time::{Duration, Instant};

use crate::support::fake_codeartifact::{FakeCodeArtifact, IDENTITY_ARN, Repository};
use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_retry_before_anything_was_handed_out_takes_the_cache_as_usual,
        a_refused_token_from_the_cache_is_replaced_once,
        a_token_fetched_just_now_is_given_again_and_the_refusal_explained,
        an_sts_that_never_answers_is_waited_for_two_seconds_at_most,
        a_retry_of_one_domain_leaves_the_other_alone,
    ]
}

/// The other domain's credentials were tried there; ours were not.
fn a_retry_before_anything_was_handed_out_takes_the_cache_as_usual() {
    let Stage { fake, home, source, .. } = Stage::new();
    let token = warm_up(&home, &source);
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, true, true);
    assert_eq!(answer.assert_success().assert_no_logs().password(), token);
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

fn a_refused_token_from_the_cache_is_replaced_once() {
    let Stage { fake, home, source, .. } = Stage::new();
    let cached = warm_up(&home, &source);
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(&source, false, true).password(), cached);
    let newer = nuget.ask(&source, true, true);
    assert_ne!(newer.assert_success().assert_no_logs().password(), cached);
    for _ in 0..2 {
        let again = nuget.ask(&source, true, true);
        assert_eq!(again.assert_success().password(), newer.password());
    }
    assert_eq!(fake.token_calls().len(), 2);
    nuget.finish();
}

/// Never Error: NuGet would remember it for every repository of the host.
fn a_token_fetched_just_now_is_given_again_and_the_refusal_explained() {
    let Stage { fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    let first = nuget.ask(&source, false, true);
    let second = nuget.ask(&source, true, true);
    assert_eq!(second.assert_success().password(), first.password());
    let line = second.the_warning();
    assert!(line.starts_with(OUR_LINE), "{line}");
    for part in ["my-repo", "my-domain", IDENTITY_ARN, "codeartifact:ReadFromRepository"] {
        assert!(line.contains(part), "no {part} in {line}");
    }
    nuget.ask(&source, true, true).assert_success().assert_no_logs();
    assert_eq!(fake.token_calls().len(), 1);
    assert_eq!(fake.sts_calls(), ["GetCallerIdentity"]);
    nuget.finish();
}

fn an_sts_that_never_answers_is_waited_for_two_seconds_at_most() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.sts_hangs();
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success();
    let asked = Instant::now();
    nuget.ask(&source, true, true).assert_success().the_warning();
    assert!(asked.elapsed() < Duration::from_secs(4), "took {:?}", asked.elapsed());
    nuget.finish();
}

fn a_retry_of_one_domain_leaves_the_other_alone() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let first = fake.source(&Repository::of("first", "111122223333", "my-repo"));
    let second = fake.source(&Repository::of("second", "111122223333", "my-repo"));
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&first, false, true).assert_success().assert_no_logs();
    let answer = nuget.ask(&second, true, true);
    assert!(answer.assert_success().assert_no_logs().password().contains("second"));
    assert_eq!(fake.token_calls().len(), 2);
    nuget.finish();
}

/// Fetches a token in a conversation of its own.
fn warm_up(home: &SandboxHome, source: &str) -> String {
    let mut nuget = FakeNuget::start(home);
    let token = nuget.ask(source, false, true).assert_success().password().to_owned();
    nuget.finish();
    token
}
