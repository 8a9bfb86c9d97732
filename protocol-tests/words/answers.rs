//! What the API says, and what it says that makes no sense.

use std::time::Duration;

use libtest_mimic::Trial;

use super::peers::Peer;
use super::stage::{SECRET, Stage, failing, trial};
use super::support::fake_codeartifact::TokenBehaviour::{self, Fail, Say, Throttle};

pub fn trials() -> Vec<Trial> {
    let mut trials = refusals();
    trials.extend(nonsense());
    trials.extend([
        trial("a_throttle_that_ends_well", throttled_and_well),
        trial("a_server_error_that_ends_well", server_error_and_well),
        trial("user_agent_has_name_and_version", user_agent),
    ]);
    trials
}

fn refusals() -> Vec<Trial> {
    vec![
        failing(
            "denied_token",
            |stage| {
                will(
                    stage,
                    Fail(
                        403,
                        "AccessDeniedException",
                        "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: codeartifact:GetAuthorizationToken on resource: arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain",
                    ),
                );
            },
            "x",
        ),
        failing(
            "denied_bearer_token",
            |stage| {
                will(
                    stage,
                    Fail(
                        403,
                        "AccessDeniedException",
                        "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: sts:GetServiceBearerToken on resource: arn:aws:iam::111122223333:user/sandbox",
                    ),
                );
            },
            "x",
        ),
        failing(
            "expired_keys",
            |stage| will(stage, Fail(403, "ExpiredTokenException", "The security token included in the request is expired")),
            "x",
        ),
        failing(
            "unknown_keys",
            |stage| {
                stage.set("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000");
            },
            "x",
        ),
        failing(
            "wrong_secret_key",
            |stage| {
                stage.set("AWS_SECRET_ACCESS_KEY", "hunter2hunter2");
            },
            "x",
        ),
        failing(
            "no_such_domain",
            |stage| will(stage, Fail(404, "ResourceNotFoundException", "Domain not found. Domain 'my-domain' owned by account '111122223333' does not exist.")),
            "x",
        ),
        failing("throttled", |stage| will(stage, Throttle(Duration::from_millis(10))), "x"),
        failing(
            "invalid_parameter",
            |stage| will(stage, Fail(400, "ValidationException", "1 validation error detected: Value at 'domain' failed to satisfy constraint")),
            "x",
        ),
        failing("unknown_code", |stage| will(stage, Fail(418, "TeapotException", "short and stout")), "x"),
        failing("unknown_code_without_message", |stage| will(stage, Fail(402, "PaymentException", "")), "x"),
        failing("internal_error", |stage| will(stage, Fail(500, "InternalServerException", "internal failure")), "x"),
        failing("control_characters_are_removed", |stage| will(stage, Fail(418, "TeapotException", "\u{1b}[31mred\r\nsecond line\u{7}\u{202e}")), "x"),
    ]
}

fn nonsense() -> Vec<Trial> {
    vec![
        failing("garbage", |stage| will(stage, Say(b"\xff\xfe{{{ hunter2".to_vec())), "x"),
        failing("truncated", |stage| will(stage, TokenBehaviour::Truncate), "x"),
        failing("hung_up", |stage| will(stage, TokenBehaviour::Close), "x"),
        failing("empty_answer", |stage| will(stage, Say(vec![])), "x"),
        failing("empty_token", |stage| will(stage, Say(br#"{"authorizationToken":"","expiration":4102444800}"#.to_vec())), "x"),
        failing("no_expiration", |stage| will(stage, Say(br#"{"authorizationToken":"hunter2"}"#.to_vec())), "x"),
        failing("expiration_in_words", |stage| will(stage, Say(br#"{"authorizationToken":"hunter2","expiration":"tomorrow"}"#.to_vec())), "x"),
        failing("html", |stage| will(stage, Say(b"<html><body>Sign in to hunter2</body></html>".to_vec())), "x"),
        failing(
            "html_error_of_a_gateway",
            |stage| answered(stage, "502 Bad Gateway", "text/html", "<html>hunter2</html>"),
            "x",
        ),
        failing(
            "forbidden_without_a_code",
            |stage| answered(stage, "403 Forbidden", "text/plain", "go away, hunter2"),
            "x",
        ),
        failing(
            "redirect",
            |stage| {
                let peer = Peer::saying("HTTP/1.1 302 Found\r\nlocation: http://login.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "x",
        ),
        failing(
            "not_http",
            |stage| {
                let peer = Peer::saying("SSH-2.0-OpenSSH_9.2\r\n");
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "x",
        ),
        trial("huge_answer", huge),
        trial("huge_message_is_cut", huge_message),
    ]
}

/// Neither memory nor the line grows with it.
fn huge() {
    let stage = Stage::new();
    will_not(&stage, Say(vec![b' '; 64 << 20]));
    stage.assert_fails("x");
}

fn huge_message() {
    let stage = Stage::new();
    let message: &'static str = Box::leak("long ".repeat(100_000).into_boxed_str());
    will_not(&stage, Fail(418, "TeapotException", message));
    let line = stage.line_for(super::stage::SOURCE);
    assert!(line.len() < 1_000, "{} bytes", line.len());
}

fn throttled_and_well() {
    let stage = Stage::new();
    stage.fake.next_token_call_will(Throttle(Duration::from_millis(300)));
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls().len(), 2);
}

fn server_error_and_well() {
    let stage = Stage::new();
    stage.fake.next_token_call_will(Fail(503, "ServiceUnavailable", "later"));
    stage.fake.next_token_call_will(TokenBehaviour::Close);
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls().len(), 3);
}

fn user_agent() {
    let stage = Stage::new();
    stage.assert_succeeds();
    let agent = stage.fake.token_calls()[0].user_agent.clone();
    let own = concat!("lib/nuget-plugin-codeartifact/", env!("CARGO_PKG_VERSION"));
    assert!(agent.split(' ').any(|word| word == own), "{agent}");
}

fn will(stage: &mut Stage, behaviour: TokenBehaviour) {
    stage.fake.token_api_will(behaviour);
}

fn will_not(stage: &Stage, behaviour: TokenBehaviour) {
    stage.fake.token_api_will(behaviour);
}

fn answered(stage: &mut Stage, status: &str, content_type: &str, body: &str) {
    assert!(body.contains(SECRET), "bodies are shown to nobody");
    let peer = Peer::answering(status, content_type, body);
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
}
