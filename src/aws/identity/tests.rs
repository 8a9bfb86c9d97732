//! What makes another identity, and what does not: selector by selector.

use std::fs;

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use tempfile::TempDir;

use super::*;

/// A home with AWS files, and an environment.
struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let path = home.path().to_str().unwrap().to_owned();
        let variables = vec![("HOME".to_owned(), path.clone()), ("USERPROFILE".to_owned(), path)];
        Self { home, variables }
    }

    /// One whose AWS configuration is this.
    fn with_config(config: &str) -> Self {
        Self::new().file(".aws/config", config)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn without_file(self, name: &str) -> Self {
        fs::remove_file(self.home.path().join(name)).unwrap();
        self
    }

    /// `~` at a value's beginning is this home.
    fn variable(mut self, name: &str, value: &str) -> Self {
        let home = self.home.path().to_str().unwrap();
        let value =
            value.strip_prefix('~').map_or(value.to_owned(), |rest| format!("{home}{rest}"));
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
        self
    }

    fn variables(self, pairs: &[(&str, &str)]) -> Self {
        pairs.iter().fold(self, |machine, (name, value)| machine.variable(name, value))
    }

    fn tell(&self) -> Result<Identity, AwsError> {
        let pairs = || self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = pairs().collect();
        let load = async {
            let env = Env::from_slice(&variables);
            let files = EnvConfigFiles::default();
            Ok(aws_config::profile::load(&Fs::real(), &env, &files, None).await.unwrap())
        };
        let environment = Environment::from_pairs(pairs());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        tell(&environment, runtime.block_on(load))
    }

    fn identity(&self) -> Identity {
        self.tell().unwrap()
    }

    fn selectors(&self) -> Vec<String> {
        self.identity().selectors
    }
}

const KEYS: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "AKIAONE"), ("AWS_SECRET_ACCESS_KEY", "secret-one")];

const WEB_IDENTITY: [(&str, &str); 3] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/one"),
    ("AWS_ROLE_SESSION_NAME", "session"),
];

/// A JSON web token of this payload, whose signature is of no interest.
fn web_token(payload: &str, signature: &str) -> String {
    let encoded = aws_smithy_types::base64::encode(payload);
    let encoded = encoded.trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("e30.{encoded}.{signature}")
}

fn web_identity() -> Machine {
    let token = web_token(r#"{"iss":"https://i.example","sub":"job:1","exp":1}"#, "a");
    Machine::new().file("token", &token).variables(&WEB_IDENTITY)
}

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
        (&keys, "AWS_SECRET_ACCESS_KEY", ""),
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

/// Each test machine has a home of its own, whose path is no difference.
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

/// A profile's text, and one that is another identity.
const PROFILES: [(&str, &str); 22] = [
    ("aws_access_key_id = AKIAONE", "aws_access_key_id = AKIATWO"),
    ("role_arn = arn:aws:iam::1:role/a", "role_arn = arn:aws:iam::1:role/b"),
    ("role_arn = r\nexternal_id = 1", "role_arn = r\nexternal_id = 2"),
    ("role_arn = r\nrole_session_name = a", "role_arn = r\nrole_session_name = b"),
    ("role_arn = r\nsource_profile = one", "role_arn = r\nsource_profile = two"),
    ("role_arn = r\nsource_profile = default", "role_arn = r\nsource_profile = one"),
    (
        "role_arn = r\ncredential_source = EcsContainer",
        "role_arn = r\ncredential_source = Ec2InstanceMetadata",
    ),
    ("role_arn = r\nmfa_serial = 1", "role_arn = r\nmfa_serial = 2"),
    (
        "role_arn = r\nweb_identity_token_file = /nowhere/a",
        "role_arn = r\nweb_identity_token_file = /nowhere/b",
    ),
    ("sso_session = corp\nsso_account_id = 1", "sso_session = other\nsso_account_id = 1"),
    ("sso_account_id = 1\nsso_start_url = a", "sso_account_id = 1\nsso_start_url = b"),
    ("sso_session = corp\nsso_account_id = 1", "sso_session = corp\nsso_account_id = 2"),
    ("sso_session = corp\nsso_role_name = a", "sso_session = corp\nsso_role_name = b"),
    ("sso_role_name = r\nsso_region = a", "sso_role_name = r\nsso_region = b"),
    ("login_session = arn:aws:iam::1:user/a", "login_session = arn:aws:iam::1:user/b"),
    ("credential_process = /bin/a", "credential_process = /bin/b"),
    ("credential_process = /bin/a --as me", "credential_process = /bin/a --as you"),
    ("role_arn = r\nregion = eu-west-1", "role_arn = r\nregion = eu-central-1"),
    ("role_arn = r\nendpoint_url = https://a.example", "role_arn = r"),
    ("role_arn = r\nservices = a", "role_arn = r\nservices = b"),
    ("role_arn = r\nservices = same", "role_arn = r"),
    ("role_arn = r\nuse_fips_endpoint = true", "role_arn = r\nuse_fips_endpoint = false"),
];

const OTHER_SECTIONS: &str = "\n[profile one]\naws_access_key_id = AKIA1\n\
    [profile two]\naws_access_key_id = AKIA2\n\
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
        assert!(matches!(before.source, Source::Profile { .. }), "{one}");
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
        sso_session = corp\n\
        [profile one]\nrole_arn = middle\nsource_profile = two\n\
        [profile two]\naws_access_key_id = AKIA2\naws_secret_access_key = s\n\
        [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example\n\
        [services own]\ncodeartifact =\n  endpoint_url = https://one.example\n";
    let machine = Machine::with_config(config);
    let before = machine.selectors();
    assert!(machine.identity().is_visible);
    let mut machine = machine;
    for (text, other) in [
        ("role_arn = middle", "role_arn = moved"),
        ("AKIA2", "AKIA3"),
        ("https://corp.example", "https://corp2.example"),
        ("sso_region = eu-west-1", "sso_region = eu-west-2"),
        ("https://one.example", "https://two.example"),
        ("aws_access_key_id = AKIA2\n", "credential_process = p\n"),
    ] {
        assert!(config.contains(text));
        machine = machine.file(".aws/config", &config.replace(text, other));
        assert_ne!(machine.selectors(), before, "{text}");
    }
    // What a credential_process or an instance makes of it cannot be seen, however deep it is.
    assert!(!machine.identity().is_visible);
    let unused = format!("{config}[profile unused]\naws_access_key_id = AKIA9\n");
    assert_eq!(machine.file(".aws/config", &unused).selectors(), before);
}

#[test]
fn profiles_in_a_circle_come_to_an_end() {
    for config in [
        "[default]\nrole_arn = r\nsource_profile = default\n",
        "[default]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = s\n\
         source_profile = default\n",
    ] {
        assert!(!Machine::with_config(config).selectors().is_empty());
    }
}

#[test]
fn a_named_profile_is_the_identity_even_where_it_yields_nothing() {
    let machine = Machine::with_config("[profile dev]\nregion = eu-west-1\n")
        .variables(&WEB_IDENTITY)
        .variable("AWS_PROFILE", "dev");
    let identity = machine.identity();
    assert_eq!(identity.source, Source::Profile { name: "dev".to_owned() });
    assert_eq!(identity.label, "profile `dev`");
    assert!(machine.variable("AWS_PROFILE", "typo").tell().is_err());
}

/// The default profile often has a region only: then the surroundings count, and so does the region.
#[test]
fn the_default_profile_without_credentials_leaves_it_to_the_surroundings() {
    let machine = web_identity().file(".aws/config", "[default]\nregion = eu-west-1\n");
    let before = machine.identity();
    assert_eq!(before.source, Source::WebIdentity);
    assert!(before.selectors.iter().any(|it| it.starts_with("token-names=")));
    let machine = machine.file(".aws/config", "[default]\nregion = eu-west-2\n");
    assert_ne!(machine.selectors(), before.selectors);
}

/// The SDK ends in an error there, so no other source's token may be served.
#[test]
fn half_a_default_profile_ends_the_search() {
    for half in [
        "aws_secret_access_key = s",
        "aws_session_token = t",
        "sso_account_id = 1",
        "sso_role_name = r",
        "web_identity_token_file = /nowhere",
    ] {
        let machine = web_identity().file(".aws/config", &format!("[default]\n{half}\n"));
        let source = Source::Profile { name: "default".to_owned() };
        assert_eq!(machine.identity().source, source, "{half}");
    }
}

#[test]
fn half_a_key_in_the_environment_is_none_and_the_older_name_of_the_secret_counts() {
    let source = |pairs: &[(&str, &str)]| Machine::new().variables(pairs).identity().source;
    let id = KEYS[0];
    assert_eq!(source(&KEYS), Source::EnvironmentKeys);
    assert_eq!(source(&[id]), Source::Instance);
    assert_eq!(source(&[KEYS[1]]), Source::Instance);
    assert_eq!(source(&[id, ("AWS_SECRET_ACCESS_KEY", " ")]), Source::Instance);
    assert_eq!(source(&[id, ("SECRET_ACCESS_KEY", "s")]), Source::EnvironmentKeys);
    let blank = ("AWS_SECRET_ACCESS_KEY", " ");
    assert_eq!(source(&[id, blank, ("SECRET_ACCESS_KEY", "s")]), Source::EnvironmentKeys);
}

#[test]
fn a_sign_in_that_is_refreshed_changes_nothing_and_a_sign_out_does() {
    for (profile, file) in [
        // printf corp | sha1sum
        ("sso_session = corp", ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"),
        // printf https://old.example | sha1sum
        (
            "sso_start_url = https://old.example",
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

/// Whose it is cannot be seen then, and may change.
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
        ("aws_access_key_id = AKIA", true),
        ("sso_session = corp\nsso_account_id = 1", true),
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
    let config = "[default]\naws_access_key_id = hunter2-id\naws_secret_access_key = hunter2\n\
        aws_session_token = hunter2\ncredential_process = /bin/p --password hunter2\n";
    for machine in [
        Machine::new().variables(&[
            ("AWS_ACCESS_KEY_ID", "hunter2-id"),
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
        let Identity { selectors, label, .. } = machine.identity();
        let told = format!("{selectors:?} {label}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// It gives access tokens to others; the SDK goes on behind it.
#[test]
fn an_sso_session_without_an_account_leaves_it_to_the_surroundings() {
    let config = format!("[default]\nsso_session = corp{OTHER_SECTIONS}");
    let machine = web_identity().file(".aws/config", &config);
    assert_eq!(machine.identity().source, Source::WebIdentity);
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
