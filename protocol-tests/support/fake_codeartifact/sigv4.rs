//! Checks the signature of a call the way AWS does: by computing it once more.

use std::collections::HashMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::http::Seen;

/// The keys that the fake knows.
#[derive(Debug, Default)]
pub struct AccessKeys(HashMap<String, AccessKey>);

/// What belongs to an access key id.
#[derive(Debug, Clone)]
pub struct AccessKey {
    pub secret: String,
    pub arn: String,
    /// Temporary keys come with one, and calls must carry it.
    pub session_token: Option<String>,
}

/// Who signed a call, and for where.
#[derive(Debug, Clone)]
pub struct Signer {
    pub access_key_id: String,
    pub region: String,
}

/// Why a call is refused: AWS's error code and text.
#[derive(Debug)]
pub struct Refusal {
    pub code: &'static str,
    pub message: String,
}

impl AccessKeys {
    pub fn add(&mut self, id: &str, secret: &str, arn: &str) {
        let (secret, arn) = (secret.to_owned(), arn.to_owned());
        self.0.insert(id.to_owned(), AccessKey { secret, arn, session_token: None });
    }

    pub fn add_temporary(&mut self, id: &str, secret: &str, session_token: &str, arn: &str) {
        self.add(id, secret, arn);
        let key = self.0.get_mut(id).expect("just added");
        key.session_token = Some(session_token.to_owned());
    }

    pub fn arn(&self, id: &str) -> &str {
        self.0.get(id).map_or("", |key| &key.arn)
    }

    /// Who signed this call for `service`.
    pub fn verify(&self, seen: &Seen, service: &str) -> Result<Signer, Refusal> {
        let header = Authorization::parse(seen.header("authorization"))
            .ok_or_else(|| refusal("MissingAuthenticationToken", "Missing Authentication Token"))?;
        let [id, date, region, scope_service, "aws4_request"] = header.credential.as_slice() else {
            return Err(refusal("IncompleteSignature", "the credential scope is malformed"));
        };
        let timestamp = seen.header("x-amz-date");
        if *scope_service != service || !is_timestamp_of(timestamp, date) {
            return Err(refusal("SignatureDoesNotMatch", "the scope is for another call"));
        }
        let key = self.0.get(*id).filter(|key| carries(seen, key)).ok_or_else(|| {
            let text = "The security token included in the request is invalid.";
            refusal("UnrecognizedClientException", text)
        })?;
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let request = sha256_hex(canonical_request(seen, &header.signed_headers).as_bytes());
        let to_sign = format!("AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{request}");
        let signature = hex(&hmac(&signing_key(key, &[*date, *region, service]), &to_sign));
        if signature != header.signature {
            return Err(refusal("InvalidSignatureException", "the signature does not match"));
        }
        Ok(Signer { access_key_id: (*id).to_owned(), region: (*region).to_owned() })
    }
}

/// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
struct Authorization<'a> {
    credential: Vec<&'a str>,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let field = |name: &str| {
            let mut fields = fields.split(',').filter_map(|field| field.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let signed_headers: Vec<_> = field("SignedHeaders")?.split(';').collect();
        (signed_headers.contains(&"host") && signed_headers.contains(&"x-amz-date"))
            .then_some(())?;
        let credential = field("Credential")?.split('/').collect();
        Some(Self { credential, signed_headers, signature: field("Signature")? })
    }
}

fn is_timestamp_of(timestamp: &str, date: &str) -> bool {
    timestamp.len() == "20260101T000000Z".len() && timestamp.starts_with(date)
}

fn carries(seen: &Seen, key: &AccessKey) -> bool {
    key.session_token.as_deref().is_none_or(|token| seen.header("x-amz-security-token") == token)
}

fn canonical_request(seen: &Seen, signed_headers: &[&str]) -> String {
    let mut query: Vec<_> = seen.query.split('&').collect();
    // By name and then by value, which is not the order of the whole pairs: `-` is before `=`.
    query.sort_unstable_by_key(|pair| pair.split_once('='));
    let mut headers = String::new();
    for name in signed_headers {
        let _ = writeln!(headers, "{name}:{}", seen.header(name).trim());
    }
    let names = signed_headers.join(";");
    let body = sha256_hex(&seen.body);
    format!("{}\n{}\n{}\n{headers}\n{names}\n{body}", seen.method, seen.path, query.join("&"))
}

fn signing_key(key: &AccessKey, scope: &[&str]) -> Vec<u8> {
    let first = format!("AWS4{}", key.secret).into_bytes();
    let parts = scope.iter().chain(&["aws4_request"]);
    parts.fold(first, |key, part| hmac(&key, part))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn refusal(code: &'static str, message: &str) -> Refusal {
    Refusal { code, message: message.to_owned() }
}
