//! An HTTP/1.1 server on a free loopback port, in a thread of its own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A request, read whole.
#[derive(Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// As sent, still encoded; empty where there is none.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    /// The header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The query parameter's value, none where it is missing. Values here need no decoding.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Whole,
    /// The connection breaks in the middle of the body.
    Truncated,
    /// After the body, a byte more from time to time, of many that it announced.
    Slow,
    /// The body is repeated and never ends, and has no length.
    Endless,
    /// The connection is closed without an answer.
    Closed,
    /// No answer ever comes.
    Never,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub delay: Duration,
    pub ending: Ending,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self { status, headers, body, delay: Duration::ZERO, ending: Ending::Whole }
    }

    pub fn bytes(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { headers, body: body.into(), ..Self::status(status) }
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::bytes(status, "application/json", body.to_string())
    }

    pub fn ending(ending: Ending) -> Self {
        Self { ending, ..Self::status(200) }
    }

    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// The running server; dropping it ends every connection and its thread.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves until dropped. `answer` is called for one request at a time.
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.set_nonblocking(true).expect("tokio wants it so");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let requests = Arc::default();
        let site = Arc::new(Site { answer, requests: Arc::clone(&requests) });
        let thread = std::thread::spawn(move || serve(listener, &site, stopped));
        Self { address, requests, stop: Some(stop), thread: Some(thread) }
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// `METHOD path status` of every request.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Site<F> {
    answer: F,
    requests: Arc<Mutex<Vec<String>>>,
}

fn serve<F>(listener: std::net::TcpListener, site: &Arc<Site<F>>, stopped: oneshot::Receiver<()>)
where
    F: Fn(&Seen) -> Reply + Send + Sync + 'static,
{
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime starts");
    let accepting = async {
        let listener = TcpListener::from_std(listener).expect("the listener is good");
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(site)));
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

async fn converse<F>(stream: TcpStream, site: Arc<Site<F>>)
where
    F: Fn(&Seen) -> Reply + Send + Sync + 'static,
{
    let service = service_fn(|request| handle(request, &site));
    let connection = hyper::server::conn::http1::Builder::new();
    // Peers hang up as they like, and some answers break the connection on purpose.
    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
}

async fn handle<F>(request: Request<Incoming>, site: &Site<F>) -> io::Result<Response<Content>>
where
    F: Fn(&Seen) -> Reply + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body.collect().await.map_err(io::Error::other)?.to_bytes(),
    };
    let reply = (site.answer)(&seen);
    let line = format!("{} {} {}", seen.method, head.uri, reply.status);
    site.requests.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    tokio::time::sleep(reply.delay).await;
    match reply.ending {
        Ending::Closed => return Err(io::ErrorKind::ConnectionReset.into()),
        Ending::Never => match std::future::pending::<Infallible>().await {},
        Ending::Whole | Ending::Truncated | Ending::Slow | Ending::Endless => {}
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Content::new(reply.body.into(), reply.ending)).map_err(io::Error::other)
}

/// A body that ends as [`Ending`] says.
struct Content {
    bytes: Bytes,
    is_sent: bool,
    ending: Ending,
    pause: tokio::time::Interval,
}

impl Content {
    fn new(bytes: Bytes, ending: Ending) -> Self {
        let mut pause = tokio::time::interval(Duration::from_millis(200));
        pause.reset();
        Self { bytes, is_sent: false, ending, pause }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let is_sent = std::mem::replace(&mut self.is_sent, true);
        let next = match self.ending {
            _ if !is_sent => Some(Ok(Frame::data(self.bytes.clone()))),
            Ending::Truncated => Some(Err(io::ErrorKind::ConnectionReset.into())),
            Ending::Endless => Some(Ok(Frame::data(self.bytes.clone()))),
            Ending::Slow => {
                std::task::ready!(self.pause.poll_tick(context));
                Some(Ok(Frame::data(Bytes::from_static(b"."))))
            }
            _ => None,
        };
        Poll::Ready(next)
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.bytes.len() as u64;
        match self.ending {
            Ending::Truncated => SizeHint::with_exact(bytes + 1_000),
            Ending::Slow => SizeHint::with_exact(bytes + 100_000),
            Ending::Endless => SizeHint::default(),
            _ => SizeHint::with_exact(bytes),
        }
    }
}
