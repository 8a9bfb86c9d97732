//! The IAM policies: exactly the actions that are needed, each on the narrowest resource that it takes.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::{example, files_below, repository};

const TOKEN: &str = "codeartifact:GetAuthorizationToken";
const BEARER: &str = "sts:GetServiceBearerToken";
const READ: &str = "codeartifact:ReadFromRepository";
const PUBLISH: &str = "codeartifact:PublishPackageVersion";

const GITHUB: &str = "token.actions.githubusercontent.com";
const AUDIENCE: &str = "sts.amazonaws.com";

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

/// The policies by which a role is taken with a provider's token: the file, the provider, and how its
/// subject is compared.
const BY_TOKEN: [(&str, &str, &str); 5] = [
    ("trust-github-read", GITHUB, "StringEquals"),
    ("trust-github-publish", GITHUB, "StringEquals"),
    ("trust-github-dependabot", GITHUB, "StringEquals"),
    ("trust-gitlab", "gitlab.com", "StringLike"),
    ("trust-eks-irsa", "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE", "StringEquals"),
];

/// The principals that each of them trusts. A pattern is for a role that only reads, and begins
/// with one project.
fn subject(name: &str) -> Value {
    match name {
        "trust-github-read" => json!([
            "repo:my-org/my-project:pull_request",
            "repo:my-org/my-project:ref:refs/heads/main"
        ]),
        "trust-github-publish" => json!("repo:my-org/my-project:environment:publish"),
        "trust-github-dependabot" => json!("repo:my-org/my-project:ref:refs/heads/main"),
        "trust-gitlab" => json!("project_path:my-group/my-project:ref_type:branch:ref:*"),
        "trust-eks-irsa" => json!("system:serviceaccount:gitlab-runner:nuget-publish"),
        other => panic!("nothing is known of {other}"),
    }
}

/// A token of any workflow has the right audience, so the policy must also name the subject.
#[test]
fn each_trust_policy_is_exactly_its_provider_audience_and_subject() {
    for (name, provider, operator) in BY_TOKEN {
        let policy = policy(name);
        let [statement] = &statements(&policy)[..] else { panic!("{name}: one statement") };
        let mut condition = json!({ "StringEquals": { format!("{provider}:aud"): AUDIENCE } });
        condition[operator][format!("{provider}:sub")] = subject(name);
        let expected = json!({
            "Sid": statement["Sid"],
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:aws:iam::111122223333:oidc-provider/{provider}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        });
        assert_eq!(*statement, expected, "{name}");
    }
}

#[test]
fn a_pods_role_is_for_one_service_account_of_one_cluster() {
    let policy = policy("trust-eks-pod-identity");
    let [statement] = &statements(&policy)[..] else { panic!("one statement") };
    let expected = json!({
        "Sid": statement["Sid"],
        "Effect": "Allow",
        "Principal": { "Service": "pods.eks.amazonaws.com" },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": { "StringEquals": {
            "aws:SourceAccount": "111122223333",
            "aws:RequestTag/eks-cluster-arn":
                "arn:aws:eks:eu-west-1:111122223333:cluster/my-cluster",
            "aws:RequestTag/kubernetes-namespace": "gitlab-runner",
            "aws:RequestTag/kubernetes-service-account": "nuget-publish",
        }},
    });
    assert_eq!(*statement, expected);
}

#[test]
fn no_trust_policy_goes_unchecked() {
    let files = files_below(&repository("install/examples/iam"));
    let names = files.iter().filter_map(|file| file.file_stem()?.to_str());
    let there: BTreeSet<_> = names.filter(|name| name.starts_with("trust-")).collect();
    let checked = BY_TOKEN.iter().map(|(name, ..)| *name).chain(["trust-eks-pod-identity"]);
    assert_eq!(there, checked.collect());
}

/// The app says the same as the JSON files, in other words.
#[test]
fn the_cdk_app_trusts_whom_the_files_trust_and_nobody_by_default() {
    let stack = example("cdk/PackagesStack.cs");
    for name in ["trust-github-read", "trust-github-publish"] {
        let subjects = subject(name);
        for subject in subjects.as_array().unwrap_or(&vec![subjects.clone()]) {
            let subject = subject.as_str().expect("text").replace("my-org/my-project", "{project}");
            assert!(stack.contains(&format!("$\"{subject}\"")), "{name}: {subject}");
        }
    }
    let publish = "OfGitHub(\"PublishRole\", provider, $\"repo:{project}:environment:publish\");";
    assert!(stack.contains(publish), "the publishing role is for the environment alone");
    let context: Value = serde_json::from_str(&example("cdk/cdk.json")).expect("JSON");
    let keys: Vec<_> = context["context"].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["domain", "ownPackages", "publicMirror", "repository"]);
}

/// What the other files ask for comes out of the app.
#[test]
fn the_cdk_app_says_the_roles_and_the_sources() {
    let stack = example("cdk/PackagesStack.cs");
    for output in [
        "DeveloperRoleArn",
        "ReadRoleArn",
        "PublishRoleArn",
        "RepositorySource",
        "PublicMirrorSource",
    ] {
        assert!(stack.contains(&format!("Say(\"{output}\", ")), "{output}");
    }
}

/// NuGet takes the lowest version of a range. This one has the provider that needs no Lambda function.
#[test]
fn the_cdk_app_begins_at_a_version_with_what_it_uses() {
    assert!(
        example("cdk/Packages.csproj").contains("\"Amazon.CDK.Lib\" Version=\"[2.276.0,3.0.0)\"")
    );
    let stack = example("cdk/PackagesStack.cs");
    assert!(stack.contains("new OidcProviderNative("), "another provider");
    assert!(stack.contains("\"public:nuget-org\""), "the mirror has no connection");
}

/// The app has the permissions of these files. Nothing here compiles C#, so its texts are compared.
const OF_THE_APP: [&str; 4] =
    ["developer", "ci-publish", "domain-policy-cross-account", "repository-policy-cross-account"];

#[test]
fn the_cdk_app_names_the_actions_and_conditions_of_the_policies_and_no_others() {
    let sources = files_below(&repository("install/examples/cdk")).into_iter();
    let sources: Vec<_> =
        sources.filter(|file| file.extension().is_some_and(|it| it == "cs")).collect();
    assert_eq!(sources.len(), 3, "{sources:?}");
    let app: String = sources.iter().map(|file| fs::read_to_string(file).expect("text")).collect();
    let policies = OF_THE_APP.map(|name| example(&format!("iam/{name}.json"))).concat();
    let names = names_in(&policies);
    assert_eq!(names_in(&app), names);
    let actions = [TOKEN, BEARER, READ, PUBLISH];
    assert!(actions.iter().all(|action| names.contains(action)), "{names:?}");
    let page = fs::read_to_string(repository("docs/permissions.md")).expect("the page");
    let missing: Vec<_> = actions.into_iter().filter(|action| !page.contains(action)).collect();
    assert!(missing.is_empty(), "not in the page: {missing:?}");
}

#[test]
fn the_cdk_app_has_the_resources_of_the_policies() {
    let stack = example("cdk/PackagesStack.cs");
    let arns = stack.split("Arn($\"").skip(1).filter_map(|rest| rest.split('"').next());
    let arns = arns.map(|resource| {
        let resource = resource.replace("{_domain}", "my-domain");
        let resource = resource.replace("{_repository}", "my-repo");
        let resource = resource.replace("{_publicMirror}", "public-mirror");
        format!("arn:aws:codeartifact:eu-west-1:111122223333:{resource}")
    });
    let allowed = [allowed(&policy("developer")), allowed(&policy("ci-publish"))].into_iter();
    let resources = allowed.flatten().map(|(_, resource)| resource);
    let expected: BTreeSet<_> = resources.filter(|resource| resource != "*").collect();
    assert_eq!(arns.collect::<BTreeSet<_>>(), expected);
}

/// The texts in quotes that are actions or keys of conditions.
fn names_in(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('"').skip(1).step_by(2);
    let is_name = |text: &&str| {
        let services = ["codeartifact:", "sts:", "aws:"];
        let name = services.iter().find_map(|service| text.strip_prefix(service));
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    quoted.filter(is_name).collect()
}

fn policy(name: &str) -> Value {
    serde_json::from_str(&example(&format!("iam/{name}.json"))).expect("JSON")
}

fn statements(policy: &Value) -> &Vec<Value> {
    assert_eq!(policy["Version"], "2012-10-17");
    policy["Statement"].as_array().expect("a list")
}

/// Each action with its resource. Nothing is denied or negated.
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
