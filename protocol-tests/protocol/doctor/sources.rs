//! What NuGet asks, and what it sends before it asks the plugin.

use crate::support::fake_codeartifact::Repository;
use crate::support::fake_internet::FakeInternet;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::doctor::Repair::{By, Paste};
use crate::support::stage::doctor::{Broken, each_is_repaired};
use crate::support::trials::{Trial, trial};

/// A host of CodeArtifact's own. Nothing connects to it in these tests.
const REAL: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";

const BROKEN: &[Broken] = &[
    Broken {
        name: "no_codeartifact_source",
        set_up: |stage| {
            stage.home.write_nuget_config(&[("other", "https://example.org/index.json")]);
        },
        line: "warn  No CodeArtifact source in the NuGet.Config files of this folder",
        fix: "do: Add one: dotnet codeartifact source add https://<domain>-<account>.d.codeartifact.<region>.amazonaws.com/nuget/<repository>/v3/index.json",
        repair: By(repaired_config),
    },
    Broken {
        name: "nuget_config_that_is_no_xml",
        set_up: |stage| drop(stage.home.write("project/NuGet.Config", "<configuration>\n<add")),
        line: "FAIL  NuGet fails in this folder: `<root>/project/NuGet.Config` has an error at line 1, column 1: the root node was opened but never closed; correct it",
        fix: "",
        repair: By(repaired_config),
    },
    Broken {
        name: "source_without_patterns",
        set_up: |stage| {
            let source = stage.source.clone();
            let mapping = "<packageSourceMapping><packageSource key=\"other\"><package pattern=\"*\" />\
                               </packageSource></packageSourceMapping>";
            stage.home.write_nuget_config_with(&[("ours", &source)], mapping);
        },
        line: "warn  Source `ours` has no patterns in `packageSourceMapping`, so NuGet takes no package from it",
        fix: "do: <packageSource key=\"ours\"><package pattern=\"*\" /></packageSource> inside of <packageSourceMapping>",
        repair: By(repaired_config),
    },
    Broken {
        name: "look_alike_host",
        set_up: |stage| {
            let url = format!("{REAL}.evil.example/nuget/my-repo/v3/index.json");
            stage.home.write_nuget_config(&[("ours", &url)]);
        },
        line: "FAIL  Source `ours` gets no token: the host goes on behind AWS's own name",
        fix: "do: Add the source by its names: dotnet codeartifact source add --domain <domain> --domain-owner <account> --region <region> --repository <repository>",
        repair: By(repaired_config),
    },
    Broken {
        name: "two_domains_on_one_host",
        set_up: |stage| {
            let other = Repository::of("other-domain", "111122223333", "my-repo");
            stage.fake.add_repository(&other);
            let (ours, other) = (stage.source.clone(), stage.fake.source(&other));
            stage.home.write_nuget_config(&[("ours", &ours), ("other", &other)]);
        },
        line: "warn  Source `ours` and source `other` belong to two domains on one host, for which NuGet remembers one password: every restore requests both tokens in turn",
        fix: "do: Give each domain its own host name (VPC endpoints: enable private DNS).",
        repair: By(repaired_config),
    },
    Broken {
        name: "variable_in_a_url_that_is_not_set",
        set_up: |stage| {
            let url = stage.source.clone().replacen("127.0.0.1", "%CA_HOST%", 1);
            stage.home.write_nuget_config(&[("ours", &url)]);
        },
        line: "FAIL  Source `ours`: the variable CA_HOST in its URL is not set, and every restore fails",
        fix: "do: Set it: export CA_HOST='<value>'",
        repair: By(repaired_config),
    },
    Broken {
        name: "blank_before_a_url",
        set_up: |stage| {
            let url = format!(" {}", stage.source.clone());
            stage.home.write_nuget_config(&[("ours", &url)]);
            stage.home.set("NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS", "1");
        },
        line: "warn  NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS is `1`: less than 5 s, or not a number",
        fix: "unset NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS",
        repair: Paste,
    },
    Broken {
        name: "password_in_clear_text",
        set_up: |stage| saved(stage, "ClearTextPassword", "hunter2"),
        line: "warn  `ours` has a saved password in clear text in `<root>/project/NuGet.Config:7`, which NuGet tries before the plugin",
        fix: "dotnet codeartifact scrub <root>/project/NuGet.Config --yes",
        repair: Paste,
    },
    Broken {
        name: "encrypted_password",
        set_up: |stage| saved(stage, "Password", "hunter2"),
        line: "FAIL  `ours` has an encrypted saved password in `<root>/project/NuGet.Config:7`, which NuGet cannot decrypt on this system, so every restore fails",
        fix: "dotnet codeartifact scrub <root>/project/NuGet.Config --yes",
        repair: Paste,
    },
    Broken {
        name: "password_of_a_variable_that_is_not_set",
        set_up: |stage| saved(stage, "ClearTextPassword", "%CODEARTIFACT_AUTH_TOKEN%"),
        line: "warn  `ours` has the password `%CODEARTIFACT_AUTH_TOKEN%`, a variable that is not set, in `<root>/project/NuGet.Config:7`, which NuGet tries before the plugin",
        fix: "dotnet codeartifact scrub <root>/project/NuGet.Config --yes",
        repair: Paste,
    },
    Broken {
        name: "password_given_twice",
        set_up: |stage| {
            let sections = "  <packageSourceCredentials><x><add key='Username' value='u'/><add \
                            key='Password' value='hunter2'/><add key='ClearTextPassword' value='p'/></x>\
                            </packageSourceCredentials>\n";
            let source = stage.source.clone();
            stage.home.write_nuget_config_with(&[("ours", &source)], sections);
        },
        line: "FAIL  NuGet fails in this folder: `<root>/project/NuGet.Config`, line 7, column 100: the credentials of `x` have `ClearTextPassword` or `Password` twice",
        fix: "do: Keep one",
        repair: By(repaired_config),
    },
    Broken {
        name: "password_that_is_empty",
        set_up: |stage| {
            let sections = "  <packageSourceCredentials><x><add key='Username' value='u'/><add \
                            key='ClearTextPassword' value='%NO_TOKEN%'/></x></packageSourceCredentials>\n";
            let source = stage.source.clone();
            stage.home.write_nuget_config_with(&[("ours", &source)], sections);
            stage.home.set("NO_TOKEN", "");
        },
        line: "FAIL  Every restore fails: `<root>/project/NuGet.Config`, line 7, column 63: the password of saved credentials is empty",
        fix: "do: Give it a value, or remove the element",
        repair: By(repaired_config),
    },
    Broken {
        name: "utf_16_that_is_declared_utf_8",
        set_up: |stage| {
            let source = stage.source.clone();
            let path = stage.home.write_nuget_config(&[("ours", &source)]);
            let text = std::fs::read_to_string(&path).unwrap();
            let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
            stage.home.write_bytes(
                "project/NuGet.Config",
                &units.flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
            );
        },
        line: "FAIL  NuGet fails in this folder: `<root>/project/NuGet.Config` is no text that NuGet reads, from line 1 on: its XML declaration says `utf-8`, and its bytes are UTF-16; save it as UTF-8",
        fix: "",
        repair: By(repaired_config),
    },
    #[cfg(target_os = "linux")]
    Broken {
        name: "nuget_config_in_another_case",
        set_up: |stage| drop(stage.home.write("project/Nuget.Config", "<configuration/>")),
        line: "warn  NuGet does not read `<root>/project/Nuget.Config`: on this system it reads `<root>/project/NuGet.Config`",
        fix: "do: Move what you need to `<root>/project/NuGet.Config`, and remove it.",
        repair: By(|stage| {
            std::fs::remove_file(stage.home.root().join("project/Nuget.Config")).unwrap();
        }),
    },
    Broken {
        name: "nuget_config_where_nuget_2_read_it",
        set_up: |stage| drop(stage.home.write("project/.nuget/NuGet.Config", "<configuration/>")),
        line: "warn  NuGet does not read `<root>/project/.nuget/NuGet.Config`: on this system it reads `<root>/project/NuGet.Config`",
        fix: "do: Move what you need to `<root>/project/NuGet.Config`, and remove it.",
        repair: By(|stage| {
            std::fs::remove_file(stage.home.root().join("project/.nuget/NuGet.Config")).unwrap();
        }),
    },
    Broken {
        name: "sources_of_a_project",
        set_up: |stage| {
            stage.home.write(
                "Directory.Build.props",
                "<Project>\n<PropertyGroup>\n<RestoreAdditionalProjectSources>$(X)/feed\
                 </RestoreAdditionalProjectSources></PropertyGroup></Project>",
            );
        },
        line: "warn  `<root>/Directory.Build.props`, line 3, sets `RestoreAdditionalProjectSources`: a restore takes these sources as well, and doctor does not check them",
        fix: "do: Check such a source by its URL: dotnet codeartifact doctor <URL>",
        repair: By(|stage| {
            std::fs::remove_file(stage.home.root().join("Directory.Build.props")).unwrap();
        }),
    },
    Broken {
        name: "credentials_in_a_variable",
        set_up: |stage| {
            let value = "Username=aws;Password=hunter2";
            stage.home.set("NuGetPackageSourceCredentials_ours", value);
        },
        line: "warn  The variable NuGetPackageSourceCredentials_ours has a saved password, which NuGet tries before the plugin",
        fix: "unset NuGetPackageSourceCredentials_ours",
        repair: Paste,
    },
];

pub fn trials() -> Vec<Trial> {
    let others = vec![
        trial("a_source_is_asked_as_nuget_asks", as_nuget_asks),
        trial("thousands_of_mapped_sources_are_checked_in_time", thousands),
    ];
    each_is_repaired(BROKEN).chain(others).collect()
}

fn repaired_config(stage: &mut Stage) {
    let source = stage.source.clone();
    stage.home.write_nuget_config(&[("ours", &source)]);
}

fn saved(stage: &mut Stage, key: &str, password: &str) {
    let source = stage.source.clone();
    let credentials = format!(
        "  <packageSourceCredentials><ours><add key=\"Username\" value=\"aws\" />\
         <add key=\"{key}\" value=\"{password}\" /></ours></packageSourceCredentials>\n"
    );
    stage.home.write_nuget_config_with(&[("ours", &source)], &credentials);
}

/// NuGet does not read `AWS_CA_BUNDLE`, so what it fixes for AWS is not fixed for a restore.
fn as_nuget_asks() {
    let mut stage = Stage::working();
    let host = REAL.trim_start_matches("https://");
    let internet = FakeInternet::start(&stage.fake, &[host]);
    let bundle = stage.home.write("ca.pem", internet.authority()).to_string_lossy().into_owned();
    stage.fake.add_repository(&Repository::new("my-repo"));
    let source = format!("{REAL}/nuget/my-repo/v3/index.json");
    stage.home.write_nuget_config(&[("ours", &source)]);
    stage.home.set("HTTPS_PROXY", &internet.proxy_url()).set("AWS_CA_BUNDLE", &bundle);
    let refused = stage.doctor(&[]);
    refused.assert_failure().assert_says("; trusted certificates: those of `");
    refused.assert_says("FAIL  CNP305");
    stage.home.set("SSL_CERT_FILE", &bundle);
    stage.doctor(&[]).assert_success().assert_says("ok    HTTP 200 in ");
}

/// The mappings are merged once, and not once for each source: that would take longer than any command
/// may.
fn thousands() {
    let home = SandboxHome::new();
    let source = |at: usize| format!("<add key='s{at}' value='{REAL}/nuget/r{at}/v3/index.json'/>");
    let mapping = |at: usize| {
        format!("<packageSource key='s{at}'><package pattern='p{at}'/></packageSource>\n")
    };
    let sources: String = (0..2000).map(source).collect();
    let mappings: String = (0..15_000).map(mapping).collect();
    home.write(
        "project/NuGet.Config",
        &format!(
            "<configuration><packageSources>{sources}</packageSources><packageSourceMapping>{mappings}\
             </packageSourceMapping></configuration>"
        ),
    );
    let run = home.run_plugin(&["doctor", "--offline", "--json"]);
    run.assert_failure().assert_says("Source `s1999`").assert_silent_on("has no patterns");
}
