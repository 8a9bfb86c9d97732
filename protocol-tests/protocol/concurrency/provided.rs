//! Tokens that the user provides: when one serves, and the messages about one that does not.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::fake_codeartifact::{ACCESS_KEY_ID, FakeCodeArtifact, SECRET_ACCESS_KEY};
use crate::support::fake_nuget::{Answer, FakeNuget};
use crate::support::sandbox_home::SandboxHome;
use crate::support::secret_scan;
use crate::support::stage::Stage;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        it_serves_on_awss_hosts_without_an_aws_file_a_request_or_a_trace,
        unbound_it_never_goes_to_a_host_of_the_users_own,
        bound_to_the_domain_it_serves_on_a_host_of_the_users_own_as_well,
        bound_to_another_domain_it_is_not_for_this_one,
        two_domains_can_have_one_each,
        a_file_that_was_renewed_counts_in_the_same_conversation,
        an_expired_one_is_skipped_and_named,
        what_is_not_there_is_only_told_where_aws_credentials_do_not_serve,
        what_is_garbage_is_named_and_aws_credentials_serve,
        refused_it_is_replaced_once_named_and_remembered,
        one_repositorys_refusal_is_not_anothers,
        a_renewed_one_is_not_taken_for_the_refused_one,
        refused_and_without_aws_credentials_it_is_given_again_and_both_are_named,
        a_refused_file_is_replaced_by_the_variable_and_then_by_aws_credentials,
        a_cached_token_takes_a_refused_ones_place_without_a_request,
        the_token_command_prints_a_new_one_and_nothing_else,
        a_setting_that_cannot_be_meant_fails_the_ask,
        a_foreign_source_is_answered_in_silence,
        a_token_of_the_cache_is_not_served_while_a_given_one_does,
        the_identity_of_a_rule_goes_before_it_and_a_rule_without_one_does_not,
        it_does_not_go_to_a_domain_that_the_policy_forbids,
    ]
}

/// A repository on a host of AWS's own. Nothing connects to it here.
const OF_AWS: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

const OTHER_DOMAIN: &str =
    "https://other-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

/// What a user has in the variable.
const GIVEN: &str = "eyJ2ZXIiOjEsImdpdmVuIjoiaHVudGVyMiJ9";

const VARIABLE: &str = "CODEARTIFACT_AUTH_TOKEN";
const FILE: &str = "CODEARTIFACT_AUTH_TOKEN_FILE";
const DOMAIN: &str = "CODEARTIFACT_NUGET_TOKEN_DOMAIN";

const IN_ITS_PLACE: &str = "A token of the environment's keys is used in its place.";

fn with_variable() -> (FakeCodeArtifact, SandboxHome, String) {
    let Stage { fake, mut home, source, .. } = Stage::new();
    home.set(VARIABLE, GIVEN);
    (fake, home, source)
}

fn without_keys(home: &mut SandboxHome) {
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
}

/// Writes the file that [`FILE`] names.
fn with_file(home: &mut SandboxHome, text: &str) -> String {
    let path = home.write("secrets/token", text).to_string_lossy().into_owned();
    home.set(FILE, &path);
    path
}

fn json(expires_in: i64, more: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let expiration = now.checked_add_signed(expires_in).unwrap();
    format!(r#"{{"authorizationToken":"{GIVEN}","expiration":{expiration}{more}}}"#)
}

/// Of a conversation of its own.
fn answer_of_a_process(home: &SandboxHome, source: &str) -> Answer {
    let mut nuget = FakeNuget::start(home);
    let answer = nuget.ask(source, false, true);
    nuget.finish();
    answer
}

/// The one line, at a level that does not turn a Success into a failure.
#[track_caller]
fn assert_noted(answer: &Answer, line: &str) {
    let lines: Vec<_> = answer.logs.iter().map(|it| (&*it.level, &*it.text)).collect();
    let line = format!("[CredentialProvider]CodeArtifact: {line}");
    assert_eq!(lines, [("Minimal", &*line)]);
}

/// The token is in nothing that the plugin wrote, including the token cache.
fn assert_nowhere(home: &SandboxHome) {
    let secrets = home.root().join("secrets");
    secret_scan::assert_no_secrets(home.root(), &[GIVEN.to_owned()], &[secrets]);
}

fn it_serves_on_awss_hosts_without_an_aws_file_a_request_or_a_trace() {
    let (fake, mut home, _) = with_variable();
    let log = home.root().join("plugin.log");
    home.set("CODEARTIFACT_NUGET_LOG_FILE", &log.to_string_lossy());
    // Reading it would make the request fail.
    without_keys(&mut home);
    home.set("AWS_PROFILE", "missing");
    assert_eq!(token_of_a_process(&home, OF_AWS), GIVEN);
    assert_eq!(fake.requests(), [""; 0]);
    assert_nowhere(&home);
    assert!(
        std::fs::read_to_string(log)
            .unwrap()
            .contains("the token of CODEARTIFACT_AUTH_TOKEN serves")
    );
}

fn unbound_it_never_goes_to_a_host_of_the_users_own() {
    let (fake, mut home, source) = with_variable();
    let token = token_of_a_process(&home, &source);
    assert!(token.starts_with("FAKECODEARTIFACTTOKEN"), "{token}");
    assert_eq!(fake.token_calls().len(), 1);
    with_file(&mut home, &json(3600, ""));
    assert_eq!(token_of_a_process(&home, &source), token);
}

fn bound_to_the_domain_it_serves_on_a_host_of_the_users_own_as_well() {
    for bound_to in ["my-domain", "my-domain-111122223333"] {
        let (fake, mut home, source) = with_variable();
        home.set(DOMAIN, bound_to);
        assert_eq!(token_of_a_process(&home, &source), GIVEN, "{bound_to}");
        assert_eq!(fake.requests(), [""; 0]);
    }
    let Stage { fake, mut home, source, .. } = Stage::new();
    with_file(
        &mut home,
        &json(3600, r#","domain":"my-domain","owner":"111122223333","region":"eu-west-1""#),
    );
    assert_eq!(token_of_a_process(&home, &source), GIVEN);
    assert_eq!(fake.requests(), [""; 0]);
}

fn bound_to_another_domain_it_is_not_for_this_one() {
    for bound_to in ["my", "domain", "my-domain-444455556666", "my-domain-two"] {
        let (fake, mut home, _) = with_variable();
        home.set(DOMAIN, bound_to);
        assert_ne!(token_of_a_process(&home, OF_AWS), GIVEN, "{bound_to}");
        assert_eq!(fake.token_calls().len(), 1);
    }
    for other in [r#""domain":"other""#, r#""owner":"444455556666""#, r#""region":"us-east-1""#] {
        let Stage { fake: _fake, mut home, .. } = Stage::new();
        with_file(&mut home, &json(3600, &format!(",{other}")));
        assert_ne!(token_of_a_process(&home, OF_AWS), GIVEN, "{other}");
    }
}

fn two_domains_can_have_one_each() {
    let (_fake, mut home, _) = with_variable();
    with_file(&mut home, r#"{"authorizationToken":"ofthefile","domain":"other"}"#);
    assert_eq!(token_of_a_process(&home, OF_AWS), GIVEN);
    assert_eq!(token_of_a_process(&home, OTHER_DOMAIN), "ofthefile");
}

fn a_file_that_was_renewed_counts_in_the_same_conversation() {
    let Stage { fake: _fake, mut home, .. } = Stage::new();
    with_file(&mut home, "first\n");
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(OF_AWS, false, true).password(), "first");
    with_file(&mut home, "second\n");
    assert_eq!(nuget.ask(OF_AWS, false, true).password(), "second");
    nuget.finish();
}

fn an_expired_one_is_skipped_and_named() {
    let Stage { fake, mut home, .. } = Stage::new();
    let path = with_file(&mut home, &json(50, ""));
    let answer = answer_of_a_process(&home, OF_AWS);
    assert_ne!(answer.assert_success().password(), GIVEN);
    let said = format!(
        "The provided token in {FILE} `{path}` has expired. {IN_ITS_PLACE} Renew it, or unset the variable."
    );
    assert_noted(&answer, &said);
    assert_eq!(fake.token_calls().len(), 1);
    with_file(&mut home, &json(90, ""));
    assert_eq!(token_of_a_process(&home, OF_AWS), GIVEN);
}

fn what_is_not_there_is_only_told_where_aws_credentials_do_not_serve() {
    let Stage { fake: _fake, mut home, .. } = Stage::new();
    let missing = home.root().join("secrets/none").to_string_lossy().into_owned();
    home.set(FILE, &missing);
    token_of_a_process(&home, OF_AWS);
    with_file(&mut home, "");
    token_of_a_process(&home, OF_AWS);
    home.set(FILE, &missing).set("AWS_PROFILE", "none");
    without_keys(&mut home);
    let answer = answer_of_a_process(&home, OF_AWS);
    let line = answer.assert_refusal("Error").the_warning();
    let said = format!(
        "[CNP240] The provided token in {FILE} `{missing}` does not exist. AWS_PROFILE names profile \
         `none`, which does not exist"
    );
    assert!(line.contains(&said), "{line}");
}

fn what_is_garbage_is_named_and_aws_credentials_serve() {
    let Stage { fake: _fake, mut home, .. } = Stage::new();
    let path = with_file(&mut home, "hunter2 hunter2");
    let answer = answer_of_a_process(&home, OF_AWS);
    answer.assert_success();
    let said = format!(
        "The provided token in {FILE} `{path}` contains characters that no token has. {IN_ITS_PLACE} Correct it, or unset the variable."
    );
    assert_noted(&answer, &said);
}

fn refused_it_is_replaced_once_named_and_remembered() {
    let (fake, home, _) = with_variable();
    let said = format!(
        "The provided token in {VARIABLE} was refused by repository `my-repo`. {IN_ITS_PLACE} Renew it, or unset the variable."
    );
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(OF_AWS, false, true).assert_no_logs().password(), GIVEN);
    let newer = nuget.ask(OF_AWS, true, true);
    assert_noted(&newer, &said);
    let token = newer.assert_success().password().to_owned();
    assert!(token.starts_with("FAKECODEARTIFACTTOKEN"), "{token}");
    // Refused again: the permission is missing, and AWS's own token is explained.
    let again = nuget.ask(OF_AWS, true, true);
    assert_eq!(again.assert_success().password(), token);
    assert!(again.the_warning().contains("`codeartifact:ReadFromRepository`"));
    nuget.finish();
    let next = answer_of_a_process(&home, OF_AWS);
    assert_eq!(next.assert_success().password(), token);
    assert_noted(&next, &said);
    assert_eq!(fake.token_calls().len(), 1);
    assert_nowhere(&home);
}

/// NuGet does not distinguish 401 from 403, and the token may be good there.
fn one_repositorys_refusal_is_not_anothers() {
    let (_fake, home, _) = with_variable();
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(OF_AWS, false, true).assert_success();
    assert_ne!(nuget.ask(OF_AWS, true, true).password(), GIVEN);
    nuget.finish();
    for other in [OF_AWS.replace("my-repo", "second"), OTHER_DOMAIN.to_owned()] {
        assert_eq!(token_of_a_process(&home, &other), GIVEN);
    }
}

fn a_renewed_one_is_not_taken_for_the_refused_one() {
    let (_fake, mut home, _) = with_variable();
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(OF_AWS, false, true).assert_success();
    assert_ne!(nuget.ask(OF_AWS, true, true).password(), GIVEN);
    nuget.finish();
    home.set(VARIABLE, "renewed");
    assert_eq!(token_of_a_process(&home, OF_AWS), "renewed");
}

/// NuGet would remember an Error for the host, and the token may be good for its other
/// repositories.
fn refused_and_without_aws_credentials_it_is_given_again_and_both_are_named() {
    let (fake, mut home, _) = with_variable();
    without_keys(&mut home);
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(OF_AWS, false, true).assert_success().assert_no_logs();
    let answer = nuget.ask(OF_AWS, true, true);
    assert_eq!(answer.assert_success().password(), GIVEN);
    let line = answer.the_warning();
    let said = "[CredentialProvider]CodeArtifact: [CNP240] The provided token in CODEARTIFACT_AUTH_TOKEN was \
                refused by repository `my-repo`. No AWS credentials found for domain `my-domain`";
    assert!(line.starts_with(said), "{line}");
    for _ in 0..2 {
        let again = nuget.ask(OF_AWS, true, true);
        assert_eq!(again.assert_success().assert_no_logs().password(), GIVEN);
    }
    let second = OF_AWS.replace("my-repo", "second");
    assert_eq!(nuget.ask(&second, true, true).assert_no_logs().password(), GIVEN);
    let line = nuget.ask(&second, true, true).the_warning().to_owned();
    assert_eq!(
        line,
        "[CredentialProvider]CodeArtifact: [CNP511] Repository `second` of domain `my-domain` \
         (111122223333, eu-west-1) refused the token of CODEARTIFACT_AUTH_TOKEN: it has expired, is \
         for another domain, or is not allowed there. Renew it, or unset the variable."
    );
    nuget.finish();
    // Nothing is remembered: what was missing may be allowed by then.
    assert_eq!(token_of_a_process(&home, OF_AWS), GIVEN);
    assert_eq!(fake.requests(), [""; 0]);
}

fn a_refused_file_is_replaced_by_the_variable_and_then_by_aws_credentials() {
    let (fake, mut home, _) = with_variable();
    let path = with_file(&mut home, "ofthefile");
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(OF_AWS, false, true).password(), "ofthefile");
    let second = nuget.ask(OF_AWS, true, true);
    assert_eq!(second.assert_success().password(), GIVEN);
    let refused =
        format!("The provided token in {FILE} `{path}` was refused by repository `my-repo`.");
    let said = format!(
        "{refused} A token of {VARIABLE} is used in its place. Renew it, or unset the variable."
    );
    assert_noted(&second, &said);
    let third = nuget.ask(OF_AWS, true, true);
    assert!(third.assert_success().password().starts_with("FAKECODEARTIFACTTOKEN"));
    let said = format!(
        "{refused} The provided token in {VARIABLE} was refused by repository `my-repo`. {IN_ITS_PLACE} Renew it, or unset the variable."
    );
    assert_noted(&third, &said);
    assert_eq!(fake.token_calls().len(), 1);
    nuget.finish();
}

fn a_cached_token_takes_a_refused_ones_place_without_a_request() {
    let Stage { fake, mut home, .. } = Stage::new();
    let cached = token_of_a_process(&home, OF_AWS);
    home.set(VARIABLE, GIVEN);
    let mut nuget = FakeNuget::start(&home);
    assert_eq!(nuget.ask(OF_AWS, false, true).password(), GIVEN);
    assert_eq!(nuget.ask(OF_AWS, true, true).password(), cached);
    // That one is refused as well: a newer one.
    let newer = nuget.ask(OF_AWS, true, true).assert_success().password().to_owned();
    assert_ne!(newer, cached);
    assert_eq!(fake.token_calls().len(), 2);
    nuget.finish();
}

/// Printing a token is how users renew a provided one.
fn the_token_command_prints_a_new_one_and_nothing_else() {
    let (fake, mut home, _) = with_variable();
    with_file(&mut home, "garbage of hunter2");
    let run = home.run_plugin(&["token", OF_AWS]);
    run.assert_success();
    assert_eq!(run.stdout.trim_end(), fake.issued_tokens()[0]);
    assert_eq!(run.stderr, "");
}

fn a_setting_that_cannot_be_meant_fails_the_ask() {
    for (name, value, expected) in [
        (DOMAIN, "My Domain", "a domain, such as `my-domain` or `my-domain-111122223333`"),
        (FILE, "secrets/token", "an absolute path"),
    ] {
        let (_fake, mut home, _) = with_variable();
        home.set(name, value);
        let answer = answer_of_a_process(&home, OF_AWS);
        let line = answer.assert_refusal("Error").the_warning();
        let said =
            format!("Invalid value `{value}` for {name}: expected {expected}. Correct or unset it");
        assert!(line.ends_with(&said), "{line}");
    }
}

/// Whatever the variables say, another provider's source causes no work and no message.
fn a_foreign_source_is_answered_in_silence() {
    let (_fake, mut home, _) = with_variable();
    home.set(FILE, "relative");
    let answer = answer_of_a_process(&home, "https://pkgs.example.com/nuget/v3/index.json");
    answer.assert_refusal("Error").assert_no_logs();
}

fn a_token_of_the_cache_is_not_served_while_a_given_one_does() {
    let Stage { fake, mut home, .. } = Stage::new();
    let cached = token_of_a_process(&home, OF_AWS);
    home.set(VARIABLE, GIVEN);
    assert_eq!(token_of_a_process(&home, OF_AWS), GIVEN);
    home.unset(VARIABLE);
    assert_eq!(token_of_a_process(&home, OF_AWS), cached);
    assert_eq!(fake.token_calls().len(), 1);
}

fn the_identity_of_a_rule_goes_before_it_and_a_rule_without_one_does_not() {
    let (fake, home, _) = with_variable();
    home.write(
        "home/.aws/credentials",
        &format!(
            "[build]\naws_access_key_id = {ACCESS_KEY_ID}\n\
             aws_secret_access_key = {SECRET_ACCESS_KEY}\n"
        ),
    );
    home.write_configuration(
        "[[rules]]\nrepository = \"by-rule\"\nprofile = \"build\"\n\
         [[rules]]\nrepository = \"my-*\"\nduration_seconds = 900\n",
    );
    let by_rule = OF_AWS.replace("my-repo", "by-rule");
    assert_ne!(token_of_a_process(&home, &by_rule), GIVEN);
    assert_eq!(fake.token_calls().len(), 1);
    assert_eq!(token_of_a_process(&home, OF_AWS), GIVEN);
    // NuGet tried the rule's token there: this repository's is another.
    let mut nuget = FakeNuget::start(&home);
    assert_ne!(nuget.ask(&by_rule, false, true).password(), GIVEN);
    let answer = nuget.ask(OF_AWS, true, true);
    assert_eq!(answer.assert_success().assert_no_logs().password(), GIVEN);
    nuget.finish();
    assert_eq!(fake.token_calls().len(), 1);
}

fn it_does_not_go_to_a_domain_that_the_policy_forbids() {
    let (_fake, home, _) = with_variable();
    home.write_configuration("[policy]\nallowed_owners = [\"444455556666\"]\n");
    let answer = answer_of_a_process(&home, OF_AWS);
    assert!(answer.assert_refusal("Error").the_warning().contains("`allowed_owners`"));
}
