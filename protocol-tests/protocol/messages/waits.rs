//! A call that hangs ends in about a minute with its own message; a slow call succeeds.

use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use super::peers::FullQueue;
use super::peers::Peer;
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, TokenBehaviour};
use crate::support::process::{SLEEP, by_shell};
use crate::support::stage::conversation::HEAD;
use crate::support::stage::{SECRET, SOURCE, Stage};
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("hung_api", hung_api),
        trial("hung_process", hung_process),
        trial("hung_tls", hung_tls),
        trial("hung_proxy", hung_proxy),
        trial("dripping_answer", dripping_answer),
        trial("endless_interim_answers", endless_interim_answers),
        #[cfg(target_os = "linux")]
        trial("hung_connect", hung_connect),
        trial("slow_api_succeeds", slow_api),
        trial("a_lost_answer_is_asked_for_again", lost_answer),
        trial("a_lost_answer_of_sts_is_asked_for_again", lost_answer_of_sts),
        trial("throttled_until_the_limit", throttled),
        trial("a_wait_that_aws_asks_for_is_kept", asked_to_wait),
        trial("a_wait_beyond_the_limit_is_told_at_once", asked_to_wait_too_long),
        trial("slow_process_succeeds", slow_process),
    ]
}

fn hung_api() {
    let stage = Stage::new().with_log();
    stage.fake.token_api_will(TokenBehaviour::Hang);
    ends_in_a_minute(
        &stage,
        "[CNP304] No response from `127.0.0.1:<port>` within 60 s. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, and try again.",
    );
}

fn hung_process() {
    let mut stage = Stage::new().with_log();
    stage.with_profile(&format!("[profile dev]\ncredential_process = {SLEEP}\n"));
    ends_in_a_minute(
        &stage,
        "[CNP221] Profile `dev` returned no AWS credentials within 60 s. See what it waits for: aws sts get-caller-identity --profile dev",
    );
}

fn hung_tls() {
    let mut stage = Stage::new().with_log();
    let peer = Peer::silent();
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("https://{}", peer.address));
    ends_in_a_minute(
        &stage,
        "[CNP302] No connection to `127.0.0.1:<port>`: the connection timed out. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, HTTPS_PROXY and NO_PROXY.",
    );
}

fn hung_proxy() {
    let mut stage = Stage::new().with_log();
    let peer = Peer::silent();
    stage.with_real_endpoints();
    stage.set("HTTPS_PROXY", &format!("http://me:{SECRET}@{}", peer.address));
    ends_in_a_minute(
        &stage,
        "[CNP324] The proxy `127.0.0.1:<port>` did not connect to `codeartifact.eu-west-1.amazonaws.com` within 10 s. Check HTTPS_PROXY and NO_PROXY, and whether the proxy is running.",
    );
}

/// It is never silent for long, and never finished.
fn dripping_answer() {
    let start =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    drips(start, " ", Duration::from_secs(1));
}

fn endless_interim_answers() {
    drips("", "HTTP/1.1 100 Continue\r\n\r\n", Duration::from_millis(50));
}

fn drips(start: &'static str, line: &'static str, every: Duration) {
    let mut stage = Stage::new().with_log();
    let peer = Peer::dripping(start, line, every);
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &peer.url());
    ends_in_a_minute(
        &stage,
        "[CNP304] No response from `127.0.0.1:<port>` within 60 s. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, and try again.",
    );
}

#[cfg(target_os = "linux")]
fn hung_connect() {
    let mut stage = Stage::new().with_log();
    let peer = FullQueue::new();
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("https://{}", peer.address));
    ends_in_a_minute(
        &stage,
        "[CNP302] No connection to `127.0.0.1:<port>`: the connection timed out. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, HTTPS_PROXY and NO_PROXY.",
    );
}

fn ends_in_a_minute(stage: &Stage, line: &str) {
    let started = Instant::now();
    stage.assert_fails_late(line);
    assert!(started.elapsed() < Duration::from_secs(65), "{:?}", started.elapsed());
}

fn slow_api() {
    let stage = Stage::new().with_log();
    stage.fake.token_api_will(TokenBehaviour::IssueAfter(Duration::from_secs(20)));
    stage.assert_succeeds();
    assert!(stage.fake.token_calls().len() <= 2, "the answer may have been a lost one");
}

/// Of a dropped packet, or of a machine behind a load balancer that went away.
fn lost_answer() {
    let stage = Stage::new().with_log();
    stage.fake.next_token_call_will(TokenBehaviour::Hang);
    let started = Instant::now();
    stage.assert_succeeds();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(stage.fake.token_calls().len(), 2);
}

fn lost_answer_of_sts() {
    let mut stage = Stage::new().with_log();
    stage.with_profile(&format!(
        "[profile base]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n\
         [profile dev]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = base\n"
    ));
    stage.fake.sts_loses_an_answer();
    let started = Instant::now();
    stage.assert_succeeds();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

fn throttled() {
    let stage = Stage::new().with_log();
    stage.fake.token_api_will(TokenBehaviour::Fail(400, "ThrottlingException", "Rate exceeded"));
    ends_in_a_minute(
        &stage,
        "[CNP504] AWS throttled the request and its retries (ThrottlingException). Wait a minute and try again.",
    );
    let calls = stage.fake.token_calls().len();
    assert!((6..=20).contains(&calls), "{calls} calls");
}

fn asked_to_wait() {
    for status in [429, 503] {
        let stage = Stage::new().with_log();
        stage.fake.next_token_call_will(TokenBehaviour::AskToWait(status, "2".to_owned()));
        let started = Instant::now();
        stage.assert_succeeds();
        assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
        assert_eq!(stage.fake.token_calls().len(), 2, "{status}");
    }
}

/// One call is enough: the user learns when another one helps.
fn asked_to_wait_too_long() {
    let throttled = "[CNP504] AWS throttled the request (ThrottlingException). Try again after 20";
    let unavailable = "[CNP310] Unexpected response from `127.0.0.1:<port>` (HTTP 503, not from AWS). It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Try again after 20";
    for (behaviour, begin) in [
        (TokenBehaviour::Throttle(Duration::from_mins(3)), throttled),
        (TokenBehaviour::AskToWait(429, "180".to_owned()), throttled),
        (TokenBehaviour::AskToWait(503, "Thu, 01 Jan 2099 00:00:00 GMT".to_owned()), unavailable),
        (TokenBehaviour::AskToWait(503, "180".to_owned()), unavailable),
    ] {
        let stage = Stage::new().with_log();
        stage.fake.token_api_will(behaviour);
        let line = stage.line_for(SOURCE);
        assert!(line.starts_with(&format!("{HEAD}{begin}")), "{line}");
        assert_eq!(stage.fake.token_calls().len(), 1, "{line}");
    }
}

fn slow_process() {
    let mut stage = Stage::new().with_log();
    let printed = stage.home.write(
        "home/.aws/printed.json",
        &format!(
            "{{\"Version\":1,\"AccessKeyId\":\"{ACCESS_KEY_ID}\",\"SecretAccessKey\":\"{SECRET_ACCESS_KEY}\"}}"
        ),
    );
    let printed = printed.display();
    let process = by_shell(
        &format!("sleep 15; cat \"{printed}\""),
        &format!("ping.exe -n 16 127.0.0.1 >nul & type {printed}"),
    );
    stage.with_profile(&format!("[profile dev]\ncredential_process = {process}\n"));
    stage.assert_succeeds();
}
