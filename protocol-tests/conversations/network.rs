//! Proxies and trust, under AWS's real host names.

use super::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use super::support::fake_internet::FakeInternet;
use super::support::fake_nuget::FakeNuget;
use super::support::sandbox_home::SandboxHome;

const API: &str = "codeartifact.eu-west-1.amazonaws.com";
const SOURCE: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com\
                      /nuget/my-repo/v3/index.json";

#[test]
fn the_call_goes_through_the_proxy_and_trusts_the_bundle() {
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let (fake, internet, mut home) = stage();
        home.set(variable, &internet.proxy_url());
        trust(&mut home, &internet);
        let mut nuget = FakeNuget::start(&home);
        nuget.ask(SOURCE, false, true).assert_success().assert_no_logs();
        nuget.finish();
        assert_eq!(internet.targets(), [format!("{API}:443")]);
        assert_eq!(fake.token_calls().len(), 1);
    }
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    let (fake, internet, mut home) = stage();
    home.set("HTTPS_PROXY", &internet.proxy_url());
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(SOURCE, false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert!(line.contains("AWS_CA_BUNDLE"), "no way out in {line}");
    assert_eq!(fake.token_calls().len(), 0);
    nuget.finish();
}

#[test]
fn a_bundle_that_is_missing_or_empty_is_named() {
    let (_fake, internet, mut home) = stage();
    home.set("HTTPS_PROXY", &internet.proxy_url());
    let empty = home.write("empty.pem", "").to_string_lossy().into_owned();
    for bundle in ["/nowhere/bundle.pem", &empty] {
        home.set("AWS_CA_BUNDLE", bundle);
        let mut nuget = FakeNuget::start(&home);
        let answer = nuget.ask(SOURCE, false, true);
        let line = answer.assert_refusal("Error").the_warning();
        assert!(line.contains("AWS_CA_BUNDLE") && line.contains(bundle), "{line}");
        nuget.finish();
    }
    assert_eq!(internet.targets(), [] as [&str; 0]);
}

#[test]
fn this_machine_is_never_asked_through_the_proxy() {
    let fake = FakeCodeArtifact::start();
    let internet = FakeInternet::start(&fake, &[API]);
    let mut home = SandboxHome::for_codeartifact(&fake);
    for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        home.set(variable, &internet.proxy_url());
    }
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&fake.source(&Repository::new("my-repo")), false, true).assert_success();
    nuget.finish();
    assert_eq!(internet.targets(), [] as [&str; 0]);
}

#[test]
fn no_proxy_is_heeded() {
    let (_fake, internet, mut home) = stage();
    home.set("HTTPS_PROXY", &internet.proxy_url());
    home.set("NO_PROXY", ".invalid");
    home.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://no-such-host.invalid");
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(SOURCE, false, true).assert_refusal("Error").the_warning();
    nuget.finish();
    assert_eq!(internet.targets(), [] as [&str; 0]);
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let (_fake, _internet, mut home) = stage();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    home.set("HTTPS_PROXY", &format!("http://{nobody}"));
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(SOURCE, false, true);
    let line = answer.assert_refusal("Error").the_warning();
    assert!(line.contains(&nobody.to_string()), "{line}");
    nuget.finish();
}

/// A home with keys, whose way to AWS is the proxy alone.
fn stage() -> (FakeCodeArtifact, FakeInternet, SandboxHome) {
    let fake = FakeCodeArtifact::start();
    let internet = FakeInternet::start(&fake, &[API]);
    let mut home = SandboxHome::for_codeartifact(&fake);
    home.unset("AWS_ENDPOINT_URL_CODEARTIFACT").unset("AWS_ENDPOINT_URL_STS");
    (fake, internet, home)
}

fn trust(home: &mut SandboxHome, internet: &FakeInternet) {
    let bundle = home.write("authority.pem", internet.authority());
    home.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
}
