//! Which identity requests a token, whether AWS issues it, and how the source responds to it.

use std::time::Duration;

use serde_json::json;

use crate::support::fake_codeartifact::http::{Reply, Server};
use crate::support::fake_codeartifact::{
    ACCESS_KEY_ID, Access, Repository, SECRET_ACCESS_KEY, TokenBehaviour,
};
use crate::support::stage::Stage;
use crate::support::stage::doctor::Repair::{By, Paste};
use crate::support::stage::doctor::{Broken, each_is_repaired};
use crate::support::trials::{Trial, named};

const BROKEN: &[Broken] = &[
    Broken {
        name: "no_credentials",
        set_up: |stage| {
            stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
        },
        line: "FAIL  CNP201",
        fix: "aws configure sso",
        repair: By(with_keys),
    },
    Broken {
        name: "profile_that_is_not_there",
        set_up: |stage| {
            stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
            stage.home.set("AWS_PROFILE", "absent");
        },
        line: "FAIL  CNP203",
        fix: "unset AWS_PROFILE",
        repair: By(|stage| {
            stage.home.unset("AWS_PROFILE");
            with_keys(stage);
        }),
    },
    Broken {
        name: "profile_that_is_misspelt",
        set_up: |stage| {
            stage.with_profile_dev();
            stage.home.set("AWS_PROFILE", "dve");
        },
        line: "FAIL  CNP203",
        fix: "export AWS_PROFILE=dev",
        repair: Paste,
    },
    Broken {
        name: "profile_of_the_variable_that_is_misspelt",
        set_up: |stage| {
            stage.with_profile_dev();
            with_keys(stage);
            stage.home.set("CODEARTIFACT_NUGET_PROFILE", "dve");
        },
        line: "FAIL  CNP203",
        fix: "unset CODEARTIFACT_NUGET_PROFILE",
        repair: Paste,
    },
    Broken {
        name: "nobody_signed_in",
        set_up: |stage| {
            stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
            stage.home.set("AWS_PROFILE", "dev");
            stage.home.write(
                "home/.aws/config",
                "[profile dev]\nsso_session = org\nsso_account_id = 111122223333\n\
                     sso_role_name = dev\n[sso-session org]\nsso_region = eu-west-1\n\
                     sso_start_url = https://example.awsapps.com/start\n",
            );
        },
        line: "FAIL  CNP210",
        fix: "dotnet codeartifact login --profile dev",
        repair: By(|stage| {
            stage.home.unset("AWS_PROFILE");
            with_keys(stage);
        }),
    },
    Broken {
        name: "wrong_secret_key",
        set_up: |stage| {
            stage.home.set("AWS_SECRET_ACCESS_KEY", "hunter2");
        },
        line: "FAIL  CNP224",
        fix: "do: Check the secret key and the clock with: aws sts get-caller-identity",
        repair: By(with_keys),
    },
    Broken {
        name: "token_not_allowed",
        set_up: |stage| {
            stage.fake.token_api_will(TokenBehaviour::Fail(
                403,
                "AccessDeniedException",
                "not authorized to perform: codeartifact:GetAuthorizationToken",
            ));
        },
        line: "FAIL  CNP501",
        fix: "do: Add this statement to the identity's IAM policy: {\"Effect\":\"Allow\",\"Action\":\"codeartifact:GetAuthorizationToken\",\"Resource\":\"arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain\"}",
        repair: By(issuing),
    },
    Broken {
        name: "bearer_token_not_allowed",
        set_up: |stage| {
            stage.fake.token_api_will(TokenBehaviour::Fail(
                403,
                "AccessDeniedException",
                "not authorized to perform: sts:GetServiceBearerToken",
            ));
        },
        line: "FAIL  CNP502",
        fix: "do: Add this statement to the identity's IAM policy: {\"Effect\":\"Allow\",\"Action\":\"sts:GetServiceBearerToken\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"sts:AWSServiceName\":\"codeartifact.amazonaws.com\"}}}",
        repair: By(issuing),
    },
    Broken {
        name: "wrong_owner_or_region",
        set_up: |stage| {
            stage.fake.token_api_will(TokenBehaviour::Fail(
                404,
                "ResourceNotFoundException",
                "Domain not found",
            ));
        },
        line: "FAIL  CNP503",
        fix: "do: Check the source's URL; the account's domains are listed by: aws codeartifact list-domains --region eu-west-1",
        repair: By(issuing),
    },
    Broken {
        name: "ca_bundle_that_is_missing",
        set_up: |stage| {
            stage.home.set("AWS_CA_BUNDLE", "/nowhere/ca.pem");
        },
        line: "FAIL  CNP307",
        fix: "unset AWS_CA_BUNDLE",
        repair: Paste,
    },
    Broken {
        name: "proxy_that_does_not_connect",
        set_up: |stage| {
            stage.home.unset("AWS_ENDPOINT_URL_CODEARTIFACT");
            stage.home.set("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1");
        },
        line: "FAIL  CNP320",
        fix: "do: Check HTTPS_PROXY and NO_PROXY. Show more: curl -sSI https://codeartifact.eu-west-1.amazonaws.com/",
        repair: By(|stage| {
            let url = stage.fake.url();
            stage.home.unset("HTTPS_PROXY").set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
        }),
    },
    Broken {
        name: "name_that_cannot_be_resolved",
        set_up: |stage| {
            stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://ca.invalid");
        },
        line: "FAIL  CNP301",
        fix: "do: Check AWS_ENDPOINT_URL_CODEARTIFACT, the network, VPN, DNS and the region. Show more: curl -sSI https://ca.invalid/",
        repair: By(|stage| {
            let url = stage.fake.url();
            stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
        }),
    },
    Broken {
        name: "relative_cache_folder",
        set_up: |stage| {
            stage.home.set("CODEARTIFACT_NUGET_CACHE_DIR", "tokens");
        },
        line: "warn  The cache folder `tokens` is not used: the path must be absolute",
        fix: "unset CODEARTIFACT_NUGET_CACHE_DIR",
        repair: Paste,
    },
    Broken {
        name: "log_file_that_cannot_be_written",
        set_up: |stage| {
            stage.home.set("CODEARTIFACT_NUGET_LOG_FILE", "/nowhere/log.txt");
        },
        line: "warn  The log file `/nowhere/log.txt` of CODEARTIFACT_NUGET_LOG_FILE cannot be written: No such file or directory (os error 2)",
        fix: "unset CODEARTIFACT_NUGET_LOG_FILE",
        repair: Paste,
    },
    Broken {
        name: "two_identities_on_one_host",
        set_up: |stage| {
            let other = Repository::new("other");
            stage.fake.add_repository(&other);
            let (ours, other) = (stage.source.clone(), stage.fake.source(&other));
            stage.home.write_nuget_config(&[("ours", &ours), ("other", &other)]);
            let arn = "arn:aws:iam::111122223333:user/ops";
            stage.fake.add_access_key("AKIAFAKEACCESSKEY002", "hunter2", arn);
            stage.home.write(
                    "home/.aws/credentials",
                    "[ops]\naws_access_key_id = AKIAFAKEACCESSKEY002\naws_secret_access_key = hunter2\n",
                );
            stage.home.run_plugin(&[
                "configure",
                "rule",
                "add",
                "--repository",
                "other",
                "--profile",
                "ops",
            ]);
        },
        line: "warn  Source `ours` and source `other` are on one host, for which NuGet remembers one password, and their tokens are requested with the environment's keys and rule 1's profile `ops`: NuGet uses the first for both until it is refused",
        fix: "do: Use one profile that can read both. Show the rules: dotnet codeartifact configure list",
        repair: By(|stage| drop(stage.home.run_plugin(&["configure", "rule", "remove", "1"]))),
    },
    Broken {
        name: "key_without_its_secret",
        set_up: |stage| {
            let keys = format!(
                "[default]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
            );
            stage.home.write("home/.aws/credentials", &keys);
            stage.home.set("AWS_SECRET_ACCESS_KEY", "");
        },
        line: "FAIL  CNP206",
        fix: "unset AWS_ACCESS_KEY_ID",
        repair: Paste,
    },
    Broken {
        name: "setting_that_cannot_be_used",
        set_up: |stage| {
            stage.home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "5");
        },
        line: "FAIL  CNP101",
        fix: "unset CODEARTIFACT_NUGET_DURATION_SECONDS",
        repair: Paste,
    },
    Broken {
        name: "given_token_that_is_not_there",
        set_up: |stage| {
            stage.home.set("CODEARTIFACT_AUTH_TOKEN_FILE", "/nowhere/token");
            stage.home.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain");
        },
        line: "warn  CODEARTIFACT_AUTH_TOKEN_FILE `/nowhere/token` is ignored: it does not exist. Provide the token, or unset the variable.",
        fix: "unset CODEARTIFACT_AUTH_TOKEN_FILE",
        repair: Paste,
    },
    Broken {
        name: "source_answers_401",
        set_up: |stage| access(stage, Access::RefuseAlways),
        line: "FAIL  CNP507",
        fix: "do: Show the settings and credentials of the source: dotnet codeartifact explain http://127.0.0.1:<port>/nuget/d/my-domain-111122223333/my-repo/v3/index.json",
        repair: By(|stage| access(stage, Access::Open)),
    },
    Broken {
        name: "source_answers_403",
        set_up: |stage| access(stage, Access::Forbidden),
        line: "FAIL  CNP507",
        fix: "do: Add this statement to the identity's IAM policy: {\"Effect\":\"Allow\",\"Action\":\"codeartifact:ReadFromRepository\",\"Resource\":\"arn:aws:codeartifact:eu-west-1:111122223333:repository/my-domain/my-repo\"}",
        repair: By(|stage| access(stage, Access::Open)),
    },
    Broken {
        name: "source_answers_404",
        set_up: |stage| {
            let absent = stage.fake.source(&Repository::new("absent"));
            stage.home.write_nuget_config(&[("ours", &absent)]);
        },
        line: "FAIL  CNP509",
        fix: "do: List the repositories: aws codeartifact list-repositories-in-domain --domain my-domain --domain-owner 111122223333 --region eu-west-1",
        repair: By(|stage| {
            let source = stage.source.clone();
            stage.home.write_nuget_config(&[("ours", &source)]);
        }),
    },
];

pub fn trials() -> Vec<Trial> {
    let others = named![
        profile_of_the_configuration_that_is_misspelt,
        profile_that_nobody_chose,
        configuration_that_cannot_be_used,
        given_token_goes_before_an_identity_that_cannot_serve,
        token_that_has_expired_as_it_comes,
        signature_that_is_refused_for_the_clock,
        secret_without_its_key_id,
        clock_that_is_wrong,
    ];
    each_is_repaired(BROKEN).chain(others).collect()
}

fn profile_of_the_configuration_that_is_misspelt() {
    let mut stage = Stage::working();
    stage.with_profile_dev();
    stage.paste("nuget-plugin-codeartifact configure set profile dve").assert_failure();
    stage.assert_repaired("FAIL  CNP203", "dotnet codeartifact configure set profile dev", Paste);
}

fn profile_that_nobody_chose() {
    let mut stage = Stage::working();
    stage.with_profile_dev();
    let run = stage.doctor(&[]);
    run.assert_failure().assert_says("FAIL  CNP201");
    run.assert_says("fix: ").assert_says(" configure set profile dev\n");
    let after = stage.paste("dotnet codeartifact configure set profile dev");
    after.assert_success().assert_silent_on("FAIL");
}

fn configuration_that_cannot_be_used() {
    let stage = Stage::working();
    stage.home.write_nuget_config(&[("other", "https://example.org/index.json")]);
    stage.home.write_configuration("proxi = 1\n");
    let run = stage.doctor(&["--offline"]);
    run.assert_failure().assert_says("config.toml`, line 1, column 1");
    run.assert_says("FAIL  CNP102\n      do: Correct it, then check: ");
}

fn given_token_goes_before_an_identity_that_cannot_serve() {
    let mut stage = Stage::working();
    stage.home.set("AWS_PROFILE", "absent").unset("AWS_ACCESS_KEY_ID");
    stage.home.set("CODEARTIFACT_AUTH_TOKEN", "hunter2");
    stage.home.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain-111122223333");
    let run = stage.doctor(&["--offline"]);
    run.assert_success().assert_silent_on("hunter2").assert_says(
        "ok    The token of CODEARTIFACT_AUTH_TOKEN is used for domain `my-domain` (111122223333, \
         eu-west-1)\n",
    );
}

fn token_that_has_expired_as_it_comes() {
    let stage = Stage::working();
    stage.fake.tokens_live(Duration::ZERO);
    let run = stage.doctor(&[]);
    run.assert_failure().assert_says(" ago by the clock of this machine\n");
}

fn signature_that_is_refused_for_the_clock() {
    let mut stage = Stage::working();
    let api = Server::start(|_| {
        let refusal = json!({"message": "Signature expired"});
        let reply = Reply::json(403, &refusal).with_header("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        reply.with_header("x-amzn-errortype", "InvalidSignatureException")
    });
    stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("http://{}", api.host()));
    let run = stage.doctor(&[]);
    run.assert_failure().assert_says("FAIL  CNP227");
}

fn secret_without_its_key_id() {
    let mut stage = Stage::working();
    stage.home.unset("AWS_ACCESS_KEY_ID");
    stage.doctor(&["--offline"]).assert_failure().assert_says(
        "warn  AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not, so it is ignored\n      \
         fix: unset AWS_SECRET_ACCESS_KEY\n",
    );
}

fn clock_that_is_wrong() {
    let stage = Stage::working();
    let slow = Server::start(|_| {
        let index = json!({"version": "3.0.0", "resources": []});
        Reply::json(200, &index).with_header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
    });
    let hosts = [stage.fake.host(), slow.host()];
    let hosts = hosts.map(|host| format!("[[hosts]]\nhost = \"{host}\"\nregion = \"eu-west-1\"\n"));
    stage.home.write_configuration(&hosts.concat());
    let source = stage.source.clone().replace(&stage.fake.host(), &slow.host());
    stage.home.write_nuget_config(&[("ours", &source)]);
    let run = stage.doctor(&[]);
    run.assert_failure().assert_says("FAIL  This machine's clock is ");
    run.assert_says(" ahead, and AWS rejects its signatures\n");
}

fn with_keys(stage: &mut Stage) {
    stage.home.set("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID);
    stage.home.set("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
}

fn issuing(stage: &mut Stage) {
    stage.fake.token_api_will(TokenBehaviour::Issue);
}

fn access(stage: &mut Stage, access: Access) {
    stage.fake.set_access(&Repository::new("my-repo"), access);
}
