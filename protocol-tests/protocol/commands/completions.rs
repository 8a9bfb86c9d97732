//! `completions`: a script for each shell, and what it requests while a person types.

use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        every_shell_has_a_script_for_both_names,
        #[cfg(unix)]
        bash_completes_commands_options_and_names,
        #[cfg(unix)]
        bash_completes_dotnet_codeartifact_and_leaves_the_rest_of_dotnet,
        nothing_is_said_where_nothing_can_be_read,
    ]
}

fn every_shell_has_a_script_for_both_names() {
    let home = SandboxHome::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = home.run_plugin(&["completions", shell]);
        for word in ["nuget-plugin-codeartifact", "dotnet-codeartifact"] {
            run.assert_success().assert_says(word);
        }
        assert_eq!(run.stderr, "");
        let has_dotnet = run.stdout.contains("`dotnet codeartifact`");
        assert_eq!(has_dotnet, matches!(shell, "bash" | "zsh" | "fish"), "{run}");
    }
    home.run_plugin(&["completions", "tcsh"])
        .assert_failure()
        .assert_says("[possible values: bash");
}

/// What bash offers for the last word of the line.
#[cfg(unix)]
#[track_caller]
fn offers(stage: &Stage, function: &str, line: &str) -> Vec<String> {
    let script = format!(
        ". <(\"$PLUGIN\" completions bash); COMP_WORDS=({line}); \
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         {function} \"${{COMP_WORDS[0]}}\" \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
         printf \"%s\\n\" \"${{COMPREPLY[@]}}\""
    );
    let run = stage.sh(&format!("exec bash -c '{script}'"));
    run.assert_success().stdout.lines().map(str::to_owned).collect()
}

#[cfg(unix)]
const OURS: &str = "_clap_complete_nuget_plugin_codeartifact";

/// Names that a person may complete, and one that no shell may be given.
#[cfg(unix)]
fn stage() -> Stage {
    let stage = Stage::new();
    stage.home.write(
        "home/.aws/config",
        "[profile dev]\nregion = eu-west-1\n[profile $(reboot)]\nregion = eu-west-1\n\
         [profile team]\nsso_session = corp\n[sso-session corp]\nsso_region = eu-west-1\n\
         sso_start_url = https://corp.awsapps.example/start\n",
    );
    stage.home.write_nuget_config(&[
        ("my-repo", &stage.source),
        ("theirs", "https://nuget.example/v3/index.json"),
    ]);
    stage
}

#[cfg(unix)]
fn bash_completes_commands_options_and_names() {
    let stage = stage();
    let plugin = "nuget-plugin-codeartifact";
    for (words, offered) in [
        ("unin", &["uninstall"][..]),
        ("token --dur", &["--duration-seconds"]),
        ("token --format p", &["powershell"]),
        ("token --profile \"\"", &["dev", "team"]),
        ("login --sso-session \"\"", &["corp"]),
        ("doctor m", &["my-repo"]),
        ("token --domain \"\"", &["my-domain"]),
        ("token --domain-owner \"\"", &["111122223333"]),
        ("configure get policy.c", &["policy.cache"]),
        ("configure rule add --repository \"\"", &["my-repo"]),
    ] {
        assert_eq!(offers(&stage, OURS, &format!("{plugin} {words}")), offered, "{words}");
    }
    assert_eq!(stage.fake.requests(), [""; 0]);
}

#[cfg(unix)]
fn bash_completes_dotnet_codeartifact_and_leaves_the_rest_of_dotnet() {
    let stage = stage();
    let offered = offers(&stage, "_dotnet_codeartifact", "dotnet codeartifact token --profile d");
    assert_eq!(offered, ["dev"]);
    let script = "_of_dotnet() { COMPREPLY=(restore); }; complete -F _of_dotnet dotnet; \
                  . <(\"$PLUGIN\" completions bash); . <(\"$PLUGIN\" completions bash); \
                  COMP_WORDS=(dotnet res); COMP_CWORD=1; _dotnet_codeartifact dotnet res dotnet; \
                  echo \"${COMPREPLY[@]}\"";
    let run = stage.sh(&format!("exec bash -c '{script}'"));
    assert_eq!(run.assert_success().stdout, "restore\n");
}

fn nothing_is_said_where_nothing_can_be_read() {
    let mut stage = Stage::new();
    stage.home.write("home/.aws/config", "[profile\n");
    stage.home.write("project/nuget.config", "<");
    stage.home.write_configuration("nonsense");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish", "none"] {
        stage.set("NUGET_PLUGIN_CODEARTIFACT_COMPLETE", shell);
        stage.set("_CLAP_COMPLETE_INDEX", "3");
        for words in [&["--", "x", "token", "--profile", ""][..], &["--"], &[]] {
            let run = stage.run(words);
            assert_eq!(run.assert_success().output(), "", "{shell}");
        }
    }
}
