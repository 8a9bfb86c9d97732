//! A real AWS CLI v2: its sign-in serves us, and ours serves it. It takes no endpoints from the
//! environment, so it meets the fake under the services' real names.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::fake_internet::FakeInternet;
use crate::support::process::{self, Run};
use crate::support::stage::{Stage, keep_transcript};
use crate::support::trials::{Need, Trial, aws_cli, trial};

const NAMES: [&str; 2] = ["oidc.eu-west-1.amazonaws.com", "portal.sso.eu-west-1.amazonaws.com"];

/// Python takes its time on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_sign_in_of_the_aws_cli_serves_us", theirs_serves_us).needing(Need::Aws),
        trial("our_sign_in_serves_the_aws_cli", ours_serves_them).needing(Need::Aws),
    ]
}

/// Runs the AWS CLI in the stage's home, behind the fake internet.
fn aws(stage: &Stage, internet: &FakeInternet, arguments: &[&str]) -> Run {
    let authority = stage.home.write("authority.pem", internet.authority());
    let mut command = Command::new(aws_cli().expect("a test that needs it is run where it is"));
    command.args(arguments).current_dir(stage.home.project()).env_clear();
    command.envs(stage.home.environment().filter(|(name, _)| !name.starts_with("AWS_ENDPOINT")));
    command.env("HTTPS_PROXY", internet.proxy_url()).env("AWS_CA_BUNDLE", authority);
    command.env("AWS_PAGER", "").env("BROWSER", "/bin/true");
    process::run(&mut command, LIMIT)
}

fn authorization_token(stage: &Stage, internet: &FakeInternet) -> Run {
    let url = stage.fake.url();
    let get = ["codeartifact", "get-authorization-token", "--profile", "dev"];
    let domain = ["--domain", "my-domain", "--domain-owner", "111122223333"];
    let place = ["--region", "eu-west-1", "--endpoint-url", &url];
    aws(stage, internet, &[&get[..], &domain, &place].concat())
}

fn theirs_serves_us() {
    let stage = Stage::signing_in();
    let internet = FakeInternet::before(stage.sso().host(), &NAMES);
    let login = aws(&stage, &internet, &["sso", "login", "--profile", "dev", "--no-browser"]);
    login.assert_success().assert_says("Successfully logged into Start URL");
    let mut transcript = login.to_string();
    stage.assert_served();
    // And it is refreshed by the client that the AWS CLI registered.
    stage.expire();
    stage.forget_tokens();
    stage.assert_served();
    assert_eq!(stage.sso().count("refresh_token"), 1);
    assert_eq!(stage.sso().count("RegisterClient"), 1);
    let served = authorization_token(&stage, &internet);
    served.assert_success().assert_says("authorizationToken");
    transcript.push_str("\n--- calls of SSO, ours among them\n");
    transcript.push_str(&stage.sso().calls().join("\n"));
    keep_transcript("aws-cli-signs-in-we-use-it.txt", &transcript);
}

fn ours_serves_them() {
    let stage = Stage::signing_in();
    let internet = FakeInternet::before(stage.sso().host(), &NAMES);
    let ours = stage.home.run_plugin(&["login", "--profile", "dev", "--use-device-code"]);
    ours.assert_success();
    let token = |run: &Run| -> Value {
        serde_json::from_str(&run.assert_success().stdout).expect("JSON of the AWS CLI")
    };
    let theirs = authorization_token(&stage, &internet);
    assert!(token(&theirs)["authorizationToken"].is_string());
    // And the AWS CLI refreshes it by our client.
    stage.expire();
    let before = stage.token();
    // What it keeps of the role itself would hide that.
    let _ = std::fs::remove_dir_all(stage.home.home().join(".aws/cli/cache"));
    let refreshed = authorization_token(&stage, &internet);
    assert!(token(&refreshed)["authorizationToken"].is_string());
    assert_eq!(stage.sso().count("refresh_token"), 1);
    assert_ne!(stage.token()["accessToken"], before["accessToken"]);
    assert_eq!(stage.token()["clientId"], before["clientId"]);
    let calls = stage.sso().calls().join("\n");
    let shown = |run: &Run| format!("{}\n(exit {:?})\n", run.command, run.code());
    keep_transcript(
        "we-sign-in-the-aws-cli-uses-it.txt",
        &format!("{ours}\n{}{}\n--- calls of SSO\n{calls}\n", shown(&theirs), shown(&refreshed)),
    );
    stage.assert_served();
}
