//! `login`: the same sign-in on request.

use serde_json::json;

use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::fake_sso::UserWill;
use crate::support::process::Run;
use crate::support::secret_scan;
use crate::support::stage::{Stage, secrets};
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("login_signs_in_and_says_until_when_and_where", signs_in),
        trial("login_takes_the_profile_of_the_environment_or_a_session_by_name", which),
        trial("login_ends_the_time_in_which_nobody_is_asked", after_a_decline),
        trial("login_that_is_declined_fails_with_a_line", declined),
        #[cfg(target_os = "linux")]
        trial("login_in_a_terminal_says_what_it_waits_for", in_a_terminal),
        trial("login_without_sso_says_what_to_do_instead", without_sso),
    ]
}

fn login(stage: &Stage, arguments: &[&str]) -> Run {
    let run = stage.home.run_plugin(&[&["login"], arguments].concat());
    secret_scan::assert_no_secrets_in(&run.output(), &secrets());
    run
}

fn signs_in() {
    let stage = Stage::signing_in();
    let run = login(&stage, &["--profile", "dev", "--use-device-code"]);
    run.assert_success();
    assert_eq!(
        run.stderr,
        "sign in to AWS for profile `dev`: open https://device.sso.eu-west-1.amazonaws.com/?user_code=WXYZ-0003 and confirm the code WXYZ-0003\n"
    );
    let until = stage.token()["expiresAt"].as_str().expect("a time").to_owned();
    let file = stage.token_file();
    assert_eq!(
        run.stdout,
        format!(
            "signed in to the SSO session `corp` until {until}; kept in `{}` for the AWS CLI and all SDKs\n",
            file.display()
        )
    );
    stage.assert_served();
    let run = login(&stage, &["--use-device-code", "--json"]);
    assert_eq!(
        run.assert_success().result(),
        json!({
            "ssoSession": "corp",
            "startUrl": "https://corp.awsapps.example/start",
            "expiration": stage.token()["expiresAt"],
            "path": file.display().to_string(),
        })
    );
    // Whoever runs `login` wants to sign in, even if it is not needed.
    login(&stage, &["--profile", "dev", "--no-browser"]).assert_success();
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 3);
}

fn which() {
    for arguments in [&["--use-device-code"][..], &["--use-device-code", "--sso-session", "corp"]] {
        let stage = Stage::signing_in();
        let run = login(&stage, arguments);
        run.assert_success().assert_says("sign in to AWS for profile `dev`");
        assert!(stage.token()["accessToken"].is_string());
    }
    let mut stage = Stage::signing_in();
    stage.home.write(
        "home/.aws/config",
        "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\n[profile base]\nsso_session = corp\n[sso-session corp]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\n",
    );
    let run = login(&stage, &["--use-device-code"]);
    run.assert_success().assert_says("sign in to AWS for profile `base`");
    assert_eq!(stage.sso().registrations()[0]["scopes"], json!(["sso:account:access"]));
    stage.home.unset("AWS_PROFILE").set("CODEARTIFACT_NUGET_PROFILE", "gone, dev");
    login(&stage, &["--use-device-code"]).assert_success();
    stage.home.unset("CODEARTIFACT_NUGET_PROFILE");
    // The only session, where nothing names a profile.
    login(&stage, &["--use-device-code"]).assert_success();
    stage.set("AWS_PROFILE", "gone");
    login(&stage, &["--use-device-code"]).assert_failure().assert_says("CNP203");
}

fn after_a_decline() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Decline);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    nuget.answer_to(&ask, LIMIT).assert_refusal("NotFound");
    stage.finish(nuget);
    // It fails as well, and yet the next restore may ask.
    login(&stage, &["--use-device-code"]).assert_failure();
    stage.sso().user_will(UserWill::Agree);
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, false).assert_success();
    stage.finish(nuget);
}

fn declined() {
    let stage = Stage::signing_in();
    stage.sso().user_will(UserWill::Decline);
    let run = login(&stage, &["--use-device-code"]);
    assert_eq!(run.assert_failure().code(), Some(1));
    let error = run.stderr.lines().last().unwrap_or_default();
    assert_eq!(
        error,
        "error: [CNP212] The sign-in of profile `dev` failed: it was declined in the browser. Try again: dotnet codeartifact login --profile dev"
    );
    assert_eq!(run.stdout, "");
    assert!(!stage.token_file().exists());
}

fn without_sso() {
    let stage = Stage::signing_in();
    stage.home.write(
        "home/.aws/config",
        "[profile dev]\nregion = eu-west-1\n[profile console]\nlogin_session = arn:aws:iam::111122223333:user/me\n[sso-session half]\nsso_region = eu-west-1\n",
    );
    for (arguments, line) in [
        (
            ["--profile", "dev"],
            "[CNP215] Profile `dev` does not use IAM Identity Center: `sso_session` or `sso_start_url` is missing or incomplete. Name another profile with --profile, or set this one up: aws configure sso --profile dev",
        ),
        (
            ["--profile", "console"],
            "[CNP215] Profile `console` does not use IAM Identity Center: `sso_session` or `sso_start_url` is missing or incomplete. It signs in with: aws login --profile console",
        ),
        (
            ["--profile", "gone"],
            "[CNP203] Profile `gone` does not exist (existing profiles: `console`, `dev`). Choose another one with --profile, as listed by: aws configure list-profiles",
        ),
        (
            ["--sso-session", "gone"],
            "[CNP216] The shared config file has no sso-session `gone` with its start URL and region (existing sessions: `half`). Name another one, or create it: aws configure sso-session",
        ),
        (
            ["--sso-session", "half"],
            "[CNP216] The shared config file has no sso-session `half` with its start URL and region (existing sessions: `half`). Name another one, or create it: aws configure sso-session",
        ),
    ] {
        let run = login(&stage, &arguments);
        assert_eq!(run.assert_failure().stderr, format!("error: {line}\n"));
    }
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}

/// The user confirms once the wait was seen.
#[cfg(target_os = "linux")]
fn in_a_terminal() {
    use std::{fs, thread};

    use crate::support::process;
    use crate::support::sandbox_home::SandboxHome;

    let mut stage = Stage::signing_in();
    stage.home.set("TERM", "xterm-256color");
    stage.sso().user_will(UserWill::Wait);
    let typescript = stage.home.root().join("typescript");
    let line = format!("{} login --profile dev --no-browser", SandboxHome::plugin().display());
    let mut command = process::in_terminal(&line, &typescript);
    stage.home.prepare(&mut command);
    let run = thread::scope(|scope| {
        let run = scope.spawn(|| process::run(&mut command, LIMIT));
        if process::wait_for_text(&typescript, "waiting for the sign-in …") {
            stage.sso().user_will(UserWill::Agree);
        }
        run.join().expect("a run")
    });
    run.assert_success();
    let shown = fs::read_to_string(&typescript).expect("what was shown");
    secret_scan::assert_no_secrets_in(&shown, &secrets());
    let word =
        format!("waiting for the sign-in …\r{}\rsigned in to the SSO session", " ".repeat(25));
    assert!(shown.contains(&word), "{shown:?}");
}
