//! Names, connections, endpoints in the clear, and the region of STS.

use super::peers::Peer;
use crate::support::stage::conversation::failing;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const ROLE: &str = "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\n[profile base]\naws_access_key_id = AKIAFAKEACCESSKEY001\naws_secret_access_key = fakeSecretAccessKey/0000000000000000001\n";

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "name_not_resolved",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://codeartifact.invalid");
            },
            "[CNP301] The host name `codeartifact.invalid` cannot be resolved. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, VPN, DNS and the region.",
        ),
        failing(
            "connection_refused",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://127.0.0.1:1");
            },
            "[CNP302] No connection to `127.0.0.1:<port>`: connection refused. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "endpoint_is_no_url",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "codeartifact.example");
            },
            "[CNP331] AWS_ENDPOINT_URL_CODEARTIFACT is not a URL. Set it to `https://…`, or unset it.",
        ),
        failing(
            "endpoint_has_a_password_with_a_slash",
            |stage| {
                stage.set(
                    "AWS_ENDPOINT_URL_CODEARTIFACT",
                    "https://user:hun/ter2@codeartifact.example",
                );
            },
            "[CNP331] AWS_ENDPOINT_URL_CODEARTIFACT is not a URL. Set it to `https://…`, or unset it.",
        ),
        failing(
            "plain_http_by_service",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "http://codeartifact.example");
            },
            "[CNP330] The API endpoint `codeartifact.example` uses plain http and is not on this machine. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Set AWS_ENDPOINT_URL_CODEARTIFACT to an https URL.",
        ),
        failing(
            "plain_http_by_variable",
            |stage| {
                stage
                    .unset("AWS_ENDPOINT_URL_CODEARTIFACT")
                    .set("AWS_ENDPOINT_URL", "http://aws.example:8080/x?y=hunter2");
            },
            "[CNP330] The API endpoint `aws.example` uses plain http and is not on this machine. It is set by AWS_ENDPOINT_URL. Set AWS_ENDPOINT_URL to an https URL.",
        ),
        failing(
            "plain_http_by_profile",
            |stage| {
                stage.with_profile("[profile dev]\nendpoint_url = http://aws.example\naws_access_key_id = AKIAX\naws_secret_access_key = hunter2\n");
                stage.with_real_endpoints();
            },
            "[CNP330] The API endpoint `aws.example` uses plain http and is not on this machine. It is set by `endpoint_url` of profile `dev`. Set `endpoint_url` of profile `dev` to an https URL.",
        ),
        failing(
            "plain_http_by_services",
            |stage| {
                stage.with_profile("[profile dev]\nservices = local\naws_access_key_id = AKIAX\naws_secret_access_key = hunter2\n[services local]\ncodeartifact =\n  endpoint_url = http://aws.example\n");
                stage.with_real_endpoints();
            },
            "[CNP330] The API endpoint `aws.example` uses plain http and is not on this machine. It is set by `endpoint_url` of `codeartifact` in `[services local]`. Set `endpoint_url` of `codeartifact` in `[services local]` to an https URL.",
        ),
        failing(
            "plain_http_to_a_metadata_address",
            |stage| {
                stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "http://169.254.9.9");
            },
            "[CNP330] The API endpoint `169.254.9.9` uses plain http and is not on this machine. It is set by AWS_ENDPOINT_URL_CODEARTIFACT. Set AWS_ENDPOINT_URL_CODEARTIFACT to an https URL.",
        ),
        trial("an_endpoint_set_to_nothing_counts_for_nothing", endpoint_set_to_nothing),
        failing(
            "plain_http_to_sts",
            |stage| {
                stage.with_profile(ROLE).set("AWS_ENDPOINT_URL_STS", "http://sts.example");
            },
            "[CNP330] The API endpoint `sts.example` uses plain http and is not on this machine. It is set by AWS_ENDPOINT_URL_STS. Set AWS_ENDPOINT_URL_STS to an https URL.",
        ),
        trial("sts_is_asked_in_the_region_of_the_profile", sts_of_profile),
        trial("sts_is_asked_in_the_region_of_the_source", sts_of_source),
    ]
}

fn endpoint_set_to_nothing() {
    let mut stage = Stage::new().with_log();
    stage.set("AWS_ENDPOINT_URL", "").set("AWS_ENDPOINT_URL_STS", "");
    stage.assert_succeeds();
}

fn sts_of_profile() {
    assert_eq!(
        sts_host(&format!("{ROLE}[profile dev]\nregion = ap-south-1\n")),
        "sts.ap-south-1.amazonaws.com:443"
    );
}

fn sts_of_source() {
    assert_eq!(sts_host(ROLE), "sts.eu-west-1.amazonaws.com:443");
}

/// The host that is asked for the role, by way of a proxy that goes nowhere.
fn sts_host(config: &str) -> String {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage.with_profile(config).with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
    stage.line_for(SOURCE);
    let head = proxy.heads().remove(0);
    head.split(' ').nth(1).unwrap_or_default().to_owned()
}
