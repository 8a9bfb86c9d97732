//! The selectors word by word: the cache's keys are made of them, so another wording would lose every
//! token that users have in their caches.

use super::*;

const SESSION: &str = "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example\n\
    [services s]\nsts =\n  endpoint_url = https://sts.example\n\
    [profile base]\naws_access_key_id = AKIAONE\naws_secret_access_key = s\n";

/// A machine with these properties in the default profile and these variables, and the selectors of its
/// identity, in which `~` is the home.
#[track_caller]
fn assert_selectors(properties: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let token = web_token(r#"{"iss":"https://i.example","sub":"job:1"}"#, "a");
    let config = format!("[default]\n{properties}\n{SESSION}");
    let machine = Machine::with_config(&config).file("token", &token).variables(variables);
    let home = machine.home.path().to_str().unwrap();
    let selectors = machine.selectors().into_iter().map(|selector| selector.replace(home, "~"));
    assert_eq!(selectors.collect::<Vec<_>>(), expected);
}

#[test]
fn of_keys_and_endpoints() {
    const KEY: &str = "key=0dc8ecc1e5ce85c37b9b661840cd9dcb02d5d57f473bded76b56d2e8e434821d";
    assert_selectors("", &KEYS, &[KEY]);
    assert_selectors(
        "services = s\nuse_fips_endpoint = true",
        &[KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", "https://a.example")],
        &[
            "AWS_ENDPOINT_URL=https://a.example",
            "services=s",
            "use_fips_endpoint=true",
            "sts=https://sts.example",
            KEY,
        ],
    );
    assert_selectors(
        "role_arn = r\nsource_profile = base\nexternal_id = x\nrole_session_name = n\n\
         duration_seconds = 900\nregion = eu-west-1",
        &[],
        &[
            KEY,
            "role=r",
            "external-id=x",
            "role-session-name=n",
            "role-duration=900",
            "region=eu-west-1",
        ],
    );
}

#[test]
fn of_sign_ins() {
    assert_selectors(
        "sso_session = corp\nsso_account_id = 1\nsso_role_name = r",
        &[],
        &[
            "sso-session=corp",
            "sso-start-url=https://corp.example",
            "sso-region=eu-west-1",
            "sso-account=1",
            "sso-role=r",
            "sso-sign-in=absent",
        ],
    );
    assert_selectors(
        "login_session = arn:aws:iam::1:user/a",
        &[],
        &["login=arn:aws:iam::1:user/a", "login-sign-in=absent"],
    );
}

#[test]
fn of_processes_tokens_and_containers() {
    const NAMES: &str = r#"token-names=["https://i.example","job:1"]"#;
    assert_selectors(
        "credential_process = /bin/p --as me",
        &[],
        &["process=c09e1e53ebadbf9fdfec525b2253ebf26d30f9c8ef803b36859c37762c890d1d"],
    );
    assert_selectors(
        "region = eu-west-1",
        &WEB_IDENTITY,
        &[
            "web-identity=arn:aws:iam::111122223333:role/one",
            "session-name=session",
            "token-file=~/token",
            NAMES,
            "region=eu-west-1",
        ],
    );
    assert_selectors(
        "",
        &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer x"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "~/token"),
        ],
        &[
            "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/",
            "container-token=b937a6fd6074f3650930dd9a8c3ea51fa502846a5301d74c252c768aef76dcda",
            "token-file=~/token",
            NAMES,
        ],
    );
}

#[test]
fn of_an_instance() {
    let machine =
        Machine::with_config("[default]\nec2_metadata_service_endpoint = http://127.0.0.1:1338\n");
    let selectors = machine.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6").selectors();
    assert_eq!(
        selectors[..2],
        [
            "ec2_metadata_service_endpoint=http://127.0.0.1:1338",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6"
        ]
    );
    assert!(selectors[2..].iter().all(|selector| selector.starts_with("machine=")));
}
