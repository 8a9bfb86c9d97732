//! Proxies: when they are used, and the messages about them.

use super::peers::{Peer, TlsFront};
use crate::support::stage::conversation::failing;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

pub const API: &str = "codeartifact.eu-west-1.amazonaws.com";

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "proxy_wants_a_password",
            |stage| refusing(stage, "407 Proxy Authentication Required"),
            "the proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com` (it wants a user name and a password); check HTTPS_PROXY and NO_PROXY",
        ),
        failing(
            "proxy_forbids",
            |stage| refusing(stage, "403 Forbidden"),
            "the proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com` (it refused to); check HTTPS_PROXY and NO_PROXY",
        ),
        failing(
            "proxy_cannot_reach",
            |stage| refusing(stage, "502 Bad Gateway"),
            "the proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com` (it refused to); check HTTPS_PROXY and NO_PROXY",
        ),
        failing(
            "proxy_unreachable",
            |stage| {
                stage.with_real_endpoints().set("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1");
            },
            "the proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com` (connection refused); check HTTPS_PROXY and NO_PROXY",
        ),
        failing(
            "proxy_name_not_resolved",
            |stage| {
                stage
                    .with_real_endpoints()
                    .set("HTTPS_PROXY", "http://me:hunter2@proxy.invalid:3128");
            },
            "the proxy `proxy.invalid:3128` does not connect to `codeartifact.eu-west-1.amazonaws.com` (its name cannot be resolved); check HTTPS_PROXY and NO_PROXY",
        ),
        failing(
            "proxy_url_is_garbage",
            |stage| {
                stage.set("HTTPS_PROXY", "http://me:hunter2@[");
            },
            "the variable HTTPS_PROXY is no URL of an http proxy, as in `http://proxy.example:3128`; correct it",
        ),
        failing(
            "proxy_url_of_another_scheme",
            |stage| {
                stage.set("https_proxy", "socks5://me:hunter2@proxy.example");
            },
            "the variable https_proxy is no URL of an http proxy, as in `http://proxy.example:3128`; correct it",
        ),
        trial("https_goes_through_the_proxy_with_its_credentials", through),
        trial("a_proxy_password_may_be_percent_encoded", percent_encoded),
        trial("no_proxy_is_respected", no_proxy),
        trial("loopback_never_goes_through_a_proxy", loopback),
        trial("link_local_never_goes_through_a_proxy", link_local),
    ]
}

/// A proxy with a password in its URL that refuses every tunnel.
fn refusing(stage: &mut Stage, status: &str) {
    let proxy = Peer::answering(status, "text/plain", "hunter2");
    let url = format!("http://me:hunter2@{}", proxy.address);
    stage.with_real_endpoints().set("HTTPS_PROXY", &url);
}

fn through() {
    let mut stage = Stage::new().with_log();
    let (front, proxy) = tunnelled(&mut stage);
    let url = format!("http://me:hunter2@{}", proxy.address);
    stage.set("HTTPS_PROXY", &url);
    stage.assert_succeeds();
    let head = proxy.heads().remove(0).to_lowercase();
    assert!(head.starts_with(&format!("connect {API}:443 http/1.1\r\n")), "{head}");
    // `printf me:hunter2 | base64`
    assert!(head.contains("proxy-authorization: basic bwu6ahvudgvymg==\r\n"), "{head}");
    drop(front);
}

fn percent_encoded() {
    let mut stage = Stage::new().with_log();
    let (front, proxy) = tunnelled(&mut stage);
    let url = format!("http://me%40corp:hunter2%2F%3A@{}", proxy.address);
    stage.set("HTTPS_PROXY", &url);
    stage.assert_succeeds();
    let head = proxy.heads().remove(0);
    // `printf me@corp:hunter2/: | base64`
    assert!(head.contains("Basic bWVAY29ycDpodW50ZXIyLzo=\r\n"), "{head}");
    drop(front);
}

fn no_proxy() {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage
        .set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://api.invalid")
        .set("HTTPS_PROXY", &proxy.url());
    stage.set("NO_PROXY", "other.example,.invalid");
    stage.assert_fails(
        "the name `api.invalid` cannot be resolved; check the network, VPN and DNS, and the region",
    );
    assert_eq!(proxy.heads(), [""; 0]);
}

fn loopback() {
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    {
        let mut stage = Stage::new().with_log();
        let proxy = Peer::answering("403 Forbidden", "text/plain", "");
        stage.set(name, &proxy.url());
        stage.assert_succeeds();
        assert_eq!(proxy.heads(), [""; 0], "{name}");
    }
}

/// Metadata: credentials of a container at a link-local address.
fn link_local() {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage
        .without_keys()
        .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        stage.set(name, &proxy.url());
    }
    stage.line_for(SOURCE);
    assert_eq!(proxy.heads(), [""; 0]);
}

/// The real host behind a proxy: TLS in the fake's name, and a bundle that trusts it.
pub fn tunnelled(stage: &mut Stage) -> (TlsFront, Peer) {
    let front = TlsFront::start(API, stage.fake.host().parse().expect("an address"));
    let bundle = stage.home.write("ca.pem", &front.authority);
    let proxy = Peer::proxy_to(front.address);
    stage.with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
    stage.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
    (front, proxy)
}
