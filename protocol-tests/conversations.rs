//! Conversations with the real executable, one for each rule of the protocol.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod support;

use support::fake_codeartifact::{FakeCodeArtifact, Repository};
use support::fake_nuget::FakeNuget;
use support::sandbox_home::SandboxHome;

#[test]
fn success_is_basic_credentials_for_user_aws() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let mut nuget = FakeNuget::start(&home);
    let answer = nuget.ask(&fake.source(&Repository::new("my-repo")), false, true);
    assert_eq!(answer.assert_success().password(), fake.issued_tokens()[0]);
    nuget.finish();
}
