//! `CODEARTIFACT_AUTH_TOKEN` under the real `dotnet`.

use crate::support::fake_codeartifact::Access;
use crate::support::stage::restore::count;
use crate::support::stage::{OUR_LINE, Stage};
use crate::support::trials::{Trial, with_dotnet};

const VARIABLE: &str = "CODEARTIFACT_AUTH_TOKEN";

pub fn trials() -> Vec<Trial> {
    vec![
        with_dotnet("restore_with_a_given_token_and_no_aws", without_aws),
        with_dotnet("restore_with_a_given_token_that_is_dead", dead),
        with_dotnet("restore_with_a_given_token_that_may_not", forbidden_without_aws),
    ]
}

fn without_aws() {
    let mut stage = stage();
    let run = stage.home.run_plugin(&["token", &stage.fake.source(&stage.repository)]);
    stage.home.set(VARIABLE, run.stdout.trim_end());
    without_keys(&mut stage);
    stage.restore(&["-warnaserror"]).assert_success().assert_silent_on("CredentialProvider");
    stage.assert_restored();
    assert_eq!(stage.token_calls(), 1, "it was fetched once, by hand");
}

/// The line is shown, and fails nothing, also where warnings would.
fn dead() {
    let mut stage = stage();
    stage.home.set(VARIABLE, "hunter2");
    for run in ["the refused one", "the remembered one"] {
        stage.forget_packages();
        let restore = stage.restore(&["-warnaserror"]);
        let said = format!(
            "{OUR_LINE} The provided token in {VARIABLE} was refused by repository `my-repo`. A token \
             of the environment's keys is used in its place. "
        );
        restore.assert_success().assert_says(&said);
        assert_eq!(count(&restore, OUR_LINE), 1, "{run}");
        stage.assert_restored();
    }
    assert_eq!(stage.token_calls(), 1);
}

fn forbidden_without_aws() {
    let mut stage = stage();
    let run = stage.home.run_plugin(&["token", &stage.fake.source(&stage.repository)]);
    stage.home.set(VARIABLE, run.stdout.trim_end());
    without_keys(&mut stage);
    stage.fake.set_access(&stage.repository, Access::Forbidden);
    let restore = stage.restore(&[]);
    restore.assert_failure();
    let said = format!(
        "The provided token in {VARIABLE} was refused by repository `my-repo`. No AWS credentials found"
    );
    restore.assert_says(&said).assert_says("NU1301");
    assert_eq!(count(&restore, OUR_LINE), 1);
}

/// The fake's host is one of the user's own, so a token has to be bound to its domain.
fn stage() -> Stage {
    let mut stage = Stage::restoring();
    stage.home.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain-111122223333");
    stage
}

fn without_keys(stage: &mut Stage) {
    stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
}
