//! Both files and the variables together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::environment::{CACHE, DURATION_SECONDS, INTERACTIVE};
use super::value::Bound;
use super::*;

/// The names of our variables that a text contains in quotes or backticks.
fn named_in(text: &str) -> BTreeSet<&str> {
    let is_name = |word: &&str| {
        (word.starts_with("CODEARTIFACT_") || word.starts_with("AWS_CODEARTIFACT_"))
            && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
            && !word.ends_with('_')
    };
    text.split(['"', '`']).filter(is_name).collect()
}

#[test]
fn the_page_lists_the_variables_that_are_read() {
    let code = include_str!("environment.rs");
    assert_eq!(named_in(include_str!("../../docs/configuration.md")), named_in(code));
}

fn domain() -> Domain {
    Domain {
        name: "team-a".to_owned(),
        owner: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
    }
}

/// The settings of these variables, of the user's file `/user` and of the machine's file
/// `/machine`.
fn settings(variables: &[(&str, &str)], user: &str, machine: &str) -> Settings {
    let environment = Environment::from_pairs(variables.iter().copied());
    let user = file::parse(Path::new("/user"), user, 0).unwrap();
    let machine = file::parse(Path::new("/machine"), machine, user.rules.len()).unwrap();
    Settings::of(&environment, vec![user, machine])
}

fn effective(variables: &[(&str, &str)], user: &str, machine: &str) -> EffectiveSettings {
    settings(variables, user, machine)
        .effective(&domain(), Some("libs"), &Overrides::default())
        .unwrap()
}

#[test]
fn durations_are_those_that_the_api_takes() {
    for (text, seconds) in [("0", 0), ("900", 900), ("43200", 43_200)] {
        assert_eq!(
            effective(&[(DURATION_SECONDS, text)], "", "").duration.value.seconds(),
            seconds
        );
    }
    for text in ["899", "43201", "-1", "1h", "1.5"] {
        let error = settings(&[(DURATION_SECONDS, text)], "", "").effective(
            &domain(),
            None,
            &Overrides::default(),
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains(DURATION_SECONDS) && error.contains(text), "{error}");
    }
}

#[test]
fn a_relative_configuration_file_is_refused() {
    let environment = Environment::from_pairs([(CONFIG_FILE, "config.toml")]);
    let error = Settings::load(&environment, &Locations::of(&environment)).unwrap_err();
    assert!(error.to_string().contains("an absolute path"), "{error}");
}

#[test]
fn the_first_rule_that_matches_says_all_that_it_says() {
    let user = "[[rules]]\ndomain = \"other\"\nduration_seconds = 901\n\
                [[rules]]\ndomain = \"team-*\"\nduration_seconds = 902\n\
                [[rules]]\nduration_seconds = 903\ninteractive = \"never\"\n";
    let effective = effective(&[], user, "[[rules]]\nduration_seconds = 904\n");
    assert_eq!((effective.rule, effective.duration.value.seconds()), (Some(2), 902));
    assert_eq!(effective.interactive.value, Interactive::Auto);
}

#[test]
fn the_machines_rules_come_after_the_users() {
    let rule = |domain: &str| format!("[[rules]]\ndomain = \"{domain}\"\nprofile = \"{domain}\"\n");
    let effective = effective(&[], &rule("other"), &rule("team-a"));
    assert_eq!(
        (effective.rule, &*effective.aws.profiles.value),
        (Some(2), &["team-a".to_owned()][..])
    );
}

#[test]
fn a_rule_goes_before_the_variables_and_they_before_the_files_defaults() {
    let variables = [(DURATION_SECONDS, "901"), (PROFILE, "a, b"), (INTERACTIVE, "Always")];
    let user = "duration_seconds = 902\nprofile = \"c\"\ninteractive = \"never\"\n";
    let from_variables = effective(&variables, user, "");
    assert_eq!(from_variables.duration.value.seconds(), 901);
    assert_eq!(from_variables.aws.profiles.value, ["a", "b"]);
    assert_eq!(from_variables.interactive.value, Interactive::Always);
    let from_file = effective(&[], user, "duration_seconds = 903\nprofile = [\"d\"]\n");
    assert_eq!((from_file.duration.value.seconds(), &*from_file.aws.profiles.value[0]), (902, "c"));
    let rule = "[[rules]]\nduration_seconds = 904\nprofile = \"r\"\ninteractive = \"auto\"\n";
    let from_rule = effective(&variables, &format!("{user}{rule}"), "");
    assert_eq!((from_rule.duration.value.seconds(), &*from_rule.aws.profiles.value[0]), (904, "r"));
    assert_eq!(from_rule.interactive.value, Interactive::Auto);
}

#[test]
fn a_default_profile_is_no_choice_of_a_rule() {
    let default = "profile = \"d\"\n";
    let of_default = effective(&[], default, "");
    assert!(of_default.rule.is_none() && of_default.identity_origin() == IdentityOrigin::Default);
    let silent = effective(&[], &format!("{default}[[rules]]\nduration_seconds = 900\n"), "");
    assert_eq!((silent.rule, &*silent.aws.profiles.value[0]), (Some(1), "d"));
    assert_eq!(silent.identity_origin(), IdentityOrigin::Default);
    let role = "[[rules]]\nrole = \"arn:aws:iam::111122223333:role/r\"\n";
    let assuming = effective(&[], &format!("{default}{role}"), "");
    assert_eq!(assuming.identity_origin(), IdentityOrigin::Rule);
    assert_eq!((&*assuming.aws.profiles.value[0], assuming.aws.roles.len()), ("d", 1));
}

#[test]
fn wrong_words_in_the_variables_fail_the_ask_and_leave_the_hosts() {
    let host = "[[hosts]]\nhost = \"h\"\nregion = \"eu-west-1\"\n";
    for (name, value) in [(INTERACTIVE, "yes"), (PROFILE, "a,"), (PROFILE, "]")] {
        let settings = settings(&[(name, value)], host, "");
        let error =
            settings.effective(&domain(), None, &Overrides::default()).unwrap_err().to_string();
        assert!(error.contains(name) && error.starts_with("Invalid value `"), "{error}");
        assert_eq!(settings.hosts.len(), 1);
    }
}

#[test]
fn debug_shows_no_proxys_password() {
    let rule = "[[rules]]\nproxy = \"http://user:hunter2@proxy.example\"\n";
    let settings = settings(&[], rule, "");
    let effective = settings.effective(&domain(), None, &Overrides::default()).unwrap();
    assert!(effective.aws.proxy.is_some());
    assert!(!format!("{settings:?} {effective:?}").contains("hunter2"));
}

#[test]
fn an_owner_is_refused_by_each_policy_that_does_not_list_it() {
    let allowing = |owner: &str| format!("[policy]\nallowed_owners = [\"{owner}\"]\n");
    let (ours, other) = (allowing("111122223333"), allowing("999999999999"));
    assert!(settings(&[], &ours, &ours).effective(&domain(), None, &Overrides::default()).is_ok());
    for (user, machine, file) in
        [(&*other, "", "/user"), ("", &*other, "/machine"), (&*ours, &*other, "/machine")]
    {
        let error = settings(&[], user, machine)
            .effective(&domain(), None, &Overrides::default())
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            format!(
                "Account 111122223333 is not in `allowed_owners` of the policy in `{file}`, so no token \
                 for its domain `team-a` is requested."
            )
        );
    }
    assert!(
        settings(&[], "[policy]\nallowed_owners = []", "")
            .effective(&domain(), None, &Overrides::default())
            .is_err()
    );
}

#[test]
fn a_longest_duration_bounds_rules_variables_and_defaults() {
    let policy = "[policy]\nlongest_duration_seconds = 1800\n";
    let stricter = "[policy]\nlongest_duration_seconds = 900\n";
    let rule = "[[rules]]\nduration_seconds = 3600\n";
    for (variable, user, machine, seconds) in [
        ("", "", policy, 1800),
        ("43200", "", policy, 1800),
        ("0", "", policy, 1800),
        ("900", "", policy, 900),
        ("", rule, policy, 1800),
        ("", policy, stricter, 900),
        ("", stricter, policy, 900),
    ] {
        let effective = effective(&[(DURATION_SECONDS, variable)], user, machine);
        assert_eq!(
            effective.duration.value.seconds(),
            seconds,
            "{variable:?} {user:?} {machine:?}"
        );
    }
}

#[test]
fn interactive_and_cache_can_only_be_made_stricter() {
    let mode = |variable, user: &str, machine: &str| {
        settings(&[(CACHE, variable)], user, machine).cache().unwrap().mode
    };
    let (memory, off) = ("[policy]\ncache = \"memory\"\n", "[policy]\ncache = \"off\"\n");
    assert_eq!(mode("disk", "", memory), CacheMode::Memory);
    assert_eq!(mode("off", "", memory), CacheMode::Off);
    assert_eq!(mode("", memory, off), CacheMode::Off);
    assert_eq!(mode("disk", "", ""), CacheMode::Disk);
    let never = "[policy]\ninteractive = \"never\"\n";
    let auto = "[policy]\ninteractive = \"auto\"\n";
    let rule = "[[rules]]\ninteractive = \"always\"\n";
    for (user, machine, word) in [
        (rule, never, Interactive::Never),
        (rule, auto, Interactive::Auto),
        (rule, "", Interactive::Always),
        (never, auto, Interactive::Never),
    ] {
        assert_eq!(effective(&[(INTERACTIVE, "always")], user, machine).interactive.value, word);
    }
}

#[test]
fn a_host_that_a_policy_does_not_list_is_none_of_ours() {
    let host = "[[hosts]]\nhost = \"h.example\"\nregion = \"eu-west-1\"\n";
    let url = "https://h.example/nuget/d/team-a-111122223333/libs/v3/index.json";
    for (patterns, is_ours) in [("\"*.example\"", true), ("\"x\", \"h\"", false), ("", false)] {
        let machine = format!("[policy]\nallowed_hosts = [{patterns}]\n");
        let settings = settings(&[], host, &machine);
        assert_eq!(settings.hosts.len(), usize::from(is_ours), "{patterns}");
        let refusal = settings.refusal_of_host(url);
        assert_eq!(refusal.is_some(), !is_ours);
        assert!(
            refusal.is_none_or(|line| line.contains("`h.example`") && line.contains("`/machine`"))
        );
        assert_eq!(settings.refusal_of_host("https://other.example/"), None);
    }
}

#[test]
fn rules_for_some_repositories_are_shadowed_by_other_identities_of_their_domain() {
    let rule = |domain: &str, repository: &str, profile: &str| {
        let repository = match repository {
            "" => String::new(),
            pattern => format!("repository = \"{pattern}\"\n"),
        };
        format!("[[rules]]\ndomain = \"{domain}\"\n{repository}profile = \"{profile}\"\n")
    };
    let shadows = |rules: &[String]| {
        let found = settings(&[], &rules.concat(), "").shadows();
        found.iter().map(|shadow| (shadow.rule, shadow.other)).collect::<Vec<_>>()
    };
    assert_eq!(shadows(&[rule("d1", "r*", "a")]), [(1, None)]);
    assert_eq!(shadows(&[rule("d1", "", "a")]), []);
    assert_eq!(shadows(&[rule("d1", "r*", "a"), rule("d*", "", "b")]), [(1, Some(2))]);
    assert_eq!(shadows(&[rule("d1", "r*", "a"), rule("*", "", "a")]), []);
    assert_eq!(shadows(&[rule("d1", "r*", "a"), rule("d2", "", "b")]), [(1, None)]);
    let both = [rule("d1", "r", "a"), rule("d1", "s", "b")];
    assert_eq!(shadows(&both), [(1, Some(2)), (2, Some(1))]);
}

#[test]
fn a_setting_says_where_it_comes_from_and_which_policy_bounds_it() {
    let user = "duration_seconds = 43200\nprofile = \"d\"\n[policy]\ninteractive = \"auto\"\n\
                longest_duration_seconds = 3600\n";
    let machine = "[policy]\ninteractive = \"never\"\nlongest_duration_seconds = 1800\n";
    let of_defaults = effective(&[(INTERACTIVE, "always")], user, machine);
    assert_eq!(
        of_defaults.duration,
        Setting {
            value: Duration::try_from(1800).unwrap(),
            origin: Origin::File("/user".into()),
            bounded_by: Some(Bound { file: "/machine".into(), wanted: Duration::LONGEST }),
        }
    );
    assert_eq!(of_defaults.aws.profiles.origin, Origin::File("/user".into()));
    let of_variable = &of_defaults.interactive;
    assert_eq!(of_variable.origin, Origin::Variable(INTERACTIVE));
    let bound = of_variable.bounded_by.as_ref().unwrap();
    assert_eq!((&*bound.file, bound.wanted), (Path::new("/machine"), Interactive::Always));
    let of_rule = effective(&[], "[[rules]]\nduration_seconds = 900\n", machine).duration;
    assert_eq!((of_rule.origin, of_rule.bounded_by), (Origin::Rule(1), None));
    let nothing = effective(&[], "", "");
    assert_eq!(nothing.aws.profiles, Setting::built_in(vec![]));
    assert_eq!(nothing.duration, Setting::built_in(Duration::LONGEST));
    let overrides = Overrides { profile: Some("mine".into()), duration: Some(Duration::LONGEST) };
    let settings = settings(&[], user, machine);
    let chosen = settings.effective(&domain(), None, &overrides).unwrap();
    assert_eq!(chosen.aws.profiles.origin.to_string(), "--profile");
    assert_eq!(chosen.duration.origin.to_string(), "--duration-seconds");
    assert_eq!(chosen.duration.value.seconds(), 1800);
}

fn of_rule_one() -> EffectiveSettings {
    let role = RoleSettings { arn: "arn".into(), external_id: None, session_name: None };
    EffectiveSettings {
        rule: Some(1),
        duration: Setting::built_in(Duration::LONGEST),
        interactive: Setting::new(Interactive::Never, Origin::Rule(1)),
        aws: AwsSettings {
            profiles: Setting::new(vec!["one".into(), "two".into()], Origin::Rule(1)),
            prefer: Some(Prefer::Environment),
            roles: vec![role],
            endpoints: EndpointSettings { sts: Some("sts".into()), ..Default::default() },
            proxy: None,
            ca_bundle: Some(PathBuf::from("ca.pem")),
        },
    }
}

#[test]
fn a_profile_stands_in_the_place_of_the_rules_identity_and_not_of_its_way_to_aws() {
    let overrides = Overrides { profile: Some("mine".into()), duration: None };
    let applied = overrides.applied_to(of_rule_one());
    assert_eq!(applied.aws.profiles.value, ["mine"]);
    assert_eq!(applied.aws.prefer, Some(Prefer::Profile));
    assert!(applied.aws.roles.is_empty());
    assert_eq!((applied.rule, applied.identity_origin()), (None, IdentityOrigin::CommandLine));
    assert_eq!(applied.aws.endpoints, of_rule_one().aws.endpoints);
    assert_eq!(applied.aws.ca_bundle, of_rule_one().aws.ca_bundle);
    assert_eq!(applied.duration.value, Duration::LONGEST);
}

#[test]
fn what_is_not_chosen_stays() {
    let duration = Duration::try_from(900).ok();
    let applied = Overrides { profile: None, duration }.applied_to(of_rule_one());
    assert_eq!(applied.aws.profiles.value, ["one", "two"]);
    assert_eq!(applied.aws.roles, of_rule_one().aws.roles);
    assert_eq!(Some(applied.duration.value), duration);
}
