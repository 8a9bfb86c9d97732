//! `configure import`: takes over the configuration of AWS's own provider.

use super::{configuration, configure, configure_fails};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, trial};

const FILE: &str = "<root>/home/.config/nuget-plugin-codeartifact/config.toml";
const TOLD: &str = r#"{
    "DefaultProfile": "dev",
    "SourceProfileOverrides": {
        "https://d1-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/libs/v3/index.json": "team",
        "https://nuget.example/v3/index.json": "other"
    }
}"#;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("profiles_become_a_default_and_rules", taken_over),
        trial("importing_again_changes_nothing", again),
        trial("a_named_file_and_an_own_default", named),
        trial("what_cannot_be_imported_is_said", not_imported),
    ]
}

/// A home in which AWS's provider has this configuration, in its folder.
fn told(folder: &str, text: &str) -> SandboxHome {
    let home = SandboxHome::new();
    home.write(&format!("home/.nuget/plugins/netcore/{folder}/configuration.json"), text);
    home
}

fn taken_over() {
    for folder in
        ["AWS.CodeArtifact.NuGetCredentialProvider", "AWS.CodeArtifact.NuGet.CredentialProvider"]
    {
        let home = told(folder, TOLD);
        assert_eq!(
            configure(&home, &["import"]),
            format!(
                "Imported `<root>/home/.nuget/plugins/netcore/{folder}/configuration.json` into `{FILE}`:\n  \
                 profile `dev`: used if no rule chooses another\n  \
                 rule 1: profile `team` for repository `libs` of domain `d1` (111122223333, eu-west-1)\n  \
                 `https://nuget.example/v3/index.json`: skipped, because it is not the URL of a CodeArtifact NuGet repository\n\
                 note: Rule 1 chooses an identity for some repositories of a domain, and the default \
                 identity is used for the others. NuGet keeps one token for each host, so the first one \
                 is used for all of them until it is refused. Use one identity that can read all, or \
                 restore them separately\n"
            )
        );
        assert_eq!(
            configuration(&home),
            "profile = \"dev\"\n\n[[rules]]\ndomain = \"d1\"\nowner = \"111122223333\"\n\
             region = \"eu-west-1\"\nrepository = \"libs\"\nprofile = \"team\"\n"
        );
    }
}

fn again() {
    let home = told("AWS.CodeArtifact.NuGetCredentialProvider", TOLD);
    configure(&home, &["import"]);
    let before = configuration(&home);
    let out = configure(&home, &["import"]);
    assert!(out.contains("profile `dev`: already set\n"), "{out}");
    assert!(out.contains("(111122223333, eu-west-1): already has a rule\n"), "{out}");
    assert_eq!(configuration(&home), before);
}

fn named() {
    let home = SandboxHome::new();
    home.write_configuration("profile = \"mine\" # ours\n");
    let file = home.write(
        "theirs.json",
        "\u{feff}{\"DefaultProfile\":\"dev\",\"SourceProfileOverrides\":null}",
    );
    let out = configure(&home, &["import", &file.to_string_lossy()]);
    let said = "  profile `dev`: skipped, because `profile` is \"mine\". To change it: ";
    assert!(out.contains(said) && out.ends_with(" configure set profile dev\n"), "{out}");
    assert_eq!(configuration(&home), "profile = \"mine\" # ours\n");
}

fn not_imported() {
    let home = SandboxHome::new();
    assert_eq!(
        configure_fails(&home, &["import"]),
        "error: [CNP114] Nothing to import: \
         `<root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider/configuration.json` or \
         `<root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGet.CredentialProvider/configuration.json` or \
         `<root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider/configuration.json` or \
         `<root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGet.CredentialProvider/configuration.json` does not exist. \
         Give the path of `configuration.json`"
    );
    for text in ["[]", "{", "{\"SourceProfileOverrides\": {\"a\": 1}}", "{\"DefaultProfile\": 1}"] {
        let file = home.write("theirs.json", text);
        let line = configure_fails(&home, &["import", &file.to_string_lossy()]);
        let head =
            "error: [CNP115] `<root>/theirs.json` is not a configuration of AWS's own provider: ";
        assert!(line.starts_with(head), "{line}");
    }
}
