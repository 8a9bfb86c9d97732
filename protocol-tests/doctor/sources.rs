//! What NuGet asks, and what it sends before it asks the plugin.

use libtest_mimic::Trial;

use super::stage::Mend::{By, Paste};
use super::stage::{Stage, broken, trial, with_dotnet};
use super::support::fake_codeartifact::Repository;
use super::support::fake_internet::FakeInternet;

/// A host of CodeArtifact's own, which nobody asks in these tests.
const REAL: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";

pub fn trials() -> Vec<Trial> {
    vec![
        broken(
            "no_codeartifact_source",
            |stage| {
                stage.home.write_nuget_config(&[("other", "https://example.org/index.json")]);
            },
            "warn  no CodeArtifact source in any NuGet.Config that counts here",
            "do: nuget-plugin-codeartifact source add https://<domain>-<account>.d.codeartifact.<region>.amazonaws.com/nuget/<repository>/v3/index.json",
            By(mended_config),
        ),
        broken(
            "nuget_config_that_is_no_xml",
            |stage| drop(stage.home.write("project/NuGet.Config", "<configuration>\n<add")),
            "FAIL  NuGet does nothing here: `<root>/project/NuGet.Config` has an error at line 1, column 1: \
             the root node was opened but never closed; correct it",
            "",
            By(mended_config),
        ),
        broken(
            "source_without_patterns",
            |stage| {
                let source = stage.source();
                let mapping = "<packageSourceMapping><packageSource key=\"other\"><package pattern=\"*\" />\
                               </packageSource></packageSourceMapping>";
                stage.home.write_nuget_config_with(&[("ours", &source)], mapping);
            },
            "warn  source `ours` has no patterns in `packageSourceMapping`, and NuGet asks it for nothing",
            "do: <packageSource key=\"ours\"><package pattern=\"*\" /></packageSource> inside of \
             <packageSourceMapping>",
            By(mended_config),
        ),
        broken(
            "look_alike_host",
            |stage| {
                let url = format!("{REAL}.evil.example/nuget/my-repo/v3/index.json");
                stage.home.write_nuget_config(&[("ours", &url)]);
            },
            "FAIL  source `ours` gets no token: the host goes on behind AWS's own name",
            "do: nuget-plugin-codeartifact source add --domain <domain> --domain-owner <account> --region \
             <region> --repository <repository>",
            By(mended_config),
        ),
        broken(
            "two_domains_on_one_host",
            |stage| {
                let other = Repository::of("other-domain", "111122223333", "my-repo");
                stage.fake.add_repository(&other);
                let (ours, other) = (stage.source(), stage.fake.source(&other));
                stage.home.write_nuget_config(&[("ours", &ours), ("other", &other)]);
            },
            "warn  source `ours` and source `other` are of two domains on one host, for which NuGet \
             remembers one password: every restore asks for both tokens in turn",
            "do: give each domain a host name of its own (VPC endpoints: switch private DNS on)",
            By(mended_config),
        ),
        broken(
            "variable_in_a_url_that_is_not_set",
            |stage| {
                let url = stage.source().replacen("127.0.0.1", "%CA_HOST%", 1);
                stage.home.write_nuget_config(&[("ours", &url)]);
            },
            "FAIL  source `ours`: the variable CA_HOST in its URL is not set, and every restore fails",
            "export CA_HOST='<its value>'",
            By(mended_config),
        ),
        broken(
            "blank_before_a_url",
            |stage| {
                let url = format!(" {}", stage.source());
                stage.home.write_nuget_config(&[("ours", &url)]);
                stage.home.set("NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS", "1");
            },
            "warn  NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS is `1`: less than 5 s, or no number",
            "unset NUGET_PLUGIN_REQUEST_TIMEOUT_IN_SECONDS",
            Paste,
        ),
        with_dotnet("user_in_a_url", || {
            assert_updated(
                "FAIL  source `ours` gets no token: it carries user information",
                |source| source.replacen("http://", "http://aws:hunter2@", 1),
            );
        }),
        trial("a_source_is_asked_as_nuget_asks", as_nuget_asks),
        broken(
            "password_in_clear_text",
            |stage| saved(stage, "ClearTextPassword", "hunter2"),
            "warn  `<root>/project/NuGet.Config`, line 7, has a password in clear text for source `ours`, \
             which NuGet sends before it asks the plugin (CodeArtifact: repository `my-repo`, domain \
             `my-domain` of account 111122223333 in eu-west-1)",
            "nuget-plugin-codeartifact scrub <root>/project/NuGet.Config --yes",
            Paste,
        ),
        broken(
            "encrypted_password",
            |stage| saved(stage, "Password", "hunter2"),
            "FAIL  `<root>/project/NuGet.Config`, line 7, has an encrypted password for source `ours`, \
             which NuGet cannot decrypt on this system: every restore fails (CodeArtifact: repository `my-repo`, domain \
             `my-domain` of account 111122223333 in eu-west-1)",
            "nuget-plugin-codeartifact scrub <root>/project/NuGet.Config --yes",
            Paste,
        ),
        broken(
            "password_of_a_variable_that_is_not_set",
            |stage| saved(stage, "ClearTextPassword", "%CODEARTIFACT_AUTH_TOKEN%"),
            "warn  `<root>/project/NuGet.Config`, line 7, has the password `%CODEARTIFACT_AUTH_TOKEN%`, a \
             variable that is not set, for source `ours`, which NuGet sends before it asks the plugin \
             (the password is `%CODEARTIFACT_AUTH_TOKEN%`)",
            "nuget-plugin-codeartifact scrub <root>/project/NuGet.Config --yes",
            Paste,
        ),
        broken(
            "credentials_in_a_variable",
            |stage| {
                let value = "Username=aws;Password=hunter2";
                stage.home.set("NuGetPackageSourceCredentials_ours", value);
            },
            "warn  the variable NuGetPackageSourceCredentials_ours is set, whose credentials NuGet sends \
             before it asks the plugin",
            "unset NuGetPackageSourceCredentials_ours",
            Paste,
        ),
        with_dotnet("region_that_is_misspelt", || {
            let stage = Stage::with_real_dotnet();
            let url = format!("{REAL}/nuget/my-repo/v3/index.json").replace("west", "wets");
            stage.home.write_nuget_config(&[("ours", &url)]);
            let before = stage.doctor(&["--offline"]);
            let (line, fix) = (
                "warn  source `ours`: CodeArtifact is not known to be in `eu-wets-1`; `eu-west-1` was \
                 probably meant\n",
                "dotnet nuget update source ours --source \
                 https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json \
                 --configfile <root>/project/NuGet.Config",
            );
            let told = stage.readable(&before.stdout);
            assert!(told.contains(&format!("{line}      fix: {fix}\n")), "{before}");
            let fix = fix.replace("<root>", &stage.home.root().to_string_lossy());
            let after = stage.paste_then(&fix, "--offline");
            after.assert_success().assert_says("ok    source `ours` of `").assert_silent_on("wets");
        }),
        with_dotnet("source_disabled", || {
            let mut stage = Stage::with_real_dotnet();
            let source = stage.source();
            let disabled = "<disabledPackageSources><add key=\"ours\" value=\"true\" />\
                            </disabledPackageSources>\n";
            stage.home.write_nuget_config_with(&[("ours", &source)], disabled);
            stage.assert_mended(
                "warn  source `ours` is disabled, and NuGet does not ask it",
                "dotnet nuget enable source ours",
                Paste,
            );
        }),
        with_dotnet("source_without_index", || {
            assert_updated("FAIL  source `ours` names no NuGet repository", |source| {
                source.replace("/v3/index.json", "/")
            });
        }),
        with_dotnet("source_that_nuget_refuses_for_plain_http", || {
            let mut stage = Stage::with_real_dotnet();
            let source = stage.source();
            let file = stage.home.write_nuget_config(&[("ours", &source)]);
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, text.replace(" allowInsecureConnections=\"true\"", "")).unwrap();
            stage.assert_mended(
                "FAIL  source `ours` is of plain http, which NuGet refuses",
                "dotnet nuget update source ours --source \
                 http://127.0.0.1:<port>/nuget/d/my-domain-111122223333/my-repo/v3/index.json \
                 --configfile <root>/project/NuGet.Config --allow-insecure-connections",
                Paste,
            );
        }),
        with_dotnet("source_of_plain_http", || {
            let stage = Stage::with_real_dotnet();
            let url = format!("{REAL}/nuget/my-repo/v3/index.json").replace("https:", "http:");
            stage.home.write_nuget_config(&[("ours", &url)]);
            // The source itself is out of reach here.
            let before = stage.doctor(&["--offline"]);
            before.assert_failure().assert_says(
                "FAIL  source `ours` gets no token: CodeArtifact's hosts are asked over https only\n",
            );
            let output = stage.readable(&before.stdout);
            let fix = "dotnet nuget update source ours --source \
                       https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json \
                       --configfile <root>/project/NuGet.Config";
            assert!(output.contains(&format!("      fix: {fix}\n")), "{before}");
            let fix = fix.replace("<root>", &stage.home.root().to_string_lossy());
            let after = stage.paste_then(&fix, "--offline");
            after.assert_success().assert_says("ok    source `ours` of `");
        }),
    ]
}

fn mended_config(stage: &mut Stage) {
    let source = stage.source();
    stage.home.write_nuget_config(&[("ours", &source)]);
}

fn saved(stage: &mut Stage, key: &str, password: &str) {
    let source = stage.source();
    let credentials = format!(
        "  <packageSourceCredentials><ours><add key=\"Username\" value=\"aws\" />\
         <add key=\"{key}\" value=\"{password}\" /></ours></packageSourceCredentials>\n"
    );
    stage.home.write_nuget_config_with(&[("ours", &source)], &credentials);
}

/// The source's URL, broken, is told, and put right by `dotnet`.
fn assert_updated(line: &str, broken: fn(&str) -> String) {
    let mut stage = Stage::with_real_dotnet();
    let url = broken(&stage.source());
    stage.home.write_nuget_config(&[("ours", &url)]);
    stage.assert_mended(
        line,
        "dotnet nuget update source ours --source \
         http://127.0.0.1:<port>/nuget/d/my-domain-111122223333/my-repo/v3/index.json \
         --configfile <root>/project/NuGet.Config --allow-insecure-connections",
        Paste,
    );
}

/// NuGet knows no `AWS_CA_BUNDLE`: what that makes good for AWS is not good for a restore.
fn as_nuget_asks() {
    let mut stage = Stage::new();
    let host = REAL.trim_start_matches("https://");
    let internet = FakeInternet::start(&stage.fake, &[host]);
    let bundle = stage.home.write("ca.pem", internet.authority()).to_string_lossy().into_owned();
    stage.fake.add_repository(&Repository::new("my-repo"));
    let source = format!("{REAL}/nuget/my-repo/v3/index.json");
    stage.home.write_nuget_config(&[("ours", &source)]);
    stage.home.set("HTTPS_PROXY", &internet.proxy_url()).set("AWS_CA_BUNDLE", &bundle);
    let refused = stage.doctor(&[]);
    refused.assert_failure().assert_says("; trusted certificates: those of `");
    refused.assert_says(&format!(
        "FAIL  source `ours`: no answer: no trusted TLS connection to `{host}` (its certificate is of an \
         authority that this machine does not trust); NuGet trusts what the system trusts"
    ));
    stage.home.set("SSL_CERT_FILE", &bundle);
    stage.doctor(&[]).assert_success().assert_says("ok    source `ours` answers to the token");
}
