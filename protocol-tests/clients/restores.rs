//! `dotnet restore` where all is well.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::support::fake_codeartifact::{Access, Package};
use crate::support::stage::restore::count;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_cold_and_warm", cold_and_warm),
        with_dotnet("restore_after_the_token_is_over_has_a_head_start", head_start),
        with_dotnet("restore_of_ten_projects_on_reused_nodes", ten_projects),
        with_dotnet("restore_with_static_graph", static_graph),
        with_dotnet("restore_in_locked_mode", locked_mode),
        with_dotnet("restore_with_an_msbuild_sdk_from_global_json", msbuild_sdk),
        with_dotnet("restore_after_the_source_said_401_once", unauthorized_once),
        with_dotnet("restore_after_the_cached_token_was_revoked", revoked_token),
    ]
}

fn cold_and_warm() {
    let stage = Stage::restoring();
    stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1, "a cold restore fetches one token");
    stage.forget_packages();
    stage.restore(&[]).assert_success();
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1, "a warm restore fetches none");
    let call = &stage.fake.token_calls()[0];
    let asked = (&*call.domain, &*call.owner, &*call.region, &*call.duration);
    assert_eq!(asked, ("my-domain", "111122223333", "eu-west-1", "43200"));
}

/// NuGet starts plugins in the project's folder, and asks some time later.
fn head_start() {
    let stage = Stage::restoring().with_log();
    stage.fake.tokens_live(Duration::from_secs(30));
    stage.restore(&[]).assert_success();
    fs::remove_file(stage.log_path()).expect("a log");
    stage.forget_packages();
    stage.fake.tokens_live(Duration::from_hours(12));
    stage.restore(&[]).assert_success().assert_silent_on("CredentialProvider");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 2, "{}", stage.log());
    let log = stage.log();
    let early = log.find("head start for").expect("a head start");
    let asked = log.find("received Request GetAuthenticationCredentials").expect("a request");
    assert!(early < asked, "{log}");
}

/// Ten restores on several build nodes, each with a plugin process of its own.
fn ten_projects() {
    let stage = Stage::restoring();
    let mut items = String::new();
    for number in 0..10 {
        let name = format!("app{number}");
        // Each wants a package of its own: what is in the packages folder is not asked for again.
        let package = format!("Sandbox.Number{number}");
        stage.fake.add_package(&stage.repository, &Package::library(&package, "1.0.0"));
        stage.home.write_project(&name, &[(&package, "1.0.0")]);
        let _ = write!(items, "<P Include=\"{name}/{name}.csproj\" />");
    }
    stage.home.write(
        "project/all.proj",
        &format!(
            "<Project><ItemGroup>{items}</ItemGroup><Target Name=\"Restore\">\
             <MSBuild Projects=\"@(P)\" Targets=\"Restore\" BuildInParallel=\"true\" />\
             </Target></Project>"
        ),
    );
    let arguments = ["msbuild", "all.proj", "-t:Restore", "-m:4", "-nr:true", "-tl:off"];
    let reuse = [("MSBUILDDISABLENODEREUSE", "0")];
    stage.dotnet_with(&arguments, &reuse).assert_success().assert_silent_on(OUR_LINE);
    for number in 0..10 {
        let package = format!("Sandbox.Number{number}");
        assert!(stage.has_package(&package, "1.0.0"), "app{number} was not restored");
    }
    stage.home.assert_no_secrets();
    assert_eq!(stage.token_calls(), 1, "all nodes share one token");
}

fn static_graph() {
    let stage = Stage::restoring();
    stage.restore(&["-p:RestoreUseStaticGraphEvaluation=true"]).assert_success();
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1);
}

fn locked_mode() {
    let stage = Stage::restoring();
    stage.restore(&["--use-lock-file"]).assert_success();
    stage.forget_packages();
    stage.restore(&["--locked-mode"]).assert_success();
    stage.assert_restored();
}

fn msbuild_sdk() {
    let stage = Stage::restoring();
    stage.fake.add_package(&stage.repository, &Package::msbuild_sdk("Sandbox.Sdk", "1.0.0"));
    stage.home.write("project/global.json", "{\"msbuild-sdks\": {\"Sandbox.Sdk\": \"1.0.0\"}}");
    stage.home.write(
        "project/app/app.csproj",
        "<Project Sdk=\"Sandbox.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework>\
         </PropertyGroup><ItemGroup><PackageReference Include=\"Sandbox.Greeting\" \
         Version=\"1.0.0\" /></ItemGroup></Project>",
    );
    stage.restore(&[]).assert_success();
    assert!(stage.has_package("Sandbox.Sdk", "1.0.0"), "the SDK did not come");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1);
}

/// The token was fetched just now, so the plugin gives it again and says what the refusal means.
fn unauthorized_once() {
    let stage = Stage::restoring();
    stage.fake.set_access(&stage.repository, Access::RefuseTimes(1));
    let run = stage.restore(&[]);
    run.assert_success();
    assert_eq!(count(&run, OUR_LINE), 1, "{run}");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1, "a token fetched just now is not fetched again");
}

fn revoked_token() {
    let stage = Stage::restoring();
    stage.restore(&[]).assert_success();
    stage.fake.revoke_issued_tokens();
    stage.forget_packages();
    stage.restore(&[]).assert_success().assert_silent_on(OUR_LINE);
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 2, "the refused token was replaced once");
}
