//! A sign-in in a browser on this machine: an authorization code with PKCE (RFC 7636). The browser comes
//! back to a port of this machine with a code, which is worth nothing without the verifier that never
//! left this process.
//!
//! Any program on this machine, and any page in the browser, can send a request to the port: only the
//! redirect with our state is accepted. Everything else is refused and changes nothing.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::base64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::oidc::{Grant, Granted, Oidc, Prompt, Show, SignInError};
use super::session::SsoSession;
use super::token_file::Client;
use crate::base::browser::Address;
use crate::base::secret::Secret;

const PATH: &str = "/oauth/callback";

/// A browser's request is a few kilobytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// A browser may connect ahead of time and send nothing.
const READ_WITHIN: Duration = Duration::from_secs(10);

const MOST_CONNECTIONS: usize = 16;

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
    let endpoint = oidc.origin().await?;
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
    answer.show_end(granted.is_ok()).await;
    granted
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
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A port that is listened on until this is dropped.
#[derive(Debug)]
pub(super) struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// The code that the browser delivered, and the connection to the browser, which waits for a page.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: Secret,
    browser: TcpStream,
}

/// The meaning of a request to the port.
#[derive(Debug, PartialEq, Eq)]
enum BrowserRequest {
    Code(Secret),
    Declined,
    /// It is not the redirect, so it gets this status.
    Other(&'static str),
}

impl Loopback {
    pub(super) async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the redirect with this state. Connections are read at the same time, so that a
    /// silent one blocks no other.
    pub(super) async fn answer(&self, state: &str) -> Result<Answer, SignInError> {
        let (port, state) = (self.port, Arc::<str>::from(state));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                    let (stream, _) = accepted?;
                    let state = Arc::clone(&state);
                    connections.spawn(async move {
                        tokio::time::timeout(READ_WITHIN, converse(stream, port, &state)).await
                    });
                }
                Some(ended) = connections.join_next() => match ended {
                    Ok(Ok(Ok(Some((BrowserRequest::Code(code), browser))))) => {
                        return Ok(Answer { code, browser });
                    }
                    Ok(Ok(Ok(Some((BrowserRequest::Declined, _))))) => return Err(SignInError::Declined),
                    // The browser closed the connection, sent nothing, or sent something else.
                    _ => {}
                },
            }
        }
    }
}

impl Answer {
    /// Shows the result in the browser. If the browser has gone, nothing is lost.
    pub(super) async fn show_end(mut self, is_signed_in: bool) {
        let page = if is_signed_in {
            page("Signed in", "You are signed in to AWS. You can close this page.")
        } else {
            page("Not signed in", "The sign-in to AWS failed. See what the terminal says.")
        };
        let _ =
            tokio::time::timeout(READ_WITHIN, respond(&mut self.browser, "200 OK", &page)).await;
    }
}

/// Reads one request. Answers it, unless it delivers the code.
async fn converse(
    mut stream: TcpStream,
    port: u16,
    state: &str,
) -> io::Result<Option<(BrowserRequest, TcpStream)>> {
    let head = read_head(&mut stream).await?;
    let request = parse(&head, port, state);
    let (status, text) = match &request {
        BrowserRequest::Code(_) => return Ok(Some((request, stream))),
        BrowserRequest::Declined => ("200 OK", "The sign-in to AWS was declined."),
        BrowserRequest::Other(status) => (*status, "This is not the page that is waited for."),
    };
    respond(&mut stream, status, &page("Not signed in", text)).await?;
    Ok(Some((request, stream)))
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut chunk).await?;
        if read == 0 || head.len() + read > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn parse(head: &str, port: u16, state: &str) -> BrowserRequest {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some("GET"), Some(target)) = (words.next(), words.next()) else {
        return BrowserRequest::Other("405 Method Not Allowed");
    };
    // The request names another host that resolves to this machine, as in DNS rebinding.
    let hosts: Vec<&str> = lines.filter_map(|line| header(line, "host")).collect();
    if hosts != [format!("127.0.0.1:{port}")] {
        return BrowserRequest::Other("421 Misdirected Request");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != PATH {
        return BrowserRequest::Other("404 Not Found");
    }
    match (parameter(query, "state"), parameter(query, "code"), parameter(query, "error")) {
        (Some(theirs), Some(code), None) if theirs == state => {
            BrowserRequest::Code(Secret::new(percent_decode_str(code).decode_utf8_lossy()))
        }
        (Some(theirs), None, Some(_)) if theirs == state => BrowserRequest::Declined,
        _ => BrowserRequest::Other("400 Bad Request"),
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then(|| value.trim())
}

fn page(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}

async fn respond(stream: &mut TcpStream, status: &str, page: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\n\
         content-security-policy: default-src 'none'\r\nconnection: close\r\n\r\n",
        page.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await
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
    fn request(target: &str) -> BrowserRequest {
        parse(&format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n"), 9, "s")
    }

    #[test]
    fn only_the_redirect_with_our_state_is_taken() {
        let code = |text: &str| BrowserRequest::Code(Secret::new(text));
        assert_eq!(request("/oauth/callback?code=a%2Bb&state=s"), code("a+b"));
        assert_eq!(request("/oauth/callback?state=s&code=c&x=y"), code("c"));
        assert_eq!(
            request("/oauth/callback?error=access_denied&state=s"),
            BrowserRequest::Declined
        );
        for target in [
            "/oauth/callback",
            "/oauth/callback?code=a",
            "/oauth/callback?code=a&state=t",
            "/oauth/callback?error=access_denied",
            "/oauth/callback?error=access_denied&state=t",
            "/oauth/callback?error=access_denied&code=a&state=s",
        ] {
            assert_eq!(request(target), BrowserRequest::Other("400 Bad Request"), "{target}");
        }
        assert_eq!(request("/favicon.ico"), BrowserRequest::Other("404 Not Found"));
        assert_eq!(
            request("/oauth/callback/x?code=a&state=s"),
            BrowserRequest::Other("404 Not Found")
        );
    }

    #[test]
    fn other_hosts_and_methods_are_refused() {
        let with = |lines: &str| parse(&format!("{lines}\r\n\r\n"), 9, "s");
        let target = "/oauth/callback?code=a&state=s HTTP/1.1";
        for hosts in
            ["Host: evil.example:9", "Host: 127.0.0.1", "X: y", "Host: 127.0.0.1:9\r\nhost: b"]
        {
            let refused = with(&format!("GET {target}\r\n{hosts}"));
            assert_eq!(refused, BrowserRequest::Other("421 Misdirected Request"), "{hosts}");
        }
        let post = with(&format!("POST {target}\r\nHost: 127.0.0.1:9"));
        assert_eq!(post, BrowserRequest::Other("405 Method Not Allowed"));
    }

    #[test]
    fn what_is_no_percent_code_stays() {
        let code = |text: &str| BrowserRequest::Code(Secret::new(text));
        assert_eq!(request("/oauth/callback?state=s&code=100%"), code("100%"));
        assert_eq!(request("/oauth/callback?state=s&code=%zz%41"), code("%zzA"));
    }
}
