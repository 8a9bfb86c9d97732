//! Small servers that the fake does not cover: one with given responses, a proxy, one that ends
//! TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The longest wait for a peer here.
const LIMIT: Duration = Duration::from_secs(30);

type Heads = Arc<Mutex<Vec<String>>>;

/// A server whose threads end with the test's process; each connection gets one.
#[derive(Debug)]
pub struct Peer {
    pub address: SocketAddr,
    heads: Heads,
}

impl Peer {
    /// Answers every request by these bytes, then hangs up.
    pub fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |mut stream, heads| {
            let Some(head) = read_head(&mut stream) else { return };
            note(heads, head);
            let _ = stream.write_all(&answer);
        })
    }

    /// Answers every request by this status, content type and body.
    pub fn answering(status: &str, content_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::saying(format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        ))
    }

    /// A proxy that connects every tunnel to `target`, whatever was asked for.
    pub fn proxy_to(target: SocketAddr) -> Self {
        Self::start(move |mut stream, heads| {
            let Some(head) = read_head(&mut stream) else { return };
            note(heads, head);
            let Ok(onward) = TcpStream::connect(target) else { return };
            if stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").is_ok() {
                splice(&stream, &onward);
            }
        })
    }

    /// Sends these bytes at once, whatever it is sent, and waits for the other side to hang up.
    pub fn greeting(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream, _| {
            if stream.write_all(bytes).is_ok() {
                let _ = stream.read_to_end(&mut Vec::new());
            }
        })
    }

    /// Accepts connections and never sends anything.
    pub fn silent() -> Self {
        Self::start(|mut stream, _| {
            let _ = stream.read_to_end(&mut Vec::new());
        })
    }

    /// Breaks every connection by a reset, in the middle of the request.
    pub fn resetting() -> Self {
        Self::start(|mut stream, _| {
            // What is left unread when it is closed makes a reset of the end.
            let _ = stream.read_exact(&mut [0]);
        })
    }

    /// Sends these bytes, and then the same line again and again, one each so often, to the end.
    pub fn dripping(start: &'static str, line: &'static str, every: Duration) -> Self {
        Self::start(move |mut stream, _| {
            if read_head(&mut stream).is_none() || stream.write_all(start.as_bytes()).is_err() {
                return;
            }
            while stream.write_all(line.as_bytes()).is_ok() {
                thread::sleep(every);
            }
        })
    }

    /// The head of every request so far: request line and headers.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn start(serve: impl Fn(TcpStream, &Heads) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let heads = Heads::default();
        let (serve, noted) = (Arc::new(serve), Arc::clone(&heads));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (serve, noted) = (Arc::clone(&serve), Arc::clone(&noted));
                thread::spawn(move || serve(stream, &noted));
            }
        });
        Self { address, heads }
    }
}

/// An address on which connections are never made: no server accepts, and the queue is full. Other
/// systems refuse what does not fit into it.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct FullQueue {
    pub address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

#[cfg(target_os = "linux")]
impl FullQueue {
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let waiting = std::iter::from_fn(connect).collect();
        Self { address, _listener: listener, _waiting: waiting }
    }
}

/// A way to a server by IPv6.
#[derive(Debug)]
pub struct Ipv6Door {
    /// At `::1`.
    pub address: SocketAddr,
}

impl Ipv6Door {
    /// Takes every connection on to `target`.
    pub fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("::1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Ok(onward) = TcpStream::connect(target) else { continue };
                thread::spawn(move || splice(&stream, &onward));
            }
        });
        Self { address }
    }
}

/// An authority of the test's own, with a server before the fake that it vouches for.
#[derive(Debug)]
pub struct TlsFront {
    pub address: SocketAddr,
    /// The authority's certificate.
    pub authority: String,
}

impl TlsFront {
    /// Ends TLS as `name`, and speaks plainly to `target`.
    pub fn start(name: &str, target: SocketAddr) -> Self {
        let (authority, config) = certified(name);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("tokio wants it so");
        let address = listener.local_addr().expect("a bound listener has an address");
        thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime starts");
            runtime.block_on(front(listener, config, target));
        });
        Self { address, authority }
    }
}

async fn front(listener: TcpListener, config: ServerConfig, target: SocketAddr) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is good");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let (Ok(mut near), Ok(mut far)) =
                (acceptor.accept(stream).await, tokio::net::TcpStream::connect(target).await)
            else {
                return;
            };
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
    }
}

/// The authority's certificate as PEM, and a server's configuration with a certificate for `name`.
fn certified(name: &str) -> (String, ServerConfig) {
    let mut authority = CertificateParams::new([]).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let pem = authority.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(authority, key);
    let own_key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new([name.to_owned()]).expect("a name");
    let own = own.signed_by(&own_key, &issuer).expect("a certificate");
    let certificates: Vec<CertificateDer<'static>> = vec![own.der().clone()];
    let key = PrivateKeyDer::try_from(own_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("ring has them");
    let config = config.with_no_client_auth().with_single_cert(certificates, key);
    (pem, config.expect("the key is the certificate's"))
}

fn splice(one: &TcpStream, other: &TcpStream) {
    let pump = |from: &TcpStream, to: &TcpStream| {
        let (mut from, mut to) = (from.try_clone().ok()?, to.try_clone().ok()?);
        let _ = std::io::copy(&mut from, &mut to);
        to.shutdown(std::net::Shutdown::Write).ok()
    };
    thread::scope(|scope| {
        scope.spawn(|| pump(one, other));
        pump(other, one);
    });
}

fn note(heads: &Heads, head: String) {
    heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
}

/// Request line and headers; none where the peer hung up before their end. A body is read away, so
/// that hanging up is no reset.
fn read_head(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let mut reader = BufReader::with_capacity(1, stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    reader.read_exact(&mut vec![0; length.unwrap_or(0)]).ok()?;
    Some(head)
}
