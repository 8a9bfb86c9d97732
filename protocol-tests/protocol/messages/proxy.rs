//! Proxies: when they are used, and the messages about them.

use super::peers::{Peer, TlsFront};
use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::conversation::failing;
use crate::support::stage::{NAMES, OTHER_NAMES, SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const WANTS_PASSWORD: &str =
    "407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"a\"";

pub const API: &str = "codeartifact.eu-west-1.amazonaws.com";

/// Each of these says a variable's name as the test wrote it.
const NAMES_HAVE_CASE: bool = cfg!(not(windows));

/// As messages name it: on Windows names of variables have no case.
const HTTP_PROXY: &str = if cfg!(windows) { "HTTP_PROXY" } else { "http_proxy" };

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "proxy_wants_a_password",
            |stage| {
                let proxy = Peer::answering(WANTS_PASSWORD, "text/plain", "hunter2");
                stage.with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
            },
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: it requires a user name and a password. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_refuses_the_password",
            |stage| refusing(stage, WANTS_PASSWORD),
            "[CNP321] The proxy `127.0.0.1:<port>` rejected the user name or password (HTTP 407). Correct it in HTTPS_PROXY, with `%40` for `@`, `%3A` for `:` and `%25` for `%`.",
        ),
        failing(
            "proxy_takes_no_password",
            |stage| {
                let answer = "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n";
                let proxy = Peer::saying(answer);
                let url = format!("http://me:hunter2@{}", proxy.address);
                stage.with_real_endpoints().set("HTTPS_PROXY", &url);
            },
            "[CNP322] The proxy `127.0.0.1:<port>` accepts only Negotiate, NTLM, which is not supported. Use a local proxy that signs in there (px, cntlm), or exclude AWS in NO_PROXY.",
        ),
        failing(
            "proxy_by_https_that_speaks_no_tls",
            |stage| {
                let proxy = Peer::answering("400 Bad Request", "text/plain", "");
                let url = format!("https://me:hunter2@{}", proxy.address);
                stage.with_real_endpoints().set("HTTPS_PROXY", &url);
            },
            "[CNP323] The proxy `127.0.0.1:<port>` does not speak TLS. Write its URL with `http://` instead of `https://` in HTTPS_PROXY.",
        ),
        failing(
            "proxy_by_http_that_speaks_tls",
            |stage| {
                let proxy = Peer::saying(b"\x15\x03\x03\x00\x02\x02\x28".to_vec());
                stage.with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
            },
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: it speaks TLS. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_is_something_else",
            |stage| {
                let proxy = Peer::saying("220 mail.example ESMTP\r\n\r\n");
                stage.with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
            },
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: it does not speak HTTP. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_forbids",
            |stage| refusing(stage, "403 Forbidden"),
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: it returned HTTP 403. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_cannot_reach",
            |stage| refusing(stage, "502 Bad Gateway"),
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: it returned HTTP 502. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_unreachable",
            |stage| {
                stage.with_real_endpoints().set("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1");
            },
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: connection refused. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_name_not_resolved",
            |stage| {
                stage
                    .with_real_endpoints()
                    .set("HTTPS_PROXY", "http://me:hunter2@proxy.invalid:3128");
            },
            "[CNP320] The proxy `proxy.invalid:3128` does not connect to `codeartifact.eu-west-1.amazonaws.com`: its name cannot be resolved. Check HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "proxy_url_is_garbage",
            |stage| {
                stage.set("HTTPS_PROXY", "http://me:hunter2@[");
            },
            "[CNP325] The variable HTTPS_PROXY is not the URL of an HTTP proxy. Set it: export HTTPS_PROXY=http://proxy.example:3128",
        ),
        failing(
            "proxy_url_of_another_scheme",
            |stage| {
                stage.set("https_proxy", "socks5://me:hunter2@proxy.example");
            },
            "[CNP325] The variable https_proxy names a proxy with `socks5`; only `http` and `https` are supported. Set it: export https_proxy=http://proxy.example:3128",
        )
        .where_possible(NAMES_HAVE_CASE),
        failing(
            "proxy_password_in_another_encoding",
            |stage| {
                stage.set("https_proxy", "http://me:hunter2%E4@proxy.example");
            },
            "[CNP326] The user name or password in the variable https_proxy is not valid UTF-8, so it is not sent. Write it percent-encoded, as UTF-8.",
        )
        .where_possible(NAMES_HAVE_CASE),
        failing(
            "proxy_password_that_nuget_reads_otherwise",
            |stage| {
                stage.set("http_proxy", "http://me:hunter2%40@proxy.example");
            },
            "[CNP326] The user name or password in the variable http_proxy contains `%`, which NuGet sends unchanged and other programs decode, so it is not sent. Set https_proxy as well, with every special character percent-encoded.",
        )
        .where_possible(NAMES_HAVE_CASE),
        trial("https_goes_through_the_proxy_with_its_credentials", through),
        trial("a_proxy_password_may_be_percent_encoded", percent_encoded),
        trial("a_refused_proxy_password_is_sent_once", sent_once),
        trial("a_proxy_that_is_down_is_tried_again", tried_again),
        trial("the_lower_case_proxy_goes_first", lower_case_first),
        trial("blanks_around_a_proxy_are_nothing", blanks_around),
        trial("a_proxy_password_may_have_any_character", any_character),
        trial("nugets_proxy_variable_is_used_last", variable_of_nuget),
        trial("the_proxy_of_nuget_config_is_used_last", proxy_of_nuget_config),
        trial("a_repositorys_proxy_is_not_used", proxy_of_a_repository),
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

/// By two requests of one process: for each source the same wrong password would be another step
/// towards a locked account.
fn sent_once() {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering(WANTS_PASSWORD, "text/plain", "");
    let url = format!("http://me:hunter2@{}", proxy.address);
    stage.with_real_endpoints().set("HTTPS_PROXY", &url);
    let mut nuget = FakeNuget::start(&stage.home);
    let first = nuget.ask(SOURCE, false, true);
    let line = first.assert_refusal("Error").the_warning();
    assert!(line.contains("[CNP321] The proxy `127.0.0.1:"), "{line}");
    // The same line is shown once in a conversation.
    let second = nuget.ask(&SOURCE.replace("my-domain", "other-domain"), false, true);
    second.assert_refusal("Error").assert_no_logs();
    stage.finish(nuget);
    let sent = proxy.heads().iter().filter(|head| head.contains("Basic")).count();
    assert_eq!(sent, 1, "{:?}", proxy.heads());
}

fn tried_again() {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("503 Service Unavailable", "text/html", "<html>");
    stage.with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
    let line = stage.line_for(SOURCE);
    assert!(line.contains("[CNP320]") && line.contains("it returned HTTP 503"), "{line}");
    // Each attempt of three asks for the reason once more.
    assert_eq!(proxy.heads().len(), 6);
}

fn lower_case_first() {
    let mut stage = Stage::new().with_log();
    let (_front, proxy) = tunnelled(&mut stage);
    stage.set("HTTPS_PROXY", "http://127.0.0.1:1").set("ALL_PROXY", "http://127.0.0.1:1");
    stage.set("https_proxy", &proxy.url());
    stage.assert_succeeds();
    assert_eq!(proxy.heads().len(), 1);
}

fn blanks_around() {
    let mut stage = Stage::new().with_log();
    let (_front, proxy) = tunnelled(&mut stage);
    stage.set("HTTPS_PROXY", &format!(" {} \r\n", proxy.url()));
    stage.assert_succeeds();
    assert_eq!(proxy.heads().len(), 1);
}

/// What `me` sends with each of these as the password, in base64.
fn any_character() {
    for (password, sent) in [
        ("hunter2@b", "bWU6aHVudGVyMkBi"),
        ("hunter2#b", "bWU6aHVudGVyMiNi"),
        ("hunter2/b", "bWU6aHVudGVyMi9i"),
        ("hunter2?b", "bWU6aHVudGVyMj9i"),
        ("hunter2\\b", "bWU6aHVudGVyMlxi"),
        ("hunter2:b", "bWU6aHVudGVyMjpi"),
        ("hunter2%", "bWU6aHVudGVyMiU="),
        ("hunter2%40b", "bWU6aHVudGVyMkBi"),
    ] {
        let mut stage = Stage::new().with_log();
        let proxy = Peer::answering("403 Forbidden", "text/plain", "");
        let url = format!("http://me:{password}@{}", proxy.address);
        stage.with_real_endpoints().set("https_proxy", &url);
        let run = stage.run(&[&["token"], &NAMES[..]].concat());
        run.assert_failure().assert_silent_on("hunter2");
        let heads = proxy.heads();
        let all_have = heads.iter().all(|head| head.contains(&format!("Basic {sent}\r\n")));
        assert!(all_have && !heads.is_empty(), "{password}: {heads:?}");
    }
}

fn variable_of_nuget() {
    let mut stage = Stage::new().with_log();
    let (_front, proxy) = tunnelled(&mut stage);
    stage.unset("HTTPS_PROXY").set("http_proxy", &proxy.url());
    stage.assert_succeeds();
    assert_eq!(proxy.heads().len(), 1);
    let explained = stage.run(&["explain", SOURCE]);
    explained
        .assert_success()
        .assert_says(&format!("{} ({HTTP_PROXY} and NO_PROXY)", proxy.address));
    // The variables of the AWS CLI go first.
    stage.set("HTTPS_PROXY", "http://127.0.0.1:1");
    stage.run(&["explain", SOURCE]).assert_says("127.0.0.1:1 (HTTPS_PROXY and NO_PROXY)");
}

fn proxy_of_nuget_config() {
    let mut stage = Stage::new().with_log();
    let (_front, proxy) = tunnelled(&mut stage);
    stage.unset("HTTPS_PROXY");
    write_nuget_config(&stage, "home/.nuget/NuGet/NuGet.Config", &proxy);
    stage.assert_succeeds();
    assert_eq!(proxy.heads().len(), 1);
    let origin = format!("{} (`http_proxy` of `", proxy.address);
    stage.run(&["explain", SOURCE]).assert_success().assert_says(&origin);
    let doctor = stage.run(&["doctor", "-v", "--offline", SOURCE]);
    doctor.assert_says(&format!("through proxy {} (http_proxy of ", proxy.address));
    // Both kinds of exceptions count: NuGet's own, and those of the AWS CLI.
    stage.set("NO_PROXY", ".amazonaws.com");
    stage.run(&[&["token"], &OTHER_NAMES[..]].concat()).assert_failure();
    assert_eq!(proxy.heads().len(), 1);
    stage.set("http_proxy", "http://127.0.0.1:1");
    stage
        .run(&["explain", SOURCE])
        .assert_says(&format!("127.0.0.1:1 ({HTTP_PROXY} and NO_PROXY)"));
}

fn proxy_of_a_repository() {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage.with_real_endpoints();
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://api.invalid");
    write_nuget_config(&stage, "project/NuGet.Config", &proxy);
    stage.assert_fails(
        "[CNP301] The host name `api.invalid` cannot be resolved. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, VPN, DNS and the region.",
    );
    assert_eq!(proxy.heads(), [""; 0]);
}

fn write_nuget_config(stage: &Stage, path: &str, proxy: &Peer) {
    let url = proxy.url();
    let add = format!("<add key=\"http_proxy\" value=\"{url}\" />");
    stage.home.write(path, &format!("<configuration><config>{add}</config></configuration>"));
}

fn no_proxy() {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage
        .set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://api.invalid")
        .set("HTTPS_PROXY", &proxy.url());
    stage.set("NO_PROXY", "other.example,.invalid");
    stage.assert_fails(
        "[CNP301] The host name `api.invalid` cannot be resolved. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, VPN, DNS and the region.",
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
