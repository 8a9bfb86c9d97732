//! The ready-made files are what they say: well-formed, and without a secret.

use std::fs;

use serde_json::{Map, Value, json};

use super::{document, example, files_below, repository};

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
fn the_nuget_config_with_one_source_has_the_first_of_the_two() {
    let text = example("one-source/NuGet.Config");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let added: Vec<_> = document.descendants().filter(|node| node.has_tag_name("add")).collect();
    let [source] = &added[..] else { panic!("{added:?}") };
    let (url, repository) = sources().remove(0);
    assert_eq!(
        (source.attribute("key"), source.attribute("value")),
        (Some(&*repository), Some(&*url))
    );
    assert_eq!(source.attributes().count(), 2);
    let cleared = document.descendants().any(|node| node.has_tag_name("clear"));
    assert!(cleared, "other sources are used too");
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

/// The sources' URLs, and the repository of each.
fn sources() -> Vec<(String, String)> {
    let text = example("NuGet.Config");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let urls = document.descendants().filter_map(|node| node.attribute("value"));
    let repository = |url: &str| url.split("/nuget/").nth(1)?.split('/').next().map(str::to_owned);
    urls.map(|url| (url.to_owned(), repository(url).expect("a repository"))).collect()
}

/// Else every public package would be refused.
#[test]
fn each_source_of_nuget_config_is_readable_by_the_policies_and_made_by_the_cdk_app() {
    let cdk = example("cdk/cdk.json");
    let sources = sources();
    assert_eq!(sources.len(), 2, "{sources:?}");
    for (_, repository) in sources {
        let arn = format!(":repository/my-domain/{repository}\"");
        for name in ["iam/developer.json", "iam/ci-publish.json"] {
            assert!(example(name).contains(&arn), "{name} lacks {repository}");
        }
        assert!(cdk.contains(&format!(": \"{repository}\"")), "cdk.json lacks {repository}");
    }
}

/// What the page says to replace, each in some file; other names that look alike are in none.
#[test]
fn the_page_lists_every_placeholder() {
    let page = example("README.md");
    let (_, table) = page.split_once("\n| name | in |").expect("the table of names");
    let table = table.split("\n## ").next().unwrap_or_default();
    let files = files_below(&repository("install/examples")).into_iter();
    let others = files.filter(|file| !file.ends_with("README.md"));
    let text: String = others.map(|file| fs::read_to_string(file).expect("text")).collect();
    for (placeholder, shown) in PLACEHOLDERS {
        assert!(text.contains(placeholder), "no file has {placeholder}");
        assert!(table.contains(&format!("`{shown}`")), "the page lacks {shown}");
    }
    let hosts = text.split("://").skip(1).filter_map(|rest| rest.split(['/', '"', ' ']).next());
    let of_nobody: Vec<_> = hosts.filter(|host| host.contains("example")).collect();
    assert!(of_nobody.is_empty(), "{of_nobody:?}");
}

/// As a file has it, and as the page shows it.
const PLACEHOLDERS: [(&str, &str); 24] = [
    ("my-domain", "my-domain"),
    ("111122223333", "111122223333"),
    ("eu-west-1", "eu-west-1"),
    ("/my-repo", "my-repo"),
    ("public-mirror", "public-mirror"),
    ("MyCompany.*", "MyCompany.*"),
    ("my-org/my-project", "my-org/my-project"),
    ("my-group/my-project", "my-group/my-project"),
    ("branches: [main]", "main"),
    ("environment: publish", "publish"),
    ("READ_ROLE_ARN", "READ_ROLE_ARN"),
    ("PUBLISH_ROLE_ARN", "PUBLISH_ROLE_ARN"),
    ("role-name: dependabot-read", "dependabot-read"),
    ("/id/EXAMPLE", "EXAMPLE"),
    ("gitlab-runner", "gitlab-runner"),
    ("nuget-publish", "nuget-publish"),
    ("tags: [eks]", "[eks]"),
    ("o-exampleorgid", "o-exampleorgid"),
    ("App.dll", "App.dll"),
    ("install/action@0000000000000000000000000000000000000000", "install/action@0000…"),
    ("namespace: builds", "builds"),
    ("image: PLUGIN_IMAGE", "PLUGIN_IMAGE"),
    ("image: BUILD_IMAGE", "BUILD_IMAGE"),
    ("codeartifact-token", "codeartifact-token"),
];

#[test]
fn json_files_are_json() {
    for name in ["devcontainer.json", "cdk/cdk.json"] {
        let value: Value = serde_json::from_str(&example(name)).expect(name);
        assert!(value.is_object(), "{name}");
    }
}

#[test]
fn each_job_on_github_has_a_role_of_its_own_and_pull_requests_only_read() {
    let workflow = document("github-actions.yml");
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

/// A tag can be moved to other code, and another user can be first in a folder whose name he knows.
#[test]
fn actions_are_pinned_to_commits_and_no_file_has_a_known_name_in_a_shared_folder() {
    for file in files_below(&repository("install/examples")) {
        let text = fs::read_to_string(&file).expect("text");
        let file = file.display();
        for line in text.lines() {
            if let Some((_, action)) = line.split_once("uses: ") {
                let pinned = action.split_once('@').and_then(|(_, it)| it.split_once(" # v"));
                let is_commit = |(commit, version): (&str, &str)| {
                    commit.len() == 40
                        && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
                        && version.split('.').count() == 3
                };
                assert!(pinned.is_some_and(is_commit), "{file}: {line}");
            }
            assert!(!line.contains("/tmp/"), "{file}: {line}");
        }
    }
}

/// The job with the right to publish runs nothing that the repository or a package could have changed.
#[test]
fn the_publishing_job_on_github_does_not_have_the_repository() {
    let workflow = document("github-actions.yml");
    let steps = workflow["jobs"]["publish"]["steps"].as_array().expect("steps").clone();
    let actions: Vec<_> = steps.iter().filter_map(|step| step["uses"].as_str()).collect();
    assert_eq!(actions.len(), 4, "{actions:?}");
    assert!(!actions.iter().any(|action| action.contains("checkout")), "{actions:?}");
    let permissions = &workflow["jobs"]["publish"]["permissions"];
    assert_eq!(*permissions, json!({ "id-token": "write" }));
}

#[test]
fn dependabot_is_told_every_source_and_the_domain_of_its_url() {
    let file = document("dependabot.yml");
    let mut expected = Map::new();
    for (url, repository) in sources() {
        let registry = json!({
            "type": "nuget-feed",
            "url": url,
            "aws-region": "eu-west-1",
            "account-id": "111122223333",
            "role-name": "dependabot-read",
            "domain": "my-domain",
            "domain-owner": "111122223333",
        });
        expected.insert(repository, registry);
    }
    assert_eq!(file["updates"][0]["registries"], json!(expected.keys().collect::<Vec<_>>()));
    assert_eq!(file["registries"], Value::Object(expected));
}

#[test]
fn a_job_on_gitlab_has_its_token_in_the_file_that_aws_reads() {
    let workflow = document("gitlab-ci.yml");
    let job = &workflow["build"];
    assert_eq!(job["id_tokens"]["GITLAB_ID_TOKEN"]["aud"], "sts.amazonaws.com");
    let script: Vec<_> = (0..2).filter_map(|line| job["script"][line].as_str()).collect();
    let [file, token] = script[..] else { panic!("{script:?}") };
    // Neither in an artifact or a cache, nor under a name that another user of the runner can guess.
    assert_eq!(file, "export AWS_WEB_IDENTITY_TOKEN_FILE=\"$(mktemp)\"");
    assert!(token.ends_with(" > \"$AWS_WEB_IDENTITY_TOKEN_FILE\""), "{token}");
    assert_eq!(job["variables"]["AWS_ROLE_ARN"], "$READ_ROLE_ARN");
    // On EKS nothing is set up for a pod that has such a variable already.
    let publish = &workflow["publish"];
    for names in [&publish["variables"], &workflow["variables"]] {
        assert_eq!(names.get("AWS_ROLE_ARN"), None, "{names}");
    }
    assert_eq!(publish.get("id_tokens"), None, "the runner has its role by itself");
    assert_eq!(publish["needs"], json!(["build"]));
    assert_eq!(publish["rules"], json!([{ "if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" }]));
}

/// The account that the job chooses, the runner allows and the roles trust is one, and no part of a name.
#[test]
fn the_service_account_on_eks_is_the_same_everywhere() {
    let workflow = document("gitlab-ci.yml");
    let account = &workflow["publish"]["variables"]["KUBERNETES_SERVICE_ACCOUNT_OVERWRITE"];
    let account = account.as_str().expect("an account");
    let allowed = format!("service_account_overwrite_allowed = \"^{account}$\"");
    assert!(example("gitlab-ci.yml").contains(&allowed), "{allowed}");
    assert!(example("iam/trust-eks-irsa.json").contains(&format!(":{account}\"")), "{account}");
    assert!(
        example("iam/trust-eks-pod-identity.json").contains(&format!("\"{account}\"")),
        "{account}"
    );
}

/// Set before the restore: `pack` takes the versions of project references from what was restored.
#[test]
fn pipelines_take_the_version_of_the_page_before_they_restore() {
    let page = fs::read_to_string(repository("docs/ci-and-docker.md")).expect("the page");
    let command = page.lines().find_map(|line| line.strip_prefix("export VersionSuffix="));
    let command = command.expect("the command on the page").trim_matches('"').to_owned();
    let jobs = [
        ("buildspec.yml", "/phases/build"),
        ("github-actions.yml", "/jobs/build"),
        ("gitlab-ci.yml", "/publish"),
    ];
    for (name, job) in jobs {
        let document = document(name);
        let job = document.pointer(job).expect(name).to_string().replace("\\\"", "\"");
        let sets = job.find(&command).unwrap_or_else(|| panic!("{name} lacks {command}: {job}"));
        assert!(job.find("dotnet restore").is_some_and(|restores| sets < restores), "{name}");
    }
}

/// What is written to `~/.aws` in the container could run outside of it.
#[test]
fn a_dev_container_has_the_sign_ins_to_read_only() {
    let container: Value = serde_json::from_str(&example("devcontainer.json")).expect("JSON");
    let mounts = container["mounts"].as_array().expect("mounts");
    for mount in mounts.iter().map(|mount| mount.as_str().expect("text")) {
        assert!(mount.contains("/.aws,target=") && mount.ends_with(",readonly"), "{mount}");
    }
    let variables = container["containerEnv"].as_object().expect("variables");
    for (name, value) in variables {
        // An editor that a menu has started knows no variables of a shell.
        assert!(value.as_str().is_some_and(|it| !it.contains("localEnv")), "{name}: {value}");
    }
}

#[test]
fn the_buildspec_is_of_the_version_that_has_phases() {
    let buildspec = document("buildspec.yml");
    assert_eq!(buildspec["version"], 0.2);
    let phases: Vec<_> = buildspec["phases"].as_object().expect("phases").keys().collect();
    assert_eq!(phases, ["build", "install", "post_build"]);
}

/// The job may change the one Secret, builds have no right at all, and all name the same one.
#[test]
fn a_fleet_shares_one_secret_that_one_job_may_write() {
    let token = document("fleet/kubernetes-token.yml");
    let of_kind = |kind: &str| {
        let items = token["items"].as_array().expect("a list").iter();
        let found: Vec<_> = items.filter(|item| item["kind"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        found[0].clone()
    };
    let secret = &of_kind("Secret")["metadata"]["name"];
    let rule = &of_kind("Role")["rules"][0];
    assert_eq!(rule["resourceNames"], json!([secret]));
    assert_eq!(rule["verbs"], json!(["get", "patch"]));
    let pod = &of_kind("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["serviceAccountName"], of_kind("ServiceAccount")["metadata"]["name"]);
    assert_eq!(pod["volumes"][0]["emptyDir"]["medium"], "Memory");
    let build = document("fleet/kubernetes-build.yml");
    let build = &build["spec"]["template"]["spec"];
    assert_eq!(build["automountServiceAccountToken"], false);
    assert_eq!(build["volumes"][0]["secret"]["secretName"], *secret);
    let container = &build["containers"][0];
    let file = container["env"][0]["value"].as_str().expect("a path");
    let folder = container["volumeMounts"][0]["mountPath"].as_str().expect("a path");
    assert_eq!(file, format!("{folder}/token.json"));
    assert_eq!(container["env"][0]["name"], "CODEARTIFACT_AUTH_TOKEN_FILE");
    let reads = document("fleet/buildspec.yml");
    let secret = secret.as_str().expect("a name");
    let variable = &reads["env"]["secrets-manager"]["CODEARTIFACT_AUTH_TOKEN"];
    assert_eq!(*variable, format!("{secret}:authorizationToken"));
    for name in ["fleet/buildspec-token.yml", "fleet/github-actions.yml"] {
        document(name);
        assert!(example(name).contains(&format!("--secret-id {secret} ")), "{name}");
    }
}
