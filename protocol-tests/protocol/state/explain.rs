//! `explain`: what a URL names, which rule is effective, and what prevents a token, without a
//! request.

use std::time::Duration;

use serde_json::{Value, json};

use super::run;
use crate::support::fake_codeartifact::{FakeCodeArtifact, Repository};
use crate::support::fake_nuget::FakeNuget;
use crate::support::process::{self, Run};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Need, Trial, trial};

const URL: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("explain_tells_everything_and_asks_nobody", everything),
        trial("explain_needs_no_network_and_no_name_server", without_network)
            .needing(Need::NetworkNamespace),
        trial("explain_names_the_form_of_a_host", forms),
        trial("explain_says_why_a_url_is_foreign", foreign),
        trial("explain_says_why_a_host_of_ones_own_is_kept_out", kept_out),
        trial("explain_names_the_first_key_that_does_not_fit", misfits),
        trial("explain_shows_the_entry_in_the_cache", entry),
        trial("explain_warns_of_a_rule_that_nugets_memory_shadows", shadowed),
        trial("explain_with_a_broken_file_says_the_restores_line", broken_file),
        trial("explain_of_an_owner_that_is_not_allowed", owner),
        trial("explain_of_a_bad_given_token_and_no_identity", given_and_unknown_profile),
        trial("explain_tells_which_given_token_serves", given),
        trial("explain_by_another_profile", by_profile),
        trial("explain_where_nobody_is_left_to_ask", nobody),
        trial("explain_says_why_a_cache_folder_is_not_used", cache_folder),
    ]
}

/// Keys in the environment, and AWS's own hosts.
fn home() -> SandboxHome {
    let mut home = SandboxHome::new();
    home.set("AWS_ACCESS_KEY_ID", "AKIAFAKEACCESSKEY001");
    home.set("AWS_SECRET_ACCESS_KEY", "fakeSecretAccessKey/0000000000000000001");
    home
}

const RULES: &str = "\
[[rules]]
domain = \"other\"
profile = \"x\"
[[rules]]
owner = \"111122223333\"
role = \"arn:aws:iam::111122223333:role/reader\"
duration_seconds = 3600
[[rules]]
region = \"eu-*\"
[policy]
longest_duration_seconds = 1800
";

const EVERYTHING: &str = "\
URL           https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json
host          AWS (IPv4)
domain        my-domain
owner         111122223333
region        eu-west-1
repository    my-repo
rules         1: skipped, its domain `other` is not `my-domain`
              2: matches (in <root>/home/.config/nuget-plugin-codeartifact/config.toml)
              3: not tried, an earlier rule matches
policy        longest_duration_seconds = 1800 (in <root>/home/.config/nuget-plugin-codeartifact/config.toml)
duration      1800 s (rule 2; the policy replaces 3600 s)
own token     none
identity      rule 2's role `arn:aws:iam::111122223333:role/reader`
              from the environment's keys: an access key
              assumes role `arn:aws:iam::111122223333:role/reader`
              region: none; the domain's region is used
CodeArtifact  https://codeartifact.eu-west-1.amazonaws.com (AWS's own)
STS           https://sts.eu-west-1.amazonaws.com (AWS's own)
proxy         <proxy> (HTTPS_PROXY and NO_PROXY)
CA            the system's
cache         the folder `<root>/home/.cache/nuget-plugin-codeartifact`
entry         none
interactive   auto (default); does not ask: no sign-in is behind the identity
";

/// A request to AWS would go through this proxy, and needs a network without it.
fn everything() {
    let (fake, mut home) = (FakeCodeArtifact::start(), home());
    home.write_configuration(RULES);
    home.set(
        "HTTPS_PROXY",
        &format!("http://user:fakeSecretAccessKey/0000000000000000001@{}", fake.host()),
    );
    let told = run(&home, &["explain", URL]);
    told.assert_success();
    let text = home.neutral(&told.stdout).replace(&fake.host(), "<proxy>");
    assert_eq!(text, EVERYTHING);
    assert_eq!(told.stderr, "");
    assert_eq!(fake.requests(), [""; 0]);
}

/// In a network namespace without any connection, the output is the same and nothing waits.
fn without_network() {
    let home = home();
    home.write_configuration(RULES);
    let mut command = home.command("unshare");
    command.args(["--map-root-user", "--net"]).arg(SandboxHome::plugin()).args(["explain", URL]);
    let alone = process::run(&mut command, Duration::from_secs(30));
    assert_eq!(alone.assert_success().stdout, run(&home, &["explain", URL]).stdout);
}

fn by_profile() {
    let home = home();
    home.write_configuration("[[rules]]\nprofile = \"of-the-rule\"\n");
    home.write(
        "home/.aws/credentials",
        "[dev]\naws_access_key_id = AKIAFAKEACCESSKEY002\naws_secret_access_key = hunter2\n",
    );
    let told = run(&home, &["explain", "--json", URL, "--profile", "dev"]);
    let told = told.assert_success().result();
    assert_eq!(told["identity"]["label"], "profile `dev`");
    assert_eq!(told["identity"]["profileOrigin"], "--profile");
    let typo = run(&home, &["explain", URL, "--profile", "typo"]);
    typo.assert_failure().assert_says("Profile `typo` does not exist (the only profile is `dev`).");
}

fn nobody() {
    let mut home = SandboxHome::new();
    home.set("AWS_EC2_METADATA_DISABLED", "true");
    let told = run(&home, &["explain", URL]);
    told.assert_failure().assert_says("identity     cannot be used: No AWS credentials found");
    home.unset("AWS_EC2_METADATA_DISABLED");
    run(&home, &["explain", URL]).assert_success().assert_says("the instance's role");
}

fn cache_folder() {
    let mut home = home();
    home.set("CODEARTIFACT_NUGET_CACHE_DIR", "tokens");
    let why = "the cache folder `tokens` is not used: the path must be absolute";
    assert_eq!(told(&home, URL)["cache"]["notes"], json!([why]));
    run(&home, &["explain", URL]).assert_says(&format!("\n              {why}\n"));
}

#[track_caller]
fn told(home: &SandboxHome, url: &str) -> Value {
    let told = run(home, &["explain", "--json", url]);
    told.assert_success().result()
}

fn forms() {
    let home = home();
    for (host, path, form) in [
        ("my-domain-111122223333.d.codeartifact.us-east-1.amazonaws.com", "", "aws"),
        ("my-domain-111122223333.codeartifact.us-east-1.on.aws", "", "awsDualStack"),
        (
            "vpce-1a-2b.d.codeartifact.us-east-1.vpce.amazonaws.com",
            "d/my-domain-111122223333/",
            "awsVpcEndpoint",
        ),
    ] {
        let report = told(&home, &format!("https://{host}/nuget/{path}my-repo/v3/index.json"));
        assert_eq!(
            report["endpoint"],
            json!({
                "form": form, "domain": "my-domain", "domainOwner": "111122223333",
                "region": "us-east-1", "repository": "my-repo"
            })
        );
    }
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let report = told(&home, &fake.source(&Repository::new("my-repo")));
    assert_eq!(report["endpoint"]["form"], "ownHost");
    let endpoints = json!([{
        "api": "CodeArtifact", "url": fake.url(), "origin": "AWS_ENDPOINT_URL_CODEARTIFACT"
    }]);
    assert_eq!(report["connection"]["endpoints"], endpoints);
    assert_eq!(fake.requests(), [""; 0]);
}

fn foreign() {
    for (url, reason) in [
        ("https://api.nuget.org/v3/index.json", "the host is not one of CodeArtifact's"),
        (
            "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com.evil.example/nuget/r1/v3/index.json",
            "the host goes on behind AWS's own name",
        ),
        (
            "http://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/r1/v3/index.json",
            "CodeArtifact's hosts are asked over https only",
        ),
        ("https://me:hunter2@h.example/v3/index.json", "it carries user information"),
    ] {
        let home = home();
        let told = run(&home, &["explain", url]);
        told.assert_failure().assert_silent_on("hunter2");
        let said = format!("error: [CNP407] This is not a CodeArtifact URL: {reason}. ");
        assert!(told.stderr.starts_with(&said), "{told}");
        assert!(told.stdout.ends_with(&format!("token  no: not a CodeArtifact URL: {reason}\n")));
        let told = run(&home, &["explain", "--json", url]);
        told.assert_failure().assert_silent_on("hunter2");
        assert!(
            told.problem().starts_with(&format!("This is not a CodeArtifact URL: {reason}.")),
            "{told}"
        );
        assert_eq!(told.result()["endpoint"], Value::Null);
    }
    let told = run(&home(), &["explain", "packages"]);
    told.assert_failure();
    let said =
        "error: [CNP411] `packages` is neither a source of NuGet.Config nor a CodeArtifact URL. ";
    assert!(told.stderr.starts_with(said), "{told}");
}

fn kept_out() {
    let home = home();
    home.write_configuration(
        "[[hosts]]\nhost = \"packages.example\"\nregion = \"eu-west-1\"\n[policy]\nallowed_hosts = [\"*.corp.example\"]\n",
    );
    let url = "https://packages.example/nuget/d/my-domain-111122223333/r1/v3/index.json";
    let told = run(&home, &["explain", url]);
    told.assert_failure().assert_says("allowed_hosts");
    let problem = run(&home, &["explain", "--json", url]).whole_problem();
    assert_eq!(told.stderr, format!("error: {problem}\n"));
}

fn misfits() {
    let home = home();
    home.write_configuration(
        "[[rules]]\ndomain = \"my-*\"\nowner = [\"4*\", \"5*\"]\nregion = \"us-*\"\n\
         [[rules]]\nregion = \"us-*\"\n[[rules]]\nrepository = \"other\"\n",
    );
    let report = told(&home, URL);
    assert_eq!(report["rule"], Value::Null);
    let misfits: Vec<_> = (0..3).map(|place| report["rules"][place]["mismatch"].clone()).collect();
    assert_eq!(
        misfits,
        [
            json!({"key": "owner", "patterns": ["4*", "5*"], "value": "111122223333"}),
            json!({"key": "region", "patterns": ["us-*"], "value": "eu-west-1"}),
            json!({"key": "repository", "patterns": ["other"], "value": "my-repo"}),
        ]
    );
}

fn entry() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let source = fake.source(&Repository::new("my-repo"));
    assert_eq!(told(&home, &source)["cache"]["entry"], Value::Null);
    let mut nuget = FakeNuget::start(&home);
    nuget.ask(&source, false, true).assert_success();
    nuget.finish();
    let requests = fake.requests();
    let entry = told(&home, &source)["cache"]["entry"].clone();
    assert!(entry["expiration"].as_str().is_some_and(|time| time.ends_with('Z')), "{entry}");
    assert_eq!(entry["fresh"], true);
    assert_eq!(fake.requests(), requests, "nobody is asked");
}

fn shadowed() {
    let home = home();
    home.write_configuration(
        "[[rules]]\nrepository = \"my-repo\"\nrole = \"arn:aws:iam::111122223333:role/reader\"\n",
    );
    let note = told(&home, URL)["notes"][0].as_str().unwrap().to_owned();
    assert!(note.starts_with("Rule 1 chooses an identity for some repositories"), "{note}");
    run(&home, &["explain", URL]).assert_success().assert_says(&note);
    let other = URL.replace("my-repo", "another");
    assert_eq!(told(&home, &other)["notes"], json!([]));
}

/// The same line as in a restore, behind "error: ".
#[track_caller]
fn assert_says_as_a_restore(home: &SandboxHome, url: &str) -> (String, Run) {
    let mut nuget = FakeNuget::start(home);
    let said = nuget.ask(url, false, true).assert_refusal("Error").the_warning().to_owned();
    nuget.close_stdin();
    let said = said.strip_prefix("[CredentialProvider]CodeArtifact: ").unwrap().to_owned();
    let told = run(home, &["explain", url]);
    told.assert_failure();
    assert_eq!(told.stderr, format!("error: {said}\n"));
    let report = run(home, &["explain", "--json", url]);
    report.assert_failure();
    assert_eq!(report.whole_problem(), said);
    (told.stdout.clone(), report)
}

fn broken_file() {
    let mut home = home();
    home.set("CODEARTIFACT_AUTH_TOKEN", "eyJnaXZlbiI6MX0");
    home.write_configuration("[[rules]]\ndomian = \"x\"\n");
    let (text, report) = assert_says_as_a_restore(&home, URL);
    assert!(text.contains("\nrepository  my-repo\n"), "{text}");
    let report = report.result();
    assert_eq!(report["endpoint"]["domain"], "my-domain");
    assert_eq!(report["identity"], Value::Null);
    assert!(!text.contains("eyJnaXZlbiI6MX0"));
}

/// Problems of a provided token are reported before those of AWS credentials.
fn given_and_unknown_profile() {
    let mut home = home();
    home.unset("AWS_ACCESS_KEY_ID").set("AWS_PROFILE", "missing");
    home.set("CODEARTIFACT_AUTH_TOKEN", "not a token");
    let (text, report) = assert_says_as_a_restore(&home, URL);
    let problem = report.problem();
    assert!(
        problem.contains(" AWS_PROFILE names profile `missing`, which does not exist"),
        "{problem}"
    );
    assert!(text.contains("own token    CODEARTIFACT_AUTH_TOKEN: not used, because it "), "{text}");
}

fn owner() {
    let home = home();
    home.write_configuration("[policy]\nallowed_owners = [\"444455556666\"]\n");
    let (_, report) = assert_says_as_a_restore(&home, URL);
    let report = report.result();
    assert_eq!(report["policy"][0]["key"], "policy.allowed_owners");
    assert_eq!(report["policy"][0]["value"], json!(["444455556666"]));
}

fn given() {
    let mut home = home();
    home.unset("AWS_ACCESS_KEY_ID").set("AWS_PROFILE", "missing");
    home.set("CODEARTIFACT_AUTH_TOKEN", "fakeSecretAccessKey/0000000000000000001");
    let report = |home: &SandboxHome| told(home, URL)["providedTokens"].clone();
    assert_eq!(
        report(&home),
        json!([{
            "place": "CODEARTIFACT_AUTH_TOKEN", "serves": true,
            "reason": "it names no domain, and the host is AWS's own"
        }])
    );
    home.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "other").unset("AWS_PROFILE");
    home.set("AWS_ACCESS_KEY_ID", "AKIAFAKEACCESSKEY001");
    assert_eq!(
        report(&home),
        json!([{
            "place": "CODEARTIFACT_AUTH_TOKEN", "serves": false,
            "reason": "it is for another domain"
        }])
    );
    home.unset("CODEARTIFACT_NUGET_TOKEN_DOMAIN");
    home.write_configuration("[[rules]]\nprefer = \"environment\"\n");
    assert_eq!(report(&home)[0]["reason"], "rule 1 chooses the identity");
}
