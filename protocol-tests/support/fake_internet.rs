//! Real host names without the network: a proxy that takes every CONNECT to the fake, and ends TLS
//! there with certificates of a throwaway authority.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::fake_codeartifact::FakeCodeArtifact;

/// The running proxy; dropping it ends every connection and its thread.
#[derive(Debug)]
pub struct FakeInternet {
    address: SocketAddr,
    authority: String,
    targets: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeInternet {
    /// Takes connections to any of `names` to `fake`, as https.
    pub fn start(fake: &FakeCodeArtifact, names: &[&str]) -> Self {
        Self::before(fake.host(), names)
    }

    /// As [`Self::start`], with whatever listens at `behind`.
    pub fn before(behind: String, names: &[&str]) -> Self {
        let (authority, tls) = certificates(names);
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("tokio wants it so");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let targets = Arc::default();
        let proxy = Arc::new(Proxy {
            targets: Arc::clone(&targets),
            tls: TlsAcceptor::from(Arc::new(tls)),
            behind,
        });
        let thread = std::thread::spawn(move || serve(listener, proxy, stopped));
        Self { address, authority, targets, stop: Some(stop), thread: Some(thread) }
    }

    /// For `HTTPS_PROXY`.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The throwaway authority's certificate, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// `host:port` of every CONNECT, in order.
    pub fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for FakeInternet {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if std::thread::panicking() {
            eprintln!("--- connections through the proxy\n{}", self.targets().join("\n"));
        }
    }
}

struct Proxy {
    targets: Arc<Mutex<Vec<String>>>,
    tls: TlsAcceptor,
    behind: String,
}

impl Proxy {
    /// One connection, to its end. Peers hang up as they like.
    async fn tunnel(&self, mut client: TcpStream) -> io::Result<()> {
        let head = read_head(&mut client).await?;
        let mut words = head.split(' ');
        let (Some("CONNECT"), Some(target)) = (words.next(), words.next()) else {
            return client.write_all(b"HTTP/1.1 405 Only CONNECT\r\n\r\n").await;
        };
        self.targets.lock().unwrap_or_else(PoisonError::into_inner).push(target.to_owned());
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
        let mut client = self.tls.accept(client).await?;
        let mut behind = TcpStream::connect(&self.behind).await?;
        copy_bidirectional(&mut client, &mut behind).await.map(drop)
    }
}

/// Up to the empty line, byte by byte: what follows is TLS.
async fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8_192 {
        head.push(client.read_u8().await?);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

fn serve(listener: std::net::TcpListener, proxy: Arc<Proxy>, stopped: oneshot::Receiver<()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime starts");
    let accepting = async {
        let listener = TcpListener::from_std(listener).expect("the listener is good");
        while let Ok((client, _)) = listener.accept().await {
            let proxy = Arc::clone(&proxy);
            tokio::spawn(async move { proxy.tunnel(client).await });
        }
    };
    runtime.block_on(async {
        tokio::select! {
            () = accepting => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_background();
}

/// An authority as PEM, and a server with its certificate for `names`.
fn certificates(names: &[&str]) -> (String, ServerConfig) {
    let mut authority = CertificateParams::new([]).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // OpenSSL finds the issuer by its name.
    authority.distinguished_name.push(DnType::CommonName, "Throwaway authority of a test");
    let authority_key = KeyPair::generate().expect("a key");
    let pem = authority.self_signed(&authority_key).expect("a certificate").pem();
    let issuer = Issuer::new(authority, authority_key);
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().expect("a key");
    let server = CertificateParams::new(names).expect("good names");
    let chain: Vec<CertificateDer<'static>> =
        vec![server.signed_by(&key, &issuer).expect("a certificate").der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key that was just made");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider's own versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a key for its certificate");
    (pem, config)
}
