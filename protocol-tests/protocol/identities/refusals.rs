//! The messages for credentials that have expired or are refused. `messages` has more of them.

use super::sources::{WEB_TOKEN, container, login, role};
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, TokenBehaviour};
use crate::support::fake_metadata::FakeMetadata;
use crate::support::process::printing;
use crate::support::stage::Stage;
use crate::support::stage::conversation::failing;
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    let mut trials = keys();
    trials.extend(roles());
    trials.extend(surroundings());
    trials
}

fn keys() -> Vec<Trial> {
    vec![
        failing(
            "environment_session_expired",
            |stage| {
                stage.set("AWS_SESSION_TOKEN", "hunter2");
                stage.fake.token_api_will(TokenBehaviour::Fail(
                    403,
                    "ExpiredTokenException",
                    "The security token included in the request is expired",
                ));
            },
            "[CNP222] The AWS credentials of the environment's keys have expired (ExpiredTokenException). Export new ones, or remove them: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        ),
        failing(
            "profile_key_unknown",
            |stage| {
                stage.with_profile(
                    "[profile dev]\naws_access_key_id = AKIAGONE\naws_secret_access_key = hunter2\n",
                );
            },
            "[CNP223] AWS does not know the access key of profile `dev` (UnrecognizedClientException). Check the key, its partition and AWS_SESSION_TOKEN with: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_printed_expired_credentials",
            |stage| {
                let printed = stage.home.write(
                    "home/.aws/printed.json",
                    &format!(
                        "{{\"Version\":1,\"AccessKeyId\":\"{ACCESS_KEY_ID}\",\"SecretAccessKey\":\"{SECRET_ACCESS_KEY}\",\"SessionToken\":\"hunter2\",\"Expiration\":\"2020-01-01T00:00:00Z\"}}"
                    ),
                );
                let process = printing(&printed);
                stage.with_profile(&format!("[profile dev]\ncredential_process = {process}\n"));
            },
            "[CNP220] No AWS credentials from profile `dev`: the credentials that `sh` printed have expired. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        trial("login_session_expired", login_expired),
    ]
}

fn login_expired() {
    let mut stage = Stage::new().with_log();
    login(&mut stage, "2020-01-01T00:00:00Z");
    let service = FakeMetadata::sign_in_service(false);
    stage.set("AWS_ENDPOINT_URL_SIGNIN", &service.url());
    stage.assert_fails("[CNP217] The `aws login` session of profile `dev` has expired. Sign in: aws login --profile dev");
    assert_eq!(service.requests()[0], "POST /v1/token 400");
}

fn roles() -> Vec<Trial> {
    vec![
        failing(
            "role_wants_another_external_id",
            |stage| {
                stage.fake.role_wants_external_id(&role("reader"), "hunter2");
                stage.with_profile(&chain("external_id = wrong"));
            },
            "[CNP220] No AWS credentials from profile `dev`: STS refused the role `arn:aws:iam::111122223333:role/reader` (AccessDenied: User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/reader). See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "inner_role_of_a_chain_refused",
            |stage| {
                stage.fake.role_trusts(&role("reader"), "arn:aws:iam::444455556666:");
                let outer = "[profile outer]\nrole_arn = arn:aws:iam::111122223333:role/outer\nsource_profile = dev\n";
                stage.with_profile(&format!("{}{outer}", chain(""))).set("AWS_PROFILE", "outer");
            },
            "[CNP220] No AWS credentials from profile `outer`: STS refused the role `arn:aws:iam::111122223333:role/reader` (AccessDenied: User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/reader). See the failure without the plugin: aws sts get-caller-identity --profile outer",
        ),
        failing(
            "role_wants_a_code",
            |stage| {
                stage.with_profile(&chain("mfa_serial = arn:aws:iam::111122223333:mfa/me"));
            },
            "[CNP209] Profile `dev` requires an MFA code (`mfa_serial`), which NuGet cannot ask for. Export its credentials, with the code, before the restore: eval \"$(aws configure export-credentials --profile dev --format env)\"",
        ),
        failing(
            "web_identity_expired",
            |stage| {
                let file = stage.home.write("home/token", WEB_TOKEN);
                stage.without_keys().set("AWS_ROLE_ARN", &role("web"));
                stage.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file.to_string_lossy());
            },
            "[CNP220] No AWS credentials from the role of AWS_WEB_IDENTITY_TOKEN_FILE: STS refused the role `arn:aws:iam::111122223333:role/web` (ExpiredTokenException: Token expired: sign in again). See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "web_identity_without_a_role",
            |stage| {
                stage.without_keys().set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere");
            },
            "[CNP208] AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not. Set it to the role to assume, or unset both: unset AWS_WEB_IDENTITY_TOKEN_FILE",
        ),
    ]
}

/// A profile with a role and this, and one with keys.
fn chain(more: &str) -> String {
    format!(
        "[profile dev]\nrole_arn = {}\nsource_profile = base\n{more}\n[profile base]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n",
        role("reader")
    )
}

fn surroundings() -> Vec<Trial> {
    vec![
        trial("container_token_is_read_again_and_refused", container_token_refused),
        trial("container_token_file_missing", container_token_missing),
        trial("instance_without_a_role", instance_without_role),
        trial("role_by_an_instance_without_a_role", role_by_instance_without_role),
    ]
}

/// The content of the file counts, at every run.
fn container_token_refused() {
    let mut stage = Stage::new().with_log();
    stage.without_keys();
    let metadata = container(&mut stage);
    stage.home.write("home/container-token", "another-token");
    stage.assert_fails("[CNP220] No AWS credentials from the container's role: it returned Unauthorized: no such token (HTTP 401). See the failure without the plugin: aws sts get-caller-identity");
    assert!(!metadata.requests().is_empty());
}

fn container_token_missing() {
    let mut stage = Stage::new().with_log();
    stage.without_keys();
    let metadata = container(&mut stage);
    stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token");
    stage.assert_fails("[CNP220] No AWS credentials from the container's role: the token file `/nowhere/token`, which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names, cannot be read: No such file or directory (os error 2). See the failure without the plugin: aws sts get-caller-identity");
    assert_eq!(metadata.requests(), [""; 0]);
}

fn instance_without_role() {
    let mut stage = Stage::new().with_log();
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    let metadata = FakeMetadata::without_role();
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url());
    stage.assert_fails("[CNP202] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1): the EC2 instance metadata returned none (this instance has no role). Attach an IAM role to the instance.");
    stage.set("AWS_CONFIG_FILE", "/nowhere/config");
    stage.assert_fails("[CNP202] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1): the EC2 instance metadata returned none (this instance has no role, and AWS_CONFIG_FILE names `/nowhere/config`, which does not exist). Attach an IAM role to the instance.");
}

fn role_by_instance_without_role() {
    let mut stage = Stage::new().with_log();
    stage.with_profile(
        "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/reader\ncredential_source = Ec2InstanceMetadata\n",
    );
    stage.unset("AWS_EC2_METADATA_DISABLED");
    let metadata = FakeMetadata::without_role();
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url());
    stage.assert_fails("[CNP220] No AWS credentials from profile `dev`: this instance has no role. See the failure without the plugin: aws sts get-caller-identity --profile dev");
}
