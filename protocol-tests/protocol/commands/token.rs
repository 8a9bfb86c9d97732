//! `token`: what is printed, and what is not.

use std::time::Duration;

use serde_json::Value;

use crate::support::fake_internet::FakeInternet;
use crate::support::stage::{NAMES, SOURCE, Stage, failure};
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_token_that_has_expired_as_it_comes_is_not_handed_over,
        raw_is_the_token_and_a_line_end,
        json_is_one_stable_object,
        a_failure_is_json_as_well,
        #[cfg(unix)]
        a_shell_gets_the_token_whatever_is_in_it,
        each_shell_has_its_own_line,
        what_cmd_would_read_otherwise_is_refused,
        on_github_actions_it_is_masked_where_a_script_does_not_capture_it,
        the_duration_is_the_one_that_was_asked_for,
        a_given_token_is_not_handed_out_again,
        what_names_nothing_is_refused_with_the_way_out,
        a_named_profile_is_used_alone_also_where_the_environment_has_keys,
        a_policy_bounds_the_duration_and_the_owner,
        a_cold_token_connects_to_the_api_of_its_region_and_to_nothing_else,
    ]
}

/// All that a token could hold and a shell could read otherwise.
#[cfg(unix)]
const ODD_TOKEN: &str = "it's-$(id)`id`$HOME\\%PATH%!x;&|\"<>#";

fn a_token_that_has_expired_as_it_comes_is_not_handed_over() {
    let stage = Stage::new();
    stage.fake.tokens_live(Duration::ZERO);
    let run = stage.run(&["token", SOURCE]);
    assert_eq!(
        failure(&run, 1),
        "error: [CNP227] AWS issued a token for domain `my-domain` (111122223333, eu-west-1) that has \
         already expired by this machine's clock. Set this machine's clock.\n"
    );
}

fn raw_is_the_token_and_a_line_end() {
    for words in [&[SOURCE][..], &NAMES] {
        let stage = Stage::new();
        let run = stage.run(&[&["token"], words].concat());
        run.assert_success();
        assert_eq!(run.stdout, format!("{}\n", stage.issued()));
        assert_eq!(run.stderr, "");
    }
}

fn json_is_one_stable_object() {
    let stage = Stage::new();
    stage.issues("the-token");
    let expected = concat!(
        r#"{"authorizationToken":"the-token","expiration":"2100-01-01T00:00:00Z","#,
        r#""domain":"my-domain","domainOwner":"111122223333","region":"eu-west-1"}"#,
        "\n"
    );
    let as_aws_has_it = stage.run(&["token", "--format", "json", SOURCE]);
    assert_eq!(as_aws_has_it.assert_success().stdout, expected);
    let run = stage.run(&["token", SOURCE, "--json"]);
    let expected: Value = serde_json::from_str(expected).expect("an object");
    assert_eq!(run.assert_success().result(), expected);
}

fn a_failure_is_json_as_well() {
    let mut stage = Stage::new();
    stage.without_keys();
    let run = stage.run(&["token", SOURCE, "--json"]);
    let said = failure(&run, 1).strip_prefix("error: ").expect("a line of ours");
    assert_eq!(run.whole_problem(), said.trim_end());
    let line =
        "[CNP201] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1). ";
    assert!(said.starts_with(line), "{said}");
}

#[cfg(unix)]
fn a_shell_gets_the_token_whatever_is_in_it() {
    let stage = Stage::new();
    stage.issues(ODD_TOKEN);
    let run = stage.sh(&format!(
        "eval \"$(\"$PLUGIN\" token --format sh {SOURCE})\"; printenv CODEARTIFACT_AUTH_TOKEN"
    ));
    assert_eq!(run.assert_success().stdout, format!("{ODD_TOKEN}\n"));
}

fn each_shell_has_its_own_line() {
    let stage = Stage::new();
    stage.issues("it's");
    let line =
        |format| stage.run(&["token", SOURCE, "--format", format]).assert_success().stdout.clone();
    assert_eq!(line("sh"), "export CODEARTIFACT_AUTH_TOKEN='it'\\''s'\n");
    assert_eq!(line("powershell"), "$env:CODEARTIFACT_AUTH_TOKEN = 'it''s'\n");
    assert_eq!(line("cmd"), "set \"CODEARTIFACT_AUTH_TOKEN=it's\"\n");
}

fn what_cmd_would_read_otherwise_is_refused() {
    for odd in ["100%", "a!b", "a^b", "a&b", "a|b", "a\"b"] {
        let stage = Stage::new();
        stage.issues(odd);
        let run = stage.run(&["token", SOURCE, "--format", "cmd"]);
        assert!(failure(&run, 1).starts_with("error: [CNP806] "), "{run}");
        assert_eq!(run.stdout, "");
    }
}

fn on_github_actions_it_is_masked_where_a_script_does_not_capture_it() {
    let mut stage = Stage::new();
    stage.home.set("GITHUB_ACTIONS", "true");
    let run = stage.run(&["token", SOURCE]);
    let token = stage.issued();
    assert_eq!(run.assert_success().stdout, format!("{token}\n"));
    assert_eq!(run.stderr, format!("::add-mask::{token}\n"));
}

fn the_duration_is_the_one_that_was_asked_for() {
    let stage = Stage::new();
    stage.run(&["token", SOURCE, "--duration-seconds", "900"]).assert_success();
    assert_eq!(stage.fake.token_calls()[0].duration, "900");
    for wrong in ["899", "43201", "1h"] {
        let run = stage.run(&["token", SOURCE, "--duration-seconds", wrong]);
        assert!(
            failure(&run, 2).contains("0 (as long as the role's session) or 900 to 43200"),
            "{run}"
        );
    }
}

fn a_given_token_is_not_handed_out_again() {
    let mut stage = Stage::new();
    stage.home.set("CODEARTIFACT_AUTH_TOKEN", "given");
    let run = stage.run(&["token", SOURCE]);
    assert_eq!(run.assert_success().stdout, format!("{}\n", stage.issued()));
}

fn what_names_nothing_is_refused_with_the_way_out() {
    let stage = Stage::new();
    for (words, line) in [
        (
            &["--repository", "a b"][..],
            "Invalid value `a b` for --repository: expected 2 to 100 of A-Z, a-z, 0-9, `.`, `_` and `-`",
        ),
        (
            &["--repository", "\u{1b}[31mx"],
            "Invalid value `x` for --repository: expected 2 to 100 of",
        ),
    ] {
        let run = stage.run(&[&["token"], &NAMES[..], words].concat());
        assert!(failure(&run, 2).starts_with(&format!("error: [CNP803] {line}")), "{run}");
    }
    let run = stage.run(&["token", "https://nuget.example/v3/index.json"]);
    assert!(failure(&run, 2).starts_with("error: [CNP407] "), "{run}");
    assert_eq!(stage.fake.token_calls(), []);
}

fn a_named_profile_is_used_alone_also_where_the_environment_has_keys() {
    const PROFILES: &str =
        "[mine]\naws_access_key_id = AKIAMINE000000000001\naws_secret_access_key = secretOfMine\n";
    let stage = Stage::new();
    stage.home.write("home/.aws/credentials", PROFILES);
    stage.fake.add_access_key(
        "AKIAMINE000000000001",
        "secretOfMine",
        "arn:aws:iam::111122223333:user/mine",
    );
    stage.run(&["token", SOURCE, "--profile", "mine"]).assert_success();
    stage.run(&["token", SOURCE]).assert_success();
    let keys: Vec<_> =
        stage.fake.token_calls().into_iter().map(|call| call.access_key_id).collect();
    assert_eq!(
        keys,
        ["AKIAMINE000000000001", "AKIAFAKEACCESSKEY001"],
        "the cache keeps them apart"
    );
    let run = stage.run(&["token", SOURCE, "--profile", "typo"]);
    assert_eq!(
        failure(&run, 1),
        "error: [CNP203] Profile `typo` does not exist (the only profile is `mine`). Choose another one with --profile, as listed by: aws configure list-profiles\n"
    );
}

fn a_policy_bounds_the_duration_and_the_owner() {
    let stage = Stage::new();
    let policy = "[policy]\nlongest_duration_seconds = 1800\nallowed_owners = [\"111122223333\"]\n";
    stage.home.write_configuration(policy);
    stage.run(&["token", SOURCE, "--duration-seconds", "43200"]).assert_success();
    assert_eq!(stage.fake.token_calls()[0].duration, "1800");
    let run = stage.run(&["token", &SOURCE.replace("111122223333", "444455556666")]);
    assert!(failure(&run, 1).contains("Account 444455556666 is not in `allowed_owners`"), "{run}");
    assert_eq!(stage.fake.token_calls().len(), 1);
}

/// All that is not on this machine goes through the proxy.
fn a_cold_token_connects_to_the_api_of_its_region_and_to_nothing_else() {
    const API: &str = "codeartifact.eu-west-1.amazonaws.com";
    let mut stage = Stage::new();
    let internet = FakeInternet::start(&stage.fake, &[API]);
    let authority = stage.home.write("authority.pem", internet.authority());
    stage.home.unset("AWS_ENDPOINT_URL_CODEARTIFACT").unset("AWS_ENDPOINT_URL_STS");
    stage.home.set("HTTPS_PROXY", &internet.proxy_url());
    stage.home.set("AWS_CA_BUNDLE", &authority.to_string_lossy());
    let run = stage.run(&["token", SOURCE]);
    assert_eq!(run.assert_success().stdout, format!("{}\n", stage.issued()));
    assert_eq!(internet.targets(), [format!("{API}:443")]);
}
