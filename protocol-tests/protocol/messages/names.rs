//! Names that strangers chose: no command prints them so that they break a line, drive the terminal,
//! turn the direction of the text, or are taken for a command by a CI service's runner.

use serde_json::Value;

use crate::support::github_runner::Runner;
use crate::support::odd_configs::config;
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, trial};

const URL: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

/// What a stranger would write into a name.
const EVIL: &str = "::add-mask::a\nok    forged\r##[add-path]/x ##vso[task.setvariable variable=a]b \
                    ##teamcity[x] \u{9b}31m\u{1b}]0;title\u{7}\u{202e}gnp\u{2066}\u{200f}\u{2028}::set-env::";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_source_of_a_strangers_name_is_printed_clean", source),
        trial("a_json_report_keeps_a_strangers_name_and_is_printed_clean", json),
        trial("a_profile_of_a_strangers_name_is_printed_clean", profile),
        trial("a_wrong_command_line_of_a_strangers_words_is_printed_clean", wrong_words),
        #[cfg(unix)]
        trial("a_file_of_a_strangers_name_is_printed_clean", file),
    ]
}

/// As it is written in an attribute.
fn as_attribute() -> String {
    // XML 1.0 cannot have these two, and NuGet would refuse the file.
    let text = EVIL.replace(['\u{1b}', '\u{7}'], "");
    text.replace('\n', "&#10;").replace('\r', "&#13;")
}

/// A project whose sources, mapping and saved credentials have that name.
fn hostile_home() -> SandboxHome {
    let home = SandboxHome::new();
    let name = as_attribute();
    home.write(
        "project/nuget.config",
        &config(&format!(
            "<packageSources><clear /><add key='{name}' value='{URL}' />\
             <add key='{name}2' value='http://{name}/' /><add key='{name}3' value='{name}' />\
             </packageSources><disabledPackageSources><add key='{name}2' value='true' />\
             </disabledPackageSources><packageSourceMapping><packageSource key='{name}'>\
             <package pattern='{name}' /></packageSource></packageSourceMapping>"
        )),
    );
    home
}

fn assert_clean(run: &Run) {
    let runner = Runner::of(&run.output());
    assert!(runner.ran.is_empty(), "{:?} of {run:?}", runner.ran);
    for line in run.output().split('\n') {
        let begins = line.trim_start();
        let is_command = begins.starts_with("::")
            || ["##[", "##vso[", "##teamcity["].iter().any(|command| line.contains(command));
        assert!(!is_command && !begins.starts_with("ok    forged"), "{line:?} of {run:?}");
        let odd = line.chars().find(|character| {
            (character.is_control() && *character != '\t')
                || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(odd, None, "{line:?} of {run:?}");
    }
}

fn source() {
    let home = hostile_home();
    for words in [
        &["source", "list"][..],
        &["source", "check"],
        &["source", "check", EVIL],
        &["source", "add", URL],
        &["source", "add", URL, "--name", EVIL],
        &["doctor", "--offline"],
        &["scrub"],
        &["explain", &format!("{URL}?{EVIL}")],
        &["explain", EVIL],
        &["doctor", "--offline", EVIL],
        &["token", EVIL],
    ] {
        let run = home.run_plugin(words);
        assert!(!run.output().is_empty(), "{run:?}");
        assert_clean(&run);
    }
}

fn json() {
    let home = hostile_home();
    let run = home.run_plugin(&["source", "list", "--json"]);
    assert_clean(run.assert_success());
    let listing = run.result();
    let name = EVIL.replace(['\u{1b}', '\u{7}'], "");
    assert_eq!(listing["sources"][0]["name"], Value::from(name), "{run:?}");
    for words in [&["doctor", "--offline", "--json"][..], &["scrub", "--json"]] {
        let run = home.run_plugin(words);
        assert_clean(&run);
        serde_json::from_str::<Value>(&run.stdout).expect("JSON");
    }
}

fn profile() {
    let mut stage = Stage::new();
    stage.without_keys().set("AWS_PROFILE", EVIL);
    for words in
        [&["token", &stage.source.clone()][..], &["explain", &stage.source.clone()], &["status"]]
    {
        let run = stage.run(words);
        assert_clean(&run);
    }
    let run = stage.run(&["token", &stage.source.clone()]);
    assert_eq!(run.assert_failure().stderr.lines().count(), 1, "{run:?}");
}

/// As where a script passes a branch's name on.
fn wrong_words() {
    let home = SandboxHome::new();
    let option = format!("--{EVIL}");
    for words in [
        &["login", EVIL][..],
        &["login", &option],
        &[EVIL],
        &["source", EVIL],
        &["token", URL, "--duration-seconds", EVIL],
        &["token", URL, "--format", EVIL],
        &["token", URL, "--json", &format!("--profil{EVIL}")],
    ] {
        let run = home.run_plugin(words);
        assert_eq!(run.code(), Some(2), "{run:?}");
        run.assert_says("error: ").assert_says("forged");
        assert_clean(&run);
    }
}

#[cfg(unix)]
fn file() {
    let stage = Stage::new();
    let folder = EVIL.replace('/', "-");
    stage.home.write(&format!("{folder}/NuGet.Config"), "<configuration>");
    stage.home.write(&format!("{folder}/token/file"), "");
    let path =
        |name: &str| stage.home.root().join(&folder).join(name).to_string_lossy().into_owned();
    for words in [
        &["scrub", &path("NuGet.Config")][..],
        &["source", "add", URL, "--configfile", &path("NuGet.Config")],
        &["token", &stage.source, "--output", &path("token")],
        &["token", &stage.source, "--output", &path("new")],
        &["install", "--dir", &path("plugins")],
        &["uninstall", "--dir", &path("plugins")],
        &["configure", "import", &path("none")],
    ] {
        assert_clean(&stage.run(words));
    }
}
