//! The rows of the retry table that need more than one process, domain or repository; the plain ones
//! are among the conversations.

use std::time::{Duration, Instant};

use crate::support::fake_codeartifact::{
    FakeCodeArtifact, IDENTITY_ARN, Repository, TokenBehaviour,
};
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        the_line_names_domain_repository_and_identity,
        without_sts_the_line_comes_after_two_seconds_with_progress_meanwhile,
        a_newer_token_of_another_process_is_taken_from_the_cache,
        a_forbidden_repository_does_not_break_its_neighbour,
        a_repository_that_refused_the_old_token_is_given_the_new_one_without_a_word,
        two_domains_behind_one_host_have_a_token_each_in_every_restore,
        a_replacement_that_cannot_be_fetched_is_explained,
        a_refused_token_is_told_without_a_cache_as_well,
    ]
}

/// The message about `identity` and a repository that refused a token of the domain `my-domain`.
fn refused_line(identity: &str, repository: &str) -> String {
    format!(
        "[CredentialProvider]CodeArtifact: [CNP507] Repository `{repository}` of domain `my-domain` (111122223333, eu-west-1) refused a new token of {identity}. Allow `codeartifact:ReadFromRepository` (restore) or `codeartifact:PublishPackageVersion` (push), or correct the repository's name in the source's URL."
    )
}

fn the_line_names_domain_repository_and_identity() {
    let Stage { fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success().assert_no_logs();
    let answer = nuget.ask(&source, true, true);
    assert_eq!(answer.the_warning(), refused_line(&format!("`{IDENTITY_ARN}`"), "my-repo"));
    assert_eq!(fake.sts_calls(), ["GetCallerIdentity"]);
    nuget.finish();
    home.assert_no_secrets();
}

fn without_sts_the_line_comes_after_two_seconds_with_progress_meanwhile() {
    let Stage { fake, home, source, .. } = Stage::new();
    fake.sts_hangs();
    let mut nuget = FakeNuget::start(&home);
    nuget.initialize("00:00:03");
    nuget.ask(&source, false, true).assert_success();
    let asked = Instant::now();
    let answer = nuget.ask(&source, true, true);
    let took = asked.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&took), "took {took:?}");
    assert_eq!(answer.the_warning(), refused_line("the AWS identity", "my-repo"));
    assert!(!answer.progress.is_empty());
    nuget.finish();
}

fn a_newer_token_of_another_process_is_taken_from_the_cache() {
    let Stage { fake, home, source, .. } = Stage::new();
    let refused = token_of_a_process(&home, &source);
    let [mut one, mut other] = [(); 2].map(|()| FakeNuget::start(&home));
    for nuget in [&mut one, &mut other] {
        assert_eq!(nuget.ask(&source, false, true).password(), refused);
    }
    let newer = one.ask(&source, true, true).assert_success().password().to_owned();
    assert_ne!(newer, refused);
    let answer = other.ask(&source, true, true);
    assert_eq!(answer.assert_success().assert_no_logs().password(), newer);
    assert_eq!(fake.token_calls().len(), 2);
    assert_eq!(token_of_a_process(&home, &source), newer);
    one.finish();
    other.finish();
}

/// NuGet would remember an Error for the host, and the good repository would go down with it.
fn a_forbidden_repository_does_not_break_its_neighbour() {
    let Stage { fake, home, source: good, .. } = Stage::new();
    let forbidden = fake.source(&Repository::new("forbidden"));
    let mut nuget = FakeNuget::start(&home);
    let token = nuget.ask(&good, false, true).assert_success().password().to_owned();
    // NuGet tried the good one's credentials there by itself.
    let refused = nuget.ask(&forbidden, true, true);
    assert_eq!(refused.the_warning(), refused_line(&format!("`{IDENTITY_ARN}`"), "forbidden"));
    assert_eq!(refused.assert_success().password(), token);
    for _ in 0..2 {
        let again = nuget.ask(&forbidden, true, true);
        assert_eq!(again.assert_success().assert_no_logs().password(), token);
    }
    let answer = nuget.ask(&good, false, true);
    assert_eq!(answer.assert_success().assert_no_logs().password(), token);
    assert_eq!(fake.token_calls().len(), 1);
    assert_eq!(fake.sts_calls().len(), 1);
    nuget.finish();
}

/// A cached token that no repository accepts any more, and two repositories that both refuse it:
/// the second one refused the old token too, so it gets the new one.
fn a_repository_that_refused_the_old_token_is_given_the_new_one_without_a_word() {
    let Stage { fake, home, source: first, .. } = Stage::new();
    let second = fake.source(&Repository::new("second"));
    token_of_a_process(&home, &first);
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&first, false, true).assert_success();
    let newer =
        nuget.ask(&first, true, true).assert_success().assert_no_logs().password().to_owned();
    let answer = nuget.ask(&second, true, true);
    assert_eq!(answer.assert_success().assert_no_logs().password(), newer);
    // Now it was given this very token.
    let answer = nuget.ask(&second, true, true);
    assert_eq!(answer.the_warning(), refused_line(&format!("`{IDENTITY_ARN}`"), "second"));
    assert_eq!(answer.assert_success().password(), newer);
    assert_eq!(fake.token_calls().len(), 2);
    nuget.finish();
}

fn two_domains_behind_one_host_have_a_token_each_in_every_restore() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let sources = ["first", "second"]
        .map(|domain| fake.source(&Repository::of(domain, "111122223333", "my-repo")));
    let mut given = vec![];
    for _ in 0..2 {
        let mut nuget = FakeNuget::start(&home);
        for (source, is_retry) in sources.iter().zip([false, true]) {
            let answer = nuget.ask(source, is_retry, true);
            given.push(answer.assert_success().assert_no_logs().password().to_owned());
        }
        // NuGet comes back with the first one after the second's credentials failed there.
        let answer = nuget.ask(&sources[0], true, true);
        assert_eq!(answer.assert_success().assert_no_logs().password(), given[0]);
        nuget.finish();
    }
    assert_eq!(given[..2], given[2..]);
    assert_ne!(given[0], given[1]);
    assert_eq!(fake.token_calls().len(), 2);
}

fn a_replacement_that_cannot_be_fetched_is_explained() {
    let Stage { fake, home, source, .. } = Stage::new();
    token_of_a_process(&home, &source);
    let text = "User is not authorized to perform: codeartifact:GetAuthorizationToken";
    fake.token_api_will(TokenBehaviour::Fail(403, "AccessDeniedException", text));
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success();
    let answer = nuget.ask(&source, true, true);
    assert!(answer.the_warning().contains("codeartifact:GetAuthorizationToken"));
    answer.assert_refusal("Error");
    nuget.finish();
}

/// Without a cache every request fetches, and a retry still explains the refusal.
fn a_refused_token_is_told_without_a_cache_as_well() {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.set("CODEARTIFACT_NUGET_CACHE", "off");
    let mut nuget = FakeNuget::start(&home);
    let ask = nuget.begin_ask(&source, false, true);
    let token = nuget.answer_to(&ask, LIMIT).assert_success().password().to_owned();
    let answer = nuget.ask(&source, true, true);
    answer.the_warning();
    assert_eq!(answer.assert_success().password(), token);
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}
