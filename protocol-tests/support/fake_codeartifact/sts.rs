//! The actions of STS that matter here.

use std::collections::HashMap;

use super::http::{Ending, Reply, Seen};
use super::sigv4::{AccessKeys, Signer};

/// The requests to STS, the callers that it trusts, and its knobs.
#[derive(Debug, Default)]
pub struct Sts {
    pub calls: Vec<String>,
    pub assumed: Vec<AssumedRole>,
    /// Roles that want an external id.
    pub external_ids: HashMap<String, String>,
    /// Roles that only callers whose ARN begins like this may assume.
    pub trusted: HashMap<String, String>,
    /// Web identity tokens that are good.
    pub web_tokens: Vec<String>,
    pub hangs: bool,
    /// The next call is never answered.
    pub loses_an_answer: bool,
}

/// A role that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    pub arn: String,
    pub session_name: String,
    /// Empty where none was asked for.
    pub duration: String,
    /// From the signature's scope; empty where the call is not signed.
    pub region: String,
}

impl Sts {
    pub fn answer(&mut self, keys: &mut AccessKeys, seen: &Seen) -> Reply {
        let form = Form(String::from_utf8_lossy(&seen.body).into_owned());
        let action = form.get("Action");
        self.calls.push(action.clone());
        if self.hangs || std::mem::take(&mut self.loses_an_answer) {
            return Reply::ending(Ending::Never);
        }
        if action == "AssumeRoleWithWebIdentity" {
            return self.web_identity(keys, &form);
        }
        match (keys.verify(seen, "sts"), action.as_str()) {
            (Err(refusal), _) => failure("InvalidClientTokenId", &refusal.message),
            (Ok(signer), "GetCallerIdentity") => caller_identity(keys.arn(&signer.access_key_id)),
            (Ok(signer), "AssumeRole") => self.role(keys, &signer, &form),
            _ => failure("InvalidAction", "the fake does not know this action"),
        }
    }

    fn role(&mut self, keys: &mut AccessKeys, signer: &Signer, form: &Form) -> Reply {
        let (arn, caller) = (form.get("RoleArn"), keys.arn(&signer.access_key_id));
        let is_trusted = self.trusted.get(&arn).is_none_or(|who| caller.starts_with(who));
        let id = self.external_ids.get(&arn);
        if !is_trusted || id.is_some_and(|id| *id != form.get("ExternalId")) {
            let what = format!("User: {caller} is not authorized to perform: sts:AssumeRole");
            return failure("AccessDenied", &format!("{what} on resource: {arn}"));
        }
        self.give(keys, "AssumeRole", form, &signer.region)
    }

    fn web_identity(&mut self, keys: &mut AccessKeys, form: &Form) -> Reply {
        if !self.web_tokens.contains(&form.get("WebIdentityToken")) {
            return failure("ExpiredTokenException", "Token expired: sign in again");
        }
        self.give(keys, "AssumeRoleWithWebIdentity", form, "")
    }

    fn give(&mut self, keys: &mut AccessKeys, action: &str, form: &Form, region: &str) -> Reply {
        let assumed = AssumedRole {
            arn: form.get("RoleArn"),
            session_name: form.get("RoleSessionName"),
            duration: form.get("DurationSeconds"),
            region: region.to_owned(),
        };
        self.assumed.push(assumed.clone());
        credentials(keys, action, &assumed.arn)
    }
}

/// An `application/x-www-form-urlencoded` body; only what ARNs and tokens need is decoded.
struct Form(String);

impl Form {
    /// The field's value; empty where it is missing.
    fn get(&self, name: &str) -> String {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default();
        value.replace("%3A", ":").replace("%2F", "/")
    }
}

fn caller_identity(arn: &str) -> Reply {
    let account = arn.split(':').nth(4).unwrap_or_default();
    xml(
        "GetCallerIdentity",
        &format!("<Arn>{arn}</Arn><UserId>AIDAFAKE</UserId><Account>{account}</Account>"),
    )
}

fn credentials(keys: &mut AccessKeys, action: &str, role_arn: &str) -> Reply {
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
    xml(action, &format!("<AssumedRoleUser>{user}</AssumedRoleUser>{credentials}"))
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
