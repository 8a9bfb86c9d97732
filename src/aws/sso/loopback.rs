//! The port of this machine that the browser comes back to.
//!
//! Anything on this machine, and any page in the browser, can knock here: only the redirect that
//! carries our state is taken. Everything else is refused and changes nothing.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::sign_in::SignInError;
use crate::base::secret::Secret;

/// What clients register: ports of this machine are free (RFC 8252).
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1/oauth/callback";

const PATH: &str = "/oauth/callback";

/// A browser's request is a few kilobytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// A browser may connect ahead of time and say nothing.
const READ_WITHIN: Duration = Duration::from_secs(10);

const MOST_CONNECTIONS: usize = 16;

/// A port that is listened on until this is dropped.
#[derive(Debug)]
pub(super) struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// The code that the browser brought, and the browser, which waits for a page.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: Secret,
    browser: TcpStream,
}

/// What a request is.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Code(Secret),
    Declined,
    /// Not the redirect that is waited for: this status.
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

    /// Waits for the redirect with this state. Connections are read at once, so that a silent one
    /// keeps nobody waiting.
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
                    Ok(Ok(Ok(Some((Request::Code(code), browser))))) => {
                        return Ok(Answer { code, browser });
                    }
                    Ok(Ok(Ok(Some((Request::Declined, _))))) => return Err(SignInError::Declined),
                    // Whoever it was hung up, said nothing, or something else.
                    _ => {}
                },
            }
        }
    }
}

impl Answer {
    /// Shows how it ended. A browser that has gone misses nothing.
    pub(super) async fn tell_browser(mut self, is_signed_in: bool) {
        let page = if is_signed_in {
            page("Signed in", "You are signed in to AWS. You can close this page.")
        } else {
            page("Not signed in", "The sign-in to AWS failed. See what the terminal says.")
        };
        let _ =
            tokio::time::timeout(READ_WITHIN, respond(&mut self.browser, "200 OK", &page)).await;
    }
}

/// Reads one request, and answers it unless it brings the code.
async fn converse(
    mut stream: TcpStream,
    port: u16,
    state: &str,
) -> io::Result<Option<(Request, TcpStream)>> {
    let head = read_head(&mut stream).await?;
    let request = understand(&head, port, state);
    let (status, text) = match &request {
        Request::Code(_) => return Ok(Some((request, stream))),
        Request::Declined => ("200 OK", "The sign-in to AWS was declined."),
        Request::Other(status) => (*status, "This is not the page that is waited for."),
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

fn understand(head: &str, port: u16, state: &str) -> Request {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some("GET"), Some(target)) = (words.next(), words.next()) else {
        return Request::Other("405 Method Not Allowed");
    };
    // A name that was made to lead here is no name of ours.
    let hosts: Vec<&str> = lines.filter_map(|line| header(line, "host")).collect();
    if hosts != [format!("127.0.0.1:{port}")] {
        return Request::Other("421 Misdirected Request");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path != PATH {
        return Request::Other("404 Not Found");
    }
    let get = |name| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    match (get("state"), get("code"), get("error")) {
        (Some(theirs), Some(code), None) if theirs == state => {
            Request::Code(Secret::new(decoded(code)))
        }
        (Some(theirs), None, Some(_)) if theirs == state => Request::Declined,
        _ => Request::Other("400 Bad Request"),
    }
}

fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then(|| value.trim())
}

/// Percent decoding; what is none stays as it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, others @ ..] = rest {
        let code = others.get(..2).and_then(|code| str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &others[2..];
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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

    fn request(target: &str) -> Request {
        understand(&format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n"), 9, "s")
    }

    #[test]
    fn only_the_redirect_with_our_state_is_taken() {
        let code = |text: &str| Request::Code(Secret::new(text));
        assert_eq!(request("/oauth/callback?code=a%2Bb&state=s"), code("a+b"));
        assert_eq!(request("/oauth/callback?state=s&code=c&x=y"), code("c"));
        assert_eq!(request("/oauth/callback?error=access_denied&state=s"), Request::Declined);
        for target in [
            "/oauth/callback",
            "/oauth/callback?code=a",
            "/oauth/callback?code=a&state=t",
            "/oauth/callback?error=access_denied",
            "/oauth/callback?error=access_denied&state=t",
            "/oauth/callback?error=access_denied&code=a&state=s",
        ] {
            assert_eq!(request(target), Request::Other("400 Bad Request"), "{target}");
        }
        assert_eq!(request("/favicon.ico"), Request::Other("404 Not Found"));
        assert_eq!(request("/oauth/callback/x?code=a&state=s"), Request::Other("404 Not Found"));
    }

    #[test]
    fn other_hosts_and_methods_are_refused() {
        let with = |lines: &str| understand(&format!("{lines}\r\n\r\n"), 9, "s");
        let target = "/oauth/callback?code=a&state=s HTTP/1.1";
        for hosts in
            ["Host: evil.example:9", "Host: 127.0.0.1", "X: y", "Host: 127.0.0.1:9\r\nhost: b"]
        {
            let refused = with(&format!("GET {target}\r\n{hosts}"));
            assert_eq!(refused, Request::Other("421 Misdirected Request"), "{hosts}");
        }
        let post = with(&format!("POST {target}\r\nHost: 127.0.0.1:9"));
        assert_eq!(post, Request::Other("405 Method Not Allowed"));
    }

    #[test]
    fn what_is_no_percent_code_stays() {
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%41"), "%zzA");
    }
}
