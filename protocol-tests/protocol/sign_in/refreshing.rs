//! An expired access token with a refresh token: it is renewed without asking the user, and no
//! reader ever sees half a file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::stage::Stage;
use crate::support::stage::sso::{EXPIRED, START_URL, read_json};
use crate::support::trials::{Trial, trial};

const LONG_AGO: &str = "2020-01-01T00:00:00Z";
const FAR: &str = "2099-01-01T00:00:00Z";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_good_session_is_used_as_it_is", good),
        trial("the_aws_clis_older_times_are_read", older_times),
        trial("an_expired_access_token_is_refreshed_silently", refreshed),
        trial("one_about_to_expire_is_refreshed_and_used_where_that_fails", about_to_expire),
        trial("eight_processes_refresh_once", eight_at_once),
        trial("a_reader_never_sees_half_a_file", never_half),
        trial("a_killed_refresh_leaves_the_old_file", killed),
        #[cfg(unix)]
        trial("a_link_stays_one_and_the_file_is_for_its_owner_only", links_and_modes),
        #[cfg(unix)]
        trial("logout_removes_no_links_target_that_is_no_sign_in", links_signed_out),
        #[cfg(unix)]
        trial("what_cannot_be_kept_is_not_asked_for", not_writable)
            .where_possible(!crate::support::trials::is_root()),
        trial("nobody_signed_in", || Stage::signing_in().assert_refused(EXPIRED)),
        trial("expired_without_a_refresh_token", without_refresh_token),
        trial("expired_with_an_expired_registration", registration_expired),
        trial("expired_and_the_refresh_is_refused", refresh_refused),
        trial("expired_and_the_service_in_trouble", service_in_trouble),
        trial("expired_and_of_another_start_url", another_start_url),
        trial("the_portal_refuses_the_session", portal_401),
        trial("a_session_that_was_ended_is_refreshed_silently", ended),
        trial("the_portal_refuses_the_role", role_refused),
        trial("the_older_form_is_used_and_never_refreshed", older_form),
    ]
}

fn good() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.assert_served();
    assert_eq!(stage.sso().calls(), ["GetRoleCredentials"]);
    stage.assert_served();
    assert_eq!(stage.sso().calls(), ["GetRoleCredentials"], "a warm run makes no network requests");
    assert_eq!(stage.fake.requests().len(), 1, "a warm run makes no network requests");
}

fn older_times() {
    let stage = Stage::signing_in();
    stage.signed_in_until("2099-01-01T00:00:00UTC");
    stage.assert_served();
    assert_eq!(stage.sso().count("refresh_token"), 0);
}

fn refreshed() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    let before = stage.token();
    stage.assert_served();
    assert_eq!(stage.sso().calls(), ["refresh_token", "GetRoleCredentials"]);
    let after = stage.token();
    for changed in ["accessToken", "refreshToken", "expiresAt"] {
        assert_ne!(before[changed], after[changed], "{changed}");
    }
    for kept in ["startUrl", "region", "clientId", "clientSecret", "registrationExpiresAt"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    assert_eq!(after["ofSomebodyElse"], json!({"kept": true}));
    let expires = after["expiresAt"].as_str().expect("a time");
    assert!(expires.len() == 20 && expires.ends_with('Z'), "{expires}");
    stage.assert_served();
    assert_eq!(stage.sso().calls().len(), 2, "a warm run makes no network requests");
    // What came can be refreshed again.
    stage.expire();
    stage.forget_tokens();
    stage.assert_served();
    assert_eq!(stage.sso().count("refresh_token"), 2);
}

fn about_to_expire() {
    let stage = Stage::signing_in();
    let soon =
        aws_smithy_types::DateTime::from(std::time::SystemTime::now() + Duration::from_mins(2));
    let soon = soon.fmt(aws_smithy_types::date_time::Format::DateTime).expect("a time");
    stage.signed_in_until(&soon);
    stage.sso().refuse_refresh();
    stage.assert_served();
    assert_eq!(stage.sso().calls(), ["refresh_token", "GetRoleCredentials"]);
}

fn eight_at_once() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    stage.sso().answer_after(Duration::from_millis(300));
    let mut all: Vec<_> = (0..8).map(|_| FakeNuget::start(&stage.home)).collect();
    let asks: Vec<_> = all.iter_mut().map(|it| it.begin_ask(&stage.source, false, true)).collect();
    for (nuget, ask) in all.iter_mut().zip(asks) {
        nuget.answer_to(&ask, LIMIT).assert_success().assert_no_logs();
    }
    assert_eq!(stage.sso().count("refresh_token"), 1);
    assert_eq!(stage.fake.token_calls().len(), 1);
    for nuget in all {
        stage.finish(nuget);
    }
}

fn never_half() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    stage.sso().access_tokens_live(1); // the next restore refreshes again
    let (file, done) = (stage.token_file(), AtomicBool::new(false));
    let seen = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                assert!(read_json(&file)["accessToken"].is_string());
                seen += 1;
            }
            seen
        });
        for _ in 0..5 {
            stage.forget_tokens();
            stage.assert_served();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().expect("every read was whole")
    });
    assert!(seen > 100, "only {seen} reads");
}

fn killed() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    let before = stage.token();
    stage.sso().answer_after(Duration::from_secs(5));
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.begin_ask(&stage.source, false, true);
    while stage.sso().count("refresh_token") == 0 {
        thread::sleep(Duration::from_millis(2));
    }
    drop(nuget);
    assert_eq!(stage.token(), before);
}

#[cfg(unix)]
fn links_and_modes() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    let elsewhere = stage.home.root().join("home/.aws/elsewhere.json");
    fs::rename(stage.token_file(), &elsewhere).expect("a file");
    symlink(&elsewhere, stage.token_file()).expect("a link");
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, true).assert_success();
    nuget.finish();
    assert!(fs::symlink_metadata(stage.token_file()).expect("a link").is_symlink());
    let mode = fs::metadata(&elsewhere).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_ne!(stage.token()["expiresAt"], LONG_AGO);
    let left: Vec<_> = fs::read_dir(stage.sso_cache()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "no temporary file is left: {left:?}");
}

/// Signing out removes a sign-in that is elsewhere, and nothing else that a link leads to.
#[cfg(unix)]
fn links_signed_out() {
    use std::fs;
    use std::os::unix::fs::symlink;
    let stage = Stage::signing_in();
    let elsewhere = stage.home.root().join("elsewhere");
    for (text, stays) in [(None, false), (Some("{}"), true), (Some("precious"), true)] {
        stage.signed_in_until(LONG_AGO);
        fs::rename(stage.token_file(), &elsewhere).expect("a file");
        if let Some(text) = text {
            fs::write(&elsewhere, text).expect("a file");
        }
        symlink(&elsewhere, stage.token_file()).expect("a link");
        stage.run(&["logout", "--sso"]).assert_success();
        assert!(!stage.token_file().is_symlink());
        assert_eq!(elsewhere.exists(), stays, "{text:?}");
    }
}

/// A refresh token works once, so it is not spent where its successor would be lost. Root can write
/// everywhere, so root cannot try.
#[cfg(unix)]
fn not_writable() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    let mode = |mode| fs::set_permissions(stage.sso_cache(), fs::Permissions::from_mode(mode));
    mode(0o500).expect("our own folder");
    let name = stage.token_file().file_name().map(|name| name.to_string_lossy().into_owned());
    let path = format!("<root>/home/.aws/sso/cache/{}", name.expect("a file has a name"));
    stage.assert_refused(&format!("[CNP213] The sign-in of profile `dev` cannot be saved in `{path}` (permission denied). Make the file and its folder writable."));
    mode(0o700).expect("our own folder");
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}

fn without_refresh_token() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    stage.change_token(|token| {
        token.remove("refreshToken");
    });
    stage.assert_refused(EXPIRED);
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}

fn registration_expired() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    stage.change_token(|token| {
        token.insert("registrationExpiresAt".into(), json!(LONG_AGO));
    });
    stage.assert_refused(EXPIRED);
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}

fn refresh_refused() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    stage.sso().refuse_refresh();
    let before = stage.token();
    stage.assert_refused(EXPIRED);
    assert_eq!(stage.sso().calls(), ["refresh_token"]);
    assert_eq!(stage.token(), before);
}

fn service_in_trouble() {
    let stage = Stage::signing_in();
    stage.signed_in_until(LONG_AGO);
    stage.sso().refuse_next("SlowDownException");
    stage.assert_refused("[CNP212] The sign-in of profile `dev` failed: IAM Identity Center returned SlowDownException. Try again: dotnet codeartifact login --profile dev");
}

fn another_start_url() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.change_token(|token| {
        token.insert("startUrl".into(), json!("https://other.example"));
    });
    stage.assert_refused(EXPIRED);
}

fn portal_401() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.sso().portal_refuses(401, "UnauthorizedException", "Session token not found or invalid");
    stage.assert_refused(EXPIRED);
}

fn ended() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.sso().end_sessions();
    stage.assert_served();
    let calls = ["GetRoleCredentials", "refresh_token", "GetRoleCredentials"];
    assert_eq!(stage.sso().calls(), calls);
}

fn role_refused() {
    let stage = Stage::signing_in();
    stage.signed_in_until(FAR);
    stage.sso().portal_refuses(403, "ForbiddenException", "No access");
    stage.assert_refused("[CNP214] IAM Identity Center refused the role of profile `dev` (No access). Ask for access to the role, or choose another one: aws configure sso --profile dev");
}

fn older_form() {
    let stage = Stage::signing_in_by_the_older_form();
    let [_, _, access_token, _] = stage.sso().earlier_sign_in();
    let token = |expires_at| json!({"startUrl": START_URL, "region": "eu-west-1", "accessToken": access_token, "expiresAt": expires_at});
    stage.write_token(&token(FAR));
    stage.assert_served();
    stage.forget_tokens();
    stage.write_token(&token(LONG_AGO));
    stage.assert_refused(EXPIRED);
    assert_eq!(stage.sso().calls(), ["GetRoleCredentials"]);
}
