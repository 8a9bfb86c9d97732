//! Restores that fail, or would without the plugin's care. NuGet tries six times, so each of them
//! takes about 7 s, mostly by waiting.

use std::fs;

use crate::support::fake_codeartifact::{Access, FakeCodeArtifact, Repository, TokenBehaviour};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::restore::count;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

/// Without the audit, which would wait for the failing source once more.
const IGNORING: &[&str] = &["--ignore-failed-sources", "-p:NuGetAudit=false"];

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_of_a_forbidden_repository", forbidden),
        with_dotnet("restore_of_two_repositories_one_forbidden", one_of_two_forbidden),
        with_dotnet("restore_denied_by_aws", denied),
        with_dotnet("restore_denied_by_aws_with_the_terminal_logger", denied_in_terminal),
        with_dotnet("restore_denied_by_aws_with_a_copy_on_path", denied_with_a_copy_on_path),
        with_dotnet("restore_without_aws_credentials", without_credentials),
        with_dotnet("restore_ignoring_failed_sources", ignoring_failed_sources),
        with_dotnet("restore_of_a_foreign_source_without_password", foreign_source),
    ]
}

fn forbidden() {
    let stage = Stage::restoring();
    stage.fake.set_access(&stage.repository, Access::Forbidden);
    let run = stage.restore(&[]);
    run.assert_failure().assert_says("NU1301").assert_says("codeartifact:ReadFromRepository");
    assert_eq!(count(&run, OUR_LINE), 1, "{run}");
    assert_eq!(stage.token_calls(), 1, "a 403 says that the token is good");
    stage.home.assert_no_secrets();
}

/// The neighbour on the same host must not suffer.
fn one_of_two_forbidden() {
    let stage = Stage::restoring();
    let forbidden = Repository::new("forbidden");
    stage.fake.set_access(&forbidden, Access::Forbidden);
    let (good, bad) = (stage.fake.source(&stage.repository), stage.fake.source(&forbidden));
    stage.home.write_nuget_config(&[("forbidden", &bad), ("my-repo", &good)]);
    let run = stage.restore(IGNORING);
    run.assert_success().assert_says(OUR_LINE).assert_says("forbidden");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1);
}

fn denied() {
    let stage = Stage::restoring();
    stage.fake.token_api_will(access_denied());
    let run = stage.restore(&[]);
    run.assert_failure().assert_says("warning : [CredentialProvider]CodeArtifact:");
    assert_eq!(count(&run, OUR_LINE), 1, "{run}");
    run.assert_says("codeartifact:GetAuthorizationToken").assert_says("NU1301");
    stage.home.assert_no_secrets();
}

fn denied_in_terminal() {
    let stage = Stage::restoring();
    stage.fake.token_api_will(access_denied());
    let run = stage.dotnet(&["restore", "app", "--tl:on"]);
    run.assert_failure().assert_says(OUR_LINE);
}

/// NuGet asks the copy on PATH after the one in the plugins folder.
fn denied_with_a_copy_on_path() {
    let stage = Stage::restoring();
    SandboxHome::link_plugin(&stage.home.bin().join("nuget-plugin-codeartifact"));
    stage.fake.token_api_will(access_denied());
    let log = stage.home.root().join("plugin.log");
    let variables = [("CODEARTIFACT_NUGET_LOG_FILE", log.to_str().unwrap())];
    let run = stage.dotnet_with(&["restore", "app", "--tl:off"], &variables);
    run.assert_failure().assert_says("NU1301");
    assert_eq!(count(&run, OUR_LINE), 1, "{run}");
    assert_eq!(stage.token_calls(), 1);
    let asked = fs::read_to_string(log).unwrap();
    let processes = asked.lines().filter(|line| line.contains("received Request GetAuth"));
    assert_eq!(processes.count(), 2, "both copies are asked: {asked}");
}

fn without_credentials() {
    let mut stage = Stage::restoring();
    stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
    let run = stage.restore(&[]);
    run.assert_failure().assert_says("credentials");
    assert_eq!(count(&run, OUR_LINE), 1, "{run}");
    assert_eq!(stage.token_calls(), 0);
}

/// Our Warning must not fail a command that would succeed.
fn ignoring_failed_sources() {
    let stage = Stage::restoring();
    let other_host = FakeCodeArtifact::start();
    stage.home.write_configuration(&format!(
        "[[hosts]]\nhost = \"{}\"\nregion = \"eu-west-1\"\n\
         [[hosts]]\nhost = \"{}\"\nregion = \"eu-west-1\"\n",
        stage.fake.host(),
        other_host.host()
    ));
    stage.fake.token_api_for("denied", access_denied());
    let denied = other_host.source(&Repository::of("denied", "111122223333", "my-repo"));
    let good = stage.fake.source(&stage.repository);
    stage.home.write_nuget_config(&[("denied", &denied), ("my-repo", &good)]);
    other_host.add_repository(&Repository::of("denied", "111122223333", "my-repo"));
    let run = stage.restore(IGNORING);
    run.assert_success().assert_says(OUR_LINE);
    stage.assert_restored();
}

fn foreign_source() {
    let stage = Stage::restoring();
    let foreign = FakeCodeArtifact::start();
    let repository = Repository::new("foreign");
    foreign.set_access(&repository, Access::Password("someone", "else"));
    stage.home.write_nuget_config(&[("foreign", &foreign.source(&repository))]);
    let run = stage.restore(&[]);
    run.assert_failure().assert_says("NU1301").assert_silent_on("CredentialProvider");
    run.assert_silent_on("CodeArtifact:");
    assert_eq!(stage.token_calls(), 0, "AWS is not asked for a source of someone else's");
}

fn access_denied() -> TokenBehaviour {
    let text = "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: \
                codeartifact:GetAuthorizationToken on resource: \
                arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain";
    TokenBehaviour::Fail(403, "AccessDeniedException", text)
}
