//! What a rule chooses.

use super::*;

const FILES: &str = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n\
    [profile ci]\naws_access_key_id = AKIACI\naws_secret_access_key = s\n\
    [profile empty]\nregion = eu-west-1\n";

fn profiles(names: &[&str], prefer: Option<Prefer>) -> AwsSettings {
    let origin = if names.is_empty() { Origin::BuiltIn } else { Origin::Rule(2) };
    let names = names.iter().map(ToString::to_string).collect();
    AwsSettings { profiles: Setting::new(names, origin), prefer, ..AwsSettings::default() }
}

fn role(arn: &str, external_id: Option<&str>, session_name: Option<&str>) -> RoleSettings {
    RoleSettings {
        arn: arn.to_owned(),
        external_id: external_id.map(str::to_owned),
        session_name: session_name.map(str::to_owned),
    }
}

/// Everything that a rule may be written on: two profiles, keys, web identity.
fn machine() -> Machine {
    web_identity().file(".aws/config", FILES).variables(&KEYS)
}

#[test]
fn the_first_profile_that_is_there_is_used_alone() {
    let machine = machine().rule(profiles(&["gone", "ci", "default"], None));
    let identity = machine.identity();
    assert_eq!(identity.label, "rule 2's profile `ci`");
    assert_eq!(identity.check(), "aws sts get-caller-identity --profile ci");
    assert!(matches!(identity.plan.source, Source::Keys(keys) if keys.id == "AKIACI"));
}

#[test]
fn none_of_the_profiles_there_is_said() {
    let machine = machine().rule(profiles(&["gone", "lost"], None));
    assert_eq!(
        machine.error(),
        "Rule 2's profiles `gone`, `lost` do not exist (existing profiles: `ci`, `default`, `empty`)."
    );
}

#[test]
fn a_profile_of_a_rule_that_yields_nothing_ends_the_search() {
    let machine = machine().rule(profiles(&["empty"], None));
    assert!(
        machine.error().starts_with("Profile `empty` cannot be used: it contains no credentials")
    );
}

#[test]
fn a_rule_prefers_the_environment_or_the_profile() {
    const ENVIRONMENT: &str = "the environment's keys";
    let label = |machine: Machine| machine.identity().label;
    let environment = Some(Prefer::Environment);
    let profile = Some(Prefer::Profile);
    for names in [&["ci"][..], &["gone"]] {
        assert_eq!(label(machine().rule(profiles(names, environment))), ENVIRONMENT);
    }
    let without_keys = web_identity().file(".aws/config", FILES);
    assert_eq!(label(without_keys.rule(profiles(&["ci"], environment))), "rule 2's profile `ci`");
    assert_eq!(label(machine().rule(profiles(&[], environment))), ENVIRONMENT);
    assert_eq!(label(machine().rule(profiles(&["ci"], profile))), "rule 2's profile `ci`");
    assert_eq!(label(machine().rule(profiles(&[], profile))), "profile `default`");
    let named = machine().variable("AWS_PROFILE", "ci").rule(profiles(&[], profile));
    assert_eq!(label(named), "profile `ci`");
    let no_files = machine().without_file(".aws/config");
    assert_eq!(label(no_files.rule(profiles(&[], profile))), ENVIRONMENT);
    let token_only = web_identity().rule(profiles(&[], profile));
    assert_eq!(label(token_only), "the role of AWS_WEB_IDENTITY_TOKEN_FILE");
}

/// The environment's keys need no files, unless a rule says otherwise.
#[test]
fn broken_files_matter_to_a_rule_on_profiles() {
    let machine = Machine::with_config("[default\n").variables(&KEYS);
    assert_eq!(machine.identity().label, "the environment's keys");
    assert!(
        machine
            .rule(profiles(&[], Some(Prefer::Profile)))
            .error()
            .contains("A shared config or credentials file cannot be used: in `")
    );
}

#[test]
fn roles_of_a_rule_are_on_top_of_whatever_it_is() {
    let roles = vec![role("first", Some("x"), None), role("second", None, Some("name"))];
    let machine = machine().rule(AwsSettings { roles, ..AwsSettings::default() });
    let identity = machine.identity();
    assert_eq!(identity.label, "rule 2's role `second`");
    assert_eq!(identity.source_label, "the environment's keys");
    let arns: Vec<&str> = identity.plan.roles.iter().map(|role| role.arn.as_str()).collect();
    assert_eq!(arns, ["first", "second"]);
}

/// Every key of a rule that chooses the identity or the endpoints.
#[test]
fn another_rule_is_another_identity() {
    let with_roles = |roles| AwsSettings { roles, ..AwsSettings::default() };
    let at = |endpoints| AwsSettings { endpoints, ..AwsSettings::default() };
    let url = || Some("https://vpce.example".to_owned());
    let none = EndpointSettings::default;
    let rules = [
        AwsSettings::default(),
        profiles(&["ci"], None),
        profiles(&[], Some(Prefer::Profile)),
        with_roles(vec![role("a", None, None)]),
        with_roles(vec![role("b", None, None)]),
        with_roles(vec![role("a", None, None), role("b", None, None)]),
        with_roles(vec![role("b", None, None), role("a", None, None)]),
        with_roles(vec![role("a", Some("x"), None)]),
        with_roles(vec![role("a", None, Some("x"))]),
        at(EndpointSettings { codeartifact: url(), ..none() }),
        at(EndpointSettings { sts: url(), ..none() }),
        at(EndpointSettings { sso: url(), ..none() }),
    ];
    let selectors: Vec<_> = rules.map(|rule| machine().rule(rule).selectors()).into();
    for (one, of_one) in selectors.iter().enumerate() {
        for (other, of_other) in selectors.iter().enumerate() {
            assert_eq!(one == other, of_one == of_other, "{one} {other} {of_one:?} {of_other:?}");
        }
    }
}

/// The number of a rule, and profile names that are skipped, do not change the identity.
#[test]
fn a_rule_that_chooses_the_same_is_the_same_identity() {
    let machine = machine().rule(profiles(&["ci"], None));
    let before = machine.selectors();
    let mut moved = machine.rule(profiles(&["gone", "ci", "default"], Some(Prefer::Profile)));
    moved.effective.rule = Some(7);
    assert_eq!(moved.selectors(), before);
}
