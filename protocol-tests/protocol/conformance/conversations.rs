//! The conversations, each with the rule that it shows.

use std::time::Duration;

use serde_json::{Value, json};

use super::Provider;
use crate::support::fake_nuget::FakeNuget;
use crate::support::process::sleeping;
use crate::support::stage::FOREIGN;

/// One conversation with a provider; it panics with what it has seen if the rule is broken.
pub struct Conversation {
    pub name: &'static str,
    pub rule: &'static str,
    pub with: fn(&Provider),
}

/// NuGet waits 5 s for a handshake. Twice of that is for a busy machine.
const SOON: Duration = Duration::from_secs(10);

macro_rules! conversations {
    ($($name:literal $rule:literal $with:ident)*) => {
        [$(Conversation { name: $name, rule: $rule, with: $with }),*]
    };
}

pub const CONVERSATIONS: [Conversation; 22] = conversations![
    "handshake" "sends its Handshake unasked, and answers NuGet's" handshake
    "protocol-version" "refuses versions that it does not speak" foreign_version
    "claims" "claims Authentication for any source" claims
    "claims-of-a-source" "answers also with the source and its index" claims_of_source
    "set-up" "answers Initialize, SetLogLevel and MonitorNuGetProcessExit" set_up
    "foreign-source" "leaves a source of others to others, at once and in silence" foreign
    "stderr" "writes nothing on standard error, which the user sees" stderr
    "log-level" "sends no Log before SetLogLevel" log_level
    "cancel" "answers a cancelled request once" cancel
    "late-cancel" "ignores a Cancel of what is answered" late_cancel
    "any-id" "answers with the id of the request, whatever is in it" any_id
    "ids-again" "answers an id again after its answer" ids_again
    "unknown-method" "goes on after a method that it does not know" unknown_method
    "unknown-keys" "ignores keys that it does not know" unknown_keys
    "no-message" "goes on after an empty line and a line that is no message" no_message
    "not-utf-8" "goes on after a line that is not UTF-8" not_utf_8
    "pieces" "reads messages in pieces, and many in one" pieces
    "long-line" "reads a line of 200 kB" long_line
    "characters" "reads a byte order mark, any character and escapes" characters
    "close" "ends soon after Close, without an answer to it" close
    "end-of-input" "ends soon after its input has ended" end_of_input
    "process-exit" "ends soon after the process that it watches, while its input is open" process_exit
];

/// Has both handshakes behind it.
fn open(provider: &Provider) -> FakeNuget {
    let mut nuget = provider.start();
    let theirs = nuget.expect_within(json!({"Type": "Request", "Method": "Handshake"}), SOON);
    nuget.send(json!({
        "RequestId": theirs["RequestId"], "Type": "Response", "Method": "Handshake",
        "Payload": {"ResponseCode": "Success", "ProtocolVersion": "2.0.0"}
    }));
    nuget.handshake();
    nuget
}

/// As NuGet has it before it asks for credentials.
fn ready(provider: &Provider) -> FakeNuget {
    let mut nuget = open(provider);
    nuget.initialize("00:00:30");
    nuget.get_operation_claims(json!({}));
    nuget.set_log_level("Debug");
    nuget
}

/// The provider still converses, and has answered everything once.
fn goes_on(mut nuget: FakeNuget) {
    nuget.get_operation_claims(json!({}));
    nuget.expect_silence(Duration::from_millis(300));
}

fn is_refusal(answer: &Value) {
    let code = answer["Payload"]["ResponseCode"].as_str();
    assert!(matches!(code, Some("Error" | "NotFound")), "an answer {answer}");
}

fn handshake(provider: &Provider) {
    open(provider).expect_silence(Duration::from_millis(300));
}

fn foreign_version(provider: &Provider) {
    let mut nuget = provider.start();
    nuget.expect_within(json!({"Type": "Request", "Method": "Handshake"}), SOON);
    let versions = json!({"ProtocolVersion": "99.0.0", "MinimumProtocolVersion": "99.0.0"});
    let payload = nuget.call("Handshake", versions);
    assert_eq!(payload["ResponseCode"], "Error", "an answer to version 99.0.0: {payload}");
}

fn claims(provider: &Provider) {
    let claims = open(provider).get_operation_claims(json!({}));
    let is_there = claims.as_array().is_some_and(|it| it.contains(&json!("Authentication")));
    assert!(is_there, "the claims are {claims}");
}

fn claims_of_source(provider: &Provider) {
    let index = json!({"version": "3.0.0", "resources": []});
    let payload = json!({"PackageSourceRepository": FOREIGN, "ServiceIndex": index});
    let claims = open(provider).get_operation_claims(payload);
    assert!(claims.is_array(), "the claims are {claims}");
}

fn set_up(provider: &Provider) {
    let mut nuget = ready(provider);
    nuget.monitor_process_exit(std::process::id());
    goes_on(nuget);
}

fn foreign(provider: &Provider) {
    let mut nuget = ready(provider);
    for is_retry in [false, true] {
        let id = nuget.begin_ask(FOREIGN, is_retry, true);
        let answer = nuget.answer_to(&id, SOON);
        is_refusal(&json!({"Payload": answer.payload}));
        let shown = |level: &str| matches!(level, "Minimal" | "Warning" | "Error");
        let line = answer.logs.iter().find(|line| shown(&line.level));
        assert!(line.is_none(), "a line for the user: {line:?}");
    }
    goes_on(nuget);
}

fn stderr(provider: &Provider) {
    let mut nuget = ready(provider);
    let id = nuget.begin_ask(FOREIGN, false, true);
    nuget.answer_to(&id, SOON);
    nuget.close_stdin();
    nuget.wait_exit(SOON);
    assert_eq!(nuget.stderr(), "", "standard error");
}

fn log_level(provider: &Provider) {
    let mut nuget = open(provider);
    nuget.initialize("00:00:30");
    let id = nuget.begin_ask(FOREIGN, false, true);
    nuget.answer_to(&id, SOON);
    assert!(nuget.logs().is_empty(), "{:?}", nuget.logs());
}

fn cancel(provider: &Provider) {
    let mut nuget = ready(provider);
    let id = nuget.begin_ask(FOREIGN, false, true);
    nuget.cancel(&id);
    let ended = nuget.expect_within(json!({"RequestId": id}), SOON);
    assert!(ended["Type"] == "Response" || ended["Type"] == "Cancel", "{ended}");
    goes_on(nuget);
}

fn late_cancel(provider: &Provider) {
    let mut nuget = ready(provider);
    let id = nuget.begin_ask(FOREIGN, false, true);
    nuget.answer_to(&id, SOON);
    nuget.cancel(&id);
    nuget.cancel("an id that was never used");
    goes_on(nuget);
}

fn ask_with_id(id: &str) -> Value {
    json!({
        "RequestId": id, "Type": "Request", "Method": "GetAuthenticationCredentials",
        "Payload": {"Uri": FOREIGN, "IsRetry": false, "IsNonInteractive": true}
    })
}

fn any_id(provider: &Provider) {
    let mut nuget = ready(provider);
    for id in ["a \"quoted\" \\ id", "größe-包-😀", &"long".repeat(100)] {
        nuget.send(ask_with_id(id));
        is_refusal(&nuget.expect_within(json!({"RequestId": id}), SOON));
    }
    goes_on(nuget);
}

fn ids_again(provider: &Provider) {
    let mut nuget = ready(provider);
    for _ in 0..2 {
        nuget.send(ask_with_id("the same"));
        is_refusal(&nuget.expect_within(json!({"RequestId": "the same"}), SOON));
    }
    goes_on(nuget);
}

fn unknown_method(provider: &Provider) {
    let mut nuget = ready(provider);
    nuget.request("GetWeather", json!({"Place": "here"}));
    // Any answer or none is good.
    nuget.get_operation_claims(json!({}));
}

fn unknown_keys(provider: &Provider) {
    let mut nuget = ready(provider);
    let mut message = ask_with_id("new keys");
    message["Trace"] = json!({"Id": [1, 2]});
    message["Payload"]["Hint"] = json!({"Deep": {"Deeper": null}});
    nuget.send(message);
    is_refusal(&nuget.expect_within(json!({"RequestId": "new keys"}), SOON));
    goes_on(nuget);
}

fn no_message(provider: &Provider) {
    let mut nuget = ready(provider);
    nuget.send_raw(b"\n\r\nhello\n{\"RequestId\":\n");
    goes_on(nuget);
}

fn not_utf_8(provider: &Provider) {
    let mut nuget = ready(provider);
    nuget.send_raw(b"{\"RequestId\":\"\xff\xfe\"}\n");
    goes_on(nuget);
}

fn pieces(provider: &Provider) {
    let mut nuget = ready(provider);
    let id = nuget.promise_request("pieces");
    for piece in format!("{}\n", ask_with_id(&id)).as_bytes().chunks(7) {
        nuget.send_raw(piece);
    }
    is_refusal(&nuget.expect_within(json!({"RequestId": id}), SOON));
    let ids: Vec<String> = (0..50).map(|number| format!("many-{number}")).collect();
    let lines = ids.iter().map(|id| ask_with_id(id).to_string());
    let lines = lines.collect::<Vec<_>>().join("\n") + "\n";
    for id in &ids {
        nuget.promise_request(id);
    }
    nuget.send_raw(lines.as_bytes());
    for id in &ids {
        is_refusal(&nuget.expect_within(json!({"RequestId": id}), SOON));
    }
    goes_on(nuget);
}

/// The index of a source with many resources.
fn long_line(provider: &Provider) {
    let mut nuget = open(provider);
    let resource = json!({"@id": "https://pkgs.example.com/nuget/", "@type": "PackageBaseAddress"});
    let index = json!({"version": "3.0.0", "resources": vec![resource; 2500]});
    let payload = json!({"PackageSourceRepository": FOREIGN, "ServiceIndex": index});
    let claims = nuget.get_operation_claims(payload);
    assert!(claims.is_array(), "the claims are {claims}");
    goes_on(nuget);
}

fn characters(provider: &Provider) {
    let mut nuget = provider.start();
    nuget.promise_request("bom");
    let versions = r#"{"ProtocolVersion":"2.0.0","MinimumProtocolVersion":"1.0.0"}"#;
    let line = format!(
        "\u{feff}{{\"RequestId\":\"bom\",\"Type\":\"Request\",\"Method\":\"Handshake\",\"Payload\":{versions}}}\r\n"
    );
    nuget.send_raw(line.as_bytes());
    let answer = nuget.expect_within(json!({"RequestId": "bom", "Type": "Response"}), SOON);
    assert_eq!(answer["Payload"]["ResponseCode"], "Success", "{answer}");
    let mut message = ask_with_id("characters");
    message["Payload"]["Uri"] = json!("https://pkgs.example.com/Größe/包/😀/index.json");
    nuget.send(message);
    is_refusal(&nuget.expect_within(json!({"RequestId": "characters"}), SOON));
    let escaped = r"https:\/\/pkgs.example.com\/Gr\u00f6\u00dfe\/\ud83d\ude00";
    let message = format!("{}\n", ask_with_id("escapes")).replace(FOREIGN, escaped);
    nuget.promise_request("escapes");
    nuget.send_raw(message.as_bytes());
    is_refusal(&nuget.expect_within(json!({"RequestId": "escapes"}), SOON));
}

fn close(provider: &Provider) {
    let mut nuget = ready(provider);
    nuget.request("Close", json!(null));
    nuget.wait_exit(SOON);
    nuget.expect_silence(Duration::ZERO);
}

fn end_of_input(provider: &Provider) {
    let mut nuget = ready(provider);
    nuget.close_stdin();
    nuget.wait_exit(SOON);
    nuget.expect_silence(Duration::ZERO);
}

fn process_exit(provider: &Provider) {
    let mut watched = sleeping().spawn().expect("a process");
    let mut nuget = open(provider);
    nuget.monitor_process_exit(watched.id());
    watched.kill().and_then(|()| watched.wait()).expect("it ends");
    nuget.wait_exit(SOON);
}
