//! Conversations with the real executable, one for each rule of the protocol.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

#[path = "conversations/asks.rs"]
mod asks;
#[cfg(unix)]
#[path = "conversations/children.rs"]
mod children;
#[path = "conversations/endpoints.rs"]
mod endpoints;
#[path = "conversations/leaving.rs"]
mod leaving;
#[path = "conversations/logs.rs"]
mod logs;
#[path = "conversations/oddities.rs"]
mod oddities;
#[path = "conversations/opening.rs"]
mod opening;
#[path = "conversations/retries.rs"]
mod retries;
mod support;
#[path = "conversations/waiting.rs"]
mod waiting;

use support::fake_codeartifact::{FakeCodeArtifact, Repository, TokenBehaviour};
use support::sandbox_home::SandboxHome;

/// A fake, a home that knows it, and the URL of a repository in it.
fn stage() -> (FakeCodeArtifact, SandboxHome, String) {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let source = fake.source(&Repository::new("my-repo"));
    (fake, home, source)
}

/// What AWS says to a user without the permission.
fn access_denied() -> TokenBehaviour {
    let text = "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: \
                codeartifact:GetAuthorizationToken on resource: \
                arn:aws:codeartifact:eu-west-1:111122223333:domain/my-domain";
    TokenBehaviour::Fail(403, "AccessDeniedException", text)
}

/// How every line of ours for the user begins.
const OUR_LINE: &str = "[CredentialProvider]CodeArtifact: ";

/// A source that has nothing to do with us.
const FOREIGN: &str = "https://pkgs.example.com/nuget/v3/index.json";
