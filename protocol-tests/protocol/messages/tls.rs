//! The certificates that the plugin trusts.

use aws_smithy_types::base64;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::peers::{Peer, TlsFront};
use crate::support::stage::conversation::failing;
use crate::support::stage::{OTHER_NAMES, Stage};
use crate::support::trials::{Trial, trial};

const OLD_TLS: &str = "[CNP306] `127.0.0.1:<port>` offers only TLS versions before 1.2, as no host of AWS does. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.";

/// A record with a `ServerHello`: version 1.0, 32 random bytes, no session, an old cipher suite.
const SERVER_HELLO_OF_TLS_1_0: [u8; 47] = {
    let mut hello = [7; 47];
    let head = [22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    let mut at = 0;
    while at < head.len() {
        hello[at] = head[at];
        at += 1;
    }
    let tail = [0, 0, 0x2f, 0];
    at = 0;
    while at < tail.len() {
        hello[43 + at] = tail[at];
        at += 1;
    }
    hello
};

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "certificate_of_an_unknown_authority",
            |stage| {
                front(stage, "127.0.0.1");
            },
            "[CNP305] The TLS connection to `127.0.0.1:<port>` is not trusted: its certificate is from an authority that this machine does not trust. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Behind a proxy that inspects TLS, set AWS_CA_BUNDLE to its certificate (a PEM file), and let the system trust it for NuGet.",
        ),
        failing(
            "certificate_for_another_host",
            |stage| trusting(stage, "other.example"),
            "[CNP305] The TLS connection to `127.0.0.1:<port>` is not trusted: its certificate is for another host. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Behind a proxy that inspects TLS, set AWS_CA_BUNDLE to its certificate (a PEM file), and let the system trust it for NuGet.",
        ),
        failing(
            "plain_http_on_a_port_for_https",
            |stage| {
                let url = format!("https://{}", stage.fake.host());
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
            },
            "[CNP306] `127.0.0.1:<port>` does not speak TLS. It was reached by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT.",
        ),
        failing(
            "tls_1_0_by_an_alert",
            |stage| old_tls(stage, b"\x15\x03\x01\x00\x02\x02\x46"),
            OLD_TLS,
        ),
        failing("tls_1_0_by_its_hello", |stage| old_tls(stage, &SERVER_HELLO_OF_TLS_1_0), OLD_TLS),
        failing(
            "bundle_missing",
            |stage| {
                stage.set("AWS_CA_BUNDLE", "/nonexistent/ca.pem");
            },
            "[CNP307] AWS_CA_BUNDLE `/nonexistent/ca.pem` cannot be used: No such file or directory (os error 2). Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_is_a_folder",
            |stage| {
                stage.set("AWS_CA_BUNDLE", "/");
            },
            "[CNP307] AWS_CA_BUNDLE `/` cannot be used: it is no file. Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_empty",
            |stage| bundle(stage, ""),
            "[CNP307] AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: it contains no certificate. Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_without_a_certificate",
            |stage| bundle(stage, "not a certificate"),
            "[CNP307] AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: it contains no certificate. Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_broken",
            |stage| bundle(stage, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
            "[CNP307] AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: certificate 1 in it is broken. Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
        failing(
            "bundle_with_a_broken_certificate",
            |stage| {
                bundle(stage, "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n");
            },
            "[CNP307] AWS_CA_BUNDLE `<root>/ca.pem` cannot be used: certificate 1 in it is broken. Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
        failing(
            "no_system_trust_store",
            |stage| {
                let empty = stage.home.write("empty.pem", "");
                stage.set("SSL_CERT_FILE", &empty.to_string_lossy());
            },
            "[CNP308] The system has no trusted certificates. Install trusted certificates (`ca-certificates`), or set AWS_CA_BUNDLE to a PEM file.",
        ),
        trial("a_bundle_makes_a_private_authority_good", private_authority),
        trial("a_bundle_may_be_written_in_several_ways", ways_to_write),
        trial("a_bundle_may_be_in_the_home", in_the_home),
        trial("requests_ca_bundle_goes_last", requests_bundle),
        trial("ssl_cert_file_stands_for_the_systems_store", ssl_cert_file),
        trial("a_bundle_goes_before_ssl_cert_file", bundle_and_ssl_cert_file),
    ]
}

fn private_authority() {
    let mut stage = Stage::new().with_log();
    trusting(&mut stage, "127.0.0.1");
    stage.assert_succeeds();
}

fn ways_to_write() {
    let write: [fn(&str) -> String; 5] = [
        |pem| format!("\u{feff}{pem}"),
        |pem| pem.replace('\n', "\r\n"),
        |pem| pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
        trusted,
        |pem| format!("Our authority\n=============\n{pem}# the end\n"),
    ];
    for write in write {
        let mut stage = Stage::new().with_log();
        let authority = front(&mut stage, "127.0.0.1").authority;
        bundle(&mut stage, &write(&authority));
        stage.assert_succeeds();
    }
}

/// As `openssl x509 -trustout` writes it: with notes behind the certificate, in the same block.
fn trusted(pem: &str) -> String {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    let notes = [0x30, 0x0c, 0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let text = base64::encode([&der[..], &notes].concat());
    format!("-----BEGIN TRUSTED CERTIFICATE-----\n{text}\n-----END TRUSTED CERTIFICATE-----\n")
}

fn in_the_home() {
    let mut stage = Stage::new().with_log();
    let authority = front(&mut stage, "127.0.0.1").authority;
    stage.home.write("home/ca.pem", &authority);
    stage.set("AWS_CA_BUNDLE", "~/ca.pem");
    stage.assert_succeeds();
    stage.set("AWS_CA_BUNDLE", "~other/ca.pem");
    let run = stage.run(&[&["token"], &OTHER_NAMES[..]].concat());
    run.assert_failure().assert_says("AWS_CA_BUNDLE `~other/ca.pem` cannot be used");
}

/// The AWS CLI reads it behind its own setting and the profile's.
fn requests_bundle() {
    let mut stage = Stage::new().with_log();
    let authority = front(&mut stage, "127.0.0.1").authority;
    let path = stage.home.write("authority.pem", &authority);
    stage.set("REQUESTS_CA_BUNDLE", &path.to_string_lossy());
    stage.assert_succeeds();
    stage.set("AWS_CA_BUNDLE", "/nonexistent/ca.pem");
    let run = stage.run(&[&["token"], &OTHER_NAMES[..]].concat());
    run.assert_failure().assert_says("AWS_CA_BUNDLE `/nonexistent/ca.pem` cannot be used");
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

fn old_tls(stage: &mut Stage, answer: &'static [u8]) {
    let peer = Peer::greeting(answer);
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("https://{}", peer.address));
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
