//! `explain`: the identity, the network path, and whether the user would be asked to sign in.

use serde_json::{Value, json};

use super::run;
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("explain_tells_a_sign_in_and_whether_it_would_ask", sign_in),
        trial("explain_of_an_unknown_profile_fails_and_shows_the_rest", unknown_profile),
        trial("explain_tells_where_an_endpoint_is_from", endpoints),
        trial("explain_refuses_what_a_restore_refuses_on_the_way", refused_ways),
    ]
}

fn explain(home: &SandboxHome, url: &str) -> Run {
    run(home, &["explain", "--json", url])
}

#[track_caller]
fn told(home: &SandboxHome, url: &str) -> Value {
    let told = explain(home, url);
    told.assert_success().result()
}

fn sign_in() {
    let mut stage = Stage::signing_in();
    let report = told(&stage.home, &stage.source);
    let identity = &report["identity"];
    assert_eq!(identity["label"], "profile `dev`");
    assert_eq!(identity["kind"], "role `Reader` in account 111122223333 by the SSO session `corp`");
    assert_eq!(identity["signIn"]["signedIn"], false);
    let interactive = report["interactive"].clone();
    assert_eq!((&interactive["value"], &interactive["asks"]), (&json!("auto"), &json!(false)));
    assert_eq!(interactive["reason"], "standard error is no terminal");
    stage.home.set("CI", "true");
    let reason = told(&stage.home, &stage.source)["interactive"]["reason"].clone();
    assert_eq!(reason, "`CI` is set");
    stage.home.set("CODEARTIFACT_NUGET_INTERACTIVE", "always");
    let interactive = told(&stage.home, &stage.source)["interactive"].clone();
    assert_eq!(interactive["origin"]["name"], "CODEARTIFACT_NUGET_INTERACTIVE");
    assert_eq!(interactive["asks"], true);
    stage.signed_in_until("2099-01-01T00:00:00Z");
    let report = told(&stage.home, &stage.source);
    assert_eq!(report["identity"]["signIn"]["expiration"], "2099-01-01T00:00:00Z");
    assert_eq!(report["identity"]["signIn"]["refreshable"], true);
    assert_eq!(stage.sso().calls(), [""; 0]);
    assert_eq!(stage.fake.requests(), [""; 0]);
}

fn unknown_profile() {
    let mut stage = Stage::signing_in();
    stage.home.set("AWS_PROFILE", "missing");
    let told = explain(&stage.home, &stage.source);
    told.assert_failure();
    let line =
        "AWS_PROFILE names profile `missing`, which does not exist (the only profile is `dev`).";
    let fix = "Correct it, or remove it: unset AWS_PROFILE";
    assert_eq!(stage.home.neutral(&told.stderr), format!("error: [CNP203] {line} {fix}\n"));
    let report = told.result();
    assert_eq!(told.problem(), line);
    assert_eq!(report["identity"]["error"]["message"], line);
    assert_eq!(report["duration"]["seconds"], 43_200);
    assert_eq!(report["connection"], Value::Null);
}

fn endpoints() {
    let mut stage = Stage::signing_in();
    stage.home.unset("AWS_ENDPOINT_URL_CODEARTIFACT").unset("AWS_ENDPOINT_URL_SSO");
    let urls = |stage: &Stage| -> Vec<[String; 3]> {
        let report = told(&stage.home, &stage.source);
        let endpoints = report["connection"]["endpoints"].as_array().expect("a list").clone();
        let text = |endpoint: &Value, key: &str| endpoint[key].as_str().unwrap().to_owned();
        let row = |it: &Value| ["api", "url", "origin"].map(|key| text(it, key));
        endpoints.iter().map(row).collect()
    };
    let row = |api: &str, url: &str, origin: &str| [api, url, origin].map(str::to_owned);
    let sso = row("SSO", "https://portal.sso.eu-west-1.amazonaws.com", "AWS's own");
    let own = row("CodeArtifact", "https://codeartifact.eu-west-1.amazonaws.com", "AWS's own");
    assert_eq!(urls(&stage), [own.clone(), sso.clone()]);
    stage.home.set("AWS_ENDPOINT_URL", "https://vpce-1.example:8443/x");
    let moved = "https://vpce-1.example:8443";
    assert_eq!(urls(&stage)[0], row("CodeArtifact", moved, "AWS_ENDPOINT_URL"));
    stage.home.set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    assert_eq!(urls(&stage), [own, sso]);
    stage.home.unset("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").unset("AWS_ENDPOINT_URL");
    let config = stage.home.path("home/.aws/config");
    let text = std::fs::read_to_string(&config).unwrap();
    let with_url = "[profile dev]\nendpoint_url = https://of-profile.example\n";
    std::fs::write(&config, text.replace("[profile dev]\n", with_url)).unwrap();
    let of_profile = row("CodeArtifact", "https://of-profile.example", "profile `dev`");
    assert_eq!(urls(&stage)[0], of_profile);
    let hosts = stage.listed_host();
    let rule = "[[rules]]\nendpoint_url = \"https://of-rule.example\"\n";
    stage.home.write_configuration(&format!("{hosts}{rule}"));
    let of_rule = row("CodeArtifact", "https://of-rule.example", "rule 1's settings");
    assert_eq!(urls(&stage)[0], of_rule);
}

fn refused_ways() {
    for (variable, value, line) in [
        (
            "AWS_ENDPOINT_URL",
            "http://plain.example",
            "The API endpoint `plain.example` uses plain http and is not on this machine.",
        ),
        (
            "HTTPS_PROXY",
            "socks5://me:hunter2@proxy.example",
            "The variable HTTPS_PROXY names a proxy with `socks5`; only `http` and `https` are supported.",
        ),
    ] {
        let mut stage = Stage::signing_in();
        stage.home.unset("AWS_ENDPOINT_URL_CODEARTIFACT").set(variable, value);
        let told = explain(&stage.home, &stage.source);
        told.assert_failure().assert_silent_on("hunter2");
        let error = told.result()["connection"]["error"].take();
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        assert!(text("message").starts_with(line), "{error}");
        let whole = format!("{} {}\n", text("message"), text("fix"));
        assert!(told.stderr.ends_with(&whole) && !text("fix").is_empty(), "{told}");
    }
}
