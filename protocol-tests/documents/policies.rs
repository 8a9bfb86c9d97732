//! The IAM policies: exactly the actions that are needed, each on the narrowest resource that it takes.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::{example, repository};

const TOKEN: &str = "codeartifact:GetAuthorizationToken";
const BEARER: &str = "sts:GetServiceBearerToken";
const READ: &str = "codeartifact:ReadFromRepository";
const PUBLISH: &str = "codeartifact:PublishPackageVersion";

#[test]
fn each_policy_has_exactly_its_actions_and_resources() {
    let domain = "arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain";
    let repository = "arn:aws:codeartifact:eu-west-1:111122223333:repository/my-domain/my-repo";
    let mirror = "arn:aws:codeartifact:eu-west-1:111122223333:repository/my-domain/public-mirror";
    let packages = "arn:aws:codeartifact:eu-west-1:111122223333:package/my-domain/my-repo/nuget/*";
    let developer = vec![(TOKEN, domain), (BEARER, "*"), (READ, repository), (READ, mirror)];
    let publish = [&developer[..], &[(PUBLISH, packages)]].concat();
    for (name, expected) in [("developer", developer), ("ci-publish", publish)] {
        assert_eq!(allowed(&policy(name)), pairs(&expected), "{name}");
    }
}

#[test]
fn a_bearer_token_is_for_codeartifact_only() {
    for name in ["developer", "ci-publish"] {
        let policy = policy(name);
        let statement = statements(&policy).iter().find(|it| it["Action"] == BEARER).expect(BEARER);
        let condition =
            json!({ "StringEquals": { "sts:AWSServiceName": "codeartifact.amazonaws.com" } });
        assert_eq!(statement["Condition"], condition, "{name}");
    }
}

#[test]
fn other_accounts_are_let_in_by_organization_and_to_one_action_each() {
    for (name, action) in
        [("domain-policy-cross-account", TOKEN), ("repository-policy-cross-account", READ)]
    {
        let policy = policy(name);
        assert_eq!(allowed(&policy), pairs(&[(action, "*")]), "{name}");
        let statement = &statements(&policy)[0];
        assert_eq!(statement["Principal"], json!({ "AWS": "*" }), "{name}");
        let organization = &statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"];
        assert!(organization.as_str().is_some_and(|id| id.starts_with("o-")), "{name}");
    }
}

/// A token of anybody's workflow has the right audience: who it is must be said as well, and no more than
/// one project's branches are ever meant.
#[test]
fn each_trust_policy_names_its_audience_and_its_subject() {
    let github = "token.actions.githubusercontent.com";
    let eks = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE";
    let read = json!([
        "repo:my-org/my-project:pull_request",
        "repo:my-org/my-project:ref:refs/heads/main"
    ]);
    let publish = json!("repo:my-org/my-project:environment:publish");
    let account = json!("system:serviceaccount:gitlab-runner:nuget-publish");
    let branches = json!("project_path:my-group/my-project:ref_type:branch:ref:*");
    for (name, provider, operator, subject) in [
        ("github-read", github, "StringEquals", read),
        ("github-publish", github, "StringEquals", publish),
        ("gitlab", "gitlab.com", "StringLike", branches),
        ("eks-irsa", eks, "StringEquals", account),
    ] {
        let policy = policy(&format!("trust-{name}"));
        let [statement] = &statements(&policy)[..] else { panic!("{name}: one statement") };
        let federated = format!("arn:aws:iam::111122223333:oidc-provider/{provider}");
        assert_eq!(statement["Principal"], json!({ "Federated": federated }), "{name}");
        assert_eq!(statement["Action"], "sts:AssumeRoleWithWebIdentity", "{name}");
        let condition = &statement["Condition"];
        let audience = &condition["StringEquals"][format!("{provider}:aud")];
        assert_eq!(audience, "sts.amazonaws.com", "{name}");
        assert_eq!(condition[operator][format!("{provider}:sub")], subject, "{name}");
    }
}

#[test]
fn a_pods_role_is_for_one_service_account() {
    let policy = policy("trust-eks-pod-identity");
    let [statement] = &statements(&policy)[..] else { panic!("one statement") };
    assert_eq!(statement["Principal"], json!({ "Service": "pods.eks.amazonaws.com" }));
    assert_eq!(statement["Action"], json!(["sts:AssumeRole", "sts:TagSession"]));
    let condition = json!({ "StringEquals": {
        "aws:RequestTag/kubernetes-namespace": "gitlab-runner",
        "aws:RequestTag/kubernetes-service-account": "nuget-publish",
    }});
    assert_eq!(statement["Condition"], condition);
}

/// The app says the same as the JSON files, in other words.
#[test]
fn the_cdk_app_trusts_whom_the_files_trust_and_nobody_by_default() {
    let stack = example("cdk/PackagesStack.cs");
    for subject in ["pull_request", "ref:refs/heads/main", "environment:publish"] {
        assert!(stack.contains(&format!("repo:{{project}}:{subject}\"")), "{subject}");
    }
    let context: Value = serde_json::from_str(&example("cdk/cdk.json")).expect("JSON");
    let keys: Vec<_> = context["context"].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["domain", "publicMirror", "repository"]);
}

/// C# is not compiled here: of the app at least the actions are compared.
#[test]
fn the_cdk_app_and_the_readme_name_the_same_actions() {
    let expected = [TOKEN, BEARER, READ, PUBLISH].map(str::to_owned).into();
    assert_eq!(actions_in(&example("cdk/PackagesStack.cs")), expected);
    let readme = fs::read_to_string(repository("README.md")).expect("the README");
    assert!(actions_in(&readme).is_superset(&expected), "{:?}", actions_in(&readme));
}

/// The words that are actions of the two services.
fn actions_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let is_action = |word: &&str| {
        let name = word.strip_prefix("codeartifact:").or_else(|| word.strip_prefix("sts:Get"));
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    words.filter(is_action).map(str::to_owned).collect()
}

fn policy(name: &str) -> Value {
    serde_json::from_str(&example(&format!("iam/{name}.json"))).expect("JSON")
}

fn statements(policy: &Value) -> &Vec<Value> {
    assert_eq!(policy["Version"], "2012-10-17");
    policy["Statement"].as_array().expect("a list")
}

/// Each action with its resource; nothing is denied, and nothing said the other way round.
fn allowed(policy: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let allow = |statement: &Value| {
        assert_eq!(statement["Effect"], "Allow");
        let (action, resources) = (text(&statement["Action"]), &statement["Resource"]);
        let resources = resources.as_array().cloned().unwrap_or_else(|| vec![resources.clone()]);
        resources.iter().map(|resource| (action.clone(), text(resource))).collect::<Vec<_>>()
    };
    statements(policy).iter().flat_map(allow).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(action, resource)| ((*action).to_owned(), (*resource).to_owned())).collect()
}
