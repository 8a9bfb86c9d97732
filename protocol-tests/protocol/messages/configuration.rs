//! Settings that cannot be used, and sources that are ours with an unusable path.

use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::conversation::{HEAD, failing};
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const FOREIGN: &str = "https://nuget.example/v3/index.json";

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "configuration_with_a_syntax_error",
            |stage| file(stage, "duration_seconds = 900\n[[hosts]\n"),
            "the configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml` has an error at line 2, column 9: unclosed array table, expected `]`; correct it",
        ),
        failing(
            "configuration_with_an_unknown_key",
            |stage| file(stage, "duration_second = 900\n"),
            "the configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml` has an error at line 1, column 1: unknown key `duration_second`: `duration_seconds` was probably meant; correct it",
        ),
        failing(
            "configuration_with_a_wrong_type",
            |stage| file(stage, "duration_seconds = \"900\"\n"),
            "the configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml` has an error at line 1, column 20: invalid type: string \"900\", expected a number; correct it",
        ),
        failing(
            "configuration_with_a_wrong_host",
            |stage| file(stage, "[[hosts]]\nhost = 7\nregion = \"eu-west-1\"\n"),
            "the configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml` has an error at line 2, column 8: invalid type: integer `7`, expected a string; correct it",
        ),
        failing(
            "configuration_with_an_unknown_key_of_a_host",
            |stage| file(stage, "[[hosts]]\nhost = \"a\"\nregion = \"eu-west-1\"\nrepo = \"x\"\n"),
            "the configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml` has an error at line 4, column 1: unknown field `repo`, expected one of `host`, `domain`, `owner`, `region`; correct it",
        ),
        failing(
            "configuration_with_a_wrong_duration",
            |stage| file(stage, "duration_seconds = 899\n"),
            "the configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml` has an error at line 1, column 20: the duration is 0 (as long as the role's session) or 900 to 43200 seconds; correct it",
        ),
        failing(
            "configuration_file_relative",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", "config.toml");
            },
            "the variable CODEARTIFACT_NUGET_CONFIG_FILE is `config.toml`: the path must be absolute; correct or unset it",
        ),
        failing(
            "configuration_file_is_a_folder",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", "/");
            },
            "the configuration file `/` cannot be read: it is no file; make it readable, or move it away",
        ),
        failing(
            "duration_too_short",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "899");
            },
            "the variable CODEARTIFACT_NUGET_DURATION_SECONDS is `899`: the duration is 0 (as long as the role's session) or 900 to 43200 seconds; correct or unset it",
        ),
        failing(
            "duration_too_long",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "43201");
            },
            "the variable CODEARTIFACT_NUGET_DURATION_SECONDS is `43201`: the duration is 0 (as long as the role's session) or 900 to 43200 seconds; correct or unset it",
        ),
        failing(
            "duration_in_words",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "12h");
            },
            "the variable CODEARTIFACT_NUGET_DURATION_SECONDS is `12h`: the duration is 0 (as long as the role's session) or 900 to 43200 seconds; correct or unset it",
        ),
        failing(
            "unknown_cache_mode",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_CACHE", "ram");
            },
            "the variable CODEARTIFACT_NUGET_CACHE is `ram`: it is auto, disk, memory or off; correct or unset it",
        ),
        failing(
            "unknown_word_of_interactive",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_INTERACTIVE", "yes");
            },
            "the variable CODEARTIFACT_NUGET_INTERACTIVE is `yes`: it is auto, always or never; correct or unset it",
        ),
        failing(
            "a_list_of_profiles_with_a_hole",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_PROFILE", "dev,,ci");
            },
            "the variable CODEARTIFACT_NUGET_PROFILE is `dev,,ci`: it is a profile of the AWS files, or several with commas; correct or unset it",
        ),
        failing(
            "an_owner_that_no_policy_allows",
            |stage| file(stage, "[policy]\nallowed_owners = [\"999999999999\"]\n"),
            "account 111122223333 is not among `allowed_owners` of the policy in `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, so its domain `my-domain` is not asked for; if that account is to be trusted, it has to be added there",
        ),
        trial("rules_and_policies_with_wrong_values", wrong_values),
        trial("a_broken_configuration_is_silent_on_foreign_sources", foreign),
        trial("durations_that_are_asked_for", durations),
        trial("a_configuration_file_elsewhere", elsewhere),
        trial("unusable_paths_of_our_hosts", paths),
    ]
}

/// Each error with its line, its column, and its message.
const WRONG_VALUES: [(&str, usize, usize, &str); 36] = [
    ("profile = []", 1, 11, "the list is empty: leave the key out instead"),
    ("profile = \" dev\"", 1, 11, "a profile is a name of the AWS files"),
    (
        "profile = 1",
        1,
        11,
        "invalid type: integer `1`, expected one value in quotes, or a list of them",
    ),
    ("interactive = \"no\"", 1, 15, "it is auto, always or never"),
    ("interactive = false", 1, 15, "invalid type: boolean `false`, expected a string"),
    ("rules = 1", 1, 9, "invalid type: integer `1`, expected a sequence"),
    ("[rule]", 1, 2, "unknown key `rule`: `rules` was probably meant"),
    ("[[rules]]\nprofil = \"a\"", 2, 1, "unknown key `profil`: `profile` was probably meant"),
    (
        "[[rules]]\npassword = \"hunter2\"",
        2,
        1,
        "unknown field `password`, expected one of `domain`, `owner`, `region`, `repository`, `profile`, `prefer`, `role`, `duration_seconds`, `endpoint_url`, `sts_endpoint_url`, `sso_endpoint_url`, `proxy`, `ca_bundle`, `interactive`",
    ),
    (
        "[[rules]]\ndomain = \"Team-*\"",
        2,
        10,
        "`domain` is a pattern of a-z, 0-9, `-`, `*` and `?`",
    ),
    (
        "[[rules]]\ndomain = [\"a\", \"\"]",
        2,
        16,
        "`domain` is a pattern of a-z, 0-9, `-`, `*` and `?`",
    ),
    (
        "[[rules]]\nowner = \"1111\"",
        2,
        9,
        "`owner` is twelve digits, or a pattern of digits, `*` and `?`, in quotes",
    ),
    (
        "[[rules]]\nowner = 111122223333",
        2,
        9,
        "invalid type: integer `111122223333`, expected one value in quotes, or a list of them",
    ),
    (
        "[[rules]]\nregion = \"europe\"",
        2,
        10,
        "`region` is a region, or a pattern of a-z, 0-9, `-`, `*` and `?`",
    ),
    (
        "[[rules]]\nrepository = \"a/b\"",
        2,
        14,
        "`repository` is a pattern of A-Z, a-z, 0-9, `.`, `_`, `-`, `*` and `?`",
    ),
    ("[[rules]]\nprefer = \"keys\"", 2, 10, "`prefer` is environment or profile"),
    (
        "[[rules]]\nrole = \"reader\"",
        2,
        8,
        "a role is an ARN as in `arn:aws:iam::111122223333:role/reader`",
    ),
    (
        "[[rules]]\nrole = 1",
        2,
        8,
        "invalid type: integer `1`, expected one value in quotes, or a list of them",
    ),
    ("[[rules]]\nrole = { external_id = \"id\" }", 2, 8, "missing field `arn`"),
    (
        "[[rules]]\nrole = [\n{ arn = \"arn:aws:iam::111122223333:role/r\", external = \"id\" }]",
        3,
        45,
        "unknown field `external`, expected one of `arn`, `external_id`, `session_name`",
    ),
    (
        "[[rules]]\nrole = { arn = \"arn:aws:iam::111122223333:role/r\", session_name = \"a b\" }",
        2,
        67,
        "`session_name` is 2 to 64 of A-Z, a-z, 0-9 and `_+=,.@-`",
    ),
    (
        "[[rules]]\nrole = { arn = \"arn:aws:iam::111122223333:role/r\", external_id = \"\" }",
        2,
        66,
        "`external_id` is 2 to 1224 of A-Z, a-z, 0-9 and `_+=,.@:/-`",
    ),
    (
        "[[rules]]\nduration_seconds = 60",
        2,
        20,
        "the duration is 0 (as long as the role's session) or 900 to 43200 seconds",
    ),
    (
        "[[rules]]\nendpoint_url = \"http://a.example\"",
        2,
        16,
        "an endpoint is an https URL without user, query and fragment; http is for this machine only",
    ),
    (
        "[[rules]]\nsts_endpoint_url = \"https://u:hunter2@a.example\"",
        2,
        20,
        "an endpoint is an https URL without user, query and fragment; http is for this machine only",
    ),
    (
        "[[rules]]\nsso_endpoint_url = \"a.example\"",
        2,
        20,
        "an endpoint is an https URL without user, query and fragment; http is for this machine only",
    ),
    (
        "[[rules]]\nproxy = \"socks5://u:hunter2@p:1\"",
        2,
        9,
        "`proxy` is a URL as in `http://proxy.example:3128`, with `user:password@` if need be",
    ),
    (
        "[[rules]]\nproxy = [\"http://u:hunter2@p:1\"]",
        2,
        9,
        "invalid type: sequence, expected a string",
    ),
    ("[[rules]]\nca_bundle = \"ca.pem\"", 2, 13, "the path must be absolute"),
    (
        "[policy]\nallowed_owners = [\"x\"]",
        2,
        19,
        "an owner is the domain's account: twelve digits, in quotes",
    ),
    (
        "[policy]\nallowed_owners = \"111122223333\"",
        2,
        18,
        "invalid type: string \"111122223333\", expected a sequence",
    ),
    (
        "[policy]\nallowed_hosts = [\"https://h\"]",
        2,
        18,
        "a host is a pattern in lower case, without scheme, port and path",
    ),
    ("[policy]\nlongest_duration_seconds = 0", 2, 28, "`longest_duration_seconds` is 900 to 43200"),
    ("[policy]\ncache = \"disk\"", 2, 9, "a policy's `cache` is memory or off"),
    ("[policy]\ninteractive = \"always\"", 2, 15, "a policy's `interactive` is auto or never"),
    (
        "[policy]\ninterctive = \"never\"",
        2,
        1,
        "unknown key `interctive`: `interactive` was probably meant",
    ),
];

fn wrong_values() {
    let stage = Stage::new().with_log();
    for (toml, line, column, message) in WRONG_VALUES {
        stage.home.write_configuration(&format!("{toml}\n"));
        let file = "<root>/home/.config/nuget-plugin-codeartifact/config.toml";
        assert_eq!(
            stage.line_for(SOURCE),
            format!(
                "{HEAD}the configuration file `{file}` has an error at line {line}, column {column}: {message}; correct it"
            ),
            "{toml}"
        );
    }
    assert_eq!(stage.fake.token_calls().len(), 0);
}

fn file(stage: &mut Stage, toml: &str) {
    stage.home.write_configuration(toml);
}

fn foreign() {
    let stage = Stage::new().with_log();
    stage.home.write_configuration("[[hosts]\n");
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}

fn durations() {
    for seconds in ["0", "900", "43200"] {
        let mut stage = Stage::new().with_log();
        stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", seconds);
        stage.assert_succeeds();
        assert_eq!(stage.fake.token_calls()[0].duration, seconds);
    }
    let stage = Stage::new().with_log();
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls()[0].duration, "43200", "nothing is set");
}

fn elsewhere() {
    let mut stage = Stage::new().with_log();
    let file = stage.home.write("elsewhere.toml", "duration_seconds = 1800\n");
    stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", &file.to_string_lossy());
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls()[0].duration, "1800");
}

fn paths() {
    const HOST: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
    let cases = [
        ("/", "/nuget/<repository>/v3/index.json"),
        ("/nuget/my-repo", "/nuget/my-repo/v3/index.json"),
        ("/npm/my-repo/", "/nuget/my-repo/v3/index.json"),
        ("/nuget/my-repo/index.json?key=hunter2", "/nuget/my-repo/v3/index.json"),
    ];
    let stage = Stage::new().with_log();
    for (path, right) in cases {
        let path_shown = path.split('?').next().unwrap();
        let mut nuget = FakeNuget::start(&stage.home);
        let answer = nuget.ask(&format!("{HOST}{path}"), false, true);
        let line = format!(
            "[CredentialProvider]CodeArtifact: `{HOST}{path_shown}` names no NuGet repository; its URL is `{HOST}{right}`"
        );
        assert_eq!(answer.assert_refusal("Error").the_warning(), line);
        nuget.finish();
    }
    stage.assert_no_secrets();
    assert_eq!(stage.fake.token_calls().len(), 0);
}
