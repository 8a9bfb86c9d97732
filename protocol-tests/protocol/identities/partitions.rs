//! The source's URL does not choose the partition that credentials are sent to.

use super::sources::{WEB_TOKEN, rule};
use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::stage::Stage;
use crate::support::stage::conversation::failing;
use crate::support::trials::Trial;

const CHINESE: &str = "arn:aws-cn:iam::111122223333:role/a";

/// The end of each message.
macro_rules! refused {
    ($what:literal, $partition:literal) => {
        concat!(
            "[CNP226] `",
            $what,
            "` belongs to the partition `",
            $partition,
            "`, but the source's domain to `aws` (eu-west-1). Nothing was sent. Choose a profile \
             of `aws` for this source."
        )
    };
}

pub fn trials() -> Vec<Trial> {
    vec![
        failing(
            "role_of_another_partition",
            |stage| {
                stage.with_profile(&format!(
                    "[profile dev]\nrole_arn = {CHINESE}\nsource_profile = base\n[profile base]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"
                ));
                unreached(stage);
            },
            refused!("arn:aws-cn:iam::111122223333:role/a", "aws-cn"),
        ),
        failing(
            "rules_role_of_another_partition",
            |stage| {
                rule(stage, "role = \"arn:aws-us-gov:iam::111122223333:role/a\"");
                unreached(stage);
            },
            refused!("arn:aws-us-gov:iam::111122223333:role/a", "aws-us-gov"),
        ),
        failing(
            "web_identity_of_another_partition",
            |stage| {
                let file = stage.home.write("home/token", WEB_TOKEN);
                stage.without_keys().set("AWS_ROLE_ARN", CHINESE);
                stage.set("AWS_WEB_IDENTITY_TOKEN_FILE", &file.to_string_lossy());
                unreached(stage);
            },
            refused!("arn:aws-cn:iam::111122223333:role/a", "aws-cn"),
        ),
        failing(
            "sign_in_of_another_partition",
            |stage| {
                stage.with_profile("[profile dev]\nsso_start_url = https://a.awsapps.cn/start\nsso_region = cn-north-1\nsso_account_id = 111122223333\nsso_role_name = Reader\n");
                unreached(stage);
            },
            refused!("cn-north-1", "aws-cn"),
        ),
    ]
}

/// A request would fail with another message.
fn unreached(stage: &mut Stage) {
    stage.set("AWS_ENDPOINT_URL_STS", "https://127.0.0.1:1");
    stage.set("AWS_ENDPOINT_URL_SSO", "https://127.0.0.1:1");
}
