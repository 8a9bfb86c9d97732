//! Failures to get AWS credentials, source by source.

use std::time::{Duration, Instant};

use super::peers::Peer;
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::fake_sso;
use crate::support::process::by_shell;
use crate::support::stage::conversation::failing;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const SSO_SESSION: &str = "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n[sso-session corp]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\n";

const SSO_OLD_STYLE: &str = "[profile dev]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = Reader\n";

/// On Windows nothing tells a program of a menu from one of a shell.
const NO_CREDENTIALS: &str = if cfg!(windows) {
    "[CNP201] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1). Set up a sign-in: aws configure sso"
} else {
    "[CNP201] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1). A program started from a menu does not see a shell's variables. Set up a sign-in: aws configure sso"
};

pub fn trials() -> Vec<Trial> {
    let mut trials = none();
    trials.extend(sso());
    trials.extend(profiles());
    trials.extend(sources());
    trials
}

fn none() -> Vec<Trial> {
    vec![
        failing(
            "no_credentials",
            |stage| {
                stage.without_keys();
            },
            NO_CREDENTIALS,
        ),
        failing(
            "no_credentials_but_profiles_of_the_account",
            |stage| {
                stage.without_keys().set("AWS_REGION", "eu-central-1");
                stage.home.write(
                    "home/.aws/config",
                    "[profile ours]\nsso_account_id = 111122223333\n[profile role]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = ours\n[profile other]\nsso_account_id = 444455556666\n",
                );
            },
            "[CNP201] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1). Profile `ours` belongs to this account; to use it: dotnet codeartifact configure set profile ours",
        ),
        failing(
            "no_credentials_in_a_job_of_github_without_its_permission",
            |stage| {
                stage.without_keys().set("GITHUB_ACTIONS", "true");
            },
            "[CNP201] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1). Add `permissions: id-token: write` to the job, and the step aws-actions/configure-aws-credentials before the restore.",
        ),
        failing(
            "no_credentials_in_a_terminal",
            |stage| {
                stage.without_keys().set("TERM", "xterm");
            },
            "[CNP201] No AWS credentials found for domain `my-domain` (111122223333, eu-west-1). Set up a sign-in: aws configure sso",
        ),
        failing(
            "sso_expired_in_a_job",
            |stage| {
                stage.with_profile(SSO_SESSION).set("CODEBUILD_BUILD_ID", "project:1");
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Nobody can sign in here. Give the project a service role; in `docker build` or `docker run` pass AWS_CONTAINER_CREDENTIALS_RELATIVE_URI on.",
        ),
        trial("no_credentials_is_said_soon_also_where_metadata_is_silent", none_soon),
        failing(
            "half_a_key",
            |stage| {
                stage.unset("AWS_SECRET_ACCESS_KEY");
            },
            "[CNP206] AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is empty or not set. Set both, or unset both: unset AWS_ACCESS_KEY_ID",
        ),
    ]
}

fn none_soon() {
    let mut stage = Stage::new().with_log();
    stage.without_keys().unset("AWS_EC2_METADATA_DISABLED");
    let peer = Peer::silent();
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &peer.url());
    let started = Instant::now();
    let line = stage.line_for(SOURCE);
    assert!(line.contains("[CNP201] No AWS credentials"), "{line}");
    let took = started.elapsed();
    assert!(
        took < Duration::from_secs(4),
        "about one second, and a busy machine's delay: {took:?}"
    );
}

fn sso() -> Vec<Trial> {
    vec![
        failing(
            "sso_never_signed_in",
            |stage| {
                stage.with_profile(SSO_SESSION);
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev",
        ),
        failing(
            "sso_old_style_never_signed_in",
            |stage| {
                stage.with_profile(SSO_OLD_STYLE);
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev",
        ),
        failing(
            "sso_expired",
            |stage| {
                stage.with_profile(SSO_SESSION);
                sign_in(stage, "corp", "2020-01-01T00:00:00Z");
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev",
        ),
        failing(
            "sso_old_style_expired",
            |stage| {
                stage.with_profile(SSO_OLD_STYLE);
                sign_in(stage, "https://corp.awsapps.example/start", "2020-01-01T00:00:00Z");
                portal(
                    stage,
                    "401 Unauthorized",
                    "UnauthorizedException",
                    "Session token not found or invalid",
                );
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev",
        ),
        failing(
            "sso_garbage_in_the_sign_in",
            |stage| {
                stage.with_profile(SSO_SESSION);
                stage.home.write(&sign_in_file("corp"), "not json hunter2");
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev",
        ),
        failing(
            "sso_revoked",
            |stage| {
                stage.with_profile(SSO_SESSION);
                sign_in(stage, "corp", "2099-01-01T00:00:00Z");
                portal(
                    stage,
                    "401 Unauthorized",
                    "UnauthorizedException",
                    "Session token not found or invalid",
                );
            },
            "[CNP210] The IAM Identity Center session of profile `dev` has expired. Sign in: dotnet codeartifact login --profile dev",
        ),
        failing(
            "sso_role_not_yours",
            |stage| {
                stage.with_profile(SSO_SESSION);
                sign_in(stage, "corp", "2099-01-01T00:00:00Z");
                portal(stage, "403 Forbidden", "ForbiddenException", "No access");
            },
            "[CNP214] IAM Identity Center refused the role of profile `dev` (No access). Ask for access to the role, or choose another one: aws configure sso --profile dev",
        ),
        failing(
            "sso_no_such_role",
            |stage| {
                stage.with_profile(SSO_SESSION);
                sign_in(stage, "corp", "2099-01-01T00:00:00Z");
                portal(
                    stage,
                    "404 Not Found",
                    "ResourceNotFoundException",
                    "The role does not exist",
                );
            },
            "[CNP214] IAM Identity Center refused the role of profile `dev` (The role does not exist). Ask for access to the role, or choose another one: aws configure sso --profile dev",
        ),
        failing(
            "sso_host_unknown",
            |stage| {
                stage.with_profile(SSO_SESSION);
                sign_in(stage, "corp", "2099-01-01T00:00:00Z");
                stage.set("AWS_ENDPOINT_URL_SSO", "https://portal.invalid");
            },
            "[CNP301] The host name `portal.invalid` cannot be resolved. It is set by AWS_ENDPOINT_URL_SSO. Check AWS_ENDPOINT_URL_SSO, the network, VPN, DNS and the region.",
        ),
        failing(
            "sso_of_a_source_profile_expired",
            |stage| {
                stage.with_profile(
                    "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = corp-base\n[profile corp-base]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n[sso-session corp]\nsso_start_url = https://corp.awsapps.example/start\nsso_region = eu-west-1\n",
                );
            },
            "[CNP210] The IAM Identity Center session of profile `corp-base` has expired. Sign in: dotnet codeartifact login --profile corp-base",
        ),
        failing(
            "sso_portal_in_trouble",
            |stage| {
                stage.with_profile(SSO_SESSION);
                sign_in(stage, "corp", "2099-01-01T00:00:00Z");
                portal(stage, "500 Internal Server Error", "InternalException", "try later");
            },
            "[CNP220] No AWS credentials from profile `dev`: IAM Identity Center returned InternalException: try later. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "sso_incomplete_profile",
            |stage| {
                stage.with_profile("[profile dev]\nsso_session = corp\n[sso-session corp]\nsso_region = eu-west-1\n");
            },
            "[CNP204] Profile `dev` cannot be used: it has no `sso_account_id` and `sso_role_name`. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "sso_session_missing",
            |stage| {
                stage.with_profile("[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Reader\n");
            },
            "[CNP204] Profile `dev` cannot be used: its `sso_session` `corp` does not exist. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "login_never_signed_in",
            |stage| {
                stage.with_profile("[profile dev]\nlogin_session = arn:aws:iam::111122223333:user/me\nregion = eu-west-1\n");
            },
            "[CNP217] The `aws login` session of profile `dev` has expired. Sign in: aws login --profile dev",
        ),
    ]
}

fn sign_in_file(name: &str) -> String {
    format!("home/{}", fake_sso::token_file(name))
}

fn sign_in(stage: &mut Stage, name: &str, expires_at: &str) {
    stage.home.write(
        &sign_in_file(name),
        &format!("{{\"startUrl\":\"https://corp.awsapps.example/start\",\"region\":\"eu-west-1\",\"accessToken\":\"hunter2\",\"expiresAt\":\"{expires_at}\"}}"),
    );
}

fn portal(stage: &mut Stage, status: &str, code: &str, message: &str) {
    let body = format!(
        "{{\"message\":\"{message}\",\"__type\":\"com.amazonaws.switchboard.portal#{code}\"}}"
    );
    let peer = Peer::answering(status, "application/json", &body);
    stage.set("AWS_ENDPOINT_URL_SSO", &peer.url());
}

fn profiles() -> Vec<Trial> {
    vec![
        failing(
            "unknown_profile_although_a_container_role_is_there",
            |stage| {
                stage.with_profile(
                    "[profile one]\nregion = eu-west-1\n[profile two]\nregion = eu-west-1\n",
                );
                let peer = Peer::answering("200 OK", "application/json", "{}");
                stage.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &peer.url());
            },
            "[CNP203] AWS_PROFILE names profile `dev`, which does not exist (existing profiles: `one`, `two`). Correct it, or remove it: unset AWS_PROFILE",
        ),
        failing(
            "unknown_profile_without_files",
            |stage| {
                stage.without_keys().set("AWS_PROFILE", "typo");
            },
            "[CNP203] AWS_PROFILE names profile `typo`, which does not exist (there are no profiles). Correct it, or remove it: unset AWS_PROFILE",
        ),
        failing(
            "empty_profile",
            |stage| {
                stage.with_profile("[profile dev]\nregion = eu-west-1\n");
            },
            "[CNP204] Profile `dev` cannot be used: it contains no credentials. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "profiles_in_a_circle",
            |stage| {
                stage.with_profile("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = other\n[profile other]\nrole_arn = arn:aws:iam::111122223333:role/b\nsource_profile = dev\n");
            },
            "[CNP204] Profile `dev` cannot be used: its `source_profile` chain is circular. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "source_profile_missing",
            |stage| {
                stage.with_profile("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = gone\n");
            },
            "[CNP204] Profile `dev` cannot be used: its `source_profile` `gone` does not exist. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "role_without_source",
            |stage| {
                stage.with_profile("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\n");
            },
            "[CNP204] Profile `dev` cannot be used: it has `role_arn`, but neither `source_profile` nor `credential_source`. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "half_a_key_in_the_profile",
            |stage| {
                stage.with_profile("[profile dev]\naws_access_key_id = AKIAFAKEACCESSKEY001\n");
            },
            "[CNP204] Profile `dev` cannot be used: it has `aws_access_key_id`, but no `aws_secret_access_key`. Correct it in `<root>/home/.aws/config`.",
        ),
        failing(
            "syntax_error_in_config",
            |stage| {
                stage.with_profile(
                    "[profile dev]\nregion = eu-west-1\n[profile broken\nsecret = hunter2\n",
                );
            },
            "[CNP205] A shared config or credentials file cannot be used: in `<root>/home/.aws/config`, line 3 begins a section, and has no `]`. Correct the file.",
        ),
        failing(
            "syntax_error_in_credentials",
            |stage| {
                stage.without_keys();
                stage
                    .home
                    .write("home/.aws/credentials", "aws_secret_access_key = hunter2\n[default]\n");
            },
            "[CNP205] A shared config or credentials file cannot be used: in `<root>/home/.aws/credentials`, line 1 is above the first section. Correct the file.",
        ),
        trial("an_empty_aws_profile_is_none", empty_aws_profile),
        trial("an_environment_key_goes_before_a_profile", key_before_profile),
    ]
}

fn empty_aws_profile() {
    let mut stage = Stage::new().with_log();
    stage.without_keys().set("AWS_PROFILE", "");
    stage.home.write(
        "home/.aws/credentials",
        &format!("[default]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"),
    );
    stage.assert_succeeds();
}

fn key_before_profile() {
    let mut stage = Stage::new().with_log();
    stage.set("AWS_PROFILE", "typo");
    stage.assert_succeeds();
}

fn sources() -> Vec<Trial> {
    vec![
        failing(
            "process_fails",
            |stage| {
                let process = by_shell("echo no ticket >&2; exit 3", "echo no ticket>&2& exit 3");
                stage.with_profile(&format!("[profile dev]\ncredential_process = {process}\n"));
            },
            "[CNP220] No AWS credentials from profile `dev`: `sh` ended with exit status 3: no ticket. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_prints_colours",
            |stage| {
                let colours = stage
                    .home
                    .write("home/.aws/colours", "usage\n\u{1b}[31mno ticket\u{1b}[0m\u{7}\n\n");
                let colours = colours.display();
                let process = by_shell(
                    &format!("cat \"{colours}\" >&2; exit 1"),
                    &format!("type {colours}>&2& exit 1"),
                );
                stage.with_profile(&format!("[profile dev]\ncredential_process = {process}\n"));
            },
            "[CNP220] No AWS credentials from profile `dev`: `sh` ended with exit status 1: no ticket. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_missing",
            |stage| {
                stage.with_profile(
                    "[profile dev]\ncredential_process = /nonexistent/tool --password hunter2\n",
                );
            },
            "[CNP220] No AWS credentials from profile `dev`: the program `/nonexistent/tool` does not exist. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "process_says_nonsense",
            |stage| {
                let process = by_shell("echo hunter2", "echo hunter2");
                stage.with_profile(&format!("[profile dev]\ncredential_process = {process}\n"));
            },
            "[CNP220] No AWS credentials from profile `dev`: `sh` did not print JSON with `Version` 1, `AccessKeyId` and `SecretAccessKey`. See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "role_refused",
            |stage| {
                stage.with_profile("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = base\n[profile base]\naws_access_key_id = AKIAX\naws_secret_access_key = hunter2\n");
                let peer = Peer::answering(
                    "403 Forbidden",
                    "text/xml",
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/a</Message></Error></ErrorResponse>",
                );
                stage.set("AWS_ENDPOINT_URL_STS", &peer.url());
            },
            "[CNP220] No AWS credentials from profile `dev`: STS refused the role `arn:aws:iam::111122223333:role/a` (AccessDenied: User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/a). See the failure without the plugin: aws sts get-caller-identity --profile dev",
        ),
        failing(
            "web_identity_refused",
            |stage| {
                let token = stage
                    .home
                    .write("home/token", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJpIiwic3ViIjoicyJ9.x");
                let peer = Peer::answering(
                    "400 Bad Request",
                    "text/xml",
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired: current date/time must be before the expiration date/time</Message></Error></ErrorResponse>",
                );
                stage
                    .without_keys()
                    .set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/a")
                    .set("AWS_WEB_IDENTITY_TOKEN_FILE", &token.to_string_lossy())
                    .set("AWS_ENDPOINT_URL_STS", &peer.url());
            },
            "[CNP220] No AWS credentials from the role of AWS_WEB_IDENTITY_TOKEN_FILE: STS refused the role `arn:aws:iam::111122223333:role/a` (ExpiredTokenException: Token expired: current date/time must be before the expiration date/time). See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "web_identity_file_missing",
            |stage| {
                stage
                    .without_keys()
                    .set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/a")
                    .set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
            },
            "[CNP220] No AWS credentials from the role of AWS_WEB_IDENTITY_TOKEN_FILE: the token file `/nonexistent/token` cannot be read: No such file or directory (os error 2). See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "container_refuses",
            |stage| {
                let peer = Peer::answering(
                    "404 Not Found",
                    "application/json",
                    "{\"code\":\"NoRole\",\"message\":\"no role hunter\"}",
                );
                stage.without_keys().set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &peer.url());
            },
            "[CNP220] No AWS credentials from the container's role: it returned NoRole: no role hunter (HTTP 404). See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "container_is_not_there",
            |stage| {
                stage
                    .without_keys()
                    .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/role");
            },
            "[CNP302] No connection to `127.0.0.1:<port>`: connection refused. It is set by AWS_CONTAINER_CREDENTIALS_FULL_URI. Check AWS_CONTAINER_CREDENTIALS_FULL_URI, the network, HTTPS_PROXY and NO_PROXY.",
        ),
        failing(
            "container_path_that_is_a_part_of_a_host",
            |stage| {
                stage
                    .without_keys()
                    .set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@127.0.0.1:1/role");
            },
            "[CNP220] No AWS credentials from the container's role: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with `/`. See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "web_identity_token_that_is_empty",
            |stage| {
                let file = stage.home.write("token", "\n").to_string_lossy().into_owned();
                stage
                    .without_keys()
                    .set("AWS_WEB_IDENTITY_TOKEN_FILE", &file)
                    .set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/ci");
            },
            "[CNP220] No AWS credentials from the role of AWS_WEB_IDENTITY_TOKEN_FILE: the token file `<root>/token` is empty. See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "container_on_another_machine",
            |stage| {
                stage
                    .without_keys()
                    .set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://creds.example/role");
            },
            "[CNP220] No AWS credentials from the container's role: AWS_CONTAINER_CREDENTIALS_FULL_URI is neither an https URL nor an http URL of this machine or of a container service. See the failure without the plugin: aws sts get-caller-identity",
        ),
    ]
}
