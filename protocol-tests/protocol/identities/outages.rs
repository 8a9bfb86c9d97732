//! Metadata services, STS and processes that answer with something else than credentials: what they say
//! is in the message, without the secrets of the request.

use serde_json::json;

use super::sources::{WEB_TOKEN, container, role, rule};
use crate::support::fake_codeartifact::http::{Reply, Seen};
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, TokenBehaviour};
use crate::support::fake_metadata::{FakeMetadata, SESSION_TOKEN};
use crate::support::process::{by_shell, printing};
use crate::support::stage::conversation::{failing, token_of_a_process};
use crate::support::stage::{SECRET, SOURCE, Stage};
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("instance_role_that_ec2_cannot_assume", role_not_assumable),
        trial("instance_metadata_switched_off_for_a_profile", switched_off),
        trial("instance_metadata_attempts_as_set", attempts),
        trial("instance_metadata_of_version_1_only", version_1),
        trial("container_endpoint_says_why", container_says_why),
        trial("container_endpoint_that_recovers", container_recovers),
        trial("sts_outages_are_called_that", sts_outages),
        trial("an_echo_of_the_request_is_cut", echoes),
        trial("a_process_repeats_no_secret_of_the_environment", process_echoes),
        trial("left_over_endpoints_are_named", left_over_endpoints),
    ];
    trials.extend(expirations());
    trials
}

fn role_not_assumable() {
    let mut stage = Stage::new().with_log();
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    let service = FakeMetadata::answering(|seen| match &*seen.path {
        "/latest/api/token" => Reply::bytes(200, "text/plain", "fakeToken"),
        "/latest/meta-data/iam/security-credentials/" => {
            Reply::bytes(200, "text/plain", "myrole\n")
        }
        _ => Reply::json(
            200,
            &json!({"Code": "AssumeRoleUnauthorizedAccess",
                    "Message": "EC2 cannot assume the role myrole."}),
        ),
    });
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url());
    stage.assert_fails("[CNP202] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1): the EC2 instance metadata returned none (for role `myrole` it returned AssumeRoleUnauthorizedAccess: EC2 cannot assume the role myrole.). Attach an IAM role to the instance.");
}

fn switched_off() {
    let mut stage = Stage::new().with_log();
    stage.with_profile(&format!(
        "[profile dev]\nrole_arn = {}\ncredential_source = Ec2InstanceMetadata\n",
        role("reader")
    ));
    stage.assert_fails("[CNP220] No AWS credentials from profile `dev`: AWS_EC2_METADATA_DISABLED disables the instance metadata. See the failure without the plugin: aws sts get-caller-identity --profile dev");
}

/// A service that fails twice: one attempt if nothing is set, as with the AWS CLI.
fn attempts() {
    for (attempts, is_served) in [(None, false), (Some("2"), false), (Some("3"), true)] {
        let mut stage = Stage::new().with_log();
        stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
        let calls = std::sync::atomic::AtomicUsize::new(0);
        let service = FakeMetadata::answering(move |seen| {
            if calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 {
                return Reply::status(503);
            }
            instance_of_version_2(seen)
        });
        stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url());
        if let Some(attempts) = attempts {
            stage.set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", attempts);
        }
        if is_served {
            token_of_a_process(&stage.home, SOURCE);
        } else {
            let line = stage.line_for(SOURCE);
            assert!(line.contains("it returned HTTP 503"), "{line}");
        }
    }
    let mut stage = Stage::new().with_log();
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    stage.set("AWS_METADATA_SERVICE_TIMEOUT", "1.5");
    stage.assert_fails("[CNP220] No AWS credentials from the instance's role: AWS_METADATA_SERVICE_TIMEOUT is not a positive whole number. See the failure without the plugin: aws sts get-caller-identity");
}

fn instance_of_version_2(seen: &Seen) -> Reply {
    match &*seen.path {
        "/latest/api/token" => Reply::bytes(200, "text/plain", "fakeToken"),
        "/latest/meta-data/iam/security-credentials/" => Reply::bytes(200, "text/plain", "myrole"),
        _ => Reply::json(
            200,
            &json!({"Code": "Success", "AccessKeyId": ACCESS_KEY_ID,
                    "SecretAccessKey": SECRET_ACCESS_KEY, "Token": "",
                    "Expiration": "2099-01-01T00:00:00Z"}),
        ),
    }
}

fn version_1() {
    let mut stage = Stage::new().with_log();
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    let service = FakeMetadata::answering(|seen| match &*seen.path {
        "/latest/api/token" => Reply::status(404),
        _ => instance_of_version_2(seen),
    });
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url());
    token_of_a_process(&stage.home, SOURCE);
    let mut stage = Stage::new().with_log();
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url());
    stage.set("AWS_EC2_METADATA_V1_DISABLED", "true");
    let line = stage.line_for(SOURCE);
    assert!(line.contains("it returned HTTP 404"), "{line}");
}

fn container_says_why() {
    let refused = "[CNP220] No AWS credentials from the container's role: it returned ";
    for (body, said) in [
        (
            r#"{"code":"InvalidRole","message":"no\nassociation"}"#,
            "InvalidRole: no association (HTTP 400)",
        ),
        ("[d1a2]: (AccessDenied) no such role", "HTTP 400: [d1a2]: (AccessDenied) no such role"),
        ("<html>", "HTTP 400"),
    ] {
        let mut stage = Stage::new().with_log();
        stage.without_keys();
        let metadata = container(&mut stage);
        let service = FakeMetadata::answering(move |_| Reply::bytes(400, "text/plain", body));
        stage.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/get", service.url()));
        stage.assert_fails(&format!(
            "{refused}{said}. See the failure without the plugin: aws sts get-caller-identity"
        ));
        assert_eq!(metadata.requests(), [""; 0]);
    }
}

fn container_recovers() {
    let mut stage = Stage::new().with_log();
    stage.without_keys();
    let _metadata = container(&mut stage);
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let keys = json!({"AccessKeyId": ACCESS_KEY_ID, "SecretAccessKey": SECRET_ACCESS_KEY});
    let service = FakeMetadata::answering(move |_| {
        match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Reply::status(503),
            _ => Reply::json(200, &keys),
        }
    });
    stage.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/get", service.url()));
    stage.assert_succeeds();
}

/// An outage, a proxy's page and an empty answer say nothing of the role.
fn sts_outages() {
    for (status, kind, body, detail) in [
        (503, "text/plain", "", "HTTP 503, not from AWS"),
        (403, "text/html", "<html>a proxy's page</html>", "HTTP 403, not from AWS"),
        (200, "text/html", "<html>a proxy's page</html>", "HTTP 200, without credentials"),
    ] {
        let mut stage = Stage::new().with_log();
        let service = FakeMetadata::answering(move |_| Reply::bytes(status, kind, body));
        stage.set("AWS_ENDPOINT_URL_STS", &service.url());
        stage.with_profile(&format!(
            "[profile dev]\nrole_arn = {}\nsource_profile = base\n[profile base]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n",
            role("reader")
        ));
        let line = format!(
            "[CNP311] Unexpected response from `127.0.0.1:<port>` (STS, {detail}). It was reached by AWS_ENDPOINT_URL_STS. Try again later, and check AWS_ENDPOINT_URL_STS."
        );
        stage.assert_fails_late(&line);
        let file = stage.home.write("home/token", WEB_TOKEN);
        stage.unset("AWS_PROFILE").set("AWS_ROLE_ARN", &role("web"));
        stage.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file.to_string_lossy());
        stage.assert_fails_late(&line);
    }
}

/// AWS itself repeats the session token where a signature is wrong, and proxies show whole requests.
fn echoes() {
    let mut stage = Stage::new().with_log();
    stage.set("AWS_SESSION_TOKEN", "hunter2/session+token==");
    for said in [
        "The Canonical String should have been 'POST\nhost:a\nx-amz-security-token:hunter2/session+token==\n'",
        "denied: X-Amz-Security-Token: hunter2-of-another",
        "denied: token hunter2%2Fsession%2Btoken%3D%3D",
        "denied: the token begins with hunter2/session+tok",
    ] {
        stage.fake.token_api_will(TokenBehaviour::Fail(403, "TeapotException", said));
        let line = stage.line_for(SOURCE);
        assert!(line.contains("TeapotException") && line.contains('…'), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
}

fn process_echoes() {
    let mut stage = Stage::new().with_log();
    let process = by_shell(
        "echo \"bad key $AWS_SECRET_ACCESS_KEY\" >&2; exit 3",
        "echo bad key %AWS_SECRET_ACCESS_KEY%>&2& exit 3",
    );
    stage.set("AWS_SECRET_ACCESS_KEY", SECRET);
    stage
        .home
        .write("home/.aws/config", &format!("[profile dev]\ncredential_process = {process}\n"));
    rule(&stage, "profile = \"dev\"");
    let line = stage.line_for(SOURCE);
    assert!(line.contains("`sh` ended with exit status 3: bad key …"), "{line}");
}

/// A left-over of `LocalStack`: nothing listens any more.
fn left_over_endpoints() {
    const GONE: &str = "http://127.0.0.1:1";
    let rows: [(&[&str; 2], &str); 5] = [
        (&["AWS_ENDPOINT_URL", GONE], "AWS_ENDPOINT_URL"),
        (&["AWS_ENDPOINT_URL_CODEARTIFACT", GONE], "AWS_ENDPOINT_URL_CODEARTIFACT"),
        (&["AWS_PROFILE", "moved"], "`endpoint_url` of profile `moved`"),
        (&["AWS_PROFILE", "serviced"], "`endpoint_url` of `codeartifact` in `[services local]`"),
        // A rule goes before all others.
        (&["AWS_ENDPOINT_URL", "https://127.0.0.1:2"], "rule 1's `endpoint_url`"),
    ];
    for ([variable, value], setting) in rows {
        let mut stage = Stage::new().with_log();
        stage.unset("AWS_ENDPOINT_URL_CODEARTIFACT");
        stage.home.write(
            "home/.aws/config",
            &format!("[profile moved]\nendpoint_url = {GONE}\n[profile serviced]\nservices = local\n[services local]\ncodeartifact =\n  endpoint_url = {GONE}\n"),
        );
        stage.set(variable, value);
        if setting.starts_with("rule") {
            rule(&stage, &format!("endpoint_url = \"{GONE}\""));
        }
        stage.assert_fails_late(&format!("[CNP302] No connection to `127.0.0.1:<port>`: connection refused. It is set by {setting}. Check {setting}, the network, HTTPS_PROXY and NO_PROXY."));
    }
}

/// A profile whose process prints credentials with this `Expiration`.
fn expires(stage: &mut Stage, expiration: &str) {
    let printed = format!(
        "{{\"Version\":1,\"AccessKeyId\":\"{ACCESS_KEY_ID}\",\"SecretAccessKey\":\"{SECRET_ACCESS_KEY}\",\"SessionToken\":\"{SESSION_TOKEN}\",\"Expiration\":{expiration}}}"
    );
    let file = stage.home.write("home/.aws/printed.json", &printed);
    stage.with_profile(&format!("[profile dev]\ncredential_process = {}\n", printing(&file)));
}

fn expirations() -> Vec<Trial> {
    let mut trials = vec![trial("process_expiration_as_the_aws_cli_reads_it", || {
        for expiration in
            ["2099-01-01 00:00:00+00:00", "2099-01-01T00:00:00+0000", "20990101T000000Z"]
        {
            let mut stage = Stage::new().with_log();
            let arn = "arn:aws:sts::111122223333:assumed-role/process/me";
            stage.fake.add_temporary_key(ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, arn);
            expires(&mut stage, &format!("\"{expiration}\""));
            token_of_a_process(&stage.home, SOURCE);
        }
    })];
    trials.extend([
        failing(
            "process_that_is_empty",
            |stage| {
                stage.with_profile("[profile dev]\ncredential_process = \"\"\n");
            },
            "[CNP220] No AWS credentials from profile `dev`: `credential_process` is empty. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "login_folder_that_only_the_aws_cli_expands",
            |stage| {
                stage.with_profile("[profile dev]\nlogin_session = arn:aws:iam::111122223333:user/me\n");
                stage.set("AWS_LOGIN_CACHE_DIRECTORY", "$HOME/cache");
            },
            "[CNP220] No AWS credentials from profile `dev`: AWS_LOGIN_CACHE_DIRECTORY contains `$` or `~`; set it to an absolute path. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_expiration_is_a_number",
            |stage| expires(stage, "4070908800"),
            "[CNP220] No AWS credentials from profile `dev`: the JSON that `sh` printed has an `Expiration` that is a number, not a date and time as text. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_expiration_has_no_zone",
            |stage| expires(stage, "\"2099-01-01T00:00:00\""),
            "[CNP220] No AWS credentials from profile `dev`: the JSON that `sh` printed has an `Expiration` that has no time zone, as in `2026-02-28T09:05:07Z`. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_expiration_is_no_time",
            |stage| expires(stage, "\"soon\""),
            "[CNP220] No AWS credentials from profile `dev`: the JSON that `sh` printed has an `Expiration` that is no date with a time, as in `2026-02-28T09:05:07Z`. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
    ]);
    trials
}
