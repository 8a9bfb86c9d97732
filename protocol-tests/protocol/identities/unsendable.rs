//! Values that no request can carry, from every source: the value and its place are named, the value
//! is never shown, nothing panics, and nothing is sent with it.

use serde_json::{Value, json};

use super::sources::role;
use crate::support::fake_codeartifact::http::{Reply, Seen};
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::fake_metadata::FakeMetadata;
use crate::support::process::printing;
use crate::support::stage::conversation::{failing, token_of_a_process};
use crate::support::stage::{NAMES, SOURCE, Stage, failure};
use crate::support::trials::{Trial, trial};

const LINE_BREAK: &str =
    "[CNP225] AWS_ACCESS_KEY_ID contains a line break and cannot be sent to AWS. Correct it.";

pub fn trials() -> Vec<Trial> {
    let mut trials = variables();
    trials.extend(printed());
    trials.extend([
        trial("instance_role_list_ends_with_a_line_end", role_list),
        trial("instance_role_list_is_no_name", role_list_is_a_page),
        trial("instance_key_with_a_line_break", instance_key),
        trial("container_key_with_a_line_break", container_key),
        trial("container_token_with_a_line_break", container_token),
        trial("container_token_file_with_a_line_end", container_token_file),
        trial("commands_say_it_in_one_line", commands),
        trial("a_panic_of_the_sdk_is_an_answer_that_was_not_expected", login_panics),
    ]);
    trials
}

fn variables() -> Vec<Trial> {
    vec![
        failing(
            "key_id_with_a_line_break",
            |stage| {
                stage.set("AWS_ACCESS_KEY_ID", "AKIA\nhunter2");
            },
            LINE_BREAK,
        ),
        failing(
            "key_id_that_is_not_ascii",
            |stage| {
                stage.set("AWS_ACCESS_KEY_ID", "AKIA\u{fc}hunter2");
            },
            "[CNP225] AWS_ACCESS_KEY_ID contains a character that is not ASCII and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "secret_key_with_a_line_break",
            |stage| {
                stage.set("AWS_SECRET_ACCESS_KEY", "hunter2\r\nx");
            },
            "[CNP225] AWS_SECRET_ACCESS_KEY contains a line break and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "session_token_with_a_line_break",
            |stage| {
                stage.set("AWS_SESSION_TOKEN", "hunter2\nhunter2");
            },
            "[CNP225] AWS_SESSION_TOKEN contains a line break and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "session_token_with_a_control_character",
            |stage| {
                stage.set("AWS_SESSION_TOKEN", "hunter2\u{7}hunter2");
            },
            "[CNP225] AWS_SESSION_TOKEN contains a control character and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "session_token_of_a_profile_with_a_control_character",
            |stage| {
                stage.with_profile(&format!(
                    "[profile dev]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\naws_session_token = hunter2\u{7}x\n"
                ));
            },
            "[CNP225] `aws_session_token` of profile `dev` contains a control character and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "source_profile_with_a_control_character",
            |stage| {
                stage.with_profile(&format!(
                    "[profile dev]\nrole_arn = {}\nsource_profile = base\n[profile base]\naws_access_key_id = AKIA\u{1}X\naws_secret_access_key = hunter2\n",
                    role("reader")
                ));
            },
            "[CNP225] `aws_access_key_id` of profile `base` contains a control character and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "user_agent_with_a_line_break",
            |stage| {
                stage.set("AWS_EXECUTION_ENV", "a\nb");
            },
            "[CNP225] AWS_EXECUTION_ENV contains a line break and cannot be sent to AWS. Correct it.",
        ),
    ]
}

/// A profile whose process prints this.
fn prints(stage: &mut Stage, printed: &Value) {
    let file = stage.home.write("home/.aws/printed.json", &printed.to_string());
    stage.with_profile(&format!("[profile dev]\ncredential_process = {}\n", printing(&file)));
}

fn printed() -> Vec<Trial> {
    vec![
        failing(
            "process_prints_a_key_id_with_a_line_break",
            |stage| {
                prints(
                    stage,
                    &json!({"Version": 1, "AccessKeyId": "AKIA\n", "SecretAccessKey": "hunter2"}),
                );
            },
            "[CNP225] `AccessKeyId` in the output of `credential_process` contains a line break and cannot be sent to AWS. Correct it.",
        ),
        failing(
            "process_prints_a_session_token_with_a_line_break",
            |stage| {
                prints(
                    stage,
                    &json!({"Version": 1, "AccessKeyId": "AKIAX", "SecretAccessKey": "hunter2", "SessionToken": "a\nhunter2"}),
                );
            },
            "[CNP225] `SessionToken` in the output of `credential_process` contains a line break and cannot be sent to AWS. Correct it.",
        ),
    ]
}

/// The list of roles, and the credentials of every role.
fn instance(stage: &mut Stage, roles: &'static str, key_id: &'static str) -> FakeMetadata {
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    let service = FakeMetadata::answering(move |seen: &Seen| match &*seen.path {
        "/latest/api/token" => Reply::bytes(200, "text/plain", "fakeToken"),
        "/latest/meta-data/iam/security-credentials/" => Reply::bytes(200, "text/plain", roles),
        "/latest/meta-data/iam/security-credentials/myrole" => Reply::json(
            200,
            &json!({"Code": "Success", "AccessKeyId": key_id, "SecretAccessKey": SECRET_ACCESS_KEY,
                    "Token": "", "Expiration": "2099-01-01T00:00:00Z"}),
        ),
        _ => Reply::status(404),
    });
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url());
    service
}

/// The AWS CLI takes the line end for none of the role's name.
fn role_list() {
    for roles in ["myrole\n", "myrole\r\n", "\nmyrole", "myrole"] {
        let mut stage = Stage::new().with_log();
        let service = instance(&mut stage, roles, ACCESS_KEY_ID);
        token_of_a_process(&stage.home, SOURCE);
        let last = service.requests().pop().expect("a request");
        assert_eq!(last, "GET /latest/meta-data/iam/security-credentials/myrole 200");
    }
}

fn role_list_is_a_page() {
    let mut stage = Stage::new().with_log();
    let _service = instance(&mut stage, "<html>a page</html>", ACCESS_KEY_ID);
    stage.assert_fails("[CNP202] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1): the EC2 instance metadata returned none (the list of roles in the instance metadata contains no role). Attach an IAM role to the instance.");
}

fn instance_key() {
    let mut stage = Stage::new().with_log();
    let _service = instance(&mut stage, "myrole", "AKIA\nX");
    stage.assert_fails("[CNP225] `AccessKeyId` in the response of the instance metadata contains a line break and cannot be sent to AWS. Correct it.");
}

fn container(stage: &mut Stage, key_id: &'static str) -> FakeMetadata {
    stage.without_keys();
    let keys = json!({"AccessKeyId": key_id, "SecretAccessKey": SECRET_ACCESS_KEY});
    let service = FakeMetadata::answering(move |seen| match seen.header("authorization") {
        "hunter2-token" => Reply::json(200, &keys),
        _ => Reply::json(401, &json!({"code": "Unauthorized", "message": "no such token"})),
    });
    stage.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/get", service.url()));
    stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2-token");
    service
}

fn container_key() {
    let mut stage = Stage::new().with_log();
    let _service = container(&mut stage, "AKIA\nX");
    stage.assert_fails("[CNP225] `AccessKeyId` in the response of the container's endpoint contains a line break and cannot be sent to AWS. Correct it.");
}

fn container_token() {
    let mut stage = Stage::new().with_log();
    let service = container(&mut stage, ACCESS_KEY_ID);
    stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\nhunter2");
    stage.assert_fails("[CNP225] AWS_CONTAINER_AUTHORIZATION_TOKEN contains a line break and cannot be sent to AWS. Correct it.");
    assert_eq!(service.requests(), [""; 0]);
}

fn container_token_file() {
    let mut stage = Stage::new().with_log();
    let _service = container(&mut stage, ACCESS_KEY_ID);
    let file = stage.home.write("home/.aws/container-token", "hunter2-token\n");
    stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file.to_string_lossy());
    token_of_a_process(&stage.home, SOURCE);
    let file = stage.home.write("home/.aws/container-token", "hunter2\nhunter2\n");
    let mut stage = Stage::new().with_log();
    let service = container(&mut stage, ACCESS_KEY_ID);
    stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file.to_string_lossy());
    let run = stage.run(&[&["token"], &NAMES[..]].concat());
    run.assert_failure().assert_says("which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, contains a line break and cannot be sent");
    assert_eq!(service.requests(), [""; 0]);
}

/// One line, exit code 1, and JSON where it is asked for.
fn commands() {
    let mut stage = Stage::new().with_log();
    stage.set("AWS_ACCESS_KEY_ID", "AKIA\nhunter2");
    let run = stage.run(&[&["token"], &NAMES[..]].concat());
    assert_eq!(failure(&run, 1), format!("error: {LINE_BREAK}\n"));
    stage.home.write_nuget_config(&[("ours", SOURCE)]);
    let run = stage.run(&["doctor", "--json"]);
    assert_eq!(failure(&run, 1), "");
    let report = run.result();
    let findings = report["findings"].as_array().expect("findings");
    let said = |finding: &Value| {
        let [code, message, advice] =
            ["code", "message", "advice"].map(|key| finding[key].as_str().unwrap_or_default());
        format!("[{code}] {message} {advice}") == LINE_BREAK
    };
    assert!(findings.iter().any(said), "{report}");
    stage.assert_no_secrets();
}

/// The SDK expects an answer in full where the service of `aws login` renews a session.
fn login_panics() {
    for body in ["", "{}", "<html>", "{\"accessToken\": {}}"] {
        let mut stage = Stage::new().with_log();
        super::sources::login(&mut stage, "2020-01-01T00:00:00Z");
        let service = FakeMetadata::answering(move |_| Reply::bytes(200, "text/html", body));
        stage.set("AWS_ENDPOINT_URL_SIGNIN", &service.url());
        let run = stage.run(&[&["token"], &NAMES[..]].concat());
        let line = failure(&run, 1).to_owned();
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains("(the service of `aws login`, "), "{line}");
    }
}
