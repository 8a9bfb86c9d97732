//! The plugin asks the user to sign in: when, how often, and the effect of each outcome.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_nuget::{FakeNuget, LIMIT};
use crate::support::fake_sso::UserWill;
use crate::support::secret_scan;
use crate::support::stage::Stage;
use crate::support::stage::conversation::HEAD;
use crate::support::stage::sso::{EXPIRED, START_URL};
use crate::support::trials::{Trial, trial};

const ASKED: &str = "[CredentialProvider]CodeArtifact: sign in to AWS for profile `dev`: open https://device.sso.eu-west-1.amazonaws.com/?user_code=WXYZ-0003 and confirm the code WXYZ-0003";

const DECLINED: &str = "[CNP212] The sign-in of profile `dev` failed: it was declined in the browser. Try again: dotnet codeartifact login --profile dev";

const ASKED_BEFORE: &str = "[CNP211] The IAM Identity Center session of profile `dev` has expired, and the sign-in that was requested just now was not completed. Sign in: dotnet codeartifact login --profile dev";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_user_who_confirms_the_code_is_served", confirmed),
        trial("what_a_sign_in_leaves_can_be_refreshed", refreshable),
        trial("a_user_whose_session_was_ended_is_asked", ended),
        trial("the_older_form_is_signed_in_by_a_code_without_refresh", older_form),
        trial("a_poll_that_is_too_fast_gets_slower", slow_down),
        trial("a_user_who_declines_is_left_alone_by_every_process", declined),
        trial("a_code_that_expires_is_a_sign_in_that_failed", expires),
        trial("a_page_that_is_no_https_address_is_not_shown", not_https),
        trial("two_processes_ask_once", two_processes),
        trial("two_domains_of_one_process_ask_once", two_domains),
        trial("two_asks_of_one_process_ask_once_without_a_cache", without_cache),
        trial("a_cancelled_ask_ends_the_sign_in", cancelled),
        trial("the_end_of_input_ends_the_sign_in_at_once", end_of_input).alone(),
        trial("a_sign_in_elsewhere_ends_the_waiting", elsewhere),
        trial("without_minimal_lines_standard_error_shows_the_code", by_standard_error),
        trial("nobody_is_asked_where_nuget_may_not_interact", non_interactive),
        trial("nobody_is_asked_where_the_settings_say_never", never),
        trial("nobody_is_asked_without_a_terminal_unless_always", auto),
        trial("a_setting_that_is_none_is_refused", bad_setting),
    ]
}

fn confirmed() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Wait);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, line) = stage.begin(&mut nuget);
    assert_eq!(line, ASKED);
    nuget.wait_for_progress(&ask);
    stage.sso().user_will(UserWill::Agree);
    nuget.answer_to(&ask, LIMIT).assert_success();
    let token = stage.token();
    assert_eq!((&token["startUrl"], &token["region"]), (&json!(START_URL), &json!("eu-west-1")));
    for key in ["accessToken", "refreshToken", "clientId", "clientSecret", "registrationExpiresAt"]
    {
        assert!(token[key].is_string(), "{key} in {token}");
    }
    stage.finish(nuget);
    stage.assert_served();
    assert_eq!(stage.fake.token_calls().len(), 1, "a warm run makes no network requests");
    assert_eq!(stage.sso().count("GetRoleCredentials"), 1, "a warm run makes no network requests");
}

fn refreshable() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device");
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, false).assert_success();
    stage.finish(nuget);
    stage.expire();
    stage.forget_tokens();
    stage.assert_served();
    assert_eq!(stage.sso().count("refresh_token"), 1);
    // The next sign-in is by the same client.
    stage.sso().refuse_refresh();
    stage.expire();
    stage.forget_tokens();
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, false).assert_success();
    stage.finish(nuget);
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 2);
    assert_eq!(stage.sso().count("RegisterClient"), 1);
}

/// The file says that the session is valid, but the portal has ended it.
fn ended() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").signed_in_until("2099-01-01T00:00:00Z");
    stage.sso().refuse_refresh();
    stage.sso().end_sessions();
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, false).assert_success();
    stage.finish(nuget);
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
}

fn older_form() {
    let mut stage = Stage::signing_in_by_the_older_form();
    stage.may_ask("browser");
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, false).assert_success();
    stage.finish(nuget);
    assert!(stage.token()["refreshToken"].is_null());
    let registered = stage.sso().registrations();
    assert_eq!(
        registered,
        [json!({"clientName": "nuget-plugin-codeartifact", "clientType": "public"})]
    );
}

fn slow_down() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().refuse_next("SlowDownException");
    let started = Instant::now();
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    nuget.answer_to(&ask, LIMIT).assert_success();
    stage.finish(nuget);
    assert!(started.elapsed() > Duration::from_secs(6), "one second, then six");
    assert_eq!(stage.sso().count("device_code"), 2);
}

fn declined() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Decline);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    let answer = nuget.answer_to(&ask, LIMIT);
    answer.assert_refusal("NotFound");
    let warnings = answer.logs.iter().filter(|line| line.level == "Warning");
    assert_eq!(
        warnings.map(|line| line.failure()).collect::<Vec<_>>(),
        [format!("{HEAD}{DECLINED}")]
    );
    // NuGet asks four times in a restore.
    for _ in 0..3 {
        nuget.ask(&stage.source, false, false).assert_refusal("NotFound").assert_no_logs();
    }
    stage.finish(nuget);
    let mut other = FakeNuget::start(&stage.home);
    let answer = other.ask(&stage.source, false, false);
    assert_eq!(answer.assert_refusal("NotFound").the_warning(), format!("{HEAD}{ASKED_BEFORE}"));
    stage.finish(other);
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
    // Long afterwards, the user is asked again.
    stage.sso().user_will(UserWill::Agree);
    let asked = files_ending_in(&stage, "asked");
    let file = fs::File::options().write(true).open(&asked[0]).expect("a file of the cache");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(601);
    file.set_modified(long_ago).expect("our own file");
    // Windows keeps the name of a file that is open.
    drop(file);
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(&stage.source, false, false).assert_success();
    stage.finish(nuget);
    assert_eq!(files_ending_in(&stage, "asked").len(), 0);
}

fn files_ending_in(stage: &Stage, end: &str) -> Vec<std::path::PathBuf> {
    let mut files = secret_scan::files_below(&stage.home.cache_dir());
    files.retain(|file| file.extension().is_some_and(|found| found == end));
    files
}

fn expires() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::LetExpire);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    let answer = nuget.answer_to(&ask, LIMIT);
    let last = answer.assert_refusal("NotFound").logs.last().expect("a warning").failure();
    assert_eq!(
        last,
        format!(
            "{HEAD}[CNP212] The sign-in of profile `dev` failed: nobody signed in within the time limit. Try again: dotnet codeartifact login --profile dev"
        )
    );
    stage.finish(nuget);
}

fn not_https() {
    for page in ["http://device.example/", "file:///etc/passwd", "https://a b"] {
        let mut stage = Stage::signing_in();
        stage.may_ask("device").sso().send_users_to(page);
        let mut nuget = FakeNuget::start(&stage.home);
        let answer = nuget.ask(&stage.source, false, false);
        let line = answer.assert_refusal("NotFound").the_warning().to_owned();
        assert!(line.contains("HTTP 200, and its sign-in page is not an https address)"), "{line}");
        assert!(!line.contains(page), "{line}");
        stage.finish(nuget);
    }
}

fn two_processes() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Wait);
    let mut all = [(); 2].map(|()| FakeNuget::start(&stage.home));
    let first = stage.begin(&mut all[0]).0;
    let second = all[1].begin_ask(&stage.source, false, false);
    all[1].wait_for_progress(&second);
    stage.sso().user_will(UserWill::Agree);
    all[0].answer_to(&first, LIMIT).assert_success();
    all[1].answer_to(&second, LIMIT).assert_success().assert_no_logs();
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
    assert_eq!(stage.fake.token_calls().len(), 1);
    for nuget in all {
        stage.finish(nuget);
    }
}

fn two_domains() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device");
    let other = stage.source.replace("my-domain", "my-other");
    let mut nuget = FakeNuget::start(&stage.home);
    let asks = [&stage.source, &other].map(|source| nuget.begin_ask(source, false, false));
    for ask in &asks {
        nuget.answer_to(ask, LIMIT).assert_success();
    }
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
    assert_eq!(stage.fake.token_calls().len(), 2);
    stage.finish(nuget);
}

fn without_cache() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").home.set("CODEARTIFACT_NUGET_CACHE", "off");
    stage.sso().user_will(UserWill::Decline);
    let mut nuget = FakeNuget::start(&stage.home);
    let asks = [(); 3].map(|()| nuget.begin_ask(&stage.source, false, false));
    for ask in &asks {
        nuget.answer_to(ask, LIMIT).assert_refusal("NotFound");
    }
    assert_eq!(stage.sso().count("StartDeviceAuthorization"), 1);
    stage.finish(nuget);
}

fn cancelled() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Wait);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    nuget.cancel(&ask);
    nuget.expect(json!({"RequestId": ask, "Type": "Cancel"}));
    let polls = stage.sso().count("device_code");
    thread::sleep(Duration::from_millis(1500));
    assert!(stage.sso().count("device_code") <= polls + 1, "nobody polls any more");
    assert!(!stage.token_file().exists());
    let answer = nuget.ask(&stage.source, false, false);
    let line = answer.assert_refusal("NotFound").logs.last().expect("a line").failure();
    assert_eq!(line, format!("{HEAD}{ASKED_BEFORE}"));
    stage.finish(nuget);
}

fn end_of_input() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Wait);
    let mut nuget = FakeNuget::start(&stage.home);
    stage.begin(&mut nuget);
    let ended = Instant::now();
    nuget.close_stdin();
    assert!(nuget.wait_exit(LIMIT).success());
    assert!(ended.elapsed() < Duration::from_secs(1), "took {:?}", ended.elapsed());
    assert!(!stage.token_file().exists());
    stage.assert_no_secrets();
}

fn elsewhere() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").sso().user_will(UserWill::Wait);
    let mut nuget = FakeNuget::start(&stage.home);
    let (ask, _) = stage.begin(&mut nuget);
    stage.signed_in_until("2099-01-01T00:00:00Z");
    nuget.answer_to(&ask, LIMIT).assert_success();
    stage.finish(nuget);
}

fn by_standard_error() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device");
    let mut nuget = FakeNuget::launch(&stage.home);
    nuget.answer_their_handshake();
    nuget.handshake();
    nuget.initialize("00:00:30");
    nuget.set_log_level("Warning");
    nuget.ask(&stage.source, false, false).assert_success().assert_no_logs();
    nuget.close_stdin();
    assert!(nuget.wait_exit(LIMIT).success());
    assert_eq!(nuget.stderr().trim_end(), ASKED);
}

fn assert_not_asked(stage: &Stage, is_non_interactive: bool) {
    let mut nuget = FakeNuget::start(&stage.home);
    let answer = nuget.ask(&stage.source, false, is_non_interactive);
    assert_eq!(answer.the_warning(), format!("{HEAD}{EXPIRED}"));
    stage.finish(nuget);
    assert_eq!(stage.sso().calls(), [] as [String; 0]);
}

fn non_interactive() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device");
    assert_not_asked(&stage, true);
}

fn never() {
    let mut stage = Stage::signing_in();
    stage.may_ask("device").home.set("CODEARTIFACT_NUGET_INTERACTIVE", "never");
    assert_not_asked(&stage, false);
}

fn auto() {
    let stage = Stage::signing_in();
    assert_not_asked(&stage, false);
}

fn bad_setting() {
    for (name, expected) in [
        ("CODEARTIFACT_NUGET_INTERACTIVE", "auto, always or never"),
        ("CODEARTIFACT_NUGET_SIGN_IN", "auto, browser or device"),
    ] {
        let mut stage = Stage::signing_in();
        stage.may_ask("device").home.set(name, "perhaps");
        let mut nuget = FakeNuget::start(&stage.home);
        let answer = nuget.ask(&stage.source, false, false);
        let line = answer.assert_refusal("NotFound").the_warning();
        let said = format!("[CNP101] Invalid value `perhaps` for {name}: expected {expected}.");
        assert!(line.contains(&said), "{line}");
        stage.finish(nuget);
    }
}
