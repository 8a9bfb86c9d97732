//! NuGet.Config as `dotnet` reads it: `source list` beside `dotnet nuget list source`, and what `source
//! add` and `scrub` leave.

use serde_json::{Value, json};

use crate::support::dotnet::Dotnet;
use crate::support::odd_configs::{ODD, Odd, config, sources};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::SOURCE;
use crate::support::trials::{Trial, with_dotnet};

const USER: &str = "home/.nuget/NuGet/NuGet.Config";
const FURTHER: &str = "home/.nuget/NuGet/config";
const PROJECT: &str = "project/nuget.config";
/// Above the project's.
const ABOVE: &str = "nuget.config";

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        with_dotnet("layers_nothing_but_what_nuget_makes", || same(&[])),
        with_dotnet("layers_nearest_first", nearest_first),
        with_dotnet("layers_clear", clear),
        with_dotnet("layers_disabled", disabled),
        with_dotnet("layers_variables_and_paths", variables_and_paths),
        with_dotnet("layers_names_in_another_case", names_in_another_case),
        with_dotnet("layers_a_name_twice", a_name_twice),
        with_dotnet("layers_casings_of_the_file", casings),
        with_dotnet("layers_further_files_of_the_user", further),
        with_dotnet("layers_machine_and_defaults", machine),
        with_dotnet("layers_another_home", another_home),
        with_dotnet("layers_namespaces_and_encodings", encodings),
        with_dotnet("add_and_dotnet_lists_it", dotnet_lists_it),
    ];
    let scrubbed = ODD.iter().map(|odd| {
        with_dotnet(format!("scrub_{}_and_dotnet_reads_it", odd.name), || assert_read(odd))
    });
    trials.extend(scrubbed);
    trials
}

/// What `dotnet` lists in this home.
fn list_of_dotnet(home: &SandboxHome) -> Run {
    let run = Dotnet::needed().run(home, &["nuget", "list", "source"]);
    run.assert_success();
    run
}

/// What the home's `dotnet` lists and what we list are the same.
#[track_caller]
fn assert_same(home: &SandboxHome) {
    let run = list_of_dotnet(home);
    let theirs = parse(&run.stdout);
    let ours = home.run_plugin(&["source", "list", "--json"]);
    ours.assert_success();
    let ours = ours.result();
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

fn dotnet_lists_it() {
    let home = SandboxHome::new();
    home.run_plugin(&["source", "add", SOURCE]).assert_success();
    list_of_dotnet(&home).assert_says("2.  my-domain/my-repo [Enabled]").assert_says(SOURCE);
}

fn assert_read(odd: &Odd) {
    let home = SandboxHome::new();
    home.write_bytes(PROJECT, &odd.before());
    let before = list_of_dotnet(&home).stdout;
    home.run_plugin(&["scrub", "--yes"]).assert_success();
    assert_eq!(list_of_dotnet(&home).stdout, before);
}
