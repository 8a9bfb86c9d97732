//! Input that a peer may send and that must do no harm.

use serde_json::json;

use crate::support::fake_nuget::FakeNuget;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        a_byte_order_mark_may_come_first,
        lines_may_end_as_on_windows,
        a_line_may_come_in_pieces,
        unknown_keys_are_ignored,
        keys_names_and_numbers_may_be_written_as_nugets_library_reads_them,
        an_unknown_method_is_answered_once_and_not_with_a_fault,
        malformed_lines_are_ignored,
        an_ask_without_a_sensible_payload_is_answered,
        an_answer_to_nothing_is_ignored,
        a_line_over_a_mebibyte_is_skipped,
        #[cfg(target_os = "linux")]
        a_very_long_line_is_not_held_in_memory,
    ]
}

fn a_byte_order_mark_may_come_first() {
    let mut nuget = FakeNuget::launch(&SandboxHome::new());
    nuget.send_raw(b"\xEF\xBB\xBF");
    nuget.open();
    nuget.finish();
}

fn lines_may_end_as_on_windows() {
    let mut nuget = FakeNuget::launch(&SandboxHome::new());
    nuget.send_raw(b"\r\n");
    nuget.open();
    nuget.finish();
}

fn a_line_may_come_in_pieces() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let id = nuget.promise_request("in-pieces");
    let line = format!(
        "{{\"RequestId\":\"{id}\",\"Type\":\"Request\",\"Method\":\"GetOperationClaims\",\
         \"Payload\":{{}}}}\n"
    );
    for piece in line.as_bytes().chunks(7) {
        nuget.send_raw(piece);
    }
    nuget.expect_next(&json!({"RequestId": id, "Type": "Response"}));
    nuget.finish();
}

fn keys_names_and_numbers_may_be_written_as_nugets_library_reads_them() {
    let Stage { fake: _fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    for (id, line) in [
        (
            "in-lower-case",
            json!({"requestid": "in-lower-case", "type": "request", "method":
            "getauthenticationcredentials", "payload": {"uri": source, "isretry": "False"}}),
        ),
        (
            "7",
            json!({"RequestId": 7, "Type": 3, "Method": 17, "Payload": {"URI": source, "IsRetry": 0,
            "IsNonInteractive": 1, "CanShowDialog": null}}),
        ),
    ] {
        nuget.promise_request(id);
        nuget.send_raw(format!("{line}\n").as_bytes());
        nuget.expect(json!({
            "RequestId": id, "Type": "Response", "Method": "GetAuthenticationCredentials",
            "Payload": {"ResponseCode": "Success"}
        }));
    }
    nuget.finish();
}

fn unknown_keys_are_ignored() {
    let Stage { fake: _fake, home, source, .. } = Stage::new();
    let mut nuget = FakeNuget::start(&home);
    nuget.send(json!({
        "RequestId": "with-more", "Type": "Request", "Method": "GetAuthenticationCredentials",
        "Novelty": {"deep": [1, 2, {"deeper": null}]},
        "Payload": {
            "Uri": source, "IsRetry": false, "IsNonInteractive": true, "CanShowDialog": true,
            "Colour": "blue"
        }
    }));
    let answer = nuget.expect(json!({"RequestId": "with-more", "Type": "Response"}));
    assert_eq!(answer["Payload"]["ResponseCode"], "Success");
    nuget.finish();
}

fn an_unknown_method_is_answered_once_and_not_with_a_fault() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    for method in ["GetServiceIndex", "PrefetchPackage", "Surprise"] {
        let id = nuget.request(method, json!({"Any": "thing"}));
        nuget.expect(json!({"RequestId": id, "Type": "Response", "Method": method}));
    }
    nuget.finish();
}

/// Each broken line is followed by a request, whose response must be the next output.
fn malformed_lines_are_ignored() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let deep = "[".repeat(100_000);
    let lines: [&[u8]; 13] = [
        b"",
        b"not JSON",
        b"{",
        b"[]",
        b"42",
        b"null",
        b"\"text\"",
        b"{}",
        b"{\"RequestId\": 7, \"Type\": [], \"Method\": {}}",
        b"{\"RequestId\": \"x\", \"Type\": \"Bogus\", \"Method\": \"Initialize\", \"Payload\": {}}",
        b"\xFF\xFE\x00\x01",
        b"\x00\x00\x00",
        deep.as_bytes(),
    ];
    for (number, line) in lines.into_iter().enumerate() {
        nuget.send_raw(line);
        nuget.send_raw(b"\n");
        let id = format!("after-{number}");
        nuget.send(json!({
            "RequestId": id, "Type": "Request", "Method": "GetOperationClaims", "Payload": {}
        }));
        nuget.expect_next(&json!({"RequestId": id, "Type": "Response"}));
    }
    nuget.finish();
}

fn an_ask_without_a_sensible_payload_is_answered() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    for payload in [json!({}), json!({"Uri": null}), json!({"Uri": 5}), json!([]), json!(null)] {
        let id = nuget.request("GetAuthenticationCredentials", payload);
        let answer = nuget.expect(json!({"RequestId": id, "Type": "Response"}));
        assert_eq!(answer["Payload"], json!({"ResponseCode": "Error"}));
    }
    assert_eq!(nuget.logs().len(), 0);
    nuget.finish();
}

fn an_answer_to_nothing_is_ignored() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    for kind in ["Response", "Fault", "Progress", "Cancel"] {
        nuget.send(json!({
            "RequestId": "nobody-knows", "Type": kind, "Method": "Log",
            "Payload": {"Message": "?"}
        }));
    }
    nuget.initialize("00:00:30");
    nuget.finish();
}

fn a_line_over_a_mebibyte_is_skipped() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let long = format!(
        "{{\"RequestId\":\"long\",\"Type\":\"Request\",\"Method\":\"GetOperationClaims\",\
         \"Payload\":{{\"x\":\"{}\"}}}}\n",
        "x".repeat(1 << 20)
    );
    nuget.send_raw(long.as_bytes());
    nuget.initialize("00:00:30");
    nuget.finish();
}

/// The system measures peak memory; 64 MiB arrive, and only a few may stay.
#[cfg(target_os = "linux")]
fn a_very_long_line_is_not_held_in_memory() {
    let mut nuget = FakeNuget::start(&SandboxHome::new());
    let before = peak_kibibytes(nuget.process_id());
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        nuget.send_raw(&chunk);
    }
    nuget.send_raw(b"\n");
    nuget.initialize("00:00:30");
    let grown = peak_kibibytes(nuget.process_id()) - before;
    assert!(grown < 8 * 1024, "grew by {grown} KiB");
    nuget.finish();
}

#[cfg(target_os = "linux")]
fn peak_kibibytes(process_id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process_id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
