//! `explain`, `status` and `logout` through the real executable: what holds, what there is, and that
//! it is gone. Nothing of it asks anybody, but for a sign-out.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "the fences are the plugin's; its tests stand outside"
)]

mod support;

#[path = "state/explain.rs"]
mod explain;
#[path = "state/identities.rs"]
mod identities;
#[path = "state/logout.rs"]
mod logout;
#[allow(dead_code, reason = "it is the one of the sign-ins, of which a part is needed here")]
#[path = "sign_in/stage.rs"]
mod stage;
#[path = "state/status.rs"]
mod status;

use std::path::Path;

use libtest_mimic::Arguments;

use support::fake_codeartifact::SECRET_ACCESS_KEY;
use support::process::Run;
use support::sandbox_home::SandboxHome;
use support::secret_scan;

fn main() {
    let apart = [explain::trials(), identities::trials()];
    let of_the_machine = [status::trials(), logout::trials()].into_iter().flatten();
    let is_in_use = keeps_tokens_in_memory();
    let of_the_machine =
        of_the_machine.map(|trial| if is_in_use { trial.with_ignored_flag(true) } else { trial });
    let trials = apart.into_iter().flatten().chain(of_the_machine).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Whether this user has tokens in memory: `status` would show them to a test, and `logout` forget them,
/// wherever the home is.
fn keeps_tokens_in_memory() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    let id = id.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let id = id.unwrap_or_default();
    let folders = ["/dev/shm".to_owned(), format!("/run/user/{id}")];
    folders
        .iter()
        .any(|base| Path::new(base).join(format!("nuget-plugin-codeartifact-{id}")).exists())
}

/// Runs a command, which shows no secret.
#[track_caller]
fn run(home: &SandboxHome, arguments: &[&str]) -> Run {
    let run = home.run_plugin(arguments);
    let secrets = [&stage::secrets()[..], &[SECRET_ACCESS_KEY.to_owned()]].concat();
    secret_scan::assert_no_secrets_in(&run.output(), &secrets);
    run
}

/// Text with the temporary folder's name taken out.
fn without_root(home: &SandboxHome, text: &str) -> String {
    text.replace(&*home.root().to_string_lossy(), "<root>")
}

/// The only object on standard output.
#[track_caller]
fn object(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
}
