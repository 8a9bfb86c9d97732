//! Which host is asked for a token, by AWS's own settings: FIPS, dual-stack, and endpoints that are
//! moved, as for a VPC endpoint.

use super::peers::Peer;
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::fake_internet::FakeInternet;
use crate::support::stage::conversation::failing;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const FIPS: (&str, &str) = ("AWS_USE_FIPS_ENDPOINT", "true");
const DUAL_STACK: (&str, &str) = ("AWS_USE_DUALSTACK_ENDPOINT", "true");

const VPC_URL: &str = "https://vpce-0a1b2c3d-abcd.api.codeartifact.eu-west-1.vpce.amazonaws.com";
const VPC: &str = "vpce-0a1b2c3d-abcd.api.codeartifact.eu-west-1.vpce.amazonaws.com";

const SERVICES: &str =
    "[services vpc]\ncodeartifact =\n  endpoint_url = https://services.example\n";

/// Name, variables, lines of the profile in use, further sections, and the host that is asked.
type Row = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
    &'static str,
);

const ROWS: &[Row] = &[
    ("by_default", &[], "", "", "codeartifact.eu-west-1.amazonaws.com"),
    ("fips", &[FIPS], "", "", "codeartifact-fips.eu-west-1.amazonaws.com"),
    ("dual_stack", &[DUAL_STACK], "", "", "codeartifact.eu-west-1.api.aws"),
    ("fips_and_dual_stack", &[FIPS, DUAL_STACK], "", "", "codeartifact-fips.eu-west-1.api.aws"),
    (
        "fips_by_profile",
        &[],
        "use_fips_endpoint = true",
        "",
        "codeartifact-fips.eu-west-1.amazonaws.com",
    ),
    (
        "dual_stack_by_profile",
        &[],
        "use_dualstack_endpoint = true",
        "",
        "codeartifact.eu-west-1.api.aws",
    ),
    (
        "variable_before_profile",
        &[("AWS_USE_FIPS_ENDPOINT", "false")],
        "use_fips_endpoint = true",
        "",
        "codeartifact.eu-west-1.amazonaws.com",
    ),
    (
        "endpoint_of_all_services",
        &[("AWS_ENDPOINT_URL", "https://aws.example")],
        "",
        "",
        "aws.example",
    ),
    (
        "endpoint_of_the_service",
        &[("AWS_ENDPOINT_URL", "https://aws.example"), ("AWS_ENDPOINT_URL_CODEARTIFACT", VPC_URL)],
        "",
        "",
        VPC,
    ),
    ("endpoint_by_profile", &[], "endpoint_url = https://profile.example", "", "profile.example"),
    (
        "endpoint_by_services",
        &[],
        "endpoint_url = https://profile.example\nservices = vpc",
        SERVICES,
        "services.example",
    ),
    (
        "variable_before_services",
        &[("AWS_ENDPOINT_URL", "https://aws.example")],
        "services = vpc",
        SERVICES,
        "aws.example",
    ),
    (
        "endpoints_ignored",
        &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
        "endpoint_url = https://profile.example",
        "",
        "codeartifact.eu-west-1.amazonaws.com",
    ),
];

const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\n";

pub fn trials() -> Vec<Trial> {
    let rows = ROWS.iter().map(|(name, variables, properties, sections, host)| {
        trial(format!("api_host_{name}"), move || {
            assert_eq!(asked(variables, &keys(properties), sections), format!("{host}:443"));
        })
    });
    let others = [
        failing(
            "fips_and_an_endpoint",
            |stage| {
                stage.set("AWS_USE_FIPS_ENDPOINT", "true");
            },
            "[CNP332] The settings of the API endpoint conflict: FIPS and custom endpoint are not supported. Unset AWS_ENDPOINT_URL, or AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, and the same settings of the profile.",
        ),
        failing(
            "dual_stack_and_an_endpoint",
            |stage| {
                stage.set("AWS_USE_DUALSTACK_ENDPOINT", "true");
            },
            "[CNP332] The settings of the API endpoint conflict: Dualstack and custom endpoint are not supported. Unset AWS_ENDPOINT_URL, or AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, and the same settings of the profile.",
        ),
        trial("sts_host_by_settings", of_sts),
        trial("a_token_by_fips_and_by_dual_stack", fips_and_dual_stack),
    ];
    rows.chain(others).collect()
}

fn of_sts() {
    for (variables, host) in [
        (&[FIPS][..], "sts-fips.eu-west-1.amazonaws.com:443"),
        (&[DUAL_STACK], "sts.eu-west-1.api.aws:443"),
        (&[("AWS_ENDPOINT_URL_STS", "https://sts.example")], "sts.example:443"),
    ] {
        let base = format!("[profile base]\n{}", keys(""));
        assert_eq!(asked(variables, ROLE, &base), host);
    }
}

/// With the whole answer, under the names and certificates of those hosts.
fn fips_and_dual_stack() {
    for (setting, host) in [
        (FIPS, "codeartifact-fips.eu-west-1.amazonaws.com"),
        (DUAL_STACK, "codeartifact.eu-west-1.api.aws"),
    ] {
        let mut stage = Stage::new().with_log();
        let internet = FakeInternet::start(&stage.fake, &[host]);
        let bundle = stage.home.write("ca.pem", internet.authority());
        stage.with_real_endpoints().set(setting.0, setting.1);
        stage.set("HTTPS_PROXY", &internet.proxy_url());
        stage.set("AWS_CA_BUNDLE", &bundle.to_string_lossy());
        stage.assert_succeeds();
        assert_eq!(internet.targets(), [format!("{host}:443")]);
    }
}

fn keys(properties: &str) -> String {
    format!(
        "aws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n{properties}\n"
    )
}

/// The host and port that are asked first, by way of a proxy that goes nowhere.
fn asked(variables: &[(&str, &str)], profile: &str, sections: &str) -> String {
    let mut stage = Stage::new().with_log();
    let proxy = Peer::answering("403 Forbidden", "text/plain", "");
    stage.with_profile(&format!("[profile dev]\n{profile}{sections}"));
    stage.with_real_endpoints().set("HTTPS_PROXY", &proxy.url());
    for (name, value) in variables {
        stage.set(name, value);
    }
    stage.line_for(SOURCE);
    let head = proxy.heads().remove(0);
    head.split(' ').nth(1).unwrap_or_default().to_owned()
}
