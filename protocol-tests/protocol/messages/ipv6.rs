//! A machine that has IPv6 only: addresses in endpoints, in the proxy's URL and in `NO_PROXY`.

use std::net::{Ipv4Addr, SocketAddr};

use super::peers::{Ipv6Door, Peer, TlsFront};
use super::proxy::API;
use crate::support::stage::conversation::failing;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

/// 127.0.0.1 as an IPv6 address: this machine, and no loopback to whoever only knows `::1`.
const MAPPED: &str = "::ffff:127.0.0.1";

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "connection_refused_by_ipv6",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://[::1]:1");
            },
            "[CNP302] No connection to `[::1]:1`: connection refused. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "plain_http_to_an_ipv6_address",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "http://[fd00::1]:8080");
            },
            "[CNP330] The API endpoint `[fd00::1]` uses plain http and is not on this machine. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Set AWS_ENDPOINT_URL_CODEARTIFACT to an https URL.",
        ),
        trial("an_endpoint_by_ipv6", plain),
        trial("an_endpoint_by_ipv6_with_tls", with_tls),
        trial("a_proxy_by_ipv6_with_a_password", by_proxy),
        // Windows makes no IPv4 connection for an IPv6 address.
        trial("no_proxy_by_ipv6", no_proxy).where_possible(cfg!(not(windows))),
    ]
}

/// Loopback, which no proxy may see.
fn plain() {
    let mut stage = Stage::new().with_log();
    let door = Ipv6Door::before(fake(&stage));
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("http://{}", door.address));
    stage.set("HTTP_PROXY", &proxy.url()).set("HTTPS_PROXY", &proxy.url());
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls().len(), 1);
    assert_eq!(proxy.heads(), [""; 0]);
}

fn with_tls() {
    let mut stage = Stage::new().with_log();
    let front = TlsFront::start("::1", fake(&stage));
    let door = Ipv6Door::before(front.address);
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("https://{}", door.address));
    trust(&mut stage, &front);
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls().len(), 1);
}

fn by_proxy() {
    let mut stage = Stage::new().with_log();
    let front = TlsFront::start(API, fake(&stage));
    let proxy = Peer::proxy_to(front.address);
    let door = Ipv6Door::before(proxy.address);
    stage.with_real_endpoints().set("HTTPS_PROXY", &format!("http://me:hunter2@{}", door.address));
    trust(&mut stage, &front);
    stage.assert_succeeds();
    let head = proxy.heads().remove(0).to_lowercase();
    assert!(head.starts_with(&format!("connect {API}:443 http/1.1\r\n")), "{head}");
    // `printf me:hunter2 | base64`
    assert!(head.contains("proxy-authorization: basic bwu6ahvudgvymg==\r\n"), "{head}");
}

/// Through the proxy but for the addresses that are excepted.
fn no_proxy() {
    for (exceptions, goes_through) in [
        ("::ffff:0:0/96", false),
        ("other.example,::ffff:127.0.0.1", false),
        ("fd00::/8,[::ffff:127.0.0.2]", true),
    ] {
        let mut stage = Stage::new().with_log();
        let front = TlsFront::start(MAPPED, fake(&stage));
        let proxy = Peer::proxy_to(front.address);
        let url = format!("https://[{MAPPED}]:{}", front.address.port());
        stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
        stage.set("HTTPS_PROXY", &proxy.url()).set("NO_PROXY", exceptions);
        trust(&mut stage, &front);
        if goes_through {
            // The SDK's TLS in a tunnel does not accept an IP address as a name, so the call fails;
            // only its target matters here.
            stage.line_for(SOURCE);
        } else {
            stage.assert_succeeds();
        }
        assert_eq!(!proxy.heads().is_empty(), goes_through, "{exceptions}");
    }
}

fn trust(stage: &mut Stage, front: &TlsFront) {
    let bundle = stage.home.write("ca.pem", &front.authority);
    stage.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
}

fn fake(stage: &Stage) -> SocketAddr {
    let address: SocketAddr = stage.fake.host().parse().expect("an address");
    assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    address
}
