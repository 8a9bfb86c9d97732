//! A proxy that connects nobody, and keeps what it is sent.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aws_smithy_types::base64;

/// The longest wait for the rest of a request.
const LIMIT: Duration = Duration::from_secs(30);

const WANTS_PASSWORD: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
    Proxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";

const FORBIDDEN: &[u8] =
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What was sent to the proxy, decoded; none stands for a request without a password.
type Sent = Arc<Mutex<BTreeSet<Option<String>>>>;

/// The running proxy; its thread ends with the test's process.
#[derive(Debug)]
pub struct Recorder {
    pub address: SocketAddr,
    sent: Sent,
}

impl Recorder {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let sent = Sent::default();
        let kept = Arc::clone(&sent);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { address, sent }
    }

    /// Everything that was sent so far; empty if nobody came.
    pub fn sent(&self) -> BTreeSet<Option<String>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// .NET sends a password only when it is asked for one, and on the same connection.
fn serve(stream: TcpStream, kept: &Sent) -> Option<()> {
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let password = password_in(&head);
        let answer = if password.is_some() { FORBIDDEN } else { WANTS_PASSWORD };
        kept.lock().unwrap_or_else(PoisonError::into_inner).insert(password);
        reader.get_mut().write_all(answer).ok()?;
    }
}

fn password_in(head: &str) -> Option<String> {
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let mut sent = headers.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
    let bytes = base64::decode(sent.next()?.1.strip_prefix("Basic ")?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
