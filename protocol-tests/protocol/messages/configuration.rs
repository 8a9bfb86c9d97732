//! Settings that cannot be used, and sources that are ours with an unusable path.

use crate::support::fake_nuget::FakeNuget;
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

const FOREIGN: &str = "https://nuget.example/v3/index.json";

pub fn trials() -> Vec<Trial> {
    vec![
        refusing(
            "configuration_with_a_syntax_error",
            |stage| file(stage, "duration_seconds = 900\n[[hosts]\n"),
            "CNP102",
            "Invalid configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, line 2, column 9: unclosed array table, expected `]`.",
        ),
        refusing(
            "configuration_with_an_unknown_key",
            |stage| file(stage, "duration_second = 900\n"),
            "CNP102",
            "Invalid configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, line 1, column 1: unknown key `duration_second`. Did you mean `duration_seconds`?",
        ),
        refusing(
            "configuration_with_a_wrong_type",
            |stage| file(stage, "duration_seconds = \"900\"\n"),
            "CNP102",
            "Invalid configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, line 1, column 20: expected a number, found string \"900\".",
        ),
        refusing(
            "configuration_with_a_wrong_host",
            |stage| file(stage, "[[hosts]]\nhost = 7\nregion = \"eu-west-1\"\n"),
            "CNP102",
            "Invalid configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, line 2, column 8: expected a string, found integer `7`.",
        ),
        refusing(
            "configuration_with_an_unknown_key_of_a_host",
            |stage| file(stage, "[[hosts]]\nhost = \"a\"\nregion = \"eu-west-1\"\nrepo = \"x\"\n"),
            "CNP102",
            "Invalid configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, line 4, column 1: unknown key `repo`. Known keys: `host`, `domain`, `owner`, `region`.",
        ),
        refusing(
            "configuration_with_a_wrong_duration",
            |stage| file(stage, "duration_seconds = 899\n"),
            "CNP102",
            "Invalid configuration file `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, line 1, column 20: expected 0 (as long as the role's session) or 900 to 43200 seconds.",
        ),
        refusing(
            "configuration_file_relative",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", "config.toml");
            },
            "CNP101",
            "Invalid value `config.toml` for CODEARTIFACT_NUGET_CONFIG_FILE: expected an absolute path. Correct or unset it",
        ),
        refusing(
            "configuration_file_is_a_folder",
            |stage| {
                let folder = stage.home.project().to_string_lossy().into_owned();
                stage.set("CODEARTIFACT_NUGET_CONFIG_FILE", &folder);
            },
            "CNP103",
            "The configuration file `<root>/project` cannot be read: it is no file. Make it readable, or remove it",
        ),
        refusing(
            "duration_too_short",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "899");
            },
            "CNP101",
            "Invalid value `899` for CODEARTIFACT_NUGET_DURATION_SECONDS: expected 0 (as long as the role's session) or 900 to 43200 seconds. Correct or unset it",
        ),
        refusing(
            "duration_too_long",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "43201");
            },
            "CNP101",
            "Invalid value `43201` for CODEARTIFACT_NUGET_DURATION_SECONDS: expected 0 (as long as the role's session) or 900 to 43200 seconds. Correct or unset it",
        ),
        refusing(
            "duration_in_words",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "12h");
            },
            "CNP101",
            "Invalid value `12h` for CODEARTIFACT_NUGET_DURATION_SECONDS: expected 0 (as long as the role's session) or 900 to 43200 seconds. Correct or unset it",
        ),
        refusing(
            "unknown_cache_mode",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_CACHE", "ram");
            },
            "CNP101",
            "Invalid value `ram` for CODEARTIFACT_NUGET_CACHE: expected auto, disk, memory or off. Correct or unset it",
        ),
        refusing(
            "unknown_word_of_interactive",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_INTERACTIVE", "yes");
            },
            "CNP101",
            "Invalid value `yes` for CODEARTIFACT_NUGET_INTERACTIVE: expected auto, always or never. Correct or unset it",
        ),
        refusing(
            "a_list_of_profiles_with_a_hole",
            |stage| {
                stage.set("CODEARTIFACT_NUGET_PROFILE", "dev,,ci");
            },
            "CNP101",
            "Invalid value `dev,,ci` for CODEARTIFACT_NUGET_PROFILE: expected profiles of the shared config and credentials files, separated by commas. Correct or unset it",
        ),
        refusing(
            "an_owner_that_no_policy_allows",
            |stage| file(stage, "[policy]\nallowed_owners = [\"999999999999\"]\n"),
            "CNP105",
            "Account 111122223333 is not in `allowed_owners` of the policy in `<root>/home/.config/nuget-plugin-codeartifact/config.toml`, so no token for its domain `my-domain` is requested. If you trust the account, add it there",
        ),
        trial("rules_and_policies_with_wrong_values", wrong_values),
        trial("a_broken_configuration_is_silent_on_foreign_sources", foreign),
        trial("durations_that_are_asked_for", durations),
        trial("a_configuration_file_elsewhere", elsewhere),
        trial("unusable_paths_of_our_hosts", paths),
    ]
}

/// A test of a request that fails with this code, and with this text somewhere in its line.
fn refusing(
    name: &'static str,
    set_up: fn(&mut Stage),
    code: &'static str,
    text: &'static str,
) -> Trial {
    trial(name, move || {
        let mut stage = Stage::new().with_log();
        set_up(&mut stage);
        let line = stage.line_for(SOURCE);
        assert!(line.contains(&format!("[{code}]")) && line.contains(text), "{line}");
    })
}

/// Each error with its line, its column, and its message.
const WRONG_VALUES: [(&str, usize, usize, &str); 36] = [
    ("profile = []", 1, 11, "the list is empty. Remove the key instead"),
    (
        "profile = \" dev\"",
        1,
        11,
        "expected the name of a profile in the shared config or credentials file",
    ),
    ("profile = 1", 1, 11, "expected one value in quotes, or a list of them, found integer `1`"),
    ("interactive = \"no\"", 1, 15, "expected auto, always or never"),
    ("interactive = false", 1, 15, "expected a string, found boolean `false`"),
    ("rules = 1", 1, 9, "expected a list, found integer `1`"),
    ("[rule]", 1, 2, "unknown key `rule`. Did you mean `rules`?"),
    ("[[rules]]\nprofil = \"a\"", 2, 1, "unknown key `profil`. Did you mean `profile`?"),
    (
        "[[rules]]\npassword = \"hunter2\"",
        2,
        1,
        "unknown key `password`. Known keys: `domain`, `owner`, `region`, `repository`, `profile`, `prefer`, `role`, `duration_seconds`, `endpoint_url`, `sts_endpoint_url`, `sso_endpoint_url`, `proxy`, `ca_bundle`, `interactive`",
    ),
    ("[[rules]]\ndomain = \"Team-*\"", 2, 10, "expected a pattern of a-z, 0-9, `-`, `*` and `?`"),
    (
        "[[rules]]\ndomain = [\"a\", \"\"]",
        2,
        16,
        "expected a pattern of a-z, 0-9, `-`, `*` and `?`",
    ),
    (
        "[[rules]]\nowner = \"1111\"",
        2,
        9,
        "expected an account (twelve digits) or a pattern of digits, `*` and `?`, in quotes",
    ),
    (
        "[[rules]]\nowner = 111122223333",
        2,
        9,
        "expected one value in quotes, or a list of them, found integer `111122223333`",
    ),
    (
        "[[rules]]\nregion = \"europe\"",
        2,
        10,
        "expected an AWS region or a pattern of a-z, 0-9, `-`, `*` and `?`",
    ),
    (
        "[[rules]]\nrepository = \"a/b\"",
        2,
        14,
        "expected a pattern of A-Z, a-z, 0-9, `.`, `_`, `-`, `*` and `?`",
    ),
    ("[[rules]]\nprefer = \"keys\"", 2, 10, "expected environment or profile"),
    (
        "[[rules]]\nrole = \"reader\"",
        2,
        8,
        "expected a role's ARN, such as `arn:aws:iam::111122223333:role/reader`",
    ),
    (
        "[[rules]]\nrole = 1",
        2,
        8,
        "expected one value in quotes, or a list of them, found integer `1`",
    ),
    ("[[rules]]\nrole = { external_id = \"id\" }", 2, 8, "missing key `arn`"),
    (
        "[[rules]]\nrole = [\n{ arn = \"arn:aws:iam::111122223333:role/r\", external = \"id\" }]",
        3,
        45,
        "unknown key `external`. Known keys: `arn`, `external_id`, `session_name`",
    ),
    (
        "[[rules]]\nrole = { arn = \"arn:aws:iam::111122223333:role/r\", session_name = \"a b\" }",
        2,
        67,
        "expected 2 to 64 of A-Z, a-z, 0-9 and `_+=,.@-`",
    ),
    (
        "[[rules]]\nrole = { arn = \"arn:aws:iam::111122223333:role/r\", external_id = \"\" }",
        2,
        66,
        "expected 2 to 1224 of A-Z, a-z, 0-9 and `_+=,.@:/-`",
    ),
    (
        "[[rules]]\nduration_seconds = 60",
        2,
        20,
        "expected 0 (as long as the role's session) or 900 to 43200 seconds",
    ),
    (
        "[[rules]]\nendpoint_url = \"http://a.example\"",
        2,
        16,
        "expected an https URL without user, query and fragment (http only for this machine)",
    ),
    (
        "[[rules]]\nsts_endpoint_url = \"https://u:hunter2@a.example\"",
        2,
        20,
        "expected an https URL without user, query and fragment (http only for this machine)",
    ),
    (
        "[[rules]]\nsso_endpoint_url = \"a.example\"",
        2,
        20,
        "expected an https URL without user, query and fragment (http only for this machine)",
    ),
    (
        "[[rules]]\nproxy = \"socks5://u:hunter2@p:1\"",
        2,
        9,
        "expected a proxy's URL, such as `http://proxy.example:3128` or `http://user:password@proxy.example`",
    ),
    ("[[rules]]\nproxy = [\"http://u:hunter2@p:1\"]", 2, 9, "expected a string, found sequence"),
    ("[[rules]]\nca_bundle = \"ca.pem\"", 2, 13, "expected an absolute path"),
    (
        "[policy]\nallowed_owners = [\"x\"]",
        2,
        19,
        "expected the domain's account: twelve digits, in quotes",
    ),
    (
        "[policy]\nallowed_owners = \"111122223333\"",
        2,
        18,
        "expected a list, found string \"111122223333\"",
    ),
    (
        "[policy]\nallowed_hosts = [\"https://h\"]",
        2,
        18,
        "expected a host or a pattern in lower case, without scheme, port and path",
    ),
    ("[policy]\nlongest_duration_seconds = 0", 2, 28, "expected 900 to 43200"),
    ("[policy]\ncache = \"disk\"", 2, 9, "expected memory or off"),
    ("[policy]\ninteractive = \"always\"", 2, 15, "expected auto or never"),
    (
        "[policy]\ninterctive = \"never\"",
        2,
        1,
        "unknown key `interctive`. Did you mean `interactive`?",
    ),
];

fn wrong_values() {
    let stage = Stage::new().with_log();
    for (toml, line, column, message) in WRONG_VALUES {
        stage.home.write_configuration(&format!("{toml}\n"));
        let file = "<root>/home/.config/nuget-plugin-codeartifact/config.toml";
        let place = format!(
            "[CNP102] Invalid configuration file `{file}`, line {line}, column {column}: {message}"
        );
        let end = if message.ends_with('?') { " " } else { ". " };
        let said = stage.line_for(SOURCE);
        assert!(said.contains(&format!("{place}{end}Correct it, then check: ")), "{toml}: {said}");
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
            "[CredentialProvider]CodeArtifact: [CNP408] `{HOST}{path_shown}` names no NuGet repository; its URL is `{HOST}{right}`"
        );
        assert_eq!(answer.assert_refusal("Error").the_warning(), line);
        nuget.finish();
    }
    stage.assert_no_secrets();
    assert_eq!(stage.fake.token_calls().len(), 0);
}
