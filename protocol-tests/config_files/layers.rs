//! `source list` beside `dotnet nuget list source`: the same sources, in the same order and state.

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::plain;
use crate::support::dotnet::Dotnet;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Tool, trial};

const USER: &str = "home/.nuget/NuGet/NuGet.Config";
const FURTHER: &str = "home/.nuget/NuGet/config";
const PROJECT: &str = "project/nuget.config";
/// Above the project's.
const ABOVE: &str = "nuget.config";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("layers_nothing_but_what_nuget_makes", Tool::Dotnet, || same(&[])),
        trial("layers_nearest_first", Tool::Dotnet, nearest_first),
        trial("layers_clear", Tool::Dotnet, clear),
        trial("layers_disabled", Tool::Dotnet, disabled),
        trial("layers_variables_and_paths", Tool::Dotnet, variables_and_paths),
        trial("layers_names_in_another_case", Tool::Dotnet, names_in_another_case),
        trial("layers_a_name_twice", Tool::Dotnet, a_name_twice),
        trial("layers_casings_of_the_file", Tool::Dotnet, casings),
        trial("layers_further_files_of_the_user", Tool::Dotnet, further),
        trial("layers_machine_and_defaults", Tool::Dotnet, machine),
        trial("layers_another_home", Tool::Dotnet, another_home),
        trial("layers_namespaces_and_encodings", Tool::Dotnet, encodings),
        plain("what_is_listed", what_is_listed),
        plain("what_is_listed_as_json", what_is_listed_as_json),
        plain("no_secret_of_a_url_is_shown", no_secret_of_a_url),
        plain("a_broken_file", a_broken_file),
        plain("what_nuget_refuses", what_nuget_refuses),
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

/// A file with these sections.
fn config(sections: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<configuration>\n{sections}\n</configuration>\n")
}

/// A section with these sources.
fn sources(adds: &str) -> String {
    let adds = adds.split_whitespace().map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        format!("<add key='{key}' value='{value}' />")
    });
    config(&format!("<packageSources>{}</packageSources>", adds.collect::<String>()))
}

/// What the home's `dotnet` lists and what we list are the same.
#[track_caller]
fn assert_same(home: &SandboxHome) {
    let dotnet = Dotnet::find().expect("checked before");
    let run = dotnet.run(home, &["nuget", "list", "source"]);
    run.assert_success();
    let theirs = parse(&run.stdout);
    let ours = home.run_plugin(&["source", "list", "--json"]);
    ours.assert_success();
    let ours: Value = serde_json::from_str(&ours.stdout).unwrap();
    let sources = ours["sources"].as_array().unwrap().iter();
    let ours: Vec<_> =
        sources.map(|source| json!([source["name"], source["url"], source["enabled"]])).collect();
    assert_eq!(ours, theirs, "{run}");
}

/// `  1.  name [Enabled]`, and its URL on the next line.
fn parse(listing: &str) -> Vec<Value> {
    let mut lines = listing.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some((_, rest)) = line.trim().split_once(".  ") else { continue };
        let (name, state) = rest.rsplit_once(" [").expect("a state");
        let url = lines.next().expect("a URL").trim();
        found.push(json!([name, url, state == "Enabled]"]));
    }
    found
}

fn same(files: &[(&str, &str)]) {
    let home = SandboxHome::new();
    for (name, text) in files {
        home.write(name, text);
    }
    assert_same(&home);
}

fn nearest_first() {
    same(&[
        (PROJECT, &sources("near=https://near.example/ both=https://near.example/both")),
        (ABOVE, &sources("above=https://above.example/")),
        (USER, &sources("both=https://user.example/both user=https://user.example/")),
    ]);
}

fn clear() {
    let cleared =
        config("<packageSources><clear /><add key='a' value='https://a/' /></packageSources>");
    same(&[
        (PROJECT, &sources("near=https://near.example/")),
        (ABOVE, &cleared),
        (USER, &sources("user=https://user.example/")),
    ]);
}

fn disabled() {
    let disabled = "<disabledPackageSources><add key='a' value='true' /><add key='B' value='true' />\
                    <add key='c' value='false' /></disabledPackageSources>";
    let abc = sources("a=https://a/ b=https://b/ c=https://c/");
    same(&[(PROJECT, &config(disabled)), (USER, &abc)]);
    let cleared = config("<disabledPackageSources><clear /></disabledPackageSources>");
    same(&[(PROJECT, &cleared), (ABOVE, &config(disabled)), (USER, &abc)]);
}

fn variables_and_paths() {
    let mut home = SandboxHome::new();
    home.set("FEED", "https://feed.example");
    let adds = "a=%FEED%/v3/index.json b=%NONE%/x c=https://x/%FEED d=../packages e=.\\local \
                f=/absolute g=https://100%25.example/ h=%NONE%FEED%";
    home.write(PROJECT, &sources(adds));
    assert_same(&home);
}

fn names_in_another_case() {
    let newer = "<packageSources><add key='FEED' value='https://user/' protocolVersion='3' />\
                 <add key='OTHER' value='https://user/other' protocolVersion='4' /></packageSources>";
    same(&[
        (PROJECT, &sources("feed=https://near/ other=https://near/other")),
        (USER, &config(newer)),
    ]);
}

fn a_name_twice() {
    same(&[(PROJECT, &sources("a=https://1/ a=https://2/")), (USER, &sources("u=https://u/"))]);
    same(&[(PROJECT, &sources("a=https://1/ A=https://1/")), (USER, &sources("u=https://u/"))]);
}

fn casings() {
    let home = SandboxHome::new();
    home.write("project/NuGet.Config", &sources("a=https://mixed/"));
    home.write("NuGet.config", &sources("b=https://other/"));
    assert_same(&home);
    home.write(PROJECT, &sources("c=https://lower/"));
    assert_same(&home);
}

fn further() {
    same(&[
        (&format!("{FURTHER}/b.config"), &sources("b=https://b/ both=https://b/both")),
        (&format!("{FURTHER}/a.Config"), &sources("a=https://a/ both=https://a/both")),
        (&format!("{FURTHER}/c.txt"), &sources("c=https://c/")),
        (USER, &sources("user=https://user/")),
    ]);
}

fn machine() {
    let mut home = SandboxHome::new();
    let folder = home.root().join("etc");
    home.set("NUGET_COMMON_APPLICATION_DATA", &folder.to_string_lossy());
    home.write("etc/NuGet/Config/m.config", &sources("m=https://m/"));
    home.write("etc/NuGet/Config/n.Config", &sources("n=https://n/ m=https://n/m"));
    home.write("etc/NuGet/NuGetDefaults.config", &sources("d=https://d/ e=https://m/"));
    home.write(PROJECT, &sources("near=https://near/"));
    assert_same(&home);
    let cleared = config("<packageSources><clear /></packageSources>");
    home.write(PROJECT, &cleared);
    assert_same(&home);
}

fn another_home() {
    let mut home = SandboxHome::new();
    home.write(USER, &sources("home=https://home/"));
    home.write("cli/.nuget/NuGet/NuGet.Config", &sources("cli=https://cli/"));
    home.set("DOTNET_CLI_HOME", &home.root().join("cli").to_string_lossy());
    assert_same(&home);
}

fn encodings() {
    let home = SandboxHome::new();
    let text = "<?xml version='1.0' encoding='utf-16'?><n:configuration xmlns:n='urn:x'>\
                <n:packageSources><n:add key='ä&amp;b' value='https://ä.example/' /></n:packageSources>\
                </n:configuration>";
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
    home.write_bytes(PROJECT, &bytes);
    home.write(USER, &format!("\u{feff}{}", sources("user=https://user/")));
    let latin = sources("ö=https://latin/").replace("\"1.0\"", "\"1.0\" encoding=\"iso-8859-1\"");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(c).unwrap()).collect();
    home.write_bytes(ABOVE, &latin);
    assert_same(&home);
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
    let root = home.root().to_string_lossy().into_owned();
    assert_eq!(
        run.assert_success().stdout.replace(&root, "<root>"),
        format!(
            "ours (enabled)\n  {OURS}\n  CodeArtifact: repository `my-repo`, domain `my-domain` of \
             account 111122223333 in eu-west-1\n  in <root>/project/nuget.config:5\n  for Company.*, \
             X\n  warning: credentials saved in `<root>/{USER}` are sent before the plugin is asked; \
             remove them with `nuget-plugin-codeartifact scrub`\nshort (enabled)\n  {0}\n  in \
             <root>/project/nuget.config:6\n  warning: `{0}` names no NuGet repository; its URL is \
             `{OURS}`\nwarning: package source mapping is on, and `short` has no patterns, so nothing \
             is asked of it; add them to `packageSourceMapping`\n",
            OURS.replace("v3/index.json", "")
        )
    );
    run.assert_silent_on("hunter2");
}

fn what_is_listed_as_json() {
    let home = listed_home();
    let run = home.run_plugin(&["source", "list", "--json"]);
    let listing: Value = serde_json::from_str(&run.assert_success().stdout).unwrap();
    assert_eq!(
        listing["sources"][0],
        json!({
            "name": "ours", "url": OURS, "enabled": true, "file": home.root().join(PROJECT), "line": 5,
            "layer": "project", "patterns": ["Company.*", "X"], "problem": null,
            "codeartifact": {"domain": "my-domain", "owner": "111122223333", "region": "eu-west-1",
                             "repository": "my-repo"},
            "saved_credentials": {"file": home.root().join(USER)}
        })
    );
    assert_eq!(
        (listing["sources"][1]["codeartifact"].is_null(), &listing["audit_sources"]),
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
        home.root().join(PROJECT).display()
    );
    assert_eq!(run.stderr, format!("error: {line}\n"));
    assert_eq!(run.stdout, format!("{}\n", json!({ "error": line })));
    assert_eq!(run.code(), Some(1));
}

fn what_nuget_refuses() {
    let home = SandboxHome::new();
    home.write(
        PROJECT,
        "<configuration><packageSources>\n<add key='a' /></packageSources></configuration>",
    );
    home.run_plugin(&["source", "list"]).assert_success().assert_says(&format!(
        "warning: NuGet refuses `{}` for line 2, column 1: `add` lacks `value`; correct it",
        home.root().join(PROJECT).display()
    ));
}
