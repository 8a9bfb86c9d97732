//! The ready-made files are what they say: well-formed, and without a secret.

use std::fs;

use serde_json::{Value, json};

use super::{example, files_below, repository, yaml};

#[test]
fn the_page_lists_every_file() {
    let folder = repository("install/examples");
    let page = example("README.md");
    for file in files_below(&folder) {
        let name = file.strip_prefix(&folder).expect("below").to_str().expect("text");
        let listed = if name.starts_with("cdk/") { "`cdk/`" } else { name };
        assert!(page.contains(listed) || name == "README.md", "{name} is not listed");
    }
}

#[test]
fn nothing_looks_like_a_secret() {
    for file in files_below(&repository("install/examples")) {
        let text = fs::read_to_string(&file).expect("text");
        for sign in ["AKIA", "ASIA", "ClearTextPassword", "packageSourceCredentials", "aws_secret"]
        {
            assert!(!text.contains(sign), "{} has {sign}", file.display());
        }
    }
}

#[test]
fn nuget_config_has_urls_of_ours_alone_and_maps_every_package() {
    let text = example("NuGet.Config");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let named = |name: &str| {
        document.descendants().find(|node| node.has_tag_name(name)).expect("a section")
    };
    let sources = named("packageSources");
    assert!(
        sources
            .children()
            .find(roxmltree::Node::is_element)
            .is_some_and(|first| first.has_tag_name("clear"))
    );
    let added: Vec<_> = sources.children().filter(|node| node.has_tag_name("add")).collect();
    for source in &added {
        let url = source.attribute("value").expect("a URL");
        assert!(
            url.starts_with(
                "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/"
            ),
            "{url}"
        );
        assert!(url.ends_with("/v3/index.json"), "{url}");
        assert_eq!(source.attributes().count(), 2);
    }
    let keys: Vec<_> = added.iter().map(|source| source.attribute("key").expect("a key")).collect();
    let mapping = named("packageSourceMapping");
    let mapped: Vec<_> = mapping.children().filter_map(|node| node.attribute("key")).collect();
    assert_eq!(keys, mapped);
    assert!(mapping.descendants().any(|node| node.attribute("pattern") == Some("*")));
}

/// Else every public package would be refused.
#[test]
fn each_source_of_nuget_config_is_readable_by_the_policies() {
    let text = example("NuGet.Config");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let sources = document.descendants().filter_map(|node| node.attribute("value"));
    let repositories: Vec<&str> =
        sources.filter_map(|url| url.split("/nuget/").nth(1)?.split('/').next()).collect();
    assert_eq!(repositories, ["my-repo", "public-mirror"]);
    for name in ["iam/developer.json", "iam/ci-publish.json"] {
        for repository in &repositories {
            let arn = format!(":repository/my-domain/{repository}\"");
            assert!(example(name).contains(&arn), "{name} lacks {repository}");
        }
    }
}

#[test]
fn json_files_are_json() {
    for name in ["devcontainer.json", "cdk/cdk.json"] {
        let value: Value = serde_json::from_str(&example(name)).expect(name);
        assert!(value.is_object(), "{name}");
    }
}

#[test]
fn each_job_on_github_has_a_role_of_its_own_and_pull_requests_only_read() {
    let workflow = yaml::document("github-actions.yml");
    assert_eq!(workflow["permissions"], json!({ "contents": "read" }));
    for (job, role) in [("build", "vars.READ_ROLE_ARN"), ("publish", "vars.PUBLISH_ROLE_ARN")] {
        let job = &workflow["jobs"][job];
        assert_eq!(job["permissions"]["id-token"], "write");
        let steps = job["steps"].as_array().expect("steps");
        let roles: Vec<_> =
            steps.iter().filter_map(|it| it["with"]["role-to-assume"].as_str()).collect();
        assert_eq!(roles, [format!("${{{{ {role} }}}}")]);
    }
    let publish = &workflow["jobs"]["publish"];
    let condition = "github.event_name == 'push' && github.ref == 'refs/heads/main'";
    assert_eq!(publish["if"], condition);
    // The role's trust policy names the environment, so that no other job of the branch can take it.
    assert_eq!(publish["environment"], "publish");
    assert_eq!(publish["needs"], "build");
    let forks = "github.event_name != 'pull_request' || !github.event.pull_request.head.repo.fork";
    assert_eq!(workflow["jobs"]["build"]["if"], forks);
}

#[test]
fn dependabot_is_told_the_domain_of_the_url() {
    let file = yaml::document("dependabot.yml");
    let registry = &file["registries"]["my-repo"];
    let expected = json!({
        "type": "nuget-feed",
        "url": "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json",
        "aws-region": "eu-west-1",
        "account-id": "111122223333",
        "role-name": "dependabot-read",
        "domain": "my-domain",
        "domain-owner": "111122223333",
    });
    assert_eq!(*registry, expected);
    assert_eq!(file["updates"][0]["registries"], json!(["my-repo"]));
}

#[test]
fn a_job_on_gitlab_has_its_token_in_the_file_that_aws_reads() {
    let workflow = yaml::document("gitlab-ci.yml");
    let job = &workflow["build"];
    assert_eq!(job["id_tokens"]["GITLAB_ID_TOKEN"]["aud"], "sts.amazonaws.com");
    let file = job["variables"]["AWS_WEB_IDENTITY_TOKEN_FILE"].as_str().expect("a file");
    assert!(file.starts_with("/tmp/"), "{file} would be in an artifact or a cache");
    assert!(
        job["script"][0]
            .as_str()
            .is_some_and(|line| line.contains("> \"$AWS_WEB_IDENTITY_TOKEN_FILE\""))
    );
    assert_eq!(job["variables"]["AWS_ROLE_ARN"], "$READ_ROLE_ARN");
    // On EKS nothing is set up for a pod that has such a variable already.
    let publish = &workflow["publish"];
    for names in [&publish["variables"], &workflow[".plugin"]["variables"], &workflow["variables"]]
    {
        assert_eq!(names.get("AWS_ROLE_ARN"), None, "{names}");
    }
    assert_eq!(publish.get("id_tokens"), None, "the runner has its role by itself");
    assert_eq!(publish["needs"], json!(["build"]));
    assert_eq!(publish["rules"], json!([{ "if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" }]));
}

#[test]
fn the_buildspec_is_of_the_version_that_has_phases() {
    let buildspec = yaml::document("buildspec.yml");
    assert_eq!(buildspec["version"], 0.2);
    let phases: Vec<_> = buildspec["phases"].as_object().expect("phases").keys().collect();
    assert_eq!(phases, ["build", "install", "post_build"]);
    let push = buildspec["phases"]["post_build"]["commands"][0].as_str().expect("a command");
    // A pull request's branch may be called `main` as well.
    assert!(push.contains("[ \"$CODEBUILD_WEBHOOK_TRIGGER\" = branch/main ]"), "{push}");
    assert!(push.contains("[ \"$CODEBUILD_BUILD_SUCCEEDING\" = 1 ]"), "{push}");
}
