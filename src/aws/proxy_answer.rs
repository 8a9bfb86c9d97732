//! Why a proxy does not connect. The SDK's connector only knows that the answer was not 200, so the
//! proxy is asked once more, for its status and the ways to sign in that it offers.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error::causes::says;
use super::proxy::Proxy;
use crate::base::text::excerpt;

/// The answer only adds detail to a message.
const LIMIT: Duration = Duration::from_secs(5);

/// The head of an answer is not read beyond this.
const LONGEST_HEAD: u64 = 16 << 10;

/// What a proxy says instead of connecting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProxyFailure {
    #[error("it requires a user name and a password")]
    WantsPassword,
    #[error("it rejects the user name or the password")]
    PasswordRefused,
    /// The ways to sign in that it offers instead.
    #[error("it takes no password, but {0}")]
    NoBasic(String),
    #[error("it speaks TLS")]
    SpeaksTls,
    #[error("it does not speak TLS")]
    NoTls,
    #[error("it does not speak HTTP")]
    NoHttp,
    #[error("it returned HTTP {0}")]
    Status(u16),
}

impl ProxyFailure {
    /// An error that the SDK repeats only if another attempt may help. A password is never sent
    /// again: proxies lock accounts after a few wrong ones.
    pub(super) fn into_error(self) -> ConnectorError {
        match self {
            Self::Status(500..) => ConnectorError::io(self.into()),
            _ => ConnectorError::user(self.into()),
        }
    }
}

/// The reason why the proxy made no tunnel to `target`, a host and port. None if the connection
/// failed otherwise, or the proxy does not answer any more.
pub(super) async fn failure(
    error: &ConnectorError,
    proxy: &Proxy,
    target: &str,
) -> Option<ProxyFailure> {
    if !says(error, &["tunnel error"]) {
        return None;
    }
    if says(error, &["failed to create underlying connection"]) {
        let is_http = proxy.is_tls() && speaks_plain_http(proxy, target).await;
        return is_http.then_some(ProxyFailure::NoTls);
    }
    // A password that was not refused may be sent again: without it the answer would be another.
    let wants_password = says(error, &["proxy authorization required"]);
    let answer = if proxy.is_tls() {
        None
    } else {
        timeout(LIMIT, ask(proxy, target, !wants_password)).await.ok().flatten()
    };
    let Some(answer) = answer else {
        return wants_password.then(|| without_schemes(proxy));
    };
    match Answer::parse(&answer) {
        Answer::Tls => Some(ProxyFailure::SpeaksTls),
        Answer::Other => Some(ProxyFailure::NoHttp),
        Answer::Http(407, schemes) => Some(if lacks_basic(&schemes) {
            ProxyFailure::NoBasic(schemes.join(", "))
        } else {
            without_schemes(proxy)
        }),
        _ if wants_password => Some(without_schemes(proxy)),
        Answer::Http(200, _) => None,
        Answer::Http(status, _) => Some(ProxyFailure::Status(status)),
    }
}

/// Whether the proxy answers without TLS. It gets no password for that.
async fn speaks_plain_http(proxy: &Proxy, target: &str) -> bool {
    let answer = timeout(LIMIT, ask(proxy, target, false)).await.ok().flatten();
    answer.is_some_and(|answer| matches!(Answer::parse(&answer), Answer::Http(..)))
}

fn without_schemes(proxy: &Proxy) -> ProxyFailure {
    match proxy.authorization() {
        Some(_) => ProxyFailure::PasswordRefused,
        None => ProxyFailure::WantsPassword,
    }
}

fn lacks_basic(schemes: &[String]) -> bool {
    !schemes.is_empty() && !schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"))
}

/// The head of the answer to a CONNECT without TLS; none if there is none.
async fn ask(proxy: &Proxy, target: &str, with_password: bool) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(proxy.address()).await.ok()?;
    let password = proxy.authorization().filter(|_| with_password);
    let password = password.map_or(String::new(), |authorization| {
        format!("Proxy-Authorization: {}\r\n", authorization.expose())
    });
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{password}\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let (mut head, mut stream) = (Vec::new(), stream.take(LONGEST_HEAD));
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    (!head.is_empty()).then_some(head)
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// The status, and the schemes of `Proxy-Authenticate`.
    Http(u16, Vec<String>),
    Tls,
    Other,
}

impl Answer {
    fn parse(head: &[u8]) -> Self {
        const ALERT: u8 = 21;
        const VERSION: u8 = 3;
        if head.starts_with(&[ALERT, VERSION]) {
            return Self::Tls;
        }
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines.next().filter(|line| line.starts_with("HTTP/"));
        let status = status.and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let Some(status) = status else { return Self::Other };
        let headers = lines.filter_map(|line| line.split_once(':'));
        let offers = headers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"));
        Self::Http(status, offers.flat_map(|(_, value)| schemes(value)).collect())
    }
}

/// The schemes in one header, which may have several, each with parameters: `Basic realm="a", NTLM`.
fn schemes(value: &str) -> impl Iterator<Item = String> {
    let words = value.split(',').filter_map(|part| part.split_whitespace().next());
    words
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .map(excerpt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_read_from_one_header_or_several() {
        let parse = |text: &str| Answer::parse(text.as_bytes());
        let http = |status, schemes: &[&str]| {
            Answer::Http(status, schemes.iter().map(|scheme| (*scheme).to_owned()).collect())
        };
        assert_eq!(
            parse(
                "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\r\n"
            ),
            http(407, &["Negotiate", "NTLM"])
        );
        assert_eq!(
            parse(
                "HTTP/1.0 407\r\nProxy-Authenticate: Digest realm=\"a\", nonce=\"b\", Basic realm=\"c\"\r\n\r\n"
            ),
            http(407, &["Digest", "Basic"])
        );
        assert_eq!(parse("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>"), http(502, &[]));
    }

    #[test]
    fn what_is_no_http_is_tls_or_something_else() {
        assert_eq!(Answer::parse(&[21, 3, 3, 0, 2, 2, 40]), Answer::Tls);
        for head in [&b"SSH-2.0-x\r\n"[..], b"HTTP/1.1", b"HTTP/1.1 x\r\n", b"\xff"] {
            assert_eq!(Answer::parse(head), Answer::Other);
        }
    }

    #[test]
    fn without_any_scheme_a_password_is_meant() {
        assert!(!lacks_basic(&[]));
        assert!(!lacks_basic(&["NTLM".to_owned(), "BASIC".to_owned()]));
        assert!(lacks_basic(&["NTLM".to_owned()]));
    }
}
