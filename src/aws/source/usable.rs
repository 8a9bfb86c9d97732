//! Values that become a part of a request's headers. They are checked before they get there: the SDK's
//! signer panics at a line break, or reports what nobody can trace back to a setting.

use aws_credential_types::Credentials;

use crate::aws::AwsError;

/// The names of the three values, for people: "`aws_access_key_id` of profile `dev`".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub id: String,
    pub secret: String,
    pub token: String,
}

impl Names {
    /// The keys of a JSON object, each in backticks, and the place of the object.
    pub(super) fn in_json([id, secret, token]: [&str; 3], place: &str) -> Self {
        let named = |key: &str| format!("`{key}` {place}");
        Self { id: named(id), secret: named(secret), token: named(token) }
    }
}

/// Fails if the request cannot carry the credentials. No message quotes a value.
pub(super) fn check_credentials(
    credentials: &Credentials,
    names: impl FnOnce() -> Names,
) -> Result<(), AwsError> {
    let values = [
        Some(credentials.access_key_id()),
        Some(credentials.secret_access_key()),
        credentials.session_token(),
    ];
    // Without a session token there is nothing to check; an empty value is never one of AWS's.
    let values = values.map(|value| value.unwrap_or("unset"));
    let defects =
        values.map(|value| if value.is_empty() { Some("is empty") } else { defect(value) });
    if defects.iter().all(Option::is_none) {
        return Ok(());
    }
    let Names { id, secret, token } = names();
    let found = defects.into_iter().zip([id, secret, token]);
    let mut found = found.filter_map(|(why, name)| Some(AwsError::Unsendable { name, why: why? }));
    found.next().map_or(Ok(()), Err)
}

/// Fails if a header cannot carry the value.
pub(in crate::aws) fn check(value: &str, name: impl FnOnce() -> String) -> Result<(), AwsError> {
    match defect(value) {
        Some(why) => Err(AwsError::Unsendable { name: name(), why }),
        None => Ok(()),
    }
}

/// Why a header cannot carry the value. All that AWS issues is ASCII.
fn defect(value: &str) -> Option<&'static str> {
    value.chars().find_map(|character| match character {
        '\n' | '\r' => Some("contains a line break"),
        character if character.is_control() => Some("contains a control character"),
        character if !character.is_ascii() => Some("contains a character that is not ASCII"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::in_json(["AccessKeyId", "SecretAccessKey", "Token"], "of the test")
    }

    #[test]
    fn the_value_that_cannot_be_sent_is_named_and_never_quoted() {
        let bad = ["hunter2\n", "hunt\rer2", "hunter2\tx", "hunter2\u{7f}", "hunter2\u{fc}"];
        for (at, name) in ["AccessKeyId", "SecretAccessKey", "Token"].into_iter().enumerate() {
            for value in bad {
                let mut values = ["AKIAX", "secret", "token"];
                values[at] = value;
                let [id, secret, token] = values;
                let credentials = Credentials::new(id, secret, Some(token.into()), None, "test");
                let line = check_credentials(&credentials, names).unwrap_err().to_string();
                assert!(line.starts_with(&format!("`{name}` of the test ")), "{line}");
                assert!(!line.contains("hunt"), "{line}");
            }
        }
    }

    #[test]
    fn an_empty_value_is_named() {
        for (values, name) in [
            (["", "secret", "token"], "AccessKeyId"),
            (["AKIAX", "", "token"], "SecretAccessKey"),
            (["AKIAX", "secret", ""], "Token"),
        ] {
            let [id, secret, token] = values;
            let credentials = Credentials::new(id, secret, Some(token.into()), None, "test");
            let line = check_credentials(&credentials, names).unwrap_err().to_string();
            assert!(line.starts_with(&format!("`{name}` of the test is empty")), "{line}");
        }
    }

    #[test]
    fn what_aws_issues_passes() {
        for token in [None, Some("FwoGZXIvYXdzE//////////wEaDH+a==".to_owned())] {
            let credentials = Credentials::new("ASIAX", "a/b+c=", token, None, "test");
            check_credentials(&credentials, names).unwrap();
        }
    }
}
