//! Authorization code with PKCE (RFC 7636): the browser comes back to a port of this machine with a
//! code, which is worth nothing without the verifier that never left this process.

use std::fmt::Write as _;

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

use super::loopback::Loopback;
use super::oidc::{Grant, Granted, Oidc};
use super::sign_in::{Prompt, Show, SignInError};
use super::{Client, SsoSession};
use crate::base::browser::Address;
use crate::base::secret::Secret;

/// Shows the address, and waits until the browser comes back.
pub(super) async fn authorize(
    oidc: &Oidc,
    client: &Client,
    session: &SsoSession,
    show: Show<'_>,
) -> Result<Granted, SignInError> {
    let loopback = Loopback::listen().await?;
    let (verifier, state) = (Secret::new(random()?), random()?);
    let redirect_uri = loopback.redirect_uri();
    let endpoint = oidc.endpoint().await?;
    let scopes = session.scopes().join(" ");
    let query = query(&[
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", &redirect_uri),
        ("state", &state),
        ("code_challenge_method", "S256"),
        ("scopes", &scopes),
        ("code_challenge", &unpadded(&Sha256::digest(verifier.expose()))),
    ]);
    let address = Address::parse(&format!("{endpoint}/authorize?{query}"));
    show(&Prompt { address: address.ok_or(SignInError::Address { endpoint })?, code: None });
    let answer = loopback.answer(&state).await?;
    let grant = Grant::AuthorizationCode {
        code: &answer.code,
        verifier: &verifier,
        redirect_uri: &redirect_uri,
    };
    let granted = oidc.create_token(client, grant).await;
    answer.tell_browser(granted.is_ok()).await;
    Ok(granted?)
}

/// 256 bits, in characters that need no encoding.
fn random() -> Result<String, SignInError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| SignInError::Io(error.to_string()))?;
    Ok(unpadded(&bytes))
}

fn unpadded(bytes: &[u8]) -> String {
    base64::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

fn query(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// All but the unreserved characters, by their bytes.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}"); // writing to a string cannot fail
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_verifiers_digest() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert_eq!(unpadded(&Sha256::digest(verifier)), challenge);
    }

    #[test]
    fn verifiers_are_long_and_differ() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(one.len() == 43 && one != other, "{one} {other}");
    }

    #[test]
    fn a_query_is_encoded() {
        let pairs = [("scopes", "sso:account:access a"), ("uri", "http://127.0.0.1:1/x")];
        assert_eq!(
            query(&pairs),
            "scopes=sso%3Aaccount%3Aaccess%20a&uri=http%3A%2F%2F127.0.0.1%3A1%2Fx"
        );
    }
}
