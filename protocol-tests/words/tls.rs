//! Whom the plugin trusts.

use libtest_mimic::Trial;

use super::peers::TlsFront;
use super::stage::{Stage, failing, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        failing("certificate_of_an_unknown_authority", |stage| { front(stage, "127.0.0.1"); }, "x"),
        failing("certificate_for_another_host", |stage| trusting(stage, "other.example"), "x"),
        failing(
            "plain_http_on_a_port_for_https",
            |stage| {
                let url = format!("https://{}", stage.fake.host());
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
            },
            "x",
        ),
        failing("bundle_missing", |stage| { stage.set("AWS_CA_BUNDLE", "/nonexistent/ca.pem"); }, "x"),
        failing("bundle_is_a_folder", |stage| { stage.set("AWS_CA_BUNDLE", "/"); }, "x"),
        failing("bundle_empty", |stage| bundle(stage, ""), "x"),
        failing("bundle_without_a_certificate", |stage| bundle(stage, "not a certificate"), "x"),
        failing("bundle_broken", |stage| bundle(stage, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"), "x"),
        failing("bundle_with_a_broken_certificate", |stage| bundle(stage, "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), "x"),
        failing(
            "no_system_trust_store",
            |stage| {
                let empty = stage.home.write("empty.pem", "");
                stage.set("SSL_CERT_FILE", &empty.to_string_lossy());
            },
            "x",
        ),
        trial("a_bundle_makes_a_private_authority_good", private_authority),
    ]
}

fn private_authority() {
    let mut stage = Stage::new();
    trusting(&mut stage, "127.0.0.1");
    stage.assert_succeeds();
}

fn front(stage: &mut Stage, name: &str) -> TlsFront {
    let front = TlsFront::start(name, stage.fake.host().parse().expect("an address"));
    let url = format!("https://{}", front.address);
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
    front
}

fn trusting(stage: &mut Stage, name: &str) {
    let authority = front(stage, name).authority;
    bundle(stage, &authority);
}

fn bundle(stage: &mut Stage, pem: &str) {
    let path = stage.home.write("ca.pem", pem);
    stage.set("AWS_CA_BUNDLE", &path.to_string_lossy());
}
