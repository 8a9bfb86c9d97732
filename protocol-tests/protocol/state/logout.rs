//! `logout`: deletes tokens, and ends a sign-in on request.

use std::fs;

use serde_json::{Value, json};

use super::run;
use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use crate::support::fake_nuget::FakeNuget;
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("logout_forgets_all_tokens_and_says_how_many", all),
        trial("logout_forgets_the_tokens_of_a_domain", one_domain),
        trial("logout_forgets_refusals_and_questions", memories),
        trial("logout_sso_ends_the_sign_in_for_everybody", sso),
        trial("logout_sso_ends_it_here_where_the_portal_refuses", portal_refuses),
        trial("logout_sso_ends_an_expired_sign_in_too", expired),
        trial("logout_sso_of_an_unknown_profile_forgets_nothing", unknown),
    ]
}

fn logout(home: &SandboxHome, arguments: &[&str]) -> Run {
    run(home, &[&["logout"], arguments].concat())
}

fn tokens(home: &SandboxHome) -> Vec<Value> {
    let report = run(home, &["status", "--json"]).result();
    let tokens = report["tokens"].as_array().expect("a list").iter();
    tokens.map(|token| token["domain"].clone()).collect()
}

/// A token for each of two domains.
fn two_domains() -> (FakeCodeArtifact, SandboxHome) {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let mut nuget = FakeNuget::start(&home);
    for domain in ["one", "two"] {
        let repository = Repository { domain: domain.into(), ..Repository::new("my-repo") };
        nuget.ask(&fake.source(&repository), false, true).assert_success();
    }
    nuget.finish();
    (fake, home)
}

fn all() {
    let (fake, home) = two_domains();
    assert_eq!(tokens(&home), ["one", "two"]);
    let requests = fake.requests();
    assert_eq!(logout(&home, &[]).assert_success().stdout, "Deleted 2 cached tokens\n");
    assert_eq!(tokens(&home), [""; 0]);
    home.assert_no_secrets();
    assert_eq!(logout(&home, &[]).assert_success().stdout, "No cached tokens\n");
    assert_eq!(fake.requests(), requests, "nobody is asked");
}

fn one_domain() {
    let (_fake, home) = two_domains();
    let none = logout(&home, &["--domain", "one", "--region", "us-east-1"]);
    assert_eq!(none.assert_success().stdout, "No cached tokens of domain `one`\n");
    let none = logout(&home, &["--domain", "one", "--domain-owner", "444455556666", "--json"]);
    assert_eq!(none.result()["deleted"]["tokens"], 0);
    let forgot = logout(&home, &["--domain", "one", "--domain-owner", "111122223333"]);
    assert_eq!(forgot.assert_success().stdout, "Deleted 1 cached token of domain `one`\n");
    assert_eq!(tokens(&home), ["two"]);
}

fn memories() {
    let home = SandboxHome::new();
    let key = "0".repeat(64);
    let folder = home.cache_dir();
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        (format!("{key}.json"), r#"{"version":1,"refused":1800000000}"#),
        (format!("{key}.asked"), ""),
        // What processes leave that were killed while they stored a token or after they failed.
        (".token-a1B2c3".to_owned(), "a whole token"),
        (format!(".token-{key}.failed"), "{}"),
        (format!(".token-{key}.lock"), ""),
        ("notes.json".to_owned(), "{}"),
    ] {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    assert_eq!(
        logout(&home, &["--domain", "one"]).assert_success().stdout,
        "No cached tokens of domain `one`\n\
         Deleted 1 record of refused provided tokens: they are tried again\n\
         Deleted 1 record of unanswered sign-in prompts: the plugin asks again\n"
    );
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.json"]);
}

const FAR: &str = "2099-01-01T00:00:00Z";

fn sso() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.assert_served();
    let done = logout(&stage.home, &["--sso"]);
    done.assert_success();
    let file = stage.home.neutral(&stage.token_file().to_string_lossy());
    assert_eq!(
        stage.home.neutral(&done.stdout),
        format!(
            "Deleted 1 cached token\nSigned out of the SSO session `corp`: the plugin, the AWS CLI \
             and all SDKs (deleted `{file}`)\n"
        )
    );
    assert_eq!(stage.sso().calls().last().map(String::as_str), Some("Logout"));
    assert!(!stage.token_file().exists());
    let again = logout(&stage.home, &["--sso", "--sso-session", "corp"]);
    assert_eq!(
        again.assert_success().stdout,
        "No cached tokens\nNot signed in to the SSO session `corp`\n"
    );
    assert_eq!(stage.sso().count("Logout"), 1);
}

fn portal_refuses() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.change_token(|token| drop(token.insert("accessToken".into(), json!("FAKESSOgone"))));
    let done = logout(&stage.home, &["--sso", "--profile", "dev", "--json"]);
    done.assert_success();
    let sign_in = done.result()["signIn"].clone();
    assert_eq!((&sign_in["ssoSession"], &sign_in["portal"]), (&json!("corp"), &json!("failed")));
    let warning = sign_in["warning"]["message"].as_str().unwrap();
    assert!(warning.contains("Session token not found"), "{warning}");
    assert!(!stage.token_file().exists());
}

fn expired() {
    let stage = Stage::signing_in();
    stage.signed_in_until("2020-01-01T00:00:00Z");
    let done = logout(&stage.home, &["--sso"]);
    done.assert_success()
        .assert_says("The access token had expired, so the AWS access portal was not signed out");
    assert!(!stage.token_file().exists());
    assert_eq!(stage.sso().calls(), [""; 0]);
}

fn unknown() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.assert_served();
    let failed = logout(&stage.home, &["--sso", "--profile", "missing", "--json"]);
    failed.assert_failure();
    assert_eq!(failed.stderr, format!("error: {}\n", failed.whole_problem()));
    assert_eq!(tokens(&stage.home), ["my-domain"]);
    assert!(stage.token_file().exists());
}
