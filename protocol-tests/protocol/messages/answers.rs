//! The API's error responses, and invalid responses.

use std::time::Duration;

use super::peers::Peer;
use crate::support::fake_codeartifact::TokenBehaviour::{self, Fail, Say, Throttle};
use crate::support::stage::conversation::failing;
use crate::support::stage::{SECRET, SOURCE, Stage};
use crate::support::trials::{Trial, trial};

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
            "[CNP501] AWS denied `codeartifact:GetAuthorizationToken` to `arn:aws:iam::111122223333:user/sandbox`. Allow it in the identity's policy and, for another account's domain, in the domain's policy.",
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
            "[CNP502] AWS denied `sts:GetServiceBearerToken` to `arn:aws:iam::111122223333:user/sandbox`. Allow it in the identity's policy with the condition `sts:AWSServiceName` = `codeartifact.amazonaws.com`.",
        ),
        failing(
            "expired_keys",
            |stage| {
                will(
                    stage,
                    Fail(
                        403,
                        "ExpiredTokenException",
                        "The security token included in the request is expired",
                    ),
                );
            },
            "[CNP222] The AWS credentials of the environment's keys have expired (ExpiredTokenException). Export new ones, or remove them: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        ),
        failing(
            "unknown_keys",
            |stage| {
                stage.set("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000");
            },
            "[CNP223] AWS does not know the access key of the environment's keys (UnrecognizedClientException). Check the key, its partition and AWS_SESSION_TOKEN with: aws sts get-caller-identity",
        ),
        failing(
            "wrong_secret_key",
            |stage| {
                stage.set("AWS_SECRET_ACCESS_KEY", "hunter2hunter2");
            },
            "[CNP224] AWS rejected the signature of the environment's keys (InvalidSignatureException): the secret key or this machine's clock is wrong. Check the secret key and the clock with: aws sts get-caller-identity",
        ),
        failing(
            "no_such_domain",
            |stage| {
                will(
                    stage,
                    Fail(
                        404,
                        "ResourceNotFoundException",
                        "Domain not found. Domain 'my-domain' owned by account '111122223333' does not exist.",
                    ),
                );
            },
            "[CNP503] Domain `my-domain` does not exist in account 111122223333, eu-west-1. Check the source's URL; the account's domains are listed by: aws codeartifact list-domains --region eu-west-1",
        ),
        failing(
            "invalid_parameter",
            |stage| {
                will(
                    stage,
                    Fail(
                        400,
                        "ValidationException",
                        "1 validation error detected: Value at 'domain' failed to satisfy constraint",
                    ),
                );
            },
            "[CNP505] AWS rejected a parameter of the request: 1 validation error detected: Value at 'domain' failed to satisfy constraint. Check the source's URL and `duration_seconds`.",
        ),
        failing(
            "unknown_code",
            |stage| will(stage, Fail(418, "TeapotException", "short and stout")),
            "[CNP506] AWS returned `TeapotException` (HTTP 418): short and stout. Try again.",
        ),
        failing(
            "unknown_code_without_message",
            |stage| will(stage, Fail(402, "PaymentException", "")),
            "[CNP506] AWS returned `PaymentException` (HTTP 402): without a message. Try again.",
        ),
        failing(
            "internal_error",
            |stage| will(stage, Fail(500, "InternalServerException", "internal failure")),
            "[CNP506] AWS returned `InternalServerException` (HTTP 500): internal failure. Try again.",
        ),
        failing(
            "control_characters_are_removed",
            |stage| {
                will(
                    stage,
                    Fail(418, "TeapotException", "\u{1b}[31mred\r\nsecond line\u{7}\u{202e}"),
                );
            },
            "[CNP506] AWS returned `TeapotException` (HTTP 418): red second line. Try again.",
        ),
    ]
}

fn nonsense() -> Vec<Trial> {
    vec![
        failing(
            "garbage",
            |stage| will(stage, Say(b"\xff\xfe{{{ hunter2".to_vec())),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 200, without a token). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "answer_cut_off",
            |stage| will(stage, Say(br#"{"authorizationToken":"hunter2"#.to_vec())),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 200, without a token). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "truncated",
            |stage| will(stage, TokenBehaviour::Truncate),
            "[CNP303] The connection to `127.0.0.1:<port>` failed: it was closed before the response. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Try again, and check AWS_ENDPOINT_URL_CODEARTIFACT, the proxies and firewalls on the way to it.",
        ),
        failing(
            "hung_up",
            |stage| will(stage, TokenBehaviour::Close),
            "[CNP303] The connection to `127.0.0.1:<port>` failed: it was closed before the response. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Try again, and check AWS_ENDPOINT_URL_CODEARTIFACT, the proxies and firewalls on the way to it.",
        ),
        failing(
            "reset",
            |stage| {
                let peer = Peer::resetting();
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "[CNP303] The connection to `127.0.0.1:<port>` failed: Connection reset by peer (os error 104). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Try again, and check AWS_ENDPOINT_URL_CODEARTIFACT, the proxies and firewalls on the way to it.",
        ),
        failing(
            "two_lengths",
            |stage| {
                let peer = Peer::saying(
                    "HTTP/1.1 200 OK\r\ncontent-length: 7\r\ncontent-length: 9\r\n\r\nhunter2hunter2",
                );
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (invalid content-length parsed). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "endless_headers",
            |stage| {
                let peer =
                    Peer::dripping("HTTP/1.1 200 OK\r\n", "x: hunter2hunter2\r\n", Duration::ZERO);
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (message head is too large). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "empty_answer",
            |stage| will(stage, Say(vec![])),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (it has no usable token, or no expiration). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "empty_token",
            |stage| {
                will(stage, Say(br#"{"authorizationToken":"","expiration":4102444800}"#.to_vec()));
            },
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (it has no usable token, or no expiration). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "no_expiration",
            |stage| will(stage, Say(br#"{"authorizationToken":"hunter2"}"#.to_vec())),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (it has no usable token, or no expiration). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "expiration_in_words",
            |stage| {
                will(
                    stage,
                    Say(br#"{"authorizationToken":"hunter2","expiration":"tomorrow"}"#.to_vec()),
                );
            },
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 200, without a token). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "html",
            |stage| will(stage, Say(b"<html><body>Sign in to hunter2</body></html>".to_vec())),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 200, without a token). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "html_error_of_a_gateway",
            |stage| answered(stage, "502 Bad Gateway", "text/html", "<html>hunter2</html>"),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 502, not from AWS). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Try again later, and check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "forbidden_without_a_code",
            |stage| answered(stage, "403 Forbidden", "text/plain", "go away, hunter2"),
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 403, not from AWS). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "redirect",
            |stage| {
                let peer = Peer::saying(
                    "HTTP/1.1 302 Found\r\nlocation: http://login.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                );
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "[CNP312] `127.0.0.1:<port>` redirects to `login.example` (HTTP 302), as AWS never does. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. If the network has a sign-in page, sign in there with a browser; else check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "not_http",
            |stage| {
                let peer = Peer::saying("SSH-2.0-OpenSSH_9.2\r\n");
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
            },
            "[CNP310] Unexpected response from `127.0.0.1:<port>` (it does not speak HTTP). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        trial("an_outage_without_a_code_is_tried_again", outage),
        trial("huge_answer", huge),
        trial("huge_message_is_cut", huge_message),
    ]
}

/// With a page of the proxy's or nothing at all.
fn outage() {
    for (status, body) in
        [("502 Bad Gateway", ""), ("503 Service Unavailable", "<html>"), ("504 Timeout", "{}")]
    {
        let mut stage = Stage::new().with_log();
        let peer = Peer::answering(status, "text/html", body);
        stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
        let line = stage.line_for(SOURCE);
        assert!(
            line.contains(&format!("`127.0.0.1:<port>` (HTTP {}, not from AWS)", &status[..3])),
            "{line}"
        );
        assert_eq!(peer.heads().len(), 3, "{status}");
    }
}

/// Neither memory nor the line grows with it.
fn huge() {
    let stage = Stage::new().with_log();
    will(&stage, Say(vec![b' '; 64 << 20]));
    stage.assert_fails("[CNP310] Unexpected response from `127.0.0.1:<port>` (it is longer than any token). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.");
}

fn huge_message() {
    let stage = Stage::new().with_log();
    let message: &'static str = Box::leak("long ".repeat(100_000).into_boxed_str());
    will(&stage, Fail(418, "TeapotException", message));
    let line = stage.line_for(SOURCE);
    assert!(line.len() < 700, "{} bytes", line.len());
}

fn throttled_and_well() {
    let stage = Stage::new().with_log();
    stage.fake.next_token_call_will(Throttle(Duration::from_millis(300)));
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls().len(), 2);
}

fn server_error_and_well() {
    let stage = Stage::new().with_log();
    stage.fake.next_token_call_will(Fail(503, "ServiceUnavailable", "later"));
    stage.fake.next_token_call_will(TokenBehaviour::Close);
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls().len(), 3);
}

fn user_agent() {
    let stage = Stage::new().with_log();
    stage.assert_succeeds();
    let agent = stage.fake.token_calls()[0].user_agent.clone();
    let own = concat!("lib/nuget-plugin-codeartifact/", env!("CARGO_PKG_VERSION"));
    assert!(agent.split(' ').any(|word| word == own), "{agent}");
}

fn will(stage: &Stage, behaviour: TokenBehaviour) {
    stage.fake.token_api_will(behaviour);
}

fn answered(stage: &mut Stage, status: &str, content_type: &str, body: &str) {
    assert!(body.contains(SECRET), "bodies are shown to nobody");
    let peer = Peer::answering(status, content_type, body);
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
}
