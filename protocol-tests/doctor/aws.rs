//! Who asks for a token, whether AWS gives it, and what the source says to it.

use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::json;

use super::stage::Mend::{By, Paste};
use super::stage::{Stage, broken, trial};
use super::support::fake_codeartifact::http::{Reply, Server};
use super::support::fake_codeartifact::{
    ACCESS_KEY_ID, Access, Repository, SECRET_ACCESS_KEY, TokenBehaviour,
};

pub fn trials() -> Vec<Trial> {
    vec![
        broken(
            "no_credentials",
            |stage| {
                stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: no AWS \
             credentials: looked at AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, the AWS files' profile \
             `default`, web identity, container and instance metadata; this process sees \
             AWS_EC2_METADATA_DISABLED, AWS_ENDPOINT_URL_CODEARTIFACT, AWS_ENDPOINT_URL_STS; choose a \
             profile with `export AWS_PROFILE=<name>` (an IDE started from a menu does not see what a \
             shell exports), or sign in with `aws configure` or `aws configure sso`",
            "aws configure sso",
            By(with_keys),
        ),
        broken(
            "profile_that_is_not_there",
            |stage| {
                stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
                stage.home.set("AWS_PROFILE", "absent");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: AWS_PROFILE \
             names profile `absent`, which no AWS file has (there are no profiles); correct it or unset \
             AWS_PROFILE",
            "unset AWS_PROFILE",
            By(|stage| {
                stage.home.unset("AWS_PROFILE");
                with_keys(stage);
            }),
        ),
        broken(
            "profile_that_is_misspelt",
            |stage| {
                stage.with_profile_dev();
                stage.home.set("AWS_PROFILE", "dve");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: AWS_PROFILE \
             names profile `dve`, which no AWS file has (there are `dev`); correct it or unset AWS_PROFILE",
            "export AWS_PROFILE=dev",
            Paste,
        ),
        broken(
            "profile_of_the_variable_that_is_misspelt",
            |stage| {
                stage.with_profile_dev();
                with_keys(stage);
                stage.home.set("CODEARTIFACT_NUGET_PROFILE", "dve");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: the configured \
             profiles are `dve`, and no AWS file has one of them (there are `dev`); correct the \
             configuration, or make one of them with `aws configure sso --profile dve`",
            "unset CODEARTIFACT_NUGET_PROFILE",
            Paste,
        ),
        trial("profile_of_the_configuration_that_is_misspelt", || {
            let mut stage = Stage::new();
            stage.with_profile_dev();
            stage.paste("nuget-plugin-codeartifact configure set profile dve").assert_failure();
            stage.assert_mended(
                "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: the \
                 configured profiles are `dve`, and no AWS file has one of them (there are `dev`); correct \
                 the configuration, or make one of them with `aws configure sso --profile dve`",
                "nuget-plugin-codeartifact configure set profile dev",
                Paste,
            );
        }),
        trial("profile_that_nobody_chose", || {
            let mut stage = Stage::new();
            stage.with_profile_dev();
            let run = stage.doctor(&[]);
            run.assert_failure().assert_says("choose a profile with `export AWS_PROFILE=dev`");
            run.assert_says("fix: ").assert_says(" configure set profile dev\n");
            let after = stage.paste("nuget-plugin-codeartifact configure set profile dev");
            after.assert_success().assert_silent_on("FAIL");
        }),
        broken(
            "nobody_signed_in",
            |stage| {
                stage.home.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY");
                stage.home.set("AWS_PROFILE", "dev");
                stage.home.write(
                    "home/.aws/config",
                    "[profile dev]\nsso_session = org\nsso_account_id = 111122223333\n\
                     sso_role_name = dev\n[sso-session org]\nsso_region = eu-west-1\n\
                     sso_start_url = https://example.awsapps.com/start\n",
                );
            },
            "FAIL  nobody is signed in to the SSO session of profile `dev`",
            "nuget-plugin-codeartifact login --profile dev",
            By(|stage| {
                stage.home.unset("AWS_PROFILE");
                with_keys(stage);
            }),
        ),
        broken(
            "wrong_secret_key",
            |stage| {
                stage.home.set("AWS_SECRET_ACCESS_KEY", "hunter2");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: AWS refused the \
             credentials of the environment's keys (InvalidSignatureException): they are wrong, or this \
             machine's clock is; check the secret key and the clock",
            "do: see what `aws sts get-caller-identity` says",
            By(with_keys),
        ),
        broken(
            "token_not_allowed",
            |stage| {
                stage.fake.token_api_will(TokenBehaviour::Fail(
                    403,
                    "AccessDeniedException",
                    "not authorized to perform: codeartifact:GetAuthorizationToken",
                ));
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: \
             `codeartifact:GetAuthorizationToken` is not allowed to the environment's keys (not authorized \
             to perform: codeartifact:GetAuthorizationToken); allow it in the identity's policy and, for \
             another account's domain, in the domain's",
            "do: add to the identity's IAM policy: {\"Effect\":\"Allow\",\"Action\":\"codeartifact:GetAuthorizationToken\",\"Resource\":\"arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain\"}",
            By(issuing),
        ),
        broken(
            "bearer_token_not_allowed",
            |stage| {
                stage.fake.token_api_will(TokenBehaviour::Fail(
                    403,
                    "AccessDeniedException",
                    "not authorized to perform: sts:GetServiceBearerToken",
                ));
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: \
             `sts:GetServiceBearerToken` is not allowed to the environment's keys (not authorized to \
             perform: sts:GetServiceBearerToken); allow it with the condition `sts:AWSServiceName` = \
             `codeartifact.amazonaws.com`",
            "do: add to the identity's IAM policy: {\"Effect\":\"Allow\",\"Action\":\"sts:GetServiceBearerToken\",\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"sts:AWSServiceName\":\"codeartifact.amazonaws.com\"}}}",
            By(issuing),
        ),
        broken(
            "wrong_owner_or_region",
            |stage| {
                stage.fake.token_api_will(TokenBehaviour::Fail(
                    404,
                    "ResourceNotFoundException",
                    "Domain not found",
                ));
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: there is no domain \
             `my-domain` of account 111122223333 in eu-west-1; check the three in the source's URL",
            "do: see what `aws codeartifact list-domains --region eu-west-1` says",
            By(issuing),
        ),
        broken(
            "ca_bundle_that_is_missing",
            |stage| {
                stage.home.set("AWS_CA_BUNDLE", "/nowhere/ca.pem");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: AWS_CA_BUNDLE \
             `/nowhere/ca.pem` cannot be used: No such file or directory (os error 2); correct or unset \
             AWS_CA_BUNDLE",
            "unset AWS_CA_BUNDLE",
            Paste,
        ),
        broken(
            "proxy_that_does_not_connect",
            |stage| {
                stage.home.unset("AWS_ENDPOINT_URL_CODEARTIFACT");
                stage.home.set("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: the proxy \
             `127.0.0.1:1` does not connect to `codeartifact.eu-west-1.amazonaws.com` (connection \
             refused); check HTTPS_PROXY and NO_PROXY",
            "do: see what `curl -sSI https://codeartifact.eu-west-1.amazonaws.com/` says",
            By(|stage| {
                let url = stage.fake.url();
                stage.home.unset("HTTPS_PROXY").set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
            }),
        ),
        broken(
            "name_that_cannot_be_resolved",
            |stage| {
                stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", "https://ca.invalid");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: the name \
             `ca.invalid` cannot be resolved; check the network, VPN and DNS, and the region",
            "do: see what `nslookup ca.invalid` says",
            By(|stage| {
                let url = stage.fake.url();
                stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &url);
            }),
        ),
        broken(
            "relative_cache_folder",
            |stage| {
                stage.home.set("CODEARTIFACT_NUGET_CACHE_DIR", "tokens");
            },
            "warn  the cache folder `tokens` is not used: the path must be absolute",
            "unset CODEARTIFACT_NUGET_CACHE_DIR",
            Paste,
        ),
        broken(
            "log_file_that_cannot_be_written",
            |stage| {
                stage.home.set("CODEARTIFACT_NUGET_LOG_FILE", "/nowhere/log.txt");
            },
            "warn  the log file `/nowhere/log.txt` of CODEARTIFACT_NUGET_LOG_FILE is not written: No such \
             file or directory (os error 2)",
            "unset CODEARTIFACT_NUGET_LOG_FILE",
            Paste,
        ),
        broken(
            "two_identities_on_one_host",
            |stage| {
                let other = Repository::new("other");
                stage.fake.add_repository(&other);
                let (ours, other) = (stage.source(), stage.fake.source(&other));
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
            "warn  source `ours` and source `other` are on one host, for which NuGet remembers one password, \
             and are asked for by the environment's keys and rule 1's profile `ops`: whichever comes first \
             serves both until it is refused",
            "do: give both one identity that may read all: `nuget-plugin-codeartifact configure list` shows the rules",
            By(|stage| drop(stage.home.run_plugin(&["configure", "rule", "remove", "1"]))),
        ),
        broken(
            "endpoint_set_to_nothing",
            |stage| {
                stage.home.set("AWS_ENDPOINT_URL", "");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: the variable \
             AWS_ENDPOINT_URL is set to nothing, which is no endpoint; unset it",
            "unset AWS_ENDPOINT_URL",
            Paste,
        ),
        broken(
            "setting_that_cannot_be_used",
            |stage| {
                stage.home.set("CODEARTIFACT_NUGET_DURATION_SECONDS", "5");
            },
            "FAIL  no token for domain `my-domain` of account 111122223333 in eu-west-1: the variable \
             CODEARTIFACT_NUGET_DURATION_SECONDS is `5`: the duration is 0 (as long as the role's \
             session) or 900 to 43200 seconds; correct or unset it",
            "unset CODEARTIFACT_NUGET_DURATION_SECONDS",
            Paste,
        ),
        trial("configuration_that_cannot_be_used", || {
            let stage = Stage::new();
            stage.home.write_nuget_config(&[("other", "https://example.org/index.json")]);
            stage.home.write_configuration("proxi = 1\n");
            let run = stage.doctor(&["--offline"]);
            run.assert_failure().assert_says("config.toml` has an error at line 1, column 1");
            run.assert_says("      fix: ${EDITOR:-vi} ");
        }),
        trial("given_token_goes_before_an_identity_that_cannot_serve", || {
            let mut stage = Stage::new();
            stage.home.set("AWS_PROFILE", "absent").unset("AWS_ACCESS_KEY_ID");
            stage.home.set("CODEARTIFACT_AUTH_TOKEN", "hunter2");
            stage.home.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain-111122223333");
            let run = stage.doctor(&["--offline"]);
            run.assert_success().assert_silent_on("hunter2").assert_says(
                "ok    domain `my-domain` of account 111122223333 in eu-west-1 is served by the \
                 token of CODEARTIFACT_AUTH_TOKEN\n",
            );
        }),
        trial("token_that_has_expired_as_it_comes", || {
            let stage = Stage::new();
            stage.fake.tokens_live(Duration::ZERO);
            let run = stage.doctor(&[]);
            run.assert_failure()
                .assert_says(" ago by this machine's clock\n      fix: sudo timedatectl");
        }),
        trial("signature_that_is_refused_for_the_clock", || {
            let mut stage = Stage::new();
            let api = Server::start(|_| {
                let refusal = json!({"message": "Signature expired"});
                let reply =
                    Reply::json(403, &refusal).with_header("date", "Sun, 06 Nov 1994 08:49:37 GMT");
                reply.with_header("x-amzn-errortype", "InvalidSignatureException")
            });
            stage.home.set("AWS_ENDPOINT_URL_CODEARTIFACT", &format!("http://{}", api.host()));
            let run = stage.doctor(&[]);
            run.assert_failure().assert_says(
                "AWS refused a request of the environment's keys (InvalidSignatureException), since this \
                 machine's clock is ",
            );
            run.assert_says(
                " ahead; set the clock right\n      fix: sudo timedatectl set-ntp true\n",
            );
        }),
        broken(
            "given_token_that_is_not_there",
            |stage| {
                stage.home.set("CODEARTIFACT_AUTH_TOKEN_FILE", "/nowhere/token");
                stage.home.set("CODEARTIFACT_NUGET_TOKEN_DOMAIN", "my-domain");
            },
            "warn  CODEARTIFACT_AUTH_TOKEN_FILE `/nowhere/token` does not serve: it is not there, provide the token or unset \
             the variable",
            "unset CODEARTIFACT_AUTH_TOKEN_FILE",
            Paste,
        ),
        trial("half_of_the_environments_keys", || {
            let mut stage = Stage::new();
            stage.home.unset("AWS_SECRET_ACCESS_KEY");
            stage.doctor(&["--offline"]).assert_failure().assert_says(
                "warn  AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not, so that it is passed over\n      \
                 fix: unset AWS_ACCESS_KEY_ID\n",
            );
        }),
        trial("clock_that_is_wrong", || {
            let stage = Stage::new();
            let slow = Server::start(|_| {
                let index = json!({"version": "3.0.0", "resources": []});
                Reply::json(200, &index).with_header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
            });
            let hosts = [stage.fake.host(), slow.host()];
            let hosts =
                hosts.map(|host| format!("[[hosts]]\nhost = \"{host}\"\nregion = \"eu-west-1\"\n"));
            stage.home.write_configuration(&hosts.concat());
            let source = stage.source().replace(&stage.fake.host(), &slow.host());
            stage.home.write_nuget_config(&[("ours", &source)]);
            let run = stage.doctor(&[]);
            run.assert_failure().assert_says("FAIL  this machine's clock is ");
            run.assert_says(
                " ahead; AWS refuses signatures by such a clock\n      fix: sudo timedatectl set-ntp true\n",
            );
        }),
        broken(
            "source_answers_401",
            |stage| access(stage, Access::RefuseAlways),
            "FAIL  source `ours`: 401: the token of the environment's keys is refused, and a new one as \
             well; check that domain, owner and region in the URL are right, and the clock",
            "nuget-plugin-codeartifact explain http://127.0.0.1:<port>/nuget/d/my-domain-111122223333/my-repo/v3/index.json",
            By(|stage| access(stage, Access::Open)),
        ),
        broken(
            "source_answers_403",
            |stage| access(stage, Access::Forbidden),
            "FAIL  source `ours`: 403: the token of the environment's keys is good, and may not read \
             `my-repo`; allow `codeartifact:ReadFromRepository` in the identity's policy and, for another \
             account's domain, in the repository's or the domain's",
            "do: add to the identity's IAM policy: {\"Effect\":\"Allow\",\"Action\":\"codeartifact:ReadFromRepository\",\"Resource\":\"arn:aws:codeartifact:eu-west-1:111122223333:repository/my-domain/my-repo\"}",
            By(|stage| access(stage, Access::Open)),
        ),
        broken(
            "source_answers_404",
            |stage| {
                let absent = stage.fake.source(&Repository::new("absent"));
                stage.home.write_nuget_config(&[("ours", &absent)]);
            },
            "FAIL  source `ours`: 404: there is no repository `absent` in domain `my-domain` of account \
             111122223333 in eu-west-1; see which there are with `aws codeartifact \
             list-repositories-in-domain --domain my-domain --domain-owner 111122223333 --region eu-west-1`",
            "aws codeartifact list-repositories-in-domain --domain my-domain --domain-owner 111122223333 \
             --region eu-west-1",
            By(|stage| {
                let source = stage.source();
                stage.home.write_nuget_config(&[("ours", &source)]);
            }),
        ),
    ]
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
