//! Which source is used if there are several, as a table; and profiles without usable credentials.

use super::*;

/// A source of credentials: its variables, its lines in the profile `[default]`, and the name of
/// the identity that it gives.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str);

const SOURCES: [Row; 10] = [
    ("environment keys", &KEYS, "", "the environment's keys"),
    ("role", &[], "role_arn = arn:role\nsource_profile = base", "profile `default`"),
    ("web identity", &WEB_IDENTITY, "", "the role of AWS_WEB_IDENTITY_TOKEN_FILE"),
    ("sso", &[], "sso_session = corp\nsso_account_id = 1\nsso_role_name = r", "profile `default`"),
    ("keys of credentials", &[], "", "profile `default`"),
    ("login", &[], "login_session = arn:login", "profile `default`"),
    ("process", &[], "credential_process = /bin/p", "profile `default`"),
    ("keys of config", &[], KEYS_OF_CONFIG, "profile `default`"),
    ("container", &CONTAINER, "", "the container's role"),
    ("instance", &[], "", "the instance's role"),
];

const KEYS_OF_CONFIG: &str = "aws_access_key_id = AKIACONFIG\naws_secret_access_key = s";

const KEYS_OF_CREDENTIALS: &str =
    "[default]\naws_access_key_id = AKIACREDENTIALS\naws_secret_access_key = s\n";

const CONTAINER: [(&str, &str); 1] = [("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/role")];

const OTHER_SECTIONS: &str = "\n[profile base]\naws_access_key_id = AKIABASE\n\
    aws_secret_access_key = s\n\
    [sso-session corp]\nsso_region = r\nsso_start_url = https://corp.example\n";

/// A machine with the sources of these places in [`SOURCES`].
fn machine_with(places: &[usize]) -> Machine {
    let has = |name: &str| places.iter().any(|place| SOURCES[*place].0 == name);
    let properties: Vec<&str> = places.iter().map(|place| SOURCES[*place].2).collect();
    let config = format!("[default]\n{}{OTHER_SECTIONS}", properties.join("\n"));
    let mut machine = Machine::with_config(&config).file("token", "opaque");
    if has("keys of credentials") {
        machine = machine.file(".aws/credentials", KEYS_OF_CREDENTIALS);
    }
    for place in places {
        machine = machine.variables(SOURCES[*place].1);
    }
    machine
}

/// What the source with this name looks like in a plan.
fn is_of(plan: &Plan, name: &str) -> bool {
    let key = |wanted: &str| matches!(&plan.source, Source::Keys(keys) if keys.id == wanted);
    match name {
        "environment keys" => key("AKIAONE"),
        "role" => plan.roles.len() == 1 && key("AKIABASE"),
        "web identity" => matches!(plan.source, Source::WebIdentity(_)),
        "sso" => matches!(plan.source, Source::Sso(_)),
        "keys of credentials" => key("AKIACREDENTIALS"),
        "login" => matches!(plan.source, Source::Login(_)),
        "process" => matches!(plan.source, Source::Process(_)),
        "keys of config" => key("AKIACONFIG"),
        "container" => plan.source == Source::Container,
        _ => plan.source == Source::Instance,
    }
}

#[test]
fn of_two_sources_the_one_wins_that_the_aws_cli_takes_first() {
    for (first, (name, _, _, label)) in SOURCES.iter().enumerate() {
        for (second, (other, ..)) in SOURCES.iter().enumerate().skip(first) {
            let identity = machine_with(&[first, second]).identity();
            let plan = &identity.plan;
            assert!(is_of(plan, name), "{name} before {other}: {plan:?}");
            assert_eq!(identity.label, *label, "{name} before {other}");
        }
    }
}

/// If both files have a key for the same profile, the one in the credentials file is used.
#[test]
fn a_process_stands_between_the_keys_of_the_two_files() {
    let config = "[default]\ncredential_process = /bin/p\n";
    let both = Machine::with_config(config).file(".aws/credentials", KEYS_OF_CREDENTIALS);
    assert!(is_of(&both.identity().plan, "keys of credentials"));
    let config = format!("[default]\ncredential_process = /bin/p\n{KEYS_OF_CONFIG}\n");
    assert!(is_of(&Machine::with_config(&config).identity().plan, "process"));
}

#[test]
fn a_profile_of_a_variable_that_yields_nothing_leaves_it_to_the_surroundings() {
    let machine = Machine::with_config("[profile dev]\nregion = eu-west-1\n")
        .variables(&CONTAINER)
        .variable("AWS_PROFILE", "dev");
    // As with the AWS CLI.
    assert!(is_of(&machine.identity().plan, "container"));
    let machine = machine.variables(&WEB_IDENTITY).file("token", "opaque");
    assert!(is_of(&machine.identity().plan, "web identity"));
    let machine = machine.variable("AWS_PROFILE", "typo");
    assert!(machine.error().contains("AWS_PROFILE names profile `typo`"), "{}", machine.error());
}

/// The default profile often has only a region. Then credentials come from the environment, and the
/// region still counts.
#[test]
fn the_default_profile_without_credentials_leaves_it_to_the_surroundings() {
    for config in ["region = eu-west-1", "sso_session = corp\nregion = eu-west-1"] {
        let machine = machine_with(&[8]);
        let machine = machine.file(".aws/config", &format!("[default]\n{config}{OTHER_SECTIONS}"));
        assert_eq!(machine.identity().region.as_deref(), Some("eu-west-1"));
        assert_eq!(machine.identity().plan.source, Source::Container);
    }
}

#[test]
fn half_a_key_in_the_environment_is_said_and_the_older_name_of_the_secret_counts() {
    let label = |pairs: &[(&str, &str)]| Machine::new().variables(pairs).identity().label;
    let (id, blank) = (KEYS[0], ("AWS_SECRET_ACCESS_KEY", " "));
    let line = "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is empty or not set.";
    for half in [&[id][..], &[id, blank]] {
        assert_eq!(machine_with(&[8]).variables(half).error(), line);
    }
    // As with the AWS CLI, a secret alone is none.
    assert_eq!(label(&[KEYS[1]]), "the instance's role");
    for whole in
        [&KEYS[..], &[id, ("SECRET_ACCESS_KEY", "s")], &[id, blank, ("SECRET_ACCESS_KEY", "s")]]
    {
        assert_eq!(label(whole), "the environment's keys");
    }
}

#[test]
fn roles_are_assumed_from_the_source_outwards() {
    let config = "[default]\nrole_arn = outer\nsource_profile = middle\nexternal_id = x\n\
        duration_seconds = 1800\n\
        [profile middle]\nrole_arn = inner\nsource_profile = base\nduration_seconds = long\n\
        role_session_name = name\n\
        [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n";
    let Plan { source, roles } = Machine::with_config(config).identity().plan;
    assert!(matches!(source, Source::Keys(keys) if keys.id == "AKIABASE"));
    let inner = Role {
        arn: "inner".into(),
        external_id: None,
        session_name: Some("name".into()),
        duration: None,
    };
    let outer = Role {
        arn: "outer".into(),
        external_id: Some("x".into()),
        session_name: None,
        duration: Some(1800),
    };
    assert_eq!(roles, [inner, outer]);
}

/// As with the AWS CLI: it has a role and the keys to assume it with.
#[test]
fn a_profile_may_be_its_own_source() {
    let config = format!("[default]\nrole_arn = r\nsource_profile = default\n{KEYS_OF_CONFIG}\n");
    let plan = Machine::with_config(&config).identity().plan;
    assert!(is_of(&Plan::of(plan.source), "keys of config") && plan.roles.len() == 1);
}

/// The keys of a source profile go before its own role.
#[test]
fn keys_of_a_source_profile_end_the_chain() {
    let config = format!(
        "[default]\nrole_arn = r\nsource_profile = other\n\
         [profile other]\nrole_arn = s\nsource_profile = gone\n{KEYS_OF_CONFIG}\n"
    );
    let plan = Machine::with_config(&config).identity().plan;
    assert_eq!(plan.roles.len(), 1);
}

#[test]
fn what_is_broken_in_a_profile_is_said() {
    const CASES: [(&str, &str); 18] = [
        ("aws_access_key_id = AKIA", "it has `aws_access_key_id`, but no `aws_secret_access_key`"),
        ("aws_secret_access_key = s", "it has `aws_secret_access_key`, but no `aws_access_key_id`"),
        ("aws_session_token = t", "it has a session token, but no key"),
        ("sso_account_id = 1", "it has `sso_account_id`, but no `sso_role_name`"),
        ("sso_role_name = r", "it has `sso_role_name`, but no `sso_account_id`"),
        (
            "sso_account_id = 1\nsso_role_name = r\nsso_session = gone",
            "its `sso_session` `gone` does not exist",
        ),
        (
            "sso_account_id = 1\nsso_role_name = r\nsso_region = r",
            "`sso_start_url` or `sso_region` is missing",
        ),
        (
            "web_identity_token_file = /nowhere",
            "it has `web_identity_token_file`, but no `role_arn`",
        ),
        ("role_arn = r", "it has `role_arn`, but neither `source_profile` nor `credential_source`"),
        (
            "role_arn = r\nsource_profile = base\ncredential_source = Environment",
            "it has both `source_profile` and `credential_source`",
        ),
        ("role_arn = r\nsource_profile = gone", "its `source_profile` `gone` does not exist"),
        ("role_arn = r\nsource_profile = default", "its `source_profile` chain is circular"),
        ("role_arn = r\nsource_profile = circle", "its `source_profile` chain is circular"),
        ("role_arn = r\nsource_profile = empty", "it contains no credentials"),
        (
            "role_arn = r\nsource_profile = unfinished",
            "it has no `sso_account_id` and `sso_role_name`",
        ),
        (
            "role_arn = r\ncredential_source = Elsewhere",
            "its `credential_source` is none of `Environment`, `EcsContainer` and \
             `Ec2InstanceMetadata`",
        ),
        (
            "role_arn = r\ncredential_source = Environment",
            "its `credential_source` is `Environment`, but its variables are not set",
        ),
        (
            "role_arn = r\ncredential_source = EcsContainer",
            "its `credential_source` is `EcsContainer`, but its variables are not set",
        ),
    ];
    const OTHERS: &str = "[profile circle]\nrole_arn = r\nsource_profile = default\n\
        [profile empty]\nregion = r\n[profile unfinished]\nsso_session = corp\n";
    for (properties, detail) in CASES {
        let config = format!("[default]\n{properties}{OTHER_SECTIONS}{OTHERS}");
        let line = Machine::with_config(&config).error();
        assert!(line.contains(&format!(" cannot be used: {detail}.")), "{line}");
    }
}

/// The profile that wants it is named, though another builds on it.
#[test]
fn a_code_is_asked_for_nowhere() {
    let config = "[default]\nrole_arn = outer\nsource_profile = middle\n\
        [profile middle]\nrole_arn = inner\nsource_profile = base\nmfa_serial = arn:mfa\n\
        [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n";
    let line = Machine::with_config(config).error();
    assert!(line.starts_with("Profile `middle` requires an MFA code (`mfa_serial`)"), "{line}");
}

#[test]
fn a_web_identity_without_a_role_is_said() {
    let machine = Machine::new().variable("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token");
    assert!(machine.error().contains("AWS_ROLE_ARN is not"), "{}", machine.error());
}
