//! Each source: the requests of a cold run, and that a warm run makes none.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::fake_metadata::{CONTAINER_TOKEN, FakeMetadata, SESSION_TOKEN};
use crate::support::process::printing;
use crate::support::stage::conversation::token_of_a_process;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const TOKEN: &str = "POST /v1/authorization-token 200";
const STS: &str = "POST / 200";

/// A JSON web token of issuer `i` and subject `s`.
pub const WEB_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJpIiwic3ViIjoicyJ9.x";

/// Where the role's name goes.
const ROLE: &str = "arn:aws:iam::111122223333:role/";

/// A source of credentials.
struct Row {
    name: &'static str,
    set_up: fn(&mut Stage) -> Option<FakeMetadata>,
    /// The requests of a cold run to the metadata services, and then to AWS.
    metadata: &'static [&'static str],
    aws: &'static [&'static str],
    /// Which key signs the call for a token.
    signer: &'static str,
}

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = rows().iter().map(cold_and_warm).collect();
    trials.push(trial("roles_are_asked_for_as_the_profile_says", roles_as_the_profile_says));
    trials
}

fn cold_and_warm(row: &Row) -> Trial {
    let Row { name, set_up, metadata, aws, signer } = *row;
    trial(format!("{name}_cold_and_warm"), move || {
        let mut stage = Stage::new().with_log();
        let services = set_up(&mut stage);
        let asked = || services.as_ref().map(FakeMetadata::requests).unwrap_or_default();
        let cold = token_of_a_process(&stage.home, SOURCE);
        assert_eq!(asked(), metadata);
        let calls: Vec<_> = stage.fake.requests().iter().map(|it| without_query(it)).collect();
        assert_eq!(calls, aws);
        assert_eq!(stage.fake.token_calls()[0].access_key_id, signer);
        assert_eq!(token_of_a_process(&stage.home, SOURCE), cold);
        assert_eq!((asked().len(), stage.fake.requests().len()), (metadata.len(), aws.len()));
        stage.assert_no_secrets();
    })
}

fn without_query(request: &str) -> String {
    let (before, after) = request.split_once('?').unwrap_or((request, ""));
    after.rsplit_once(' ').map_or(before.to_owned(), |(_, status)| format!("{before} {status}"))
}

fn rows() -> Vec<Row> {
    let plain =
        |name, set_up| Row { name, set_up, metadata: &[], aws: &[TOKEN], signer: ACCESS_KEY_ID };
    vec![
        plain("environment_keys", |_| None),
        Row {
            signer: "ASIAFAKETEMPORARY",
            ..plain("environment_keys_of_a_session", |stage| {
                let arn = "arn:aws:sts::111122223333:assumed-role/build/session";
                stage.fake.add_temporary_key(
                    "ASIAFAKETEMPORARY",
                    "hunter2-secret",
                    "hunter2-token",
                    arn,
                );
                stage.set("AWS_ACCESS_KEY_ID", "ASIAFAKETEMPORARY");
                stage
                    .set("AWS_SECRET_ACCESS_KEY", "hunter2-secret")
                    .set("AWS_SESSION_TOKEN", "hunter2-token");
                None
            })
        },
        plain("credentials_file", |stage| {
            stage.without_keys();
            stage.home.write("home/.aws/credentials", &format!("[default]\n{}", keys()));
            None
        }),
        plain("config_file_of_a_named_profile", |stage| {
            stage.with_profile(&format!("[profile dev]\n{}", keys()));
            None
        }),
        plain("files_that_variables_name", |stage| {
            stage.without_keys().set("AWS_PROFILE", "dev").set("AWS_CONFIG_FILE", "~/moved.ini");
            stage.home.write("home/moved.ini", "[profile dev]\nregion = eu-west-1\n");
            let moved = stage.home.write("home/.aws/moved", &format!("[dev]\n{}", keys()));
            stage.set("AWS_SHARED_CREDENTIALS_FILE", &moved.to_string_lossy());
            None
        }),
        Row {
            aws: &[STS, TOKEN],
            signer: "ASIAFAKEREADER",
            ..plain("role_of_a_source_profile", |stage| {
                stage.with_profile(&role_profiles("source_profile = base"));
                None
            })
        },
        Row {
            aws: &[STS, STS, TOKEN],
            signer: "ASIAFAKEOUTER",
            ..plain("chain_of_roles", |stage| {
                stage.fake.role_trusts(&role("inner"), "arn:aws:iam::111122223333:user/");
                stage
                    .fake
                    .role_trusts(&role("outer"), "arn:aws:sts::111122223333:assumed-role/inner/");
                stage.fake.role_wants_external_id(&role("inner"), "between-us");
                stage.with_profile(&format!(
                    "[profile dev]\nrole_arn = {}\nsource_profile = middle\n\
                 [profile middle]\nrole_arn = {}\nsource_profile = base\nexternal_id = between-us\n\
                 [profile base]\n{}",
                    role("outer"),
                    role("inner"),
                    keys()
                ));
                None
            })
        },
        Row {
            aws: &[STS, TOKEN],
            signer: "ASIAFAKEREADER",
            ..plain("role_by_environment_keys", |stage| {
                stage.with_profile(&role_profiles("credential_source = Environment"));
                // Keys in the environment go before any profile, but not before a rule's.
                rule(stage, "profile = \"dev\"");
                stage
                    .set("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
                    .set("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
                None
            })
        },
        Row {
            aws: &[STS, TOKEN],
            metadata: &["GET /v1/credentials 200"],
            signer: "ASIAFAKEREADER",
            ..plain("role_by_the_container", |stage| {
                stage.with_profile(&role_profiles("credential_source = EcsContainer"));
                Some(container(stage))
            })
        },
        Row {
            aws: &[STS, TOKEN],
            metadata: INSTANCE,
            signer: "ASIAFAKEREADER",
            ..plain("role_by_the_instance", |stage| {
                stage.with_profile(&role_profiles("credential_source = Ec2InstanceMetadata"));
                Some(instance(stage))
            })
        },
        Row {
            aws: &[STS, TOKEN],
            signer: "ASIAFAKEWEB",
            ..plain("web_identity", |stage| {
                stage.without_keys();
                web_identity(stage);
                None
            })
        },
        Row {
            aws: &[STS, TOKEN],
            signer: "ASIAFAKEWEB",
            ..plain("web_identity_of_a_profile", |stage| {
                stage.fake.trust_web_token(WEB_TOKEN);
                let file = stage.home.write("home/token", WEB_TOKEN);
                stage.with_profile(&format!(
                    "[profile dev]\nrole_arn = {}\nweb_identity_token_file = {}\n",
                    role("web"),
                    file.display()
                ));
                None
            })
        },
        Row {
            metadata: &["GET /v1/credentials 200"],
            ..plain("container_with_a_token", |stage| {
                stage.without_keys().set("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN);
                let metadata = FakeMetadata::start();
                let url = format!("{}/v1/credentials", metadata.url());
                stage.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url);
                Some(metadata)
            })
        },
        Row {
            metadata: &["GET /v1/credentials 200"],
            ..plain("pod_identity_with_a_token_file", |stage| {
                stage.without_keys();
                Some(container(stage))
            })
        },
        Row {
            metadata: INSTANCE,
            ..plain("instance", |stage| {
                stage.without_keys();
                Some(instance(stage))
            })
        },
        plain("credential_process", |stage| {
            let credentials = stage.home.write(
                "home/.aws/printed.json",
                &format!(
                    "{{\"Version\":1,\"AccessKeyId\":\"{ACCESS_KEY_ID}\",\"SecretAccessKey\":\
                     \"{SECRET_ACCESS_KEY}\",\"Expiration\":\"2099-01-01T01:00:00+01:00\"}}"
                ),
            );
            let process = printing(&credentials);
            stage.with_profile(&format!("[profile dev]\ncredential_process = {process}\n"));
            None
        }),
        plain("login_session", |stage| {
            login(stage, "2099-01-01T00:00:00Z");
            None
        }),
        Row {
            metadata: &["POST /v1/token 200"],
            ..plain("login_session_that_is_renewed", |stage| {
                login(stage, "2020-01-01T00:00:00Z");
                let service = FakeMetadata::sign_in_service(true);
                stage.set("AWS_ENDPOINT_URL_SIGNIN", &service.url());
                Some(service)
            })
        },
    ]
}

/// The requests to an instance's metadata service.
const INSTANCE: &[&str] = &[
    "PUT /latest/api/token 200",
    "GET /latest/meta-data/iam/security-credentials/ 200",
    "GET /latest/meta-data/iam/security-credentials/build 200",
];

pub fn keys() -> String {
    format!("aws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n")
}

pub fn role(name: &str) -> String {
    format!("{ROLE}{name}")
}

/// A profile with a role, from this, and a profile with keys.
fn role_profiles(from: &str) -> String {
    format!("[profile dev]\nrole_arn = {}\n{from}\n[profile base]\n{}", role("reader"), keys())
}

/// The configuration's one rule, for all repositories.
pub fn rule(stage: &Stage, text: &str) {
    stage.home.write_configuration(&format!("[[rules]]\n{text}\n"));
}

fn web_identity(stage: &mut Stage) {
    stage.fake.trust_web_token(WEB_TOKEN);
    let file = stage.home.write("home/token", WEB_TOKEN);
    stage.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file.to_string_lossy());
    stage.set("AWS_ROLE_ARN", &role("web"));
}

/// A container whose token is in a file.
pub fn container(stage: &mut Stage) -> FakeMetadata {
    let metadata = FakeMetadata::start();
    let file = stage.home.write("home/container-token", CONTAINER_TOKEN);
    let url = format!("{}/v1/credentials", metadata.url());
    stage.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url);
    stage.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file.to_string_lossy());
    metadata
}

fn instance(stage: &mut Stage) -> FakeMetadata {
    let metadata = FakeMetadata::start();
    stage.unset("AWS_EC2_METADATA_DISABLED");
    stage.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url());
    metadata
}

/// A profile with a session of `aws login`, whose credentials expire then.
pub fn login(stage: &mut Stage, expires_at: &str) {
    const SESSION: &str = "arn:aws:iam::111122223333:user/me";
    let arn = "arn:aws:sts::111122223333:assumed-role/login/me";
    stage.fake.add_temporary_key(ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, arn);
    stage.with_profile(&format!("[profile dev]\nlogin_session = {SESSION}\nregion = eu-west-1\n"));
    let digest = Sha256::digest(SESSION).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    stage.home.write(
        &format!("home/.aws/login/cache/{digest}.json"),
        &format!(
            "{{\"accessToken\":{{\"accessKeyId\":\"{ACCESS_KEY_ID}\",\"secretAccessKey\":\
             \"{SECRET_ACCESS_KEY}\",\"sessionToken\":\"{SESSION_TOKEN}\",\"accountId\":\
             \"111122223333\",\"expiresAt\":\"{expires_at}\"}},\"tokenType\":\"aws_sigv4\",\
             \"refreshToken\":\"hunter2-refresh\",\"clientId\":\
             \"arn:aws:signin:::devtools/same-device\",\"dpopKey\":\"{DPOP_KEY}\"}}"
        ),
    );
}

/// A key that belongs to nobody, made for this test.
const DPOP_KEY: &str = "-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEEIEYFSZAl7OlSqf/ioVkgMgyup7wtQwDLK7p6jLuGK/iqoAoGCCqGSM49\\nAwEHoUQDQgAEMyHZMNiy+CiGScikZfD1Dk3BmV5qceV+fbFN7rF433OCaqnKTqxJ\\nAv7vUuodXoyZgSlRJFD/6D6gilKJ8FonRg==\\n-----END EC PRIVATE KEY-----\\n";

fn roles_as_the_profile_says() {
    let mut stage = Stage::new().with_log();
    stage.with_profile(&role_profiles(
        "source_profile = base\nregion = eu-central-1\nduration_seconds = 1800\n\
         role_session_name = who-restores",
    ));
    token_of_a_process(&stage.home, SOURCE);
    let [assumed] = &stage.fake.assumed_roles()[..] else { panic!("one role") };
    assert_eq!(assumed.arn, role("reader"));
    assert_eq!(assumed.session_name, "who-restores");
    assert_eq!(assumed.duration, "1800");
    assert_eq!(assumed.region, "eu-central-1");
    // The call for the token goes to the domain's region all the same.
    assert_eq!(stage.fake.token_calls()[0].region, "eu-west-1");
}
