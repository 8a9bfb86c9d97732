//! The certificates that the plugin trusts.

use super::peers::TlsFront;
use crate::support::stage::Stage;
use crate::support::stage::conversation::failing;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "certificate_of_an_unknown_authority",
            |stage| {
                front(stage, "127.0.0.1");
            },
            "no trusted TLS connection to `127.0.0.1:<port>` (its certificate is of an authority that this machine does not trust); behind a proxy that inspects TLS set AWS_CA_BUNDLE to its certificate",
        ),
        failing(
            "certificate_for_another_host",
            |stage| trusting(stage, "other.example"),
            "no trusted TLS connection to `127.0.0.1:<port>` (its certificate is another host's); behind a proxy that inspects TLS set AWS_CA_BUNDLE to its certificate",
        ),
        failing(
            "plain_http_on_a_port_for_https",
            |stage| {
                let url = format!("https://{}", stage.fake.host());
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
            },
            "`127.0.0.1:<port>` does not speak TLS; check AWS_ENDPOINT_URL and its like, and HTTPS_PROXY",
        ),
        failing(
            "bundle_missing",
            |stage| {
                stage.set("AWS_CA_BUNDLE", "/nonexistent/ca.pem");
            },
            "AWS_CA_BUNDLE `/nonexistent/ca.pem` cannot be used: No such file or directory (os error 2); correct or unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_is_a_folder",
            |stage| {
                stage.set("AWS_CA_BUNDLE", "/");
            },
            "AWS_CA_BUNDLE `/` cannot be used: Is a directory (os error 21); correct or unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_empty",
            |stage| bundle(stage, ""),
            "AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: there is no certificate in it; correct or unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_without_a_certificate",
            |stage| bundle(stage, "not a certificate"),
            "AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: there is no certificate in it; correct or unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_broken",
            |stage| bundle(stage, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
            "AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: it is not a PEM file; correct or unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_with_a_broken_certificate",
            |stage| {
                bundle(stage, "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n");
            },
            "AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: a certificate in it is broken; correct or unset AWS_CA_BUNDLE",
        ),
        failing(
            "no_system_trust_store",
            |stage| {
                let empty = stage.home.write("empty.pem", "");
                stage.set("SSL_CERT_FILE", &empty.to_string_lossy());
            },
            "the system has no trusted certificates; install them (`ca-certificates`), or set AWS_CA_BUNDLE to a PEM file",
        ),
        trial("a_bundle_makes_a_private_authority_good", private_authority),
        trial("ssl_cert_file_stands_for_the_systems_store", ssl_cert_file),
        trial("a_bundle_goes_before_ssl_cert_file", bundle_and_ssl_cert_file),
    ]
}

fn private_authority() {
    let mut stage = Stage::new().with_log();
    trusting(&mut stage, "127.0.0.1");
    stage.assert_succeeds();
}

fn ssl_cert_file() {
    let mut stage = Stage::new().with_log();
    let authority = front(&mut stage, "127.0.0.1").authority;
    let file = stage.home.write("authority.pem", &authority);
    stage.set("SSL_CERT_FILE", &file.to_string_lossy());
    stage.assert_succeeds();
}

fn bundle_and_ssl_cert_file() {
    let mut stage = Stage::new().with_log();
    let authority = front(&mut stage, "127.0.0.1").authority;
    let other = TlsFront::start("other.example", stage.fake.host().parse().expect("an address"));
    let file = stage.home.write("other.pem", &other.authority);
    stage.set("SSL_CERT_FILE", &file.to_string_lossy());
    bundle(&mut stage, &authority);
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
