//! What a server or a program says, without the secrets of our own requests. AWS itself repeats the
//! session token in the text about a wrong signature, and proxies show the request that they refuse.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::secret::Secret;

/// Stands for a secret.
const CUT: &str = "…";

/// Names whose values are secret, in lower case. The value begins after a `:` or a `=`.
const NAMES: [&str; 12] = [
    "x-amz-security-token",
    "x-amz-sso_bearer_token",
    "x-aws-ec2-metadata-token",
    "aws_secret_access_key",
    "aws_session_token",
    "secretaccesskey",
    "sessiontoken",
    "accesstoken",
    "refreshtoken",
    "clientsecret",
    "signature",
    "authorization",
];

/// A shorter secret would cut ordinary words.
const SHORTEST: usize = 4;

/// A part of a secret of this length is none of anything else.
const SHORTEST_PART: usize = 16;

/// The text without these secrets, parts of them, and the values of secret headers.
pub(in crate::aws) fn without_secrets(text: &str, secrets: &[Secret]) -> String {
    let mut clean = text.to_owned();
    let mut secrets: Vec<&str> = secrets.iter().map(Secret::expose).collect();
    secrets.retain(|secret| secret.len() >= SHORTEST);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in &secrets {
        for form in forms(secret) {
            clean = clean.replace(&*form, CUT);
        }
    }
    without_named(&without_parts(&clean, &secrets))
}

/// As it is, in a URL, and in JSON that escapes `/`.
fn forms(secret: &str) -> [Cow<'_, str>; 3] {
    [
        secret.into(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).into(),
        secret.replace('/', "\\/").into(),
    ]
}

/// Cuts words that are a part of a secret: a server may show the beginning, or wrap it.
fn without_parts(text: &str, secrets: &[&str]) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let is_part = |secret: &&str| word.len() >= SHORTEST_PART && secret.contains(word);
        clean.push_str(if secrets.iter().any(is_part) { CUT } else { word });
        let next = behind.find(is_of_token).unwrap_or(behind.len());
        clean.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    clean
}

fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '_' | '-' | '.')
}

/// Cuts the values behind [`NAMES`].
fn without_named(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut clean = String::new();
    let mut at = 0;
    let found = |at: usize| {
        let ends = NAMES.iter().filter_map(|name| Some((lower[at..].find(name)? + at, *name)));
        ends.min()
    };
    while let Some((start, name)) = found(at) {
        let end = start + name.len();
        let (skipped, value) = value_behind(&text[end..], name);
        clean.push_str(&text[at..end + skipped]);
        if value > 0 {
            clean.push_str(CUT);
        }
        at = end + skipped + value;
    }
    clean.push_str(&text[at..]);
    clean
}

/// The length of what stands before the value, and that of the value; 0 if there is none.
fn value_behind(text: &str, name: &str) -> (usize, usize) {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '\\' | ' ' | '\t');
    let separator = text.trim_start_matches(is_quote);
    if !separator.starts_with([':', '=']) {
        return (0, 0);
    }
    let value = separator[1..].trim_start_matches(is_quote);
    let ends: &[char] = match name {
        // A scheme stands before the value, and AWS's has blanks in it.
        "authorization" => &['\n', '\r', '"', '\'', '<'],
        _ => &['\n', '\r', '\t', ' ', '"', '\'', '<', '>', '&', ',', ';', ')', '\\'],
    };
    let length = value.find(ends).unwrap_or(value.len());
    let is_word = name == "signature" && !value[..length].bytes().all(|it| it.is_ascii_hexdigit());
    (text.len() - value.len(), if is_word { 0 } else { length })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "FwoGZXIvYXdzEBYaDH/hunter2+abcdefghijklmnop==";

    #[test]
    fn secrets_are_cut_in_every_form() {
        let secrets = [Secret::new(TOKEN), Secret::new("pw"), Secret::new("hunter2-secret")];
        for said in [
            format!("the token {TOKEN} is bad"),
            format!("the token {} is bad", utf8_percent_encode(TOKEN, NON_ALPHANUMERIC)),
            format!("the token {} is bad", TOKEN.replace('/', "\\/")),
            format!("the token {} is bad", &TOKEN[..20]),
            format!("the token {}\n{} is bad", &TOKEN[..22], &TOKEN[22..]),
            "the token hunter2-secret is bad".to_owned(),
        ] {
            let clean = without_secrets(&said, &secrets);
            assert!(!clean.contains("hunter2") && !clean.contains("FwoG"), "{clean}");
            assert!(clean.starts_with("the token …") && clean.ends_with(" is bad"), "{clean}");
        }
        assert_eq!(without_secrets("upward", &secrets), "upward");
    }

    #[test]
    fn values_of_secret_headers_are_cut() {
        for (said, clean) in [
            ("X-Amz-Security-Token: hunter2\nhost:a", "X-Amz-Security-Token: …\nhost:a"),
            ("?X-Amz-Security-Token=hunter2&a=b", "?X-Amz-Security-Token=…&a=b"),
            (r#"{"x-amz-sso_bearer_token" : "hunter2"}"#, r#"{"x-amz-sso_bearer_token" : "…"}"#),
            (
                "Authorization: AWS4-HMAC-SHA256 Credential=A, Signature=0a1b<br>",
                "Authorization: …<br>",
            ),
            (
                "SignedHeaders=host;x-amz-date, Signature=0a1b, x",
                "SignedHeaders=host;x-amz-date, Signature=…, x",
            ),
            ("the signature: it is wrong", "the signature: it is wrong"),
            ("host;x-amz-security-token;y", "host;x-amz-security-token;y"),
            ("x-amz-security-token:", "x-amz-security-token:"),
            ("the signature you provided", "the signature you provided"),
            ("ä authorization=ö", "ä authorization=…"),
        ] {
            assert_eq!(without_secrets(said, &[]), clean);
        }
    }
}
