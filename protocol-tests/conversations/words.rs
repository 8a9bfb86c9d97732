//! What the user is told, for each way to fail: the line must name what, where and the way out.

use std::time::Duration;

use super::support::fake_codeartifact::TokenBehaviour::{self, Fail, Say};
use super::support::fake_nuget::FakeNuget;
use super::{OUR_LINE, stage};

/// The line that this behaviour of the token API brings.
fn line_for(behaviour: TokenBehaviour) -> String {
    let (fake, home, source) = stage();
    fake.token_api_will(behaviour);
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    let line = answer.assert_refusal("Error").the_warning().to_owned();
    assert!(line.starts_with(OUR_LINE), "{line}");
    nuget.finish();
    home.assert_no_secrets();
    line
}

#[track_caller]
fn assert_has(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}

#[test]
fn denied_the_token() {
    let text = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: \
                codeartifact:GetAuthorizationToken";
    let line = line_for(Fail(403, "AccessDeniedException", text));
    assert_has(&line, &["codeartifact:GetAuthorizationToken", "my-domain", "111122223333"]);
}

#[test]
fn denied_the_bearer_token() {
    let text = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: \
                sts:GetServiceBearerToken";
    assert_has(&line_for(Fail(403, "AccessDeniedException", text)), &["sts:GetServiceBearerToken"]);
}

#[test]
fn no_such_domain() {
    let line = line_for(Fail(404, "ResourceNotFoundException", "Domain not found"));
    assert_has(&line, &["my-domain", "111122223333", "eu-west-1"]);
}

#[test]
fn throttled() {
    let line = line_for(TokenBehaviour::Throttle(Duration::from_millis(20)));
    assert_has(&line.to_lowercase(), &["throttl"]);
}

#[test]
fn throttled_for_a_moment_only() {
    let (fake, home, source) = stage();
    for _ in 0..2 {
        fake.next_token_call_will(TokenBehaviour::Throttle(Duration::from_millis(20)));
    }
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success().assert_no_logs();
    assert_eq!(fake.token_calls().len(), 3);
    nuget.finish();
}

#[test]
fn expired_keys() {
    let line = line_for(Fail(403, "ExpiredTokenException", "The security token is expired"));
    assert_has(&line.to_lowercase(), &["expired", "credentials"]);
}

#[test]
fn unknown_keys() {
    let (_fake, mut home, source) = stage();
    home.set("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS1");
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    assert_has(&answer.assert_refusal("Error").the_warning().to_lowercase(), &["credentials"]);
    nuget.finish();
}

#[test]
fn a_wrong_secret() {
    let (_fake, mut home, source) = stage();
    home.set("AWS_SECRET_ACCESS_KEY", "not the secret");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_refusal("Error").the_warning();
    nuget.finish();
}

#[test]
fn an_answer_that_makes_no_sense() {
    let huge = format!("{{\"authorizationToken\": \"{}", "x".repeat(3_000_000));
    for body in [
        "",
        "<html>Sign in to the hotel's network</html>",
        "{}",
        "{\"authorizationToken\": 5, \"expiration\": \"soon\"}",
        "{\"authorizationToken\": \"\", \"expiration\": 4000000000}",
        "{\"authorizationToken\": \"with\\u0000control\\nbytes\", \"expiration\": 4000000000}",
        &huge,
    ] {
        let line = line_for(Say(body.as_bytes().to_vec()));
        assert!(line.len() < 2_000, "{} bytes for the user's eyes", line.len());
    }
}

#[test]
fn a_broken_connection() {
    line_for(TokenBehaviour::Close);
    line_for(TokenBehaviour::Truncate);
}

/// What a server says is shown, and must not move the user's cursor or recolour the terminal.
#[test]
fn control_characters_are_removed() {
    let text = "denied \u{1b}[31mred\u{7}\r\nNU0000: forged \u{202e}line\u{9b}2J";
    let line = line_for(Fail(403, "AccessDeniedException", text));
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(!line.contains('\u{202e}'), "{line:?}");
}

#[test]
fn no_credentials() {
    let (_fake, mut home, source) = stage();
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    home.write("home/.aws/config", "[profile fits]\nsso_account_id = 111122223333\n");
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert_has(line, &["AWS credentials", "fits", "AWS_PROFILE"]);
    nuget.finish();
}

/// A typo never becomes another identity.
#[test]
fn an_unknown_profile() {
    let (fake, mut home, source) = stage();
    home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    home.set("AWS_PROFILE", "typo");
    let keys = "[default]\naws_access_key_id = AKIAFAKEACCESSKEY001\n\
                aws_secret_access_key = fakeSecretAccessKey/0000000000000000001\n";
    let file = home.write("home/.aws/credentials", keys);
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    assert_has(answer.assert_refusal("Error").the_warning(), &["typo"]);
    assert_eq!(fake.token_calls().len(), 0);
    nuget.finish();
    std::fs::remove_file(file).unwrap();
    home.assert_no_secrets();
}

#[test]
fn a_host_without_address() {
    let (_fake, mut home, source) = stage();
    home.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://no-such-host.invalid");
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    assert_has(answer.assert_refusal("Error").the_warning(), &["no-such-host.invalid"]);
    nuget.finish();
}

#[test]
fn nobody_listens() {
    let (_fake, mut home, source) = stage();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("http://{port}"));
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_refusal("Error").the_warning();
    nuget.finish();
}

/// Keys would travel in the clear.
#[test]
fn plain_http_to_another_machine_is_refused() {
    let (fake, mut home, source) = stage();
    home.set("AWS_ENDPOINT_URL_CODEARTIFACT", "http://192.0.2.1");
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    assert_has(answer.assert_refusal("Error").the_warning(), &["http"]);
    assert_eq!(fake.token_calls().len(), 0);
    nuget.finish();
}

#[test]
fn an_impossible_duration() {
    let (fake, mut home, source) = stage();
    home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "899");
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&source, false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert_has(line, &["CODEARTIFACT_NUGET_DURATION_SECONDS", "900", "43200"]);
    assert_eq!(fake.token_calls().len(), 0);
    nuget.finish();
}
