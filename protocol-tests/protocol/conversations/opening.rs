//! The opening of a conversation: handshakes, claims, and what NuGet tells the plugin.

use serde_json::json;

use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        the_plugin_greets_first,
        the_whole_opening_of_sdk_10,
        nuget_may_greet_before_it_answers_our_greeting,
        the_switch_is_known_in_any_casing,
        the_claims_for_any_source_are_never_empty,
        there_are_no_claims_for_a_source,
        proxy_credentials_are_taken_and_not_used,
        an_ask_needs_nothing_but_the_handshakes,
    ]
}

fn the_plugin_greets_first() {
    let mut nuget = FakeNuget::launch(&SandboxHome::new());
    let greeting = nuget.expect_next(&json!({"Type": "Request", "Method": "Handshake"}));
    assert_eq!(
        greeting["Payload"],
        json!({"ProtocolVersion": "2.0.0", "MinimumProtocolVersion": "2.0.0"})
    );
    assert!(greeting["RequestId"].as_str().is_some_and(|id| !id.is_empty()));
    nuget.finish();
}

fn the_whole_opening_of_sdk_10() {
    FakeNuget::start(&SandboxHome::new()).finish();
}

fn nuget_may_greet_before_it_answers_our_greeting() {
    let mut nuget = FakeNuget::launch(&SandboxHome::new());
    nuget.handshake();
    nuget.answer_their_handshake();
    nuget.initialize("00:00:05");
    nuget.finish();
}

fn the_switch_is_known_in_any_casing() {
    let home = SandboxHome::new();
    for switch in ["-Plugin", "-plugin", "-PLUGIN"] {
        let mut nuget = FakeNuget::launch_with(&home, &[switch]);
        nuget.open();
        nuget.finish();
    }
}

/// An empty list would be remembered by NuGet for 30 days.
fn the_claims_for_any_source_are_never_empty() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    assert_eq!(nuget.get_operation_claims(json!({})), json!(["Authentication"]));
    let nulls = json!({"PackageSourceRepository": null, "ServiceIndex": null});
    assert_eq!(nuget.get_operation_claims(nulls), json!(["Authentication"]));
    nuget.finish();
}

fn there_are_no_claims_for_a_source() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let index = json!({"version": "3.0.0", "resources": []});
    let source = "https://pkgs.example.com/v3/index.json";
    for payload in [
        json!({"PackageSourceRepository": source, "ServiceIndex": index}),
        json!({"PackageSourceRepository": source}),
        json!({"ServiceIndex": index}),
    ] {
        assert_eq!(nuget.get_operation_claims(payload), json!([]));
    }
    nuget.finish();
}

fn proxy_credentials_are_taken_and_not_used() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let source = "https://pkgs.example.com/v3/index.json";
    let payload = nuget.call(
        "SetCredentials",
        json!({"PackageSourceRepository": source, "ProxyUsername": "u", "ProxyPassword": "p"}),
    );
    assert_eq!(payload, json!({"ResponseCode": "Success"}));
    nuget.finish();
}

fn an_ask_needs_nothing_but_the_handshakes() {
    let Stage { fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::launch(&home);
    nuget.answer_their_handshake();
    nuget.handshake();
    let answer = nuget.ask(&source, false, true);
    assert_eq!(answer.assert_success().password(), fake.issued_tokens()[0]);
    nuget.finish();
}
