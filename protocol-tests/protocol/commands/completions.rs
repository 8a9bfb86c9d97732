//! `completions`: a script for each shell, which the shell takes.

use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::trials::{Trial, named};

pub fn trials() -> Vec<Trial> {
    named![
        every_shell_has_a_script_that_knows_commands_and_options,
        #[cfg(unix)]
        bash_completes_commands_options_and_values,
    ]
}

fn every_shell_has_a_script_that_knows_commands_and_options() {
    let home = SandboxHome::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = home.run_plugin(&["completions", shell]);
        for word in ["nuget-plugin-codeartifact", "uninstall", "domain-owner", "duration-seconds"] {
            run.assert_success().assert_says(word);
        }
        assert_eq!(run.stderr, "");
    }
    home.run_plugin(&["completions", "tcsh"])
        .assert_failure()
        .assert_says("[possible values: bash");
}

#[cfg(unix)]
fn bash_completes_commands_options_and_values() {
    let stage = Stage::new();
    let complete = |words: &str| {
        let script = format!(
            ". <(\"$PLUGIN\" completions bash); COMP_WORDS=(nuget-plugin-codeartifact {words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _nuget__plugin__codeartifact nuget-plugin-codeartifact \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             echo \"${{COMPREPLY[@]}}\""
        );
        let run = stage.sh(&format!("exec bash -c '{script}'"));
        run.assert_success().stdout.trim_end().to_owned()
    };
    assert_eq!(complete("unin"), "uninstall");
    assert_eq!(complete("token --dur"), "--duration-seconds");
    assert_eq!(complete("token --format p"), "powershell");
}
