//! `doctor` beside the real `dotnet`, and its fixes that are commands of `dotnet`.

use crate::support::process;
use crate::support::stage::doctor::Repair::Paste;
use crate::support::stage::{LIMIT, Stage};
use crate::support::trials::{Trial, with_dotnet};

/// A host of CodeArtifact's own. Nothing connects to it in these tests.
const REAL: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("user_in_a_url", user_in_a_url),
        with_dotnet("region_that_is_misspelt", region_that_is_misspelt),
        with_dotnet("source_disabled", source_disabled),
        with_dotnet("source_without_index", source_without_index),
        with_dotnet(
            "source_that_nuget_refuses_for_plain_http",
            source_that_nuget_refuses_for_plain_http,
        ),
        with_dotnet("source_of_plain_http", source_of_plain_http),
        with_dotnet("everything_works_with_the_real_dotnet", everything_works_with_the_real_dotnet),
        with_dotnet("sdks_of_a_repository_are_not_started", sdks_of_a_repository),
        with_dotnet("a_global_json_means_what_it_means_to_dotnet", global_json),
        with_dotnet("dotnet_leaves_nothing_in_an_empty_home", first_run),
    ]
}

fn user_in_a_url() {
    assert_updated("FAIL  Source `ours` gets no token: it carries user information", |source| {
        source.replacen("http://", "http://aws:hunter2@", 1)
    });
}

fn region_that_is_misspelt() {
    let stage = Stage::working_with_real_dotnet();
    let url = format!("{REAL}/nuget/my-repo/v3/index.json").replace("west", "wets");
    stage.home.write_nuget_config(&[("ours", &url)]);
    let before = stage.doctor(&["--offline"]);
    let (line, fix) = (
        "warn  Source `ours`: `eu-wets-1` is not a known region of CodeArtifact. Did you mean \
         `eu-west-1`?\n",
        "dotnet nuget update source ours --source \
         https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json \
         --configfile <root>/project/NuGet.Config",
    );
    let told = stage.doctor_readable(&before.stdout);
    assert!(told.contains(&format!("{line}      fix: {fix}\n")), "{before}");
    let fix = fix.replace("<root>", &stage.home.root().to_string_lossy());
    let after = stage.paste_then(&fix, "--offline");
    after.assert_success().assert_says("ok    Source `ours` of `").assert_silent_on("wets");
}

fn source_disabled() {
    let mut stage = Stage::working_with_real_dotnet();
    let source = stage.source.clone();
    let disabled = "<disabledPackageSources><add key=\"ours\" value=\"true\" />\
                    </disabledPackageSources>\n";
    stage.home.write_nuget_config_with(&[("ours", &source)], disabled);
    stage.assert_repaired(
        "warn  Source `ours` is disabled, so NuGet ignores it",
        "dotnet nuget enable source ours",
        Paste,
    );
}

fn source_without_index() {
    assert_updated("FAIL  Source `ours` does not name a NuGet repository", |source| {
        source.replace("/v3/index.json", "/")
    });
}

fn source_that_nuget_refuses_for_plain_http() {
    let mut stage = Stage::working_with_real_dotnet();
    let source = stage.source.clone();
    let file = stage.home.write_nuget_config(&[("ours", &source)]);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(" allowInsecureConnections=\"true\"", "")).unwrap();
    stage.assert_repaired(
        "FAIL  Source `ours` uses plain http, which NuGet refuses",
        "dotnet nuget update source ours --source \
         http://127.0.0.1:<port>/nuget/d/my-domain-111122223333/my-repo/v3/index.json \
         --configfile <root>/project/NuGet.Config --allow-insecure-connections",
        Paste,
    );
}

fn source_of_plain_http() {
    let stage = Stage::working_with_real_dotnet();
    let url = format!("{REAL}/nuget/my-repo/v3/index.json").replace("https:", "http:");
    stage.home.write_nuget_config(&[("ours", &url)]);
    // The source itself is out of reach here.
    let before = stage.doctor(&["--offline"]);
    before.assert_failure().assert_says(
        "FAIL  Source `ours` gets no token: CodeArtifact's hosts are asked over https only\n",
    );
    let output = stage.doctor_readable(&before.stdout);
    let fix = "dotnet nuget update source ours --source \
               https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json \
               --configfile <root>/project/NuGet.Config";
    assert!(output.contains(&format!("      fix: {fix}\n")), "{before}");
    let fix = fix.replace("<root>", &stage.home.root().to_string_lossy());
    let after = stage.paste_then(&fix, "--offline");
    after.assert_success().assert_says("ok    Source `ours` of `");
}

fn everything_works_with_the_real_dotnet() {
    let stage = Stage::working_with_real_dotnet();
    let run = stage.doctor(&[]);
    run.assert_success().assert_silent_on("warn  ");
    run.assert_says(" with NuGet 7.").assert_says(", responds through `");
}

/// SDK 10 runs native code of the folders that `sdk.paths` names, whatever it is asked for.
fn sdks_of_a_repository() {
    let stage = Stage::working_with_real_dotnet();
    let (home, mark) = (&stage.home, stage.home.root().join("started"));
    for sdk in ["project/sdks/sdk/10.0.401", "project/sdks/sdk/99.0.100"] {
        home.write(&format!("{sdk}/dotnet.dll"), "");
        let library = std::fs::read(home.netcore().join("libhostpolicy.so")).unwrap();
        home.write_bytes(&format!("{sdk}/libhostpolicy.so"), &library);
        let native = format!("{sdk}/CredentialProvider.CodeArtifact");
        home.script(&native, &format!("touch '{}'", mark.display()));
    }
    home.write("project/global.json", r#"{ "sdk": { "paths": [ "sdks" ] } } // ours"#);
    for arguments in [&["--offline"][..], &[], &["--fix"]] {
        let run = stage.doctor(arguments);
        assert!(!mark.exists(), "{run}");
        let said = stage.doctor_readable(&run.stdout);
        let line = "warn  `<root>/project/global.json` names folders of SDKs (`sdk.paths`)";
        assert!(said.contains(line), "{run}");
    }
    // The attack is one.
    let mut dotnet = home.command("dotnet");
    let _ = process::run(dotnet.arg("--version"), LIMIT);
    assert!(mark.exists(), "the real `dotnet` starts it");
}

/// The nearest file counts, with the same outcome as `dotnet` has in the folder itself.
fn global_json() {
    let stage = Stage::working_with_real_dotnet();
    let version = process::run(stage.home.command("dotnet").arg("--version"), LIMIT);
    let version = version.assert_success().stdout.trim().to_owned();
    let roll_forward = |version: &str| {
        format!(
            r#"{{ /* c */ "sdk": {{ "version": "{version}", "rollForward": "latestMajor" }} }}"#
        )
    };
    for text in [
        r#"{"test":{"runner":"VSTest"}}"#,
        r#"{"sdk":{"version":"99.0.100","rollForward":"disable"}}"#,
        r#"{"sdk":{"version":5}}"#,
        r#"{"sdk":{"version":"../x"}}"#,
        r#"{"sdk":{"version":"10.0.401","rollForward":"odd"}}"#,
        "{\"sdk\":{\"version\":\"1.0.100\"}} // {}",
        r#"{"sdk":{},}"#,
        "[]",
        "{ none",
        &roll_forward("1.0.100"),
        &format!(r#"{{"sdk":{{"version":"{version}"}}}}"#),
    ] {
        stage.home.write("global.json", text);
        let expected = process::run(stage.home.command("dotnet").arg("--version"), LIMIT);
        let run = stage.doctor(&["--offline"]);
        let line = if expected.code() == Some(0) {
            &*format!("ok    SDK {} with NuGet ", expected.stdout.trim())
        } else {
            "FAIL  No SDK can be chosen in this folder (`"
        };
        assert!(run.stdout.contains(line), "{text}: {expected}{run}");
    }
}

/// .NET's first run makes files, and a certificate for developers.
fn first_run() {
    let mut stage = Stage::working_with_real_dotnet();
    for name in ["DOTNET_CLI_TELEMETRY_OPTOUT", "DOTNET_NOLOGO"] {
        stage.unset(name);
    }
    stage.unset("DOTNET_GENERATE_ASPNET_CERTIFICATE");
    let files = || {
        let found = process::run(stage.home.command("find").arg(stage.home.home()), LIMIT).stdout;
        let of_dotnet = found.lines().filter(|line| !line.contains("/.cache"));
        of_dotnet.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = files();
    stage.doctor(&["--offline"]).assert_success();
    assert_eq!(files(), before);
}

/// A broken URL of the source is reported, and fixed with `dotnet`.
fn assert_updated(line: &str, broken: fn(&str) -> String) {
    let mut stage = Stage::working_with_real_dotnet();
    let url = broken(&stage.source.clone());
    stage.home.write_nuget_config(&[("ours", &url)]);
    stage.assert_repaired(
        line,
        "dotnet nuget update source ours --source \
         http://127.0.0.1:<port>/nuget/d/my-domain-111122223333/my-repo/v3/index.json \
         --configfile <root>/project/NuGet.Config --allow-insecure-connections",
        Paste,
    );
}
