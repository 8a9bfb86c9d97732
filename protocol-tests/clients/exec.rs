//! `dotnet` started by `exec`: the credentials are in NuGet's variables, and no plugin is started.

use crate::support::dotnet::Dotnet;
use crate::support::fake_codeartifact::{Package, Repository};
use crate::support::process::Run;
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::restore::PACKAGE;
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("exec_restores_from_all_sources_without_a_plugin", all_sources),
        with_dotnet("exec_goes_before_credentials_in_a_file", before_a_file),
        with_dotnet("exec_without_the_plugin_installed", not_installed),
        with_dotnet("exec_and_the_plugin_for_a_token_that_is_refused", refused),
    ]
}

/// The plugin's first line in its log.
const STARTED: &str = " started";

fn restore(stage: &Stage) -> Run {
    Dotnet::needed().run_by_exec(
        &stage.home,
        &SandboxHome::plugin(),
        &["restore", "app", "--tl:off"],
    )
}

fn all_sources() {
    let stage = Stage::new();
    let names = ["my-org/my-packages", "a b", "a.b", "Größe", "q'$x%PATH%"];
    let mut sources = Vec::new();
    let mut packages = Vec::new();
    for (number, name) in names.into_iter().enumerate() {
        let domain = if number < 3 { "my-domain" } else { "other-domain" };
        let repository = Repository::of(domain, "111122223333", &format!("repo-{number}"));
        let package = format!("Sandbox.Number{number}");
        stage.fake.add_package(&repository, &Package::library(&package, "1.0.0"));
        sources.push((name, stage.fake.source(&repository)));
        packages.push(package);
    }
    let sources: Vec<_> = sources.iter().map(|(name, url)| (*name, url.as_str())).collect();
    stage.home.write_nuget_config(&sources);
    stage.home.install_plugin();
    let stage = stage.with_log();
    let wanted: Vec<_> = packages.iter().map(|package| (package.as_str(), "1.0.0")).collect();
    stage.home.write_project("app", &wanted);
    restore(&stage).assert_success().assert_silent_on("CredentialProvider");
    for package in &packages {
        assert!(stage.has_package(package, "1.0.0"), "{package} did not come");
    }
    assert_eq!(stage.token_calls(), 2);
    assert!(!stage.log().contains(STARTED), "NuGet started the plugin:\n{}", stage.log());
    stage.home.assert_no_secrets();
    // As it would have without `exec`.
    stage.forget_packages();
    stage.restore(&[]).assert_success();
    assert!(stage.log().contains(STARTED), "{}", stage.log());
}

fn before_a_file() {
    let stage = Stage::restoring().with_log();
    stage.home.write_nuget_config_with(
        &[("my-repo", &stage.source)],
        "<packageSourceCredentials><my-repo><add key=\"Username\" value=\"aws\" /><add \
         key=\"ClearTextPassword\" value=\"of-yesterday\" /></my-repo></packageSourceCredentials>",
    );
    restore(&stage).assert_success();
    stage.assert_restored();
    assert!(!stage.log().contains(STARTED), "{}", stage.log());
}

fn not_installed() {
    let stage = Stage::new().with_package().with_nuget_config();
    stage.home.write_project("app", &[(PACKAGE, "1.0.0")]);
    stage.dotnet(&["restore", "app", "--tl:off"]).assert_failure();
    restore(&stage).assert_success();
    stage.assert_restored();
}

/// NuGet asks the plugin then, which is still there.
fn refused() {
    let stage = Stage::restoring().with_log();
    stage.restore(&[]).assert_success();
    stage.forget_packages();
    stage.fake.revoke_issued_tokens();
    restore(&stage).assert_success();
    stage.assert_restored();
    assert!(stage.log().contains(STARTED), "{}", stage.log());
}
