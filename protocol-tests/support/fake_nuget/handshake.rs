//! The opening of a conversation, as SDK 10.0.401 does it, whole and step by step.

use serde_json::{Value, json};

use super::FakeNuget;

impl FakeNuget {
    /// Both handshakes, the process to watch, `Initialize`, the claims and the log level.
    pub fn open(&mut self) {
        self.answer_their_handshake();
        self.handshake();
        self.monitor_process_exit(std::process::id());
        self.initialize("00:00:30");
        self.get_operation_claims(json!({}));
        self.set_log_level("Debug");
    }

    /// Waits for the plugin's own handshake, which comes unasked, and answers it.
    pub fn answer_their_handshake(&mut self) {
        let theirs = self.expect_next(&json!({
            "RequestId": "*", "Type": "Request", "Method": "Handshake",
            "Payload": {"ProtocolVersion": "2.0.0", "MinimumProtocolVersion": "2.0.0"}
        }));
        self.send(json!({
            "RequestId": theirs["RequestId"], "Type": "Response", "Method": "Handshake",
            "Payload": {"ResponseCode": "Success", "ProtocolVersion": "2.0.0"}
        }));
    }

    /// NuGet's handshake, and the plugin's answer to it.
    pub fn handshake(&mut self) {
        let ours = json!({"ProtocolVersion": "2.0.0", "MinimumProtocolVersion": "1.0.0"});
        let payload = self.call("Handshake", ours);
        let expected = json!({"ResponseCode": "Success", "ProtocolVersion": "2.0.0"});
        assert_eq!(payload, expected, "the answer to NuGet's handshake");
    }

    /// Names the process whose end means: leave.
    pub fn monitor_process_exit(&mut self, process_id: u32) {
        self.call_well("MonitorNuGetProcessExit", json!({"ProcessId": process_id}));
    }

    /// Tells the plugin how long NuGet waits for an answer, as `hh:mm:ss`.
    pub fn initialize(&mut self, request_timeout: &str) {
        self.call_well(
            "Initialize",
            json!({"ClientVersion": "7.9.0", "Culture": "en", "RequestTimeout": request_timeout}),
        );
    }

    /// Asks what the plugin does; returns the list of claims.
    pub fn get_operation_claims(&mut self, payload: Value) -> Value {
        self.call("GetOperationClaims", payload)["Claims"].clone()
    }

    /// Says from which level on the plugin may log.
    pub fn set_log_level(&mut self, level: &str) {
        self.call_well("SetLogLevel", json!({"LogLevel": level}));
    }

    /// Sends a request and returns its answer's payload.
    pub fn call(&mut self, method: &str, payload: Value) -> Value {
        let id = self.request(method, payload);
        let answer = json!({"RequestId": id, "Type": "Response", "Method": method});
        self.expect(answer)["Payload"].clone()
    }

    fn call_well(&mut self, method: &str, payload: Value) {
        let payload = self.call(method, payload);
        assert_eq!(payload, json!({"ResponseCode": "Success"}), "the answer to {method}");
    }
}
