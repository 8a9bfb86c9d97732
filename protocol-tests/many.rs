//! The real executable many times at once, and what one leaves for the next: fetching once, the
//! cache's places and files, refused tokens, given tokens, and whose token is whose.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

#[cfg(unix)]
#[path = "many/files.rs"]
mod files;
#[path = "many/given.rs"]
mod given;
#[path = "many/identities.rs"]
mod identities;
#[cfg(unix)]
#[path = "many/places.rs"]
mod places;
#[path = "many/refusals.rs"]
mod refusals;
mod support;
#[path = "many/together.rs"]
mod together;

use support::fake_codeartifact::{FakeCodeArtifact, Repository};
use support::fake_nuget::FakeNuget;
use support::sandbox_home::SandboxHome;

/// A fake, a home that knows it, and the URL of a repository in it.
fn stage() -> (FakeCodeArtifact, SandboxHome, String) {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let source = fake.source(&Repository::new("my-repo"));
    (fake, home, source)
}

/// The token that a conversation of its own is given.
fn token_of_a_process(home: &SandboxHome, source: &str) -> String {
    let mut nuget = FakeNuget::start(home);
    let token = nuget.ask(source, false, true).assert_success().assert_no_logs().password().into();
    nuget.finish();
    token
}
