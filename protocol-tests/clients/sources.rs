//! More than one source, more than one plugin, and passwords beside the plugin.

use crate::support::fake_codeartifact::{Access, FakeCodeArtifact, Package, Repository};
use crate::support::fake_internet::FakeInternet;
#[cfg(unix)]
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::restore::PACKAGE;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_beside_a_wrong_password_in_nuget_config", wrong_password),
        with_dotnet("restore_of_two_domains_behind_one_host", two_domains),
        with_dotnet("restore_with_two_plugins", two_plugins),
        with_dotnet("restore_beside_a_foreign_source_with_password", foreign_password),
        with_dotnet("restore_with_an_audit_source", audit_source),
        with_dotnet("restore_under_real_host_names", real_host_names),
    ]
}

fn wrong_password() {
    let stage = Stage::restoring();
    let source = stage.fake.source(&stage.repository);
    let leftover = credentials("my-repo", "aws", "stale");
    stage.home.write_nuget_config_with(&[("my-repo", &source)], &leftover);
    stage.restore(&[]).assert_success();
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1);
}

fn two_domains() {
    let stage = Stage::restoring();
    let second = Repository::of("second-domain", "444455556666", "my-repo");
    stage.fake.add_package(&second, &Package::library("Sandbox.Second", "1.0.0"));
    let sources = [stage.fake.source(&stage.repository), stage.fake.source(&second)];
    stage.home.write_nuget_config(&[("first", &sources[0]), ("second", &sources[1])]);
    stage.home.write_project("app", &[(PACKAGE, "1.0.0"), ("Sandbox.Second", "1.0.0")]);
    stage.restore(&[]).assert_success().assert_silent_on(OUR_LINE);
    assert!(stage.has_package("Sandbox.Second", "1.0.0"));
    stage.assert_restored();
    let mut domains: Vec<_> = stage.fake.token_calls().into_iter().map(|it| it.domain).collect();
    domains.sort();
    assert_eq!(domains, ["my-domain", "second-domain"], "one token each");
}

/// Each plugin knows one of the two sources; whoever is asked first for the other's passes.
#[cfg(unix)]
fn two_plugins() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::restoring();
    let theirs = FakeCodeArtifact::start();
    let repository = Repository::new("their-repo");
    theirs.add_package(&repository, &Package::library("Sandbox.Theirs", "1.0.0"));
    let (host, url) = (theirs.host(), theirs.url());
    let configuration = stage.home.write(
        "other-plugin.toml",
        &format!("[[hosts]]\nhost = \"{host}\"\nregion = \"eu-west-1\"\n"),
    );
    let script = stage.home.write(
        "bin/nuget-plugin-another",
        &format!(
            "#!/bin/sh\nexport CODEARTIFACT_NUGET_CONFIG_FILE='{}'\n\
             export AWS_ENDPOINT_URL_CODEARTIFACT='{url}'\nexec '{}' \"$@\"\n",
            configuration.display(),
            SandboxHome::plugin().display()
        ),
    );
    std::fs::set_permissions(script, PermissionsExt::from_mode(0o755)).unwrap();
    let sources = [theirs.source(&repository), stage.fake.source(&stage.repository)];
    stage.home.write_nuget_config(&[("theirs", &sources[0]), ("ours", &sources[1])]);
    stage.home.write_project("app", &[(PACKAGE, "1.0.0"), ("Sandbox.Theirs", "1.0.0")]);
    stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    assert!(stage.has_package("Sandbox.Theirs", "1.0.0"));
    stage.assert_restored();
    assert_eq!((stage.token_calls(), theirs.token_calls().len()), (1, 1));
}

#[cfg(not(unix))]
fn two_plugins() {
    panic!("the second plugin is a shell script")
}

fn foreign_password() {
    let stage = Stage::restoring();
    let foreign = FakeCodeArtifact::start();
    let repository = Repository::new("foreign");
    foreign.set_access(&repository, Access::Password("someone", "else"));
    foreign.add_package(&repository, &Package::library("Sandbox.Foreign", "1.0.0"));
    let sources = [stage.fake.source(&stage.repository), foreign.source(&repository)];
    stage.home.write_nuget_config_with(
        &[("my-repo", &sources[0]), ("foreign", &sources[1])],
        &credentials("foreign", "someone", "else"),
    );
    stage.home.write_project("app", &[(PACKAGE, "1.0.0"), ("Sandbox.Foreign", "1.0.0")]);
    stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    assert!(stage.has_package("Sandbox.Foreign", "1.0.0"));
    stage.assert_restored();
}

fn audit_source() {
    let stage = Stage::restoring();
    let audit = Repository::new("audit");
    stage.fake.report_vulnerable(&audit, PACKAGE);
    let source = stage.fake.source(&stage.repository);
    let section = format!(
        "  <auditSources>\n    <clear />\n    <add key=\"audit\" value=\"{}\" \
         allowInsecureConnections=\"true\" />\n  </auditSources>\n",
        stage.fake.source(&audit)
    );
    stage.home.write_nuget_config_with(&[("my-repo", &source)], &section);
    stage.restore(&[]).assert_success().assert_says("NU1903").assert_silent_on(OUR_LINE);
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1);
}

/// No configuration of ours, https, and a proxy between.
fn real_host_names() {
    let mut stage = Stage::restoring();
    let source = "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";
    let api = "codeartifact.eu-west-1.amazonaws.com";
    let internet = FakeInternet::start(&stage.fake, &[source, api]);
    let authority = stage.home.write("authority.pem", internet.authority());
    let authority = authority.to_string_lossy();
    stage.home.unset("AWS_ENDPOINT_URL_CODEARTIFACT").unset("AWS_ENDPOINT_URL_STS");
    stage.home.set("HTTPS_PROXY", &internet.proxy_url());
    stage.home.set("AWS_CA_BUNDLE", &authority).set("SSL_CERT_FILE", &authority);
    stage.home.write_configuration("");
    let url = format!("https://{source}/nuget/my-repo/v3/index.json");
    stage.home.write_nuget_config(&[("my-repo", &url)]);
    stage.restore(&[]).assert_success().assert_silent_on(OUR_LINE);
    stage.assert_restored();
    let targets = internet.targets();
    for host in [source, api] {
        assert!(targets.contains(&format!("{host}:443")), "{host} is not in {targets:?}");
    }
    assert_eq!(stage.token_calls(), 1);
}

fn credentials(source: &str, user: &str, password: &str) -> String {
    format!(
        "  <packageSourceCredentials>\n    <{source}>\n      <add key=\"Username\" \
         value=\"{user}\" />\n      <add key=\"ClearTextPassword\" value=\"{password}\" />\n    \
         </{source}>\n  </packageSourceCredentials>\n"
    )
}
