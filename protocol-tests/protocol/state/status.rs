//! `status`: tokens, sign-ins, versions and places.

use serde_json::{Value, json};

use super::run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("status_of_an_empty_home", empty),
        trial("status_lists_tokens_and_sign_ins_and_shows_neither", full),
        trial("status_names_what_is_installed", installed),
        trial("status_with_broken_files_fails_and_shows_the_rest", broken),
    ]
}

const EMPTY: &str = concat!(
    "version    ",
    env!("CARGO_PKG_VERSION"),
    "
installed  in no plugins folder
tokens     none in the cache
sign-ins   none in the shared config file
settings   <root>/home/.config/nuget-plugin-codeartifact/config.toml (user, absent)
"
);

fn empty() {
    let home = SandboxHome::new();
    let told = run(&home, &["status"]);
    told.assert_success();
    let text = home.neutral(&told.stdout);
    assert!(text.starts_with(EMPTY), "{text}");
    let places = "cache      <root>/home/.cache/nuget-plugin-codeartifact (does not exist)\n";
    assert!(text.contains(places), "{text}");
    assert!(text.ends_with("plugins    <root>/home/.nuget/plugins (does not exist)\n"), "{text}");
    assert_eq!(told.stderr, "");
    assert!(!home.path("home/.cache").exists(), "nothing is made");
}

fn report(home: &SandboxHome) -> Value {
    let told = run(home, &["status", "--json"]);
    told.assert_success().result()
}

fn full() {
    let stage = Stage::signing_in();
    stage.signed_in_until("2099-01-01T00:00:00Z");
    stage.assert_served();
    let calls = stage.sso().calls();
    let report = report(&stage.home);
    let mut token = report["tokens"][0].clone();
    let expiration = token["expiration"].take();
    assert!(expiration.as_str().is_some_and(|time| time.ends_with('Z')), "{expiration}");
    assert_eq!(
        token,
        json!({
            "domain": "my-domain", "domainOwner": "111122223333", "region": "eu-west-1",
            "identity": "profile `dev`", "expiration": null, "path": stage.home.cache_dir()
        })
    );
    let sign_in = &report["signIns"][0];
    assert_eq!(sign_in["ssoSession"], "corp");
    assert_eq!(sign_in["profiles"], json!(["dev"]));
    assert_eq!(sign_in["expiration"], "2099-01-01T00:00:00Z");
    assert_eq!((&sign_in["signedIn"], &sign_in["refreshable"]), (&json!(true), &json!(true)));
    run(&stage.home, &["status"])
        .assert_success()
        .assert_says("domain `my-domain` (111122223333, eu-west-1), profile `dev`: 11 h ")
        .assert_says("the SSO session `corp` (profile `dev`): signed in, ");
    assert_eq!(stage.sso().calls(), calls, "nobody is asked");
}

fn installed() {
    let home = SandboxHome::new();
    home.run_plugin(&["install", "--no-launcher"]).assert_success();
    let installed = report(&home)["installed"].clone();
    let folder = home.path("home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact");
    let netcore = json!({
        "path": folder, "client": "netcore", "version": env!("CARGO_PKG_VERSION"), "error": null
    });
    assert_eq!(installed[0], netcore);
}

fn broken() {
    let home = SandboxHome::new();
    home.write_configuration("nonsense");
    home.write("home/.aws/config", "[profile\n");
    let told = run(&home, &["status"]);
    told.assert_failure().assert_says("tokens     none in the cache");
    assert!(told.stderr.starts_with("error: [CNP102] Invalid configuration file `"), "{told}");
    let line =
        "sign-ins   cannot be read: A shared config or credentials file cannot be used: in `";
    assert!(told.stdout.contains(line), "{told}");
    let told = run(&home, &["status", "--json"]);
    told.assert_failure();
    assert_eq!(told.result()["configuration"][0]["state"], "broken");
    assert_eq!(told.envelope()["errors"].as_array().map(Vec::len), Some(2), "{told}");
}
