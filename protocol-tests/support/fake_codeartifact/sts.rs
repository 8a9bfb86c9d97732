//! The two actions of STS that matter here.

use super::http::{Ending, Reply, Seen};
use super::sigv4::AccessKeys;

/// What STS was asked for, and its one knob.
#[derive(Debug, Default)]
pub struct Sts {
    pub calls: Vec<String>,
    pub hangs: bool,
}

impl Sts {
    pub fn answer(&mut self, keys: &mut AccessKeys, seen: &Seen) -> Reply {
        let form = String::from_utf8_lossy(&seen.body).into_owned();
        let action = field(&form, "Action");
        self.calls.push(action.clone());
        if self.hangs {
            return Reply::ending(Ending::Never);
        }
        match (keys.verify(seen, "sts"), action.as_str()) {
            (Err(refusal), _) => failure("InvalidClientTokenId", &refusal.message),
            (Ok(signer), "GetCallerIdentity") => caller_identity(keys.arn(&signer.access_key_id)),
            (Ok(_), "AssumeRole") => assume_role(keys, &field(&form, "RoleArn")),
            _ => failure("InvalidAction", "the fake does not know this action"),
        }
    }
}

/// A field of an `application/x-www-form-urlencoded` body; only what ARNs need is decoded.
fn field(form: &str, name: &str) -> String {
    let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default();
    value.replace("%3A", ":").replace("%2F", "/")
}

fn caller_identity(arn: &str) -> Reply {
    let account = arn.split(':').nth(4).unwrap_or_default();
    xml(
        "GetCallerIdentity",
        &format!("<Arn>{arn}</Arn><UserId>AIDAFAKE</UserId><Account>{account}</Account>"),
    )
}

fn assume_role(keys: &mut AccessKeys, role_arn: &str) -> Reply {
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    let id = format!("ASIAFAKE{}", role.to_uppercase().replace('-', ""));
    let arn = role_arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session";
    let (secret, token) = (format!("fakeRoleSecret-{role}"), format!("fakeRoleSession-{role}"));
    keys.add_temporary(&id, &secret, &token, &arn);
    let credentials = format!(
        "<Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
         </Credentials>"
    );
    let user = format!("<Arn>{arn}</Arn><AssumedRoleId>AROAFAKE:session</AssumedRoleId>");
    xml("AssumeRole", &format!("<AssumedRoleUser>{user}</AssumedRoleUser>{credentials}"))
}

fn xml(action: &str, result: &str) -> Reply {
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></{action}Response>"
    );
    Reply::bytes(200, "text/xml", body)
}

fn failure(code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Reply::bytes(403, "text/xml", body)
}
