//! `source check`: its message for each response of a source.

use serde_json::json;

use crate::support::fake_codeartifact::{
    Access, FakeCodeArtifact, Repository, TOKEN_PREFIX, TokenBehaviour,
};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("check_a_good_source", good),
        trial("check_as_json", as_json),
        trial("check_401", || {
            fails(
                Access::RefuseAlways,
                "HTTP 401: the token of the environment's keys is refused, and a new one as well. Check \
                 domain, owner and region in the URL, and the clock.",
            );
        }),
        trial("check_401_with_a_stale_token", stale),
        trial("check_403", || {
            fails(
                Access::Forbidden,
                "HTTP 403: the token of the environment's keys is valid, but may not read `my-repo`. Allow \
                 `codeartifact:ReadFromRepository` in the identity's policy and, for another account's \
                 domain, in the policy of the repository or the domain.",
            );
        }),
        trial("check_404", missing),
        trial("check_a_page", || {
            fails(
                Access::Page,
                "The response is not a NuGet index. Check the URL, and the network path to AWS.",
            );
        }),
        trial("check_a_redirect", redirect),
        trial("check_without_a_token", no_token),
        trial("check_behind_a_dead_proxy", dead_proxy),
        trial("check_a_foreign_source", foreign),
        trial("check_nothing", nothing),
    ]
}

/// The line of the one source, after its name; nothing secret is anywhere.
#[track_caller]
fn assert_fails(stage: &Stage, line: &str) {
    let run = stage.run(&["source", "check"]);
    assert_eq!(run.stdout, format!("failed: my-repo: {line}\n"), "{run}");
    assert_eq!(
        run.stderr,
        "error: [CNP414] 1 of 1 sources cannot be used, for the reasons above.\n"
    );
    assert_eq!(run.code(), Some(1));
    secret_scan::assert_no_secrets_in(&run.output(), &[TOKEN_PREFIX.to_owned()]);
    stage.home.assert_no_secrets();
}

fn fails(access: Access, line: &str) {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.fake.set_access(&stage.repository, access);
    assert_fails(&stage, line);
}

fn good() {
    let stage = Stage::new().with_package().with_nuget_config();
    let run = stage.run(&["source", "check", "MY-REPO"]);
    let start = "ok: my-repo: HTTP 200 with the token of the environment's keys (";
    assert!(run.assert_success().stdout.starts_with(start), "{run}");
    assert_eq!(stage.fake.count(&stage.repository, 200), 1);
    let run = stage.run(&["source", "check", &stage.source]);
    run.assert_success();
    assert_eq!(stage.fake.token_calls().len(), 1, "the second token is cached");
    stage.home.assert_no_secrets();
}

fn as_json() {
    let stage = Stage::new().with_package().with_nuget_config();
    let run = stage.run(&["source", "check", "--json"]);
    let report = run.assert_success().result();
    let url = &stage.source;
    let identity = "the environment's keys";
    let source = json!({"name": "my-repo", "url": url, "status": 200, "identity": identity, "problem": null});
    assert_eq!(report, json!({ "sources": [source] }));
}

fn stale() {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.run(&["source", "check"]).assert_success();
    stage.fake.revoke_issued_tokens();
    stage.run(&["source", "check"]).assert_success();
    assert_eq!(stage.fake.token_calls().len(), 2);
}

fn missing() {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.home.write_nuget_config(&[("my-repo", &stage.fake.source(&Repository::new("gone")))]);
    assert_fails(
        &stage,
        "HTTP 404: repository `gone` does not exist in domain `my-domain` (111122223333, eu-west-1). \
         List its repositories: aws codeartifact list-repositories-in-domain --domain my-domain \
         --domain-owner 111122223333 --region eu-west-1",
    );
}

fn redirect() {
    let elsewhere = FakeCodeArtifact::start();
    let stage = Stage::new().with_package().with_nuget_config();
    stage
        .fake
        .set_access(&stage.repository, Access::Redirect(format!("{}/nuget/", elsewhere.url())));
    assert_fails(
        &stage,
        "HTTP 302 is a redirect, which is not followed with a token. Check the URL, and the network \
         path to AWS.",
    );
    assert!(elsewhere.requests().is_empty());
}

fn no_token() {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.fake.token_api_will(TokenBehaviour::Fail(404, "ResourceNotFoundException", "no domain"));
    assert_fails(
        &stage,
        "Domain `my-domain` does not exist in account 111122223333, eu-west-1. Check the source's URL; \
         the account's domains are listed by: aws codeartifact list-domains --region eu-west-1",
    );
    assert!(!stage.fake.requests().iter().any(|request| request.contains("/nuget/")));
}

/// The token API is the fake's, the source AWS's own.
fn dead_proxy() {
    let mut stage = Stage::new().with_package().with_nuget_config();
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    stage.home.set("HTTPS_PROXY", &format!("http://user:hunter2@{closed}"));
    let host = "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
    stage
        .home
        .write_nuget_config(&[("my-repo", &format!("https://{host}/nuget/my-repo/v3/index.json"))]);
    let run = stage.run(&["source", "check"]);
    run.assert_failure().assert_says(&format!(
        "failed: my-repo: The proxy `{closed}` does not connect to `{host}`"
    ));
    run.assert_silent_on("hunter2");
}

fn foreign() {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.home.write_nuget_config(&[("theirs", "https://nuget.example/v3/index.json")]);
    let run = stage.run(&["source", "check", "theirs"]);
    assert_eq!(
        run.stdout,
        "failed: theirs: not a CodeArtifact URL: the host is not one of CodeArtifact's\n"
    );
    assert_eq!((run.code(), stage.fake.requests().len()), (Some(1), 0));
}

fn nothing() {
    let home = SandboxHome::new();
    for (arguments, line) in [
        (
            &["source", "check"][..],
            "error: [CNP412] No CodeArtifact source is enabled in this folder. Add one: dotnet \
             codeartifact source add URL\n",
        ),
        (
            &["source", "check", "nobody"],
            "error: [CNP411] `nobody` is neither a source of NuGet.Config nor a CodeArtifact URL. List \
             the sources: dotnet codeartifact source list\n",
        ),
    ] {
        let run = home.run_plugin(arguments);
        assert_eq!(run.stderr, line);
        assert!(!run.succeeded());
    }
}
