//! The identity and the network path that a rule chooses.

use super::sources::{role, rule};
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, FakeCodeArtifact};
use crate::support::stage::conversation::{failing, token_of_a_process};
use crate::support::stage::{SOURCE, Stage};
use crate::support::trials::{Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_rules_profile_is_used_without_environment_keys", profile_alone),
        trial("a_rule_prefers_the_environment", prefers_environment),
        trial("a_rules_roles_are_on_top_of_the_environments_keys", roles_on_top),
        trial("a_rules_endpoints_go_before_all_others", endpoints),
        trial("a_changed_rule_is_another_identity", changed_rule),
        failing(
            "none_of_a_rules_profiles_is_there",
            |stage| {
                stage.home.write("home/.aws/config", "[profile other]\nregion = eu-west-1\n");
                rule(stage, "profile = [\"gone\", \"lost\"]");
            },
            "[CNP203] Rule 1's profiles `gone`, `lost` do not exist (the only profile is `other`). Correct the rule, or create the profile; to see the rules: dotnet codeartifact configure list",
        ),
        failing(
            "a_rules_role_is_refused",
            |stage| {
                stage.fake.role_wants_external_id(&role("reader"), "hunter2");
                rule(stage, &format!("role = \"{}\"", role("reader")));
            },
            "[CNP220] No AWS credentials from the environment's keys: STS refused the role `arn:aws:iam::111122223333:role/reader` (AccessDenied: User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/reader). See the failure without the plugin: aws sts get-caller-identity",
        ),
        failing(
            "a_rules_proxy_does_not_connect",
            |stage| {
                stage.with_real_endpoints().set("HTTPS_PROXY", "http://proxy.invalid");
                rule(stage, "proxy = \"http://me:hunter2@127.0.0.1:1\"");
            },
            "[CNP320] The proxy `127.0.0.1:<port>` does not connect to `codeartifact.eu-west-1.amazonaws.com`: connection refused. Check rule 1's `proxy`.",
        ),
        failing(
            "a_rules_bundle_is_not_there",
            |stage| {
                stage.set("AWS_CA_BUNDLE", "/nowhere/of-the-variable.pem");
                let bundle = stage.home.path("nowhere/of-the-rule.pem");
                rule(stage, &format!("ca_bundle = '{}'", bundle.display()));
            },
            "[CNP307] Rule 1's `ca_bundle` `<root>/nowhere/of-the-rule.pem` cannot be used: No such file or directory (os error 2). Correct or remove rule 1's `ca_bundle`.",
        ),
        failing(
            "a_profiles_bundle_is_not_there",
            |stage| {
                stage.with_profile("[profile dev]\naws_access_key_id = AKIAX\naws_secret_access_key = hunter2\nca_bundle = /nowhere/of-the-profile.pem\n");
            },
            "[CNP307] `ca_bundle` of profile `dev` `/nowhere/of-the-profile.pem` cannot be used: No such file or directory (os error 2). Correct or remove `ca_bundle` of profile `dev`.",
        ),
        failing(
            "a_variables_bundle_goes_before_a_profiles",
            |stage| {
                stage.with_profile("[profile dev]\naws_access_key_id = AKIAX\naws_secret_access_key = hunter2\nca_bundle = /nowhere/of-the-profile.pem\n");
                stage.set("AWS_CA_BUNDLE", "/nowhere/of-the-variable.pem");
            },
            "[CNP307] AWS_CA_BUNDLE `/nowhere/of-the-variable.pem` cannot be used: No such file or directory (os error 2). Correct it, or remove it: unset AWS_CA_BUNDLE",
        ),
    ]
}

/// A profile with a key that the fake knows, besides that of the environment.
fn stage_with_profile() -> Stage {
    let stage = Stage::new().with_log();
    stage.fake.add_access_key("AKIAFAKECI", "hunter2-ci", "arn:aws:iam::111122223333:user/ci");
    stage.home.write(
        "home/.aws/credentials",
        "[ci]\naws_access_key_id = AKIAFAKECI\naws_secret_access_key = hunter2-ci\n",
    );
    stage
}

fn signers(fake: &FakeCodeArtifact) -> Vec<String> {
    fake.token_calls().into_iter().map(|call| call.access_key_id).collect()
}

fn profile_alone() {
    let stage = stage_with_profile();
    rule(&stage, "profile = [\"gone\", \"ci\"]");
    token_of_a_process(&stage.home, SOURCE);
    token_of_a_process(&stage.home, SOURCE);
    assert_eq!(signers(&stage.fake), ["AKIAFAKECI"]);
}

fn prefers_environment() {
    let mut stage = stage_with_profile();
    rule(&stage, "profile = \"ci\"\nprefer = \"environment\"");
    token_of_a_process(&stage.home, SOURCE);
    stage.without_keys();
    token_of_a_process(&stage.home, SOURCE);
    assert_eq!(signers(&stage.fake), [ACCESS_KEY_ID, "AKIAFAKECI"]);
}

fn roles_on_top() {
    let stage = Stage::new().with_log();
    stage.fake.role_wants_external_id(&role("first"), "between-us");
    stage.fake.role_trusts(&role("second"), "arn:aws:sts::111122223333:assumed-role/first/");
    rule(
        &stage,
        &format!(
            "role = [{{ arn = \"{}\", external_id = \"between-us\", session_name = \"build\" }}, \"{}\"]",
            role("first"),
            role("second")
        ),
    );
    token_of_a_process(&stage.home, SOURCE);
    assert_eq!(signers(&stage.fake), ["ASIAFAKESECOND"]);
    let assumed = stage.fake.assumed_roles();
    let names: Vec<&str> = assumed.iter().map(|role| role.session_name.as_str()).collect();
    assert_eq!(names, ["build", "nuget-plugin-codeartifact"]);
    let calls = stage.fake.requests().len();
    token_of_a_process(&stage.home, SOURCE);
    assert_eq!(stage.fake.requests().len(), calls);
}

fn endpoints() {
    let mut stage = Stage::new().with_log();
    stage.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://variable.invalid");
    stage.set("AWS_ENDPOINT_URL_STS", "https://variable.invalid");
    let url = stage.fake.url();
    rule(
        &stage,
        &format!(
            "endpoint_url = \"{url}\"\nsts_endpoint_url = \"{url}\"\nrole = \"{}\"",
            role("reader")
        ),
    );
    token_of_a_process(&stage.home, SOURCE);
    assert_eq!(signers(&stage.fake), ["ASIAFAKEREADER"]);
}

/// Its token is kept for it, and is there again when it is changed back.
fn changed_rule() {
    let stage = stage_with_profile();
    let role_rule = format!("role = \"{}\"", role("reader"));
    for text in ["profile = \"ci\"", &role_rule, "profile = \"ci\"", &role_rule, ""] {
        rule(&stage, text);
        token_of_a_process(&stage.home, SOURCE);
    }
    assert_eq!(signers(&stage.fake), ["AKIAFAKECI", "ASIAFAKEREADER", ACCESS_KEY_ID]);
}
