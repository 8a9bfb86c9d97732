//! `source list`: what it says of each source. That it lists what `dotnet` lists is a test of `clients`.

use serde_json::json;

use super::PROJECT;
use crate::support::odd_configs::{config, sources};
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, trial};

const USER: &str = "home/.nuget/NuGet/NuGet.Config";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("what_is_listed", what_is_listed),
        trial("what_is_listed_as_json", what_is_listed_as_json),
        trial("no_secret_of_a_url_is_shown", no_secret_of_a_url),
        trial("a_broken_file", a_broken_file),
        trial("what_nuget_refuses", what_nuget_refuses),
    ]
}

/// NuGet takes a password in a URL; we show none.
fn no_secret_of_a_url() {
    let home = SandboxHome::new();
    let host = "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
    let path = "nuget/my-repo/v3/index.json";
    home.write(
        PROJECT,
        &sources(&format!(
            "user=https://aws:hunter2@{host}/{path} query=https://{host}/{path}?token=hunter2"
        )),
    );
    for arguments in [&["list"][..], &["list", "--json"], &["check"], &["check", "user"]] {
        let run = home.run_plugin(&[&["source"], arguments].concat());
        run.assert_silent_on("hunter2");
    }
    let url = format!("https://aws:hunter2@{host}/{path}");
    home.run_plugin(&["source", "add", &url]).assert_failure().assert_silent_on("hunter2");
}

const OURS: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

/// Mapping, saved credentials and a URL that lacks its index.
fn listed_home() -> SandboxHome {
    let home = SandboxHome::new();
    home.write(
        PROJECT,
        &config(&format!(
            "<packageSources>\n<clear />\n<add key='ours' value='{OURS}' />\n<add key='short' \
             value='{}' />\n</packageSources>\n<packageSourceMapping><packageSource key='ours'>\
             <package pattern='Company.*' /><package pattern='X' /></packageSource>\
             </packageSourceMapping>",
            OURS.replace("v3/index.json", "")
        )),
    );
    home.write(
        USER,
        &config(
            "<packageSourceCredentials><ours><add key='Username' value='aws' />\
             <add key='ClearTextPassword' value='hunter2' /></ours></packageSourceCredentials>",
        ),
    );
    home
}

fn what_is_listed() {
    let home = listed_home();
    let run = home.run_plugin(&["source", "list"]);
    assert_eq!(
        home.neutral(&run.assert_success().stdout),
        format!(
            "ours (enabled)\n  {OURS}\n  CodeArtifact: repository `my-repo`, domain `my-domain` \
             (111122223333, eu-west-1)\n  in <root>/{PROJECT}:5\n  for Company.*, \
             X\n  warning: NuGet sends the credentials saved in `<root>/{USER}` before it calls the plugin. \
             Remove them: dotnet codeartifact scrub\nshort (enabled)\n  {0}\n  in \
             <root>/{PROJECT}:6\n  warning: `{0}` names no NuGet repository; its URL is \
             `{OURS}`\nwarning: package source mapping is on, and `short` has no patterns, so NuGet \
             does not use it. Add them to `packageSourceMapping`.\n",
            OURS.replace("v3/index.json", "")
        )
    );
    run.assert_silent_on("hunter2");
}

fn what_is_listed_as_json() {
    let home = listed_home();
    let run = home.run_plugin(&["source", "list", "--json"]);
    let listing = run.assert_success().result();
    assert_eq!(
        listing["sources"][0],
        json!({
            "name": "ours", "url": OURS, "enabled": true, "path": home.path(PROJECT), "line": 5,
            "layer": "project", "patterns": ["Company.*", "X"], "problem": null,
            "codeartifact": {"domain": "my-domain", "domainOwner": "111122223333", "region": "eu-west-1",
                             "repository": "my-repo"},
            "savedCredentials": {"path": home.path(USER)}
        })
    );
    assert_eq!(
        (listing["sources"][1]["codeartifact"].is_null(), &listing["auditSources"]),
        (true, &json!([]))
    );
}

fn a_broken_file() {
    let home = SandboxHome::new();
    home.write(PROJECT, "<configuration>\n <packageSources>\n</configuration>\n");
    let run = home.run_plugin(&["source", "list", "--json"]);
    let line = format!(
        "`{}` has an error at line 3, column 1: expected 'packageSources' tag, not 'configuration'; \
         correct it",
        home.path(PROJECT).display()
    );
    assert_eq!(run.stderr, format!("error: [CNP403] {line}\n"));
    assert_eq!(run.problem(), line);
    assert_eq!(run.code(), Some(1));
}

fn what_nuget_refuses() {
    let home = SandboxHome::new();
    home.write(
        PROJECT,
        "<configuration><packageSources>\n<add key='a' /></packageSources></configuration>",
    );
    home.run_plugin(&["source", "list"]).assert_success().assert_says(&format!(
        "warning: NuGet refuses `{}` for line 2, column 1: `add` lacks `value`; add it in this \
         case, or remove the element",
        home.path(PROJECT).display()
    ));
}
