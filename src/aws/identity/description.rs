//! An identity in words: what it is made of, and nothing secret.

use super::Identity;
use super::plan::{Source, SsoRole, WebIdentity};
use crate::base::text::printable;

/// What people may know of an identity.
#[derive(Debug, Clone)]
pub struct IdentityDescription {
    /// Who asks: "profile `dev`", "rule 2's role `…`".
    pub label: String,
    /// Where the credentials are from: "profile `dev`", "the environment's keys".
    pub from: String,
    /// What they are there: "an access key".
    pub kind: String,
    /// The ARNs of the roles that are assumed with them, in order.
    pub roles: Vec<String>,
    /// The profile whose region and endpoints hold.
    pub profile: String,
    /// Of STS and its like; none where AWS's files and variables name none.
    pub region: Option<String>,
}

impl Identity {
    /// Nothing secret is in it.
    pub fn description(&self) -> IdentityDescription {
        IdentityDescription {
            label: printable(&self.label),
            from: printable(&self.source_label),
            kind: printable(&kind(&self.plan.source)),
            roles: self.plan.roles.iter().map(|role| printable(&role.arn)).collect(),
            profile: printable(&self.profile),
            region: self.region.as_deref().map(printable),
        }
    }
}

fn kind(source: &Source) -> String {
    match source {
        Source::Keys(keys) if keys.session_token.is_some() => {
            "an access key with a session token".to_owned()
        }
        Source::Keys(_) => "an access key".to_owned(),
        Source::WebIdentity(WebIdentity { token_file, role_arn, .. }) => {
            format!("role `{role_arn}` by the token file `{}`", token_file.display())
        }
        Source::Sso(SsoRole { session, account, role }) => {
            format!("role `{role}` in account {account} by {}", session.in_words())
        }
        Source::Login { session, .. } => format!("the `aws login` session `{session}`"),
        // Its arguments may hold a secret.
        Source::Process(_) => "what its `credential_process` prints".to_owned(),
        Source::Container => "what the container's endpoint gives".to_owned(),
        Source::Instance => "what the instance metadata gives, if this is an instance".to_owned(),
    }
}
