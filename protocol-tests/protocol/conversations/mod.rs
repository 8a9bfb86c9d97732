//! Conversations with the real executable, one for each rule of the protocol.

#[cfg(target_os = "linux")]
mod bare_root;
#[cfg(unix)]
mod children;
mod copies;
#[cfg(target_os = "linux")]
mod drives;
mod endpoints;
mod leaving;
#[cfg(target_os = "linux")]
mod limits;
mod logs;
mod oddities;
mod opening;
mod requests;
mod retries;
mod waiting;

use crate::support::fake_codeartifact::TokenBehaviour;
use crate::support::trials::Trial;

pub fn trials() -> Vec<Trial> {
    let files = [
        #[cfg(target_os = "linux")]
        bare_root::trials(),
        #[cfg(unix)]
        children::trials(),
        copies::trials(),
        #[cfg(target_os = "linux")]
        drives::trials(),
        endpoints::trials(),
        leaving::trials(),
        #[cfg(target_os = "linux")]
        limits::trials(),
        logs::trials(),
        oddities::trials(),
        opening::trials(),
        requests::trials(),
        retries::trials(),
        waiting::trials(),
    ];
    files.into_iter().flatten().collect()
}

/// What AWS says to a user without the permission.
fn access_denied() -> TokenBehaviour {
    let text = "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: \
                codeartifact:GetAuthorizationToken on resource: \
                arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain";
    TokenBehaviour::Fail(403, "AccessDeniedException", text)
}
