//! Settings that cannot be used, and sources that are ours with an unusable path.

use libtest_mimic::Trial;

use super::stage::{Stage, failing, trial};
use super::support::fake_nuget::FakeNuget;

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
            "the configuration file `/` cannot be read: Is a directory (os error 21); make it readable, or move it away",
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
        trial("a_broken_configuration_is_silent_on_foreign_sources", foreign),
        trial("durations_that_are_asked_for", durations),
        trial("a_configuration_file_elsewhere", elsewhere),
        trial("unusable_paths_of_our_hosts", paths),
    ]
}

fn file(stage: &mut Stage, toml: &str) {
    stage.home.write_configuration(toml);
}

fn foreign() {
    let stage = Stage::new();
    stage.home.write_configuration("[[hosts]\n");
    let mut nuget = FakeNuget::start(&stage.home);
    nuget.ask(FOREIGN, false, true).assert_refusal("Error").assert_no_logs();
    nuget.finish();
}

fn durations() {
    for seconds in ["0", "900", "43200"] {
        let mut stage = Stage::new();
        stage.set("CODEARTIFACT_NUGET_DURATION_SECONDS", seconds);
        stage.assert_succeeds();
        assert_eq!(stage.fake.token_calls()[0].duration, seconds);
    }
    let stage = Stage::new();
    stage.assert_succeeds();
    assert_eq!(stage.fake.token_calls()[0].duration, "43200", "nothing is set");
}

fn elsewhere() {
    let mut stage = Stage::new();
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
    let stage = Stage::new();
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
