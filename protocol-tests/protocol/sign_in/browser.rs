//! A sign-in in a browser on this machine: the page is the service's own, under its real name, and
//! the browser is a script that writes down what it is to open; the test follows in its place.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_internet::FakeInternet;
use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::fake_sso::UserWill;
use crate::support::secret_scan;
use crate::support::stage::Stage;
use crate::support::stage::conversation::HEAD;
use crate::support::stage::sso::START_URL;
use crate::support::trials::{Trial, trial};

/// Windows itself knows who opens a page, and takes no other from the environment.
const TAKES_A_BROWSER: bool = cfg!(not(windows));

const OIDC: &str = "oidc.eu-west-1.amazonaws.com";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_user_who_agrees_in_the_browser_is_served", agreed).where_possible(TAKES_A_BROWSER),
        trial("a_user_who_declines_in_the_browser_is_told_so", declined)
            .where_possible(TAKES_A_BROWSER),
        trial("strangers_at_the_port_change_nothing", strangers).where_possible(TAKES_A_BROWSER),
        trial("the_page_of_a_plain_http_endpoint_is_not_opened", plain_http),
        trial("a_cancelled_ask_closes_the_port", cancelled).where_possible(TAKES_A_BROWSER),
    ]
}

/// A stage whose sign-in service is at its real name, and whose browser is a script.
struct Desk {
    stage: Stage,
    _internet: FakeInternet,
}

impl Desk {
    fn new() -> Self {
        let mut stage = Stage::signing_in();
        let internet = FakeInternet::before(stage.sso().host(), &[OIDC]);
        let authority = stage.home.write("authority.pem", internet.authority());
        stage.may_ask("browser").home.unset("AWS_ENDPOINT_URL_SSO_OIDC");
        stage.home.set("HTTPS_PROXY", &internet.proxy_url());
        stage.home.set("AWS_CA_BUNDLE", &authority.to_string_lossy());
        let script = "#!/bin/sh\necho chatter\necho chatter >&2\n[ $# = 1 ] && printf %s \"$1\" > \"$HOME/opened.part\" && mv \"$HOME/opened.part\" \"$HOME/opened\"\n";
        let browser = stage.home.write("bin/browser", script);
        make_executable(&browser);
        stage.home.set("BROWSER", &browser.to_string_lossy()).set("DISPLAY", ":0");
        Self { stage, _internet: internet }
    }

    /// The address that the browser was started with.
    fn opened(&self) -> String {
        let file = self.stage.home.home().join("opened");
        let deadline = Instant::now() + LIMIT;
        while !file.exists() {
            assert!(Instant::now() < deadline, "no browser was opened");
            thread::sleep(Duration::from_millis(5));
        }
        fs::read_to_string(file).expect("a file")
    }

    /// Where the service's page sends the browser back to.
    fn redirect(&self, address: &str) -> Redirect {
        let target = address.strip_prefix(&format!("https://{OIDC}")).expect("the service's page");
        let answer = get(&self.stage.sso().host(), OIDC, target);
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        let location = location.unwrap_or_else(|| panic!("no redirect: {answer}"));
        let (host, path) =
            location.strip_prefix("http://").and_then(|it| it.split_once('/')).expect("a redirect");
        Redirect { host: host.to_owned(), target: format!("/{path}") }
    }
}

#[cfg(unix)]
fn make_executable(file: &PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("our own file");
}

#[cfg(not(unix))]
fn make_executable(_: &PathBuf) {}

struct Redirect {
    host: String,
    target: String,
}

impl Redirect {
    fn follow(&self) -> String {
        get(&self.host, &self.host, &self.target)
    }
}

/// One request, and all that comes back.
fn get(address: &str, host: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    let head = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn agreed() {
    let desk = Desk::new();
    let stage = &desk.stage;
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, line) = stage.begin(&mut nuget);
    let address = desk.opened();
    assert_eq!(
        line,
        format!(
            "[CredentialProvider]CodeArtifact: sign in to AWS for profile `dev` in the browser that opens; if none does: {address}"
        )
    );
    let page = desk.redirect(&address).follow();
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("You are signed in"), "{page}");
    nuget.answer_to(&ask, LIMIT).assert_success();
    stage.finish(nuget);
    assert_eq!(
        stage.sso().calls(),
        ["RegisterClient", "Authorize", "authorization_code", "GetRoleCredentials"]
    );
    assert_eq!(
        stage.sso().registrations(),
        [json!({
            "clientName": "nuget-plugin-codeartifact", "clientType": "public",
            "scopes": ["sso:account:access"], "grantTypes": ["authorization_code", "refresh_token"],
            "redirectUris": ["http://127.0.0.1/oauth/callback"], "issuerUrl": START_URL
        })]
    );
    assert!(stage.token()["refreshToken"].is_string());
    // The verifier goes to the service alone: to no browser, log or file.
    secret_scan::assert_no_secrets(stage.home.root(), &stage.sso().verifiers(), &[]);
    secret_scan::assert_no_secrets_in(&address, &stage.sso().verifiers());
    stage.assert_served();
}

fn declined() {
    let desk = Desk::new();
    let stage = &desk.stage;
    stage.sso().user_will(UserWill::Decline);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    let page = desk.redirect(&desk.opened()).follow();
    assert!(page.contains("The sign-in to AWS was declined"), "{page}");
    let answer = nuget.answer_to(&ask, LIMIT);
    let last = answer.assert_refusal("NotFound").logs.last().expect("a warning").failure();
    assert_eq!(
        last,
        format!(
            "{HEAD}[CNP212] The sign-in of profile `dev` failed: it was declined in the browser. Try again: dotnet codeartifact login --profile dev"
        )
    );
    stage.finish(nuget);
}

fn strangers() {
    let desk = Desk::new();
    let stage = &desk.stage;
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    let redirect = desk.redirect(&desk.opened());
    // A browser connects ahead of time and says nothing.
    let _silent = TcpStream::connect(&redirect.host).expect("somebody listens");
    let at = |host: &str, target: &str| get(&redirect.host, host, target);
    for (host, target, status) in [
        ("evil.example", &*redirect.target, "421 "),
        (&redirect.host, "/", "404 "),
        (&redirect.host, "/oauth/callback?code=a&state=b", "400 "),
        (&redirect.host, "/oauth/callback?error=access_denied&state=b", "400 "),
    ] {
        let answer = at(host, target);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {answer}");
    }
    assert!(redirect.follow().contains("You are signed in"));
    nuget.answer_to(&ask, LIMIT).assert_success();
    stage.finish(nuget);
}

fn plain_http() {
    let desk = Desk::new();
    let mut stage = desk.stage;
    let url = stage.sso().url();
    stage.home.set("AWS_ENDPOINT_URL_SSO_OIDC", &url);
    let mut nuget = FakeNuget::start(&stage.home);
    let answer = nuget.ask(&stage.source, false, false);
    let line = answer.assert_refusal("NotFound").the_warning();
    assert_eq!(
        line,
        format!(
            "{HEAD}[CNP212] The sign-in of profile `dev` failed: the sign-in page at `{url}` is not an https address. Try again: dotnet codeartifact login --profile dev"
        )
    );
    stage.finish(nuget);
    assert!(!stage.home.home().join("opened").exists());
}

fn cancelled() {
    let desk = Desk::new();
    let stage = &desk.stage;
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    let redirect = desk.redirect(&desk.opened());
    nuget.cancel(&ask);
    nuget.expect(json!({"RequestId": ask, "Type": "Cancel"}));
    let deadline = Instant::now() + LIMIT;
    while TcpStream::connect(&redirect.host).is_ok() {
        assert!(Instant::now() < deadline, "the port should be closed");
        thread::yield_now();
    }
    stage.finish(nuget);
}
