//! Patterns are literal JSON.

use serde_json::Value;

/// Whether `value` has everything that `pattern` names.
///
/// An object may have more keys than its pattern. `null` stands for a key that is absent, and the
/// text `"*"` for any value that is there. All else must be equal.
pub fn matches(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(wanted), Value::Object(_)) => {
            wanted.iter().all(|(key, wanted)| matches(wanted, &value[key]))
        }
        (Value::String(any), value) if any == "*" => !value.is_null(),
        _ => pattern == value,
    }
}

pub fn a_pattern_names_what_it_cares_about() {
    use serde_json::json;
    let value = json!({"Type": "Response", "Payload": {"ResponseCode": "Success", "n": 1}});
    assert!(matches(&json!({"Type": "Response"}), &value));
    assert!(matches(&json!({"Payload": {"n": "*", "Password": null}}), &value));
    assert!(!matches(&json!({"Payload": {"n": null}}), &value));
    assert!(!matches(&json!({"Payload": {"Password": "*"}}), &value));
}
