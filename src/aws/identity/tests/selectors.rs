//! What makes another identity, and what does not: selector by selector.

use super::*;

#[test]
fn every_variable_that_selects_makes_another_identity() {
    const CONTAINER: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let keys = || Machine::new().variables(&KEYS);
    let container = || Machine::new().variable(CONTAINER, "/role-1");
    let instance = Machine::new;
    let base: [(&dyn Fn() -> Machine, &str, &str); 19] = [
        (&keys, "AWS_ACCESS_KEY_ID", "AKIATWO"),
        (&keys, "AWS_ENDPOINT_URL_CODEARTIFACT", "https://other.example"),
        (&keys, "AWS_ENDPOINT_URL_STS", "https://other.example"),
        (&keys, "AWS_ENDPOINT_URL_SSO", "https://other.example"),
        (&keys, "AWS_ENDPOINT_URL", "https://other.example"),
        (&keys, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        (&keys, "AWS_USE_FIPS_ENDPOINT", "true"),
        (&keys, "AWS_USE_DUALSTACK_ENDPOINT", "true"),
        (&keys, "AWS_ACCESS_KEY_ID", ""),
        (&web_identity, "AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/two"),
        (&web_identity, "AWS_ROLE_SESSION_NAME", "other"),
        (&web_identity, "AWS_WEB_IDENTITY_TOKEN_FILE", "~/other"),
        (&container, CONTAINER, "/role-2"),
        (&container, FULL, "http://127.0.0.1/role"),
        (&container, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret-token"),
        (&container, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "~/token"),
        (&instance, CONTAINER, "/role-1"),
        (&instance, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338"),
        (&instance, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"),
    ];
    for (machine, name, value) in base {
        let [before, again] = [(); 2].map(|()| without_home(&machine().selectors()));
        assert_eq!(before, again);
        let after = machine().variable(name, value).selectors();
        assert_ne!(before, without_home(&after), "{name}");
    }
}

/// Each test machine has its own home; the home's path makes no difference.
fn without_home(selectors: &[String]) -> Vec<String> {
    let is_path = |selector: &&String| selector.starts_with("token-file=");
    let name = |path: &String| path.rsplit(['/', '\\']).next().unwrap().to_owned();
    let (paths, others): (Vec<_>, Vec<_>) = selectors.iter().partition(is_path);
    others.into_iter().cloned().chain(paths.into_iter().map(name)).collect()
}

#[test]
fn what_rotates_or_is_not_used_changes_nothing() {
    let keys = Machine::new().variables(&KEYS);
    let before = keys.selectors();
    let rotated = keys.variables(&[
        ("AWS_SESSION_TOKEN", "another"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_PROFILE", "whatever"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"),
        ("PATH", "/bin"),
    ]);
    assert_eq!(rotated.selectors(), before);
}

/// The text of a profile, and a text that makes another identity.
const PROFILES: [(&str, &str); 24] = [
    (
        "aws_access_key_id = AKIA1\naws_secret_access_key = s",
        "aws_access_key_id = AKIA2\naws_secret_access_key = s",
    ),
    ("role_arn = a\nsource_profile = one", "role_arn = b\nsource_profile = one"),
    (
        "role_arn = r\nsource_profile = one\nexternal_id = 1",
        "role_arn = r\nsource_profile = one\nexternal_id = 2",
    ),
    (
        "role_arn = r\nsource_profile = one\nrole_session_name = a",
        "role_arn = r\nsource_profile = one\nrole_session_name = b",
    ),
    (
        "role_arn = r\nsource_profile = one\nduration_seconds = 900",
        "role_arn = r\nsource_profile = one",
    ),
    ("role_arn = r\nsource_profile = one", "role_arn = r\nsource_profile = two"),
    ("role_arn = r\nsource_profile = one", "role_arn = r\nsource_profile = chained"),
    ("role_arn = r\nsource_profile = one", "aws_access_key_id = AKIA1\naws_secret_access_key = s"),
    ("role_arn = r\nsource_profile = one", "role_arn = r\ncredential_source = Ec2InstanceMetadata"),
    (
        "role_arn = r\nweb_identity_token_file = /nowhere/a",
        "role_arn = r\nweb_identity_token_file = /nowhere/b",
    ),
    (
        "role_arn = a\nweb_identity_token_file = /nowhere/a",
        "role_arn = b\nweb_identity_token_file = /nowhere/a",
    ),
    (
        "sso_session = corp\nsso_account_id = 1\nsso_role_name = r",
        "sso_session = other\nsso_account_id = 1\nsso_role_name = r",
    ),
    (
        "sso_session = corp\nsso_account_id = 1\nsso_role_name = r",
        "sso_session = corp\nsso_account_id = 2\nsso_role_name = r",
    ),
    (
        "sso_session = corp\nsso_account_id = 1\nsso_role_name = r",
        "sso_session = corp\nsso_account_id = 1\nsso_role_name = s",
    ),
    (
        "sso_start_url = a\nsso_region = r\nsso_account_id = 1\nsso_role_name = r",
        "sso_start_url = b\nsso_region = r\nsso_account_id = 1\nsso_role_name = r",
    ),
    (
        "sso_start_url = a\nsso_region = r\nsso_account_id = 1\nsso_role_name = r",
        "sso_start_url = a\nsso_region = s\nsso_account_id = 1\nsso_role_name = r",
    ),
    ("login_session = arn:aws:iam::1:user/a", "login_session = arn:aws:iam::1:user/b"),
    ("credential_process = /bin/a", "credential_process = /bin/b"),
    ("credential_process = /bin/a --as me", "credential_process = /bin/a --as you"),
    (
        "role_arn = r\nsource_profile = one\nregion = eu-west-1",
        "role_arn = r\nsource_profile = one\nregion = eu-central-1",
    ),
    (
        "role_arn = r\nsource_profile = one\nendpoint_url = https://a.example",
        "role_arn = r\nsource_profile = one",
    ),
    (
        "role_arn = r\nsource_profile = one\nservices = a",
        "role_arn = r\nsource_profile = one\nservices = b",
    ),
    ("role_arn = r\nsource_profile = one\nservices = same", "role_arn = r\nsource_profile = one"),
    (
        "role_arn = r\nsource_profile = one\nuse_fips_endpoint = true",
        "role_arn = r\nsource_profile = one\nuse_fips_endpoint = false",
    ),
];

const OTHER_SECTIONS: &str = "\n[profile one]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n\
    [profile two]\naws_access_key_id = AKIA2\naws_secret_access_key = s\n\
    [profile chained]\nrole_arn = q\nsource_profile = one\n\
    [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example\n\
    [sso-session other]\nsso_region = eu-west-1\nsso_start_url = https://corp.example\n\
    [services a]\nsts =\n  endpoint_url = https://a.example\n\
    [services b]\nsts =\n  endpoint_url = https://b.example\n";

#[test]
fn a_profile_that_is_edited_in_place_is_another_identity() {
    for (one, other) in PROFILES {
        let [one, other] = [one, other].map(|text| format!("[default]\n{text}{OTHER_SECTIONS}"));
        let machine = Machine::with_config(&one);
        let before = machine.identity();
        assert_eq!(before.label, "profile `default`", "{one}");
        let after = machine.file(".aws/config", &other).selectors();
        assert_ne!(before.selectors, after, "{one}\n{other}");
    }
}

/// The SDK takes the endpoints from there, also for the environment's keys.
#[test]
fn the_selected_profile_moves_the_endpoints_of_the_environments_keys() {
    let keys = |config: &str| Machine::with_config(config).variables(&KEYS);
    let of = |config: &str| keys(config).selectors();
    let plain = of("[default]\naws_access_key_id = AKIATWO\nregion = eu-west-1\n");
    assert_eq!(plain, Machine::new().variables(&KEYS).selectors());
    let one = of("[default]\nendpoint_url = https://one.example\n");
    let two = of("[default]\nendpoint_url = https://two.example\n");
    assert!(plain != one && one != two);
    assert_ne!(of("[default]\nuse_dualstack_endpoint = true\n"), plain);
    assert_ne!(of("[default]\nignore_configured_endpoint_urls = true\n"), plain);
    let service = |url: &str| {
        format!("[default]\nservices = s\n[services s]\ncodeartifact =\n  endpoint_url = {url}\n")
    };
    assert_ne!(of(&service("https://one.example")), of(&service("https://two.example")));
    let named = keys("[profile dev]\nendpoint_url = https://one.example\n");
    assert_eq!(named.selectors(), plain);
    assert_ne!(named.variable("AWS_PROFILE", "dev").selectors(), plain);
}

/// What a profile builds on, edited in place.
#[test]
fn what_a_profile_builds_on_counts() {
    let config = "[default]\nrole_arn = r\nsource_profile = one\nservices = own\n\
        [profile one]\nrole_arn = middle\nsource_profile = two\n\
        [profile two]\naws_access_key_id = AKIA2\naws_secret_access_key = s\n\
        [services own]\ncodeartifact =\n  endpoint_url = https://one.example\n";
    let machine = Machine::with_config(config);
    let before = machine.selectors();
    assert!(machine.identity().is_visible);
    let mut machine = machine;
    for (text, other) in [
        ("role_arn = middle", "role_arn = moved"),
        ("AKIA2", "AKIA3"),
        ("https://one.example", "https://two.example"),
        ("aws_access_key_id = AKIA2\n", "credential_process = p\n"),
    ] {
        assert!(config.contains(text));
        machine = machine.file(".aws/config", &config.replace(text, other));
        assert_ne!(machine.selectors(), before, "{text}");
    }
    // The identity behind a credential_process or an instance cannot be seen, however deep in the
    // chain it is.
    assert!(!machine.identity().is_visible);
    let unused = format!("{config}[profile unused]\naws_access_key_id = AKIA9\n");
    assert_eq!(machine.file(".aws/config", &unused).selectors(), before);
}

#[test]
fn a_sign_in_that_is_refreshed_changes_nothing_and_a_sign_out_does() {
    for (profile, file) in [
        // printf corp | sha1sum
        (
            "sso_session = corp\nsso_account_id = 1\nsso_role_name = r",
            ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        ),
        // printf https://old.example | sha1sum
        (
            "sso_start_url = https://old.example\nsso_region = r\nsso_account_id = 1\nsso_role_name = r",
            ".aws/sso/cache/5498d4a87eede6727bfad0c1c8b4a09a823738cc.json",
        ),
        // printf arn:aws:iam::1:user/a | sha256sum
        (
            "login_session = arn:aws:iam::1:user/a",
            ".aws/login/cache/\
             096a9ed17bc213ff49f4a3bb906248fdc062cd40e4dfe2948906b3407b40b877.json",
        ),
    ] {
        let config = format!("[default]\n{profile}{OTHER_SECTIONS}");
        let machine = Machine::with_config(&config).file(file, r#"{"accessToken":"one"}"#);
        let before = machine.selectors();
        let machine = machine.file(file, r#"{"accessToken":"two"}"#);
        assert_eq!(machine.selectors(), before);
        let machine = machine.without_file(file);
        assert_ne!(machine.selectors(), before, "{profile}");
        assert_eq!(machine.file(file, "{}").selectors(), before, "signed in again");
    }
}

#[test]
fn a_renewed_web_identity_token_changes_nothing_and_another_subject_does() {
    let machine = web_identity();
    let before = machine.identity();
    assert!(before.is_visible);
    let renewed = r#"{"sub":"job:1","iss":"https://i.example","exp":2,"jti":"x"}"#;
    let machine = machine.file("token", &(web_token(renewed, "b") + "\n"));
    assert_eq!(machine.selectors(), before.selectors);
    for other in [
        r#"{"iss":"https://i.example","sub":"job:2"}"#,
        r#"{"iss":"https://j.example","sub":"job:1"}"#,
    ] {
        let machine = web_identity().file("token", &web_token(other, "a"));
        assert_ne!(without_home(&machine.selectors()), without_home(&before.selectors));
    }
}

/// The owner of the token cannot be seen in this case, and may change.
#[test]
fn of_a_token_that_is_no_json_web_token_only_the_path_counts() {
    for text in ["", "opaque", "a.b.c", "a.e30.c"] {
        let machine = web_identity().file("token", text);
        assert!(!machine.identity().is_visible, "{text}");
    }
    assert!(!web_identity().without_file("token").identity().is_visible);
}

#[test]
fn what_cannot_be_seen_from_here_is_said_to_be_so() {
    let is_visible = |pairs: &[(&str, &str)]| Machine::new().variables(pairs).identity().is_visible;
    assert!(is_visible(&KEYS));
    assert!(is_visible(&[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")]));
    assert!(!is_visible(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/")]));
    assert!(!is_visible(&[]), "an instance's role may be swapped");
    for (profile, visible) in [
        ("aws_access_key_id = AKIA\naws_secret_access_key = s", true),
        ("sso_session = corp\nsso_account_id = 1\nsso_role_name = r", true),
        ("credential_process = p", false),
        ("role_arn = r\ncredential_source = Ec2InstanceMetadata", false),
    ] {
        let config = format!("[default]\n{profile}{OTHER_SECTIONS}");
        assert_eq!(Machine::with_config(&config).identity().is_visible, visible, "{profile}");
    }
}

#[test]
fn nothing_of_a_secret_can_be_read_in_the_selectors() {
    let token = web_token(r#"{"iss":"i","sub":"s","secret":"hunter2"}"#, "hunter2");
    let config = "[default]\naws_access_key_id = an-id\naws_secret_access_key = hunter2\n\
        aws_session_token = hunter2\ncredential_process = /bin/p --password hunter2\n";
    for machine in [
        Machine::new().variables(&[
            ("AWS_ACCESS_KEY_ID", "an-id"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AWS_SESSION_TOKEN", "hunter2"),
        ]),
        Machine::with_config(config),
        Machine::new().variables(&[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer hunter2"),
        ]),
        Machine::new().file("token", &token).variables(&WEB_IDENTITY),
        Machine::new().file("token", "hunter2").variables(&WEB_IDENTITY),
    ] {
        let identity = machine.identity();
        let told = format!("{:?} {identity:?}", identity.selectors);
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// The SDK takes its endpoints from the profile, whatever the credentials come from.
#[test]
fn the_endpoints_of_the_profile_count_for_keys_too() {
    let machine = Machine::with_config("[default]\nendpoint_url = https://a.example\n");
    let machine = machine.variables(&KEYS);
    let before = machine.selectors();
    for other in ["endpoint_url = https://b.example", "ignore_configured_endpoint_urls = true"] {
        let config = format!("[default]\n{other}\n");
        fs::write(machine.home.path().join(".aws/config"), config).unwrap();
        assert_ne!(machine.selectors(), before, "{other}");
    }
}

/// Two pods that share a home: what tells them apart is in their environment, or in their token.
#[test]
fn two_pods_with_two_service_accounts_on_one_home_are_two_identities() {
    let token = |subject: &str| {
        web_token(&format!(r#"{{"iss":"https://oidc.eks.example","sub":"{subject}"}}"#), "a")
    };
    let (one, two) = ("system:serviceaccount:build:one", "system:serviceaccount:build:two");
    let web_identity = Machine::new().variables(&WEB_IDENTITY);
    let pod_identity = Machine::new().variables(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "~/token"),
    ]);
    for pod in [web_identity, pod_identity] {
        let pod = pod.file("token", &token(one));
        let before = pod.selectors();
        let pod = pod.file("token", &token(two));
        assert_ne!(pod.selectors(), before);
        assert_eq!(pod.file("token", &token(one)).selectors(), before);
    }
}
